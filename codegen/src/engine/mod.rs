//! Executors of check lists behind one face: the interpreter, and what the emitters print, built on the spot.
//!
//! A schema may be anybody's, so nothing here knows a header: what an engine runs is what `generate` would emit.

pub mod c;
pub mod inputs;
pub mod interp;
pub mod rust;
mod workshop;

use std::path::PathBuf;

use argsz_schema::checklist::Pointer;

use crate::lists::{self, StructLists};
use crate::{EmitError, Unit, kinds};

pub use workshop::{cache_dir, from_hex, to_hex};

/// Where the user's memory begins for engines that follow a pointer: asked about `STRUCT.FIELD`, they read the struct at
/// this address, then what its pointer leads to, and hold the bytes of all of it, one behind the other.
pub const USER_BASE: u64 = 0x10_0000;

/// Elements of an array that an engine reads; others are left.
const ELEMENTS: u64 = 3;

/// A pointer that engines follow.
#[derive(Debug)]
struct Followed {
    /// They are asked about it by this name.
    name: String,
    /// The struct that has it.
    strct: String,
    pointer: Pointer,
    /// As many are read.
    elements: u64,
    /// Bytes that each takes of what is held.
    room: u32,
}

/// The pointers that engines follow.
fn followed(unit: &Unit<'_>, lists: &[StructLists]) -> Result<Vec<Followed>, EmitError> {
    let known = |name: &str| lists.iter().find(|list| list.generic.name == name).map(|list| list.generic.known);
    let (kinds, mut all) = (kinds::kinds(unit)?, Vec::new());
    for strct in lists.iter().map(|list| &list.generic.name) {
        for pointer in lists::followed(&kinds, strct, |name| known(name).is_some())? {
            all.push(Followed {
                name: format!("{strct}.{}", pointer.word.path),
                strct: strct.clone(),
                elements: if pointer.count.is_some() { ELEMENTS } else { 1 },
                room: pointer.to.iter().filter_map(|(_, name)| known(name)).max().unwrap_or(0),
                pointer,
            });
        }
    }
    Ok(all)
}

/// One call of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Name of the struct.
    pub strct: String,
    /// The user's memory, which ends right after these bytes.
    pub user: Vec<u8>,
    /// The size that travels beside the pointer; the length of `user`, if there is none.
    pub size: Option<u64>,
}

/// What a reader answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `OK`, or the name of the errno.
    pub errno: String,
    /// The rule that refused.
    pub rule: Option<String>,
    /// Whether that rule is judged only after objects were looked up.
    pub after_lookup: bool,
    /// The struct held, if it was accepted.
    pub held: Option<Vec<u8>>,
}

/// An executor of the check lists of one release and layer.
pub trait Engine {
    /// `interp`, `rust`, `c`.
    fn name(&self) -> &'static str;

    /// Whether it has a check list for this struct.
    fn knows(&self, strct: &str) -> bool;

    /// One outcome for each input. Every struct must be one that the engine knows.
    fn run(&self, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError>;
}

/// Why an engine could not be built, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nothing was printed.
    #[error(transparent)]
    Emit(#[from] EmitError),
    /// A tool is missing or cannot be started.
    #[error("the {engine} engine needs `{tool}`: {error}")]
    Tool {
        /// The engine.
        engine: &'static str,
        /// The command.
        tool: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The compiler refused what was printed.
    #[error("`{tool}` refuses what the {engine} engine is built from, in {}:\n{said}", dir.display())]
    Build {
        /// The engine.
        engine: &'static str,
        /// The command.
        tool: String,
        /// Where it was built.
        dir: PathBuf,
        /// Its output.
        said: String,
    },
    /// A file of the workshop could not be written or read.
    #[error("{}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The process ended early, or its answers are not to be understood.
    #[error("the {engine} engine broke off: {said}")]
    Died {
        /// The engine.
        engine: &'static str,
        /// What is known of it.
        said: String,
    },
    /// It was asked about a struct it has no list for.
    #[error("the {engine} engine has no check list for struct `{strct}`")]
    Unknown {
        /// The engine.
        engine: &'static str,
        /// The struct.
        strct: String,
    },
}
