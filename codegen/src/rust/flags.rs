//! Flags: `bitflags` types over the bare word, which keep bits that have no name.

use argsz_schema::model::{FlagKind, FlagMember, Flags};

use super::docs::Docs;
use super::text::Lines;
use super::{consts, derives, names};

pub(super) fn emit(flags: &Flags, code: &mut Lines) {
    let name = names::type_name(&flags.meta);
    Docs::item(&flags.meta, &name, &[]).print(code);
    derives(&["Default"], code);
    code.line("#[repr(transparent)]");
    code.line(format_args!("pub struct {name}({});", word(flags.width)));
    code.gap();
    block(flags, &name, code);
    code.gap();
    code.open(format_args!("impl core::fmt::Debug for {name} {{"));
    code.open("fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {");
    code.line(format_args!("argsz::flags_debug(f, {:?}, self)", names::bare(&name)));
    code.close();
    code.close();
    counts(flags, &name, code);
}

/// The unsigned number of so many bytes.
pub(super) fn word(width: u8) -> &'static str {
    match width {
        1 => "u8",
        2 => "u16",
        4 => "u32",
        _ => "u64",
    }
}

fn block(flags: &Flags, name: &str, code: &mut Lines) {
    code.open("argsz::bitflags::bitflags! {");
    code.open(format_args!("impl {name}: {} {{", word(flags.width)));
    for member in flags.members.iter().filter(|member| member.kind != FlagKind::Count) {
        let short = names::member(&member.meta, &member.key);
        Docs::item(&member.meta, &short, &[]).print(code);
        code.line(format_args!("const {short} = {};", value(flags, member)));
    }
    code.gap();
    code.line("// Bits without a name are kept.");
    code.line("const _ = !0;");
    code.close();
    code.close();
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
                _ => consts::hex(member.value.into()),
            }
        }
        FlagKind::Mask | FlagKind::Count => consts::hex(member.value.into()),
    }
}

/// Counters that C prints beside the flags.
fn counts(flags: &Flags, name: &str, code: &mut Lines) {
    let counts: Vec<&FlagMember> = flags.members.iter().filter(|member| member.kind == FlagKind::Count).collect();
    if counts.is_empty() {
        return;
    }
    code.gap();
    code.open(format_args!("impl {name} {{"));
    for member in counts {
        let (name, word) = (names::member(&member.meta, &member.key), word(flags.width));
        let note = "A number beside the flags, none of them; it may grow with the header.";
        Docs::item(&member.meta, &name, &[note.to_owned()]).print(code);
        code.line(format_args!("pub const {name}: {word} = {};", member.value));
    }
    code.close();
}
