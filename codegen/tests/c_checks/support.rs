//! Compilers for what the tests print.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A directory of its own under cargo's, emptied.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("c_checks").join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("a scratch directory");
    dir
}

/// Writes a file, and the directories above it.
pub(crate) fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("inside the scratch directory")).expect("a directory");
    std::fs::write(path, text).expect("a file");
}

/// The headers of a kernel that is just large enough.
pub(crate) fn mock_kernel() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/c/mock_kernel").to_owned()
}

/// Runs a tool, which must be there.
pub(crate) fn run(tool: &str, dir: &Path, args: &[&str]) -> Output {
    let out = Command::new(tool).current_dir(dir).args(args).output();
    out.unwrap_or_else(|error| panic!("{tool}: {error}; it is needed by these tests"))
}

/// Runs a compiler that must say nothing at all.
pub(crate) fn quiet(tool: &str, dir: &Path, args: &[&str]) {
    let out = run(tool, dir, args);
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && said.is_empty(), "{tool} {}:\n{said}", args.join(" "));
}

/// What C must pass without a word.
pub(crate) const WARNINGS: &[&str] = &[
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
    "-O2",
    "-c",
    "-o",
    "out.o",
];

/// Compiles `user.c` and `kernel.c` of a directory in all the ways a reader may: both compilers, both widths, in
/// user space and against the mock kernel, and under sparse.
pub(crate) fn compile_everywhere(dir: &Path) {
    let mock = format!("-I{}", mock_kernel());
    let kernel = ["-D__KERNEL__", "-nostdinc", "-ffreestanding", "-Ikernel", "-I.", &mock, "kernel.c"];
    let user = ["-Iuapi", "-I.", "user.c"];
    for compiler in ["gcc", "clang"] {
        for width in ["-m64", "-m32"] {
            quiet(compiler, dir, &[&[width], WARNINGS, &user].concat());
            quiet(compiler, dir, &[&[width], WARNINGS, &kernel].concat());
        }
    }
    for width in ["-m64", "-m32"] {
        // The size of a struct that ends in a flexible array is meant: the array is read apart.
        let sparse = ["-Wsparse-all", "-Wno-decl", "-Wno-transparent-union", "-Wno-flexible-array-sizeof", width];
        quiet("sparse", dir, &[&sparse, &kernel[..]].concat());
    }
}
