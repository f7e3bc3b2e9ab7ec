//! `argsz fmt`.

use std::path::{Path, PathBuf};

use argsz_codegen::{FileMap, files, fmt};
use argsz_schema::source::Source;
use argsz_schema::{Schema, schema};

use super::args::Fmt;
use super::generate::{cannot, show};
use super::term::{BOLD, count, paint, print, quoted};
use super::{Done, Failure, check, project};

pub(crate) fn run(manifest: Option<&Path>, options: &Fmt) -> Done {
    let paths = if options.files.is_empty() { check::of_manifest(manifest)? } else { options.files.clone() };
    let mut shaped = FileMap::new();
    for path in paths {
        let text = schema::read(&path).map_err(project::cannot_load)?;
        let formatted = fmt::format(&text).map_err(|error| shapeless(&path, text, &error))?;
        shaped.insert(path, formatted.into_bytes());
    }
    let here = Path::new("");
    if !options.check {
        let written = files::write(here, &shaped).map_err(|error| cannot(&error))?;
        let list: String = written.iter().map(|path| format!("shaped {}\n", paint(BOLD, path.display()))).collect();
        return print(&format!("{list}{}, {} changed\n", count(shaped.len(), "schema"), written.len()));
    }
    let stale = files::stale(here, &shaped).map_err(|error| cannot(&error))?;
    if stale.is_empty() {
        return print(&format!("{}, all in shape\n", count(shaped.len(), "schema")));
    }
    print(&stale.iter().map(|file| show(here, file)).collect::<String>())?;
    let names: Vec<String> = stale.iter().map(|file| quoted(file.path)).collect();
    let text = format!("error: {} not in shape", count(stale.len(), "schema"));
    Err(Failure::Stale(format!("{text}\nhelp: run `argsz fmt {}`", names.join(" "))))
}

/// The loader says more of what is wrong than the formatter could.
fn shapeless(path: &PathBuf, text: String, error: &fmt::Shapeless) -> Failure {
    let loaded = Schema::parse(Source::new(path, text));
    Failure::Mistakes(match (error, loaded) {
        (fmt::Shapeless::NotToml(_), Err(rejected)) => rejected.render(true),
        _ => format!("error: {}: {error}", path.display()),
    })
}
