//! Why a struct was refused.

use core::fmt;
use core::ops::Deref;

use crate::{Errno, Fault};

/// What a rule says when it refuses. Each rule of a generated validator has one, in the program's constant data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
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

/// A refusal: which rule, about what, and the bare errno a kernel would answer with. One word large: it leads to the
/// [`Refusal`] of the rule, whose fields are read as if they were its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection(&'static Refusal);

impl Rejection {
    /// A refusal by a rule.
    #[must_use]
    #[inline]
    pub const fn new(refusal: &'static Refusal) -> Self {
        Self(refusal)
    }

    /// The errno alone.
    #[must_use]
    #[inline]
    pub const fn errno(&self) -> Errno {
        self.0.errno
    }
}

impl Deref for Rejection {
    type Target = Refusal;

    #[inline]
    fn deref(&self) -> &Refusal {
        self.0
    }
}

/// What a reader answers that refuses: `refuse!("struct/rule", "field", OFFSET, ERRNO, "what was expected")`.
#[macro_export]
macro_rules! refuse {
    ($rule:literal, $field:literal, $offset:literal, $errno:ident, $why:literal $(,)?) => {
        ::core::result::Result::Err($crate::Rejection::new(
            const {
                &$crate::Refusal {
                    rule: $rule,
                    field: $field,
                    offset: $offset,
                    errno: $crate::Errno::$errno,
                    why: $why,
                }
            },
        ))
    };
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { rule, field, offset, errno, why } = self.0;
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
