//! `argsz compat --exact`: rules, payloads that are run, and a solver's word on all payloads agree.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::time::Duration;

use argsz_codegen::compat::exact::{Answer, ask};
use argsz_codegen::compat::run::{Cell, Sent};
use argsz_codegen::compat::{Pair, Report, Side, compare, rules};
use argsz_codegen::smt::Solver;
use argsz_codegen::smt::same::Found;
use argsz_schema::Schema;
use argsz_schema::source::Source;
use common::{DEMO, Project};

fn solver(what: &str) -> Option<Solver> {
    let found = Solver::find(Duration::from_mins(1)).ok();
    if found.is_none() {
        println!("SKIPPED: {what}: neither z3 nor cvc5 is here");
    }
    found
}

fn parse(text: &str) -> Option<Schema> {
    Schema::parse(Source::new("t.toml", text)).ok()
}

fn asked(old: &Schema, new: &Schema, solver: &Solver) -> Report {
    let side = |schema: &Schema, label: &str| Side::new(schema, schema.releases().last().unwrap(), label);
    let mut report = compare(&Pair { old: side(old, "old"), new: side(new, "new") }).unwrap();
    ask(&mut report, solver).unwrap();
    report
}

fn answers(report: &Report) -> &[Answer] {
    &report.exact.as_ref().unwrap().answers
}

/// What a payload shows, a solver finds too; and it finds nothing that no rule foretells.
fn agree(report: &Report, name: &str) -> usize {
    assert!(report.unforetold.is_empty(), "{name}: {:#?}", report.unforetold);
    for row in &report.rows {
        let harm = |newer: bool| {
            answers(report).iter().find(|answer| answer.strct == row.strct && answer.newer == newer).map(|a| &a.found)
        };
        // Refusals of older programs, which is what both ways judge alike; places of fields only payloads know.
        let refused = |sent: &&Sent| matches!(sent.cell, Cell::Refused { errno, .. } if errno != "EFAULT");
        if let Some(sent) = row.old_user.iter().find(refused) {
            assert!(matches!(harm(false), Some(Found::Bytes(_))), "{name}: {}: {sent:?}: {:?}", row.strct, harm(false));
        }
    }
    answers(report).len()
}

#[test]
fn rules_payloads_and_solver_agree_on_the_pair_of_each_rule() {
    let Some(solver) = solver("pairs of rules") else { return };
    let mut questions = 0;
    for rule in rules::all() {
        let [old, new] = rule.pair();
        let (Some(old), Some(new)) = (parse(&old), parse(&new)) else { continue };
        questions += agree(&asked(&old, &new, &solver), rule.id);
    }
    assert!(questions > 40, "{questions}");
}

#[test]
fn rules_payloads_and_solver_agree_between_releases() {
    let Some(solver) = solver("releases") else { return };
    for header in ["linux/iommu", "linux/iommufd"] {
        let schema = Schema::load(&Path::new("../schema").join(format!("{header}.toml"))).unwrap();
        let releases: Vec<_> = schema.releases().collect();
        for two in releases.windows(2) {
            let side = |release| Side::new(&schema, release, schema.release_name(release));
            let mut report = compare(&Pair { old: side(two[0]), new: side(two[1]) }).unwrap();
            ask(&mut report, &solver).unwrap();
            agree(&report, header);
        }
    }
}

/// The story of `version`: a program that sets `argsz` where an older kernel looks for the version is believed if it
/// happens to say 1.
#[test]
fn a_size_that_is_taken_for_a_version_is_found() {
    let Some(solver) = solver("iommu_page_response") else { return };
    let schema = Schema::load(Path::new("../schema/linux/iommu.toml")).unwrap();
    let side = |name: &str| Side::new(&schema, schema.release(name).unwrap(), name);
    let mut report = compare(&Pair { old: side("5.9"), new: side("5.10") }).unwrap();
    ask(&mut report, &solver).unwrap();
    let answer = answers(&report).iter().find(|answer| answer.strct == "iommu_page_response" && answer.newer).unwrap();
    let Found::Bytes(input) = &answer.found else { panic!("{answer:?}") };
    assert_eq!(input.user[..4], [1, 0, 0, 0], "argsz of 1, where 5.9 has the version");
    assert!(answer.decode(&report).starts_with("argsz decode iommu_page_response --release 5.9 --hex 01000000"));
}

#[test]
fn a_safe_append_is_safe_for_every_payload() {
    let Some(_) = solver("the demo") else { return };
    let project = Project::demo();
    let ran = project.run(&["compat", "--history", "--exact"]).ended(0);
    ran.says("of 2 questions 2 find no harm");
    project.write("old.toml", DEMO);
    project.write("new.toml", DEMO.replace("0..=1000", "0..=999"));
    let ran =
        project.run(&["compat", "old.toml", "new.toml", "--exact"]).ended(11).says("EINVAL by `demo/limit-range`");
    // The command that it prints tells more of the bytes.
    let line = ran.out.lines().find_map(|line| line.trim().strip_prefix("argsz decode ")).unwrap();
    let args: Vec<&str> = std::iter::once("decode").chain(line.split(' ')).chain(["--header", "new.toml"]).collect();
    project.run(&args).ended(0).says("refused with EINVAL by demo/limit-range");
}

#[test]
fn without_a_solver_what_was_not_asked_is_said() {
    let project = Project::demo();
    let args = ["compat", "--history", "--exact", "--all"];
    let ran = project.run_with(&args, &[("PATH", "/nonexistent")]).ended(0);
    ran.says("all payloads but those that were run: neither `z3` nor `cvc5` is on PATH").says("apt-get install z3");
}
