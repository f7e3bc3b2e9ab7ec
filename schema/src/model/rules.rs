//! What is said over several fields of a struct.

use super::{Errno, Life, Path};
use crate::expr::Expr;
use crate::hash::IndexMap;
use crate::source::Span;

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
