//! `argsz.lock`: what releases meant when they were published. What is published does not change any more.
//!
//! `argsz release` records a release as a digest of each of its items, and `argsz check` and `argsz compat` refuse
//! what has another digest since. Docs and comments have no part in it.
//!
//! ```toml
//! version = 1
//!
//! ["linux/iommu.h"."5.10"]
//! "struct.iommu_page_response" = "8f14e45fceea167a"
//! ```

mod meaning;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use argsz_schema::model::Release;
use argsz_schema::source::Span;
use argsz_schema::{Schema, nearest};
use indexmap::IndexMap;
use sha2::{Digest, Sha256};
use toml_edit::{DocumentMut, Item, Table, value};

use crate::EmitError;
use crate::files::{self, FileError, FileMap};

pub use crate::manifest::LOCK_NAME as FILE_NAME;

/// Version of the file, and of what its digests are of.
pub const VERSION: i64 = 1;

const HEAD: &str = "\
# Written by `argsz release`. What stands here was published: an edit of it is refused by `argsz check`.
# To take a release back, take its table out, and record it again.
";

/// Releases that were published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// Digests by item (`struct.iommu_fault`), of each release, of each header, in the order of recording.
    headers: IndexMap<String, IndexMap<String, BTreeMap<String, String>>>,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not what `argsz release` writes.
    #[error("`{}` is damaged: {reason}\nhelp: take it back from the commit before, it is not for hands", path.display())]
    Damaged {
        /// Its path.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Its digests are of something that this version of argsz does not compute.
    #[error(
        "`{}` has version {found}, and this argsz writes {VERSION}\n\
         help: record the releases anew, with a tree in which they are as they were published",
        path.display()
    )]
    Version {
        /// Its path.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
}

/// What became of an item since its release was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is not what it was.
    Edited,
    /// It was not there.
    Added,
    /// It is not there any more.
    Gone,
}

/// An edit of what is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The header.
    pub header: String,
    /// The release.
    pub release: String,
    /// The item by its kind and name, `struct.iommu_fault`; empty if the release itself is gone.
    pub item: String,
    /// What became of it.
    pub how: How,
    /// Its place in the schema; that of nothing, if it is gone.
    pub span: Span,
}

impl std::fmt::Display for Edit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { header, release, item, .. } = self;
        match self.how {
            How::Gone if item.is_empty() => write!(f, "{header} {release} was published, and is gone"),
            How::Edited => write!(f, "{header} {release} was published, and `{item}` is not what it was"),
            How::Added => write!(f, "{header} {release} was published, and had no `{item}`"),
            How::Gone => write!(f, "{header} {release} was published, and `{item}` is gone"),
        }
    }
}

impl Lock {
    /// The lock in the folder of a manifest; an empty one, if there is none.
    pub fn load(root: &Path) -> Result<Self, LockError> {
        let path = root.join(FILE_NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(source) => return Err(LockError::Io { path, source }),
        };
        Self::parse(&text, &path)
    }

