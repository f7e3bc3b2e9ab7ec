//! The system's C compiler: what it makes of a header, asked in its own words.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::ImportError;

/// Most rounds in which questions that the compiler cannot answer are taken back.
const ROUNDS: usize = 40;

/// Macros of many headers need it and leave it to the user to include.
/// One line, so that places are easy to find.
const IOCTL: &str = "#include <linux/ioctl.h>";

/// A compiler, and the header it is asked about.
#[derive(Debug)]
pub(super) struct Compiler<'a> {
    program: OsString,
    arguments: Vec<OsString>,
    header: &'a Path,
    dir: tempfile::TempDir,
}

impl<'a> Compiler<'a> {
    /// `command` is a program with arguments, as in `$CC`.
    pub(super) fn new(command: &OsStr, include: &[PathBuf], header: &'a Path) -> Result<Self, ImportError> {
        let words = command.to_string_lossy();
        let mut words = words.split_whitespace().map(OsString::from);
        let program = words.next().unwrap_or_else(|| "cc".into());
        let mut arguments: Vec<OsString> = words.collect();
        for folder in include {
            arguments.extend(["-I".into(), folder.as_os_str().to_owned()]);
        }
        let dir = tempfile::tempdir().map_err(|error| ImportError::Io { path: std::env::temp_dir(), error })?;
        Ok(Self { program, arguments, header, dir })
    }

    /// Whether a file that includes only this, by the name `#include` has for it, compiles.
    pub(super) fn takes(&self, include: &str) -> Result<bool, ImportError> {
        let output = self.ask(&["-fsyntax-only"], None, &format!("#include <{include}>\n"))?;
        Ok(output.status.success())
    }

    fn run(&self, options: &[&str], text: &str) -> Result<Output, ImportError> {
        self.ask(options, Some(self.header), text)
    }

    fn ask(&self, options: &[&str], header: Option<&Path>, text: &str) -> Result<Output, ImportError> {
        let source = self.dir.path().join("questions.c");
        std::fs::write(&source, format!("{IOCTL}\n{text}"))
            .map_err(|error| ImportError::Io { path: source.clone(), error })?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(options).args(["-x", "c", "-w"]);
        command.args(header.map(|_| "-include")).args(header).arg("questions.c");
        // Messages are read here: they are to be in English.
        command.current_dir(self.dir.path()).env("LC_ALL", "C").stdin(Stdio::null());
        command
            .output()
            .map_err(|error| ImportError::NoCompiler { tool: self.program.to_string_lossy().into_owned(), error })
    }

    /// What the preprocessor makes of `text` after the header.
    pub(super) fn preprocess(&self, options: &[&str], text: &str) -> Result<String, ImportError> {
        let output = self.run(&[&["-E"], options].concat(), text)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(self.rejected(&output))
    }

    fn rejected(&self, output: &Output) -> ImportError {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ImportError::Rejected { header: self.header.to_owned(), said }
    }

    /// Compiles and links the header with these questions, one on each line; those it cannot answer are made empty.
    /// Returns the object's bytes. Linking leaves nothing in it to be relocated.
    pub(super) fn compile(&self, questions: &mut [String]) -> Result<Vec<u8>, ImportError> {
        let object = self.dir.path().join("answers.so");
        let kept = "-fno-eliminate-unused-debug-types";
        let options = [
            "-g",
            "-gdwarf-5",
            kept,
            "-O0",
            "-fPIC",
            "-shared",
            "-nostdlib",
            "-Wl,--build-id=none",
            "-o",
            "answers.so",
        ];
        for _ in 0..ROUNDS {
            let output = self.run(&options, &questions.join("\n"))?;
            if output.status.success() {
                return std::fs::read(&object).map_err(|error| ImportError::Io { path: object, error });
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut taken_back = 0;
            for line in said.lines().filter_map(wrong_line) {
                if let Some(question) = questions.get_mut(line - 2).filter(|question| !question.is_empty()) {
                    question.clear();
                    taken_back += 1;
                }
            }
            if taken_back == 0 {
                return Err(self.rejected(&output));
            }
        }
        Err(ImportError::Rejected { header: self.header.to_owned(), said: "it cannot be asked for its macros".into() })
    }
}

/// The line of a question that a message of the compiler complains about, from 1. Where a macro is at fault, some say the
/// line of the macro first, and that of the question in a note.
fn wrong_line(message: &str) -> Option<usize> {
    let (number, rest) = message.strip_prefix("questions.c:")?.split_once(':')?;
    (rest.contains("error:") || rest.contains("note: in expansion of macro"))
        .then(|| number.parse().ok())
        .flatten()
        .filter(|line| *line > 1)
}
