//! `argsz.toml`, the manifest of a project: its schemas, the release each output is generated at, where outputs go.
//!
//! ```toml
//! [[schema]]
//! path    = "schema/linux/iommu.toml"
//! release = "5.10"                     # without it: the newest release of the schema
//!
//! [schema.out]                         # paths start at the folder of this file
//! rust     = "src/iommu.rs"
//! c-header = { path = "include/iommu.h", release = "5.9" }
//! ```

use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use argsz_schema::codes;
use argsz_schema::diag::{Ctxt, Diagnostic};
use argsz_schema::render::Rejected;
use argsz_schema::source::{Source, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::emitters::{self, Emitter};
use argsz_schema::nearest::nearest;

mod places;

use places::{Clash, clashes};

/// Name of the file.
pub const FILE_NAME: &str = "argsz.toml";

/// Name of the record of published releases, beside it.
pub const LOCK_NAME: &str = "argsz.lock";

/// A project that uses the tool.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// The folder at which all its paths start; empty for the current one.
    pub root: PathBuf,
    /// Its text.
    pub source: Source,
    /// Its schemas, in order.
    pub entries: Vec<Entry>,
    /// Breaks of compatibility that it accepts.
    pub waivers: Vec<Waiver>,
}

/// A break of compatibility that a project accepts: `[[waive]]`.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// Id of the rule.
    pub rule: String,
    /// The exact path: `iommu_page_response.flags`.
    pub at: String,
    /// The release that broke it.
    pub release: String,
    /// Why.
    pub reason: String,
    /// Its place.
    pub span: Span,
}

/// A schema of the project.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it lies, as written, from [`Manifest::root`].
    pub path: String,
    /// The release it is generated at, unless an output says otherwise; `None`: the newest.
    pub release: Option<Named>,
    /// What is generated from it.
    pub outs: Vec<Out>,
}

/// A word of the manifest, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The word.
    pub name: String,
    /// Its place.
    pub span: Span,
}

/// Something that is generated.
#[derive(Debug, Clone)]
pub struct Out {
    /// What.
    pub emitter: &'static Emitter,
    /// Where it goes, from [`Manifest::root`].
    pub path: PathBuf,
    /// At which release, if not at its schema's.
    pub release: Option<Named>,
    /// Its place.
    pub span: Span,
}

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// None was found.
    #[error("no `{FILE_NAME}` in `{}` or any folder above it", .0.display())]
    NotFound(PathBuf),
    /// It cannot be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It has mistakes.
    #[error("the manifest has mistakes")]
    Rejected(Rejected),
}

impl Manifest {
    /// Finds the manifest in `start` or the nearest folder above it.
    pub fn find(start: &Path) -> Result<Self, ManifestError> {
        let found = start.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file());
        Self::load(&found.ok_or_else(|| ManifestError::NotFound(start.to_owned()))?)
    }

    /// Reads a manifest.
    pub fn load(path: &Path) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path).map_err(|source| {
            let source = match source.kind() {
                ErrorKind::InvalidData => io::Error::new(ErrorKind::InvalidData, "it is not UTF-8"),
                _ => source,
            };
            ManifestError::Io { path: path.to_owned(), source }
        })?;
        let root = path.parent().unwrap_or(Path::new(""));
        Self::parse(Source::new(path, text), root).map_err(ManifestError::Rejected)
    }

    /// Understands a manifest's text; its paths start at `root`. Collects every mistake.
    pub fn parse(source: Source, root: &Path) -> Result<Self, Rejected> {
        let cx = Ctxt::new();
        let (entries, waivers) = read(&source.text, &cx);
        let manifest = Self { root: root.to_owned(), source, entries, waivers };
        for clash in manifest.clashes(root) {
            let told = Diagnostic::new(codes::AZ0902, clash.at, clash.message);
            let told = clash.first.into_iter().fold(told, |told, (span, what)| told.also(span, what));
            cx.report(told.help("give each output a file of its own"));
        }
        let found = cx.finish();
        if found.is_empty() { Ok(manifest) } else { Err(Rejected { source: manifest.source, found }) }
    }

    /// Which outputs, with places that start at `to`, would overwrite one another or what the project reads.
    pub(crate) fn clashes(&self, to: &Path) -> Vec<Clash> {
        let schemas = self.entries.iter().map(|entry| (self.root.join(&entry.path), "a schema"));
        let mut inputs: Vec<_> = schemas.collect();
        inputs.push((self.source.name.clone(), "the manifest"));
        inputs.push((self.root.join(LOCK_NAME), "the record of published releases"));
        clashes(&inputs, to, &self.entries)
    }

    /// `argsz.toml:3:11`, or the name alone where there is no text.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let name = self.source.name.display();
        if self.source.text.is_empty() {
            return name.to_string();
        }
        let (line, column) = self.source.position(span.start);
        format!("{name}:{line}:{column}")
    }
}

