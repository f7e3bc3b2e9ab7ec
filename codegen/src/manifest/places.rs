//! Where outputs go: each to a file of its own, and none over what a person wrote.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use argsz_schema::source::Span;

use super::{Entry, Out};

/// An output that cannot go where it was sent.
#[derive(Debug)]
pub(crate) struct Clash {
    /// Where it was sent there.
    pub(crate) at: Span,
    /// What is wrong.
    pub(crate) message: String,
    /// The output that was there first, and what it does there.
    pub(crate) first: Option<(Span, &'static str)>,
}

/// What has a place already.
#[derive(Debug, Clone, Copy)]
enum Taken {
    /// What is read: a person wrote it, or it records what was published.
    Input(&'static str),
    /// An output.
    Output(Span),
    /// A text that lies beside an output.
    Beside(Span, &'static str),
}

/// Which outputs, whose places start at `root`, would overwrite one another, or one of the `inputs`.
pub(crate) fn clashes(inputs: &[(PathBuf, &'static str)], root: &Path, entries: &[Entry]) -> Vec<Clash> {
    let mut taken: BTreeMap<PathBuf, Taken> =
        inputs.iter().map(|(path, what)| (plain(path), Taken::Input(what))).collect();
    let mut found = Vec::new();
    for out in entries.iter().flat_map(|entry| &entry.outs) {
        for (path, new) in files(out) {
            let place = plain(&root.join(&path));
            match conflict(&taken, &place, new) {
                Some((other, there)) => {
                    let message = said(&path, there, &place, other, &plain(root));
                    found.push(Clash { at: out.span, message, first: first(there, out) });
                }
                None => _ = taken.insert(place, new),
            }
        }
    }
    found
}

/// All files of an output.
fn files(out: &Out) -> impl Iterator<Item = (PathBuf, Taken)> {
    let beside = out.emitter.beside.iter();
    let beside = beside.map(|(name, text)| (out.path.with_file_name(name), Taken::Beside(out.span, text)));
    std::iter::once((out.path.clone(), Taken::Output(out.span))).chain(beside)
}

/// What lies at a place, or in the way to it, or below it as in a folder. One text may lie beside many.
fn conflict<'t>(taken: &'t BTreeMap<PathBuf, Taken>, place: &Path, new: Taken) -> Option<(&'t Path, Taken)> {
    let above = place.ancestors().find_map(|path| taken.get_key_value(path));
    let below = || taken.range(place.to_owned()..).next().filter(|(path, _)| path.starts_with(place));
    let (path, there) = above.or_else(below)?;
    match (there, new) {
        (Taken::Beside(_, one), Taken::Beside(_, other)) if path == place && *one == other => None,
        _ => Some((path, *there)),
    }
}

fn said(path: &Path, there: Taken, place: &Path, other: &Path, root: &Path) -> String {
    let owner = match there {
        Taken::Input(what) => what,
        Taken::Output(_) => "another output",
        Taken::Beside(..) => "what checks in C include",
    };
    let (path, by) = (path.display(), other.strip_prefix(root).unwrap_or(other).display());
    if other == place {
        format!("`{path}` is the place of {owner}")
    } else if place.starts_with(other) {
        format!("`{path}` lies below `{by}`, which is no folder but {owner}")
    } else {
        format!("`{path}` is a folder: `{by}` lies in it, {owner}")
    }
}

fn first(there: Taken, out: &Out) -> Option<(Span, &'static str)> {
    let (span, what) = match there {
        Taken::Input(_) => return None,
        Taken::Output(span) => (span, "the first one goes here"),
        Taken::Beside(span, _) => (span, "it is laid beside these"),
    };
    (span != out.span).then_some((span, what))
}

/// The place without `.` and `..`, from the root of the file system, so that all ways to say it are one.
fn plain(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}
