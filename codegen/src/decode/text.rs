//! An answer for people.
//!
//! The text is styled; print it through `anstream`, which leaves the styles out where nobody can see them.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use argsz_schema::bit_fields;

use super::{Answer, Fate, Line, Provided, RuleLine, Value};

const PLACE: Style = AnsiColor::Cyan.on_default();
const NOTE: Style = AnsiColor::Green.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NAME: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// Bytes of a value that are shown.
const MOST_BYTES: usize = 32;

/// The whole answer.
#[must_use]
pub fn text(answer: &Answer) -> String {
    let mut text = head(answer);
    let troubled = answer.refused.and_then(|at| answer.rules.get(at)).map(|rule| rule.field.as_str());
    let rows: Vec<(String, String)> = answer.fields.iter().map(|line| (name(line), value(line))).collect();
    let names = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let values = answer.fields.iter().zip(&rows).filter(|(line, _)| !matches!(line.value, Value::Bytes(_)));
    let values = values.map(|(_, (_, value))| value.chars().count()).max().unwrap_or(0);
    for (line, (name, value)) in answer.fields.iter().zip(&rows) {
        let bad = troubled.is_some_and(|field| !field.is_empty() && field == line.path);
        let style = if bad { BAD } else { NAME };
        let mark = if bad { format!("{BAD}>{BAD:#}") } else { " ".to_owned() };
        let fill = " ".repeat(names.saturating_sub(name.chars().count()));
        let mut row = format!("{mark}{PLACE}{:>5}{PLACE:#}  {style}{name}{style:#}{fill}  {value}", line.offset);
        let notes = notes(line);
        if !notes.is_empty() {
            let gap = " ".repeat(values.saturating_sub(value.chars().count()));
            let _ = write!(row, "{gap}  {NOTE}{notes}{NOTE:#}");
        }
        let _ = writeln!(text, "{}", row.trim_end());
    }
    if let Some(tail) = &answer.tail {
        let _ = writeln!(
            text,
            " {PLACE}{:>5}{PLACE:#}  {DIM}beyond{DIM:#} {}  {NOTE}{} bytes this release does not know{NOTE:#}",
            tail.offset,
            hex(&tail.bytes),
            tail.bytes.len()
        );
    }
    text.push('\n');
    verdict(&mut text, answer);
    text
}

fn head(answer: &Answer) -> String {
    let layer = answer.layer.as_ref().map(|layer| format!(", layer {layer}")).unwrap_or_default();
    let mut size = format!("{} bytes given", answer.mapped);
    if answer.sized && answer.size != answer.mapped {
        let _ = write!(size, ", size {}", answer.size);
    }
    let _ = write!(size, ", {} known", answer.known);
    format!(
        "{NAME}struct {}{NAME:#} {DIM}{} at {}{layer}: {size}{DIM:#}\n\n",
        answer.strct, answer.header, answer.release
    )
}

/// The last name of the path, indented.
fn name(line: &Line) -> String {
    let last = line.path.rsplit('.').next().unwrap_or(&line.path);
    format!("{}{last}", "  ".repeat(line.depth))
}

fn value(line: &Line) -> String {
    if line.provided == Provided::Nothing && line.value != Value::Group {
        return "-".to_owned();
    }
    match &line.value {
        Value::Group => String::new(),
        Value::Unsigned(value) if *value < 1024 => value.to_string(),
        Value::Unsigned(value) | Value::Flags(value) => format!("{value:#x}"),
        Value::Signed(value) => value.to_string(),
        Value::Bytes(bytes) => hex(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    if bytes.len() > MOST_BYTES && bytes.iter().all(|byte| *byte == 0) {
        return format!("00 ({} times)", bytes.len());
    }
    let shown: Vec<String> = bytes.iter().take(MOST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > MOST_BYTES { format!(" ... ({} bytes)", bytes.len()) } else { String::new() };
    format!("{}{more}", shown.join(" "))
}

fn notes(line: &Line) -> String {
    let mut notes = Vec::new();
    notes.extend(line.bits.map(|(shift, width)| bit_fields::place(shift, width)));
    match line.provided {
        Provided::Nothing if line.value == Value::Group && line.meaning.is_empty() => {}
        Provided::Nothing => notes.push("not provided: reads as zero".to_owned()),
        Provided::Part if line.value != Value::Group => {
            notes.push("provided in part: the rest reads as zero".to_owned());
        }
        Provided::Part | Provided::Whole => {}
    }
    // That nothing has no flags goes without saying.
    let nothing = line.provided == Provided::Nothing && matches!(line.value, Value::Flags(_) | Value::Bytes(_));
    if !line.meaning.is_empty() && !nothing {
        notes.push(line.meaning.clone());
    }
    notes.extend(line.unseen.clone().filter(|_| line.provided != Provided::Nothing));
    notes.join("; ")
}

fn verdict(text: &mut String, answer: &Answer) {
    let Some((at, rule, (errno, found, fix))) = refusal(answer) else {
        let _ = writeln!(text, "{GOOD}accepted{GOOD:#}: no rule over these bytes refuses them");
        text.push_str("if a kernel says no, it is about objects they name, or memory they point to\n");
        rest(text, "passed", answer.rules.iter().filter(|rule| rule.fate == Fate::Passed));
        rest(text, "not asked", answer.rules.iter().filter(|rule| rule.fate == Fate::NotAsked));
        return;
    };
    let _ = writeln!(text, "{BAD}refused{BAD:#} with {BAD}{errno}{BAD:#} by {NAME}{}{NAME:#}", rule.id);
    let _ = writeln!(text, "  why:    {}", rule.why);
    let _ = writeln!(text, "  found:  {found}");
    let _ = writeln!(text, "  fix:    {GOOD}{fix}{GOOD:#}");
    let _ = writeln!(text, "  schema: {}", rule.place);
    if rule.after_lookup {
        let _ = writeln!(
            text,
            "  note:   it is judged after objects were looked up; if one is missing, that is said first"
        );
    }
    let (before, after) = answer.rules.split_at(at);
    rest(text, "passed before", before.iter().filter(|rule| rule.fate == Fate::Passed));
    // Where memory ends too early, nobody knows what the rest would have been.
    let known = after.iter().skip(1).filter(|_| errno != "EFAULT");
    let more: Vec<_> = known.filter_map(|rule| Some((rule, parts(rule)?))).collect();
    if !more.is_empty() {
        text.push_str("would refuse next\n");
    }
    for (rule, (errno, found, fix)) in more {
        let _ = writeln!(text, "  {NAME}{}{NAME:#} ({errno}): {found}\n    fix: {fix}", rule.id);
    }
}

fn parts(rule: &RuleLine) -> Option<(&'static str, &str, &str)> {
    match &rule.fate {
        Fate::Refuses { errno, found, fix } => Some((errno, found, fix)),
        Fate::Passed | Fate::NotAsked => None,
    }
}

type Refusal<'a> = (usize, &'a RuleLine, (&'static str, &'a str, &'a str));

fn refusal(answer: &Answer) -> Option<Refusal<'_>> {
    let at = answer.refused?;
    let rule = answer.rules.get(at)?;
    Some((at, rule, parts(rule)?))
}

/// Names of rules, without that of their struct.
fn rest<'a>(text: &mut String, what: &str, rules: impl Iterator<Item = &'a RuleLine>) {
    let names: Vec<&str> =
        rules.map(|rule| rule.id.split_once('/').map_or(rule.id.as_str(), |(_, name)| name)).collect();
    if !names.is_empty() {
        let _ = writeln!(text, "{DIM}{what}: {}{DIM:#}", names.join(", "));
    }
}
