//! Structs of other headers, which are referred to and not copied: what has to be known of their layout.

use super::draft::{Draft, Kind};
use super::types::{Body, Member, Struct, Ty};
use super::write::stripped;

/// Whether its layout depends on the width of pointers or the alignment of numbers: this machine's number of bytes is
/// not every machine's then.
pub(super) fn varies(body: &Body, items: &[Draft]) -> bool {
    body.fields.iter().any(|field| match stripped(&field.ty).0 {
        // Eight bytes are aligned to four on some machines, unless the declaration asks for more.
        Ty::Number(word, size) => {
            matches!(word.as_str(), "ptr" | "long" | "ulong") || *size == 8 && !word.starts_with("aligned_")
        }
        Ty::Inline(body) => varies(body, items),
        Ty::Named(name) => items.iter().any(|item| match &item.kind {
            Kind::Struct(one) => one.name == *name && varies(&one.body, items),
            _ => false,
        }),
        _ => false,
    })
}

/// Numbers of the size and alignment of a struct.
pub(super) fn opaque(one: &Struct, natural: &dyn Fn(&str) -> u64, scalar: u64) -> String {
    let mut word = format!("u{}", one.align.min(8) * 8);
    let mut open: Vec<&Member> = one.body.fields.iter().collect();
    while let Some(field) = open.pop() {
        let (inner, _) = stripped(&field.ty);
        match inner {
            Ty::Inline(body) => open.extend(&body.fields),
            Ty::Number(own, _) if inner.natural(natural, scalar) == one.align => {
                if matches!(own.as_str(), "ptr" | "long" | "ulong") {
                    "ulong".clone_into(&mut word);
                } else if own.starts_with("aligned_") {
                    "aligned_u64".clone_into(&mut word);
                }
            }
            _ => {}
        }
    }
    format!("{word}[{}]", one.body.size / one.align.clamp(1, 8))
}
