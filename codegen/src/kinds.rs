//! The kinds of machines on which a struct may lie differently.

use argsz_schema::layout::{Layouts, StructLayout, base};
use argsz_schema::model::Type;
use argsz_schema::target::{Endian, Target};

use crate::{EmitError, Unit};

/// 64-bit, ARM, i386, m68k: the order of `argsz::per_abi`.
pub type Kinds<'a> = [Layouts<'a>; 4];

/// The layouts of a unit on every kind.
pub fn kinds<'a>(unit: &Unit<'a>) -> Result<Kinds<'a>, EmitError> {
    Ok([on(unit, 8, 8, false)?, on(unit, 4, 8, false)?, on(unit, 4, 4, false)?, on(unit, 4, 2, false)?])
}

/// The layout on machines with pointers of so many bytes and numbers aligned to so many; `wide_dir` where ioctl
/// numbers have three direction bits.
pub(crate) fn on<'a>(
    unit: &Unit<'a>,
    pointer: u8,
    max_scalar_align: u8,
    wide_dir: bool,
) -> Result<Layouts<'a>, EmitError> {
    unit.on(Target { name: "", pointer, max_scalar_align, endian: Endian::Little, ioctl_wide_dir: wide_dir })
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
