//! Constants, flags and enums: the numbers of a header.

use super::Meta;

/// A `#define` that belongs to no set of flags or values.
#[derive(Clone, Debug)]
pub struct Const {
    /// Name and doc.
    pub meta: Meta,
    /// Its value.
    pub value: ConstValue,
    /// How C should write it, if not as the plain number (an expression over constants, a character).
    pub c_text: Option<String>,
}

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is its type")]
pub enum ConstValue {
    Int(i128),
    Str(String),
}

/// How C spells a set of flags or values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "docs/language.md, `style`")]
pub enum Style {
    Define,
    Enum,
    AnonymousEnum,
}

/// A set of bit flags over one unsigned word.
#[derive(Clone, Debug)]
pub struct Flags {
    /// Name and doc.
    pub meta: Meta,
    /// Bytes of the word: 1, 2, 4 or 8.
    pub width: u8,
    /// How C spells it.
    pub style: Style,
    /// What C names begin with; a member's key is its C name without it.
    pub prefix: String,
    /// Members in the order of the schema.
    pub members: Vec<FlagMember>,
}

impl Flags {
    /// All bits that have a meaning (counters have none).
    #[must_use]
    pub fn mask(&self) -> u64 {
        self.members.iter().filter(|m| !matches!(m.kind, FlagKind::Count)).fold(0, |mask, m| mask | m.value)
    }
}

/// One member of a set of flags.
#[derive(Clone, Debug)]
pub struct FlagMember {
    /// `meta.name` is the full C name.
    pub meta: Meta,
    /// The key it has in the schema: the short name.
    pub key: String,
    /// Its value as C has it.
    pub value: u64,
    /// What it is.
    pub kind: FlagKind,
}

/// What a member of a set of flags is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagKind {
    /// One bit, by number.
    Bit(u8),
    /// Composed of other members, by key.
    Of(Vec<String>),
    /// A part of the word, several bits wide.
    Mask,
    /// A counter beside the flags; no bits.
    Count,
}

/// A set of values of one word.
#[derive(Clone, Debug)]
pub struct Enum {
    /// Name and doc.
    pub meta: Meta,
    /// Bytes of the word in Rust: 1, 2, 4 or 8.
    pub width: u8,
    /// How C spells it.
    pub style: Style,
    /// What C names begin with.
    pub prefix: String,
    /// Whether unknown values must be accepted.
    pub open: bool,
    /// Members in the order of the schema.
    pub members: Vec<EnumMember>,
}

impl Enum {
    /// The values a reader knows: no counters, no aliases, ascending.
    #[must_use]
    pub fn values(&self) -> Vec<i64> {
        let mut values: Vec<i64> = self.members.iter().filter(|m| m.kind == EnumKind::Value).map(|m| m.value).collect();
        values.sort_unstable();
        values
    }
}

/// One member of an enum.
#[derive(Clone, Debug)]
pub struct EnumMember {
    /// `meta.name` is the full C name.
    pub meta: Meta,
    /// The key it has in the schema: the short name.
    pub key: String,
    /// Its value.
    pub value: i64,
    /// What it is.
    pub kind: EnumKind,
}

/// What a member of an enum is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnumKind {
    /// A value that may be used.
    Value,
    /// A counter (`_NR`, `_LAST`): may move, is never accepted.
    Counter,
    /// The same value as another member, by key, on purpose.
    Alias(String),
}
