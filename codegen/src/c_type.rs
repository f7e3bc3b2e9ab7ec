//! How C writes types and strings: shared by everything that prints C.

use std::fmt::Write as _;

use argsz_schema::layout::base;
use argsz_schema::model::{ByteOrder, Model, Prim, PrimKind, Type};

/// The type specifier of a number: `__u32`, `__aligned_u64`, `__le16`, `void *`.
#[must_use]
pub fn prim(number: Prim) -> String {
    let bits = (u32::from(number.width) * 8).to_string();
    let letter = match (number.kind, number.order) {
        (PrimKind::Char, _) => return "char".to_owned(),
        (PrimKind::Pointer, _) => return "void *".to_owned(),
        (PrimKind::Long, _) => return "long".to_owned(),
        (PrimKind::ULong, _) => return "unsigned long".to_owned(),
        (_, ByteOrder::Little) => "le",
        (_, ByteOrder::Big) => "be",
        (PrimKind::Unsigned, ByteOrder::Native) => "u",
        (PrimKind::Signed, ByteOrder::Native) => "s",
    };
    match (number.aligned, letter) {
        (false, _) => ["__", letter, &bits].concat(),
        // linux/types.h has had a name for this one only since 6.10.
        (true, "s") => format!("__s{bits} __attribute__((aligned({})))", number.width),
        (true, _) => ["__aligned_", letter, &bits].concat(),
    }
}

/// The type specifier of a type without its dimensions; `None` if it is written in place.
#[must_use]
pub fn specifier(model: &Model, ty: &Type) -> Option<String> {
    match base(ty) {
        Type::Prim(number) => Some(prim(*number)),
        Type::Named(name) => Some(named(model, name)),
        Type::Array(..) | Type::Flex(_) | Type::Inline(_) => None,
    }
}

/// `struct NAME`, `union NAME`, or the name alone if a `typedef` gives it.
#[must_use]
pub fn named(model: &Model, name: &str) -> String {
    let def = model.find_struct(name);
    if def.is_some_and(|def| def.typedef) {
        return name.to_owned();
    }
    [keyword(def.is_some_and(|def| def.is_union)), " ", name].concat()
}

/// `union` or `struct`.
#[must_use]
pub fn keyword(is_union: bool) -> &'static str {
    if is_union { "union" } else { "struct" }
}

/// The dimensions of a type as they stand after the name: `[4][]`.
#[must_use]
pub fn dimensions(mut ty: &Type) -> String {
    let mut text = String::new();
    loop {
        ty = match ty {
            Type::Array(of, count) => {
                _ = write!(text, "[{count}]");
                of
            }
            Type::Flex(of) => {
                text.push_str("[]");
                of
            }
            _ => return text,
        };
    }
}

/// A declaration without its semicolon: `__u8 padding[6]`.
#[must_use]
pub fn declaration(model: &Model, name: &str, ty: &Type) -> Option<String> {
    let specifier = specifier(model, ty)?;
    let space = if specifier.ends_with('*') { "" } else { " " };
    Some([&*specifier, space, name, &dimensions(ty)].concat())
}

/// A text as a string of C.
pub(crate) fn quoted(text: &str) -> String {
    // Nearly all have nothing to escape.
    if text.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && !matches!(byte, b'"' | b'\\')) {
        return ["\"", text, "\""].concat();
    }
    let mut out = String::from("\"");
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
            // Three octal digits end by themselves, whatever follows.
            0x20..=0x7e => out.push(char::from(byte)),
            _ => out.push_str(&format!("\\{byte:03o}")),
        }
    }
    out.push('"');
    out
}
