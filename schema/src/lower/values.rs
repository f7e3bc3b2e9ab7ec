//! Constants, flags and enums, and the arithmetic between them.

use std::collections::HashMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{Cx, Table, Text, integer, number, string, wrong_kind};
use super::{FOREVER, identifier, lives, meta};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{Const, ConstValue, Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, Life, Meta, Style};
use crate::nearest::did_you_mean;
use crate::source::Span;

/// How far a constant may lead to another.
const MAX_CHAIN: usize = 64;

/// What a name stands for before it is worked out.
enum Raw<'t> {
    Int(i128),
    Text(&'t Spanned<DeValue<'t>>),
    /// Bits of other members, by `TYPE.KEY`.
    Of(Vec<String>),
    /// The same as another member, by `TYPE.KEY`.
    Alias(String),
}

/// Values of all constants and members by C name; of members also by `TYPE.KEY`, which is how the fields of that type
/// name them. Mistakes inside are reported when each is lowered.
pub(super) fn evaluate(cx: &Cx<'_>, document: &DeTable<'_>) -> HashMap<String, i128> {
    let mut raw: HashMap<String, Raw<'_>> = HashMap::new();
    for (kind, members) in [("flags", "bits"), ("enum", "values")] {
        let Some(DeValue::Table(items)) = document.get(kind).map(Spanned::get_ref) else { continue };
        for (owner, item) in items.iter().flat_map(|(name, value)| tables(value).map(move |item| (name, item))) {
            let prefix = text_of(item, "prefix").unwrap_or_default();
            let Some(DeValue::Table(found)) = item.get(members).map(Spanned::get_ref) else { continue };
            for (key, value) in found {
                raw_member([owner.get_ref(), prefix, key.get_ref()], kind == "flags", value, &mut raw);
            }
        }
    }
    if let Some(DeValue::Table(items)) = document.get("const").map(Spanned::get_ref) {
        for (name, item) in items {
            for value in tables(item).filter_map(|item| item.get("value")) {
                let found = integer(value.get_ref()).map_or(Raw::Text(value), Raw::Int);
                raw.insert(name.get_ref().to_string(), found);
            }
        }
    }
    let mut done = HashMap::new();
    for name in raw.keys() {
        let _ = resolve(cx, name, &raw, &mut done, 0);
    }
    done
}

fn text_of<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t str> {
    match table.get(key)?.get_ref() {
        DeValue::String(text) => Some(text),
        _ => None,
    }
}

/// The tables of an item: one, or one for each life.
fn tables<'t>(value: &'t Spanned<DeValue<'t>>) -> impl Iterator<Item = &'t DeTable<'t>> {
    let all: Vec<&Spanned<DeValue<'_>>> = match value.get_ref() {
        DeValue::Array(elements) => elements.iter().collect(),
        _ => vec![value],
    };
    all.into_iter().filter_map(|value| match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    })
}

/// Notes one member, each of its lives over the one before.
fn raw_member<'t>(
    [owner, prefix, key]: [&str; 3],
    flags: bool,
    value: &'t Spanned<DeValue<'t>>,
    raw: &mut HashMap<String, Raw<'t>>,
) {
    let bit = |bit: i128| u32::try_from(bit).ok().filter(|bit| *bit < 64).map(|bit| Raw::Int(1 << bit));
    let mut note = |name: String, found: Option<Raw<'t>>, twin: Option<Raw<'t>>| {
        raw.extend(found.map(|found| (name, found)));
        raw.extend(twin.map(|twin| (format!("{owner}.{key}"), twin)));
    };
    if let Some(number) = integer(value.get_ref()) {
        let find = || if flags { bit(number) } else { Some(Raw::Int(number)) };
        note(format!("{prefix}{key}"), find(), find());
    }
    for table in tables(value) {
        let name = text_of(table, "c").map_or_else(|| format!("{prefix}{key}"), str::to_owned);
        let number = |key: &str| table.get(key).and_then(|value| integer(value.get_ref()));
        let find = || {
            let of = match table.get("of").map(Spanned::get_ref) {
                Some(DeValue::Array(of)) => Some(of.iter().filter_map(|part| match part.get_ref() {
                    DeValue::String(part) => Some(format!("{owner}.{part}")),
                    _ => None,
                })),
                _ => None,
            };
            let plain = ["value", "count", "mask"].iter().find_map(|key| number(key)).map(Raw::Int);
            plain
                .or_else(|| number("bit").and_then(bit))
                .or_else(|| of.map(|of| Raw::Of(of.collect())))
                .or_else(|| text_of(table, "alias").map(|alias| Raw::Alias(format!("{owner}.{alias}"))))
        };
        note(name, find(), find());
    }
}

