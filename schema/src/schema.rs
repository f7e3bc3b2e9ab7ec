//! A schema: a text whose meaning passed every check.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::around;
use crate::check;
use crate::diag::{Ctxt, Diagnostic, Severity};
use crate::lower;
use crate::model::{Model, Release};
use crate::render::Rejected;
use crate::source::Source;

/// Largest schema that is read, in bytes. A header's schema has some 100 KB; 100,000 structs have 60 MB.
pub const MAX_BYTES: u64 = 128 << 20;

/// A schema without a mistake. There is no other kind: what is half checked cannot be had.
#[derive(Clone, Debug)]
pub struct Schema {
    source: Source,
    model: Model,
}

/// Why a schema cannot be had from a file.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// It is no file.
    #[error("`{}` is a directory; name a schema in it", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
    },
    /// It is larger than any schema.
    #[error("`{}` has {bytes} bytes; a schema has at most {MAX_BYTES}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// It is no text.
    #[error("`{}` is not UTF-8: the first wrong byte is at {offset} (line {line})", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Offset of the first wrong byte.
        offset: usize,
        /// Its line, from 1.
        line: usize,
    },
    /// It has mistakes.
    #[error("{0}")]
    Rejected(Rejected),
}

impl Schema {
    /// A model that came out of [`Schema::parse`], with the text that places in it are of; the text may be empty.
    #[must_use]
    pub fn from_checked(source: Source, model: Model) -> Self {
        Self { source, model }
    }

    /// The schema a text means, or all its mistakes.
    pub fn parse(source: Source) -> Result<Self, Rejected> {
        let ctxt = Ctxt::new();
        let model = lower::lower(&source, &ctxt);
        // Checks read names and types: with some of them missing they would report what is not there.
        match &model {
            Some(model) if ctxt.is_empty() => check::check(model, &ctxt),
            Some(model) => around::check(&source, model, &ctxt, &ctxt.so_far()),
            None => {}
        }
        let found = ctxt.finish();
        match model {
            Some(model) if found.is_empty() => Ok(Self { source, model }),
            _ => Err(Rejected { source, found }),
        }
    }

    /// What a text means before anything is checked, as far as a person may still have to mend it; `None` if it has no
    /// meaning yet.
    #[must_use]
    pub fn unchecked(source: Source) -> Option<Self> {
        let ctxt = Ctxt::new();
        let model = lower::lower(&source, &ctxt);
        let found = ctxt.finish();
        model.filter(|_| found.is_empty()).map(|model| Self { source, model })
    }

    /// Reads a schema from a file.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let text = read(path)?;
        Self::parse(Source::new(path, text)).map_err(LoadError::Rejected)
    }

    /// The header through all its releases.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// The text.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The release of that name.
    #[must_use]
    pub fn release(&self, name: &str) -> Option<Release> {
        self.releases().find(|release| self.release_name(*release) == name)
    }

    /// Name of a release of this header.
    #[must_use]
    pub fn release_name(&self, release: Release) -> &str {
        self.model.header.releases.get(usize::from(release.0)).map_or("", String::as_str)
    }

    /// The releases, oldest first.
    pub fn releases(&self) -> impl DoubleEndedIterator<Item = Release> + use<> {
        let count = u16::try_from(self.model.header.releases.len()).unwrap_or(u16::MAX);
        (0..count).map(Release)
    }

    /// The header as it is at a release.
    #[must_use]
    pub fn at(&self, release: Release) -> Model {
        self.model.at(release)
    }
}

/// The text of a file that a schema may have.
pub fn read(path: &Path) -> Result<String, LoadError> {
    let io = |reason| LoadError::Io { path: path.to_owned(), reason };
    let file = std::fs::File::open(path).map_err(io)?;
    let about = file.metadata().map_err(io)?;
    if about.is_dir() {
        return Err(LoadError::Directory { path: path.to_owned() });
    }
    if about.len() > MAX_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes: about.len() });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0) + 1);
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)? as u64;
    if read > MAX_BYTES {
        return Err(LoadError::TooLarge { path: path.to_owned(), bytes: read });
    }
    String::from_utf8(bytes).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..offset].split(|byte| *byte == b'\n').count();
        LoadError::NotUtf8 { path: path.to_owned(), offset, line }
    })
}

impl Rejected {
    /// Whether anything was found that no waiver could silence.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|found: &Diagnostic| found.code.0.severity == Severity::Error)
    }
}
