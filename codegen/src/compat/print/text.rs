//! Reports for a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::compat::exact::Exact;
use crate::compat::run::{Cell, Sent};
use crate::compat::{Effect, Finding, Report, Which};
use crate::smt::same::Found;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const SOFT: Style = AnsiColor::Yellow.on_default();
/// Paths that only follow that are named; more are counted.
const FOLLOWERS: usize = 3;

fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

fn style(effect: Effect) -> Style {
    match effect.status() {
        0 => GOOD,
        10 => SOFT,
        _ => BAD,
    }
}

/// One report: findings by item, what payloads showed, and what was not compared. Safe findings are counted unless
/// `all` is asked for.
#[must_use]
pub fn text(report: &Report, all: bool) -> String {
    let (old, new) = (&report.pair.old.label, &report.pair.new.label);
    let effect = report.effect();
    let head = format!("{}  {old} -> {new}", report.header);
    let mut text = format!("{}  {}\n", paint(BOLD, head), paint(style(effect), effect));
    let shown = |finding: &&Finding| all || finding.effect != Effect::SAFE && finding.waived.is_none();
    let mut item = "";
    for finding in report.findings.iter().filter(shown) {
        if finding.item != item {
            item = &finding.item;
            let _ = writeln!(text, "  {}", paint(BOLD, item));
            text.push_str(&ran(report, item));
        }
        text.push_str(&one(report, finding));
    }
    let safe = report.findings.iter().filter(|finding| finding.effect == Effect::SAFE).count();
    let waived = report.findings.iter().filter(|finding| finding.waived.is_some()).count();
    for (count, what) in [(safe, "safe"), (waived, "waived")] {
        if count > 0 && !all {
            let changes = if count == 1 { "change" } else { "changes" };
            let _ = writeln!(text, "  {}", paint(DIM, format!("{count} {changes} {what} (--all shows them)")));
        }
    }
    text.push_str(&report.exact.as_ref().map(|exact| asked(report, exact)).unwrap_or_default());
    if !report.skipped.is_empty() && all {
        let _ = writeln!(text, "  {}", paint(BOLD, "not compared, and why"));
        for (what, why) in &report.skipped {
            let _ = writeln!(text, "    {what}: {why}");
        }
    }
    text
}

/// What a solver said: each struct of which it found bytes, and a line over all.
fn asked(report: &Report, exact: &Exact) -> String {
    let mut text = String::new();
    let (mut never, mut undecided) = (0, 0);
    for answer in &exact.answers {
        let who = if answer.newer { "a new user on the old kernel" } else { "an old user on the new kernel" };
        match &answer.found {
            Found::Nothing => never += 1,
            Found::Undecided => {
                undecided += 1;
                let _ = writeln!(text, "  {}: {who}: {}", paint(BOLD, &answer.strct), paint(SOFT, "undecided"));
            }
            Found::Bytes(_) => {
                let outcome = paint(BAD, &answer.outcome);
                let _ = writeln!(text, "  {}: {who}: {outcome}", paint(BOLD, &answer.strct));
                let _ = writeln!(text, "        {}", paint(DIM, answer.decode(report)));
            }
        }
    }
    let all = exact.answers.len();
    let _ = writeln!(
        text,
        "  all payloads, by {}: of {all} questions {never} find no harm, {} find some, {undecided} are undecided",
        exact.tool,
        all - never - undecided
    );
    text
}

fn one(report: &Report, finding: &Finding) -> String {
    let mut text = String::new();
    let letters = paint(style(finding.effect), format!("{:<7}", finding.effect.letters()));
    let _ = writeln!(text, "    {} {letters} {}", paint(BOLD, finding.rule.id), finding.message);
    let side = if finding.at.0 == Which::Old { &report.pair.old } else { &report.pair.new };
    let _ = writeln!(text, "        {}", paint(DIM, format!("at {}", side.place(finding.at.1))));
    if !finding.follows.is_empty() {
        let named =
            finding.follows.iter().take(FOLLOWERS).map(|path| format!("`{path}`")).collect::<Vec<_>>().join(", ");
        let more = finding.follows.len().saturating_sub(FOLLOWERS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let _ = writeln!(text, "        because of it {named}{more} changed too");
    }
    match &finding.waived {
        Some(reason) => _ = writeln!(text, "        waived: {reason}"),
        None if finding.effect != Effect::SAFE => _ = writeln!(text, "        mend: {}", finding.rule.mend),
        None => {}
    }
    text
}

/// What payloads showed of a struct.
fn ran(report: &Report, item: &str) -> String {
    let Some(row) = report.rows.iter().find(|row| row.strct == item) else { return String::new() };
    let (old, new) = (&report.pair.old.label, &report.pair.new.label);
    let mut text = line(&format!("{old} user on {new} kernel"), &row.old_user);
    text.push_str(&line(&format!("{new} user on {old} kernel"), &row.new_user));
    text
}

fn line(who: &str, sent: &[Sent]) -> String {
    let count = |test: fn(&Cell) -> bool| sent.iter().filter(|sent| test(&sent.cell)).count();
    let works = count(|cell| *cell == Cell::Works);
    let refused = count(|cell| matches!(cell, Cell::Refused { .. }));
    let misread = count(|cell| matches!(cell, Cell::Misread { .. }));
    let mut text = format!("    {who}: {} payloads, {works} work, {refused} refused, {misread} misread\n", sent.len());
    let worst = sent
        .iter()
        .find(|sent| matches!(sent.cell, Cell::Misread { .. }))
        .or_else(|| sent.iter().find(|sent| sent.cell.harms()));
    let worst = worst.or_else(|| sent.iter().find(|sent| sent.cell != Cell::Works));
    match worst.map(|sent| (&sent.case, &sent.cell)) {
        Some((case, Cell::Misread { what })) => {
            _ = writeln!(text, "        {}: {case}: {}", paint(BAD, "misread"), what[0]);
        }
        Some((case, Cell::Refused { errno, rule, .. })) => {
            _ = writeln!(text, "        {case}: {errno} by {rule}");
        }
        _ => {}
    }
    text
}
