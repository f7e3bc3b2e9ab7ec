//! Constants, flags and enums, as `#define`s and C enums.

use argsz_schema::model::{Const, ConstValue, Enum, EnumKind, FlagKind, FlagMember, Flags, Meta, Style};

use super::comment::{self, Marks, Row};
use crate::c_type;

/// A number as C should read it: with a suffix where `int` is too narrow.
pub(crate) fn literal(value: i128) -> String {
    match value {
        v if v == i128::from(i64::MIN) => "(-9223372036854775807LL - 1)".to_owned(),
        v if v < i128::from(i32::MIN) => format!("({v}LL)"),
        v if v < 0 => format!("({v})"),
        v if v <= i128::from(i32::MAX) => v.to_string(),
        v if v <= i128::from(u32::MAX) => format!("{v:#x}U"),
        v => format!("{v:#x}ULL"),
    }
}

pub(super) fn constant(one: &Const) -> String {
    let value = match (&one.value, &one.c_text) {
        (ConstValue::Str(text), _) => c_type::quoted(text),
        (ConstValue::Int(_), Some(text)) if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') => text.clone(),
        (ConstValue::Int(_), Some(text)) => format!("({text})"),
        (ConstValue::Int(value), None) => literal(*value),
    };
    let doc = comment::block(0, &comment::plain(&comment::doc(&one.meta)));
    format!("{doc}#define {}\t{value}\n", one.meta.name)
}

pub(super) fn flags(set: &Flags, marks: &Marks<'_>) -> String {
    let members: Vec<Member<'_>> = set
        .members
        .iter()
        .map(|member| Member { meta: &member.meta, value: flag(set, member), wide: member.value > i32::MAX as u64 })
        .collect();
    print(&set.meta, set.style, &members, marks)
}

/// A flag as the kernel writes it: `1 << 3`, without the parentheses a macro needs.
fn flag(set: &Flags, member: &FlagMember) -> String {
    let c_name = |key: &String| set.members.iter().find(|other| other.key == *key).map(|other| other.meta.name.clone());
    match &member.kind {
        FlagKind::Bit(bit) if set.width == 8 || *bit > 31 => format!("1ULL << {bit}"),
        FlagKind::Bit(31) => "1U << 31".to_owned(),
        FlagKind::Bit(bit) => format!("1 << {bit}"),
        FlagKind::Of(keys) => match keys.iter().map(c_name).collect::<Option<Vec<_>>>() {
            Some(names) if !names.is_empty() => names.join(" | "),
            _ => literal(member.value.into()),
        },
        FlagKind::Mask if set.width == 8 => format!("{:#x}ULL", member.value),
        FlagKind::Mask if member.value > i32::MAX as u64 => format!("{:#x}U", member.value),
        FlagKind::Mask => format!("{:#x}", member.value),
        FlagKind::Count => literal(member.value.into()),
    }
}

pub(super) fn values(set: &Enum, marks: &Marks<'_>) -> String {
    let high = set.members.iter().any(|member| member.value >= 0x80);
    let value = |member: &argsz_schema::model::EnumMember| {
        let named = |key: &String| set.members.iter().find(|other| other.key == *key);
        match &member.kind {
            EnumKind::Alias(key) => named(key).map(|other| other.meta.name.clone()),
            _ if high && (0..=i64::from(i32::MAX)).contains(&member.value) => Some(format!("{:#x}", member.value)),
            _ => None,
        }
        .unwrap_or_else(|| literal(member.value.into()))
    };
    let members: Vec<Member<'_>> = set
        .members
        .iter()
        .map(|member| Member { meta: &member.meta, value: value(member), wide: i32::try_from(member.value).is_err() })
        .collect();
    print(&set.meta, set.style, &members, marks)
}

struct Member<'m> {
    meta: &'m Meta,
    value: String,
    /// Whether `int`, the type of an enumerator in ISO C, cannot hold it.
    wide: bool,
}

fn print(meta: &Meta, style: Style, members: &[Member<'_>], marks: &Marks<'_>) -> String {
    let row = |member: &Member<'_>, doc: bool, value: String| Row {
        name: member.meta.name.clone(),
        value,
        doc: if doc { comment::plain(&comment::doc(member.meta)) } else { String::new() },
    };
    let above = || comment::block(0, &comment::plain(&comment::doc(meta)));
    // ISO C wants enumerators to be ints; the kernel and every compiler it is built with do not.
    let extension = if members.iter().any(|member| member.wide) { "__extension__ " } else { "" };
    let value = |member: &Member<'_>| member.value.clone();
    match style {
        Style::Define => {
            let atom = |text: &str| text.starts_with('(') || !text.contains(' ');
            let wrapped = |m: &Member<'_>| if atom(&m.value) { value(m) } else { format!("({})", m.value) };
            let rows: Vec<Row> = members.iter().map(|m| row(m, true, wrapped(m))).collect();
            let text = format!("{}{}", above(), comment::rows(&rows, "#define ", "", ""));
            text.trim_start().to_owned()
        }
        Style::AnonymousEnum => {
            let rows: Vec<Row> = members.iter().map(|m| row(m, true, value(m))).collect();
            format!("{}{extension}enum {{\n{}}};\n", above(), comment::rows(&rows, "\t", "= ", ","))
        }
        Style::Enum => {
            let rows: Vec<Row> = members.iter().map(|m| row(m, false, value(m))).collect();
            let text = comment::doc(meta);
            let (brief, rest) = comment::brief(&text);
            let docs: Vec<(&str, String)> = members
                .iter()
                .map(|m| (m.meta.name.as_str(), marks.kernel_doc(&comment::doc(m.meta), &[])))
                .filter(|(_, doc)| !doc.is_empty())
                .collect();
            let title = format!("enum {} - {}", meta.name, marks.kernel_doc(&brief, &[]));
            let doc = comment::kernel_doc(&title, &docs, &marks.kernel_doc(rest, &[]));
            let body = comment::rows(&rows, "\t", "= ", ",");
            format!("{doc}{extension}enum {} {{\n{body}}};\n", meta.name)
        }
    }
}
