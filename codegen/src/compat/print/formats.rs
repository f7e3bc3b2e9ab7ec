//! Reports for programs and pages.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::compat::run::{Cell, Sent};
use crate::compat::{Effect, Finding, Report, Which, rules};

/// Version of the JSON; it changes when a key does.
const JSON_VERSION: u32 = 1;

fn place(report: &Report, finding: &Finding) -> (String, usize, usize) {
    let side = if finding.at.0 == Which::Old { &report.pair.old } else { &report.pair.new };
    let (line, column) = side.schema.source().position(finding.at.1.start);
    (side.schema.source().name.display().to_string(), line, column)
}

fn broken(reports: &[Report]) -> impl Iterator<Item = (&Report, &Finding)> {
    let all = reports.iter().flat_map(|report| report.findings.iter().map(move |finding| (report, finding)));
    all.filter(|(_, finding)| finding.effect != Effect::SAFE && finding.waived.is_none())
}

/// JSON of all reports: `version`, `effect`, and `reports` with `findings`, `runs` and `skipped`.
#[must_use]
pub fn json(reports: &[Report]) -> String {
    let effect = reports.iter().fold(Effect::SAFE, |effect, report| effect | report.effect());
    let all: Vec<Value> = reports.iter().map(one_json).collect();
    format!("{:#}\n", json!({ "version": JSON_VERSION, "effect": effect.letters(), "reports": all }))
}

fn one_json(report: &Report) -> Value {
    let findings: Vec<Value> = report.findings.iter().map(|finding| {
        let (file, line, column) = place(report, finding);
        json!({
            "rule": finding.rule.id, "effect": finding.effect.letters(),
            "old_user": finding.effect.old_user, "new_user": finding.effect.new_user, "source": finding.effect.source,
            "item": finding.item, "path": finding.full_path(), "message": finding.message,
            "file": file, "line": line, "column": column, "follows": finding.follows, "waived": finding.waived,
        })
    }).collect();
    let runs: Vec<Value> = report
        .rows
        .iter()
        .map(|row| {
            json!({ "struct": row.strct, "old_user": row.old_user.iter().map(sent).collect::<Vec<_>>(),
                "new_user": row.new_user.iter().map(sent).collect::<Vec<_>>() })
        })
        .collect();
    let skipped: Vec<Value> = report.skipped.iter().map(|(what, why)| json!({ "what": what, "why": why })).collect();
    json!({
        "header": report.header, "old": report.pair.old.label, "new": report.pair.new.label,
        "effect": report.effect().letters(), "findings": findings, "runs": runs, "skipped": skipped,
    })
}

fn sent(sent: &Sent) -> Value {
    let hex = crate::engine::to_hex(&sent.bytes);
    match &sent.cell {
        Cell::Works => json!({ "case": sent.case, "user": hex, "cell": "works" }),
        Cell::Refused { errno, rule, asked_for_new } => json!({ "case": sent.case, "user": hex, "cell": "refused",
            "errno": errno, "rule": rule, "asked_for_new": asked_for_new }),
        Cell::Misread { what } => json!({ "case": sent.case, "user": hex, "cell": "misread", "what": what }),
    }
}

