//! Why a struct was refused.

use core::fmt;

use crate::{Errno, Fault};

/// A refusal: which rule, about what, and the bare errno a kernel would answer with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Stable id of the rule: `iommu_ioas_map/flags`.
    pub rule: &'static str,
    /// The field it is about, as a path in C; empty for the struct as a whole.
    pub field: &'static str,
    /// Offset of that field in the struct, in bytes.
    pub offset: u32,
    /// What a user of the kernel gets.
    pub errno: Errno,
    /// What was expected.
    pub why: &'static str,
}

impl Rejection {
    /// A refusal by `rule`.
    #[must_use]
    pub const fn new(rule: &'static str, field: &'static str, offset: u32, errno: Errno, why: &'static str) -> Self {
        Self { rule, field, offset, errno, why }
    }

    /// The errno alone.
    #[must_use]
    pub const fn errno(&self) -> Errno {
        self.errno
    }
}

/// What a reader answers that refuses by `rule`.
#[inline]
pub const fn refuse<T>(
    rule: &'static str,
    field: &'static str,
    offset: u32,
    errno: Errno,
    why: &'static str,
) -> Result<T, Rejection> {
    Err(Rejection { rule, field, offset, errno, why })
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, field, offset, errno, why } = self;
        write!(f, "{errno}: ")?;
        if !field.is_empty() {
            write!(f, "`{field}` at byte {offset}: ")?;
        }
        write!(f, "{why} ({rule})")
    }
}

impl core::error::Error for Rejection {}

/// Bytes that are not there.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the memory is not mapped")
    }
}

impl core::error::Error for Fault {}
