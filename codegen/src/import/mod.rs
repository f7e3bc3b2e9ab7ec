//! `argsz import`: a schema from a header that exists.
//!
//! The C compiler is asked what the header means: types from debug information, values of macros by compiling them.
//! What no compiler knows (which numbers are flags, who fills in the size) is guessed from names and places, and marked
//! for a person to decide. What comes out loads, and says what the header says: both are checked before it is printed.

mod alignment;
mod cc;
mod draft;
mod dwarf;
mod foreign;
mod group;
mod macros;
mod mend;
mod merge;
mod merge_fields;
mod merge_places;
mod object;
mod text;
mod types;
mod units;
mod write;

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use cc::Compiler;
pub use merge::{MergeError, Merged, merge};
use object::Answers;
use text::Text;
pub use write::DECIDE;
use write::Head;

/// What is to be imported.
#[derive(Debug, Clone)]
pub struct Request {
    /// The header's file.
    pub header: PathBuf,
    /// Folders for the compiler to look for headers in.
    pub include: Vec<PathBuf>,
    /// The name of the release that the header is of.
    pub release: String,
    /// The C compiler, with arguments if need be.
    pub compiler: OsString,
}

/// A draft of a schema.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The text; it loads.
    pub text: String,
    /// What the header has and the schema has not, each with the reason.
    pub missing: Vec<String>,
    /// Lines of the header, by name of what stands there: `iommu_destroy`, `iommu_destroy.id`, `IOMMU_DESTROY`.
    pub lines: HashMap<String, u32>,
}

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The header, or a file of ours, cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// There is no compiler.
    #[error("cannot run the C compiler `{tool}`: {error}")]
    NoCompiler {
        /// What was to be run.
        tool: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The compiler refuses the header.
    #[error("the compiler does not take {}:\n{said}", header.display())]
    Rejected {
        /// The header.
        header: PathBuf,
        /// The compiler's messages.
        said: String,
    },
    /// The compiler's output cannot be understood.
    #[error("the compiler's output cannot be read: {reason}")]
    Object {
        /// Why.
        reason: String,
    },
    /// The compiler leaves nothing to be read.
    #[error("the compiler gives no debug information")]
    NoDebugInfo,
    /// There is nothing in the header.
    #[error("{} defines nothing: no types, and no macros with a value", .0.display())]
    Nothing(PathBuf),
    /// Something is wrong here, not with the header.
    #[error("the draft of {} does not load:\n{reason}", header.display())]
    Draft {
        /// The header.
        header: PathBuf,
        /// The findings.
        reason: String,
    },
}

impl ImportError {
    /// The way out, in one line.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Io { .. } | Self::Draft { .. } => return None,
            Self::NoCompiler { .. } => "install one (package gcc or clang), or name yours: CC=...".to_owned(),
            Self::Rejected { header, said } => {
                let cxx = std::fs::read_to_string(header).is_ok_and(|text| looks_like_cxx(header, &text));
                let twice = said.contains("redefinition of") || said.contains("redeclaration of");
                match (cxx, said.contains("No such file"), twice) {
                    (true, ..) => "this looks like C++; only headers in C can be imported".to_owned(),
                    (_, true, _) => "name the folders of the headers it includes: -I DIR".to_owned(),
                    (.., true) => "a name has one meaning: rename what has it twice".to_owned(),
                    _ => "the header has to compile by itself: include in it what it needs".to_owned(),
                }
            }
            Self::Object { .. } => "only compilers that make ELF objects are understood: CC=gcc or CC=clang".to_owned(),
            Self::NoDebugInfo => "the compiler must take `-g` and not strip what it makes: try CC=gcc".to_owned(),
            Self::Nothing(_) => "name the header that has the structs, not one that only includes it".to_owned(),
        })
    }
}

fn looks_like_cxx(header: &Path, text: &str) -> bool {
    let by_name = header.extension().is_some_and(|end| ["hpp", "hh", "hxx", "H"].iter().any(|cxx| end == *cxx));
    let begins =
        |line: &str| ["class ", "namespace ", "template ", "template<", "using "].iter().any(|w| line.starts_with(w));
    by_name || text.lines().any(|line| begins(line.trim_start()))
}

/// The compiler that `$CC` names, or `cc`.
#[must_use]
pub fn compiler() -> OsString {
    std::env::var_os("CC").filter(|cc| !cc.is_empty()).unwrap_or_else(|| "cc".into())
}

