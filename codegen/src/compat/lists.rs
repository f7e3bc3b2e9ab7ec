//! Compares what readers do: two check lists, step by step.

use argsz_schema::checklist::{CheckList, Cond, Op, Step};
use argsz_schema::model::{Reserved, ValueType};

use super::findings::Findings;
use super::structs::Both;
use super::{Effect, Which, guard};

/// Compares the lists of a struct. If its fields `stay` where they were, conditions are compared as well.
pub(super) fn compare(both: &Both<'_>, lists: (&CheckList, &CheckList), stay: bool, to: &mut Findings) {
    let (old, new) = lists;
    if stay {
        base(both, lists, to);
        minimums(both, lists, to);
        values(both, lists, to);
    }
    rules(both, lists, stay, to);
    largest(both, lists, to);
    reserved(both, lists, to);
    for (was, now) in old.steps.iter().filter_map(|was| Some((was, same(new, was)?))) {
        if was.errno != now.errno {
            let message = format!("`{}` refused with {} and does with {}", was.id, was.errno.0, now.errno.0);
            to.add("I05", (both.name, &now.field), (Which::New, now.span), message);
        }
    }
}

/// The step of that id.
fn same<'l>(list: &'l CheckList, step: &Step) -> Option<&'l Step> {
    list.steps.iter().find(|other| other.id == step.id)
}

fn always(list: &CheckList) -> (Option<&Step>, u32) {
    let min = list.steps.iter().find(|step| matches!(step.op, Op::MinSize { .. }) && step.when == Cond::True);
    (min, min.map_or(0, |step| if let Op::MinSize { bytes } = step.op { bytes } else { 0 }))
}

fn base(both: &Both<'_>, (old, new): (&CheckList, &CheckList), to: &mut Findings) {
    let ((_, was), (step, now)) = (always(old), always(new));
    let span = step.map_or(both.new.def.meta.span, |step| step.span);
    if was == now || was == 0 || now == 0 {
        return;
    }
    let effect = if now > was { Effect::OLD } else { Effect::NEW };
    let message = format!("the base minimum was {was} bytes and is {now}");
    to.with("E10", effect, (both.name, ""), (Which::New, span), message);
}

/// Minimum sizes under a condition.
fn minimums(both: &Both<'_>, (old, new): (&CheckList, &CheckList), to: &mut Findings) {
    let of = |list: &'_ CheckList| -> Vec<(u32, Step)> {
        let bytes = |step: &Step| if let Op::MinSize { bytes } = step.op { Some((bytes, step.clone())) } else { None };
        list.steps.iter().filter(|step| step.when != Cond::True).filter_map(bytes).collect()
    };
    let (before, after) = (of(old), of(new));
    for (was, step) in &before {
        match after.iter().find(|(_, other)| other.when == step.when) {
            Some((now, other)) if now != was => {
                let id = if now > was { "E06" } else { "E07" };
                let message = format!("`{}`: the minimum was {was} bytes and is {now}", step.id);
                to.add(id, (both.name, ""), (Which::New, other.span), message);
            }
            Some(_) => {}
            // A base minimum that reaches as far asks no less.
            None if always(new).1 >= *was => {}
            None => {
                let message = format!("the minimum of {was} bytes (`{}`) is not asked any more", step.id);
                to.add("E07", (both.name, ""), (Which::Old, step.span), message);
            }
        }
    }
    for (now, step) in after.iter().filter(|(_, step)| before.iter().all(|(_, other)| other.when != step.when)) {
        if !guard::refuses(old, &step.when) {
            let message = format!("a minimum of {now} bytes is asked of users who did not know it (`{}`)", step.id);
            to.add("E06", (both.name, ""), (Which::New, step.span), message);
        }
    }
}

/// What single fields may hold.
fn values(both: &Both<'_>, (old, new): (&CheckList, &CheckList), to: &mut Findings) {
    let judged = |step: &&Step| matches!(step.op, Op::Mask { .. } | Op::OneOf { .. } | Op::Aligned { .. });
    for now in new.steps.iter().filter(judged) {
        let tightened = match same(old, now).map(|was| (&was.op, &now.op)) {
            Some((Op::Mask { allowed: was, .. }, Op::Mask { allowed: now, .. })) => was & !now != 0,
            Some((Op::OneOf { ranges: was, .. }, Op::OneOf { ranges: now, .. })) => {
                !was.iter().all(|(low, high)| now.iter().any(|(from, to)| from <= low && high <= to))
                    && !split(was, now)
            }
            Some((Op::OneOf { ranges, .. }, Op::Mask { allowed, .. })) => {
                ranges.iter().any(|(low, high)| low != high || low & !allowed != 0)
            }
            Some((Op::Aligned { to: was, .. }, Op::Aligned { to: now, .. })) => now > was,
            Some(_) => true,
            None => both.is_known(&now.field) && !guard::refuses(old, &now.when),
        };
        if tightened && !follows(both, &now.field, to) {
            let message = format!("{}, which was not asked before", now.why);
            to.with("F12", Effect::OLD, (both.name, &now.field), (Which::New, now.span), message);
        }
    }
    for was in old.steps.iter().filter(judged).filter(|was| same(new, was).is_none()) {
        if both.new.field(&was.field).is_some() {
            let message = format!("it is no longer asked that {}", was.why);
            to.with("F12", Effect::NEW, (both.name, &was.field), (Which::Old, was.span), message);
        }
    }
}

