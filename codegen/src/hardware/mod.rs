//! Table entries, descriptors and registers for people and programs: where their bits lie, what bytes mean, and a page
//! of documentation.
//!
//! Texts are styled; print them through `anstream`, which leaves the styles out where nobody can see them.

mod decode;
#[cfg(feature = "cli")]
mod json;
mod page;
#[cfg(feature = "cli")]
mod text;

use argsz_schema::bits::{BitField, Bits, Range};
use argsz_schema::model::{EnumKind, FlagKind, Model, ValueType};

pub use decode::{Decoded, Line, WrongSize, decode};
#[cfg(feature = "cli")]
pub use json::{decoded as decoded_json, layout as layout_json};
pub use page::emit;
#[cfg(feature = "cli")]
pub use text::{decoded as decoded_text, layout as layout_text};

/// A layout and the header it is of, at one release.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// The words.
    pub bits: &'a Bits,
    /// The header, at one release.
    pub model: &'a Model,
}

impl<'a> Layout<'a> {
    /// The layout of that name.
    #[must_use]
    pub fn find(model: &'a Model, name: &str) -> Option<Self> {
        model.find_bits(name).map(|bits| Self { bits, model })
    }

    /// Bytes of all words.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bits.count() as usize / 8
    }

    /// Name of the release.
    #[must_use]
    pub fn release(&self) -> &'a str {
        let header = &self.model.header;
        self.model.release.and_then(|r| header.releases.get(usize::from(r.0))).map_or("", String::as_str)
    }

    /// Every bit of one word, from the lowest up.
    fn rows(&self, word: u32) -> Vec<Row<'a>> {
        let (width, bits) = (self.bits.width, self.bits);
        let (first, last) = (word * width, word * width + width - 1);
        let mut rows: Vec<Row<'a>> = Vec::new();
        for field in &bits.fields {
            for (range, at) in field.placed().filter(|(range, _)| (first..=last).contains(&range.lo)) {
                rows.push(Row { range, what: What::Field(field, at) });
            }
        }
        let rest = bits.reserved.iter().map(|range| (*range, What::Reserved));
        for (range, what) in rest.chain(bits.ignored.iter().map(|range| (*range, What::Ignored))) {
            if range.lo <= last && first <= range.hi {
                let range = Range { hi: range.hi.min(last), lo: range.lo.max(first), ..range };
                rows.push(Row { range, what });
            }
        }
        rows.sort_by_key(|row| row.range.lo);
        rows
    }
}

/// Some bits of one word.
struct Row<'a> {
    range: Range,
    what: What<'a>,
}

/// What bits are.
#[derive(Clone, Copy)]
enum What<'a> {
    /// A part of a field, and its lowest bit in the value.
    Field(&'a BitField, u32),
    Reserved,
    Ignored,
}

/// What a value means: its name, or the names of its flags; empty for a number.
fn meaning(model: &Model, field: &BitField, value: u64) -> String {
    match &field.values {
        None => String::new(),
        Some((ValueType::Enum(name), _)) => {
            let members = model.find_enum(name).map(|set| set.members.as_slice()).unwrap_or_default();
            let known = members.iter().find(|m| m.kind == EnumKind::Value && u64::try_from(m.value) == Ok(value));
            known.map_or_else(|| format!("no value of {name}"), |member| member.key.clone())
        }
        Some((ValueType::Flags(name), _)) => {
            let members = model.find_flags(name).map(|set| set.members.as_slice()).unwrap_or_default();
            let set = members.iter().filter(|m| matches!(m.kind, FlagKind::Bit(_)) && value & m.value != 0);
            let names: Vec<String> = set.clone().map(|member| member.key.clone()).collect();
            let rest = value & !set.fold(0, |mask, member| mask | member.value);
            let rest = (rest != 0).then(|| format!("{rest:#x}"));
            names.into_iter().chain(rest).collect::<Vec<_>>().join(" | ")
        }
    }
}

/// Where a field lies, as the schema writes it: `63:12`, `w1 5:0`, `63:52 + 15:12`.
fn place(bits: &Bits, field: &BitField) -> String {
    let one = |range: &Range| match range.word(bits.width) {
        0 => range.within(bits.width),
        word => format!("w{word} {}", range.within(bits.width)),
    };
    field.parts.iter().map(one).collect::<Vec<_>>().join(" + ")
}
