//! Hardware layouts: table entries, queue descriptors and registers as bit ranges over little-endian words; and tables
//! that say which descriptor becomes of a pair of values.
//!
//! Everything that reads or writes such bits goes through [`BitField::parts`]: the check, the emitters, `decode`.

use crate::model::{Meta, ValueType, Waiver};
use crate::source::Span;

/// Words of a table entry, a descriptor or a register.
#[derive(Clone, Debug)]
pub struct Bits {
    /// Name and doc.
    pub meta: Meta,
    /// Where such words lie.
    pub place: Place,
    /// Bits of a word: 32 or 64.
    pub width: u32,
    /// How many words.
    pub words: u32,
    /// Fields, in the order of the schema.
    pub fields: Vec<BitField>,
    /// Bits that must be 0.
    pub reserved: Vec<Range>,
    /// Bits that hardware does not look at.
    pub ignored: Vec<Range>,
    /// Lints waived here.
    pub waivers: Vec<Waiver>,
}

/// Where the words lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a table in memory.
    Entry,
    /// In a queue in memory.
    Descriptor,
    /// Among the registers, so many bytes from the first, or from where something else says.
    Register(u32),
}

impl Place {
    /// What people call it, and the schema: `entry`, `descriptor`, `register`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Descriptor => "descriptor",
            Self::Register(_) => "register",
        }
    }
}

/// A value in some of the bits.
#[derive(Clone, Debug)]
pub struct BitField {
    /// Name and doc.
    pub meta: Meta,
    /// Its bits, the most significant first; a part lies within one word.
    pub parts: Vec<Range>,
    /// Whether it is an address that stays in place: its low bits are 0, and not stored.
    pub address: bool,
    /// The flags or enum that gives its values a meaning, and the place of the name.
    pub values: Option<(ValueType, Span)>,
    /// The only value it has: the type of a descriptor.
    pub fixed: Option<Fixed>,
}

/// A value and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// The number.
    pub value: u64,
    /// As written: a number, or the key of a member.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// Bits `hi..=lo`, counted from bit 0 of the first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The highest bit.
    pub hi: u32,
    /// The lowest bit.
    pub lo: u32,
    /// Its place.
    pub span: Span,
}

impl Range {
    /// How many bits.
    #[must_use]
    pub fn count(self) -> u32 {
        (self.hi + 1).saturating_sub(self.lo)
    }

    /// Whether some bit is in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// The word it begins in, of words of so many bits.
    #[must_use]
    pub fn word(self, width: u32) -> usize {
        (self.lo / width) as usize
    }

    /// Its lowest bit within that word.
    #[must_use]
    pub fn shift(self, width: u32) -> u32 {
        self.lo % width
    }

    /// Its bits within that word.
    #[must_use]
    pub fn mask(self, width: u32) -> u64 {
        ones(self.count().min(width)) << self.shift(width)
    }

    /// As documents write it, within its word: `63:12`, or `9`.
    #[must_use]
    pub fn within(self, width: u32) -> String {
        let (hi, lo) = (self.hi % width, self.shift(width));
        if hi == lo { lo.to_string() } else { format!("{hi}:{lo}") }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.hi == self.lo { write!(f, "{}", self.lo) } else { write!(f, "{}:{}", self.hi, self.lo) }
    }
}

/// The lowest `count` bits set.
#[must_use]
pub fn ones(count: u32) -> u64 {
    1_u64.checked_shl(count).map_or(u64::MAX, |bit| bit - 1)
}

impl BitField {
    /// How many bits its value has.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.parts.iter().map(|part| part.count()).sum()
    }

    /// Bytes of the smallest number that holds its value: 1, 2, 4 or 8. An address has all of its word.
    #[must_use]
    pub fn bytes(&self, width: u32) -> u8 {
        match if self.address { width } else { self.count() } {
            0..=8 => 1,
            9..=16 => 2,
            17..=32 => 4,
            _ => 8,
        }
    }

    /// The parts with the position of each within the value, the most significant first.
    pub fn placed(&self) -> impl Iterator<Item = (Range, u32)> {
        let mut left = self.count();
        self.parts.iter().map(move |part| {
            left -= part.count();
            (*part, left)
        })
    }

    /// Its value; bits beyond the words read as 0.
    #[must_use]
    pub fn get(&self, width: u32, words: &[u64]) -> u64 {
        let word = |part: Range| words.get(part.word(width)).copied().unwrap_or_default() & part.mask(width);
        if self.address {
            return self.parts.iter().fold(0, |value, part| value | word(*part));
        }
        self.placed().fold(0, |value, (part, at)| value | (word(part) >> part.shift(width)) << at)
    }

    /// Gives it a value, of which bits that it does not have are cut.
    pub fn set(&self, width: u32, words: &mut [u64], value: u64) {
        for (part, at) in self.placed() {
            let (mask, shift) = (part.mask(width), part.shift(width));
            let bits = if self.address { value } else { (value >> at) << shift };
            if let Some(word) = words.get_mut(part.word(width)) {
                *word = *word & !mask | bits & mask;
            }
        }
    }
}

