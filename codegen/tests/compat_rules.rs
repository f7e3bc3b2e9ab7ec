//! Each rule of compatibility has a pair of schemas that shows it: both are run, and the rule must say so.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use argsz_codegen::compat::rules::{self, Rule};
use argsz_codegen::compat::{Effect, Pair, Report, Side, compare};
use argsz_codegen::lock::Lock;
use argsz_schema::source::Source;
use argsz_schema::{Rejected, Schema};

fn parse(text: &str) -> Result<Schema, Rejected> {
    Schema::parse(Source::new("t.toml", text))
}

/// The old schema of the pair, and the new one if the language takes it.
fn schemas(rule: &Rule) -> (Schema, Result<Schema, Rejected>) {
    let [old, new] = rule.pair();
    (parse(&old).unwrap_or_else(|rejected| panic!("{}: {rejected}", rule.id)), parse(&new))
}

fn report(old: &Schema, new: &Schema) -> Report {
    let side = |schema: &Schema, label: &str| Side::new(schema, schema.releases().last().unwrap(), label);
    compare(&Pair { old: side(old, "old"), new: side(new, "new") }).unwrap()
}

fn said(report: &Report) -> Vec<String> {
    report.findings.iter().map(|f| format!("{} {}: {}", f.rule.id, f.effect, f.message)).collect()
}

/// What is wrong with a rule's pair.
fn fault(rule: &Rule) -> Option<String> {
    if rule.shown.lines().all(|line| !line.starts_with(['+', '-'])) {
        return Some("its pair shows no edit".to_owned());
    }
    let (old, new) = schemas(rule);
    let new = match new {
        Ok(new) => new,
        Err(rejected) => {
            let codes: Vec<&str> = rejected.found.iter().map(|found| found.code.0.id).collect();
            let refused = rule.codes.iter().any(|code| codes.contains(code));
            return (!refused).then(|| format!("refused, but for {codes:?}: {rejected}"));
        }
    };
    if rule.id == "I08" {
        let mut lock = Lock::default();
        lock.record(&old, old.releases().last().unwrap()).unwrap();
        return lock.edits(&new).unwrap().is_empty().then(|| "the lock sees no edit".to_owned());
    }
    let report = report(&old, &new);
    let Some(found) = report.findings.iter().find(|found| found.rule.id == rule.id) else {
        return Some(format!("not found: {:#?}", said(&report)));
    };
    if found.effect != rule.effects[0] {
        return Some(format!("it {}, where the rule {}", found.effect, rule.effects[0]));
    }
    (!report.unforetold.is_empty()).then(|| format!("unforetold: {:#?}", report.unforetold))
}

#[test]
fn every_rule_is_shown_by_a_pair() {
    let faults: Vec<String> = rules::all().filter_map(|rule| Some(format!("{}: {}", rule.id, fault(rule)?))).collect();
    assert!(faults.is_empty(), "{} of {}\n{}", faults.len(), rules::all().count(), faults.join("\n"));
}

/// A rule says all that it may do: no finding of any pair does anything else.
#[test]
fn findings_do_what_their_rule_says() {
    for rule in rules::all() {
        let (old, Ok(new)) = schemas(rule) else { continue };
        for found in report(&old, &new).findings {
            assert!(
                found.rule.effects.contains(&found.effect),
                "{} {}: {}",
                found.rule.id,
                found.effect,
                found.message
            );
        }
    }
}

/// Harm that a reader's bytes can show is shown: payloads break in each direction that the findings name, and in no
/// other.
#[test]
fn what_can_be_run_is_seen_to_break() {
    let mut faults = Vec::new();
    for rule in rules::all().filter(|rule| rule.runs) {
        let (old, Ok(new)) = schemas(rule) else { continue };
        let report = report(&old, &new);
        let harm = |of: fn(&argsz_codegen::compat::run::Row) -> &Vec<argsz_codegen::compat::run::Sent>| {
            report.rows.iter().any(|row| of(row).iter().any(|sent| sent.cell.harms()))
        };
        let (there, back) = (harm(|row| &row.old_user), harm(|row| &row.new_user));
        let shown = report.findings.iter().filter(|found| found.rule.runs).map(|found| found.effect);
        let effect = shown.fold(Effect::SAFE, |all, one| all | one);
        if (there, back) != (effect.old_user, effect.new_user) {
            faults.push(format!("{} {effect}: shown to old users {there}, to new users {back}", rule.id));
        }
    }
    assert!(faults.is_empty(), "{}\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn pairs_are_files_of_rules() {
    let folder = Path::new("src/compat/witnesses");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut ids: Vec<String> = rules::all().map(|rule| format!("{}.diff", rule.id)).collect();
    ids.sort();
    assert_eq!(files, ids);
}
