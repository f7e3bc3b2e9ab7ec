//! The interpreter: runs a check list over bytes, for any schema at any release.

use crate::checklist::{CheckList, Cond, Op, Pointer, SizeFrom, Slot, Step, Term};
use crate::expr::{Arith, Compare};
use crate::model::{ByteOrder, Errno};
use crate::target::{Endian, Target};

/// What a reader answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on, with these bytes held.
    Accepted(Vec<u8>),
    /// It does not.
    Refused(Refusal),
}

/// Why a reader refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Place in [`CheckList::steps`].
    pub step: usize,
    /// Id of the rule.
    pub rule: String,
    /// What the user gets: the step's own, or EFAULT where memory ended.
    pub errno: Errno,
    /// Whether it is judged only after objects were looked up.
    pub after_lookup: bool,
}

/// Runs a list over a user's memory, which ends right after `user`. `size` is what travels beside the pointer,
/// where it does; without it, the length of `user`.
#[must_use]
pub fn run(list: &CheckList, target: Target, user: &[u8], size: Option<u64>) -> Verdict {
    walk(list, target, user, size, &mut |_| {})
}

/// As [`run`], with the places in [`CheckList::steps`] of those that were judged: reached, and their `when` held.
#[must_use]
pub fn trace(list: &CheckList, target: Target, user: &[u8], size: Option<u64>) -> (Verdict, Vec<usize>) {
    let mut judged = Vec::new();
    let verdict = walk(list, target, user, size, &mut |step| judged.push(step));
    (verdict, judged)
}

fn walk(list: &CheckList, target: Target, user: &[u8], size: Option<u64>, judged: &mut dyn FnMut(usize)) -> Verdict {
    let mut reader = Reader { list, target, user, beside: size, held: vec![0; list.known as usize] };
    for (at, step) in list.steps.iter().enumerate() {
        if !reader.holds(&step.when) {
            continue;
        }
        judged(at);
        if let Some(errno) = reader.step(step) {
            let refusal = Refusal { step: at, rule: step.id.clone(), errno, after_lookup: step.after_lookup };
            return Verdict::Refused(refusal);
        }
    }
    Verdict::Accepted(reader.held)
}

/// Reads element `at` of what a pointer of a struct that was accepted leads to: the name of its struct, and the verdict
/// of that struct's list. `None` if there are not so many, or the selector names no struct. A pointer without a count
/// leads to one. `memory` is the user's from an address on.
pub fn follow<'p, 'm>(
    pointer: &'p Pointer,
    held: Held<'_>,
    at: u64,
    memory: impl FnOnce(u64) -> &'m [u8],
    list: impl FnOnce(&str) -> Option<&'m CheckList>,
) -> Option<(&'p str, Verdict)> {
    let number = |slot: &Option<Slot>| slot.as_ref().map(|slot| held.unsigned(slot));
    if at >= number(&pointer.count).unwrap_or(1) {
        return None;
    }
    let (_, name) = pointer.to.iter().find(|(when, _)| held.holds(when))?;
    let list = list(name)?;
    let one = number(&pointer.stride).unwrap_or(list.known.into());
    let address = held.unsigned(&pointer.word).saturating_add(at.saturating_mul(one));
    let size = number(&pointer.bytes).unwrap_or(one);
    Some((name, run(list, held.target, memory(address), Some(size))))
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was judged, and refuses nothing.
    Passed,
    /// Its condition does not hold.
    NotAsked,
    /// It refuses with this.
    Refuses(Errno),
}

/// What each step of a list says of a user's memory. Unlike [`run`], it goes on after a refusal, as far as there are
/// bytes; the first that refuses is the reader's answer. The bytes that were held in the end come with it.
#[must_use]
pub fn fates(list: &CheckList, target: Target, user: &[u8], size: Option<u64>) -> (Vec<Fate>, Vec<u8>) {
    let mut reader = Reader { list, target, user, beside: size, held: vec![0; list.known as usize] };
    let mut fates = Vec::with_capacity(list.steps.len());
    for step in &list.steps {
        fates.push(if reader.holds(&step.when) {
            reader.step(step).map_or(Fate::Passed, Fate::Refuses)
        } else {
            Fate::NotAsked
        });
    }
    (fates, reader.held)
}

/// Bytes of a struct, as a condition sees them.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The machine.
    pub target: Target,
    /// The bytes; what is missing reads as zero.
    pub bytes: &'a [u8],
}

