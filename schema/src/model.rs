//! The checked model: what a schema means, with every name as the C header has it.
//!
//! A [`Model`] holds either the whole history of a header (as lowered) or one release of it
//! (after [`Model::at`]); the types are the same. It knows no TOML and no emitter.

use std::sync::Arc;

use crate::bits::{Bits, CellTable};
use crate::chain::Chain;
use crate::expr::Expr;
use crate::hash::IndexMap;
use crate::project::Lookup;
use crate::source::Span;

/// Position of a release in [`Header::releases`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16);

/// The releases in which something exists: `since..until`, `until` excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Life {
    /// First release that has it.
    pub since: Release,
    /// First release that no longer has it; `None` while it lives.
    pub until: Option<Release>,
}

impl Life {
    /// Whether it exists at `release`.
    #[must_use]
    pub fn has(self, release: Release) -> bool {
        self.since <= release && self.until.is_none_or(|end| release < end)
    }

    /// Whether there is a release that has both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.until.is_none_or(|end| other.since < end) && other.until.is_none_or(|end| self.since < end)
    }
}

/// What every named thing carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// The name in C.
    pub name: String,
    /// Documentation in CommonMark; empty if there is none.
    pub doc: String,
    /// When it exists.
    pub life: Life,
    /// Why it should no longer be used.
    pub deprecated: Option<String>,
    /// Its name in Rust, where the derived one will not do.
    pub rust: Option<String>,
    /// Where its name stands in the schema.
    pub span: Span,
}

/// A header's items through its releases, or at one of them.
#[derive(Clone, Debug)]
pub struct Model {
    /// The header itself.
    pub header: Header,
    /// The release this is a projection to; `None` for the whole history.
    pub release: Option<Release>,
    /// All items, in the order of the schema. In a projection names are unique per kind.
    pub items: Vec<Item>,
    /// Vendors' layers by name.
    pub layers: IndexMap<String, Layer>,
    /// Finds items by name; whoever builds a model writes `Lookup::default()`.
    pub lookup: Lookup,
}

/// What is said of the header as a whole.
#[derive(Clone, Debug)]
pub struct Header {
    /// `linux/iommu.h`.
    pub path: String,
    /// Include guard.
    pub guard: String,
    /// What C calls entries, descriptors, registers and their parts begins with it, in lower case; may be empty.
    pub prefix: String,
    /// SPDX expression of the C header.
    pub license: String,
    /// Headers the C header includes.
    pub includes: Vec<String>,
    /// Names of the releases, oldest first.
    pub releases: Vec<String>,
    /// Documentation in CommonMark.
    pub doc: String,
    /// Errno by kind of check.
    pub errno: ErrnoDefaults,
}

/// The errno of each kind of check where an item names none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds of checks of docs/language.md, by name")]
pub struct ErrnoDefaults {
    pub size: Errno,
    pub tail: Errno,
    pub version: Errno,
    pub flags: Errno,
    pub enumeration: Errno,
    pub reserved: Errno,
    pub range: Errno,
    pub rule: Errno,
}

/// An item of the header, shared by the history and the releases at which it is as always.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each variant is its type")]
pub enum Item {
    Const(Arc<Const>),
    Flags(Arc<Flags>),
    Enum(Arc<Enum>),
    Struct(Arc<Struct>),
    Ioctl(Arc<Ioctl>),
    Bits(Arc<Bits>),
    CellTable(Arc<CellTable>),
    Chain(Arc<Chain>),
}

impl Item {
    /// Name, doc, life and place.
    #[must_use]
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Const(x) => &x.meta,
            Self::Flags(x) => &x.meta,
            Self::Enum(x) => &x.meta,
            Self::Struct(x) => &x.meta,
            Self::Ioctl(x) => &x.meta,
            Self::Bits(x) => &x.meta,
            Self::CellTable(x) => &x.meta,
            Self::Chain(x) => &x.meta,
        }
    }
}

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
    /// Who writes there.
    pub dir: Dir,
    /// Its place.
    pub span: Span,
}

/// What lies behind a pointer.
#[derive(Clone, Debug)]
pub enum Pointee {
    /// Elements of one type.
    Type(Type),
    /// One of several structs, by the value of a selector.
    Select {
        /// Path of the selector.
        selector: Path,
        /// Values of the selector (keys or C names) and the struct each leads to.
        arms: Vec<(Vec<(String, Span)>, String)>,
    },
}

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

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.meta == other.meta && self.ty == other.ty && self.bits == other.bits
    }
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

/// A minimum size under a condition.
#[derive(Clone, Debug)]
pub struct MinSize {
    /// When; `None`: always.
    pub when: Option<Expr>,
    /// The size must reach the end of this.
    pub covers: Path,
    /// Errno, if not the header's for sizes.
    pub errno: Option<Errno>,
    /// Why, for people.
    pub why: Option<String>,
    /// When it applies.
    pub life: Life,
    /// Its place.
    pub span: Span,
}

/// A rule over several fields.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Stable name within the struct; derived if the schema gives none.
    pub id: String,
    /// What it says.
    pub kind: RuleKind,
    /// Why, for people.
    pub why: String,
    /// Errno, if not the header's for rules.
    pub errno: Option<Errno>,
    /// Whether it is judged after look-ups.
    pub after_lookup: bool,
    /// When it applies.
    pub life: Life,
    /// Its place.
    pub span: Span,
}

/// What a rule says.
#[derive(Clone, Debug)]
pub enum RuleKind {
    /// The condition is a refusal.
    Refuse(Expr),
    /// Under `when` (always, if `None`), `that` must hold.
    Require {
        /// Condition under which it is asked.
        when: Option<Expr>,
        /// What must hold.
        that: Expr,
    },
    /// Allowed pairs of values of two fields.
    Combine {
        /// The field whose members are the rows.
        rows: Path,
        /// The field whose members are the columns.
        columns: Path,
        /// Row member key -> column member keys.
        allowed: IndexMap<String, Vec<String>>,
    },
    /// Under `when`, the size must reach the end of a field.
    Covers {
        /// Condition.
        when: Option<Expr>,
        /// What must be covered.
        path: Path,
    },
}

/// An ioctl number.
#[derive(Clone, Debug)]
pub struct Ioctl {
    /// Name and doc.
    pub meta: Meta,
    /// `_IO`, `_IOR`, `_IOW`, `_IOWR`.
    pub kind: IoctlKind,
    /// Magic as a number, and as C writes it.
    pub magic: (u8, String),
    /// Number, and as C writes it.
    pub nr: (u8, String),
    /// Type of the argument.
    pub arg: Option<Type>,
    /// Lints waived here.
    pub waivers: Vec<Waiver>,
}

/// Direction bits of an ioctl number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the C macro of that name")]
pub enum IoctlKind {
    Io,
    Ior,
    Iow,
    Iowr,
}

/// A vendor's checks over generic ones.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Name and doc.
    pub meta: Meta,
    /// Rules by the name of the struct they are about.
    pub on: IndexMap<String, Vec<Rule>>,
}

/// A lint that is allowed to fire here, and why.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Code of the lint.
    pub lint: String,
    /// Path of the field it is about; `None`: the struct.
    pub at: Option<String>,
    /// Why.
    pub reason: String,
    /// Its place.
    pub span: Span,
}

/// An errno by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Errno(pub &'static str);
