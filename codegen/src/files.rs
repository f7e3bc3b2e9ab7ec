//! What is generated, by place: a sorted map of paths to bytes, and the writer that brings it to the disk.
//!
//! Every file on the disk is whole at every moment, the old one or the new one: new bytes are written to a file beside
//! it, and only when all of them lie there are they renamed, one by one, over the old ones. One writer works at a
//! time (a lock on the root folder), so the next can sweep away what a killed one left.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use argsz_schema::shares;

/// Everything that is generated: path -> bytes, in the order of paths. Relative paths start at the writer's root.
pub type FileMap = BTreeMap<PathBuf, Vec<u8>>;

/// Why a file could not be read or written. Paths are as the file map names them.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A directory is in the way.
    #[error("`{}` is a directory, but a generated file goes there", .0.display())]
    IsDirectory(PathBuf),
    /// The folder for a file cannot be had.
    #[error("cannot make the folder `{}` for `{}`: {source}", folder.display(), path.display())]
    Folder {
        /// The file.
        path: PathBuf,
        /// Its folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something else the system said.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried: `read`, `write`, `replace`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl FileError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }
}

/// A file that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub struct Stale<'a> {
    /// Where it goes.
    pub path: &'a Path,
    /// What lies there; `None` if nothing does.
    pub old: Option<Vec<u8>>,
    /// What should.
    pub new: &'a [u8],
}

impl Stale<'_> {
    /// The difference as `diff -u` writes it, of at most `lines` lines; the file is named as it is found from `root`.
    #[must_use]
    pub fn diff(&self, root: &Path, lines: usize) -> String {
        let path = root.join(self.path);
        let old = String::from_utf8_lossy(self.old.as_deref().unwrap_or_default());
        let new = String::from_utf8_lossy(self.new);
        let whole = similar::TextDiff::from_lines(&*old, &*new)
            .unified_diff()
            .header(&format!("{} (on disk)", path.display()), &format!("{} (generated)", path.display()))
            .to_string();
        let total = whole.lines().count();
        if total <= lines {
            return whole;
        }
        let shown: String = whole.split_inclusive('\n').take(lines).collect();
        shown + &format!("... and {} more lines\n", total - lines)
    }
}

/// The files that differ from what the disk holds, in the order of paths.
pub fn stale<'a>(root: &Path, files: &'a FileMap) -> Result<Vec<Stale<'a>>, FileError> {
    let mut found = Vec::new();
    for (path, new) in files {
        let old = read(root, path)?;
        if old.as_ref() != Some(new) {
            found.push(Stale { path, old, new });
        }
    }
    Ok(found)
}

fn read(root: &Path, path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    match fs::read(root.join(path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::IsADirectory => Err(FileError::IsDirectory(path.to_owned())),
        Err(error) => Err(FileError::io("read", path)(error)),
    }
}

/// Bytes that are worth a thread to write.
const LONG: usize = 4 << 20;

/// Writes the files that are stale, each whole or not at all, and says which they were.
pub fn write(root: &Path, files: &FileMap) -> Result<Vec<PathBuf>, FileError> {
    let _one_at_a_time = lock(root)?;
    for path in files.keys() {
        sweep(root, path)?;
    }
    let stale = stale(root, files)?;
    let long = stale.iter().map(|file| file.new.len()).sum::<usize>() >= LONG;
    let staged = shares::map_if(long, &stale, |file| Staged::new(root, file));
    let staged = staged.into_iter().collect::<Result<Vec<_>, FileError>>()?;
    staged.into_iter().map(Staged::commit).collect()
}

fn lock(root: &Path) -> Result<File, FileError> {
    let here = if root == Path::new("") { Path::new(".") } else { root };
    let folder = File::open(here).map_err(FileError::io("open", root))?;
    match folder.lock() {
        Err(error) if error.kind() != ErrorKind::Unsupported => Err(FileError::io("lock", root)(error)),
        _ => Ok(folder),
    }
}

/// The name under which the new bytes of a file lie beside it.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.argsz-new"))
}