/// Whether the values of a field are tightened only because its set lost or moved some, which was found already: then
/// that finding names the field.
fn follows(both: &Both<'_>, path: &str, to: &mut Findings) -> bool {
    let values = both.new.field(path).and_then(|placed| placed.field.values.as_ref());
    let Some((ValueType::Flags(set) | ValueType::Enum(set), _)) = values else { return false };
    let Some(root) = to.first_about(set, &["F01", "F02", "F07", "F08"]) else { return false };
    root.follows.push(format!("{}.{path}", both.name));
    true
}

/// Whether every value of `was` is one of `now`, though no single range of it covers a whole one.
fn split(was: &[(u64, u64)], now: &[(u64, u64)]) -> bool {
    let inside = |value: u64| now.iter().any(|(low, high)| (*low..=*high).contains(&value));
    was.iter().all(|(low, high)| high - low < 4096 && (*low..=*high).all(inside))
}

/// Rules over several fields.
fn rules(both: &Both<'_>, (old, new): (&CheckList, &CheckList), stay: bool, to: &mut Findings) {
    let is_rule = |step: &&Step| matches!(step.op, Op::Refuse(_));
    let mut differ = |step: &Step, which, effect, what: &str| {
        let message = format!("the rule `{}` {what}", step.id);
        to.with("F12", effect, (both.name, &step.field), (which, step.span), message);
    };
    for now in new.steps.iter().filter(is_rule) {
        let Op::Refuse(cond) = &now.op else { continue };
        match same(old, now) {
            None if !guard::refuses(old, &Cond::All(vec![now.when.clone(), cond.clone()])) => {
                differ(now, Which::New, Effect::OLD, "is new");
            }
            Some(was) if stay && (was.op != now.op || was.when != now.when) => {
                differ(now, Which::New, Effect::BOTH, "asks for something else");
            }
            _ => {}
        }
    }
    for was in old.steps.iter().filter(is_rule).filter(|was| same(new, was).is_none()) {
        differ(was, Which::Old, Effect::NEW, "is not asked any more");
    }
}

/// What becomes of bytes beyond the known ones.
fn largest(both: &Both<'_>, (old, new): (&CheckList, &CheckList), to: &mut Findings) {
    let max = |list: &CheckList| list.steps.iter().any(|step| matches!(step.op, Op::MaxSize { .. }));
    let zero = |list: &CheckList| list.steps.iter().any(|step| matches!(step.op, Op::ZeroTail { .. }));
    let exact = |list: &CheckList| max(list) && always(list).1 == list.known;
    let sized = always(old).0.is_some() && always(new).0.is_some();
    let (place, at) = ((both.name, ""), (Which::New, both.new.def.meta.span));
    if !sized {
        return;
    }
    if exact(new) && !exact(old) {
        to.add("E16", place, at, format!("the size must be exactly {} bytes now", new.known));
    }
    if max(new) && !max(old) {
        to.add("E17", place, at, format!("more than {} bytes are refused now, even zeros", new.known));
    }
    if zero(new) && !zero(old) && !max(old) {
        to.with("R03", Effect::OLD, place, at, "bytes beyond the known ones must be zero now".to_owned());
    }
}

/// Reserved bytes on both sides.
fn reserved(both: &Both<'_>, (old, new): (&CheckList, &CheckList), to: &mut Findings) {
    for now in both.new.fields.iter().filter(|now| now.field.reserved.is_some()) {
        let was = both
            .old
            .fields
            .iter()
            .find(|was| was.field.reserved.is_some() && was.offset < now.end() && now.offset < was.end());
        let Some(was) = was else { continue };
        let (from, end) = (was.offset.max(now.offset), was.end().min(now.end()));
        let place = (both.name, &*now.path);
        let at = (Which::New, now.field.meta.span);
        let (before, after) = (guard::any_zero(old, from, end), guard::any_zero(new, from, end));
        if after && !before {
            to.add("R03", place, at, format!("bytes {from}..{end} must be zero now"));
        }
        if before && !after && now.field.reserved == Some(Reserved::Ignored) {
            to.add("R04", place, at, format!("bytes {from}..{end} need not be zero any more"));
        }
    }
}
