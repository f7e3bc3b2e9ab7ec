//! A header as items of a schema, before it is written: what was found, and what a person has to decide.

use super::macros::Value;
use super::types::Struct;

/// An item of the header.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    /// Where it stands in the header, from 1.
    pub(super) line: u32,
    pub(super) kind: Kind,
    /// How much of it is said; less where the language refuses more.
    pub(super) level: Level,
    /// Codes of lints that what is published has.
    pub(super) waived: Vec<(&'static str, Option<String>)>,
}

/// How much is said of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// All that was found.
    Full,
    /// Names, values and places; nothing that a reader judges.
    Plain,
    /// Nothing, for this reason.
    Out(String),
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Const { value: Value, text: Option<String>, hex: bool },
    Set(Set),
    Struct(Struct),
    Ioctl { kind: &'static str, magic: String, nr: String, arg: Option<String>, value: i128 },
}

/// Flags, or values of an enum.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) flags: bool,
    pub(super) prefix: String,
    /// `define`, `enum` or `anonymous-enum`.
    pub(super) style: &'static str,
    /// Bytes of the word.
    pub(super) width: u64,
    pub(super) members: Vec<Member>,
    /// Line of the field that it stands next to.
    pub(super) field: Option<u32>,
    /// Place of the enum in the debug information.
    pub(super) place: Option<usize>,
    /// Whether it could as well be of the other kind.
    pub(super) unsure: bool,
}

/// A member of a set.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Its name in C.
    pub(super) name: String,
    pub(super) key: String,
    pub(super) value: i128,
    pub(super) line: u32,
    pub(super) how: How,
    /// Whether C writes it in hexadecimal.
    pub(super) hex: bool,
}

/// How a member is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum How {
    Bit(u32),
    Of(Vec<String>),
    Value,
    Counter,
    Alias(String),
}