/// Removes what a killed writer left beside a file.
fn sweep(root: &Path, path: &Path) -> Result<(), FileError> {
    let beside = beside(&root.join(path));
    match fs::symlink_metadata(&beside) {
        Ok(_) => fs::remove_file(&beside).map_err(FileError::io("clear the way for", path)),
        Err(_) => Ok(()),
    }
}

/// New bytes that lie beside the file they will replace. Dropped uncommitted, they go.
struct Staged {
    path: PathBuf,
    place: PathBuf,
    beside: PathBuf,
    /// Whether there is something under that name.
    lies: bool,
}

impl Staged {
    fn new(root: &Path, file: &Stale<'_>) -> Result<Self, FileError> {
        let path = file.path;
        let place = root.join(path);
        let mut staged = Self { path: path.to_owned(), beside: beside(&place), place, lies: true };
        let open = || OpenOptions::new().write(true).create_new(true).open(&staged.beside);
        let opened = match open() {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let folder = staged.place.parent().unwrap_or(root);
                fs::create_dir_all(folder).map_err(|source| {
                    let folder = path.parent().unwrap_or(path).to_owned();
                    FileError::Folder { path: path.to_owned(), folder, source }
                })?;
                open()
            }
            opened => opened,
        };
        staged.lies = opened.is_ok();
        opened.and_then(|mut beside| beside.write_all(file.new)).map_err(FileError::io("write", path))?;
        Ok(staged)
    }

    fn commit(mut self) -> Result<PathBuf, FileError> {
        fs::rename(&self.beside, &self.place).map_err(FileError::io("replace", &self.path))?;
        self.lies = false;
        Ok(std::mem::take(&mut self.path))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if self.lies {
            // Nobody is left to be told that it could not be removed; the next writer sweeps it away.
            let _ = fs::remove_file(&self.beside);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn map(files: &[(&str, &str)]) -> FileMap {
        files.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn writes_only_what_changed() {
        let root = tempfile::tempdir().unwrap();
        let files = map(&[("a/b.rs", "one\n"), ("c.h", "two\n")]);
        assert_eq!(write(root.path(), &files).unwrap().len(), 2);
        let first = fs::metadata(root.path().join("c.h")).unwrap().modified().unwrap();
        let files = map(&[("a/b.rs", "uno\n"), ("c.h", "two\n")]);
        assert_eq!(write(root.path(), &files).unwrap(), [PathBuf::from("a/b.rs")]);
        assert_eq!(fs::read(root.path().join("a/b.rs")).unwrap(), b"uno\n");
        assert_eq!(fs::metadata(root.path().join("c.h")).unwrap().modified().unwrap(), first);
        assert!(stale(root.path(), &files).unwrap().is_empty());
    }

    #[test]
    fn a_directory_in_the_way_changes_nothing() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("z")).unwrap();
        let error = write(root.path(), &map(&[("a", "new"), ("z", "new")])).unwrap_err();
        assert!(matches!(error, FileError::IsDirectory(_)), "{error}");
        assert_eq!(names(root.path()), ["z"]);
    }

    #[test]
    fn a_file_in_place_of_a_folder_leaves_nothing_behind() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("z"), "a file").unwrap();
        assert!(write(root.path(), &map(&[("a", "new"), ("z/inner", "new")])).is_err());
        assert_eq!(names(root.path()), ["z"]);
    }

    #[test]
    fn what_a_killed_writer_left_is_swept_away() {
        let root = tempfile::tempdir().unwrap();
        for on_disk in ["", "whole"] {
            fs::write(root.path().join("a"), on_disk).unwrap();
            fs::write(root.path().join(".a.argsz-new"), "hal").unwrap();
            write(root.path(), &map(&[("a", "whole")])).unwrap();
            assert_eq!(names(root.path()), ["a"]);
        }
    }

    #[test]
    fn a_long_difference_is_cut() {
        let new: String = "line\n".repeat(100);
        let stale = Stale { path: Path::new("x"), old: None, new: new.as_bytes() };
        let shown = stale.diff(Path::new(""), 10);
        assert_eq!(shown.lines().count(), 11);
        assert!(shown.ends_with("... and 93 more lines\n"), "{shown}");
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
