//! An edit of a schema rebuilds the crate that includes it, although no Rust changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_tests::real;

const MANIFEST: &str = "[package]
name = \"rebuild\"
edition = \"2024\"
[workspace]
[dependencies]
argsz = { path = \"@ROOT@/argsz\", features = [\"derive\"] }
";

const MAIN: &str = "mod abi {
    #![allow(missing_docs)]
    argsz::schema!(\"abi.toml\");
}

// Nothing is imported: what the derive prints stands by itself.
#[derive(Clone, Copy, argsz::Uapi, argsz::zerocopy::FromBytes, argsz::zerocopy::IntoBytes)]
#[derive(argsz::zerocopy::KnownLayout, argsz::zerocopy::Immutable)]
#[zerocopy(crate = \"argsz::zerocopy\")]
#[uapi(schema = \"abi.toml\", item = \"demo\")]
#[repr(C)]
struct Tied {
    argsz: u32,
    kind: u32,
}

fn main() {
    let kind = |kind: u32| abi::Demo::copy_from_user([8_u32.to_ne_bytes(), kind.to_ne_bytes()].as_flattened()).is_ok();
    let tied = |kind: u32| Tied::copy_from_user([8_u32.to_ne_bytes(), kind.to_ne_bytes()].as_flattened()).is_ok();
    println!(\"{} {}\", kind(2), tied(2));
}
";

fn schema(most: u32) -> String {
    format!(
        "grammar = 1\n[header]\npath = \"linux/demo.h\"\nguard = \"DEMO_H\"\nincludes = [\"linux/types.h\"]\n\
         license = \"MIT\"\nreleases = [\"1.0\"]\n[struct.demo]\ndoc = \"A demonstration.\"\ngrows = \"argsz\"\n\
         min = \"kind\"\nfields = [\n  {{ name = \"argsz\", type = \"u32\", role = \"argsz\", doc = \"Size.\" }},\n  \
         {{ name = \"kind\", type = \"u32\", range = \"0..={most}\", doc = \"Kind.\" }},\n]\n"
    )
}

fn run(dir: &Path) -> String {
    let out = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rebuild-target"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

#[test]
fn an_edit_of_the_schema_alone_rebuilds_what_includes_it() {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rebuild");
    std::fs::create_dir_all(dir.join("src")).expect("a folder");
    let root = real::root();
    let write = |path: &str, text: &str| std::fs::write(dir.join(path), text).expect("a file");
    write("Cargo.toml", &MANIFEST.replace("@ROOT@", &root.display().to_string()));
    write("src/main.rs", MAIN);
    write("abi.toml", &schema(1));
    std::fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).expect("the versions of the workspace");
    assert_eq!(run(&dir), "false false");
    write("abi.toml", &schema(2));
    assert_eq!(run(&dir), "true true");
}
