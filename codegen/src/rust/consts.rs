//! Constants that belong to no set, under their names in C.

use argsz_schema::model::{Const, ConstValue};

use super::docs::Docs;
use super::names;
use super::text::Lines;

pub(super) fn emit(one: &Const, code: &mut Lines) {
    Docs::of(&one.meta, &[]).print(code);
    deprecated(one.meta.deprecated.as_deref(), code);
    let name = names::constant(&one.meta);
    let (ty, value) = match &one.value {
        ConstValue::Str(text) => ("&str", format!("{text:?}")),
        ConstValue::Int(value) => integer(*value),
    };
    code.line(format_args!("pub const {name}: {ty} = {value};"));
}

/// The narrowest of the usual types that holds the value.
fn integer(value: i128) -> (&'static str, String) {
    let ty = match value {
        0..=0xffff_ffff => "u32",
        0x1_0000_0000.. => "u64",
        -0x8000_0000..0 => "i32",
        _ => "i64",
    };
    let digits = value.unsigned_abs();
    let literal = match (value, digits) {
        (10_000.., _) => hex(digits),
        (_, 10_000..) => grouped(&digits.to_string(), 3),
        _ => digits.to_string(),
    };
    (ty, if value < 0 { format!("-{literal}") } else { literal })
}

/// Digits in groups of so many, counted from the right.
fn grouped(digits: &str, size: usize) -> String {
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(size) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// A number in hexadecimal, its digits in groups of four.
pub(super) fn hex(value: u128) -> String {
    ["0x", &grouped(&format!("{value:x}"), 4)].concat()
}

/// `#[deprecated]`, with the reason.
pub(super) fn deprecated(why: Option<&str>, code: &mut Lines) {
    if let Some(why) = why {
        code.line(format_args!("#[deprecated(note = {why:?})]"));
    }
}

#[cfg(test)]
mod tests {
    use super::{hex, integer};

    #[test]
    fn values_choose_their_type() {
        let text = |value| {
            let (ty, value) = integer(value);
            format!("{ty} {value}")
        };
        assert_eq!(text(3), "u32 3");
        assert_eq!(text(-1), "i32 -1");
        assert_eq!(text(1 << 32), "u64 0x1_0000_0000");
        assert_eq!(text(-0x8000_0000), "i32 -2_147_483_648");
        assert_eq!(hex(0x8000_0000), "0x8000_0000");
    }
}
