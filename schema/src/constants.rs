//! Every constant of a header with its value, as C sees it.

use crate::bits::{BitField, Bits, Place};
use crate::ioctl;
use crate::layout::Layouts;
use crate::model::{ConstValue, Item, Model};

/// Constants, flags, values, counters, aliases and ioctl numbers by C name, in the order of the schema.
#[must_use]
pub fn all(model: &Model, layouts: &Layouts<'_>) -> Vec<(String, ConstValue)> {
    let mut found = Vec::new();
    for item in &model.items {
        let int = |name: &str, value: i128| (name.to_owned(), ConstValue::Int(value));
        match item {
            Item::Const(one) => found.push((one.meta.name.clone(), one.value.clone())),
            Item::Flags(flags) => found.extend(flags.members.iter().map(|m| int(&m.meta.name, m.value.into()))),
            Item::Enum(values) => found.extend(values.members.iter().map(|m| int(&m.meta.name, m.value.into()))),
            Item::Ioctl(one) => {
                found.extend(ioctl::number(one, layouts).map(|number| int(&one.meta.name, number.into())));
            }
            Item::Bits(bits) => found.extend(numbers(&model.header.prefix, bits)),
            Item::Struct(_) | Item::CellTable(_) => {}
        }
    }
    found
}

/// The numbers that C has of a table entry, a descriptor or a register: [`of_item`], and [`of_field`] of each.
#[must_use]
pub fn numbers(prefix: &str, bits: &Bits) -> Vec<(String, ConstValue)> {
    let fields = bits.fields.iter().flat_map(|field| of_field(prefix, bits, field));
    of_item(prefix, bits).into_iter().chain(fields).collect()
}

/// `ITEM_WORDS`; `ITEM_OFFSET` of a register; `ITEM_RESERVED_0`, the reserved bits of the first word, and so on.
#[must_use]
pub fn of_item(prefix: &str, bits: &Bits) -> Vec<(String, ConstValue)> {
    let item = c_name(prefix, &bits.meta.name);
    let mut found = vec![int(format!("{item}_WORDS"), bits.words.into())];
    if let Place::Register(offset) = bits.place {
        found.push(int(format!("{item}_OFFSET"), offset.into()));
    }
    let reserved = bits.reserved_mask().into_iter().enumerate();
    found.extend(reserved.map(|(word, mask)| int(format!("{item}_RESERVED_{word}"), mask)));
    found
}

/// `ITEM_FIELD_WORD`, `_SHIFT` and `_MASK`, within that word; of a field in parts `ITEM_FIELD_0_WORD` and so on, the least
/// significant part first; `ITEM_FIELD_VALUE` of a field with one value alone.
#[must_use]
pub fn of_field(prefix: &str, bits: &Bits, field: &BitField) -> Vec<(String, ConstValue)> {
    let name = c_name(prefix, &format!("{}_{}", bits.meta.name, field.meta.name));
    let mut found = Vec::new();
    for (at, part) in field.parts.iter().rev().enumerate() {
        let name = if field.parts.len() == 1 { name.clone() } else { format!("{name}_{at}") };
        found.push(int(format!("{name}_WORD"), part.word(bits.width) as u64));
        found.push(int(format!("{name}_SHIFT"), part.shift(bits.width).into()));
        found.push(int(format!("{name}_MASK"), part.mask(bits.width)));
    }
    found.extend(field.fixed.as_ref().map(|fixed| int(format!("{name}_VALUE"), fixed.value)));
    found
}

fn int(name: String, value: u64) -> (String, ConstValue) {
    (name, ConstValue::Int(value.into()))
}

/// What C calls a number of hardware: the prefix of the header and the name, in capitals.
#[must_use]
pub fn c_name(prefix: &str, name: &str) -> String {
    format!("{prefix}{name}").to_ascii_uppercase()
}
