//! Validators are for kernels and VMMs: what they compile to has no panic, no formatting and no allocator in it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Every validator of a generated module, exported under a name of its own.
fn exports(module: &str) -> String {
    let text = std::fs::read_to_string(format!("{ROOT}/generated/src/{module}.rs")).expect("generated Rust");
    let (mut exports, mut owner) = (String::new(), "");
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("impl ").and_then(|rest| rest.strip_suffix(" {")) {
            owner = name;
        }
        let Some((name, rest)) = line.trim().strip_prefix("pub fn ").and_then(|rest| rest.split_once('(')) else {
            continue;
        };
        let ty = format!("argsz_linux::{module}::{owner}");
        let symbol = format!("{module}_{owner}_{name}");
        let sized = if rest.contains("size: usize") || name.ends_with("_with_size") {
            ("size: usize", "size")
        } else {
            ("", "")
        };
        if name.starts_with("copy_from_user") {
            let _ = writeln!(
                exports,
                "#[unsafe(no_mangle)]\npub fn {symbol}(user: &[u8], {}) -> Result<{ty}, argsz::Rejection> {{\n    \
                 {ty}::{name}(user, {})\n}}",
                sized.0, sized.1
            );
        } else if name.starts_with("check_") {
            let _ = writeln!(
                exports,
                "#[unsafe(no_mangle)]\npub fn {symbol}(held: &{ty}, {}) -> Result<(), argsz::Rejection> {{\n    \
                 held.{name}({})\n}}",
                sized.0, sized.1
            );
        }
    }
    exports
}

/// The symbols of a library with this code in it.
fn symbols(name: &str, code: &str) -> Vec<String> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = target.join(format!("symbols-{name}"));
    std::fs::create_dir_all(dir.join("src")).expect("a folder");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[workspace]\n\
         [profile.release]\npanic = \"abort\"\nlto = \"fat\"\ncodegen-units = 1\nstrip = \"none\"\n[dependencies]\n\
         argsz = {{ path = \"{ROOT}/argsz\", default-features = false }}\nargsz-linux = {{ path = \"{ROOT}/generated\" }}\n"
    );
    let head = "#![no_std]\n#[panic_handler]\nfn panic(_: &core::panic::PanicInfo<'_>) -> ! {\n    loop {}\n}\n";
    std::fs::write(dir.join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::write(dir.join("src/lib.rs"), format!("{head}{code}")).expect("a source");
    std::fs::copy(format!("{ROOT}/Cargo.lock"), dir.join("Cargo.lock")).expect("the versions of the workspace");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--offline", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target.join("symbols"))
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let library = target.join(format!("symbols/release/lib{name}.so"));
    let listed = Command::new("nm").arg("--demangle").arg(library).output().expect("nm runs");
    assert!(listed.status.success());
    String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect()
}

/// Those that a validator must not bring with it.
fn unwanted(symbols: &[String]) -> Vec<&String> {
    let words = ["core::panicking", "core::fmt", "alloc", "slice_index", "unwrap_failed", "expect_failed"];
    symbols.iter().filter(|symbol| words.iter().any(|word| symbol.contains(word))).collect()
}

#[test]
fn validators_bring_no_panic_no_formatting_and_no_allocator() {
    let code = exports("iommu") + &exports("iommufd") + &exports("vfio");
    let count = code.matches("no_mangle").count();
    let found = symbols("validators", &code);
    assert!(count > 25 && found.len() > count, "{count} validators, {} symbols", found.len());
    assert_eq!(unwanted(&found), Vec::<&String>::new());
}

/// The test above would notice.
#[test]
fn a_panic_would_be_seen() {
    let code = "#[unsafe(no_mangle)]\npub fn careless(user: &[u8], at: usize) -> u8 {\n    user[at]\n}\n";
    assert!(!unwanted(&symbols("careless", code)).is_empty());
}