fn read(text: &str, cx: &Ctxt) -> (Vec<Entry>, Vec<Waiver>) {
    let table = match argsz_schema::parse_toml(text) {
        Ok(table) => table,
        Err(found) => {
            for mistake in found {
                cx.report(mistake);
            }
            return (Vec::new(), Vec::new());
        }
    };
    let root = Table::new(table.get_ref(), table.span(), cx, &["schema", "waive"]);
    let Some(schemas) = root.need("schema", "a manifest lists its schemas as `[[schema]]`") else {
        return (Vec::new(), Vec::new());
    };
    let Some(list) = schemas.get_ref().as_array() else {
        wrong(cx, schemas, "`[[schema]]`, with double brackets: there may be several");
        return (Vec::new(), Vec::new());
    };
    let entries: Vec<Entry> = list.iter().filter_map(|schema| entry(schema, cx)).collect();
    (entries, root.get("waive").map(|waive| waivers(waive, cx)).unwrap_or_default())
}

fn waivers(value: &Spanned<DeValue<'_>>, cx: &Ctxt) -> Vec<Waiver> {
    let Some(list) = value.get_ref().as_array() else {
        wrong(cx, value, "`[[waive]]`, with double brackets: there may be several");
        return Vec::new();
    };
    let one = |value: &Spanned<DeValue<'_>>| {
        let Some(keys) = value.get_ref().as_table() else {
            wrong(cx, value, "a table with `rule`, `at`, `release` and `reason`");
            return None;
        };
        let table = Table::new(keys, value.span(), cx, &["rule", "at", "release", "reason"]);
        let get =
            |key: &str, what: &str| table.need(key, what).and_then(|value| string(value, cx)).map(|found| found.name);
        let rule = get("rule", "a rule of `argsz compat --list-rules`");
        let at = get("at", "the exact path: `STRUCT.field`");
        let release = get("release", "the release that broke it");
        let reason = get("reason", "why it is accepted");
        Some(Waiver { rule: rule?, at: at?, release: release?, reason: reason?, span: value.span().into() })
    };
    list.iter().filter_map(one).collect()
}

fn entry(value: &Spanned<DeValue<'_>>, cx: &Ctxt) -> Option<Entry> {
    let Some(table) = value.get_ref().as_table() else {
        wrong(cx, value, "a table with `path`, `release` and `out`");
        return None;
    };
    let table = Table::new(table, value.span(), cx, &["path", "release", "out"]);
    let path = table.need("path", "where the schema lies").and_then(|path| string(path, cx));
    let release = table.get("release").and_then(|release| string(release, cx));
    let mut outs = Vec::new();
    if let Some(out) = table.need("out", "what is generated, and where it goes: `[schema.out]`") {
        match out.get_ref().as_table() {
            Some(entries) => {
                let known: Vec<&str> = emitters::ALL.iter().map(|emitter| emitter.key).collect();
                Table::new(entries, out.span(), cx, &known);
                outs.extend(entries.iter().filter_map(|(key, value)| one_out(key.get_ref(), value, cx)));
                // A table has its keys in the order of the alphabet; people wrote them in another.
                outs.sort_by_key(|out| out.span);
            }
            None => wrong(cx, out, "a table of outputs: `[schema.out]`"),
        }
    }
    Some(Entry { path: path?.name, release, outs })
}

