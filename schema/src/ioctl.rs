//! The number of an ioctl, as the macros `_IO`, `_IOR`, `_IOW` and `_IOWR` compute it on a target.

use crate::layout::{Layouts, prim};
use crate::model::{Ioctl, IoctlKind, Type};

/// The number, or `None` if its argument has no layout or is larger than the number can say.
#[must_use]
pub fn number(ioctl: &Ioctl, layouts: &Layouts<'_>) -> Option<u32> {
    let wide = layouts.target.ioctl_wide_dir;
    // MIPS, PowerPC, SPARC and Alpha have three bits for the direction, and no direction is one of its own there.
    let size_bits = if wide { 13 } else { 14 };
    let (none, read, write) = if wide { (1, 2, 4) } else { (0, 2, 1) };
    let dir: u32 = match ioctl.kind {
        IoctlKind::Io => none,
        IoctlKind::Ior => read,
        IoctlKind::Iow => write,
        IoctlKind::Iowr => read | write,
    };
    let size = match (&ioctl.arg, ioctl.kind) {
        (None, _) | (_, IoctlKind::Io) => 0,
        (Some(arg), _) => u32::try_from(argument(arg, layouts)?).ok().filter(|size| *size < 1 << size_bits)?,
    };
    Some(dir << (16 + size_bits) | size << 16 | u32::from(ioctl.magic.0) << 8 | u32::from(ioctl.nr.0))
}

fn argument(arg: &Type, layouts: &Layouts<'_>) -> Option<u64> {
    match arg {
        Type::Prim(number) => Some(prim(*number, layouts.target).0),
        Type::Named(name) => layouts.structs.get(name.as_str()).map(|laid| laid.size),
        Type::Array(of, count) => argument(of, layouts)?.checked_mul(*count),
        Type::Flex(_) | Type::Inline(_) => None,
    }
}
