//! Emitters of argsz: one module per thing emitted, one writer.
//!
//! An emitter is a function from a [`Unit`] to text. It derives no rule of its own and knows no other emitter.

pub mod c_asserts;
pub mod c_checks;
pub mod c_header;
pub mod c_type;
#[cfg(feature = "cli")]
pub mod compat;
#[cfg(feature = "cli")]
pub mod decode;
pub mod doc;
pub mod emitters;
#[cfg(feature = "cli")]
pub mod engine;
#[cfg(feature = "project")]
pub mod files;
#[cfg(feature = "import")]
pub mod fmt;
pub mod hardware;
#[cfg(feature = "cli")]
pub mod history;
#[cfg(feature = "cli")]
pub mod honest;
#[cfg(feature = "import")]
pub mod import;
#[cfg(feature = "project")]
pub mod init;
#[cfg(feature = "cli")]
pub mod json_schema;
pub mod judged;
pub mod kinds;
#[cfg(feature = "cli")]
pub mod layout_json;
#[cfg(feature = "cli")]
pub mod layout_text;
pub mod lists;
#[cfg(feature = "cli")]
pub mod lock;
#[cfg(feature = "project")]
pub mod manifest;
mod notes;
#[cfg(feature = "cli")]
mod page;
#[cfg(feature = "project")]
pub mod project;
pub mod rust;
mod shares;
#[cfg(feature = "cli")]
pub mod smt;
pub mod unit;
#[cfg(feature = "cli")]
pub mod vectors;
#[cfg(feature = "cli")]
pub mod vectors_for;

#[cfg(feature = "project")]
pub use files::FileMap;
#[cfg(feature = "project")]
pub use manifest::Manifest;
#[cfg(feature = "project")]
pub use project::{GenerateError, Generator, generate};
pub use unit::{Shared, Unit};

/// Why an emitter gave up. A schema that passed its checks should never lead here.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EmitError {
    /// The layout of the model cannot be computed.
    #[error("{item}: no layout: {reason}")]
    Layout {
        /// The struct.
        item: String,
        /// What the layout says.
        reason: String,
    },
    /// The rules of a struct make no check list.
    #[error("{item}: no check list: {reason}")]
    Checks {
        /// The struct.
        item: String,
        /// What the compiler of check lists says.
        reason: String,
    },
    /// The text that was built is not valid in its language.
    #[error("{item}: the {language} that was built is malformed: {reason}")]
    Malformed {
        /// What was emitted.
        item: String,
        /// `Rust` or `C`.
        language: &'static str,
        /// What the parser or printer says.
        reason: String,
    },
    /// The model refers to something it does not have.
    #[error("{item}: unknown reference `{name}`")]
    Unknown {
        /// Who refers.
        item: String,
        /// What is missing.
        name: String,
    },
}
