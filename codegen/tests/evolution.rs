//! Random histories of random headers: what the rules of extension allow is safe, by the rules and by payloads; what
//! they forbid is found, and breaks payloads where bytes can show it.
//!
//! `ARGSZ_HISTORIES=10000` tries more of them, `ARGSZ_HISTORY=17` only that one.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::cast_possible_truncation, reason = "dice with a few sides")]

#[path = "evolution/edits.rs"]
mod edits;
#[path = "evolution/world.rs"]
mod world;

use argsz_codegen::compat::run::{Row, Sent};
use argsz_codegen::compat::{self, Effect, Pair, Report, Side, compare};
use argsz_codegen::engine::inputs::Dice;
use argsz_schema::Schema;
use argsz_schema::checklist::{self, CheckList};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::source::Source;
use argsz_schema::target;

use edits::Harm;
use world::{World, release};

/// Histories of each test, unless the environment says how many.
const HISTORIES: u64 = 150;
/// Lints about padding.
const HOLES: &[&str] = &["AZ0320", "AZ0321", "AZ0322", "AZ0336"];
/// Payloads of each release on each other.
const PAYLOADS: usize = 6;

/// Runs every history, on all processors; those that fail are told by their number.
fn histories(what: &str, run: impl Fn(u64) -> Result<(), String> + Sync) {
    let from = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let numbers = match from("ARGSZ_HISTORY") {
        Some(one) => one..one + 1,
        None => 0..from("ARGSZ_HISTORIES").unwrap_or(HISTORIES),
    };
    let next = std::sync::atomic::AtomicU64::new(numbers.start);
    let faults = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if number >= numbers.end {
                        break;
                    }
                    if let Err(fault) = run(number) {
                        faults.lock().unwrap().push(format!("ARGSZ_HISTORY={number}: {fault}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap();
    let count = numbers.end - numbers.start;
    println!("{count} histories {what}, {} of them wrong", faults.len());
    assert!(faults.is_empty(), "{} of {count}\n{}", faults.len(), faults[..faults.len().min(12)].join("\n\n"));
}

fn parse(world: &World) -> Result<Schema, String> {
    let text = world.text();
    Schema::parse(Source::new("t.toml", &text)).map_err(|rejected| format!("{rejected}\n{text}"))
}

fn between(old: (&Schema, u16), new: (&Schema, u16)) -> Result<Report, String> {
    let side = |(schema, at): (&Schema, u16)| Side::new(schema, release(at), at.to_string());
    compare(&Pair { old: side(old), new: side(new) }).map_err(|error| error.to_string())
}

fn said(report: &Report) -> String {
    let found = report.findings.iter().map(|f| format!("{} {}: {}: {}", f.rule.id, f.effect, f.full_path(), f.message));
    found.collect::<Vec<_>>().join("\n")
}

/// Whether payloads are harmed, of old users and of new ones.
fn shown(report: &Report) -> (bool, bool) {
    let harm = |of: fn(&Row) -> &Vec<Sent>| report.rows.iter().any(|row| of(row).iter().any(|sent| sent.cell.harms()));
    (harm(|row| &row.old_user), harm(|row| &row.new_user))
}

fn safe(report: &Report) -> Result<(), String> {
    if report.effect() != Effect::SAFE || !report.unforetold.is_empty() {
        return Err(format!("not safe: {}\n{:#?}", said(report), report.unforetold));
    }
    if shown(report) != (false, false) {
        return Err(format!("safe by the rules, and payloads are harmed: {:#?}", report.rows));
    }
    Ok(())
}

fn list(schema: &Schema, at: u16) -> CheckList {
    let model = schema.at(release(at));
    checklist::compile(&layout(&model, target::ALL[0]).unwrap(), "t", None).unwrap()
}

/// Users of each release on the kernel of each: the world says what has to happen.
fn as_the_world_says(world: &World, schema: &Schema, dice: &mut Dice) -> Result<(), String> {
    let lists: Vec<CheckList> = (1..=world.releases).map(|at| list(schema, at)).collect();
    for user in 1..=world.releases {
        for _ in 0..PAYLOADS {
            let sent = world.payload(user, dice);
            for (kernel, list) in (1..).zip(&lists) {
                let verdict = interp::run(list, target::ALL[0], &sent.bytes, sent.size);
                let right = match &verdict {
                    Verdict::Accepted(held) => {
                        let both = held.len().min(sent.bytes.len());
                        sent.asks <= kernel && held[..both] == sent.bytes[..both]
                    }
                    Verdict::Refused(_) => sent.asks > kernel,
                };
                if !right {
                    return Err(format!("user {user}, kernel {kernel}: {sent:?}: {verdict:?}"));
                }
            }
        }
    }
    Ok(())
}

#[test]
fn what_is_allowed_is_safe_between_any_two_releases() {
    histories("of allowed edits", |number| {
        let mut dice = Dice::new(number);
        let mut world = World::any(&mut dice);
        let mut before = parse(&world)?;
        for _ in 0..=dice.below(5) {
            edits::legal(&mut world, &mut dice);
            let after = parse(&world)?;
            let told = |fault: String| format!("{fault}\n{}", world.text());
            let (old, new) = (world.releases - 1, world.releases);
            safe(&between((&before, old), (&after, new))?).map_err(told)?;
            for old in [1, 1 + dice.below(old.into()) as u16] {
                safe(&between((&after, old), (&after, new))?).map_err(told)?;
            }
            before = after;
        }
        as_the_world_says(&world, &before, &mut dice).map_err(|fault| format!("{fault}\n{}", world.text()))
    });
}

#[test]
fn what_is_forbidden_is_found_and_breaks_whom_it_says() {
    histories("with a forbidden edit", |number| {
        let mut dice = Dice::new(number);
        loop {
            let mut world = World::any(&mut dice);
            for _ in 0..dice.below(4) {
                edits::legal(&mut world, &mut dice);
            }
            let mut edited = world.clone();
            let Some(harm) = edits::illegal(&mut edited, &mut dice) else { continue };
            let texts = || format!("{harm:?}\n{}\n{}", world.text(), edited.text());
            match Schema::parse(Source::new("new.toml", edited.text())) {
                Ok(new) => {
                    let report = between((&parse(&world)?, world.releases), (&new, edited.releases))?;
                    return found(&report, harm).map_err(|fault| format!("{fault}\n{}\n{}", said(&report), texts()));
                }
                // Edits that leave holes, which the language refuses whatever was there before.
                Err(rejected) if rejected.found.iter().all(|found| HOLES.contains(&found.code.0.id)) => {}
                Err(rejected) => {
                    let told = compat::refused(&rejected).iter().any(|(rule, _)| harm.rules.contains(&rule.id));
                    return if told { Ok(()) } else { Err(format!("{rejected}\n{}", texts())) };
                }
            }
        }
    });
}

fn found(report: &Report, harm: Harm) -> Result<(), String> {
    if !report.findings.iter().any(|finding| harm.rules.contains(&finding.rule.id)) {
        return Err("no such finding".to_owned());
    }
    let effect = report.effect();
    if (effect.old_user, effect.new_user) != (harm.old, harm.new) {
        return Err(format!("it {effect}"));
    }
    if !report.unforetold.is_empty() {
        return Err(format!("unforetold: {:#?}", report.unforetold));
    }
    // Of what shrank at its end new users just send less, which an old kernel may take for zeros.
    let shrank = report.findings.iter().any(|finding| finding.rule.id == "L10");
    let new = if shrank { shown(report).1 } else { harm.new };
    if harm.runs && shown(report) != (harm.old, new) {
        return Err(format!("payloads of old and new users harmed: {:?}", shown(report)));
    }
    Ok(())
}
