//! Enums: open newtypes with named constants, for a kernel may send values this release has no name for.

use argsz_schema::model::{Enum, EnumKind, EnumMember};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Piece, consts, derives, docs, flags, names};

pub(super) fn emit(values: &Enum) -> Vec<Piece> {
    let name = names::type_name(&values.meta);
    let docs = docs::item(&values.meta, &[]);
    let derives = derives(&[quote! { Default }, quote! { PartialOrd }, quote! { Ord }]);
    let word = word(values);
    let declaration = quote! { #docs #derives #[repr(transparent)] pub struct #name(pub #word); };
    let members = values.members.iter().map(|member| constant(values, member));
    let arms = values.members.iter().filter(|member| member.kind == EnumKind::Value).map(|member| {
        let (value, key) = (literal(member.value), names::member(&member.meta, &member.key).to_string());
        quote! { #value => Some(#key), }
    });
    let lookup: TokenStream = arms.collect();
    let lookup = if lookup.is_empty() {
        quote! { None }
    } else {
        quote! { match self.0 { #lookup _ => None } }
    };
    let label = name.to_string();
    let constants = quote! {
        impl #name {
            #(#members)*
        }
    };
    let names = quote! {
        impl #name {
            /// The name of the value, if it has one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                #lookup
            }
        }
    };
    let debug = quote! {
        impl core::fmt::Debug for #name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                argsz::value_debug(f, #label, self.name(), &self.0)
            }
        }
    };
    [declaration, constants, names, debug].map(Piece::Tokens).into()
}

/// The number behind the newtype: signed if a value is negative.
pub(super) fn word(values: &Enum) -> TokenStream {
    if values.members.iter().all(|member| member.value >= 0) {
        return flags::word(values.width);
    }
    match values.width {
        1 => quote! { i8 },
        2 => quote! { i16 },
        4 => quote! { i32 },
        _ => quote! { i64 },
    }
}

fn literal(value: i64) -> TokenStream {
    let number = Literal::u64_unsuffixed(value.unsigned_abs());
    if value < 0 {
        quote! { -#number }
    } else {
        quote! { #number }
    }
}

fn constant(values: &Enum, member: &EnumMember) -> TokenStream {
    let (name, value) = (names::member(&member.meta, &member.key), literal(member.value));
    let deprecated = consts::deprecated(member.meta.deprecated.as_deref());
    match &member.kind {
        EnumKind::Counter => {
            let docs = docs::item(&member.meta, &["A counter, not a value; it may grow with the header.".to_owned()]);
            let word = word(values);
            quote! { #docs #deprecated pub const #name: #word = #value; }
        }
        EnumKind::Value => {
            let docs = docs::item(&member.meta, &[]);
            quote! { #docs #deprecated pub const #name: Self = Self(#value); }
        }
        EnumKind::Alias(of) => {
            let docs = docs::item(&member.meta, &[]);
            let same = values.members.iter().find(|one| one.key == *of && one.kind == EnumKind::Value);
            let value = same.map_or_else(
                || quote! { Self(#value) },
                |one| {
                    let same = names::member(&one.meta, &one.key);
                    quote! { Self::#same }
                },
            );
            quote! { #docs #deprecated pub const #name: Self = #value; }
        }
    }
}
