//! Structs and unions, and what is said of their fields.

use super::{Errno, Life, Meta, MinSize, Path, Release, Rule, Type, Waiver};
use crate::expr::Expr;
use crate::source::Span;

/// A struct or a union.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in docs/language.md")]
pub struct Struct {
    /// Name and doc.
    pub meta: Meta,
    /// Whether it is a union; its fields are then its arms.
    pub is_union: bool,
    /// The header that defines it, if it is another one; its fields then only make up its size and alignment.
    pub from: Option<String>,
    /// Whether C has no tag for it, but a `typedef` of this name.
    pub typedef: bool,
    /// How it may grow, by life; in a projection exactly one.
    pub grows: Vec<(Grows, Life)>,
    /// The field the base minimum ends with, and its place. `None`: the whole struct as it first was.
    pub min: Option<(Path, Span)>,
    /// What is done with bytes beyond the known size.
    pub tail: Tail,
    /// Whether somebody else copied it whole before its checks run.
    pub copied: bool,
    /// Whether rules over the fixed part are judged before the rest is copied.
    pub eager: bool,
    /// Whether only what minimum sizes cover is copied of the rest.
    pub copy_covered: bool,
    /// `__attribute__((packed))`.
    pub packed: bool,
    /// Alignment asked for, in bytes.
    pub align: Option<u32>,
    /// Fields, or a union's arms, in order.
    pub fields: Vec<Field>,
    /// Minimum sizes under a condition.
    pub min_sizes: Vec<MinSize>,
    /// Rules, in the order in which they are judged.
    pub rules: Vec<Rule>,
    /// Lints waived here.
    pub waivers: Vec<Waiver>,
}

impl Struct {
    /// How it grows at `release`.
    #[must_use]
    pub fn grows_at(&self, release: Release) -> Grows {
        self.grows.iter().find(|(_, life)| life.has(release)).map_or(Grows::Fixed, |(grows, _)| *grows)
    }
}

/// Who says the size of a struct, and so how it may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/language.md, the table of `grows`")]
pub enum Grows {
    Argsz,
    Size,
    Length,
    IoctlSize,
    Fixed,
}

/// What a reader does with bytes beyond those it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "docs/language.md, `tail`")]
pub enum Tail {
    Ignored,
    Zero,
    Refused,
}

/// A field of a struct, an arm of a union. What is large and few fields have lies behind a pointer.
#[derive(Clone, Debug)]
pub struct Field {
    /// Name (empty for an anonymous struct or union), doc, life.
    pub meta: Meta,
    /// Its type.
    pub ty: Type,
    /// The place of the type as it is written.
    pub ty_at: Span,
    /// What it is for.
    pub role: Option<Role>,
    /// The flags or enum that gives its values a meaning, and the place of the name.
    pub values: Option<(ValueType, Span)>,
    /// The only values a reader takes: resolved numbers with the text they were written as.
    pub accepts: Option<Vec<(u64, String)>>,
    /// Whether it is reserved, and how.
    pub reserved: Option<Reserved>,
    /// Why a reader does not judge it.
    pub unchecked: Option<String>,
    /// Who writes it.
    pub dir: Dir,
    /// The condition under which a reader looks at it.
    pub when: Option<Box<Expr>>,
    /// Inclusive bounds.
    pub range: Option<(u64, u64)>,
    /// Multiple it must be of.
    pub align: Option<u64>,
    /// Of a flexible array: the field that counts its elements.
    pub len: Option<(String, Span)>,
    /// Of a u64: what it points to.
    pub points_to: Option<Box<PointsTo>>,
    /// Of a union: its selector.
    pub selector: Option<(Path, Span)>,
    /// Of a union: selector values without an arm, by member key or C name.
    pub none: Vec<(String, Span)>,
    /// Of an arm: when it is the active one.
    pub arm: Option<Box<ArmWhen>>,
    /// Errno of its check, if not the header's.
    pub errno: Option<Errno>,
    /// Whether its check comes after look-ups.
    pub after_lookup: bool,
    /// Of a number that C declares as bit-fields: names and widths in their order. An empty name only fills.
    pub bits: Vec<(String, u64)>,
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.meta == other.meta && self.ty == other.ty && self.bits == other.bits
    }
}

/// When an arm of a union is active.
#[derive(Clone, Debug, PartialEq)]
pub enum ArmWhen {
    /// The selector has one of these values: member keys or C names.
    Values(Vec<(String, Span)>),
    /// A condition.
    Cond(Expr),
    /// Every value no other arm has.
    Default,
}

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "docs/language.md, `role`")]
pub enum Role {
    Argsz,
    Size,
    Version,
}

/// What gives a field's values a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "name of the item of that kind")]
pub enum ValueType {
    Flags(String),
    Enum(String),
}

/// How reserved bytes are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// Must be zero.
    Zero,
    /// Nobody looks.
    Ignored,
}

/// Who writes a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "docs/language.md, `dir`")]
pub enum Dir {
    In,
    Out,
    InOut,
}

/// What a user pointer carried in a u64 leads to.
#[derive(Clone, Debug)]
pub struct PointsTo {
    /// What lies there.
    pub target: Pointee,
    /// Field with the number of elements.
    pub count: Option<String>,
    /// Field with the number of bytes of the whole.
    pub bytes: Option<String>,
    /// Field with the number of bytes of one element.
    pub stride: Option<String>,
    /// The places of `count`, `bytes` and `stride` as they are written.
    pub says_at: [Span; 3],
    /// Who writes there.
    pub dir: Dir,
    /// Its place.
    pub span: Span,
}

/// What lies behind a pointer.
#[derive(Clone, Debug)]
pub enum Pointee {
    /// Elements of one type, and where it is written.
    Type(Type, Span),
    /// One of several structs, by the value of a selector.
    Select {
        /// Path of the selector.
        selector: Path,
        /// Values of the selector (keys or C names) and the struct each leads to.
        arms: Vec<(Vec<(String, Span)>, String)>,
    },
}
