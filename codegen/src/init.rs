//! `argsz init`: the first files of a project, for somebody with a driver of their own.

use std::path::PathBuf;

use crate::FileMap;

const MANIFEST: &str = include_str!("init/argsz.toml");
const SCHEMA: &str = include_str!("init/schema.toml");
const WORKFLOW: &str = include_str!("init/workflow.yml");

/// The files for a driver called `name`, a name of C in lower case, by path from the project.
#[must_use]
pub fn files(name: &str) -> FileMap {
    let named = |text: &str| text.replace("NAME", &name.to_ascii_uppercase()).replace("name_", &format!("{name}_"));
    let path = |text: &str| named(text).replace("FILE", name).into_bytes();
    [
        (PathBuf::from("argsz.toml"), path(MANIFEST)),
        (PathBuf::from(format!("schema/{name}.toml")), path(SCHEMA)),
        (PathBuf::from(".github/workflows/argsz.yml"), path(WORKFLOW)),
    ]
    .into()
}

/// What to run next.
#[must_use]
pub fn next(name: &str) -> [String; 3] {
    ["argsz check".to_owned(), format!("argsz layout {name}_create --checks"), "argsz generate".to_owned()]
}

/// Whether C, Rust and a file system take it as a name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !argsz_schema::rust_name::is_keyword(name)
}