fn one_out(key: &str, value: &Spanned<DeValue<'_>>, cx: &Ctxt) -> Option<Out> {
    let emitter = emitters::find(key)?;
    let (path, release) = match value.get_ref() {
        DeValue::Table(table) => {
            let table = Table::new(table, value.span(), cx, &["path", "release"]);
            let path = table.need("path", "where the output goes").and_then(|path| string(path, cx));
            (path?, table.get("release").and_then(|release| string(release, cx)))
        }
        _ => (string(value, cx)?, None),
    };
    let out = Out { emitter, path: PathBuf::from(&path.name), release, span: path.span };
    let inside = out.path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if path.name.ends_with('/') {
        let finding = Diagnostic::new(codes::AZ0902, path.span, format!("`{}` is a folder", path.name));
        cx.report(finding.label("an output is a file").help("write the name of the file too"));
        return None;
    }
    if !inside || out.path.file_name().is_none() {
        cx.report(
            Diagnostic::new(codes::AZ0902, path.span, format!("`{}` is no place inside the project", path.name))
                .label("an output is a file below the folder of the manifest")
                .help("write a relative path without `..`"),
        );
        return None;
    }
    Some(out)
}

/// A table that is being read.
struct Table<'t, 'i> {
    keys: &'t DeTable<'i>,
    span: Span,
    cx: &'t Ctxt,
    /// The keys it may have.
    known: &'t [&'t str],
}

