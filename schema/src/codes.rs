//! The table of diagnostics: each code has a title here and a page in `schema/explain/`.
//!
//! Families: `AZ00xx` text and keys, `AZ01xx` names and references, `AZ02xx` values (constants, flags, enums, ioctls),
//! `AZ03xx` layout, `AZ04xx` growth and minimum sizes, `AZ05xx` conditions and rules, `AZ06xx` releases and lives,
//! `AZ07xx` waivers, `AZ08xx` derive, `AZ09xx` files and circumstances.

use crate::diag::Severity;

/// A row of the table.
#[derive(Debug)]
pub struct CodeInfo {
    /// `AZ0042`.
    pub id: &'static str,
    /// One line, without a full stop.
    pub title: &'static str,
    /// Error, or a lint that can be waived.
    pub severity: Severity,
    /// The page: Markdown with an example that has the mistake.
    pub page: &'static str,
}

/// A code; a reference to its row.
#[derive(Clone, Copy, Debug)]
pub struct Code(pub &'static CodeInfo);

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}
impl Eq for Code {}
impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Code {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.id.cmp(other.0.id)
    }
}

macro_rules! codes {
    ($($id:ident $severity:ident $title:literal;)*) => {
        $(
            #[doc = $title]
            pub const $id: Code = Code(&CodeInfo {
                id: stringify!($id),
                title: $title,
                severity: Severity::$severity,
                page: include_str!(concat!("../explain/", stringify!($id), ".md")),
            });
        )*
        /// All of them, ascending.
        pub const ALL: &[Code] = &[$($id),*];
    };
}

codes! {
    AZ0001 Error "the text is not valid TOML";
    AZ0002 Error "a key that the language does not know";
    AZ0901 Error "a manifest that lacks a value, or has one of the wrong kind";
    AZ0902 Error "an output of the manifest has no place of its own";
}

/// Looks a code up by name, in any case.
#[must_use]
pub fn find(id: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.0.id.eq_ignore_ascii_case(id))
}
