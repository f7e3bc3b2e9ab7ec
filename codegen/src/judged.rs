//! Which rule looks at each byte of a struct, and why none does.

use std::fmt;

use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Step, Term};
use argsz_schema::layout::{Layouts, base};
use argsz_schema::model::{Dir, Field, Reserved, Type};

/// Bytes `from..to`.
type Bytes = (u64, u64);

/// Bytes of a field, and what looks at them.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The field's path in C.
    pub path: String,
    /// From the first of the bytes to the first behind them.
    pub at: (u64, u64),
    /// The rules that look at them, in their order.
    pub rules: Vec<&'a Step>,
    /// Why there is none.
    pub unjudged: Option<Unjudged>,
}

/// Why no rule looks at some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unjudged {
    /// The schema says why.
    Reason(String),
    /// The kernel writes them.
    Output,
    /// They are reserved, and nobody looks.
    Ignored,
    /// They decide whether another rule is asked.
    Decides(String),
    /// They are a pointer: what it leads to is judged when it is followed.
    Pointer,
    /// The schema does not say.
    NoReason,
}

impl fmt::Display for Unjudged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reason(reason) => write!(f, "not judged: {reason}"),
            Self::Output => f.write_str("not judged: the kernel writes it"),
            Self::Ignored => f.write_str("not judged: reserved, and nobody looks"),
            Self::Decides(rule) => write!(f, "not judged, but it decides whether {rule} is"),
            Self::Pointer => f.write_str("not judged here: a pointer, judged when it is followed"),
            Self::NoReason => f.write_str("any value is taken, and the schema does not say why"),
        }
    }
}

/// All bytes of a struct in their order, cut where what looks at them changes.
#[must_use]
pub fn bytes<'a>(layouts: &Layouts<'_>, name: &str, list: &'a CheckList) -> Vec<Judged<'a>> {
    let mut leaves = Vec::new();
    collect(layouts, name, ("", 0, false), &mut leaves);
    let mut all = Vec::new();
    for leaf in &leaves {
        // Arms of a union share bytes; a rule about one of them is not about the others.
        let elsewhere = |step: &Step| {
            step.field != leaf.path
                && leaves.iter().any(|other| other.path == step.field && overlaps(&[other.at], leaf.at))
        };
        for at in pieces(leaf, list) {
            let rules: Vec<&Step> =
                list.steps.iter().filter(|step| overlaps(&looked_at(list, step), at) && !elsewhere(step)).collect();
            let unjudged = rules.is_empty().then(|| unjudged(leaf, list, at));
            all.push(Judged { path: leaf.path.clone(), at, rules, unjudged });
        }
    }
    all
}

/// A field without fields of its own, and where it lies.
struct Leaf<'m> {
    path: String,
    at: Bytes,
    field: &'m Field,
    /// Whether it, or something it is inside of, is only written by the kernel.
    out: bool,
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

fn overlaps(looked: &[Bytes], bytes: Bytes) -> bool {
    looked.iter().any(|(from, to)| *from < bytes.1 && bytes.0 < *to)
}

/// Why no rule judges these bytes.
fn unjudged(leaf: &Leaf<'_>, list: &CheckList, bytes: Bytes) -> Unjudged {
    let decides = |step: &&Step| {
        let mut words = Vec::new();
        of_cond(&step.when, &mut words);
        overlaps(&words, bytes)
    };
    if let Some(reason) = &leaf.field.unchecked {
        Unjudged::Reason(reason.clone())
    } else if leaf.out {
        Unjudged::Output
    } else if leaf.field.reserved == Some(Reserved::Ignored) {
        Unjudged::Ignored
    } else if let Some(step) = list.steps.iter().find(decides) {
        Unjudged::Decides(step.id.clone())
    } else if leaf.field.points_to.is_some() {
        Unjudged::Pointer
    } else {
        Unjudged::NoReason
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
