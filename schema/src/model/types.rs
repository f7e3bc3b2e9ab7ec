//! Types of fields, and paths to them.

use super::Field;

/// A type.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// A number.
    Prim(Prim),
    /// A struct or union of this header, by name.
    Named(String),
    /// `[N]`: elements of a type.
    Array(Box<Type>, u64),
    /// `[]`: as many elements as its field `len` says, at the end of the struct.
    Flex(Box<Type>),
    /// A struct or union written in place.
    Inline(Box<Inline>),
}

/// A struct or union written in place of a type.
#[derive(Clone, Debug, PartialEq)]
pub struct Inline {
    /// Whether it is a union.
    pub is_union: bool,
    /// Its fields or arms.
    pub fields: Vec<Field>,
}

/// A number of fixed width, or of the target's width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Prim {
    /// What kind of number.
    pub kind: PrimKind,
    /// Bytes; 0 if the target decides (`ptr`, `long`, `ulong`).
    pub width: u8,
    /// Order of its bytes.
    pub order: ByteOrder,
    /// `aligned_u64` and its like: aligned to its width on every target.
    pub aligned: bool,
}

/// What kind of number a primitive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/language.md, types")]
pub enum PrimKind {
    Unsigned,
    Signed,
    Char,
    Pointer,
    Long,
    ULong,
}

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is its name")]
pub enum ByteOrder {
    Native,
    Little,
    Big,
}

/// A dotted path of field names, as written: `granu.pasid_info`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path(pub Vec<String>);

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
