//! `argsz verify`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::interp::InterpEngine;
use argsz_codegen::engine::rust::RustEngine;
use argsz_codegen::engine::{Engine, EngineError, Input, Outcome, cache_dir, to_hex};
use argsz_codegen::project::input_hash;
use argsz_codegen::vectors::{self, Broken, Vector};
use argsz_codegen::{Shared, Unit};
use argsz_schema::model::{Item, Release};
use serde_json::json;

use super::args::{EngineName, Format, Verify};
use super::project::{self, Named};
use super::term::{BAD, GOOD, count, paint, print};
use super::{Done, Failure};

/// How many mismatches are shown one by one.
const SHOWN: usize = 50;

pub(crate) fn run(manifest: Option<&Path>, options: &Verify) -> Done {
    let read = vectors::parse(&read(&options.file)?);
    if read.whole.is_empty() && read.broken.is_empty() {
        return Err(Failure::Usage(format!("error: `{}` has no vectors", options.file.display())));
    }
    let schemas = project::schemas(manifest, options.header.as_deref())?;
    known_layer(&schemas, options)?;
    let mut replay = Replay { options, schemas: &schemas, answers: BTreeMap::new(), broken: read.broken };
    replay.all(&read.whole)?;
    replay.report(&read.whole)
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    bytes.map_err(|error| Failure::File(format!("error: cannot read `{}`: {error}", path.display())))
}

fn known_layer(schemas: &[Named], options: &Verify) -> Done {
    let Some(layer) = &options.layer else { return Ok(()) };
    let known: Vec<&str> =
        schemas.iter().flat_map(|named| named.schema.model().layers.keys()).map(String::as_str).collect();
    if known.contains(&layer.as_str()) { Ok(()) } else { Err(project::unknown("layer", layer, &known)) }
}

/// One run over a file of vectors.
struct Replay<'a> {
    options: &'a Verify,
    schemas: &'a [Named],
    /// What each engine answers, by place of the vector.
    answers: BTreeMap<usize, Vec<(&'static str, Outcome, bool)>>,
    broken: Vec<Broken>,
}

impl Replay<'_> {
    /// Sorts the vectors by the lists that judge them, and runs each lot through every engine.
    fn all(&mut self, vectors: &[Vector]) -> Done {
        let mut lots: BTreeMap<(usize, Release), Vec<usize>> = BTreeMap::new();
        for (place, vector) in vectors.iter().enumerate() {
            match self.reader(vector) {
                Ok(reader) => lots.entry(reader).or_default().push(place),
                Err(reason) => self.broken.push(Broken { line: vector.line, reason }),
            }
        }
        for ((schema, release), places) in lots {
            self.lot(&self.schemas[schema], release, vectors, &places)?;
        }
        self.broken.sort_by_key(|broken| broken.line);
        Ok(())
    }

    /// The schema and release that judge a vector: those that it or the command line names, or the newest that
    /// has its struct. `STRUCT.FIELD` is a struct and what a pointer of it leads to.
    fn reader(&self, vector: &Vector) -> Result<(usize, Release), String> {
        let name = vector.input.strct.split('.').next().unwrap_or_default();
        let asked = self.options.release.as_deref().or(vector.release.as_deref());
        let mut nearest = None;
        for (at, named) in self.schemas.iter().enumerate() {
            let schema = &named.schema;
            let lives = |release: &Release| schema.model().items.iter().any(|item| is_live(item, name, *release));
            let Some(newest) = schema.releases().filter(lives).last() else { continue };
            let Some(asked) = asked else { return Ok((at, newest)) };
            match schema.release(asked) {
                Some(release) if lives(&release) => return Ok((at, release)),
                Some(_) => nearest = Some(format!("there is no struct `{name}` at release {asked}")),
                None => {
                    let known = schema.model().header.releases.join(", ");
                    nearest = nearest.or(Some(format!("`{}` has no release `{asked}`; it has {known}", named.name)));
                }
            }
        }
        Err(nearest.unwrap_or_else(|| format!("no schema has a struct `{name}`")))
    }

    fn lot(&mut self, named: &Named, release: Release, vectors: &[Vector], places: &[usize]) -> Done {
        let schema = &named.schema;
        let model = schema.at(release);
        let hash = input_hash(&schema.source().text, schema.release_name(release));
        let unit = Unit {
            history: schema.model(),
            release,
            model: &model,
            stem: "schema",
            source_name: &named.name,
            input_hash: &hash,
            shared: Shared::default(),
        };
        let layer = self.options.layer.as_deref().filter(|layer| model.layers.contains_key(*layer));
        let judge = InterpEngine::build(&unit, layer).map_err(broke)?;
        let (places, unknown): (Vec<usize>, Vec<usize>) =
            places.iter().partition(|place| judge.knows(&vectors[**place].input.strct));
        self.broken.extend(unknown.into_iter().map(|place| {
            let Vector { line, input, .. } = &vectors[place];
            Broken { line: *line, reason: format!("`{}` is no pointer that a reader follows", input.strct) }
        }));
        if places.is_empty() {
            return Ok(());
        }
        let inputs: Vec<Input> = places.iter().map(|place| vectors[*place].input.clone()).collect();
        for engine in engines(self.options.engine, &unit, layer)? {
            for (place, outcome) in places.iter().zip(engine.run(&inputs).map_err(broke)?) {
                let agrees = judge.agrees(&vectors[*place], &outcome);
                self.answers.entry(*place).or_default().push((engine.name(), outcome, agrees));
            }
        }
        Ok(())
    }

    fn report(&self, vectors: &[Vector]) -> Done {
        let mut text = String::new();
        let mut mismatches = 0;
        let mut silent = Vec::new();
        for (place, answers) in &self.answers {
            let vector = &vectors[*place];
            if self.options.format == Format::Json {
                for (engine, outcome, _) in answers {
                    json_line(&mut text, vector.line, engine, outcome);
                }
                continue;
            }
            let Some(errno) = &vector.errno else {
                silent.push(Broken { line: vector.line, reason: "`errno` is missing".to_owned() });
                continue;
            };
            for (engine, outcome, _) in answers.iter().filter(|(.., agrees)| !agrees) {
                mismatches += 1;
                if mismatches <= SHOWN {
                    mismatch(&mut text, vector, errno, engine, outcome);
                }
            }
        }
        if self.options.format == Format::Text {
            self.summary(&mut text, mismatches);
        }
        print(&text)?;
        let name = self.options.file.display();
        let mut broken: Vec<&Broken> = self.broken.iter().chain(&silent).collect();
        broken.sort_by_key(|broken| broken.line);
        let complaints: Vec<String> = broken.iter().map(|broken| format!("error: {name}: {broken}")).collect();
        match (complaints.is_empty(), mismatches) {
            (true, 0) => Ok(()),
            (true, _) => Err(Failure::Mistakes(String::new())),
            (false, _) => Err(Failure::Mistakes(complaints.join("\n"))),
        }
    }

    fn summary(&self, text: &mut String, mismatches: usize) {
        if mismatches > SHOWN {
            let _ = writeln!(text, "... and {} more", mismatches - SHOWN);
        }
        let engines: Vec<&str> = self
            .answers
            .values()
            .next()
            .map(|answers| answers.iter().map(|answer| answer.0).collect())
            .unwrap_or_default();
        let style = if mismatches == 0 { GOOD } else { BAD };
        let vectors = count(self.answers.len(), "vector");
        let found = match mismatches {
            1 => "1 mismatch".to_owned(),
            n => format!("{n} mismatches"),
        };
        let by = if engines.is_empty() { String::new() } else { format!(", by {}", engines.join(", ")) };
        let _ = writeln!(text, "{vectors}{by}: {}", paint(style, found));
    }
}

