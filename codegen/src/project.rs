//! From a manifest to a file map; and the same from a build script.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use argsz_schema::codes;
use argsz_schema::diag::Diagnostic;
use argsz_schema::model::Release;
use argsz_schema::render::Rejected;
use argsz_schema::shares;
use argsz_schema::source::{Source, Span};
use argsz_schema::{LoadError, Schema};
use sha2::{Digest, Sha256};

use crate::files::{self, FileError, FileMap};
use crate::manifest::{Entry, Manifest, Named, Out};
use crate::{EmitError, Shared, Unit, emitters};
use argsz_schema::nearest::nearest;

/// Why a project could not be generated: everything that is wrong with it, not the first thing alone.
#[derive(thiserror::Error)]
#[error("{}", .0.iter().map(|problem| problem.render(false)).collect::<Vec<_>>().join("\n"))]
pub struct GenerateError(pub Vec<Problem>);

/// As it is displayed: a build script that ends with it, or unwraps it, prints this.
impl std::fmt::Debug for GenerateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{self}")
    }
}

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A schema or the manifest cannot be read, or has mistakes.
    #[error("{0}")]
    Load(LoadError),
    /// An emitter gave up on a schema that passed its checks.
    #[error("`{schema}`: the output `{output}` could not be made, which is a bug of argsz: {error}")]
    Emit {
        /// The schema.
        schema: String,
        /// The key of the output.
        output: &'static str,
        /// What the emitter said.
        error: EmitError,
    },
    /// A generated file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The generator was called in a way that makes no sense.
    #[error("{0}")]
    Usage(String),
}

impl Problem {
    /// The text for people, without a trailing newline.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        match self {
            Self::Load(LoadError::Rejected(rejected)) => rejected.render(color).trim_end().to_owned(),
            other => format!("error: {other}"),
        }
    }
}

/// Says which releases there are, the nearest first.
#[must_use]
pub fn release_hint(schema: &Schema, asked: &str) -> String {
    let known = &schema.model().header.releases;
    let all = known.join(", ");
    match nearest(asked, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? It has {all}"),
        None => format!("it has {all}"),
    }
}

/// Makes everything the manifest asks for. Nothing is written.
pub fn generate(manifest: &Manifest) -> Result<FileMap, GenerateError> {
    let mut problems = Vec::new();
    let mut files = FileMap::new();
    let mut schemas: BTreeMap<&str, Option<Schema>> = BTreeMap::new();
    for entry in &manifest.entries {
        let schema = schemas.entry(&entry.path).or_insert_with(|| {
            load(&manifest.root, &entry.path).map_err(|error| problems.push(Problem::Load(error))).ok()
        });
        if let Some(schema) = schema {
            for (path, text) in outputs(manifest, entry, schema, &mut problems) {
                files.insert(path, text.into_bytes());
            }
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(GenerateError(problems)) }
}

/// Loads a schema of a project. Diagnostics name it as the user would find it.
pub fn load(root: &Path, path: &str) -> Result<Schema, LoadError> {
    Schema::load(&root.join(path))
}

fn outputs(manifest: &Manifest, entry: &Entry, schema: &Schema, problems: &mut Vec<Problem>) -> Vec<(PathBuf, String)> {
    let mut done = Vec::new();
    for (release, outs) in by_release(manifest, entry, schema, problems) {
        let model = schema.at(release);
        let hash = input_hash(&schema.source().text, schema.release_name(release));
        let unit = Unit {
            history: schema.model(),
            release,
            model: &model,
            stem: Path::new(&entry.path).file_stem().and_then(|stem| stem.to_str()).unwrap_or("schema"),
            source_name: &entry.path,
            input_hash: &hash,
            shared: Shared::default(),
        };
        unit.prepare();
        // Emitters know nothing of each other.
        let made = shares::map_of(model.items.len(), &outs, |out| (out.emitter.emit)(&unit));
        for (out, made) in outs.into_iter().zip(made) {
            match made {
                Ok(text) => {
                    done.push((out.path.clone(), text));
                    let beside = out.emitter.beside.iter();
                    done.extend(beside.map(|(name, text)| (out.path.with_file_name(name), (*text).to_owned())));
                }
                Err(error) => {
                    problems.push(Problem::Emit { schema: entry.path.clone(), output: out.emitter.key, error });
                }
            }
        }
    }
    done
}

/// The outputs of an entry, by their release.
fn by_release<'e>(
    manifest: &Manifest,
    entry: &'e Entry,
    schema: &Schema,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Release, Vec<&'e Out>> {
    // One release is wrong once, however many outputs are to be made at it.
    let mut by_name: Vec<(Option<&Named>, Vec<&Out>)> = Vec::new();
    for out in &entry.outs {
        let asked = out.release.as_ref().or(entry.release.as_ref());
        match by_name.iter_mut().find(|(known, _)| *known == asked) {
            Some((_, outs)) => outs.push(out),
            None => by_name.push((asked, vec![out])),
        }
    }
    let mut by_release: BTreeMap<Release, Vec<&Out>> = BTreeMap::new();
    for (asked, outs) in by_name {
        match release(manifest, entry, schema, asked) {
            Ok(release) => by_release.entry(release).or_default().extend(outs),
            Err(problem) => problems.push(problem),
        }
    }
    by_release
}

