//! Every constant of a header with its value, as C sees it.

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
            Item::Struct(_) => {}
        }
    }
    found
}
