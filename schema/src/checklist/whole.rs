//! Whether a list is whole: nothing is read before it is copied, and nothing is copied twice.

use crate::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Term};
use crate::codes;
use crate::diag::Diagnostic;

impl Cond {
    /// The words it looks at, left to right.
    pub fn slots<'c>(&'c self, found: &mut Vec<&'c Slot>) {
        match self {
            Self::True => {}
            Self::All(all) | Self::Any(all) => all.iter().for_each(|of| of.slots(found)),
            Self::Not(of) => of.slots(found),
            Self::Compare(_, a, b) => {
                a.slots(found);
                b.slots(found);
            }
            Self::Bits { word, .. } | Self::OneBit { word, .. } => found.push(word),
            Self::Overflows(of) | Self::FitsUlong(of) => of.slots(found),
        }
    }
}

impl Term {
    /// The words it looks at, left to right.
    pub fn slots<'c>(&'c self, found: &mut Vec<&'c Slot>) {
        match self {
            Self::Int(_) | Self::Signed(_) => {}
            Self::Slot(slot) => found.push(slot),
            Self::Arith(_, a, b) => {
                a.slots(found);
                b.slots(found);
            }
        }
    }
}

/// The bytes that a step looks at, `from..to` each; the size field of a size check is not among them.
#[must_use]
pub fn reads(op: &Op, when: &Cond) -> Vec<(u32, u32)> {
    let mut slots = Vec::new();
    when.slots(&mut slots);
    match op {
        Op::Mask { slot, .. } | Op::OneOf { slot, .. } | Op::Aligned { slot, .. } => slots.push(slot),
        Op::Refuse(cond) => cond.slots(&mut slots),
        _ => {}
    }
    let mut reads: Vec<(u32, u32)> = slots.into_iter().map(bytes).collect();
    if let Op::Zero { from, to } = op {
        reads.push((*from, *to));
    }
    reads
}

fn bytes(slot: &Slot) -> (u32, u32) {
    (slot.offset, slot.offset.saturating_add(slot.width.into()))
}

/// What is wrong with the order of a list.
#[must_use]
pub fn order(list: &CheckList) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut copied = 0;
    for step in &list.steps {
        let mut needs = reads(&step.op, &step.when);
        let sized =
            matches!(step.op, Op::MinSize { .. } | Op::MaxSize { .. } | Op::ZeroTail { .. } | Op::CopyRest { .. });
        if let (SizeFrom::Field(slot), true) = (&list.size, sized) {
            needs.push(bytes(slot));
        }
        if let Some((from, to)) = needs.iter().find(|(_, to)| *to > copied) {
            let message = format!("`{}` looks at bytes {from}..{to} before they are copied", step.id);
            let help = "only what the base minimum (`min`) reaches can decide how much is copied";
            found.push(Diagnostic::new(codes::AZ0430, step.span, message).help(help));
        }
        match step.op {
            Op::CopyFixed { len } if copied == 0 => copied = len,
            Op::CopyRest { from, to } if from == copied && to >= from => copied = to,
            Op::CopyFixed { .. } | Op::CopyRest { .. } => {
                let message = format!("`{}` does not begin where the last copy ended", step.id);
                found.push(Diagnostic::new(codes::AZ0430, step.span, message));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::Step;
    use crate::model::{ByteOrder, Errno, Release};
    use crate::source::Span;

    fn list(ops: Vec<Op>) -> CheckList {
        let step = |(n, op): (usize, Op)| Step {
            id: format!("s/{n}"),
            errno: Errno("EINVAL"),
            field: String::new(),
            offset: 0,
            why: String::new(),
            after_lookup: false,
            when: Cond::True,
            op,
            span: Span::default(),
        };
        let steps = ops.into_iter().enumerate().map(step).collect();
        let size = SizeFrom::Field(slot(0));
        CheckList { name: "s".to_owned(), release: Release(0), layer: None, known: 16, size, steps }
    }

    fn slot(offset: u32) -> Slot {
        Slot { path: "a".to_owned(), offset, width: 4, order: ByteOrder::Native, signed: false }
    }

    fn broken(ops: Vec<Op>) -> usize {
        order(&list(ops)).len()
    }

    #[test]
    fn nothing_is_read_before_it_is_copied_or_copied_twice() {
        let fixed = || Op::CopyFixed { len: 8 };
        let rest = |from| Op::CopyRest { from, to: 16 };
        let mask = |offset| Op::Mask { slot: slot(offset), allowed: 1 };
        assert_eq!(broken(vec![fixed(), mask(4), rest(8), mask(12)]), 0);
        assert_eq!(broken(vec![fixed(), mask(8), rest(8)]), 1);
        assert_eq!(broken(vec![fixed(), Op::Zero { from: 4, to: 9 }]), 1);
        assert_eq!(broken(vec![fixed(), rest(4)]), 1);
        assert_eq!(broken(vec![fixed(), rest(12)]), 1);
        assert_eq!(broken(vec![fixed(), fixed()]), 1);
        assert_eq!(broken(vec![Op::MinSize { bytes: 4 }, fixed()]), 1);
        let late = Cond::Compare(crate::expr::Compare::Eq, Term::Slot(slot(8)), Term::Int(0));
        assert_eq!(broken(vec![fixed(), Op::Refuse(Cond::Not(Box::new(late)))]), 1);
    }
}
