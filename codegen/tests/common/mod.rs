//! A project in a folder of its own, and the command run in it.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file takes what it needs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A schema with one struct that grew.
pub(crate) const DEMO: &str = r#"grammar = 1

[header]
path     = "demo/demo.h"
guard    = "_DEMO_H"
license  = "MIT"
includes = ["linux/types.h"]
releases = ["1.0", "2.0"]
doc      = "A demonstration."

[flags.demo_flags]
type   = "u32"
prefix = "DEMO_"
doc    = "What counts of a demo."

[flags.demo_flags.bits]
LIMIT = { bit = 0, doc = "There is a limit.", since = "2.0" }
FAST  = { bit = 1, doc = "Without waiting." }

[struct.demo]
doc    = "What is demonstrated."
grows  = "argsz"
min    = "flags"
fields = [
  { name = "argsz", type = "u32", role = "argsz", doc = "Bytes of the struct." },
  { name = "flags", type = "u32", flags = "demo_flags", doc = "Which later fields count." },
  { name = "limit", type = "u64", range = "0..=1000", since = "2.0", doc = "At most this." },
]
min_size = [{ when = "flags.has(LIMIT)", covers = "limit", since = "2.0" }]
"#;

/// A manifest over it.
pub(crate) const MANIFEST: &str = r#"[[schema]]
path    = "demo.toml"
release = "2.0"

[schema.out]
rust     = "out/demo.rs"
c-header = "out/include/demo/demo.h"
"#;

/// A project in a temporary folder.
pub(crate) struct Project(pub(crate) tempfile::TempDir);

impl Project {
    /// With the schema and manifest above.
    pub(crate) fn demo() -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        project.write("demo.toml", DEMO);
        project.write("argsz.toml", MANIFEST);
        project
    }

    /// With nothing in it.
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_argsz"));
        command.args(args).current_dir(self.0.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        Ran::from(self.command(args).envs(variables.iter().copied()).output().unwrap())
    }

    /// Every file below the folder with its bytes.
    pub(crate) fn files(&self, below: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        walk(&self.path(below), &mut found);
        found.sort();
        found
    }
}

fn walk(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            let bytes = fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
}

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// It ended with this status, and whatever it said it did not panic.
    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text) || self.err.contains(text), "no `{text}` in\n{}\n{}", self.out, self.err);
        self
    }
}
