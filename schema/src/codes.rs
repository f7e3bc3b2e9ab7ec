//! The table of diagnostics: each code has a title here and a page in `schema/explain/`.
//!
//! Families: `AZ00xx` text and keys, `AZ01xx` names and references, `AZ02xx` values (constants, flags, enums, ioctls),
//! `AZ03xx` layout, `AZ04xx` growth and minimum sizes, `AZ05xx` conditions and rules, `AZ06xx` releases and lives,
//! `AZ07xx` waivers, `AZ08xx` derive, `AZ09xx` files and circumstances, `AZ10xx` hardware layouts.

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
    AZ0003 Error "a value of the wrong kind";
    AZ0004 Error "something that must be said is missing";
    AZ0005 Error "a name that C cannot say";
    AZ0006 Error "a word that the key does not know";
    AZ0007 Error "a number out of bounds";
    AZ0008 Error "a grammar that is not known";
    AZ0009 Error "tables and arrays that lie too deep in each other";
    AZ0010 Error "a word that is kept for later";
    AZ0011 Error "a header that is included twice";
    AZ0012 Error "a text that cannot be printed where it belongs";
    AZ0101 Error "something that is not a type";
    AZ0102 Error "an errno that does not exist";
    AZ0103 Error "a value that does not exist";
    AZ0120 Error "two things with one name";
    AZ0121 Error "two fields with one name";
    AZ0123 Error "a name that is a keyword of C";
    AZ0125 Lint "a name that is a keyword of C++";
    AZ0126 Error "a name that is a keyword of Rust";
    AZ0127 Error "a name that begins with a digit in Rust";
    AZ0128 Error "a `rust` name that Rust cannot say";
    AZ0129 Error "two names that are one in Rust";
    AZ0130 Error "a type that does not exist";
    AZ0131 Error "a set of flags or an enum that does not exist";
    AZ0132 Error "something that does not exist at that release";
    AZ0133 Error "a struct that contains itself";
    AZ0134 Error "a path that leads to no field";
    AZ0201 Error "an expression that has no value";
    AZ0202 Error "a constant that leads back to itself";
    AZ0204 Error "a part of an ioctl number that does not fit its byte";
    AZ0220 Error "two values that are the same";
    AZ0221 Error "flags that share a bit";
    AZ0222 Error "a bit beyond its word";
    AZ0223 Error "a mask made of members that do not exist";
    AZ0224 Error "a value beyond its enum";
    AZ0225 Error "a value that does not fit the field";
    AZ0226 Error "flags narrower than their field";
    AZ0227 Error "flags wider than their field";
    AZ0228 Error "a retired bit that is used again";
    AZ0229 Error "a retired value that is used again";
    AZ0230 Error "a range that the field cannot have";
    AZ0231 Error "an `align` that is not a power of two";
    AZ0232 Error "`accepts` names what the field cannot have";
    AZ0233 Error "a field that accepts nothing";
    AZ0234 Lint "two ioctls with the same number";
    AZ0235 Error "an argument too large for its ioctl number";
    AZ0236 Error "an alias of a value that does not exist";
    AZ0237 Error "an ioctl with a direction and no argument";
    AZ0238 Error "flags or an enum without members";
    AZ0239 Error "values on something that is not a number";
    AZ0240 Error "`accepts` and `range` that contradict each other";
    AZ0320 Lint "a hole that nobody named";
    AZ0321 Lint "a size that is not a multiple of the alignment";
    AZ0322 Lint "a layout that differs between 32 and 64 bit";
    AZ0323 Lint "a number whose width the machine decides";
    AZ0324 Lint "a union that can grow is not last";
    AZ0325 Error "a field after a flexible array";
    AZ0326 Lint "a flexible array without a length";
    AZ0327 Lint "a flexible array inside another type";
    AZ0328 Lint "an array of nothing";
    AZ0329 Error "an alignment that is not a power of two";
    AZ0330 Error "a struct or union without fields";
    AZ0331 Error "a `len` that cannot count";
    AZ0332 Error "a struct that is too large";
    AZ0336 Lint "padding that leaves a hole";
    AZ0337 Error "bit-fields behind a hole";
    AZ0420 Error "growth without a size field";
    AZ0421 Error "a size field that is not first";
    AZ0422 Error "two fields that say the size";
    AZ0423 Error "a size field that is not a `u32`";
    AZ0424 Error "a role that does not go with the growth";
    AZ0425 Error "a minimum size of a struct that never grows";
    AZ0426 Error "minimum sizes without a base minimum";
    AZ0427 Error "a minimum size that ends inside a field";
    AZ0428 Error "a minimum size beyond the struct";
    AZ0429 Error "a minimum size that can never refuse";
    AZ0430 Error "a minimum size that looks at what is not copied yet";
    AZ0431 Lint "growth without a flag";
    AZ0432 Lint "a fixed struct that grew";
    AZ0433 Lint "a struct that grew, with its size in the ioctl number";
    AZ0434 Lint "bytes that nobody checked are given a meaning";
    AZ0435 Error "a `tail` of a struct that never grows";
    AZ0501 Error "a condition that cannot be understood";
    AZ0502 Error "a condition over a name that does not exist";
    AZ0503 Error "a condition that compares what cannot be compared";
    AZ0504 Error "arithmetic that can leave 64 bits";
    AZ0505 Error "an array that cannot be judged";
    AZ0520 Error "a selector value without an arm";
    AZ0521 Error "an arm without a value";
    AZ0522 Error "a selector value with two arms";
    AZ0523 Error "a selector after its union";
    AZ0524 Lint "a selector beyond the base minimum";
    AZ0525 Error "a selector without an enum";
    AZ0526 Error "arms by value without a selector";
    AZ0527 Error "two default arms";
    AZ0528 Error "a default arm that is never active";
    AZ0530 Error "a rule that can never fire";
    AZ0531 Error "two rules that contradict each other";
    AZ0532 Error "a rule that refuses everything";
    AZ0533 Error "two rules with one id";
    AZ0534 Error "a row of a table that allows nothing";
    AZ0540 Error "a reserved field with a meaning";
    AZ0541 Error "an output with a check";
    AZ0542 Error "a reserved output";
    AZ0543 Error "`unchecked` without a reason, or beside a check";
    AZ0545 Error "a pointer in too small a field";
    AZ0546 Error "a stride without a count";
    AZ0548 Error "a version field that accepts any version";
    AZ0549 Error "two version fields";
    AZ0550 Error "a chain through a field that is no offset";
    AZ0551 Error "a chain behind a struct that does not grow";
    AZ0552 Error "an id of a chain without a struct";
    AZ0553 Error "a link of a chain without its head";
    AZ0554 Error "a chain whose condition is not a flag";
    AZ0601 Error "a release that the header does not have";
    AZ0602 Error "an end that is not after the beginning";
    AZ0603 Error "a release that is listed twice";
    AZ0604 Error "releases out of order";
    AZ0621 Error "a part that outlives the whole";
    AZ0622 Error "a release without one way to grow";
    AZ0625 Error "deprecated without a reason";
    AZ0701 Error "a waiver without a reason";
    AZ0721 Error "a waiver of a lint that does not exist";
    AZ0722 Error "a waiver of something that does not occur";
    AZ0723 Error "a waiver of an error";
    AZ0724 Error "a waiver at a field that does not exist";
    AZ0901 Error "a manifest that lacks a value, or has one of the wrong kind";
    AZ0902 Error "an output of the manifest has no place of its own";
    AZ1001 Error "something that is not a bit range";
    AZ1002 Error "a bit range with its ends swapped";
    AZ1003 Error "a bit range beyond the words";
    AZ1004 Error "a value of more than 64 bits";
    AZ1005 Error "a bit range that crosses words";
    AZ1020 Error "bits with two meanings";
    AZ1021 Lint "bits that nobody named";
    AZ1022 Error "a value too wide for its bits";
    AZ1023 Error "bits too many for their type";
    AZ1024 Error "an address that cannot stay in place";
    AZ1025 Lint "two registers in one place";
    AZ1026 Error "a register that is not aligned";
    AZ1030 Error "a cell of a value that does not exist";
    AZ1031 Error "a pair of values without a cell";
    AZ1032 Error "a cell that becomes what does not exist";
}

/// Looks a code up by name, in any case.
#[must_use]
pub fn find(id: &str) -> Option<Code> {
    ALL.iter().copied().find(|code| code.0.id.eq_ignore_ascii_case(id))
}
