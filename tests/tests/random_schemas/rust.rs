//! What the compiler of Rust makes of the types, whose sizes and offsets they assert themselves.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use argsz_codegen::rust;
use argsz_tests::real;

use super::Case;

const MANIFEST: &str = "[package]
name = \"random-schemas\"
edition = \"2024\"
[workspace]
[dependencies]
argsz = { path = \"@ROOT@/argsz\", default-features = false }
[profile.dev.package.random-schemas]
debug = false
";

/// This machine, and one of 32 bits if it is there: options of cargo.
static MACHINES: LazyLock<Vec<Vec<&str>>> = LazyLock::new(|| {
    let narrow = "i686-unknown-linux-gnu";
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", narrow]).output();
    let there = asked.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir());
    if there {
        return vec![vec![], vec!["--target", narrow]];
    }
    // Where rustup has no network it is not there in CI either.
    eprintln!("SKIPPED {narrow}: no such target installed here (rustup target add)");
    vec![vec![]]
});

/// What the compiler says, if it does not take them; each case is a module of one crate.
pub(crate) fn fault(cases: &[&Case]) -> Option<String> {
    let tmp = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = tmp.join("random-schemas");
    std::fs::create_dir_all(dir.join("src")).expect("a folder");
    let root = real::root();
    let write = |path: String, text: &str| std::fs::write(dir.join(path), text).expect("a file");
    write("Cargo.toml".to_owned(), &MANIFEST.replace("@ROOT@", &root.display().to_string()));
    std::fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).expect("the versions of the workspace");
    let mut lib = "#![no_std]\n#![forbid(unsafe_code)]\n#![deny(warnings)]\n#![allow(missing_docs)]\n".to_owned();
    for (at, case) in cases.iter().enumerate() {
        match case.unit(rust::emit) {
            Ok(text) => write(format!("src/m{at}.rs"), &text),
            Err(error) => return Some(error.to_string()),
        }
        lib += &format!("/// Of {}.\npub mod m{at};\n", case.number);
    }
    write("src/lib.rs".to_owned(), &lib);
    MACHINES.iter().find_map(|machine| {
        let out = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline"])
            .args(machine)
            .arg("--manifest-path")
            .arg(dir.join("Cargo.toml"))
            // Shared with other tests, which have built the runtime.
            .env("CARGO_TARGET_DIR", tmp.join("rust-out"))
            .output()
            .expect("cargo runs");
        (!out.status.success()).then(|| format!("{machine:?}:\n{}", String::from_utf8_lossy(&out.stderr)))
    })
}