fn resolve(
    cx: &Cx<'_>,
    name: &str,
    raw: &HashMap<String, Raw<'_>>,
    done: &mut HashMap<String, i128>,
    depth: usize,
) -> Option<i128> {
    if let Some(known) = done.get(name) {
        return Some(*known);
    }
    let found = match raw.get(name)? {
        Raw::Int(number) => *number,
        Raw::Of(parts) if depth <= MAX_CHAIN => {
            parts.iter().filter_map(|part| resolve(cx, part, raw, done, depth + 1)).fold(0, |mask, bits| mask | bits)
        }
        Raw::Alias(of) if depth <= MAX_CHAIN => resolve(cx, of, raw, done, depth + 1)?,
        Raw::Of(_) | Raw::Alias(_) => return None,
        Raw::Text(value) => {
            let DeValue::String(text) = value.get_ref() else { return None };
            if depth > MAX_CHAIN {
                let message = format!("`{name}` leads back to itself");
                let at = cx.inside(value, text);
                cx.report(Diagnostic::new(codes::AZ0202, at, message).help("a constant ends in a number"));
                return None;
            }
            let tree = syn::parse_str::<syn::Expr>(text).ok()?;
            arithmetic(&tree, 0, &mut |name| resolve(cx, name, raw, done, depth + 1)).ok()?
        }
    };
    done.insert(name.to_owned(), found);
    Some(found)
}

/// Works an expression over integers and names out; the error says what is wrong with it.
fn arithmetic(tree: &syn::Expr, depth: usize, lookup: &mut dyn FnMut(&str) -> Option<i128>) -> Result<i128, String> {
    if depth > MAX_CHAIN {
        return Err("it is too deep".into());
    }
    let too_large = || "a value of it leaves 128 bits".to_owned();
    match tree {
        syn::Expr::Lit(lit) => match &lit.lit {
            syn::Lit::Int(int) => int.base10_parse().map_err(|error| error.to_string()),
            syn::Lit::Char(letter) => Ok(i128::from(u32::from(letter.value()))),
            _ => Err("only integers and characters have a place in it".into()),
        },
        syn::Expr::Paren(inner) => arithmetic(&inner.expr, depth + 1, lookup),
        syn::Expr::Group(inner) => arithmetic(&inner.expr, depth + 1, lookup),
        syn::Expr::Path(path) => {
            let name = path.path.get_ident().map(ToString::to_string).unwrap_or_default();
            lookup(&name).ok_or_else(|| format!("there is no constant `{name}`"))
        }
        syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => {
            arithmetic(expr, depth + 1, lookup)?.checked_neg().ok_or_else(too_large)
        }
        syn::Expr::Binary(binary) => {
            let left = arithmetic(&binary.left, depth + 1, lookup)?;
            let right = arithmetic(&binary.right, depth + 1, lookup)?;
            match binary.op {
                syn::BinOp::Add(_) => left.checked_add(right),
                syn::BinOp::Sub(_) => left.checked_sub(right),
                syn::BinOp::Mul(_) => left.checked_mul(right),
                syn::BinOp::BitOr(_) => Some(left | right),
                syn::BinOp::BitAnd(_) => Some(left & right),
                syn::BinOp::Shl(_) => {
                    u32::try_from(right).ok().filter(|n| *n < 64).and_then(|n| left.checked_mul(1_i128 << n))
                }
                _ => return Err("it knows + - * | & <<".into()),
            }
            .ok_or_else(too_large)
        }
        _ => Err("it is no arithmetic over constants".into()),
    }
}

