//! Numbers that C declares as bit-fields.

use super::identifier;
use super::tree::Table;
use crate::model::{ByteOrder, Prim, PrimKind, Type};
use crate::{codes, diag::Diagnostic, language};

/// What judges or names the value of a number: nothing of C has the name of a unit of bit-fields.
const OF_VALUES: [&str; 13] = [
    "role",
    "accepts",
    "reserved",
    "range",
    "align",
    "len",
    "points_to",
    "selector",
    "errno",
    "after",
    "flags",
    "enum",
    "when",
];

/// `bits`: names and widths, which fill the number.
pub(super) fn bits(table: &Table<'_, '_>, ty: &Type, is_arm: bool) -> Vec<(String, u64)> {
    let Some(at) = table.get("bits").map(|value| table.cx.at(value)) else { return Vec::new() };
    let cx = table.cx;
    let mut found = Vec::new();
    for bit in table.tables("bits") {
        let name = bit.text("name").map(|name| {
            identifier(cx, &name.text, name.at);
            name.text
        });
        if !bit.has("width") {
            bit.missing("width");
        }
        let width = bit.number("width", 1, 64).and_then(|width| u64::try_from(width).ok());
        bit.finish(&language::BIT_OF_UNIT);
        found.extend(width.map(|width| (name.unwrap_or_default(), width)));
    }
    let Type::Prim(Prim { kind: PrimKind::Unsigned, order: ByteOrder::Native, aligned: false, width }) = ty else {
        let message = "only `u8`, `u16`, `u32` and `u64` are made of `bits`";
        cx.report(Diagnostic::new(codes::AZ0239, at, message));
        return found;
    };
    let sum: u64 = found.iter().map(|(_, width)| width).sum();
    if sum != u64::from(*width) * 8 {
        let message = format!("these bits take {sum} of {} bits", u32::from(*width) * 8);
        let help = "name all of them; what has no meaning is `{ width = N }`";
        cx.report(Diagnostic::new(codes::AZ0007, at, message).help(help));
    }
    if !found.is_empty() && found.iter().all(|(name, _)| name.is_empty()) {
        let message = "none of these `bits` has a name: machines differ in whether C aligns them";
        let help = "a number without a meaning is `reserved = true`, without `bits`";
        cx.report(Diagnostic::new(codes::AZ0239, at, message).help(help));
    }
    if is_arm && found.len() > 1 {
        let message =
            "an arm of a union has one bit-field at most: C would begin each of these `bits` at the first bit";
        cx.report(Diagnostic::new(codes::AZ0239, at, message).help("put the number into a struct in the union"));
    }
    for key in OF_VALUES.into_iter().filter(|key| table.has(key)) {
        let message = format!("a number made of `bits` has no `{key}`: C has no name for it as a whole");
        cx.report(Diagnostic::new(codes::AZ0239, at, message));
    }
    found
}
