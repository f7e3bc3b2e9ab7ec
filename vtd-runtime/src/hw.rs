//! Layouts of tables, descriptors and registers, as they are generated.

pub use argsz_linux::vtd::*;
