//! Programs of each release on kernels of each release: executed, not argued.

use argsz_schema::Schema;
use argsz_schema::model::Release;
use argsz_schema::source::Source;

use super::{code, ever};
use crate::compat::run::{Cell, Sent};
use crate::compat::{Pair, Report, Side, compare};
use crate::history::At;
use crate::page::Section;
use crate::{EmitError, Unit};

/// A row for each struct and release of programs, a column for each release of kernels.
pub(super) fn matrix(unit: &Unit<'_>, releases: &[At<'_>]) -> Result<Section, EmitError> {
    let mut head = vec!["struct", "program of"];
    let kernels: Vec<String> = releases.iter().map(|at| format!("on {}", at.name)).collect();
    head.extend(kernels.iter().map(String::as_str));
    let reports = Reports::new(unit, releases.len())?;
    let mut rows = Vec::new();
    let mut all_work = Vec::new();
    for strct in ever(releases) {
        let having: Vec<usize> =
            (0..releases.len()).filter(|at| releases[*at].layouts.structs.contains_key(strct)).collect();
        let mut of_struct = Vec::new();
        for &user in &having {
            let cell = |kernel: usize| match having.contains(&kernel) {
                true if kernel == user => "works".to_owned(),
                true => reports.sent(strct, user, kernel).map_or_else(String::new, outcome),
                false => "not there".to_owned(),
            };
            let cells = (0..releases.len()).map(cell);
            of_struct.push([code(strct), releases[user].name.to_owned()].into_iter().chain(cells).collect::<Vec<_>>());
        }
        if of_struct.iter().flat_map(|row| &row[2..]).all(|cell| cell == "works" || cell == "not there") {
            all_work.push(strct);
        } else {
            rows.extend(of_struct);
        }
    }
    let mut about =
        "What became of a payload for each feature that a release has, on kernels of each release: it works, \
                     is refused by a rule, or is taken for something else. A refusal of what a kernel does not know is \
                     how it ought to be."
            .to_owned();
    if !all_work.is_empty() {
        let names = all_work.iter().map(code).collect::<Vec<_>>().join(", ");
        about.push_str(&format!(" Everything works, wherever it is there, of {names}."));
    }
    Ok(Section { rows, ..Section::new("Programs on kernels", about, &head) })
}

/// The comparison of every release with every later one.
struct Reports(Vec<(usize, usize, Report)>);

impl Reports {
    fn new(unit: &Unit<'_>, count: usize) -> Result<Self, EmitError> {
        let schema = Schema::from_checked(Source::new(unit.source_name, ""), unit.history.clone());
        let side = |at: usize| {
            let release = Release(u16::try_from(at).unwrap_or_default());
            Side::new(&schema, release, schema.release_name(release))
        };
        let mut all = Vec::new();
        for (old, new) in (0..count).flat_map(|old| (old + 1..count).map(move |new| (old, new))) {
            let report = compare(&Pair { old: side(old), new: side(new) })
                .map_err(|error| EmitError::Layout { item: unit.source_name.to_owned(), reason: error.to_string() })?;
            all.push((old, new, report));
        }
        Ok(Self(all))
    }

    fn sent(&self, strct: &str, user: usize, kernel: usize) -> Option<&[Sent]> {
        let (old, new) = (user.min(kernel), user.max(kernel));
        let (.., report) = self.0.iter().find(|(a, b, _)| (*a, *b) == (old, new))?;
        let row = report.rows.iter().find(|row| row.strct == strct)?;
        Some(if user < kernel { &row.old_user } else { &row.new_user })
    }
}

/// How many work, the rules that refuse the others, and the fields that are misread.
fn outcome(sent: &[Sent]) -> String {
    let works = sent.iter().filter(|sent| sent.cell == Cell::Works).count();
    if works == sent.len() {
        return "works".to_owned();
    }
    let mut parts =
        vec![if works == 0 { "nothing works".to_owned() } else { format!("{works} of {} work", sent.len()) }];
    let mut errnos: Vec<(&str, Vec<String>)> = Vec::new();
    let mut misread: Vec<String> = Vec::new();
    for sent in sent {
        match &sent.cell {
            Cell::Works => {}
            Cell::Refused { errno, rule, .. } => {
                let rule = code(rule.split_once('/').map_or(rule.as_str(), |(_, rule)| rule));
                match errnos.iter_mut().find(|(known, _)| known == errno) {
                    Some((_, rules)) if rules.contains(&rule) => {}
                    Some((_, rules)) => rules.push(rule),
                    None => errnos.push((errno, vec![rule])),
                }
            }
            Cell::Misread { what } => {
                let field = what.first().and_then(|what| what.split('`').nth(1)).map(code).unwrap_or_default();
                if !misread.contains(&field) {
                    misread.push(field);
                }
            }
        }
    }
    parts.extend(errnos.into_iter().map(|(errno, rules)| format!("{errno} by {}", rules.join(", "))));
    if !misread.is_empty() {
        parts.push(format!("MISREAD: {}", misread.join(", ")));
    }
    parts.join("; ")
}
