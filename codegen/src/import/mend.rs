//! From items to a schema that loads and is true: what the language refuses is said with less, or left out with the
//! reason; lints of what is published are waived.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use argsz_schema::diag::{Diagnostic, Severity};
use argsz_schema::layout::{self, Layouts, StructLayout};
use argsz_schema::model::{ConstValue, Model};
use argsz_schema::source::Source;
use argsz_schema::target::{self, Target};
use argsz_schema::{Schema, constants};

use super::draft::{Draft, Kind, Level};
use super::macros::Value;
use super::text::Text;
use super::types::{Body, Struct, Ty};
use super::write::{self, Head, Writer};
use super::{ImportError, Imported, Request, include_name};

/// Most rounds of writing and loading.
const ROUNDS: usize = 60;

pub(super) struct Job<'a> {
    pub(super) request: &'a Request,
    pub(super) head: Head,
    pub(super) items: Vec<Draft>,
    pub(super) text: &'a Text,
    /// The machine that the compiler builds for, if argsz knows it.
    pub(super) target: Option<Target>,
    pub(super) include: &'a [PathBuf],
}

pub(super) fn mend(mut job: Job<'_>) -> Result<Imported, ImportError> {
    job.leave_out_what_cannot_be_said();
    let mut reason = String::new();
    for _ in 0..ROUNDS {
        let (text, places) = job.write();
        let source = Source::new(format!("{}.toml", job.head.path), text.clone());
        match Schema::parse(source) {
            Ok(schema) => {
                if job.is_true(&schema) {
                    return Ok(job.finish(text));
                }
            }
            Err(rejected) => {
                reason = rejected.render(false);
                if !job.heed(&rejected.found, &text, &places) {
                    break;
                }
            }
        }
    }
    Err(ImportError::Draft { header: job.request.header.clone(), reason })
}

