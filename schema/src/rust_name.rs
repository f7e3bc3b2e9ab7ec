//! How things are called in Rust: derived from their C names in one place, so that a collision is found in the
//! schema and not by rustc.

use crate::model::Meta;

/// Words that Rust keeps for itself (edition 2024).
const KEYWORDS: &[&str] = &[
    "Self", "_", "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do",
    "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super",
    "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Bytes that no keyword exceeds: most names do.
const LONGEST: usize = 8;

/// Whether Rust keeps this word for itself.
#[must_use]
pub fn is_keyword(name: &str) -> bool {
    name.len() <= LONGEST && KEYWORDS.binary_search(&name).is_ok()
}

/// Whether Rust takes this as a name: ASCII letters, digits and underscores, no digit first.
#[must_use]
pub fn is_identifier(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A type: `rust = "..."`, or the C name in `CamelCase`.
#[must_use]
pub fn of_type(meta: &Meta) -> String {
    meta.rust.clone().unwrap_or_else(|| camel(&meta.name))
}

/// A field: `rust = "..."`, or the C name as it is.
#[must_use]
pub fn of_field(meta: &Meta) -> &str {
    meta.rust.as_deref().unwrap_or(&meta.name)
}

/// A member of flags or of an enum: `rust = "..."`, or its key, in upper case.
#[must_use]
pub fn of_member(meta: &Meta, key: &str) -> String {
    meta.rust.clone().unwrap_or_else(|| key.to_ascii_uppercase())
}

/// `iommu_hwpt_vtd_s1` becomes `IommuHwptVtdS1`.
#[must_use]
pub fn camel(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for part in name.split('_') {
        let mut chars = part.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        if part.chars().any(|c| c.is_ascii_lowercase()) {
            out.push_str(chars.as_str());
        } else {
            out.push_str(&chars.as_str().to_ascii_lowercase());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(KEYWORDS.is_sorted());
        assert_eq!(KEYWORDS.iter().map(|word| word.len()).max(), Some(super::LONGEST));
        assert!(is_keyword("type") && !is_keyword("types"));
    }

    #[test]
    fn camel_case() {
        let cases =
            [("iommu_hwpt_vtd_s1", "IommuHwptVtdS1"), ("__a__b", "AB"), ("FOO_BAR", "FooBar"), ("ioMmu_x", "IoMmuX")];
        for (c, rust) in cases {
            assert_eq!(camel(c), rust);
        }
    }
}
