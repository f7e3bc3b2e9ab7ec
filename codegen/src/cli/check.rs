//! `argsz check`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use argsz_schema::Schema;

use super::args::Check;
use super::term::{GOOD, count, paint, print};
use super::{Done, Failure, project, release};

pub(crate) fn run(manifest: Option<&Path>, options: &Check) -> Done {
    let files = if options.files.is_empty() { of_manifest(manifest)? } else { options.files.clone() };
    let mut good = String::new();
    let (mut failures, mut schemas) = (Vec::new(), Vec::new());
    for path in &files {
        match Schema::load(path) {
            Ok(schema) => {
                let model = schema.model();
                let releases = count(model.header.releases.len(), "release");
                let items = count(model.items.len(), "item");
                let _ = writeln!(good, "{} {}: {items}, {releases}", paint(GOOD, "ok"), path.display());
                schemas.push(schema);
            }
            Err(error) => failures.push(project::cannot_load(error)),
        }
    }
    // What was published is a matter of the project; a file alone has no lock.
    if options.files.is_empty() && failures.is_empty() {
        let root = project::manifest(manifest)?.root;
        failures
            .extend(release::edited(&root, &schemas.iter().collect::<Vec<_>>())?.into_iter().map(Failure::Mistakes));
    }
    print(&good)?;
    if failures.is_empty() {
        return Ok(());
    }
    let text = failures.iter().map(Failure::text).collect::<Vec<_>>().join("\n\n");
    let unreadable = failures.iter().any(|failure| matches!(failure, Failure::File(_)));
    Err(if unreadable { Failure::File(text) } else { Failure::Mistakes(text) })
}

pub(crate) fn of_manifest(manifest: Option<&Path>) -> Result<Vec<PathBuf>, Failure> {
    let manifest = project::manifest(manifest)?;
    let mut paths = Vec::new();
    for entry in &manifest.entries {
        let path = manifest.root.join(&entry.path);
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}