/// The value of an expression over constants; reports what is wrong with it.
pub(super) fn expression(cx: &Cx<'_>, text: &Text) -> Option<i128> {
    let nesting = text.text.matches(['(', '-', '[', '{']).count();
    let parsed = if nesting > MAX_CHAIN {
        Err("it is too deep".to_owned())
    } else {
        syn::parse_str::<syn::Expr>(&text.text).map_err(|error| error.to_string())
    };
    let mut unknown = None;
    let mut lookup = |name: &str| {
        let found = cx.values.get(name).copied();
        if found.is_none() {
            unknown = Some(name.to_owned());
        }
        found
    };
    match parsed.and_then(|tree| arithmetic(&tree, 0, &mut lookup)) {
        Ok(number) => Some(number),
        Err(why) => {
            let message = format!("`{}` has no value: {why}", text.text);
            let mut diagnostic = Diagnostic::new(codes::AZ0201, text.at, message);
            diagnostic.help = unknown.and_then(|name| did_you_mean(&name, cx.names()));
            cx.report(diagnostic);
            None
        }
    }
}

pub(super) fn constant(name: &str, at: Span, table: Table<'_, '_>) -> Option<Const> {
    let meta = meta(&table, name, at, FOREVER);
    let value = match (table.get("value"), table.get("string")) {
        (Some(value), None) => match value.get_ref() {
            DeValue::Integer(_) => {
                number(table.cx, value, i128::from(i64::MIN), i128::from(u64::MAX)).map(|n| (n, None))
            }
            _ => table.text("value").and_then(|text| Some((expression(table.cx, &text)?, Some(text.text)))),
        }
        .map(|(number, text)| (ConstValue::Int(number), text)),
        (None, Some(_)) => table.text("string").map(|text| (ConstValue::Str(text.text), None)),
        _ => {
            let message = format!("`{name}` needs either `value` or `string`");
            table.cx.report(Diagnostic::new(codes::AZ0004, at, message));
            None
        }
    };
    table.finish();
    let (value, c_text) = value?;
    Some(Const { meta, value, c_text })
}

/// `type = "u8"` of flags and enums, in bytes.
fn width(table: &Table<'_, '_>, default: Option<u8>) -> Option<u8> {
    if !table.has("type") && default.is_none() {
        table.missing("type");
    }
    table.word("type", &[("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8)]).or(default)
}

fn style(table: &Table<'_, '_>, default: Style) -> Style {
    let words = [("define", Style::Define), ("enum", Style::Enum), ("anonymous-enum", Style::AnonymousEnum)];
    table.word("style", &words).unwrap_or(default)
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
    let Some(all) = Table::of(cx, value, value.span().into()) else { return Vec::new() };
    let mut found = Vec::new();
    for (key, at, value) in all.entries() {
        let c_name = format!("{prefix}{key}");
        let array = matches!(value.get_ref(), DeValue::Array(_));
        for life in lives(cx, value) {
            let place = if array { life.span().into() } else { at };
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
            } else if let DeValue::Table(_) = life.get_ref() {
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
    table.finish();
    Some(Flags { meta, width: width?, style, prefix, members: found })
}

fn flag(cx: &Cx<'_>, member: Member<'_, '_>) -> Option<FlagMember> {
    let Member { meta, key, at, bare, table } = member;
    let kind_and_value = match (bare, table) {
        (Some(bit), _) => bit_number(cx, bit, at),
        (None, Some(table)) => {
            let found = flag_table(&table, &key, at);
            table.finish();
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
    cx.report(diagnostic.help("bits are counted from 0; a value of several bits is a `mask`"));
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
        let bit = number(table.cx, value, 0, i128::from(u64::MAX))?;
        return bit_number(table.cx, bit, value.span().into());
    }
    if table.has("of") {
        return Some((FlagKind::Of(of), 0));
    }
    if let Some(mask) = mask {
        return u64::try_from(mask).ok().map(|mask| (FlagKind::Mask, mask));
    }
    count.and_then(|count| u64::try_from(count).ok()).map(|count| (FlagKind::Count, count))
}

/// Gives composed masks their bits. Names that are not there are for `check` to report.
fn compose(members: &mut [FlagMember]) {
    let bits: HashMap<String, u64> = members.iter().map(|m| (m.key.clone(), m.value)).collect();
    let named: HashMap<String, u64> = members.iter().map(|m| (m.meta.name.clone(), m.value)).collect();
    for member in members {
        if let FlagKind::Of(of) = &member.kind {
            let known = of.iter().filter_map(|key| bits.get(key).or_else(|| named.get(key)));
            member.value = known.fold(0, |mask, bit| mask | bit);
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
    table.finish();
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
            table.finish();
            found
        }
        (None, None) => None,
    };
    let (kind, value) = found?;
    Some(EnumMember { meta, key, value, kind })
}
