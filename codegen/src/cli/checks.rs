//! `argsz layout STRUCT --checks`: which rule looks at each byte, and all rules in their order.

use std::fmt::Write as _;

use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Step, Term};
use argsz_schema::layout::{Layouts, base};
use argsz_schema::model::{Dir, Field, Reserved, Type};

use super::term::{BAD, BOLD, CODE, DIM, paint};

/// Bytes `from..to`.
type Bytes = (u64, u64);

/// A field without fields of its own, and where it lies.
struct Leaf<'m> {
    path: String,
    at: Bytes,
    field: &'m Field,
    /// Whether it, or something it is inside of, is only written by the kernel.
    out: bool,
}

/// The whole report.
pub(crate) fn report(layouts: &Layouts<'_>, name: &str, list: &CheckList) -> String {
    let mut leaves = Vec::new();
    collect(layouts, name, ("", 0, false), &mut leaves);
    let mut text = String::new();
    for leaf in &leaves {
        for bytes in pieces(leaf, list) {
            let place = format!("{:>5}..{:<5}", bytes.0, bytes.1);
            let head = format!("{} {}", paint(CODE, place), paint(BOLD, &leaf.path));
            // Arms of a union share bytes; a rule about one of them is not about the others.
            let elsewhere = |step: &Step| {
                step.field != leaf.path
                    && leaves.iter().any(|other| other.path == step.field && overlaps(&[other.at], leaf.at))
            };
            let looking: Vec<&Step> =
                list.steps.iter().filter(|step| touches(list, step, bytes) && !elsewhere(step)).collect();
            let _ = writeln!(text, "{head}");
            for step in &looking {
                let _ = writeln!(text, "            {}", step.id);
            }
            if looking.is_empty() {
                let _ = writeln!(text, "            {}", unjudged(leaf, list, bytes));
            }
        }
    }
    text.push_str("\nin this order:\n");
    for (n, step) in list.steps.iter().enumerate() {
        let after = if step.after_lookup { ", after look-ups" } else { "" };
        let _ = writeln!(text, "{:>3}. {} {}{after}", n + 1, paint(BOLD, &step.id), paint(DIM, step.errno.0));
        let _ = writeln!(text, "     {}", step.why);
    }
    text
}

/// The leaves of a struct, through named types and those written in place.
fn collect<'m>(layouts: &Layouts<'m>, name: &str, inside: (&str, u64, bool), leaves: &mut Vec<Leaf<'m>>) {
    let Some(laid) = layouts.structs.get(name) else { return };
    let (prefix, start, out) = inside;
    for placed in &laid.fields {
        let (path, offset) = (format!("{prefix}{}", placed.path), start + placed.offset);
        let out = out || placed.field.dir == Dir::Out;
        match base(&placed.field.ty) {
            Type::Inline(_) => {}
            Type::Named(named) => collect(layouts, named, (&format!("{path}."), offset, out), leaves),
            _ => leaves.push(Leaf { path, at: (offset, offset + placed.size), field: placed.field, out }),
        }
    }
}

/// A leaf, cut where what looks at its bytes changes.
fn pieces(leaf: &Leaf<'_>, list: &CheckList) -> Vec<Bytes> {
    let (from, to) = leaf.at;
    let mut cuts: Vec<u64> =
        list.steps.iter().flat_map(|step| looked_at(list, step)).flat_map(|(a, b)| [a, b]).collect();
    cuts.extend([from, to]);
    cuts.retain(|cut| (from..=to).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

fn touches(list: &CheckList, step: &Step, bytes: Bytes) -> bool {
    overlaps(&looked_at(list, step), bytes)
}

fn overlaps(looked: &[Bytes], bytes: Bytes) -> bool {
    looked.iter().any(|(from, to)| *from < bytes.1 && bytes.0 < *to)
}

/// Why no rule judges these bytes.
fn unjudged(leaf: &Leaf<'_>, list: &CheckList, bytes: Bytes) -> String {
    let decides = |step: &&Step| {
        let mut words = Vec::new();
        of_cond(&step.when, &mut words);
        overlaps(&words, bytes)
    };
    if let Some(reason) = &leaf.field.unchecked {
        format!("not judged: {reason}")
    } else if leaf.out {
        "not judged: the kernel writes it".to_owned()
    } else if leaf.field.reserved == Some(Reserved::Ignored) {
        "not judged: reserved, and nobody looks".to_owned()
    } else if let Some(step) = list.steps.iter().find(decides) {
        format!("not judged, but it decides whether {} is", step.id)
    } else if leaf.field.points_to.is_some() {
        "not judged here: a pointer, judged when it is followed".to_owned()
    } else {
        paint(BAD, "any value is taken, and the schema does not say why")
    }
}

/// The bytes a step judges.
fn looked_at(list: &CheckList, step: &Step) -> Vec<Bytes> {
    let mut found = Vec::new();
    match &step.op {
        Op::CopyFixed { .. } | Op::CopyRest { .. } | Op::ZeroTail { .. } => {}
        Op::MinSize { .. } | Op::MaxSize { .. } => {
            if let SizeFrom::Field(slot) = &list.size {
                found.push(of_slot(slot));
            }
        }
        Op::Zero { from, to } => found.push((u64::from(*from), u64::from(*to))),
        Op::Mask { slot, .. } | Op::OneOf { slot, .. } | Op::Aligned { slot, .. } => found.push(of_slot(slot)),
        Op::Refuse(cond) => of_cond(cond, &mut found),
    }
    found
}

fn of_slot(slot: &Slot) -> Bytes {
    let from = u64::from(slot.offset);
    (from, from + u64::from(slot.width))
}

fn of_cond(cond: &Cond, found: &mut Vec<Bytes>) {
    match cond {
        Cond::True => {}
        Cond::All(all) | Cond::Any(all) => all.iter().for_each(|cond| of_cond(cond, found)),
        Cond::Not(cond) => of_cond(cond, found),
        Cond::Compare(_, left, right) => {
            of_term(left, found);
            of_term(right, found);
        }
        Cond::Bits { word, .. } | Cond::OneBit { word, .. } => found.push(of_slot(word)),
        Cond::Overflows(term) | Cond::FitsUlong(term) => of_term(term, found),
    }
}

fn of_term(term: &Term, found: &mut Vec<Bytes>) {
    match term {
        Term::Int(_) | Term::Signed(_) => {}
        Term::Slot(slot) => found.push(of_slot(slot)),
        Term::Arith(_, left, right) => {
            of_term(left, found);
            of_term(right, found);
        }
    }
}
