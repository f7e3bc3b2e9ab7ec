//! Reports for people who read pages.

use crate::compat::run::{Cell, Row, Sent};
use crate::compat::{Effect, Report};
use crate::page::{Page, Section};

/// Markdown: for each pair what was found, what payloads showed, and what was not compared.
#[must_use]
pub fn markdown(reports: &[Report]) -> String {
    page(reports).markdown()
}

/// One page of HTML without anything from elsewhere.
#[must_use]
pub fn html(reports: &[Report]) -> String {
    page(reports).html()
}

fn page(reports: &[Report]) -> Page {
    let effect = reports.iter().fold(Effect::SAFE, |effect, report| effect | report.effect());
    let sections = reports.iter().flat_map(|report| [pair(report), payloads(report), skipped(report)]);
    // A pair is named even if nothing was found.
    let sections = sections.filter(|section| !section.inner || !section.rows.is_empty()).collect();
    Page { title: format!("Compatibility: {effect}"), banner: Vec::new(), sections }
}

fn pair(report: &Report) -> Section {
    let (old, new) = (&report.pair.old.label, &report.pair.new.label);
    let title = format!("{}: {old} to {new}", report.header);
    let about = match report.findings.as_slice() {
        [] => "Nothing changed that a rule speaks of.".to_owned(),
        found => match found.iter().filter(|finding| finding.waived.is_some()).count() {
            0 => format!("In all: {}.", report.effect()),
            waived => format!("In all: {}, where {waived} of {} are waived.", report.effect(), found.len()),
        },
    };
    let mut section = Section::new(title, about, &["rule", "class", "where", "what", "waived"]);
    section.rows.extend(report.findings.iter().map(|finding| {
        vec![
            finding.rule.id.to_owned(),
            finding.effect.letters().to_owned(),
            format!("`{}`", finding.full_path()),
            finding.message.clone(),
            finding.waived.clone().unwrap_or_default(),
        ]
    }));
    section
}

/// Structs in which some payload did not work.
fn payloads(report: &Report) -> Section {
    let (old, new) = (&report.pair.old.label, &report.pair.new.label);
    let about = format!(
        "What became of programs that ask for everything their release has, where it did not all work: {} structs, {} \
         payloads.",
        report.rows.len(),
        report.rows.iter().map(|row| row.old_user.len() + row.new_user.len()).sum::<usize>()
    );
    let head = ["struct", &format!("{old} user on {new} kernel"), &format!("{new} user on {old} kernel")];
    let mut section = Section { inner: true, ..Section::new("Payloads", about, &head) };
    let all_work = |row: &&Row| row.old_user.iter().chain(&row.new_user).all(|sent| sent.cell == Cell::Works);
    section.rows.extend(
        report
            .rows
            .iter()
            .filter(|row| !all_work(row))
            .map(|row| vec![format!("`{}`", row.strct), outcome(&row.old_user), outcome(&row.new_user)]),
    );
    section
}

/// What became of payloads, each outcome with how often there was more than one.
fn outcome(sent: &[Sent]) -> String {
    let mut counted: Vec<(String, usize)> = Vec::new();
    for sent in sent {
        let what = match &sent.cell {
            Cell::Works => "works".to_owned(),
            Cell::Refused { errno, rule, .. } => format!("{errno} by `{rule}`"),
            Cell::Misread { what } => {
                format!("**misread**, {}: {}", sent.case, what.first().map_or("", String::as_str))
            }
        };
        match counted.iter_mut().find(|(known, _)| *known == what) {
            Some((_, count)) => *count += 1,
            None => counted.push((what, 1)),
        }
    }
    let parts: Vec<String> = counted
        .into_iter()
        .map(|(what, count)| if count == 1 { what } else { format!("{what} ({count} times)") })
        .collect();
    parts.join("; ")
}

fn skipped(report: &Report) -> Section {
    let mut section = Section { inner: true, ..Section::new("Not compared, and why", "", &["what", "why"]) };
    section.rows.extend(report.skipped.iter().map(|(what, why)| vec![what.clone(), why.clone()]));
    section
}