fn release(manifest: &Manifest, entry: &Entry, schema: &Schema, asked: Option<&Named>) -> Result<Release, Problem> {
    let Some(asked) = asked else { return newest(schema) };
    schema.release(&asked.name).ok_or_else(|| {
        let message = format!("`{}` has no release `{}`", entry.path, asked.name);
        let hint = release_hint(schema, &asked.name);
        let source = manifest.source.clone();
        if source.text.is_empty() {
            // A build script asked for it.
            return Problem::Usage(format!("{}: {message}; {hint}", source.name.display()));
        }
        let found = vec![Diagnostic::new(codes::AZ0601, asked.span, message).help(hint)];
        Problem::Load(LoadError::Rejected(Rejected { source, found }))
    })
}

fn newest(schema: &Schema) -> Result<Release, Problem> {
    let newest = schema.model().header.releases.last().and_then(|name| schema.release(name));
    newest.ok_or_else(|| Problem::Usage(format!("`{}` has no releases", schema.source().name.display())))
}

/// Hash of all that decides an output: the schema's text, the release, the version of this tool.
#[must_use]
pub fn input_hash(text: &str, release: &str) -> String {
    let mut hash = Sha256::new();
    for part in [env!("CARGO_PKG_VERSION"), release, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let whole = hash.finalize();
    let mut short = [0; 8];
    short.copy_from_slice(&whole[..8]);
    format!("{:016x}", u64::from_be_bytes(short))
}

/// The generator as a library call, for `build.rs`:
///
/// ```no_run
/// argsz_codegen::Generator::new().schema("abi.toml").release("1.0").rust("abi.rs").run()?;
/// # Ok::<(), argsz_codegen::GenerateError>(())
/// ```
///
/// In a build script schemas are looked for from the package's folder, outputs go to `OUT_DIR`, and cargo is told to
/// run the script again when a schema changes. Elsewhere both start at the current folder.
#[derive(Debug, Default)]
#[must_use = "nothing is generated before `run`"]
pub struct Generator {
    entries: Vec<Entry>,
    misuse: Vec<Problem>,
}

impl Generator {
    /// Nothing to generate yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a schema; what is said next is about it.
    pub fn schema(mut self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_string_lossy().into_owned();
        self.entries.push(Entry { path, release: None, outs: Vec::new() });
        self
    }

    /// The release the schema's outputs are generated at; without it, the newest.
    pub fn release(self, name: &str) -> Self {
        let named = Named { name: name.to_owned(), span: Span::default() };
        self.last("release", |entry| entry.release = Some(named))
    }

    /// Where the schema's Rust goes.
    pub fn rust(self, path: impl AsRef<Path>) -> Self {
        self.out("rust", path)
    }

    /// Where an output goes, by its key in the manifest: `rust`, `c-header`, `c-checks`, ...
    pub fn out(mut self, key: &str, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref().to_owned();
        let Some(emitter) = emitters::find(key) else {
            let known: Vec<&str> = emitters::ALL.iter().map(|emitter| emitter.key).collect();
            let known = known.join(", ");
            self.misuse.push(Problem::Usage(format!("no output is called `{key}`; there are {known}")));
            return self;
        };
        let out = Out { emitter, path, release: None, span: Span::default() };
        self.last("out", |entry| entry.outs.push(out))
    }

    /// Generates, writes what changed, and says which files those were.
    pub fn run(self) -> Result<Vec<PathBuf>, GenerateError> {
        if !self.misuse.is_empty() {
            return Err(GenerateError(self.misuse));
        }
        let script = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let root =
            if script.is_some() { std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default() } else { "".into() };
        let root = PathBuf::from(root);
        if script.is_some() {
            for entry in &self.entries {
                println!("cargo::rerun-if-changed={}", root.join(&entry.path).display());
            }
        }
        let manifest =
            Manifest { root, source: Source::new("<build script>", ""), entries: self.entries, waivers: Vec::new() };
        let to = script.unwrap_or_else(|| manifest.root.clone());
        let clashes = manifest.clashes(&to);
        if !clashes.is_empty() {
            return Err(GenerateError(clashes.into_iter().map(|clash| Problem::Usage(clash.message)).collect()));
        }
        let files = generate(&manifest)?;
        files::write(&to, &files).map_err(|error| GenerateError(vec![error.into()]))
    }

    fn last(mut self, what: &str, change: impl FnOnce(&mut Entry)) -> Self {
        match self.entries.last_mut() {
            Some(entry) => change(entry),
            None => self.misuse.push(Problem::Usage(format!("`{what}` comes after the `schema` it is about"))),
        }
        self
    }
}
