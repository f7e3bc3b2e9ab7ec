//! Every constant of a header with its value, as C sees it.

use crate::bits::{BitField, Bits, Place};
use crate::ioctl;
use crate::layout::Layouts;
use crate::model::{ConstValue, Item, Model};

/// Constants, flags, values, counters, aliases and ioctl numbers by C name, in the order of the schema.
#[must_use]
pub fn all(model: &Model, layouts: &Layouts<'_>) -> Vec<(String, ConstValue)> {
    model.items.iter().flat_map(|item| of(item, layouts)).collect()
}

/// As [`all`], of one item.
#[must_use]
pub fn of(item: &Item, layouts: &Layouts<'_>) -> Vec<(String, ConstValue)> {
    let int = |name: &str, value: i128| (name.to_owned(), ConstValue::Int(value));
    match item {
        Item::Const(one) => vec![(one.meta.name.clone(), one.value.clone())],
        Item::Flags(flags) => flags.members.iter().map(|m| int(&m.meta.name, m.value.into())).collect(),
        Item::Enum(values) => values.members.iter().map(|m| int(&m.meta.name, m.value.into())).collect(),
        Item::Ioctl(one) => {
            ioctl::number(one, layouts).map(|number| int(&one.meta.name, number.into())).into_iter().collect()
        }
        Item::Bits(bits) => {
            let numbers = numbers(&layouts.model.header.prefix, bits).into_iter();
            numbers.map(|number| (number.name, ConstValue::Int(number.value.into()))).collect()
        }
        Item::Struct(_) | Item::CellTable(_) | Item::Chain(_) => Vec::new(),
    }
}

/// A number that C has of a table entry, a descriptor or a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its name in C.
    pub name: String,
    /// Its value.
    pub value: u64,
    /// Whether it is a mask over a word, whose complement is taken.
    pub mask: bool,
}

/// All numbers of a table entry, a descriptor or a register: [`of_item`], and [`of_field`] of each.
#[must_use]
pub fn numbers(prefix: &str, bits: &Bits) -> Vec<Number> {
    let fields = bits.fields.iter().flat_map(|field| of_field(prefix, bits, field));
    of_item(prefix, bits).into_iter().chain(fields).collect()
}

/// `ITEM_WORDS`; `ITEM_OFFSET` of a register; `ITEM_RESERVED_0`, the reserved bits of the first word, and so on.
#[must_use]
pub fn of_item(prefix: &str, bits: &Bits) -> Vec<Number> {
    let item = c_name(prefix, &bits.meta.name);
    let plain = |name: &str, value: u32| Number { name: format!("{item}_{name}"), value: value.into(), mask: false };
    let mut found = vec![plain("WORDS", bits.words)];
    if let Place::Register(offset) = bits.place {
        found.push(plain("OFFSET", offset));
    }
    let reserved = bits.reserved_mask().into_iter().enumerate();
    found.extend(reserved.map(|(word, value)| Number { name: format!("{item}_RESERVED_{word}"), value, mask: true }));
    found
}

/// `ITEM_FIELD_WORD`, `_SHIFT` and `_MASK`, within that word; of a field in parts `ITEM_FIELD_0_WORD` and so on, the least
/// significant part first; `ITEM_FIELD_VALUE` of a field with one value alone.
#[must_use]
pub fn of_field(prefix: &str, bits: &Bits, field: &BitField) -> Vec<Number> {
    let name = c_name(prefix, &format!("{}_{}", bits.meta.name, field.meta.name));
    let mut found = Vec::new();
    for (at, part) in field.parts.iter().rev().enumerate() {
        let name = if field.parts.len() == 1 { name.clone() } else { format!("{name}_{at}") };
        let number = |what: &str, value, mask| Number { name: format!("{name}_{what}"), value, mask };
        found.push(number("WORD", part.word(bits.width) as u64, false));
        found.push(number("SHIFT", part.shift(bits.width).into(), false));
        found.push(number("MASK", part.mask(bits.width), true));
    }
    let fixed = field.fixed.as_ref();
    found.extend(fixed.map(|fixed| Number { name: format!("{name}_VALUE"), value: fixed.value, mask: false }));
    found
}

/// What C calls a number of hardware: the prefix of the header and the name, in capitals.
#[must_use]
pub fn c_name(prefix: &str, name: &str) -> String {
    format!("{prefix}{name}").to_ascii_uppercase()
}
