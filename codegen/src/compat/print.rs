//! Reports as text of all kinds.

mod formats;
mod text;

pub use formats::{github, html, json, junit, markdown, rules_page, sarif};
pub use text::text;
