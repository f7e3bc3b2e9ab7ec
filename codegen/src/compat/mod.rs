//! What an edit does to those on either side of it: old users on new kernels, and new users on old ones.
//!
//! Two roads lead to a verdict. Rules ([`rules`]) compare layouts and check lists; and payloads are run ([`run`]): what
//! a user of one release sends goes through the check list of the other, and what is read out is compared with what was
//! put in. A run that shows harm which no rule foretold is an error of argsz ([`Report::unforetold`]).

pub mod exact;
mod findings;
mod growth;
mod guard;
mod layers;
mod lists;
mod names;
mod outcome;
pub mod print;
pub mod rules;
pub mod run;
mod same;
mod structs;
mod unions;

use argsz_schema::checklist::{self, CheckList};
use argsz_schema::layout::{LayoutError, Layouts, layout};
use argsz_schema::model::{Model, Release};
use argsz_schema::source::Span;
use argsz_schema::{Rejected, Schema, target};

use findings::Findings;
pub use outcome::Effect;
use rules::Rule;

/// One side of a comparison: a header at one release of one text.
#[derive(Clone, Debug)]
pub struct Side {
    /// How people call it: `5.9`, `origin/main at 5.9`.
    pub label: String,
    /// The text and the whole history.
    pub schema: Schema,
    /// The release.
    pub release: Release,
    /// The header at that release.
    pub model: Model,
}

impl Side {
    /// The header of a schema at one of its releases.
    #[must_use]
    pub fn new(schema: &Schema, release: Release, label: impl Into<String>) -> Self {
        Self { label: label.into(), schema: schema.clone(), release, model: schema.at(release) }
    }

    /// `schema/linux/iommu.toml:12:3`.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let source = self.schema.source();
        let (line, column) = source.position(span.start);
        format!("{}:{line}:{column}", source.name.display())
    }
}

/// Two sides, the older first.
#[derive(Clone, Debug)]
pub struct Pair {
    /// What was there before.
    pub old: Side,
    /// What is there now.
    pub new: Side,
}

/// Which side a place is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the two sides of a pair")]
pub enum Which {
    Old,
    New,
}

/// One thing that a rule says about a pair.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Whom it breaks.
    pub effect: Effect,
    /// The item: a struct, a set of flags, an ioctl.
    pub item: String,
    /// Path of the field or member within it; empty for the item as a whole.
    pub path: String,
    /// What happened, in one line.
    pub message: String,
    /// Where, and on which side.
    pub at: (Which, Span),
    /// Paths that changed only because of this.
    pub follows: Vec<String>,
    /// The old name and the new one, of what is called otherwise.
    pub renamed: Option<(String, String)>,
    /// The reason why it is accepted, if the project waives it.
    pub waived: Option<String>,
}

impl Finding {
    /// `iommu_page_response.flags`: what a waiver names.
    #[must_use]
    pub fn full_path(&self) -> String {
        if self.path.is_empty() { self.item.clone() } else { format!("{}.{}", self.item, self.path) }
    }
}

/// Everything that was found about a pair.
#[derive(Clone, Debug)]
pub struct Report {
    /// The header.
    pub header: String,
    /// The pair.
    pub pair: Pair,
    /// In the order of items.
    pub findings: Vec<Finding>,
    /// What payloads showed, a row for each struct.
    pub rows: Vec<run::Row>,
    /// What a solver said, if it was asked: [`exact::ask`].
    pub exact: Option<exact::Exact>,
    /// What was not compared, and why.
    pub skipped: Vec<(String, String)>,
    /// Harm that payloads showed and no rule foretold: an error of argsz.
    pub unforetold: Vec<String>,
}

impl Report {
    /// Whom the pair breaks, waived findings aside.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let open = self.findings.iter().filter(|finding| finding.waived.is_none());
        open.fold(Effect::SAFE, |effect, finding| effect | finding.effect)
    }
}

/// Why two sides cannot be compared. A schema that passed its checks should never lead here.
#[derive(Debug, thiserror::Error)]
pub enum CompatError {
    /// A side has no layout.
    #[error("{label}: no layout: {reason}")]
    Layout {
        /// The side.
        label: String,
        /// Why.
        reason: LayoutError,
    },
}

/// A side with its layout and its check lists.
struct Laid<'a> {
    side: &'a Side,
    layouts: Layouts<'a>,
}

impl<'a> Laid<'a> {
    fn new(side: &'a Side) -> Result<Self, CompatError> {
        let layouts = layout(&side.model, target::ALL[0])
            .map_err(|reason| CompatError::Layout { label: side.label.clone(), reason })?;
        Ok(Self { side, layouts })
    }

    fn list(&self, strct: &str) -> Option<CheckList> {
        checklist::compile(&self.layouts, strct, None).ok()
    }
}

/// Compares two sides: by the rules, and by running payloads.
pub fn compare(pair: &Pair) -> Result<Report, CompatError> {
    let (old, new) = (Laid::new(&pair.old)?, Laid::new(&pair.new)?);
    let mut findings = Findings::default();
    names::compare(&old, &new, &mut findings);
    structs::compare(&old, &new, &mut findings);
    let findings = findings.finish(&new.side.model);
    let mut skipped = Vec::new();
    let rows = run::rows(&old, &new, &findings, &mut skipped);
    for (name, layer) in &pair.new.model.layers {
        let structs = layer.on.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let why = if pair.old.model.layers.contains_key(name) {
            format!("payloads of {structs} are run through the generic rules alone")
        } else {
            format!("it is new: {structs} had generic rules alone")
        };
        skipped.push((format!("layer {name}"), why));
    }
    skipped.extend(findings.iter().filter_map(|finding| run::unshown(finding, &rows)));
    let unforetold = rows.iter().filter_map(|row| row.unforetold(&findings)).collect();
    let header = pair.new.model.header.path.clone();
    Ok(Report { header, pair: pair.clone(), findings, rows, exact: None, skipped, unforetold })
}

/// The findings that a schema which was refused stands for: rules that its checks enforce (`E08`, `F06` and others).
#[must_use]
pub fn refused(rejected: &Rejected) -> Vec<(&'static Rule, String)> {
    let of = |code: &str| rules::all().find(|rule| rule.codes.contains(&code));
    rejected.found.iter().filter_map(|found| Some((of(found.code.0.id)?, found.message.clone()))).collect()
}
