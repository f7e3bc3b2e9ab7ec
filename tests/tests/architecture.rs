//! ARCHITECTURE.md says only what a test backs.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// All Rust files of the workspace that were written by hand.
fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for room in ["argsz", "schema", "codegen", "derive", "generated", "vtd-runtime", "tests"] {
        walk(&root().join(room), &mut found);
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("target") {
            walk(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Names in the column "backed by" of the table of invariants.
fn named_tests() -> Vec<String> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| **"));
    rows.flat_map(|row| {
        let last = row.trim_end_matches('|').rsplit('|').next().unwrap();
        last.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn every_invariant_is_backed_by_a_test_that_exists() {
    let mut tests = BTreeSet::new();
    for path in sources() {
        let text = fs::read_to_string(path).unwrap();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(name) = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next()) else { continue };
            let attributes =
                lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
            if attributes.into_iter().any(|line| *line == "#[test]") {
                tests.insert(name.to_owned());
            }
        }
    }
    let named = named_tests();
    assert!(named.len() >= 10, "the table of invariants has moved: {named:?}");
    let missing: Vec<&String> = named.iter().filter(|name| !tests.contains(*name)).collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md names tests that do not exist: {missing:?}");
}

/// What each room may depend on, of the other rooms.
const ARROWS: &[(&str, &[&str])] = &[
    ("argsz", &["argsz-derive"]),
    ("schema", &[]),
    ("codegen", &["argsz-schema"]),
    ("derive", &["argsz-schema", "argsz-codegen"]),
    ("generated", &["argsz"]),
    ("vtd-runtime", &["argsz", "argsz-linux"]),
];

#[test]
fn rooms_depend_only_downwards() {
    for (room, allowed) in ARROWS {
        let text = fs::read_to_string(root().join(room).join("Cargo.toml")).unwrap();
        let own = text.split("\n[dependencies]\n").nth(1).unwrap_or_default();
        let own = own.split("\n[").next().unwrap_or_default();
        let rooms =
            own.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|name| name.starts_with("argsz"));
        for name in rooms {
            assert!(allowed.contains(&name), "{room} must not depend on {name}");
        }
    }
}

#[test]
fn no_emitter_reads_toml() {
    for path in sources() {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let reads = name == "codegen/src/manifest.rs" || !name.starts_with("codegen/src/");
        let text = fs::read_to_string(&path).unwrap();
        assert!(reads || !text.contains("toml::"), "{name} reads TOML");
    }
}

#[test]
fn rooms_are_tidy() {
    for path in sources() {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let exempt = name.starts_with("generated/") || name.contains("/tests/");
        assert!(exempt || lines <= 500, "{name} has {lines} lines; a module beyond 500 is two modules");
    }
}
