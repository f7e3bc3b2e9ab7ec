//! The kinds of machines on which a struct may lie differently.

use argsz_schema::layout::{LayoutError, Layouts, StructLayout, base, layout};
use argsz_schema::model::{Model, Type};
use argsz_schema::target::{Endian, Target};

/// 64-bit, ARM, i386, m68k: the order of `argsz::per_abi`.
pub(crate) type Kinds<'a> = [Layouts<'a>; 4];

/// The layouts of a model on every kind.
pub(crate) fn kinds(model: &Model) -> Result<Kinds<'_>, LayoutError> {
    Ok([on(model, 8, 8, false)?, on(model, 4, 8, false)?, on(model, 4, 4, false)?, on(model, 4, 2, false)?])
}

/// The layout on machines with pointers of so many bytes and numbers aligned to so many; `wide_dir` where ioctl
/// numbers have three direction bits.
pub(crate) fn on(model: &Model, pointer: u8, max_scalar_align: u8, wide_dir: bool) -> Result<Layouts<'_>, LayoutError> {
    layout(model, Target { name: "", pointer, max_scalar_align, endian: Endian::Little, ioctl_wide_dir: wide_dir })
}

/// Whether a struct, and all it contains, lies the same way on every kind. A check list has the offsets of 64-bit
/// machines, and is of use on others only then.
pub(crate) fn same(kinds: &Kinds<'_>, name: &str) -> bool {
    let [Some(first), others @ ..] = kinds.each_ref().map(|layouts| layouts.structs.get(name)) else { return true };
    let alike = |other: &StructLayout<'_>| {
        let fields = first.fields.iter().zip(&other.fields);
        first.size == other.size && fields.into_iter().all(|(a, b)| (a.offset, a.size) == (b.offset, b.size))
    };
    let contained = first.fields.iter().filter_map(|placed| match base(&placed.field.ty) {
        Type::Named(name) => Some(name),
        _ => None,
    });
    others.into_iter().flatten().all(alike) && contained.into_iter().all(|name| same(kinds, name))
}
