//! Crates of generated Rust, compiled and run.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A crate that holds the output and `user` is tested by cargo.
pub(crate) fn cargo(what: &[&str], name: &str, generated: &str, user: &str) -> Result<(), String> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = target.join(format!("rust-out-{name}"));
    let argsz = concat!(env!("CARGO_MANIFEST_DIR"), "/../argsz");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         argsz = {{ path = {argsz:?}, default-features = false }}\n"
    );
    let lib = "#![no_std]\n#![forbid(unsafe_code)]\n#![deny(missing_docs, warnings)]\n//! A test.\n\
               /// Generated.\npub mod hand;\n#[cfg(test)]\nmod user;\n";
    std::fs::create_dir_all(dir.join("src")).map_err(|error| error.to_string())?;
    let files = [("Cargo.toml", manifest.as_str()), ("src/lib.rs", lib)];
    for (path, text) in files.into_iter().chain([("src/hand.rs", generated), ("src/user.rs", user)]) {
        std::fs::write(dir.join(path), text).map_err(|error| error.to_string())?;
    }
    // The versions that the workspace has, for there may be no registry at hand.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    std::fs::copy(lock, dir.join("Cargo.lock")).map_err(|error| error.to_string())?;
    let run = Command::new(env!("CARGO"))
        .args(what)
        .args(["--quiet", "--offline", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target.join("rust-out"))
        .output()
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout);
    if run.status.success() { Ok(()) } else { Err(said) }
}

/// Machines other than this one that the toolchain here can compile for: 32 bits, the other byte order.
pub(crate) fn others() -> Vec<&'static str> {
    let all = ["i686-unknown-linux-gnu", "powerpc64-unknown-linux-gnu"];
    let (there, lacking) = all.into_iter().partition::<Vec<_>, _>(|target| {
        let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
        asked.is_ok_and(|out| Path::new(String::from_utf8_lossy(&out.stdout).trim()).is_dir())
    });
    if !lacking.is_empty() {
        eprintln!("SKIPPED {lacking:?}: no such target installed here (rustup target add)");
    }
    there
}