impl Job<'_> {
    fn write(&self) -> (String, Vec<usize>) {
        let from = |file: &Path| include_name(file, self.include);
        let aligns: HashMap<&str, u64> = self
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                Kind::Struct(one) => Some((one.name.as_str(), one.align)),
                _ => None,
            })
            .collect();
        let natural = |name: &str| aligns.get(name).copied().unwrap_or(1);
        let scalar = u64::from(self.target.map_or(8, |target| target.max_scalar_align));
        let (head, items, rust) = (&self.head, &self.items, write::rust_names(&self.items));
        Writer { head, items, text: self.text, from: &from, natural: &natural, scalar, rust }.write()
    }

    /// Structs with something that has no word, and those that contain them.
    fn leave_out_what_cannot_be_said(&mut self) {
        for item in &mut self.items {
            let Kind::Struct(one) = &item.kind else { continue };
            if let Some(what) = one.body.unknown().filter(|_| one.from.is_none()) {
                item.level = Level::Out(what);
            } else if one.body.fields.is_empty() || one.body.size % one.align != 0 {
                item.level = Level::Out("it has no bytes".to_owned());
            }
        }
        self.spread();
    }

    /// What contains a struct that is left out is left out too.
    fn spread(&mut self) {
        loop {
            let out: HashSet<String> =
                self.items.iter().filter(|item| is_out_struct(item)).map(|item| item.name.clone()).collect();
            let mut changed = false;
            for item in &mut self.items {
                let gone = match &item.kind {
                    Kind::Struct(one) if one.from.is_none() => contains(one, &out),
                    Kind::Ioctl { arg: Some(arg), .. } => out.get(arg.split('[').next().unwrap_or(arg)).cloned(),
                    _ => None,
                };
                if let (Some(name), true) = (gone, item.level <= Level::Plain) {
                    item.level = Level::Out(format!("`{name}`, which it needs, is left out"));
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Heeds what the loader says; whether anything was changed.
    fn heed(&mut self, found: &[Diagnostic], text: &str, places: &[usize]) -> bool {
        let mut changed = false;
        let mut lowered = HashSet::new();
        for finding in found {
            let start = finding.at.start as usize;
            let Some(at) = places.partition_point(|place| *place <= start).checked_sub(1) else { continue };
            let item = &mut self.items[at];
            if finding.code.0.severity == Severity::Lint {
                let waiver = (finding.code.0.id, None);
                if !item.waived.contains(&waiver) {
                    item.waived.push(waiver);
                    item.waived.sort_unstable();
                    changed = true;
                }
            } else if finding.code.0.id == "AZ0722" {
                let lint = text.get(std::ops::Range::from(finding.at)).unwrap_or("");
                item.waived.retain(|(waived, _)| !lint.contains(waived));
                changed = true;
            } else if lowered.insert(at) {
                lower(item, &finding.message);
                changed = true;
            }
        }
        self.spread();
        changed
    }

    /// Whether the schema says what the compiler says; if not, what differs is lowered.
    fn is_true(&mut self, schema: &Schema) -> bool {
        let Some(release) = schema.releases().last() else { return true };
        let model = schema.at(release);
        let Ok(layouts) = layout::layout(&model, self.target.unwrap_or(target::ALL[0])) else { return true };
        let values: HashMap<String, ConstValue> = constants::all(&model, &layouts).into_iter().collect();
        let mut is_true = true;
        for item in &mut self.items {
            if let Some(what) = untrue(item, &model, &layouts, &values) {
                lower(item, &what);
                is_true = false;
            }
        }
        self.spread();
        is_true
    }

    fn finish(mut self, mut text: String) -> Imported {
        let note = |item: &Draft| match (&item.kind, &item.level) {
            (Kind::Struct(one), Level::Out(why)) => {
                let word = if one.body.is_union { "union" } else { "struct" };
                Some(format!("`{word} {}`: {why}", item.name))
            }
            (Kind::Ioctl { .. }, Level::Out(why)) => Some(format!("what `{}` takes: {why}", item.name)),
            (Kind::Const { .. }, Level::Out(why)) => Some(format!("`{}`: {why}", item.name)),
            _ => None,
        };
        let more: Vec<String> = self.items.iter().filter_map(note).collect();
        let missing = more.clone();
        if !more.is_empty() {
            self.head.missing.extend(more);
            text = self.write().0;
        }
        // What was just loaded is TOML.
        let text = crate::fmt::format(&text).unwrap_or(text);
        let lines = self.items.iter().flat_map(lines).collect();
        Imported { text, missing, lines }
    }
}

/// Where an item and its parts stand in the header.
fn lines(item: &Draft) -> Vec<(String, u32)> {
    let mut found = vec![(item.name.clone(), item.line)];
    match &item.kind {
        Kind::Set(set) => found.extend(set.members.iter().map(|member| (member.name.clone(), member.line))),
        Kind::Struct(one) => {
            let fields = one.body.fields.iter().map(|field| (format!("{}.{}", item.name, field.name), field.line));
            found.extend(fields);
        }
        _ => {}
    }
    found
}

fn is_out_struct(item: &Draft) -> bool {
    matches!(item.kind, Kind::Struct(_)) && item.level > Level::Plain
}

/// Says less of an item.
fn lower(item: &mut Draft, why: &str) {
    item.waived.clear();
    item.level = match (&item.kind, &item.level) {
        (_, Level::Full) | (Kind::Set(_), _) => Level::Plain,
        _ => Level::Out(why.to_owned()),
    };
}

/// The first of these structs that is contained in one.
fn contains(one: &Struct, names: &HashSet<String>) -> Option<String> {
    fn within(ty: &Ty, names: &HashSet<String>) -> Option<String> {
        match ty {
            Ty::Named(name) => names.get(name).cloned(),
            Ty::Array(of, _) | Ty::Flex(of) => within(of, names),
            Ty::Inline(body) => body.fields.iter().find_map(|field| within(&field.ty, names)),
            Ty::Number(..) | Ty::Enum(..) | Ty::Unknown(_) => None,
        }
    }
    one.body.fields.iter().find_map(|field| within(&field.ty, names))
}

/// What the schema says of an item that the compiler does not.
fn untrue(item: &Draft, model: &Model, layouts: &Layouts<'_>, values: &HashMap<String, ConstValue>) -> Option<String> {
    if item.level > Level::Plain {
        return None;
    }
    let differs = |name: &str, real: i128| match values.get(name) {
        Some(ConstValue::Int(ours)) if *ours == real => None,
        Some(ConstValue::Int(ours)) => Some(format!("its number is {real:#x}, and would be {ours:#x}")),
        _ => Some("its number would not be there".to_owned()),
    };
    match &item.kind {
        Kind::Const { value: Value::Int(value), .. } | Kind::Ioctl { value, .. } => differs(&item.name, *value),
        Kind::Const { .. } => None,
        Kind::Set(set) => set.members.iter().find_map(|member| differs(&member.name, member.value)),
        Kind::Struct(one) => {
            let laid = layouts.structs.get(one.name.as_str())?;
            debug_assert!(model.find_struct(&one.name).is_some());
            if laid.size != one.body.size || laid.align != one.align {
                let (size, align) = (one.body.size, one.align);
                let ours = format!("{} aligned to {}", laid.size, laid.align);
                return Some(format!("it has {size} bytes aligned to {align}, and would have {ours}"));
            }
            moved(&one.body, "", 0, laid)
        }
    }
}

/// The first field that the schema has elsewhere, or as large as it is not, in structs and unions written in place too.
/// `prefix` is the path of `body`, with a dot, and `start` where it begins.
fn moved(body: &Body, prefix: &str, start: u64, laid: &StructLayout<'_>) -> Option<String> {
    body.fields.iter().find_map(|field| {
        let (path, real) = (format!("{prefix}{}", field.name), start + field.offset);
        let placed = laid.field(&path).filter(|_| !field.name.is_empty());
        if let Some(ours) = placed.map(|placed| placed.offset).filter(|ours| *ours != real) {
            return Some(format!("`{path}` is at {real}, and would be at {ours}"));
        }
        let Ty::Inline(inner) = &field.ty else { return None };
        let within = if field.name.is_empty() { prefix.to_owned() } else { format!("{path}.") };
        moved(inner, &within, real, laid).or_else(|| {
            let ours = placed.map(|placed| placed.size).filter(|ours| *ours != inner.size)?;
            Some(format!("`{path}` has {} bytes, and would have {ours}", inner.size))
        })
    })
}
