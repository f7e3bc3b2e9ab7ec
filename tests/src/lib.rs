//! What crosses rooms: real compilers, real headers, recorded verdicts.

pub mod real;
pub mod scan;
