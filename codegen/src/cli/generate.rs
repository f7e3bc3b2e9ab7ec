//! `argsz generate`.

use std::fmt::Write as _;
use std::path::Path;

use argsz_codegen::files::{self, FileError, Stale};

use super::args::Generate;
use super::term::{ADDED, BAD, BOLD, CODE, REMOVED, count, paint, print, quoted};
use super::{Done, Failure, project};

/// Lines of the difference of one file that are shown.
const DIFF_LINES: usize = 120;

pub(crate) fn run(manifest: Option<&Path>, options: &Generate) -> Done {
    let named = manifest;
    let manifest = project::manifest(manifest)?;
    let files = argsz_codegen::generate(&manifest).map_err(|error| project::cannot_generate(&error))?;
    if options.check {
        let stale = files::stale(&manifest.root, &files).map_err(|error| cannot(&error))?;
        if stale.is_empty() {
            return print(&format!("{}, all as their schemas say\n", count(files.len(), "file")));
        }
        print(&stale.iter().map(|file| show(&manifest.root, file)).collect::<String>())?;
        return Err(Failure::Stale(mend(&manifest.root, &stale, named)));
    }
    let written = files::write(&manifest.root, &files).map_err(|error| cannot(&error))?;
    let mut text = String::new();
    for path in &written {
        let _ = writeln!(text, "wrote {}", paint(BOLD, manifest.root.join(path).display()));
    }
    let _ = writeln!(text, "{}, {} changed", count(files.len(), "file"), written.len());
    // The command ends: the system takes its memory back at once.
    std::mem::forget(files);
    print(&text)
}

pub(crate) fn cannot(error: &FileError) -> Failure {
    Failure::File(format!("error: {error}\nhelp: no file was left half-written; mend this and run it again"))
}

pub(crate) fn show(root: &Path, file: &Stale<'_>) -> String {
    let what = if file.old.is_none() { "missing" } else { "stale" };
    let mut text = format!("{} {}\n", paint(BAD, what), paint(BOLD, root.join(file.path).display()));
    for line in file.diff(root, DIFF_LINES).lines() {
        let style = match line.as_bytes() {
            [b'+', ..] => ADDED,
            [b'-', ..] => REMOVED,
            [b'@', ..] => CODE,
            _ => anstyle::Style::new(),
        };
        text.push_str(&paint(style, line));
        text.push('\n');
    }
    text
}

fn mend(root: &Path, stale: &[Stale<'_>], named: Option<&Path>) -> String {
    let mut text = format!("error: {} stale or missing:\n", count(stale.len(), "generated file"));
    for file in stale {
        let _ = writeln!(text, "  {}", root.join(file.path).display());
    }
    let manifest = named.map(|path| format!(" --manifest {}", quoted(path))).unwrap_or_default();
    let _ = write!(text, "help: run `argsz generate{manifest}` and commit what it writes");
    text
}
