//! `argsz release`, and what `argsz check` says of releases that were published.

use std::path::Path;

use argsz_codegen::lock::{Edit, FILE_NAME, Lock};
use argsz_schema::Schema;

use super::args::Release;
use super::project::{self, Named};
use super::term::{BAD, BOLD, GOOD, paint, print};
use super::{Done, Failure};

pub(crate) fn run(manifest: Option<&Path>, options: &Release) -> Done {
    let root = project::manifest(manifest)?.root;
    let found = project::schemas(manifest, options.header.as_deref())?;
    let having: Vec<&Named> = found.iter().filter(|named| named.schema.release(&options.release).is_some()).collect();
    if having.is_empty() {
        let asked = &options.release;
        return match found.as_slice() {
            [one] => project::release(one, asked).map(drop),
            _ => Err(project::no_header_has(&found, asked)),
        };
    }
    let mut lock = load(&root)?;
    let mut said = String::new();
    for named in having {
        let release = project::release(named, &options.release)?;
        let header = named.schema.model().header.path.as_str();
        if lock.has(header, &options.release) {
            let mut edits = lock.edits(&named.schema).map_err(bug)?;
            edits.retain(|edit| edit.release == options.release);
            if !edits.is_empty() {
                return Err(Failure::Mistakes(refusal(&named.schema, &edits)));
            }
            said.push_str(&format!("{header} {} is recorded already\n", options.release));
            continue;
        }
        lock.record(&named.schema, release).map_err(bug)?;
        said.push_str(&format!("{} {header} {}\n", paint(GOOD, "recorded"), options.release));
    }
    lock.write(&root).map_err(|error| Failure::File(format!("error: {error}")))?;
    print(&said)
}

pub(crate) fn load(root: &Path) -> Result<Lock, Failure> {
    Lock::load(root).map_err(|error| Failure::File(format!("error: {error}")))
}

pub(crate) fn bug(error: impl std::fmt::Display) -> Failure {
    Failure::Bug(format!("error: {error}"))
}

/// Every edit of what the project has published, as text; empty if there is none.
pub(crate) fn edited(root: &Path, schemas: &[&Schema]) -> Result<Vec<String>, Failure> {
    let lock = load(root)?;
    let mut found = Vec::new();
    for schema in schemas {
        let edits = lock.edits(schema).map_err(bug)?;
        if !edits.is_empty() {
            found.push(refusal(schema, &edits));
        }
    }
    let headers: Vec<&str> = schemas.iter().map(|schema| schema.model().header.path.as_str()).collect();
    for (lost, near) in lock.lost(&headers) {
        let near = near.map(|near| format!("is it called `{near}` now? then give it that name in {FILE_NAME}; else "));
        found.push(format!(
            "error: releases of `{lost}` were published, and no schema has it\n\
             help: {}take its tables out of {FILE_NAME}",
            near.unwrap_or_default()
        ));
    }
    Ok(found)
}

fn refusal(schema: &Schema, edits: &[Edit]) -> String {
    let source = schema.source();
    let mut text = String::new();
    for edit in edits {
        let (line, column) = source.position(edit.span.start);
        let place = format!("{}:{line}:{column}", source.name.display());
        let head = paint(BAD, "error[I08]");
        text.push_str(&format!("{head}{}\n  --> {place}\n", paint(BOLD, format!(": {edit}"))));
    }
    let (header, release) = edits.first().map_or(("", ""), |edit| (&edit.header, &edit.release));
    text.push_str(&format!(
        "help: give what is new a `since`, and what ends an `until`, of a later release; see `argsz explain I08`\n\
         help: if the schema was wrong about {release}, take its table out of {FILE_NAME} and record it again: \
         argsz release {release} --header {header}"
    ));
    text
}
