//! Constants, flags and enums, and the arithmetic between them.

use super::arith;
use super::kept::Value;
use super::plain;
use super::tree::{Cx, Table, Text, integer, number, string, wrong_kind};
use super::{FOREVER, identifier, lives, meta};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::language;
use crate::model::{Const, ConstValue, Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, Life, Meta, Style};
use crate::nearest::did_you_mean;
use crate::source::Span;
use crate::words;

/// The value of an expression over constants; reports what is wrong with it.
pub(super) fn expression(cx: &Cx<'_>, text: &Text) -> Option<i128> {
    let parsed = arith::parse(&text.text);
    let unknown = parsed.as_ref().ok().and_then(|program| program.names().find(|name| cx.values.get(name).is_none()));
    if unknown.is_some_and(|name| cx.values.is_broken(name)) {
        return None;
    }
    let is_all = text.at.end.saturating_sub(text.at.start) == 1;
    let letter =
        unknown.filter(|name| is_all && name.len() == 1).map(|name| format!("the character is written `'{name}'`"));
    let help = letter.or_else(|| unknown.and_then(|name| did_you_mean(name, cx.names())));
    match parsed.as_ref().map_err(String::clone).and_then(|program| program.run(|name| cx.values.get(name))) {
        Ok(number) => Some(number),
        Err(why) => {
            let message = format!("the expression has no value: {why}");
            let mut diagnostic = Diagnostic::new(codes::AZ0201, text.at, message);
            diagnostic.help = help;
            cx.report(diagnostic);
            None
        }
    }
}

/// The numbers that a `#define` can have: those of 64 bits, signed or not.
fn fits(cx: &Cx<'_>, number: i128, at: Span) -> Option<i128> {
    let bounds = i128::from(i64::MIN)..=i128::from(u64::MAX);
    if bounds.contains(&number) {
        return Some(number);
    }
    cx.report(Diagnostic::new(codes::AZ0007, at, format!("{number} does not fit 64 bits")));
    None
}

pub(super) fn constant(name: &str, at: Span, table: Table<'_, '_>) -> Option<Const> {
    let meta = meta(&table, name, at, FOREVER);
    let value = match (table.get("value"), table.get("string")) {
        (Some(value), None) => match value.get_ref() {
            Value::Integer(_) => number(table.cx, value, i128::from(i64::MIN), i128::from(u64::MAX)).map(|n| (n, None)),
            Value::Float => {
                wrong_kind(table.cx, value, "an integer, or an expression over integers");
                None
            }
            _ => table.text("value").and_then(|text| {
                let number = fits(table.cx, expression(table.cx, &text)?, text.at)?;
                Some((number, Some(text.text)))
            }),
        }
        .map(|(number, text)| (ConstValue::Int(number), text)),
        (None, Some(_)) => table.text("string").map(|text| (ConstValue::Str(text.text), None)),
        _ => {
            let message = format!("`{name}` needs either `value` or `string`");
            table.cx.report(Diagnostic::new(codes::AZ0004, at, message));
            None
        }
    };
    table.finish(&language::CONST);
    let (value, c_text) = value?;
    Some(Const { meta, value, c_text })
}

/// `type = "u8"` of flags and enums, in bytes.
fn width(table: &Table<'_, '_>, default: Option<u8>) -> Option<u8> {
    if !table.has("type") && default.is_none() {
        table.missing("type");
    }
    table.word("type", &words::WIDTH).or(default)
}

fn style(table: &Table<'_, '_>, default: Style) -> Style {
    table.word("style", &words::STYLE).unwrap_or(default)
}

/// A member as it is written: its key, and its table unless it is a bare number.
struct Member<'a, 't> {
    meta: Meta,
    key: String,
    at: Span,
    bare: Option<i128>,
    table: Option<Table<'a, 't>>,
}