fn is_live(item: &Item, name: &str, release: Release) -> bool {
    matches!(item, Item::Struct(def) if !def.is_union && def.meta.name == name && def.meta.life.has(release))
}

/// The engines that were asked for.
fn engines(asked: EngineName, unit: &Unit<'_>, layer: Option<&str>) -> Result<Vec<Box<dyn Engine>>, Failure> {
    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    if matches!(asked, EngineName::Interp | EngineName::All) {
        engines.push(Box::new(InterpEngine::build(unit, layer).map_err(broke)?));
    }
    if matches!(asked, EngineName::Rust | EngineName::All) {
        engines.push(Box::new(RustEngine::build(unit, layer, &cache_dir()).map_err(broke)?));
    }
    if matches!(asked, EngineName::C | EngineName::All) {
        engines.push(Box::new(CEngine::build(unit, layer, &CBuild::default()).map_err(broke)?));
    }
    Ok(engines)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn broke(error: EngineError) -> Failure {
    let text = format!("error: {error}");
    match error {
        EngineError::Tool { .. } | EngineError::Io { .. } => Failure::File(text),
        EngineError::Build { .. } | EngineError::Emit(_) | EngineError::Died { .. } => Failure::Bug(text),
        EngineError::Unknown { .. } => Failure::Usage(text),
    }
}

fn json_line(text: &mut String, line: usize, engine: &str, outcome: &Outcome) {
    let value = json!({
        "line": line,
        "engine": engine,
        "errno": outcome.errno,
        "rule": outcome.rule,
        "after_lookup": outcome.after_lookup,
        "kernel": outcome.held.as_deref().map(to_hex),
    });
    let _ = writeln!(text, "{value}");
}

fn mismatch(text: &mut String, vector: &Vector, errno: &str, engine: &str, outcome: &Outcome) {
    let _ =
        write!(text, "line {}: {}: recorded {errno}, {engine} says {}", vector.line, vector.input.strct, outcome.errno);
    if let Some(rule) = &outcome.rule {
        let after = if outcome.after_lookup { ", after look-up" } else { "" };
        let _ = write!(text, " ({rule}{after})");
    }
    text.push('\n');
    if let (Some(kernel), Some(held)) = (&vector.kernel, &outcome.held)
        && kernel != held
    {
        let _ = writeln!(text, "  recorded {}\n  {engine:8} {}", to_hex(kernel), to_hex(held));
    }
}
