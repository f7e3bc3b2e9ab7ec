//! `argsz compat`.

mod frozen;
mod git;
mod waivers;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argsz_codegen::compat::{self, Effect, Pair, Report, Side, exact, print as out, rules};
use argsz_codegen::smt::Solver;
use argsz_schema::Schema;

use super::args::{Compat, CompatFormat};
use super::project::{self, Named};
use super::term::{BAD, BOLD, DIM, GOOD, count, paint, print};
use super::{Done, Failure};

pub(crate) fn run(manifest: Option<&Path>, options: &Compat) -> Done {
    if options.list_rules {
        return print(&list());
    }
    let pairs = pairs(manifest, options)?;
    if pairs.is_empty() {
        return print("nothing to compare: one release, and no base\n");
    }
    let mut reports = Vec::new();
    for pair in &pairs {
        reports.push(compat::compare(pair).map_err(|error| Failure::Bug(format!("error: {error}")))?);
    }
    if options.exact {
        exactly(&mut reports, options)?;
    }
    if options.files.is_empty() {
        frozen::find(manifest, &mut reports)?;
    }
    let unused = waivers::apply(manifest, &mut reports, options)?;
    show(&reports, options)?;
    let unforetold: Vec<String> = reports.iter().flat_map(|report| report.unforetold.clone()).collect();
    if !unforetold.is_empty() {
        let text = format!("error: payloads show what no rule foretold\n{}", unforetold.join("\n"));
        return Err(Failure::Bug(text));
    }
    if !unused.is_empty() {
        return Err(Failure::Mistakes(unused));
    }
    let effect = reports.iter().fold(Effect::SAFE, |effect, report| effect | report.effect());
    match effect.status() {
        0 => Ok(()),
        status => Err(Failure::Breaks(status)),
    }
}

/// Asks a solver; without one, each report says what was not checked.
fn exactly(reports: &mut [Report], options: &Compat) -> Done {
    let solver = match Solver::find(Duration::from_secs(options.time)) {
        Ok(solver) => solver,
        Err(error) => {
            for report in reports {
                let what = "all payloads but those that were run".to_owned();
                report.skipped.push((what, format!("{error}; install one of them, for instance `apt-get install z3`")));
            }
            return Ok(());
        }
    };
    for report in reports {
        exact::ask(report, &solver).map_err(|error| Failure::Bug(format!("error: {error}")))?;
    }
    Ok(())
}

fn show(reports: &[Report], options: &Compat) -> Done {
    print(&match options.format {
        CompatFormat::Text => {
            let mut text: String = reports.iter().map(|report| out::text(report, options.all) + "\n").collect();
            text.push_str(&account(reports));
            text
        }
        CompatFormat::Json => out::json(reports),
        CompatFormat::Markdown => out::markdown(reports),
        CompatFormat::Html => out::html(reports),
        CompatFormat::Sarif => out::sarif(reports),
        CompatFormat::Junit => out::junit(reports),
        CompatFormat::Github => out::github(reports),
    })
}

fn account(reports: &[Report]) -> String {
    let effect = reports.iter().fold(Effect::SAFE, |effect, report| effect | report.effect());
    let runs = reports.iter().flat_map(|report| &report.rows).map(|row| row.old_user.len() + row.new_user.len());
    let style = if effect.status() > 10 { BAD } else { GOOD };
    let (pairs, runs) = (reports.len(), runs.sum::<usize>());
    format!("{}: {} compared, {} run\n", paint(style, effect), count(pairs, "pair"), count(runs, "payload"))
}

fn list() -> String {
    let mut text = String::new();
    for rule in rules::all() {
        let letters = rule.effects.iter().map(|effect| effect.letters()).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "{}  {}  {}", paint(BOLD, rule.id), paint(DIM, format!("{letters:<8}")), rule.title);
    }
    text
}

fn edit_style(line: &str) -> anstyle::Style {
    match line.chars().next() {
        Some('+') => GOOD,
        Some('-') => BAD,
        _ => anstyle::Style::new(),
    }
}

/// What `argsz explain` says of a rule.
pub(crate) fn explain(id: &str) -> Option<String> {
    let rule = rules::find(id)?;
    let letters = rule.effects.iter().map(ToString::to_string).collect::<Vec<_>>().join(", or ");
    let head = paint(BOLD, format!("{}: {}", rule.id, rule.title));
    let see = format!("docs/compat.md#{}", rule.anchor());
    let shown: String =
        rule.shown.lines().map(|line| format!("  {}\n", paint(edit_style(line), line.trim_end()))).collect();
    let text = format!("Why: {}\n\nMend: {}\n\nFor example:\n\n{shown}\nSee {see}\n", rule.why, rule.mend);
    Some(format!("{head}\n\nVerdict: {letters}.\n\n{text}"))
}

