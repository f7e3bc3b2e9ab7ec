//! The schema language of argsz and its meaning: TOML in, a checked model out.
//!
//! The flow is `text -> spanned tree -> lower -> check -> Model -> at(release) -> layout(target) -> CheckList`.

extern crate proc_macro;

mod around;
pub mod bit_fields;
pub mod bits;
pub mod chain;
mod check;
pub mod checklist;
pub mod codes;
pub mod constants;
pub mod diag;
pub mod errno;
pub mod expr;
mod expr_display;
mod expr_hints;
mod expr_parse;
pub mod hash;
pub mod ioctl;
pub mod language;
pub mod layout;
mod lower;
pub mod model;
pub mod nearest;
pub mod project;
pub mod render;
pub mod rust_name;
pub mod schema;
pub mod shares;
pub mod source;
pub mod target;

pub use lower::parse_toml;
pub use render::Rejected;
pub use schema::{LoadError, Schema};
mod compile;
mod compile_fields;
pub mod interp;
pub mod resolve;
pub mod verify;
mod words;