/// Members of flags or an enum, each life apart.
fn members<'a, 't>(table: &Table<'a, 't>, key: &'static str, prefix: &str, owner: Life) -> Vec<Member<'a, 't>> {
    let cx = table.cx;
    let Some(value) = table.get(key) else { return Vec::new() };
    let Some(all) = Table::of(cx, value, cx.at(value)) else { return Vec::new() };
    let mut found = Vec::new();
    for (key, at, value) in all.entries() {
        let c_name = format!("{prefix}{key}");
        plain::key(cx, &Text { text: key.to_owned(), at });
        let array = matches!(value.get_ref(), Value::Array(_));
        for life in lives(cx, value) {
            let place = if array { cx.at(life) } else { at };
            if let Some(bare) = integer(life.get_ref()) {
                identifier(cx, &c_name, at);
                let meta = Meta {
                    name: c_name.clone(),
                    doc: String::new(),
                    life: owner,
                    deprecated: None,
                    rust: None,
                    span: place,
                };
                found.push(Member { meta, key: key.to_owned(), at: place, bare: Some(bare), table: None });
            } else if let Value::Table(_) = life.get_ref() {
                let Some(table) = Table::of(cx, life, place) else { continue };
                let name = table.text("c").map_or_else(|| c_name.clone(), |text| text.text);
                identifier(cx, &name, at);
                let meta = meta(&table, &name, place, owner);
                found.push(Member { meta, key: key.to_owned(), at: place, bare: None, table: Some(table) });
            } else {
                wrong_kind(cx, life, "a number or a table");
            }
        }
    }
    found
}

pub(super) fn flags(name: &str, at: Span, table: Table<'_, '_>) -> Option<Flags> {
    let meta = meta(&table, name, at, FOREVER);
    let width = width(&table, None);
    let style = style(&table, Style::Define);
    let prefix = table.text("prefix").map(|text| text.text).unwrap_or_default();
    let written = members(&table, "bits", &prefix, meta.life);
    let mut found: Vec<FlagMember> = written.into_iter().filter_map(|member| flag(table.cx, member)).collect();
    compose(&mut found);
    table.finish(&language::FLAGS);
    Some(Flags { meta, width: width?, style, prefix, members: found })
}

fn flag(cx: &Cx<'_>, member: Member<'_, '_>) -> Option<FlagMember> {
    let Member { meta, key, at, bare, table } = member;
    let kind_and_value = match (bare, table) {
        (Some(bit), _) => bit_number(cx, bit, at),
        (None, Some(table)) => {
            let found = flag_table(&table, &key, at);
            table.finish(&language::FLAG);
            found
        }
        (None, None) => None,
    };
    let (kind, value) = kind_and_value?;
    Some(FlagMember { meta, key, value, kind })
}

fn bit_number(cx: &Cx<'_>, bit: i128, at: Span) -> Option<(FlagKind, u64)> {
    if let Some(bit) = u8::try_from(bit).ok().filter(|bit| *bit < 64) {
        return Some((FlagKind::Bit(bit), 1 << bit));
    }
    let diagnostic = Diagnostic::new(codes::AZ0007, at, format!("there is no bit {bit}"));
    cx.report(diagnostic.help("bits are counted from 0 to 63; a value of several bits is a `mask`"));
    None
}

fn flag_table(table: &Table<'_, '_>, key: &str, at: Span) -> Option<(FlagKind, u64)> {
    let bit = table.get("bit");
    let mask = table.number("mask", 0, i128::from(u64::MAX));
    let count = table.number("count", 0, i128::from(u64::MAX));
    let of: Vec<String> = table.texts("of").into_iter().map(|text| text.text).collect();
    let said = ["bit", "mask", "count", "of"].iter().filter(|key| table.has(key)).count();
    if said != 1 {
        let message = format!("`{key}` needs exactly one of `bit`, `of`, `mask` and `count`");
        table.cx.report(Diagnostic::new(codes::AZ0004, at, message));
        return None;
    }
    if let Some(value) = bit {
        let bit = number(table.cx, value, i128::MIN, i128::MAX)?;
        return bit_number(table.cx, bit, table.cx.at(value));
    }
    if table.has("of") {
        return Some((FlagKind::Of(of), 0));
    }
    if let Some(mask) = mask {
        return u64::try_from(mask).ok().map(|mask| (FlagKind::Mask, mask));
    }
    count.and_then(|count| u64::try_from(count).ok()).map(|count| (FlagKind::Count, count))
}