/// What the command line asks to compare.
fn pairs(manifest: Option<&Path>, options: &Compat) -> Result<Vec<Pair>, Failure> {
    if let [old, new] = options.files.as_slice() {
        return two(old, new, options);
    }
    if options.files.len() == 1 {
        return Err(Failure::Usage(
            "error: one file has nothing to be compared with\nhelp: name two, the older first".to_owned(),
        ));
    }
    let found = project::schemas(manifest, options.header.as_deref())?;
    let mut pairs = Vec::new();
    if options.from.is_some() || options.to.is_some() {
        return between(&found, options);
    }
    if options.history {
        for named in &found {
            history(&named.schema, &mut pairs);
        }
        return Ok(pairs);
    }
    let base = git::Base::open(manifest, options.against.as_deref())?;
    for named in &found {
        if let Some(old) = base.schema(&named.name, &named.schema.model().header.path)? {
            pairs.extend(newest(&old, &named.schema, &base.label, "here"));
        }
    }
    Ok(pairs)
}

fn between(found: &[Named], options: &Compat) -> Result<Vec<Pair>, Failure> {
    let wanted = [options.from.as_deref(), options.to.as_deref()];
    let has = |named: &&Named| wanted.iter().flatten().all(|name| named.schema.release(name).is_some());
    let having: Vec<&Named> = found.iter().filter(has).collect();
    if having.is_empty() {
        let names = wanted.iter().flatten().copied().collect::<Vec<_>>().join("` and `");
        return Err(project::no_header_has(found, &names));
    }
    let mut pairs = Vec::new();
    for named in having {
        let ends = |name: Option<&str>, other: usize| match name {
            Some(name) => project::release(named, name),
            None => named.schema.releases().nth(other).ok_or_else(|| project::unknown("release", "", &[])),
        };
        let last = named.schema.releases().count().saturating_sub(1);
        let (from, to) = (ends(wanted[0], 0)?, ends(wanted[1], last)?);
        if from >= to {
            let text = format!(
                "error: `--from {}` is not before `--to {}`\nhelp: the older release comes first: {}",
                named.schema.release_name(from),
                named.schema.release_name(to),
                named.schema.model().header.releases.join(", ")
            );
            return Err(Failure::Usage(text));
        }
        let side = |release| Side::new(&named.schema, release, named.schema.release_name(release));
        pairs.push(Pair { old: side(from), new: side(to) });
    }
    Ok(pairs)
}

/// All neighbouring releases.
fn history(schema: &Schema, pairs: &mut Vec<Pair>) {
    let all: Vec<_> = schema.releases().collect();
    let side = |release| Side::new(schema, release, schema.release_name(release));
    pairs.extend(all.windows(2).map(|two| Pair { old: side(two[0]), new: side(two[1]) }));
}

/// Two texts: each release that both have, and the newest of each.
fn newest(old: &Schema, new: &Schema, old_label: &str, new_label: &str) -> Vec<Pair> {
    let side = |schema: &Schema, release, label: &str| {
        Side::new(schema, release, format!("{} ({label})", schema.release_name(release)))
    };
    let mut pairs = Vec::new();
    for release in old.releases() {
        let now = new.release(old.release_name(release));
        let last = old.releases().last() == Some(release);
        let now = if last { new.releases().last() } else { now };
        if let Some(now) = now {
            pairs.push(Pair { old: side(old, release, old_label), new: side(new, now, new_label) });
        }
    }
    pairs
}

/// Two files, or two folders whose schemas are matched by the header they describe.
fn two(old: &Path, new: &Path, options: &Compat) -> Result<Vec<Pair>, Failure> {
    let (before, after) = (texts(old)?, texts(new)?);
    let (old_label, new_label) = (old.display().to_string(), new.display().to_string());
    let mut pairs = Vec::new();
    let single = before.len() == 1 && after.len() == 1;
    for schema in &before {
        let path = &schema.model().header.path;
        if options.header.as_ref().is_some_and(|header| header != path) {
            continue;
        }
        let same = after.iter().find(|other| single || other.model().header.path == *path);
        let Some(other) = same else {
            return Err(Failure::Usage(format!(
                "error: `{new_label}` has no schema of `{path}`\nhelp: schemas are matched by `path` in `[header]`"
            )));
        };
        pairs.extend(newest(schema, other, &old_label, &new_label));
    }
    Ok(pairs)
}

fn texts(path: &Path) -> Result<Vec<Schema>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    if path.is_dir() {
        let entries = std::fs::read_dir(path)
            .map_err(|error| Failure::File(format!("error: cannot read `{}`: {error}", path.display())))?;
        files.extend(
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|end| end == "toml")),
        );
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    if files.is_empty() {
        return Err(Failure::Usage(format!("error: there is no schema in `{}`", path.display())));
    }
    files.iter().map(|file| Schema::load(file).map_err(project::cannot_load)).collect()
}
