//! Conditions as written: the surface form, before names are resolved against a release.

pub use crate::expr_parse::parse;
use crate::model::Path;
use crate::source::Span;

/// A parsed condition or term, with its place in the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place in the TOML text.
    pub span: Span,
}

/// The forms of docs/language.md, "Conditions".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A number.
    Int(u64),
    /// A field path, a member's key, or a C name: which, is decided when it is resolved.
    Path(Path),
    /// `!a`
    Not(Box<Expr>),
    /// `a && b && ...`
    And(Vec<Expr>),
    /// `a || b || ...`
    Or(Vec<Expr>),
    /// `a == b` and its like.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `a + b` and its like.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// `flags.has(A | B)` and its like; names are member keys or C names.
    Test(Test, Path, Vec<(String, Span)>),
    /// `overflows(term)`
    Overflows(Box<Expr>),
    /// `fits_ulong(term)`
    FitsUlong(Box<Expr>),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is its operator")]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Unsigned arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is its operator")]
pub enum Arith {
    Add,
    Sub,
    Mul,
    And,
}

/// A test of a word's bits or value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// All the bits are set.
    Has,
    /// At least one of them.
    Any,
    /// None besides them.
    Only,
    /// Exactly one of them.
    OneOf,
    /// Nothing its type lacks.
    Known,
}