/// Gives composed masks their bits, those of masks they are composed of included. Names that are not there are for
/// `check` to report.
fn compose(members: &mut [FlagMember]) {
    let mut places: HashMap<String, Vec<usize>> = HashMap::default();
    for (place, member) in members.iter().enumerate() {
        places.entry(member.key.clone()).or_default().push(place);
        places.entry(member.meta.name.clone()).or_default().push(place);
    }
    // Bits are only ever added, so this ends, also for masks that lead back to themselves.
    loop {
        let mut changed = false;
        for place in 0..members.len() {
            let FlagKind::Of(of) = &members[place].kind else { continue };
            let parts = of.iter().filter_map(|key| places.get(key)).flatten();
            let mask = parts.fold(members[place].value, |mask, part| mask | members[*part].value);
            changed |= mask != members[place].value;
            members[place].value = mask;
        }
        if !changed {
            return;
        }
    }
}

pub(super) fn enumeration(name: &str, at: Span, table: Table<'_, '_>) -> Option<Enum> {
    let meta = meta(&table, name, at, FOREVER);
    let width = width(&table, Some(4));
    let style = style(&table, Style::Enum);
    let open = table.flag("open");
    let prefix = table.text("prefix").map(|text| text.text).unwrap_or_default();
    let written = members(&table, "values", &prefix, meta.life);
    let mut found: Vec<EnumMember> = written.into_iter().filter_map(|member| value(table.cx, member)).collect();
    let values: HashMap<String, i64> =
        found.iter().filter(|m| !matches!(m.kind, EnumKind::Alias(_))).map(|m| (m.key.clone(), m.value)).collect();
    for member in &mut found {
        if let EnumKind::Alias(of) = &member.kind {
            member.value = values.get(of).copied().unwrap_or_default();
        }
    }
    table.finish(&language::ENUM);
    Some(Enum { meta, width: width?, style, prefix, open, members: found })
}

fn value(cx: &Cx<'_>, member: Member<'_, '_>) -> Option<EnumMember> {
    let Member { meta, key, at, bare, table } = member;
    let (low, high) = (i128::from(i64::MIN), i128::from(i64::MAX));
    let found = match (bare, table) {
        (Some(bare), _) => i64::try_from(bare).ok().map(|value| (EnumKind::Value, value)).or_else(|| {
            cx.report(Diagnostic::new(codes::AZ0007, at, format!("{bare} does not fit 64 bits")));
            None
        }),
        (None, Some(table)) => {
            let number = table.number("value", low, high).and_then(|n| i64::try_from(n).ok());
            let alias = table.get("alias").and_then(|value| string(cx, value));
            let counter = table.flag("counter");
            let found = match (number, alias) {
                (Some(number), None) if counter => Some((EnumKind::Counter, number)),
                (Some(number), None) => Some((EnumKind::Value, number)),
                (None, Some(of)) => Some((EnumKind::Alias(of.text), 0)),
                _ => {
                    if !(table.has("value") ^ table.has("alias")) {
                        let message = format!("`{key}` needs either `value` or `alias`");
                        cx.report(Diagnostic::new(codes::AZ0004, at, message));
                    }
                    None
                }
            };
            table.finish(&language::VALUE);
            found
        }
        (None, None) => None,
    };
    let (kind, value) = found?;
    Some(EnumMember { meta, key, value, kind })
}