    /// Understands the text of a lock; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, LockError> {
        let damaged = |reason: String| LockError::Damaged { path: path.to_owned(), reason };
        let document: DocumentMut =
            text.parse().map_err(|error: toml_edit::TomlError| damaged(error.to_string().trim_end().to_owned()))?;
        match document.get("version").and_then(Item::as_integer) {
            Some(VERSION) => {}
            Some(found) => return Err(LockError::Version { path: path.to_owned(), found }),
            None => return Err(damaged("it has no `version`".to_owned())),
        }
        let mut lock = Self::default();
        for (header, releases) in document.iter().filter(|(key, _)| *key != "version") {
            let releases = releases.as_table().ok_or_else(|| damaged(format!("`{header}` is no table")))?;
            for (release, items) in releases {
                let place = format!("\"{header}\".\"{release}\"");
                let items = items.as_table().ok_or_else(|| damaged(format!("`{place}` is no table")))?;
                let digests: Option<BTreeMap<String, String>> =
                    items.iter().map(|(item, digest)| Some((item.to_owned(), digest.as_str()?.to_owned()))).collect();
                let digests = digests.ok_or_else(|| damaged(format!("`{place}` has what is no digest")))?;
                lock.headers.entry(header.to_owned()).or_default().insert(release.to_owned(), digests);
            }
        }
        Ok(lock)
    }

    /// Writes it into the folder of a manifest.
    pub fn write(&self, root: &Path) -> Result<(), FileError> {
        let files = FileMap::from([(PathBuf::from(FILE_NAME), self.text().into_bytes())]);
        files::write(root, &files).map(drop)
    }

    /// As it is written.
    #[must_use]
    pub fn text(&self) -> String {
        let mut document = DocumentMut::new();
        document["version"] = value(VERSION);
        for (header, releases) in &self.headers {
            let mut all = Table::new();
            all.set_implicit(true);
            for (release, digests) in releases {
                let items: Table = digests.iter().map(|(item, digest)| (item.as_str(), digest.as_str())).collect();
                all.insert(release, Item::Table(items));
            }
            document.insert(header, Item::Table(all));
        }
        format!("{HEAD}{document}")
    }

    /// Whether a release of a header is recorded.
    #[must_use]
    pub fn has(&self, header: &str, release: &str) -> bool {
        self.headers.get(header).is_some_and(|releases| releases.contains_key(release))
    }

    /// Records a release, as the schema has it now.
    pub fn record(&mut self, schema: &Schema, release: Release) -> Result<(), EmitError> {
        let name = schema.release_name(release).to_owned();
        let releases = self.headers.entry(schema.model().header.path.clone()).or_default();
        releases.insert(name, digests(schema, release)?);
        Ok(())
    }

    /// Every edit of what is recorded of the schema's header.
    pub fn edits(&self, schema: &Schema) -> Result<Vec<Edit>, EmitError> {
        let header = &schema.model().header.path;
        let mut edits = Vec::new();
        for (name, before) in self.headers.get(header).into_iter().flatten() {
            let edit = |item: &str, how, span| Edit {
                header: header.clone(),
                release: name.clone(),
                item: item.to_owned(),
                how,
                span,
            };
            let Some(release) = schema.release(name) else {
                edits.push(edit("", How::Gone, Span::default()));
                continue;
            };
            let (now, model) = (digests(schema, release)?, schema.at(release));
            let span = |item: &str| {
                let name = item.split_once('.').map_or(item, |(_, name)| name);
                let found = model.items.iter().find(|item| item.meta().name == name);
                found.map_or_else(Span::default, |item| item.meta().span)
            };
            let both = before.iter().filter(|(item, digest)| now.get(*item).is_some_and(|now| now != *digest));
            edits.extend(both.map(|(item, _)| edit(item, How::Edited, span(item))));
            let gone = before.keys().filter(|item| !now.contains_key(*item));
            edits.extend(gone.map(|item| edit(item, How::Gone, Span::default())));
            let added = now.keys().filter(|item| !before.contains_key(*item));
            edits.extend(added.map(|item| edit(item, How::Added, span(item))));
        }
        Ok(edits)
    }

    /// Headers that are recorded, and that none of `headers` is; each with what it may be called now.
    #[must_use]
    pub fn lost<'a>(&'a self, headers: &[&'a str]) -> Vec<(&'a str, Option<&'a str>)> {
        let lost = self.headers.keys().map(String::as_str).filter(|header| !headers.contains(header));
        lost.map(|header| (header, nearest::nearest(header, headers.iter().copied()))).collect()
    }
}

/// Digests of what the items of a release mean, by their names.
fn digests(schema: &Schema, release: Release) -> Result<BTreeMap<String, String>, EmitError> {
    let short = |lines: &str| Sha256::digest(lines).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(meaning::of(&schema.at(release))?.into_iter().map(|(item, lines)| (item, short(&lines))).collect())
}
