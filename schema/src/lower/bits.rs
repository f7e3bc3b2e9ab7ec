//! `[entry.NAME]`, `[descriptor.NAME]`, `[register.NAME]`: bit ranges over little-endian words.

use super::kept::{Spanned, Value};
use super::tree::{Cx, Table, Text, integer, string, wrong_kind};
use super::{FOREVER, identifier, lives, meta, rules, structs};
use crate::bits::{BitField, Bits, Fixed, Place, Range};
use crate::codes;
use crate::diag::Diagnostic;
use crate::language;
use crate::model::{Life, ValueType};
use crate::source::Span;

/// Most words of an entry or descriptor.
const MOST_WORDS: i128 = 64;
/// Most bits of a value.
const MOST_BITS: u32 = 64;

/// What is read, by the word it begins with.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Entry,
    Descriptor,
    Register,
}

pub(super) fn lower(name: &str, at: Span, table: Table<'_, '_>, kind: Kind) -> Option<Bits> {
    let meta = meta(&table, name, at, FOREVER);
    let place = match kind {
        Kind::Entry => Some(Place::Entry),
        Kind::Descriptor => Some(Place::Descriptor),
        Kind::Register => {
            if !table.has("offset") {
                table.missing("offset");
            }
            table.number("offset", 0, i128::from(u32::MAX)).and_then(|at| u32::try_from(at).ok()).map(Place::Register)
        }
    };
    let words = match kind {
        Kind::Register => 1,
        Kind::Entry | Kind::Descriptor => {
            table.number("words", 1, MOST_WORDS).map_or(1, |n| u32::try_from(n).unwrap_or(1))
        }
    };
    let width = width(&table);
    if !table.has("bits") {
        table.missing("bits");
    }
    let fields = fields(&table, width, meta.life);
    let reserved = ranges(&table, "reserved", width);
    let ignored = ranges(&table, "ignored", width);
    let waivers = rules::waivers(&table);
    table.finish(match kind {
        Kind::Register => &language::REGISTER,
        Kind::Entry | Kind::Descriptor => &language::ENTRY,
    });
    Some(Bits { meta, place: place?, width, words, fields, reserved, ignored, waivers })
}

/// Bits of a word; where the schema says nothing or something wrong, 64.
fn width(table: &Table<'_, '_>) -> u32 {
    let Some(width) = table.number("width", 0, 1024) else { return 64 };
    if let 32 | 64 = width {
        return u32::try_from(width).unwrap_or(64);
    }
    let at = table.get("width").map_or(table.at, |value| table.cx.at(value));
    let diagnostic = Diagnostic::new(codes::AZ0007, at, format!("a word has 32 or 64 bits, not {width}"));
    table.cx.report(diagnostic.help("what has more is several words: `words = 2`"));
    64
}

/// The fields, each life apart.
fn fields(table: &Table<'_, '_>, width: u32, owner: Life) -> Vec<BitField> {
    let cx = table.cx;
    let Some(value) = table.get("bits") else { return Vec::new() };
    let Some(all) = Table::of(cx, value, cx.at(value)) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, at, value) in all.entries() {
        identifier(cx, name, at);
        let several = matches!(value.get_ref(), Value::Array(_));
        for life in lives(cx, value) {
            let place = if several { cx.at(life) } else { at };
            found.extend(field(cx, name, place, life, width, owner));
        }
    }
    found
}

/// `p = "0"`, or `p = { at = "0", ... }`.
fn field<'t>(
    cx: &Cx<'_>,
    name: &str,
    at: Span,
    value: &'t Spanned<Value<'t>>,
    width: u32,
    owner: Life,
) -> Option<BitField> {
    if let Value::String(_) = value.get_ref() {
        let parts = vec![range(cx, &string(cx, value)?, width)?];
        let meta = crate::model::Meta {
            name: name.to_owned(),
            doc: String::new(),
            life: owner,
            deprecated: None,
            rust: None,
            span: at,
        };
        return Some(BitField { meta, parts, address: false, values: None, fixed: None });
    }
    let Value::Table(_) = value.get_ref() else {
        wrong_kind(cx, value, "a bit range such as \"63:12\", or a table");
        return None;
    };
    let table = Table::of(cx, value, at)?;
    let meta = meta(&table, name, at, owner);
    if !table.has("at") {
        table.missing("at");
    }
    let written = table.one_or_more("at");
    let parts: Vec<Range> = written.iter().filter_map(|text| range(cx, text, width)).collect();
    let address = table.flag("address");
    let values = values(&table);
    let fixed = fixed(cx, table.get("is"), values.as_ref());
    table.finish(&language::BIT_FIELD);
    let whole = !parts.is_empty() && parts.len() == written.len();
    let field = BitField { meta, parts, address, values, fixed };
    (whole && fits_a_number(cx, &field)).then_some(field)
}

