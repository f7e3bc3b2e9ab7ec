//! Finding the manifest and the schema that the command line means.

use std::path::{Path, PathBuf};

use argsz_codegen::Manifest;
use argsz_codegen::manifest::{FILE_NAME, ManifestError};
use argsz_codegen::project::{GenerateError, Problem, load, release_hint};
use argsz_schema::model::Release;
use argsz_schema::nearest::nearest;
use argsz_schema::{LoadError, Schema};

use super::Failure;

/// The manifest that was named, or the nearest one from here upwards.
pub(crate) fn manifest(named: Option<&Path>) -> Result<Manifest, Failure> {
    let found = match named {
        Some(path) => Manifest::load(path),
        None => nearest_manifest(),
    };
    found.map_err(|error| match error {
        ManifestError::Rejected(rejected) => Failure::Mistakes(rejected.render(true)),
        ManifestError::NotFound(_) => Failure::File(format!(
            "error: no `{FILE_NAME}` here or in any folder above\nhelp: go to the project, name it with --manifest FILE, or begin one with `argsz init NAME`"
        )),
        ManifestError::Io { .. } => Failure::File(format!("error: {error}")),
    })
}

/// Walks up by `..`, so that every path we print can be followed from here.
fn nearest_manifest() -> Result<Manifest, ManifestError> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut folder = PathBuf::new();
    for _ in here.ancestors() {
        let path = folder.join(FILE_NAME);
        if path.is_file() {
            return Manifest::load(&path);
        }
        folder.push("..");
    }
    Err(ManifestError::NotFound(here))
}

/// A schema that could not be loaded.
pub(crate) fn cannot_load(error: LoadError) -> Failure {
    let mistakes = matches!(error, LoadError::Rejected(_));
    let text = Problem::Load(error).render(true);
    if mistakes { Failure::Mistakes(text) } else { Failure::File(text) }
}

/// All that is wrong with a project. The status is that of the worst.
pub(crate) fn cannot_generate(error: &GenerateError) -> Failure {
    let problems = &error.0;
    let text = problems.iter().map(|problem| problem.render(true)).collect::<Vec<_>>().join("\n\n");
    let any = |test: fn(&Problem) -> bool| problems.iter().any(test);
    if any(|problem| matches!(problem, Problem::Emit { .. })) {
        Failure::Bug(text)
    } else if any(|problem| match problem {
        Problem::File(_) => true,
        Problem::Load(error) => !matches!(error, LoadError::Rejected(_)),
        _ => false,
    }) {
        Failure::File(text)
    } else {
        Failure::Mistakes(text)
    }
}

/// A schema and the name it goes by in the manifest.
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) schema: Schema,
}

/// The schemas that `--header` means; all of the manifest without it.
pub(crate) fn schemas(manifest_path: Option<&Path>, header: Option<&str>) -> Result<Vec<Named>, Failure> {
    let is_schema = |path: &Path| path.extension().is_some_and(|end| end == "toml") && path.exists();
    if let Some(path) = header.filter(|header| is_schema(Path::new(header))) {
        let schema = Schema::load(Path::new(path)).map_err(cannot_load)?;
        return Ok(vec![Named { name: path.to_owned(), schema }]);
    }
    let manifest = manifest(manifest_path)?;
    let mut paths: Vec<&str> = Vec::new();
    for entry in &manifest.entries {
        if !paths.contains(&entry.path.as_str()) {
            paths.push(&entry.path);
        }
    }
    if let Some(path) = header.and_then(|header| paths.iter().copied().find(|path| *path == header)) {
        paths = vec![path];
    }
    let mut found = Vec::new();
    for path in paths {
        let schema = load(&manifest.root, path).map_err(cannot_load)?;
        found.push(Named { name: path.to_owned(), schema });
    }
    match header {
        Some(header) => only(found, header),
        None => Ok(found),
    }
}

fn only(mut found: Vec<Named>, header: &str) -> Result<Vec<Named>, Failure> {
    let is = |named: &Named| named.schema.model().header.path == header || named.name == header;
    if found.iter().any(is) {
        found.retain(is);
        return Ok(found);
    }
    let known: Vec<&str> = found.iter().map(|named| named.schema.model().header.path.as_str()).collect();
    Err(unknown("header", header, &known))
}

/// The release that was asked for.
pub(crate) fn release(named: &Named, asked: &str) -> Result<Release, Failure> {
    named.schema.release(asked).ok_or_else(|| {
        let (header, hint) = (&named.schema.model().header.path, release_hint(&named.schema, asked));
        Failure::Usage(format!("error: `{header}` has no release `{asked}`\nhelp: {hint}"))
    })
}

/// No header has the release, or the releases, that were asked for.
pub(crate) fn no_header_has(found: &[Named], asked: &str) -> Failure {
    let known = found.iter().map(|named| {
        let header = &named.schema.model().header;
        format!("{} has {}", header.path, header.releases.join(", "))
    });
    let known = known.collect::<Vec<_>>().join("; ");
    Failure::Usage(format!("error: no header has the release `{asked}`\nhelp: {known}"))
}

/// Something is asked for that does not exist: says what is near, and what there is.
pub(crate) fn unknown(what: &str, asked: &str, known: &[&str]) -> Failure {
    const SHOWN: usize = 60;
    let near = nearest(asked, known.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let mut list = known[..known.len().min(SHOWN)].join(", ");
    if known.len() > SHOWN {
        list = format!("{list} and {} more", known.len() - SHOWN);
    }
    if known.is_empty() {
        "none".clone_into(&mut list);
    }
    Failure::Usage(format!("error: no {what} is called `{asked}`\nhelp: {near}there are: {list}"))
}
