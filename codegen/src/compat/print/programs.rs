//! Reports for programs: every place is one in the files that are here.

use std::fmt::Write as _;

use argsz_schema::source::Span;
use serde_json::{Value, json};

use crate::compat::exact::Exact;
use crate::compat::run::{Cell, Sent};
use crate::compat::{Effect, Finding, Report, Which, rules};
use crate::page::escaped;
use crate::smt::same::Found;

/// Version of the JSON; it changes when a key does.
const JSON_VERSION: u32 = 1;

/// File, line and column in the new text: of what is gone, those of its item, or of the file.
fn place(report: &Report, finding: &Finding) -> (String, usize, usize) {
    let side = &report.pair.new;
    let span = match finding.at {
        (Which::New, span) => span,
        (Which::Old, _) => {
            let item = side.model.items.iter().find(|item| item.meta().name == finding.item);
            item.map_or_else(Span::default, |item| item.meta().span)
        }
    };
    let (line, column) = side.schema.source().position(span.start);
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
            "gate": finding.effect.gate,
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
        "exact": report.exact.as_ref().map(exact),
    })
}

fn exact(exact: &Exact) -> Value {
    let answers: Vec<Value> = exact
        .answers
        .iter()
        .map(|answer| {
            let (harm, user) = match &answer.found {
                Found::Nothing => (json!(false), Value::Null),
                Found::Undecided => (Value::Null, Value::Null),
                Found::Bytes(input) => (json!(true), json!(crate::engine::to_hex(&input.user))),
            };
            let side = if answer.newer { "new" } else { "old" };
            json!({ "struct": answer.strct, "side": side, "harm": harm, "user": user, "outcome": answer.outcome })
        })
        .collect();
    json!({ "solver": exact.tool, "answers": answers })
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

/// SARIF 2.1.0.
#[must_use]
pub fn sarif(reports: &[Report]) -> String {
    let known: Vec<Value> = rules::all()
        .map(|rule| {
            json!({ "id": rule.id, "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.why }, "help": { "text": rule.mend } })
        })
        .collect();
    let results: Vec<Value> = broken(reports).map(|(report, finding)| sarif_result(report, finding)).collect();
    let driver = json!({ "name": "argsz", "version": env!("CARGO_PKG_VERSION"), "rules": known });
    let all = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }] });
    format!("{all:#}\n")
}

fn sarif_result(report: &Report, finding: &Finding) -> Value {
    let (file, line, column) = place(report, finding);
    let level = if finding.effect.status() > 10 { "error" } else { "warning" };
    json!({
        "ruleId": finding.rule.id, "level": level,
        "message": { "text": format!("{}: {} ({})", finding.full_path(), finding.message, finding.effect) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": file.replace(' ', "%20") },
            "region": { "startLine": line, "startColumn": column },
        } }],
    })
}

/// `JUnit`: a case for each pair, with a failure for each finding.
#[must_use]
pub fn junit(reports: &[Report]) -> String {
    let failing = reports.iter().filter(|report| broken(std::slice::from_ref(report)).next().is_some()).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"argsz compat\" tests=\"{}\" failures=\"{failing}\">\n",
        reports.len()
    );
    for report in reports {
        let name = format!("{} {} -> {}", report.header, report.pair.old.label, report.pair.new.label);
        let _ = writeln!(text, "  <testcase classname=\"argsz compat\" name=\"{}\">", escaped(&name));
        for (report, finding) in broken(std::slice::from_ref(report)) {
            let (file, line, _) = place(report, finding);
            let message = format!("{} {}: {}", finding.rule.id, finding.full_path(), finding.message);
            let _ = writeln!(
                text,
                "    <failure type=\"{}\" message=\"{}\">{}:{line}</failure>",
                finding.rule.id,
                escaped(&message),
                escaped(&file)
            );
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
        let (rule, message) = (finding.rule, format!("{}: {}", finding.full_path(), finding.message));
        let _ = writeln!(
            text,
            "::{kind} file={},line={line},col={column},title={} {}::{}. {}",
            property(&file),
            rule.id,
            finding.effect.letters(),
            data(&message),
            data(rule.mend)
        );
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
