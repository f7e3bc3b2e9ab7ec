//! What is known of a struct's words at a point of its check list, as ranges and known bits.
//!
//! It errs on one side only: what it calls impossible is impossible.

use crate::checklist::{Cond, Slot, Term};
use crate::expr::{Arith, Compare};
use crate::hash::HashMap;

/// A word is judged value by value if it can have no more than so many.
const FEW: u64 = 512;

/// A word of the struct: where, and how wide.
pub(super) type Word = (u32, u8);

pub(super) fn word(slot: &Slot) -> Word {
    (slot.offset, slot.width)
}

/// Everything known; of a word that is not in it, nothing is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Known(HashMap<Word, Values>);

/// The values a word may have: in one of the ranges (ascending, disjoint), with these bits clear and those set.
#[derive(Clone, Debug, PartialEq)]
struct Values {
    ranges: Vec<(u64, u64)>,
    zeros: u64,
    ones: u64,
}

fn highest(width: u8) -> u64 {
    if width >= 8 { u64::MAX } else { (1 << (u32::from(width) * 8)) - 1 }
}

impl Values {
    fn all(width: u8) -> Self {
        Self { ranges: vec![(0, highest(width))], zeros: !highest(width), ones: 0 }
    }

    fn count(&self) -> u64 {
        self.ranges.iter().fold(0, |sum: u64, (low, high)| sum.saturating_add((high - low).saturating_add(1)))
    }

    fn bounds(&self) -> (u64, u64) {
        (self.ranges.first().map_or(0, |range| range.0), self.ranges.last().map_or(0, |range| range.1))
    }

    fn within(mut self, allowed: &[(u64, u64)]) -> Option<Self> {
        let mut ranges = Vec::new();
        for (low, high) in &self.ranges {
            let cut = allowed.iter().map(|(from, to)| (*from.max(low), *to.min(high)));
            ranges.extend(cut.filter(|(low, high)| low <= high));
        }
        self.ranges = ranges;
        self.settle()
    }

    fn bits(mut self, zeros: u64, ones: u64) -> Option<Self> {
        self.zeros |= zeros;
        self.ones |= ones;
        self.settle()
    }

    /// Leaves out what the known bits exclude, where that can be counted; `None` if nothing is left.
    fn settle(mut self) -> Option<Self> {
        if self.zeros & self.ones != 0 || self.ranges.is_empty() {
            return None;
        }
        // No value is larger than all bits that may be set, or smaller than those that are.
        let (least, most) = (self.ones, !self.zeros);
        self.ranges.retain(|(low, high)| *high >= least && *low <= most);
        let (zeros, ones) = (self.zeros, self.ones);
        self.only(|value| value & zeros == 0 && value & ones == ones)
    }

    /// Keeps the values that pass, if they are few enough to be tried.
    fn only(mut self, pass: impl Fn(u64) -> bool) -> Option<Self> {
        if self.count() <= FEW {
            let values = self.ranges.iter().flat_map(|(low, high)| *low..=*high);
            self.ranges = values.filter(|value| pass(*value)).map(|value| (value, value)).collect();
        }
        (!self.ranges.is_empty()).then_some(self)
    }
}

impl Known {
    fn values(&self, slot: &Slot) -> Values {
        self.0.get(&word(slot)).cloned().unwrap_or_else(|| Values::all(slot.width))
    }

    fn with(mut self, slot: &Slot, values: Values) -> Self {
        self.0.insert(word(slot), values);
        self
    }

    /// The word has only these bits.
    pub(super) fn mask(self, slot: &Slot, allowed: u64) -> Option<Self> {
        let values = self.values(slot).bits(!allowed, 0)?;
        Some(self.with(slot, values))
    }

    /// The word lies in one of these ranges.
    pub(super) fn one_of(self, slot: &Slot, ranges: &[(u64, u64)]) -> Option<Self> {
        let values = self.values(slot).within(ranges)?;
        Some(self.with(slot, values))
    }

    /// What is known besides if the condition holds (or, with `holds` false, if it does not); `None` if that cannot be.
    pub(super) fn given(self, cond: &Cond, holds: bool) -> Option<Self> {
        match cond {
            Cond::True => holds.then_some(self),
            Cond::Not(of) => self.given(of, !holds),
            Cond::All(all) if holds => all.iter().try_fold(self, |known, of| known.given(of, true)),
            Cond::Any(all) if !holds => all.iter().try_fold(self, |known, of| known.given(of, false)),
            Cond::All(all) | Cond::Any(all) => {
                let mut possible = all.iter().filter_map(|of| self.clone().given(of, holds));
                match (possible.next(), possible.next()) {
                    (None, _) => None,
                    (Some(one), None) => Some(one),
                    _ => Some(self),
                }
            }
            Cond::Compare(op, a, b) => self.compare(if holds { *op } else { opposite(*op) }, a, b),
            Cond::Bits { word, mask, value } => self.bits(word, *mask, *value, holds),
            Cond::OneBit { word, mask } => {
                let values = self.values(word);
                if holds && mask & !values.zeros == 0 {
                    return None;
                }
                let values = values.only(|value| (value & mask).is_power_of_two() == holds)?;
                Some(self.with(word, values))
            }
            Cond::Overflows(term) => {
                let never = self.bounds(term).is_some();
                (!(holds && never)).then_some(self)
            }
            Cond::FitsUlong(term) => {
                let always = self.bounds(term).is_some_and(|(_, high)| u32::try_from(high).is_ok());
                (holds || !always).then_some(self)
            }
        }
    }

