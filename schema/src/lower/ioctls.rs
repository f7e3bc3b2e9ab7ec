//! `[ioctl.NAME]`.

use super::kept::Value;
use super::tree::{Table, integer};
use super::{FOREVER, meta, rules, types, values};
use crate::codes;
use crate::diag::Diagnostic;
use crate::language;
use crate::model::Ioctl;
use crate::source::Span;
use crate::words;

pub(super) fn lower(name: &str, at: Span, table: Table<'_, '_>) -> Option<Ioctl> {
    let meta = meta(&table, name, at, FOREVER);
    if !table.has("kind") {
        table.missing("kind");
    }
    let kind = table.word("kind", &words::IOCTL);
    let magic = byte(&table, "magic");
    let nr = byte(&table, "nr");
    let arg = table.text("arg");
    let arg_at = arg.as_ref().map_or(at, |arg| arg.at);
    let arg = arg.and_then(|text| types::parse(table.cx, &text));
    let waivers = rules::waivers(&table);
    table.finish(&language::IOCTL);
    Some(Ioctl { meta, kind: kind?, magic: magic?, nr: nr?, arg, arg_at, waivers })
}

/// A number of one byte, and how it was written.
fn byte(table: &Table<'_, '_>, key: &'static str) -> Option<(u8, String)> {
    if !table.has(key) {
        table.missing(key);
        return None;
    }
    let value = table.get(key)?;
    let (number, text) = if matches!(value.get_ref(), Value::Integer(_)) {
        let number = integer(value.get_ref())?;
        (number, number.to_string())
    } else {
        let text = table.text(key)?;
        (values::expression(table.cx, &text)?, text.text)
    };
    let byte = u8::try_from(number).ok();
    if byte.is_none() {
        let message = format!("`{key}` of an ioctl is one byte, and {number} is not");
        table.cx.report(Diagnostic::new(codes::AZ0204, table.cx.at(value), message));
    }
    byte.map(|byte| (byte, text))
}
