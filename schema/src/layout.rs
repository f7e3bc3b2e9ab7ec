//! Layout: where each field lies on a target, as the C ABI places it.

use indexmap::IndexMap;

use crate::model::{Field, Model, Struct};
use crate::target::Target;

/// Where everything of one release lies on one target.
#[derive(Debug)]
pub struct Layouts<'m> {
    /// The release's model.
    pub model: &'m Model,
    /// The target.
    pub target: Target,
    /// Structs and unions by name, in the order of the schema.
    pub structs: IndexMap<&'m str, StructLayout<'m>>,
}

/// Where the fields of one struct or union lie.
#[derive(Debug, Clone)]
pub struct StructLayout<'m> {
    /// The struct.
    pub def: &'m Struct,
    /// Bytes, tail padding included; a flexible array counts nothing.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Its fields in order, members of structs and unions written in place included (after their parent),
    /// members of named types not.
    pub fields: Vec<Placed<'m>>,
}

/// A field and its place.
#[derive(Debug, Clone)]
pub struct Placed<'m> {
    /// C path from the struct: `granu.pasid_info`; members of unnamed structs and unions are under their own name.
    /// Empty for an unnamed struct or union itself.
    pub path: String,
    /// Bytes from the beginning of the struct.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Alignment of its type.
    pub align: u64,
    /// How many structs or unions written in place it is inside of.
    pub depth: u8,
    /// Whether its parent is a union.
    pub in_union: bool,
    /// The field.
    pub field: &'m Field,
}

/// Bytes of a struct that no field owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
}