    fn bits(self, slot: &Slot, mask: u64, value: u64, holds: bool) -> Option<Self> {
        let mask = mask & highest(slot.width);
        let values = self.values(slot);
        let impossible = value & !mask != 0 || value & values.zeros != 0 || mask & !value & values.ones != 0;
        let certain = mask & !value & !values.zeros == 0 && value & !values.ones == 0 && value & !mask == 0;
        let values = match holds {
            true if impossible => return None,
            false if certain => return None,
            true => values.bits(mask & !value, value)?,
            false if mask.is_power_of_two() && !impossible => values.bits(mask & value, mask & !value)?,
            false => values,
        };
        let values = values.only(|word| (word & mask == value) == holds)?;
        Some(self.with(slot, values))
    }

    fn compare(self, op: Compare, a: &Term, b: &Term) -> Option<Self> {
        if signed(a) || signed(b) {
            return Some(self);
        }
        match (a, b) {
            (Term::Slot(slot), Term::Int(number)) => self.limit(op, slot, *number),
            (Term::Int(number), Term::Slot(slot)) => self.limit(mirrored(op), slot, *number),
            _ if a == b => matches!(op, Compare::Eq | Compare::Le | Compare::Ge).then_some(self),
            _ => {
                let (Some(x), Some(y)) = (self.bounds(a), self.bounds(b)) else { return Some(self) };
                let possible = match op {
                    Compare::Eq => x.0 <= y.1 && y.0 <= x.1,
                    Compare::Ne => !(x.0 == x.1 && x == y),
                    Compare::Lt => x.0 < y.1,
                    Compare::Le => x.0 <= y.1,
                    Compare::Gt => x.1 > y.0,
                    Compare::Ge => x.1 >= y.0,
                };
                possible.then_some(self)
            }
        }
    }

    fn limit(self, op: Compare, slot: &Slot, number: u64) -> Option<Self> {
        let below = || number.checked_sub(1).map(|high| (0, high));
        let above = || number.checked_add(1).map(|low| (low, u64::MAX));
        let allowed: Vec<(u64, u64)> = match op {
            Compare::Eq => vec![(number, number)],
            Compare::Ne => below().into_iter().chain(above()).collect(),
            Compare::Lt => below().into_iter().collect(),
            Compare::Le => vec![(0, number)],
            Compare::Gt => above().into_iter().collect(),
            Compare::Ge => vec![(number, u64::MAX)],
        };
        self.one_of(slot, &allowed)
    }

    /// Least and greatest value of a term; `None` if its arithmetic may leave u64.
    fn bounds(&self, term: &Term) -> Option<(u64, u64)> {
        match term {
            Term::Int(number) => Some((*number, *number)),
            Term::Signed(_) => None,
            Term::Slot(slot) => Some(self.values(slot).bounds()),
            Term::Arith(op, a, b) => {
                let (a, b) = (self.bounds(a)?, self.bounds(b)?);
                match op {
                    Arith::Add => Some((a.0.checked_add(b.0)?, a.1.checked_add(b.1)?)),
                    Arith::Sub => Some((a.0.checked_sub(b.1)?, a.1.checked_sub(b.0)?)),
                    Arith::Mul => Some((a.0.checked_mul(b.0)?, a.1.checked_mul(b.1)?)),
                    Arith::And => Some((0, a.1.min(b.1))),
                }
            }
        }
    }
}

fn signed(term: &Term) -> bool {
    match term {
        Term::Signed(_) => true,
        Term::Slot(slot) => slot.signed,
        Term::Int(_) => false,
        Term::Arith(_, a, b) => signed(a) || signed(b),
    }
}

fn opposite(op: Compare) -> Compare {
    match op {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Ge => Compare::Lt,
        Compare::Gt => Compare::Le,
        Compare::Le => Compare::Gt,
    }
}

fn mirrored(op: Compare) -> Compare {
    match op {
        Compare::Eq | Compare::Ne => op,
        Compare::Lt => Compare::Gt,
        Compare::Gt => Compare::Lt,
        Compare::Le => Compare::Ge,
        Compare::Ge => Compare::Le,
    }
}

/// The words that a condition looks at.
pub(super) fn words(cond: &Cond, found: &mut Vec<Word>) {
    match cond {
        Cond::True => {}
        Cond::All(all) | Cond::Any(all) => all.iter().for_each(|of| words(of, found)),
        Cond::Not(of) => words(of, found),
        Cond::Compare(_, a, b) => {
            terms(a, found);
            terms(b, found);
        }
        Cond::Bits { word: slot, .. } | Cond::OneBit { word: slot, .. } => found.push(word(slot)),
        Cond::Overflows(term) | Cond::FitsUlong(term) => terms(term, found),
    }
}

