//! The ledger of reserved bytes: when they were set aside, what took them, and which are still there.

use argsz_schema::layout::Placed;
use argsz_schema::model::Reserved;

use super::{At, Section, code, ever, steps};

pub(super) fn ledger(releases: &[At<'_>]) -> Section {
    let about = "Bytes set aside for later, when, and what became of them. Only bytes that had to be zero can be given a \
                 meaning: what lay in others, nobody knows.";
    let mut table = Section::new("Reserved bytes", about, &["struct", "release", "bytes", "what became of them"]);
    for name in ever(releases) {
        let mut row = |at: &At<'_>, placed: &Placed<'_>, what: String| {
            let bytes = format!("{}..{}", placed.offset, placed.end());
            table.rows.push(vec![code(name), at.name.to_owned(), bytes, what]);
        };
        if let Some(first) = releases.iter().find(|at| at.list(name).is_some()) {
            reserved(first, name).for_each(|placed| row(first, placed, set_aside(placed)));
        }
        for (old, new) in steps(releases, name) {
            for was in reserved(old, name) {
                let takers: Vec<String> = new.fields(name).filter(|now| overlap(was, now)).filter_map(taker).collect();
                if !takers.is_empty() {
                    row(new, was, format!("taken by {}", takers.join(", ")));
                }
            }
            for now in reserved(new, name).filter(|now| !reserved(old, name).any(|was| covers(was, now))) {
                row(new, now, set_aside(now));
            }
        }
    }
    table
}

fn reserved<'a>(at: &'a At<'_>, strct: &str) -> impl Iterator<Item = &'a Placed<'a>> {
    at.fields(strct).filter(|placed| placed.field.reserved.is_some())
}

fn overlap(one: &Placed<'_>, other: &Placed<'_>) -> bool {
    one.offset < other.end() && other.offset < one.end()
}

fn covers(whole: &Placed<'_>, part: &Placed<'_>) -> bool {
    whole.offset <= part.offset && part.end() <= whole.end()
}

fn set_aside(placed: &Placed<'_>) -> String {
    let rule = match placed.field.reserved {
        Some(Reserved::Ignored) => "nobody looks",
        _ => "zero is demanded",
    };
    format!("set aside as {}: {rule}", code(&placed.path))
}

fn taker(now: &Placed<'_>) -> Option<String> {
    let free = now.field.reserved.is_some();
    let when = now
        .field
        .when
        .as_ref()
        .map_or_else(|| "with no condition of its own".to_owned(), |when| format!("when {}", code(when)));
    (!free).then(|| format!("{} {when}", code(&now.path)))
}