/// Imports a header.
pub fn import(request: &Request) -> Result<Imported, ImportError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error| ImportError::Io { path, error }
    };
    let header = request.header.canonicalize().map_err(io(&request.header))?;
    let bytes = std::fs::read(&header).map_err(io(&request.header))?;
    let text = Text::new(&String::from_utf8_lossy(&bytes));
    let include: Vec<PathBuf> =
        request.include.iter().map(|folder| folder.canonicalize().unwrap_or_else(|_| folder.clone())).collect();
    let compiler = Compiler::new(&request.compiler, &include, &header)?;

    let mut preprocessed = macros::preprocess(&compiler, &header)?;
    let expanded = macros::expand(&compiler, &preprocessed.macros)?;
    let mut questions = macros::questions(&preprocessed.macros, &expanded);
    questions.extend(alignment::questions(&preprocessed.tags.iter().cloned().collect(), &preprocessed.macros));
    // Without a variable some compilers leave debug information out.
    questions.push("const char argsz_answers = 1;".to_owned());
    let object = compiler.compile(&mut questions)?;
    let answers = Answers::new(&object)?;
    macros::answer(&mut preprocessed.macros, &answers);
    let dies = answers.dies()?;
    if dies.all.is_empty() {
        return Err(ImportError::NoDebugInfo);
    }
    let mentioned = mentioned(&preprocessed.macros);
    let read =
        |aligned: &alignment::Aligned<'_>| types::read(&dies, &header, answers.pointer(), &mentioned, aligned, &text);
    let types = alignment::read(&compiler, &preprocessed.macros, &answers, &read)?;
    let items = group::items(&types, &preprocessed.macros, &text);
    if items.is_empty() {
        return Err(ImportError::Nothing(request.header.clone()));
    }
    let mut head = head(request, &header, &preprocessed, &String::from_utf8_lossy(&bytes));
    leave_out_private(&compiler, &mut head)?;
    mend::mend(mend::Job { request, head, items, text: &text, target: answers.target(), include: &include })
}

/// Tags that macros name: arguments of ioctls.
fn mentioned(macros: &[macros::Macro]) -> HashSet<String> {
    let mut found = HashSet::new();
    for one in macros.iter().filter(|one| one.value.is_some()) {
        let words: Vec<&str> = one.body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        let tags = words.windows(2).filter(|pair| matches!(pair[0], "struct" | "union"));
        found.extend(tags.map(|pair| pair[1].to_owned()));
    }
    found
}

fn head(request: &Request, header: &Path, found: &macros::Preprocessed, text: &str) -> Head {
    let path = include_name(header, &request.include);
    let spdx = text.lines().find_map(|line| line.split_once("SPDX-License-Identifier:"));
    let license = spdx.map(|(_, rest)| rest.trim().trim_end_matches("*/").trim().trim_matches(['(', ')']).to_owned());
    let is_guard = |one: &&macros::Macro| one.body.is_empty() && !one.function;
    let guard = found.macros.iter().find(is_guard).map(|one| one.name.clone());
    let derived = || path.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let mut includes: Vec<String> = found.includes.iter().map(|file| include_name(file, &request.include)).collect();
    includes.dedup();
    let mut seen = HashSet::new();
    includes.retain(|name| seen.insert(name.clone()));
    let functions = found.macros.iter().filter(|one| one.function);
    let mut missing: Vec<String> =
        functions.map(|one| format!("the macro `{}`, which has arguments", one.name)).collect();
    let silent =
        |one: &&macros::Macro| !one.function && one.value.is_none() && !one.body.is_empty() && one.body != one.name;
    let silent = found.macros.iter().filter(silent);
    missing.extend(silent.map(|one| format!("the macro `{}`, which is neither a number nor a text", one.name)));
    Head {
        guard: guard.unwrap_or_else(|| format!("_{}", derived())),
        license,
        release: request.release.clone(),
        path,
        includes,
        missing,
    }
}

/// Leaves out parts of the C library that only its own headers may include: what includes them does not compile.
fn leave_out_private(compiler: &Compiler<'_>, head: &mut Head) -> Result<(), ImportError> {
    for include in std::mem::take(&mut head.includes) {
        if include.starts_with("bits/") && !compiler.takes(&include)? {
            head.missing.push(format!("the include `{include}`, which does not compile by itself"));
        } else {
            head.includes.push(include);
        }
    }
    Ok(())
}

/// What `#include` calls a file: its path below a folder of headers.
fn include_name(file: &Path, include: &[PathBuf]) -> String {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    for folder in include.iter().filter_map(|folder| folder.canonicalize().ok()) {
        if let Ok(rest) = file.strip_prefix(&folder) {
            return rest.to_string_lossy().into_owned();
        }
    }
    let parts: Vec<&OsStr> = file.iter().collect();
    let after = parts.iter().rposition(|part| *part == "include").map_or(parts.len().saturating_sub(1), |at| at + 1);
    let mut rest = &parts[after.min(parts.len().saturating_sub(1))..];
    // Debian keeps the headers of a machine in a folder of their own.
    if rest.len() > 1 && rest[0].to_string_lossy().contains("-linux-") {
        rest = &rest[1..];
    }
    rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
