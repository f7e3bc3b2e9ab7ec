//! Names in Rust: types in camel case, members in capitals, fields as in C without leading underscores.

use argsz_schema::model::Meta;
use argsz_schema::rust_name;

/// Names of types and traits that the prelude and the output's own imports bring: one of ours would hide them.
const PRELUDE: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Errno",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromBytes",
    "FromIterator",
    "Hash",
    "Immutable",
    "Into",
    "IntoBytes",
    "IntoIterator",
    "Iterator",
    "KnownLayout",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Rejection",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "UserMemory",
    "Vec",
];

/// `iommu_inv_addr_info` -> `IommuInvAddrInfo`.
pub(super) fn camel(name: &str) -> String {
    let camel = rust_name::camel(name);
    if camel.is_empty() || camel.starts_with(|first: char| first.is_ascii_digit()) {
        return format!("_{camel}");
    }
    if PRELUDE.contains(&camel.as_str()) { camel + "_" } else { camel }
}

/// The type of an item.
pub(super) fn type_name(meta: &Meta) -> String {
    raw(meta.rust.clone().unwrap_or_else(|| camel(&meta.name)))
}

/// A member of flags or of an enum, by its key.
pub(super) fn member(meta: &Meta, key: &str) -> String {
    raw(meta.rust.clone().unwrap_or_else(|| upper(key)))
}

fn upper(key: &str) -> String {
    let upper = key.to_uppercase();
    if upper.starts_with(|first: char| first.is_ascii_digit()) { format!("_{upper}") } else { upper }
}

/// A field: as in C, but `__reserved` is `reserved`.
pub(super) fn field(meta: &Meta) -> String {
    meta.rust.clone().unwrap_or_else(|| field_name(&meta.name))
}

/// A name of C, as Rust calls fields and methods.
pub(super) fn field_name(name: &str) -> String {
    let bare = name.trim_start_matches('_').to_lowercase();
    if bare.is_empty() || bare.starts_with(|first: char| first.is_ascii_digit()) { format!("_{bare}") } else { bare }
}

/// A constant or an ioctl: as in C.
pub(super) fn constant(meta: &Meta) -> String {
    ident(meta.rust.as_ref().unwrap_or(&meta.name))
}

/// A name without the mark of a raw one, to be part of a longer name or of a text.
pub(super) fn bare(name: &str) -> &str {
    name.trim_start_matches("r#")
}

/// An identifier, raw where Rust has a keyword of that name.
pub(super) fn ident(name: &str) -> String {
    raw(name.to_owned())
}

/// As [`ident`].
fn raw(name: String) -> String {
    if rust_name::is_identifier(&name) {
        return match &*name {
            "self" | "super" | "crate" | "Self" | "_" => name + "_",
            _ if rust_name::is_keyword(&name) => ["r#", &name].concat(),
            _ => name,
        };
    }
    // No identifier at all, which a checked schema has not.
    let legal: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("_{legal}")
}

#[cfg(test)]
mod tests {
    use super::{camel, ident};

    #[test]
    fn names_are_idiomatic() {
        assert_eq!(camel("iommu_inv_addr_info"), "IommuInvAddrInfo");
        assert_eq!(camel("__iommu_hwpt_vtd_s1"), "IommuHwptVtdS1");
        assert_eq!(camel("option"), "Option_");
        assert_eq!(camel("FOO_bar"), "FooBar");
        assert_eq!(camel("2nd"), "_2nd");
    }

    #[test]
    fn keywords_are_raw() {
        assert_eq!(ident("type"), "r#type");
        assert_eq!(ident("self"), "self_");
        assert_eq!(ident("plain"), "plain");
        assert_eq!(ident("a b"), "_a_b");
    }
}
