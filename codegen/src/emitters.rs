//! The table of emitters: what can be generated, under the names the manifest uses.

use crate::{EmitError, Unit};

/// One thing that can be generated.
#[derive(Debug)]
pub struct Emitter {
    /// Its key under `[schema.out]`.
    pub key: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Makes it.
    pub emit: fn(&Unit<'_>) -> Result<String, EmitError>,
    /// What always lies beside it: names of files, and their text.
    pub beside: &'static [(&'static str, &'static str)],
}

/// All of them, in the order in which people think of them.
pub const ALL: &[Emitter] = &[
    Emitter {
        key: "c-header",
        about: "the header as user space and kernel include it",
        emit: crate::c_header::emit,
        beside: &[],
    },
    Emitter {
        key: "c-asserts",
        about: "static assertions over every size, offset and constant of the C header",
        emit: crate::c_asserts::emit,
        beside: &[],
    },
    Emitter {
        key: "c-checks",
        about: "checks in C of what a user hands in, for the kernel and for user space",
        emit: crate::c_checks::emit,
        beside: &[(crate::c_checks::SUPPORT_NAME, crate::c_checks::SUPPORT)],
    },
    Emitter {
        key: "rust",
        about: "types and constants for `no_std` Rust, with the layout asserted",
        emit: crate::rust::emit,
        beside: &[],
    },
    Emitter { key: "doc-rst", about: "the document of the header, for Sphinx", emit: crate::doc::rst, beside: &[] },
    Emitter {
        key: "doc-md",
        about: "the document of the header, in Markdown",
        emit: crate::doc::markdown,
        beside: &[],
    },
    // These are executed, so that they need the executors.
    #[cfg(feature = "cli")]
    Emitter {
        key: "compat-md",
        about: "a header through its releases in Markdown: sizes, what moved, what came, reserved bytes",
        emit: crate::history::markdown,
        beside: &[],
    },
    #[cfg(feature = "cli")]
    Emitter { key: "compat-html", about: "the same as one page of HTML", emit: crate::history::html, beside: &[] },
    Emitter {
        key: "hardware-doc",
        about: "a page of Markdown over entries, descriptors, registers and tables",
        emit: crate::hardware::emit,
        beside: &[],
    },
];

/// Looks an emitter up by its key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Emitter> {
    ALL.iter().find(|emitter| emitter.key == key)
}
