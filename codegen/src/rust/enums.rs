//! Enums: open newtypes with named constants, for a kernel may send values this release has no name for.

use argsz_schema::model::{Enum, EnumKind, EnumMember};

use super::docs::Docs;
use super::text::Lines;
use super::{consts, derives, flags, names};

pub(super) fn emit(values: &Enum, code: &mut Lines) {
    let name = names::type_name(&values.meta);
    Docs::item(&values.meta, &name, &[]).print(code);
    derives(&["Default", "PartialOrd", "Ord"], code);
    code.line("#[repr(transparent)]");
    code.line(format_args!("pub struct {name}(pub {});", word(values)));
    code.gap();
    if values.members.is_empty() {
        code.line(format_args!("impl {name} {{}}"));
    } else {
        code.open(format_args!("impl {name} {{"));
        values.members.iter().for_each(|member| constant(values, member, code));
        code.close();
    }
    code.gap();
    lookup(values, &name, code);
    code.gap();
    code.open(format_args!("impl core::fmt::Debug for {name} {{"));
    code.open("fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {");
    code.line(format_args!("argsz::value_debug(f, {:?}, self.name(), &self.0)", names::bare(&name)));
    code.close();
    code.close();
}

/// The method that gives names of values.
fn lookup(values: &Enum, name: &str, code: &mut Lines) {
    code.open(format_args!("impl {name} {{"));
    code.docs(&["The name of the value, if it has one."]);
    code.line("#[must_use]");
    code.open("pub const fn name(self) -> Option<&'static str> {");
    let mut named = values.members.iter().filter(|member| member.kind == EnumKind::Value).peekable();
    if named.peek().is_none() {
        code.line("None");
    } else {
        code.open("match self.0 {");
        for member in named {
            let key = names::member(&member.meta, &member.key);
            code.line(format_args!("{} => Some({key:?}),", member.value));
        }
        code.line("_ => None,");
        code.close();
    }
    code.close();
    code.close();
}

/// The number behind the newtype: signed if a value is negative.
pub(super) fn word(values: &Enum) -> &'static str {
    if values.members.iter().all(|member| member.value >= 0) {
        return flags::word(values.width);
    }
    match values.width {
        1 => "i8",
        2 => "i16",
        4 => "i32",
        _ => "i64",
    }
}

fn constant(values: &Enum, member: &EnumMember, code: &mut Lines) {
    let (name, value) = (names::member(&member.meta, &member.key), member.value);
    let note = matches!(member.kind, EnumKind::Counter)
        .then(|| "A counter, not a value; it may grow with the header.".to_owned());
    Docs::item(&member.meta, &name, note.as_slice()).print(code);
    consts::deprecated(member.meta.deprecated.as_deref(), code);
    code.line(&match &member.kind {
        EnumKind::Counter => format!("pub const {name}: {} = {value};", word(values)),
        EnumKind::Value => format!("pub const {name}: Self = Self({value});"),
        EnumKind::Alias(of) => {
            let same = values.members.iter().find(|one| one.key == *of && one.kind == EnumKind::Value);
            match same.map(|one| names::member(&one.meta, &one.key)) {
                Some(same) => format!("pub const {name}: Self = Self::{same};"),
                None => format!("pub const {name}: Self = Self({value});"),
            }
        }
    });
}
