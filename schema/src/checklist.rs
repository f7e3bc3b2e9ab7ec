//! The check list: exactly what a reader does with bytes from a user, in order.
//!
//! It is the hinge of the project. The interpreter runs it, the Rust and C emitters print it, docs and vectors are
//! read off it; none of them derives a rule of its own. Everything in it is resolved: offsets instead of names,
//! numbers instead of constants.

mod pointers;
pub mod whole;

pub use crate::compile::compile;
use crate::expr::{Arith, Compare};
use crate::model::{ByteOrder, Errno, Release};
use crate::source::Span;
pub use pointers::{Pointer, pointers};

/// What a reader of one struct at one release does.
#[derive(Clone, Debug)]
pub struct CheckList {
    /// Name of the struct.
    pub name: String,
    /// The release of the reader.
    pub release: Release,
    /// The vendor's layer that was added, if any.
    pub layer: Option<String>,
    /// Size of the struct as this reader knows it, in bytes; without a flexible tail.
    pub known: u32,
    /// Where the size comes from.
    pub size: SizeFrom,
    /// The steps, in order. The first copies; no step reads what no copy has brought.
    pub steps: Vec<Step>,
}

/// Where a reader takes the user's size from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SizeFrom {
    /// A field of the struct itself.
    Field(Slot),
    /// Handed over beside the pointer, or fixed by the ioctl number: the length of the call's user memory claim.
    Caller,
    /// Always [`CheckList::known`].
    Known,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Stable id: `STRUCT/what`. Copies have one too (`STRUCT/copy-fixed`, `STRUCT/copy-rest`), for their EFAULT.
    pub id: String,
    /// What the user gets.
    pub errno: Errno,
    /// The field it is about, as a path; empty for the struct as a whole.
    pub field: String,
    /// Offset of that field.
    pub offset: u32,
    /// Why, for people: one sentence that says what was expected.
    pub why: String,
    /// Whether it comes after objects were looked up by id.
    pub after_lookup: bool,
    /// It is judged only if this holds.
    pub when: Cond,
    /// What is done.
    pub op: Op,
    /// The place in the schema that says so.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Copy bytes `0..len` of user memory, which must all be there. Everything else held is zero.
    CopyFixed {
        /// Bytes.
        len: u32,
    },
    /// The user's size must be at least this.
    MinSize {
        /// Bytes.
        bytes: u32,
    },
    /// The user's size must be at most this.
    MaxSize {
        /// Bytes.
        bytes: u32,
    },
    /// Bytes of user memory from `from` to the user's size must all be zero; they are read but not kept.
    /// Memory that ends before is EFAULT, unless a non-zero byte comes first.
    ZeroTail {
        /// First byte of the tail: [`CheckList::known`].
        from: u32,
    },
    /// Copy bytes `from..min(size, to)`; what the user did not provide stays zero.
    CopyRest {
        /// First byte that was not copied yet.
        from: u32,
        /// End.
        to: u32,
    },
    /// These held bytes must be zero.
    Zero {
        /// First byte.
        from: u32,
        /// End.
        to: u32,
    },
    /// No bit outside `allowed`.
    Mask {
        /// The word.
        slot: Slot,
        /// Bits that may be set.
        allowed: u64,
    },
    /// The value lies in one of these inclusive ranges (ascending, disjoint).
    OneOf {
        /// The word.
        slot: Slot,
        /// Ranges.
        ranges: Vec<(u64, u64)>,
    },
    /// The value is a multiple of this power of two.
    Aligned {
        /// The word.
        slot: Slot,
        /// Power of two.
        to: u64,
    },
    /// The condition is a refusal.
    Refuse(Cond),
}

/// A number in the bytes held.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// Path of the field.
    pub path: String,
    /// Offset in bytes.
    pub offset: u32,
    /// 1, 2, 4 or 8 bytes.
    pub width: u8,
    /// Order of its bytes.
    pub order: ByteOrder,
    /// Whether it is a signed number (it is then compared as such, and takes no part in arithmetic).
    pub signed: bool,
}

/// A resolved condition over held bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cond {
    /// Always.
    True,
    /// All of them, left to right.
    All(Vec<Cond>),
    /// At least one, left to right.
    Any(Vec<Cond>),
    /// The opposite.
    Not(Box<Cond>),
    /// A comparison of unsigned terms; or of one signed slot with a literal (see [`Term::Signed`]).
    Compare(Compare, Term, Term),
    /// `(word & mask) == value`.
    Bits {
        /// The word.
        word: Slot,
        /// Bits looked at.
        mask: u64,
        /// What they must be.
        value: u64,
    },
    /// Exactly one of these bits is set.
    OneBit {
        /// The word.
        word: Slot,
        /// Bits looked at.
        mask: u64,
    },
    /// The u64 arithmetic leaves its range at some step.
    Overflows(Term),
    /// The value fits `unsigned long` of the reader's machine.
    FitsUlong(Term),
}

/// A number in a condition. Unless under [`Cond::Overflows`], arithmetic is proved not to leave u64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A literal.
    Int(u64),
    /// A negative or positive literal compared with a signed slot.
    Signed(i64),
    /// A word of the struct.
    Slot(Slot),
    /// Arithmetic.
    Arith(Arith, Box<Term>, Box<Term>),
}
