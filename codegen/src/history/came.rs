//! What each release brought, and how a kernel of the release before answers to it.

use argsz_schema::checklist::{CheckList, Cond, Op, Step};
use argsz_schema::layout::{Layouts, Placed};
use argsz_schema::model::{Dir, EnumKind, FlagKind, Path, ValueType};
use argsz_schema::resolve::Scope;

use super::{At, Section, code, moved, steps};

pub(super) fn came(releases: &[At<'_>]) -> Section {
    let about = "What a program of this release may ask for, and what it hears from a kernel of the release before, by the \
                 rules of that kernel. Structs in which fields moved are left out: nothing in them is understood.";
    let mut table = Section::new("What came", about, &["release", "what", "the release before"]);
    for pair in releases.windows(2) {
        let (old, new) = (&pair[0], &pair[1]);
        for ioctl in new.layouts.model.ioctls() {
            if old.layouts.model.find_ioctl(&ioctl.meta.name).is_none() {
                let what = format!("ioctl {}", code(&ioctl.meta.name));
                table.rows.push(vec![new.name.to_owned(), what, "does not know the number".to_owned()]);
            }
        }
        for list in &new.lists {
            let both = steps(pair, &list.name).next().and_then(|_| old.list(&list.name));
            let Some(before) = both.filter(|_| moved(old, new, &list.name).is_empty()) else { continue };
            let found = values(&new.layouts, before, list).into_iter().chain(fields(old, new, before));
            table.rows.extend(
                found.map(|(what, answer)| {
                    vec![new.name.to_owned(), format!("{} of {}", what, code(&list.name)), answer]
                }),
            );
        }
    }
    table
}

/// Flags and values that the newer list takes and the older does not.
fn values(layouts: &Layouts<'_>, old: &CheckList, new: &CheckList) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for step in &new.steps {
        let (Op::Mask { slot, .. } | Op::OneOf { slot, .. }) = &step.op else { continue };
        let path = Path(slot.path.split('.').map(str::to_owned).collect());
        let scope = Scope { layouts, strct: &new.name, prefix: String::new(), base: 0 };
        let Some(word) = scope.word(&path) else { continue };
        let before: Vec<&Step> = old.steps.iter().filter(|was| was.field == step.field && judges(was)).collect();
        if before.is_empty() {
            continue;
        }
        for (name, value) in members(layouts, word.values.as_ref()) {
            let refusing = before.iter().find(|was| refuses(was, value));
            if let Some(was) = refusing.filter(|_| !refuses(step, value)) {
                found.push((format!("{} in {}", code(name), code(&slot.path)), answer(was)));
            }
        }
    }
    found
}

fn judges(step: &Step) -> bool {
    matches!(step.op, Op::Mask { .. } | Op::OneOf { .. })
}

/// Whether the step refuses the word for this value, or for a flag of this value.
fn refuses(step: &Step, value: u64) -> bool {
    match &step.op {
        Op::Mask { allowed, .. } => value & !allowed != 0,
        Op::OneOf { ranges, .. } => !ranges.iter().any(|(low, high)| (*low..=*high).contains(&value)),
        _ => false,
    }
}

/// The flags or values a word may have, by their C names.
fn members<'m>(layouts: &Layouts<'m>, values: Option<&ValueType>) -> Vec<(&'m str, u64)> {
    match values {
        Some(ValueType::Flags(name)) => layouts.model.find_flags(name).map_or_else(Vec::new, |set| {
            let bits = set.members.iter().filter(|member| matches!(member.kind, FlagKind::Bit(_)));
            bits.map(|member| (member.meta.name.as_str(), member.value)).collect()
        }),
        Some(ValueType::Enum(name)) => layouts.model.find_enum(name).map_or_else(Vec::new, |set| {
            let values = set.members.iter().filter(|member| member.kind == EnumKind::Value);
            values.map(|member| (member.meta.name.as_str(), member.value.cast_unsigned())).collect()
        }),
        None => Vec::new(),
    }
}

/// Fields that the older struct has not.
fn fields(old: &At<'_>, new: &At<'_>, before: &CheckList) -> Vec<(String, String)> {
    let is_new =
        |now: &&Placed<'_>| now.field.reserved.is_none() && old.fields(&before.name).all(|was| was.path != now.path);
    let found = new.fields(&before.name).filter(is_new);
    let found = found.map(|now| {
        let what = format!("field {}, bytes {}..{},", code(&now.path), now.offset, now.end());
        (what, on_bytes(old, before, now.offset, now.end()))
    });
    found.collect()
}

/// What an older reader does with bytes it has no such field for.
fn on_bytes(old: &At<'_>, list: &CheckList, from: u64, end: u64) -> String {
    let inside = |(low, high): (u32, u32)| u64::from(low) < end && from < u64::from(high);
    let refusing = list.steps.iter().find(|step| match step.op {
        Op::Zero { from, to } => inside((from, to)),
        Op::ZeroTail { .. } | Op::MaxSize { .. } => end > u64::from(list.known),
        _ => false,
    });
    match refusing {
        Some(step) if matches!(step.op, Op::MaxSize { .. }) => format!("refuses the size: {}", answer(step)),
        Some(step) => format!("takes zeros alone: {}", answer(step)),
        None if end > u64::from(list.known) => "does not read so far".to_owned(),
        None => {
            let there = old.fields(&list.name).filter(|was| was.offset < end && from < was.end());
            let what = |was: &Placed<'_>| match was.field.dir {
                Dir::Out => format!("writes {} there, and does not look", code(&was.path)),
                Dir::In | Dir::InOut => format!("takes it for {}", code(&was.path)),
            };
            there.map(what).collect::<Vec<_>>().join(", ")
        }
    }
}

fn answer(step: &Step) -> String {
    let under = if step.when == Cond::True { "" } else { ", where it is judged" };
    format!("{} by {}{under}", step.errno.0, code(&step.id))
}