fn fits_a_number(cx: &Cx<'_>, field: &BitField) -> bool {
    // Ranges may be as long as their numbers let them: no sum of them leaves 64 bits.
    let count: u64 = field.parts.iter().map(|part| u64::from(part.count())).sum();
    if count <= u64::from(MOST_BITS) {
        return true;
    }
    let message = format!("`{}` has {count} bits, and a value has at most {MOST_BITS}", field.meta.name);
    let diagnostic = Diagnostic::new(codes::AZ1004, field.parts[0].span, message);
    cx.report(diagnostic.help("write it as several fields: `data_0`, `data_1`"));
    false
}

/// `flags = "..."` or `enum = "..."`.
fn values(table: &Table<'_, '_>) -> Option<(ValueType, Span)> {
    let flags = table.text("flags").map(|text| (ValueType::Flags(text.text), text.at));
    let values = table.text("enum").map(|text| (ValueType::Enum(text.text), text.at));
    if let (Some(_), Some((_, at))) = (&flags, &values) {
        let diagnostic = Diagnostic::new(codes::AZ0004, *at, "the values are either flags or those of an enum");
        table.cx.report(diagnostic.help("leave one of `flags` and `enum` out"));
    }
    flags.or(values)
}

/// A value as a number, or as the key of a member of `values`.
pub(super) fn fixed(
    cx: &Cx<'_>,
    value: Option<&Spanned<Value<'_>>>,
    values: Option<&(ValueType, Span)>,
) -> Option<Fixed> {
    let value = value?;
    if let Value::Integer(_) = value.get_ref() {
        let number = super::tree::number(cx, value, 0, i128::from(u64::MAX))?;
        let text = integer(value.get_ref()).unwrap_or(number).to_string();
        return Some(Fixed { value: u64::try_from(number).ok()?, text, span: cx.at(value) });
    }
    let text = string(cx, value)?;
    let owner = values.map(|(ValueType::Flags(name) | ValueType::Enum(name), _)| name.as_str());
    let own = owner.and_then(|owner| cx.values.get(&format!("{owner}.{}", text.text)));
    let Some(number) = own.or_else(|| cx.values.get(&text.text)) else {
        // Members of what does not exist are not looked for: that it does not is said by `check`.
        let known =
            |owner: &str| cx.values.keys().any(|name| name.strip_prefix(owner).is_some_and(|n| n.starts_with('.')));
        if owner.is_none_or(known) {
            structs::unknown_value(cx, &text, owner);
        }
        return None;
    };
    let value = u64::try_from(number).ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned))?;
    Some(Fixed { value, text: text.text, span: text.at })
}

fn ranges(table: &Table<'_, '_>, key: &'static str, width: u32) -> Vec<Range> {
    table.one_or_more(key).iter().filter_map(|text| range(table.cx, text, width)).collect()
}

/// `"63:12"`, `"5"`, or with a word before: `"w1 63:12"`.
fn range(cx: &Cx<'_>, text: &Text, width: u32) -> Option<Range> {
    let Some((hi, lo)) = positions(&text.text, width) else {
        let message = format!("`{}` is not a bit range", text.text.escape_debug());
        let help = "write `63:12`, high bit first; `9` for one bit; `w1 63:12` for bits of the second word";
        cx.report(Diagnostic::new(codes::AZ1001, text.at, message).help(help));
        return None;
    };
    if hi < lo {
        let message = format!("bit {hi} lies below bit {lo}");
        let diagnostic = Diagnostic::new(codes::AZ1002, text.at, message);
        let swapped = text.text.split_once(' ').map_or(String::new(), |(word, _)| format!("{word} "));
        let base = if swapped.is_empty() { 0 } else { lo / width * width };
        cx.report(diagnostic.help(format!("the high bit comes first: `{swapped}{}:{}`", lo - base, hi - base)));
        return None;
    }
    Some(Range { hi, lo, span: text.at })
}

/// High and low bit, counted from the first word.
fn positions(text: &str, width: u32) -> Option<(u32, u32)> {
    let number = |digits: &str| {
        let plain = (1..=5).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        if plain { digits.parse::<u32>().ok() } else { None }
    };
    let (base, bits) = match text.split_once(' ') {
        Some((word, bits)) => (number(word.strip_prefix('w')?)? * width, bits),
        None => (0, text),
    };
    let (hi, lo) = bits.split_once(':').unwrap_or((bits, bits));
    Some((base + number(hi)?, base + number(lo)?))
}

#[cfg(test)]
mod tests {
    use super::positions;

    #[test]
    fn positions_count_from_the_first_word() {
        assert_eq!(positions("63:12", 64), Some((63, 12)));
        assert_eq!(positions("5", 64), Some((5, 5)));
        assert_eq!(positions("w1 63:12", 64), Some((127, 76)));
        assert_eq!(positions("w2 31:0", 32), Some((95, 64)));
        for bad in ["", ":", "a", "1:2:3", "w 1", "w1", "1 2", "-1", "+1", " 1", "w1  2", "999999", "é"] {
            assert_eq!(positions(bad, 64), None, "{bad}");
        }
    }
}
