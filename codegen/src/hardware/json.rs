//! Layouts and decoded bytes for other programs.

use argsz_schema::bits::{Bits, Place, Range};
use argsz_schema::model::ValueType;
use serde_json::{Value, json};

use super::{Decoded, Layout};

/// `{"kind", "name", "header", "release", "offset", "words", "width", "fields": [{"name", "bits": [{"high", "low"}],
/// "address", "enum", "flags", "value", "doc"}], "reserved": [...], "ignored": [...]}`: bits are counted from the first
/// word, and the high part of a field comes first.
#[must_use]
pub fn layout(layout: Layout<'_>) -> Value {
    let bits = layout.bits;
    let fields: Vec<Value> = bits
        .fields
        .iter()
        .map(|field| {
            let (flags, values) = match &field.values {
                Some((ValueType::Flags(name), _)) => (Some(name), None),
                Some((ValueType::Enum(name), _)) => (None, Some(name)),
                None => (None, None),
            };
            json!({
                "name": field.meta.name,
                "bits": ranges(&field.parts),
                "address": field.address,
                "enum": values,
                "flags": flags,
                "value": field.fixed.as_ref().map(|fixed| fixed.value),
                "doc": field.meta.doc,
            })
        })
        .collect();
    let mut value = head(bits, layout);
    if let Some(all) = value.as_object_mut() {
        all.insert("doc".to_owned(), bits.meta.doc.clone().into());
        all.insert("fields".to_owned(), fields.into());
        all.insert("reserved".to_owned(), ranges(&bits.reserved).into());
        all.insert("ignored".to_owned(), ranges(&bits.ignored).into());
    }
    value
}

/// As [`layout`] begins; then `"values"`, one of each word, `"fields": [{"name", "value", "meaning"}]` and `"wrong"`.
#[must_use]
pub fn decoded(decoded: &Decoded<'_>) -> Value {
    let lines = decoded.lines.iter();
    let fields: Vec<Value> = lines
        .map(|line| json!({ "name": line.field.meta.name, "value": line.value, "meaning": line.meaning }))
        .collect();
    let mut value = head(decoded.layout.bits, decoded.layout);
    if let Some(all) = value.as_object_mut() {
        all.insert("values".to_owned(), decoded.words.clone().into());
        all.insert("fields".to_owned(), fields.into());
        all.insert("wrong".to_owned(), decoded.wrong.clone().into());
    }
    value
}

fn head(bits: &Bits, layout: Layout<'_>) -> Value {
    let offset = match bits.place {
        Place::Register(offset) => Some(offset),
        Place::Entry | Place::Descriptor => None,
    };
    json!({
        "kind": bits.place.word(),
        "name": bits.meta.name,
        "header": layout.model.header.path,
        "release": layout.release(),
        "offset": offset,
        "words": bits.words,
        "width": bits.width,
    })
}

fn ranges(ranges: &[Range]) -> Vec<Value> {
    ranges.iter().map(|range| json!({ "high": range.hi, "low": range.lo })).collect()
}