impl Bits {
    /// Bits of all words.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.words * self.width
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&BitField> {
        self.fields.iter().find(|field| field.meta.name == name)
    }

    /// Its reserved bits, word by word.
    #[must_use]
    pub fn reserved_mask(&self) -> Vec<u64> {
        let mut words = vec![0; self.words as usize];
        for range in &self.reserved {
            for bit in range.lo..=range.hi {
                if let Some(word) = words.get_mut((bit / self.width) as usize) {
                    *word |= 1 << (bit % self.width);
                }
            }
        }
        words
    }

    /// All words 0, but for fields with a fixed value.
    #[must_use]
    pub fn blank(&self) -> Vec<u64> {
        let mut words = vec![0; self.words as usize];
        for field in &self.fields {
            if let Some(fixed) = &field.fixed {
                field.set(self.width, &mut words, fixed.value);
            }
        }
        words
    }
}

/// What becomes of each pair of values of two enums.
#[derive(Clone, Debug)]
pub struct CellTable {
    /// Name and doc.
    pub meta: Meta,
    /// The enum whose values are the rows.
    pub rows: (String, Span),
    /// The enum whose values are the columns.
    pub columns: (String, Span),
    /// Its cells, in the order of the schema.
    pub cells: Vec<Cell>,
}

/// One cell of a table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Key of the row's value.
    pub row: String,
    /// Key of the column's value.
    pub column: String,
    /// What is done.
    pub says: Says,
    /// Its place.
    pub span: Span,
}

/// What a cell says.
#[derive(Clone, Debug)]
pub enum Says {
    /// An entry, descriptor or register with these values.
    Becomes {
        /// Its name.
        item: (String, Span),
        /// Fields and their values, beside those that are fixed.
        with: Vec<(String, Fixed)>,
    },
    /// It is accepted, and nothing is done; and why.
    Nothing(String),
    /// It is refused; and why.
    Refused(String),
}

impl CellTable {
    /// The cell of a pair.
    #[must_use]
    pub fn cell(&self, row: &str, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.row == row && cell.column == column)
    }
}

/// The words of a cell: those of a blank item, and the values the cell gives.
#[must_use]
pub fn template(item: &Bits, with: &[(String, Fixed)]) -> Vec<u64> {
    let mut words = item.blank();
    for (name, fixed) in with {
        if let Some(field) = item.field(name) {
            field.set(item.width, &mut words, fixed.value);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Life, Release};

    fn field(address: bool, parts: &[(u32, u32)]) -> BitField {
        let life = Life { since: Release(0), until: None };
        let meta = Meta {
            name: "f".to_owned(),
            doc: String::new(),
            life,
            deprecated: None,
            rust: None,
            span: Span::default(),
        };
        let parts = parts.iter().map(|(hi, lo)| Range { hi: *hi, lo: *lo, span: Span::default() }).collect();
        BitField { meta, parts, address, values: None, fixed: None }
    }

    #[test]
    fn a_split_field_is_joined_most_significant_first() {
        let pfsid = field(false, &[(63, 52), (15, 12)]);
        let mut words = [u64::MAX; 2];
        pfsid.set(64, &mut words, 0x1234);
        assert_eq!(words, [0x123f_ffff_ffff_4fff, u64::MAX]);
        assert_eq!(pfsid.get(64, &words), 0x1234);
        assert_eq!((pfsid.count(), pfsid.bytes(64)), (16, 2));
    }

    #[test]
    fn an_address_stays_in_place_and_loses_its_low_bits() {
        let pointer = field(true, &[(191, 140)]);
        let mut words = [0xfff; 3];
        pointer.set(64, &mut words, 0x1234_5678_9abc_def0);
        assert_eq!(words, [0xfff, 0xfff, 0x1234_5678_9abc_dfff]);
        assert_eq!(pointer.get(64, &words), 0x1234_5678_9abc_d000);
        assert_eq!(pointer.bytes(64), 8);
    }

    #[test]
    fn words_of_32_bits() {
        let high = field(false, &[(63, 40)]);
        let mut words = [0, 0x7f];
        high.set(32, &mut words, 0x00ab_cdef);
        assert_eq!(words, [0, 0xabcd_ef7f]);
        assert_eq!((high.get(32, &words), high.parts[0].within(32)), (0x00ab_cdef, "31:8".to_owned()));
    }
}