fn terms(term: &Term, found: &mut Vec<Word>) {
    match term {
        Term::Int(_) | Term::Signed(_) => {}
        Term::Slot(slot) => found.push(word(slot)),
        Term::Arith(_, a, b) => {
            terms(a, found);
            terms(b, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ByteOrder;

    fn slot(offset: u32, width: u8) -> Slot {
        Slot { path: String::new(), offset, width, order: ByteOrder::Native, signed: false }
    }

    fn compare(op: Compare, at: u32, number: u64) -> Cond {
        Cond::Compare(op, Term::Slot(slot(at, 1)), Term::Int(number))
    }

    fn possible(cond: &Cond, holds: bool) -> bool {
        Known::default().given(cond, holds).is_some()
    }

    /// Judges a condition over two bytes for real.
    fn truth(cond: &Cond, bytes: [u8; 2]) -> bool {
        let number = |term: &Term| match term {
            Term::Int(number) => *number,
            Term::Slot(slot) => u64::from(bytes[slot.offset as usize]),
            _ => unreachable!("not made here"),
        };
        match cond {
            Cond::True => true,
            Cond::All(all) => all.iter().all(|of| truth(of, bytes)),
            Cond::Any(all) => all.iter().any(|of| truth(of, bytes)),
            Cond::Not(of) => !truth(of, bytes),
            Cond::Compare(op, a, b) => {
                let order = number(a).cmp(&number(b));
                match op {
                    Compare::Eq => order.is_eq(),
                    Compare::Ne => order.is_ne(),
                    Compare::Lt => order.is_lt(),
                    Compare::Le => order.is_le(),
                    Compare::Gt => order.is_gt(),
                    Compare::Ge => order.is_ge(),
                }
            }
            Cond::Bits { word, mask, value } => u64::from(bytes[word.offset as usize]) & mask == *value,
            Cond::OneBit { word, mask } => (u64::from(bytes[word.offset as usize]) & mask).is_power_of_two(),
            Cond::Overflows(_) | Cond::FitsUlong(_) => unreachable!("not made here"),
        }
    }

    /// A small stream of numbers, the same at each run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % limit
        }

        fn cond(&mut self, depth: u32) -> Cond {
            let at = u32::try_from(self.below(2)).expect("small");
            let ops = [Compare::Eq, Compare::Ne, Compare::Lt, Compare::Le, Compare::Gt, Compare::Ge];
            match self.below(if depth == 0 { 4 } else { 7 }) {
                0 | 1 => {
                    let op = ops[usize::try_from(self.below(6)).expect("small")];
                    compare(op, at, self.below(6))
                }
                2 => Cond::Bits { word: slot(at, 1), mask: self.below(8), value: self.below(8) },
                3 => Cond::OneBit { word: slot(at, 1), mask: self.below(8) },
                4 => Cond::All((0..3).map(|_| self.cond(depth - 1)).collect()),
                5 => Cond::Any((0..3).map(|_| self.cond(depth - 1)).collect()),
                _ => Cond::Not(Box::new(self.cond(depth - 1))),
            }
        }
    }

    #[test]
    fn what_is_called_impossible_is_impossible() {
        let mut numbers = Numbers(7);
        let mut never = 0;
        for _ in 0..600 {
            let cond = numbers.cond(3);
            for holds in [true, false] {
                if !possible(&cond, holds) {
                    never += 1;
                    let all = (0..=u16::MAX).map(u16::to_le_bytes);
                    assert!(all.into_iter().all(|bytes| truth(&cond, bytes) != holds), "{cond:?} {holds}");
                }
            }
        }
        assert!(never > 20, "only {never} of the conditions were impossible");
    }

    #[test]
    fn simple_impossibilities_are_found() {
        let bit = |mask, value| Cond::Bits { word: slot(0, 1), mask, value };
        let impossible = [
            Cond::All(vec![compare(Compare::Eq, 0, 1), compare(Compare::Eq, 0, 2)]),
            Cond::All(vec![compare(Compare::Gt, 0, 3), compare(Compare::Lt, 0, 3)]),
            compare(Compare::Gt, 0, 255),
            compare(Compare::Lt, 0, 0),
            Cond::All(vec![bit(1, 1), bit(3, 0)]),
            Cond::All(vec![bit(1, 1), Cond::Not(Box::new(bit(1, 1)))]),
            Cond::Overflows(Term::Arith(Arith::Add, Box::new(Term::Slot(slot(0, 4))), Box::new(Term::Int(1)))),
            Cond::Not(Box::new(Cond::FitsUlong(Term::Slot(slot(0, 4))))),
        ];
        for cond in impossible {
            assert!(!possible(&cond, true), "{cond:?}");
            assert!(possible(&cond, false), "{cond:?}");
        }
        let wide = Cond::Overflows(Term::Arith(Arith::Add, Box::new(Term::Slot(slot(0, 8))), Box::new(Term::Int(1))));
        assert!(possible(&wide, true) && possible(&wide, false));
    }
}
