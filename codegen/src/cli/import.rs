//! `argsz import`.

use std::fmt::Write as _;
use std::path::Path;

use argsz_codegen::import::{self, DECIDE, ImportError, Imported, MergeError, Request};
use argsz_codegen::{FileMap, files};
use argsz_schema::Schema;
use argsz_schema::source::Source;

use super::args::Import;
use super::generate::cannot;
use super::term::{GOOD, complain, count, paint, print};
use super::{Done, Failure, project};

pub(crate) fn run(options: &Import) -> Done {
    let request = Request {
        header: options.header.clone(),
        include: options.include.clone(),
        release: options.release.clone(),
        compiler: import::compiler(),
    };
    let imported = import::import(&request).map_err(|error| failure(&error))?;
    for missing in &imported.missing {
        complain(&format!("left out: {missing}"));
    }
    if let Some(path) = &options.merge {
        return merge(path, &imported, &request);
    }
    let Some(path) = &options.output else { return print(&imported.text) };
    write_new(path, &imported.text)?;
    let open = count(imported.text.matches(DECIDE).count(), "place");
    print(&format!("{} {}: {open} marked {DECIDE}\n", paint(GOOD, "wrote"), path.display()))
}

fn merge(path: &Path, imported: &Imported, request: &Request) -> Done {
    let schema = Schema::load(path).map_err(project::cannot_load)?;
    let draft = Schema::parse(Source::new("the draft", &*imported.text));
    let draft = draft.map_err(|rejected| Failure::Bug(rejected.render(true)))?;
    let merged = import::merge(&schema, imported, &draft, request).map_err(|error| match &error {
        MergeError::Contradiction { found } => {
            let found_in = count(found.len(), "contradiction");
            let text = format!("error: {found_in} between the schema and the header: nothing was written");
            let help = "help: say in the schema what is true: `since` and `until` for what changed, or another header";
            Failure::Mistakes(format!("{text}\n{}\n{help}", found.join("\n")))
        }
        MergeError::Edit(_) => Failure::Mistakes(format!("error: {error}")),
    })?;
    let files = FileMap::from([(path.to_owned(), merged.text.clone().into_bytes())]);
    files::write(Path::new(""), &files).map_err(|error| cannot(&error))?;
    let mut text = String::new();
    for (word, names) in [("since", &merged.added), ("until", &merged.ended)] {
        for name in names {
            let _ = writeln!(text, "{word} {}: {name}", request.release);
        }
    }
    let (added, ended) = (merged.added.len(), merged.ended.len());
    let _ = writeln!(text, "{} {}: {added} began, {ended} ended", paint(GOOD, "merged"), path.display());
    print(&text)?;
    // What the new release means for rules is for a person to say.
    Schema::load(path).map(drop).map_err(project::cannot_load)
}

fn failure(error: &ImportError) -> Failure {
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    match error {
        // What the compiler says comes first.
        ImportError::Rejected { header, said } => {
            let said = said.trim_end();
            Failure::Mistakes(format!("{said}\nerror: the compiler does not take {}{help}", header.display()))
        }
        ImportError::Nothing(_) => Failure::Mistakes(format!("error: {error}{help}")),
        ImportError::Draft { .. } => Failure::Bug(format!("error: {error}{help}")),
        _ => Failure::File(format!("error: {error}{help}")),
    }
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, text: &str) -> Done {
    let file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let path = path.display();
            Failure::Usage(format!("error: {path} is there already\nhelp: name another file, or move it away"))
        }
        _ => Failure::File(format!("error: {}: {error}", path.display())),
    })?;
    let written = std::io::Write::write_all(&mut &file, text.as_bytes());
    written.map_err(|error| Failure::File(format!("error: {}: {error}", path.display())))
}