impl Held<'_> {
    /// The number in a slot, by its bits.
    #[must_use]
    pub fn unsigned(&self, slot: &Slot) -> u64 {
        let at = slot.offset as usize;
        let Some(bytes) = self.bytes.get(at..at + usize::from(slot.width)) else { return 0 };
        let big = match slot.order {
            ByteOrder::Native => self.target.endian == Endian::Big,
            ByteOrder::Little => false,
            ByteOrder::Big => true,
        };
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    /// The number in a slot, with its sign.
    #[must_use]
    pub fn signed(&self, slot: &Slot) -> i64 {
        let unused = 64 - 8 * u32::from(slot.width.clamp(1, 8));
        (self.unsigned(slot) << unused).cast_signed() >> unused
    }

    /// Whether a condition holds.
    #[must_use]
    pub fn holds(&self, cond: &Cond) -> bool {
        match cond {
            Cond::True => true,
            Cond::All(parts) => parts.iter().all(|part| self.holds(part)),
            Cond::Any(parts) => parts.iter().any(|part| self.holds(part)),
            Cond::Not(inner) => !self.holds(inner),
            Cond::Compare(op, Term::Slot(slot), Term::Signed(value)) => compare(*op, &self.signed(slot), value),
            Cond::Compare(op, Term::Signed(value), Term::Slot(slot)) => compare(*op, value, &self.signed(slot)),
            Cond::Compare(op, left, right) => compare(*op, &self.wrapping(left), &self.wrapping(right)),
            Cond::Bits { word, mask, value } => self.unsigned(word) & mask == *value,
            Cond::OneBit { word, mask } => (self.unsigned(word) & mask).is_power_of_two(),
            Cond::Overflows(term) => self.checked(term).is_none(),
            Cond::FitsUlong(term) => self.target.pointer >= 8 || u32::try_from(self.wrapping(term)).is_ok(),
        }
    }

    /// Arithmetic that was proved to stay within u64.
    fn wrapping(&self, term: &Term) -> u64 {
        match term {
            Term::Int(value) => *value,
            Term::Signed(value) => value.cast_unsigned(),
            Term::Slot(slot) => self.unsigned(slot),
            Term::Arith(op, left, right) => {
                let (left, right) = (self.wrapping(left), self.wrapping(right));
                match op {
                    Arith::Add => left.wrapping_add(right),
                    Arith::Sub => left.wrapping_sub(right),
                    Arith::Mul => left.wrapping_mul(right),
                    Arith::And => left & right,
                }
            }
        }
    }

    /// Arithmetic of which every step must stay within u64.
    fn checked(&self, term: &Term) -> Option<u64> {
        let Term::Arith(op, left, right) = term else { return Some(self.wrapping(term)) };
        let (left, right) = (self.checked(left)?, self.checked(right)?);
        match op {
            Arith::Add => left.checked_add(right),
            Arith::Sub => left.checked_sub(right),
            Arith::Mul => left.checked_mul(right),
            Arith::And => Some(left & right),
        }
    }
}

struct Reader<'a> {
    list: &'a CheckList,
    target: Target,
    user: &'a [u8],
    beside: Option<u64>,
    held: Vec<u8>,
}

impl Reader<'_> {
    fn size(&self) -> u64 {
        match &self.list.size {
            SizeFrom::Field(slot) => self.unsigned(slot),
            SizeFrom::Caller => self.beside.unwrap_or(self.user.len() as u64),
            SizeFrom::Known => self.list.known.into(),
        }
    }

    /// The errno, if the step refuses.
    fn step(&mut self, step: &Step) -> Option<Errno> {
        let refused = match &step.op {
            Op::CopyFixed { len } => !self.copy(0, (*len).into()),
            Op::CopyRest { from, to } => !self.copy((*from).into(), self.size().min((*to).into())),
            Op::MinSize { bytes } => self.size() < u64::from(*bytes),
            Op::MaxSize { bytes } => self.size() > u64::from(*bytes),
            Op::ZeroTail { from } => return self.tail((*from).into(), step.errno),
            Op::Zero { from, to } => {
                self.held.get(*from as usize..*to as usize).is_none_or(|bytes| bytes.iter().any(|byte| *byte != 0))
            }
            Op::Mask { slot, allowed } => self.unsigned(slot) & !allowed != 0,
            Op::OneOf { slot, ranges } if slot.signed => {
                let value = self.signed(slot);
                !ranges.iter().any(|(low, high)| (low.cast_signed()..=high.cast_signed()).contains(&value))
            }
            Op::OneOf { slot, ranges } => {
                let value = self.unsigned(slot);
                !ranges.iter().any(|(low, high)| (*low..=*high).contains(&value))
            }
            Op::Aligned { slot, to } => self.unsigned(slot) & to.saturating_sub(1) != 0,
            Op::Refuse(cond) => self.holds(cond),
        };
        refused.then_some(step.errno)
    }

    /// Copies `from..to`; false if memory ends before.
    fn copy(&mut self, from: u64, to: u64) -> bool {
        if to <= from {
            return true;
        }
        let (Ok(from), Ok(to)) = (usize::try_from(from), usize::try_from(to)) else { return false };
        match (self.user.get(from..to), self.held.get_mut(from..to)) {
            (Some(bytes), Some(held)) => {
                held.copy_from_slice(bytes);
                true
            }
            _ => false,
        }
    }

    /// What lies beyond the known size: the first non-zero byte decides, or the end of memory.
    fn tail(&self, from: u64, errno: Errno) -> Option<Errno> {
        let size = self.size();
        let mapped = self.user.len() as u64;
        let there = usize::try_from(from).ok().and_then(|from| self.user.get(from..)).unwrap_or_default();
        let asked = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX).min(there.len());
        if there[..asked].iter().any(|byte| *byte != 0) {
            return Some(errno);
        }
        (size > from && size > mapped).then_some(Errno("EFAULT"))
    }

    fn view(&self) -> Held<'_> {
        Held { target: self.target, bytes: &self.held }
    }

    fn unsigned(&self, slot: &Slot) -> u64 {
        self.view().unsigned(slot)
    }

    fn signed(&self, slot: &Slot) -> i64 {
        self.view().signed(slot)
    }

    fn holds(&self, cond: &Cond) -> bool {
        self.view().holds(cond)
    }
}

fn compare<T: Ord>(op: Compare, left: &T, right: &T) -> bool {
    match op {
        Compare::Eq => left == right,
        Compare::Ne => left != right,
        Compare::Lt => left < right,
        Compare::Le => left <= right,
        Compare::Gt => left > right,
        Compare::Ge => left >= right,
    }
}
