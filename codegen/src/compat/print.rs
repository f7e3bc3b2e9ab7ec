//! Reports as text of all kinds.

mod pages;
mod programs;
mod rules_page;
mod text;

pub use pages::{html, markdown};
pub use programs::{github, json, junit, sarif};
pub use rules_page::rules_page;
pub use text::text;
