//! Flags: `bitflags` types over the bare word, which keep bits that have no name.

use std::fmt::Write as _;

use argsz_schema::model::{FlagKind, FlagMember, Flags};
use proc_macro2::TokenStream;
use quote::quote;

use super::{Piece, consts, derives, docs, names};

pub(super) fn emit(flags: &Flags) -> Vec<Piece> {
    let name = names::type_name(&flags.meta);
    let docs = docs::item(&flags.meta, &[]);
    let derives = derives(&[quote! { Default }]);
    let word = word(flags.width);
    let label = name.to_string();
    let declaration = quote! { #docs #derives #[repr(transparent)] pub struct #name(#word); };
    let debug = quote! {
        impl core::fmt::Debug for #name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                argsz::flags_debug(f, #label, self)
            }
        }
    };
    let counts = counts(flags);
    let mut pieces = vec![Piece::Tokens(declaration), Piece::Text(block(flags)), Piece::Tokens(debug)];
    if !counts.is_empty() {
        pieces.push(Piece::Tokens(quote! { impl #name { #(#counts)* } }));
    }
    pieces
}

/// The unsigned number of so many bytes.
pub(super) fn word(width: u8) -> TokenStream {
    match width {
        1 => quote! { u8 },
        2 => quote! { u16 },
        4 => quote! { u32 },
        _ => quote! { u64 },
    }
}

/// The `bitflags!` block as text: a printer of tokens would not print what is inside a macro as people would.
fn block(flags: &Flags) -> String {
    let name = names::type_name(&flags.meta);
    let mut text = format!("argsz::bitflags::bitflags! {{\n    impl {name}: {} {{\n", word(flags.width));
    for member in flags.members.iter().filter(|member| member.kind != FlagKind::Count) {
        for line in docs::lines(&member.meta, &[]) {
            let _ = writeln!(text, "        {}", format!("/// {line}").trim_end());
        }
        let (alias, short) = (&member.meta.name, names::member(&member.meta, &member.key));
        let _ = writeln!(text, "        #[doc(alias = {alias:?})]");
        let _ = writeln!(text, "        const {short} = {};", value(flags, member));
    }
    if flags.members.iter().any(|member| member.kind != FlagKind::Count) {
        text.push('\n');
    }
    text.push_str("        // Bits without a name are kept.\n        const _ = !0;\n    }\n}\n");
    text
}

fn value(flags: &Flags, member: &FlagMember) -> String {
    match &member.kind {
        FlagKind::Bit(bit) => format!("1 << {bit}"),
        FlagKind::Of(keys) => {
            let parts = keys.iter().map(|key| {
                let of = flags.members.iter().find(|one| one.key == *key || one.meta.name == *key);
                of.map(|one| format!("Self::{}.bits()", names::member(&one.meta, &one.key)))
            });
            match parts.collect::<Option<Vec<_>>>() {
                Some(parts) if !parts.is_empty() => parts.join(" | "),
                _ => consts::hex(member.value.into()).to_string(),
            }
        }
        FlagKind::Mask | FlagKind::Count => consts::hex(member.value.into()).to_string(),
    }
}

/// Counters that C prints beside the flags.
fn counts(flags: &Flags) -> Vec<TokenStream> {
    let counts = flags.members.iter().filter(|member| member.kind == FlagKind::Count);
    let word = word(flags.width);
    counts
        .map(|member| {
            let note = "A number beside the flags, none of them; it may grow with the header.".to_owned();
            let docs = docs::item(&member.meta, &[note]);
            let name = names::member(&member.meta, &member.key);
            let value = proc_macro2::Literal::u64_unsuffixed(member.value);
            quote! { #docs pub const #name: #word = #value; }
        })
        .collect()
}
