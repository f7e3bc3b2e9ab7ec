//! Check lists for a solver: what holds of *all* bytes, where running a list says it of some.
//!
//! [`script`] prints lists as SMT-LIB 2 over bit vectors, with the meaning that `argsz_schema::interp` gives them;
//! [`solver`] hands a script to z3 or cvc5; [`rules`] and [`same`] are the questions. What a solver answers with bytes
//! is replayed through the interpreter before anybody sees it: an answer that does not replay is an error of ours.

mod cond;
pub mod rules;
pub mod same;
pub mod script;
pub mod solver;
pub mod users;
mod witness;

pub use script::Script;
pub use solver::{Answer, Solver, SolverError};

/// Structs of more bytes than this are not handed to a solver.
pub const MAX_KNOWN: u32 = 4096;
