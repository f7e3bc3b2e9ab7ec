//! The checked model: what a schema means, with every name as the C header has it.
//!
//! A [`Model`] holds either the whole history of a header (as lowered) or one release of it
//! (after [`Model::at`]); the types are the same. It knows no TOML and no emitter.

mod rules;
mod structs;
mod types;
mod values;

use std::sync::Arc;

use crate::bits::{Bits, CellTable};
use crate::chain::Chain;
use crate::hash::IndexMap;
use crate::project::Lookup;
use crate::source::Span;

pub use rules::{MinSize, Rule, RuleKind};
pub use structs::{ArmWhen, Dir, Field, Grows, Pointee, PointsTo, Reserved, Role, Struct, Tail, ValueType};
pub use types::{ByteOrder, Inline, Path, Prim, PrimKind, Type};
pub use values::{Const, ConstValue, Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, Style};

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
    /// The place of it as it is written.
    pub arg_at: Span,
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