impl<'t, 'i> Table<'t, 'i> {
    /// A table that may have the `known` keys; others are reported.
    fn new(keys: &'t DeTable<'i>, span: Range<usize>, cx: &'t Ctxt, known: &'t [&'t str]) -> Self {
        let table = Self { keys, span: span.into(), cx, known };
        table.refuse_others();
        table
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.keys.get(key)
    }

    fn need(&self, key: &str, what: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        let value = self.get(key);
        // A key that is only misspelt is reported by itself.
        let meant = |written: &str| !self.known.contains(&written) && nearest(written, [key]).is_some();
        if value.is_none() && !self.keys.iter().any(|(written, _)| meant(written.get_ref())) {
            let at = Span { end: self.span.end.min(self.span.start + 1), ..self.span };
            self.cx.report(Diagnostic::new(codes::AZ0901, at, format!("the key `{key}` is missing")).help(what));
        }
        value
    }

    fn refuse_others(&self) {
        let known = self.known;
        for (key, _) in self.keys {
            if known.contains(&&**key.get_ref()) {
                continue;
            }
            let help = match nearest(key.get_ref(), known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let message = format!("the manifest knows no key `{}` here", key.get_ref());
            self.cx.report(Diagnostic::new(codes::AZ0002, key.span().into(), message).help(help));
        }
    }
}

fn string(value: &Spanned<DeValue<'_>>, cx: &Ctxt) -> Option<Named> {
    match value.get_ref().as_str() {
        Some("") => wrong(cx, value, "a string that is not empty"),
        Some(name) => return Some(Named { name: name.to_owned(), span: value.span().into() }),
        None => wrong(cx, value, "a string"),
    }
    None
}

fn wrong(cx: &Ctxt, value: &Spanned<DeValue<'_>>, expected: &str) {
    let message = format!("expected {expected}");
    let label = match value.get_ref().as_str() {
        Some("") => "this is empty".to_owned(),
        _ => format!("this is: {}", value.get_ref().type_str()),
    };
    cx.report(Diagnostic::new(codes::AZ0901, value.span().into(), message).label(label));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes, each with its line and column.
    type Found = Vec<(&'static str, (usize, usize))>;

    fn parse(text: &str) -> Result<Manifest, Found> {
        Manifest::parse(Source::new("argsz.toml", text), Path::new(".")).map_err(|rejected| {
            rejected.found.iter().map(|d| (d.code.0.id, rejected.source.position(d.at.start))).collect()
        })
    }

    /// The pages of the manifest's own codes show the mistake they speak of.
    #[test]
    fn pages_of_az09_show_their_mistake() {
        for code in codes::ALL.iter().filter(|code| code.0.id.starts_with("AZ09")) {
            let example = code.0.page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
            let found = parse(example.unwrap_or_default()).err().unwrap_or_default();
            assert!(found.iter().any(|(id, _)| *id == code.0.id), "{}: {found:?}", code.0.id);
        }
    }

    #[test]
    fn every_mistake_is_found_at_its_place() {
        let text = "
[[schema]]
path = 1
relase = \"5.10\"
out = 3

[[schema]]
path = \"\"
[schema.out]
rusty = \"x\"

[extra]
";
        let expected = [
            ("AZ0901", (3, 8)),
            ("AZ0002", (4, 1)),
            ("AZ0901", (5, 7)),
            ("AZ0901", (8, 8)),
            ("AZ0002", (10, 1)),
            ("AZ0002", (12, 2)),
        ];
        assert_eq!(parse(text).err().unwrap_or_default(), expected);
    }

    #[test]
    fn a_misspelt_key_was_missing_too() {
        let text = "[[schema]]\npaht = \"a.toml\"\n[schema.out]\nrust = \"a.rs\"\n";
        assert_eq!(parse(text).err().unwrap_or_default(), [("AZ0002", (2, 1))]);
        assert_eq!(parse("[[schemas]]\n").err().unwrap_or_default(), [("AZ0002", (1, 3))]);
    }

    #[test]
    fn an_output_was_a_folder() {
        let text = "[[schema]]\npath = \"a.toml\"\n[schema.out]\nrust = \"sub/\"\n";
        assert_eq!(places(text), ["`sub/` is a folder"]);
    }

    #[test]
    fn all_syntax_errors_at_once() {
        assert_eq!(parse("a = \nb = [\n").err().map(|found| found.len() > 1), Some(true));
    }

    #[test]
    fn a_manifest_without_schemas_says_so() {
        assert_eq!(parse("").err().unwrap_or_default(), [("AZ0901", (1, 1))]);
        assert_eq!(parse("schema = 1").err().unwrap_or_default(), [("AZ0901", (1, 10))]);
    }

    /// What is said of a manifest whose only mistakes are places.
    fn places(text: &str) -> Vec<String> {
        let found =
            Manifest::parse(Source::new("p/argsz.toml", text), Path::new("p")).err().map(|rejected| rejected.found);
        let said = |told: Diagnostic| {
            assert_eq!(told.code.0.id, "AZ0902", "{}", told.message);
            told.message
        };
        found.into_iter().flatten().map(said).collect()
    }

    #[test]
    fn an_output_overwrote_its_schema() {
        let text = "[[schema]]\npath = \"schema/a.toml\"\n[schema.out]\nrust = \"./schema/a.toml\"\nc-header = \"argsz.toml\"\n\
                    c-asserts = \"argsz.lock\"\ndoc-md = \"schema\"\n\
                    [[schema]]\npath = \"../p/./x/../b.toml\"\n[schema.out]\nrust = \"b.toml\"\ndoc-md = \"b.toml/x\"\n";
        let expected = [
            "`./schema/a.toml` is the place of a schema",
            "`argsz.toml` is the place of the manifest",
            "`argsz.lock` is the place of the record of published releases",
            "`schema` is a folder: `schema/a.toml` lies in it, a schema",
            "`b.toml` is the place of a schema",
            "`b.toml/x` lies below `b.toml`, which is no folder but a schema",
        ];
        assert_eq!(places(text), expected);
    }

    #[test]
    fn an_output_overwrote_what_c_checks_include() {
        let text = "[[schema]]\npath = \"a.toml\"\n[schema.out]\nc-checks = \"x/argsz_checks.h\"\n\
                    [[schema]]\npath = \"b.toml\"\n[schema.out]\nc-checks = \"y/a.h\"\nrust = \"y/argsz_checks.h\"\n\
                    [[schema]]\npath = \"c.toml\"\n[schema.out]\nrust = \"z/argsz_checks.h\"\nc-checks = \"z/a.h\"\n\
                    [[schema]]\npath = \"d.toml\"\n[schema.out]\nc-checks = \"y/b.h\"\n\
                    [[schema]]\npath = \"e.toml\"\n[schema.out]\nc-checks = \"y/c.h\"\n";
        let expected = [
            "`x/argsz_checks.h` is the place of another output",
            "`y/argsz_checks.h` is the place of what checks in C include",
            "`z/argsz_checks.h` is the place of another output",
        ];
        assert_eq!(places(text), expected);
    }

    #[test]
    fn an_output_was_the_folder_of_another() {
        let text = "[[schema]]\npath = \"a.toml\"\n[schema.out]\nrust = \"x\"\nc-header = \"x/y.h\"\ndoc-md = \"x/y.h/z\"\n\
                    [[schema]]\npath = \"b.toml\"\n[schema.out]\nrust = \"u/v\"\nc-header = \"u\"\ndoc-md = \"x-y\"\n";
        let expected = [
            "`x/y.h` lies below `x`, which is no folder but another output",
            "`x/y.h/z` lies below `x`, which is no folder but another output",
            "`u` is a folder: `u/v` lies in it, another output",
        ];
        assert_eq!(places(text), expected);
    }
}