/// Markdown: a table for each pair.
#[must_use]
pub fn markdown(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let (old, new) = (&report.pair.old.label, &report.pair.new.label);
        let _ = writeln!(text, "## `{}`: {old} -> {new}: {}\n", report.header, report.effect());
        let _ = writeln!(text, "| rule | class | where | what | waived |\n|---|---|---|---|---|");
        for finding in &report.findings {
            let waived = finding.waived.as_deref().unwrap_or_default();
            let message = finding.message.replace('|', "\\|");
            let _ = writeln!(
                text,
                "| {} | {} | `{}` | {message} | {waived} |",
                finding.rule.id,
                finding.effect.letters(),
                finding.full_path()
            );
        }
        text.push('\n');
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One page of HTML without anything from elsewhere.
#[must_use]
pub fn html(reports: &[Report]) -> String {
    let mut text = "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Compatibility</title>\n\
        <style>body{font:16px sans-serif;max-width:70em;margin:auto}td,th{border:1px solid #ccc;padding:.2em .5em;text-align:left}table{border-collapse:collapse}</style>\n".to_owned();
    for report in reports {
        let head =
            format!("{}: {} -> {}: {}", report.header, report.pair.old.label, report.pair.new.label, report.effect());
        let _ = writeln!(text, "<h2>{}</h2>\n<table><tr><th>rule<th>class<th>where<th>what<th>waived", escaped(&head));
        for finding in &report.findings {
            let cells = [
                finding.rule.id,
                finding.effect.letters(),
                &finding.full_path(),
                &finding.message,
                finding.waived.as_deref().unwrap_or_default(),
            ]
            .map(escaped);
            let _ = writeln!(text, "<tr><td>{}", cells.join("<td>"));
        }
        text.push_str("</table>\n");
    }
    text.push_str("</html>\n");
    text
}

/// SARIF 2.1.0.
#[must_use]
pub fn sarif(reports: &[Report]) -> String {
    let known: Vec<Value> = rules::ALL
        .iter()
        .map(|rule| json!({ "id": rule.id, "shortDescription": { "text": rule.title }, "help": { "text": rule.mend } }))
        .collect();
    let results: Vec<Value> = broken(reports).map(|(report, finding)| {
        let (file, line, column) = place(report, finding);
        let level = if finding.effect.status() > 10 { "error" } else { "warning" };
        json!({ "ruleId": finding.rule.id, "level": level, "message": { "text": format!("{}: {}", finding.full_path(), finding.message) },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": file }, "region": { "startLine": line, "startColumn": column } } }] })
    }).collect();
    let driver = json!({ "name": "argsz", "version": env!("CARGO_PKG_VERSION"), "rules": known });
    let all = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "results": results }] });
    format!("{all:#}\n")
}

/// `JUnit`: a case for each pair, with a failure for each finding.
#[must_use]
pub fn junit(reports: &[Report]) -> String {
    let failures = broken(reports).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"argsz compat\" tests=\"{}\" failures=\"{failures}\">\n",
        reports.len()
    );
    for report in reports {
        let name = format!("{} {} -> {}", report.header, report.pair.old.label, report.pair.new.label);
        let _ = writeln!(text, "  <testcase name=\"{}\">", escaped(&name));
        for (report, finding) in broken(std::slice::from_ref(report)) {
            let (file, line, _) = place(report, finding);
            let message = format!("{} {}: {}", finding.rule.id, finding.full_path(), finding.message);
            let _ =
                writeln!(text, "    <failure message=\"{}\">{}:{line}</failure>", escaped(&message), escaped(&file));
        }
        text.push_str("  </testcase>\n");
    }
    text.push_str("</testsuite>\n");
    text
}

/// Annotations of GitHub's workflows.
#[must_use]
pub fn github(reports: &[Report]) -> String {
    let mut text = String::new();
    for (report, finding) in broken(reports) {
        let (file, line, column) = place(report, finding);
        let kind = if finding.effect.status() > 10 { "error" } else { "warning" };
        let _ = writeln!(
            text,
            "::{kind} file={file},line={line},col={column},title={} {}::{}",
            finding.rule.id,
            finding.effect.letters(),
            finding.message.replace('%', "%25")
        );
    }
    text
}

/// `docs/compat.md`: a section for each rule, under the anchor that findings link to.
#[must_use]
pub fn rules_page() -> String {
    let mut text = "# Rules of compatibility\n\nWhat `argsz compat` judges by. This page is printed from the table of rules; a test compares it.\n\n\
        O: an old user breaks on a new kernel. N: a new user breaks on an old kernel. B: both. src: only source breaks.\n\
        gate: the edit is refused. S: safe. Where a rule has two, it depends on the direction of the change.\n\n\
        Under each rule stands an edit that breaks it, without the heads of the schemas; a test runs it.\n".to_owned();
    for rule in rules::ALL {
        let letters = rule.effects.iter().map(|effect| effect.letters()).collect::<Vec<_>>().join(" or ");
        let _ = write!(
            text,
            "\n<a id=\"{}\"></a>\n\n## {}: {} ({letters})\n\n{}\n\n{}\n",
            rule.anchor(),
            rule.id,
            rule.title,
            rule.why,
            rule.mend
        );
        let _ = write!(text, "\n```diff\n{}```\n", rule.shown);
        if !rule.codes.is_empty() {
            let _ = writeln!(text, "\n`argsz check` refuses such a schema already: {}.", rule.codes.join(", "));
        }
    }
    text
}
