//! Finds payloads by mending what is wrong with others, one word at a time, two where one is not enough.

use std::collections::BTreeSet;

use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Step};
use argsz_schema::interp::{self, Fate, Held};
use argsz_schema::target::Target;

use super::payload::Payload;
use super::words::{self, Word};

/// Words that are mended one after the other.
const MOST_ROUNDS: usize = 24;
/// Pairs of changes that are tried in a round.
const MOST_PAIRS: usize = 60_000;

/// What is asked of a payload besides.
type Pin<'p> = &'p dyn Fn(&Payload) -> bool;

pub(super) struct Search<'a> {
    list: &'a CheckList,
    target: Target,
    words: Vec<Word>,
    sizes: Vec<u64>,
}

/// What is wanted of the steps.
#[derive(Clone, Copy)]
enum Goal {
    /// None refuses.
    Accepted,
    /// This one refuses and no other.
    Only(usize),
    /// This one is the first that refuses.
    First(usize),
}

impl<'a> Search<'a> {
    pub(super) fn new(list: &'a CheckList, target: Target) -> Self {
        let mut sizes: BTreeSet<u64> = [list.known.into()].into();
        for step in &list.steps {
            if let Op::MinSize { bytes: at } | Op::MaxSize { bytes: at } = step.op {
                let at = u64::from(at);
                sizes.extend([at.saturating_sub(1), at, at + 1]);
            }
        }
        Self { list, target, words: words::words(list), sizes: sizes.into_iter().collect() }
    }

    /// Sizes at which the answer may change.
    pub(super) fn sizes(&self) -> Vec<u64> {
        self.sizes.clone()
    }

    pub(super) fn fates(&self, payload: &Payload) -> Vec<Fate> {
        let input = payload.input(self.list, self.target.endian);
        interp::fates(self.list, self.target, &input.user, input.size).0
    }

    /// A payload that is accepted and has what `pin` asks for.
    pub(super) fn valid(&self, start: &Payload, pin: Pin<'_>) -> Option<Payload> {
        self.solve(start, Goal::Accepted, pin)
    }

    /// A payload that breaks this step, if possible no other.
    pub(super) fn breaking(&self, base: &Payload, at: usize) -> Option<Payload> {
        let built = self.built(base, at);
        let start = built.as_ref().unwrap_or(base);
        // What was built is not to be mended away.
        let pin = |payload: &Payload| {
            built.as_ref().is_none_or(|built| payload.tail == built.tail && payload.mapped == built.mapped)
        };
        self.solve(start, Goal::Only(at), &pin).or_else(|| self.solve(start, Goal::First(at), &pin))
    }

    /// What no change of a word brings about: tails, and memory that ends early.
    fn built(&self, base: &Payload, at: usize) -> Option<Payload> {
        let mut payload = base.clone();
        match self.list.steps[at].op {
            Op::CopyFixed { len } => payload.mapped = Some(u64::from(len).saturating_sub(1)),
            Op::CopyRest { to, .. } => {
                payload.size = payload.size.max(to.into());
                payload.mapped = Some(u64::from(to).saturating_sub(1));
            }
            Op::ZeroTail { from } => {
                payload.size = u64::from(from) + 8;
                payload.tail = vec![(0, 1)];
            }
            Op::MaxSize { bytes } => payload.size = u64::from(bytes) + 1,
            Op::MinSize { bytes } => payload.size = u64::from(bytes).saturating_sub(1),
            _ => return None,
        }
        Some(payload)
    }

    /// More ways to break a step that is about memory.
    pub(super) fn more(&self, broken: &Payload, at: usize) -> Vec<(Payload, &'static str)> {
        let mut payload = broken.clone();
        match self.list.steps[at].op {
            Op::CopyFixed { .. } => {
                payload.mapped = Some(0);
                vec![(payload, "no memory at all")]
            }
            Op::ZeroTail { .. } => {
                payload.tail = vec![(7, 0x80)];
                let mut torn = payload.clone();
                torn.tail.clear();
                torn.mapped = Some(torn.size - 1);
                vec![(payload, "the last byte"), (torn, "memory ends in it")]
            }
            _ => Vec::new(),
        }
    }

    /// Why a step cannot be broken.
    pub(super) fn why_not(&self, at: usize) -> String {
        match &self.list.steps[at].op {
            Op::Refuse(cond) if words::asks_ulong(cond) && self.target.pointer >= 8 => {
                format!("every 64-bit number fits the unsigned long of {}", self.target.name)
            }
            _ => "no payload was found that only it refuses".to_owned(),
        }
    }

    /// Two payloads that differ in one word, as little as can be: the first is accepted, the second broken.
    pub(super) fn edge(&self, broken: &Payload, at: usize) -> Option<(Payload, Payload)> {
        let step = &self.list.steps[at];
        let only = wrong(&self.fates(broken), Goal::Only(at)) == 0;
        let goal = if only { Goal::Only(at) } else { Goal::First(at) };
        let mut best: Option<(u64, Payload, Payload)> = None;
        let mut offer = |distance: u64, inside: Payload, outside: Payload| {
            if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
                best = Some((distance, inside, outside));
            }
        };
        let read = words::of_step(step);
        for word in self.words.iter().filter(|word| read.contains(&word.slot)) {
            let with = |value: u64| {
                let mut payload = broken.clone();
                payload.set(&word.slot, self.target.endian, value);
                payload
            };
            let (mut inside, mut outside) = (Vec::new(), Vec::new());
            for value in self.values(word, broken) {
                let fates = self.fates(&with(value));
                if wrong(&fates, Goal::Accepted) == 0 && fates[at] == Fate::Passed {
                    inside.push(value);
                } else if wrong(&fates, goal) == 0 {
                    outside.push(value);
                }
            }
            for good in &inside {
                for bad in &outside {
                    offer(good.abs_diff(*bad), with(*good), with(*bad));
                }
            }
        }
        if matches!(step.op, Op::MinSize { .. } | Op::MaxSize { .. }) {
            for size in &self.sizes {
                let mut inside = broken.clone();
                inside.size = *size;
                let fates = self.fates(&inside);
                if wrong(&fates, Goal::Accepted) == 0 {
                    offer(size.abs_diff(broken.size), inside, broken.clone());
                }
            }
        }
        best.map(|(_, inside, outside)| (inside, outside))
    }

    /// Mends the steps that are not as the goal wants them.
    fn solve(&self, start: &Payload, goal: Goal, pin: Pin<'_>) -> Option<Payload> {
        let mut now = start.clone();
        let mut cost = self.cost(&now, goal, pin);
        for _ in 0..MOST_ROUNDS {
            if cost == 0 {
                return Some(now);
            }
            let changes = self.changes(&now, goal, pin);
            let singles = changes.iter().map(|change| (self.cost(change, goal, pin), change));
            if let Some((less, better)) = singles.min_by_key(|(cost, _)| *cost).filter(|(less, _)| *less < cost) {
                now = better.clone();
                cost = less;
                continue;
            }
            let pairs = changes.iter().flat_map(|change| self.changes(change, goal, pin)).take(MOST_PAIRS);
            let better = pairs.map(|pair| (self.cost(&pair, goal, pin), pair)).find(|(less, _)| *less < cost);
            (cost, now) = better?;
        }
        (cost == 0).then_some(now)
    }

    /// How far a payload is from the goal; 0 if it is there.
    fn cost(&self, payload: &Payload, goal: Goal, pin: Pin<'_>) -> usize {
        let input = payload.input(self.list, self.target.endian);
        let (fates, held) = interp::fates(self.list, self.target, &input.user, input.size);
        let held = Held { target: self.target, bytes: &held };
        let mut cost = 1000 * usize::from(!pin(payload));
        for (at, (step, fate)) in self.list.steps.iter().zip(&fates).enumerate() {
            let refuses = matches!(fate, Fate::Refuses(_));
            match goal {
                // What is to be broken counts most: the rest is mended afterwards.
                Goal::Only(of) | Goal::First(of) if of == at => {
                    cost += 3 * usize::from(!refuses) * to_break(&held, step);
                }
                Goal::First(of) if of < at => {}
                _ => cost += usize::from(refuses) * to_mend(&held, step),
            }
        }
        cost
    }

    /// Payloads that differ in one word that has to do with what is wrong.
    fn changes(&self, payload: &Payload, goal: Goal, pin: Pin<'_>) -> Vec<Payload> {
        let fates = self.fates(payload);
        let pinned = pin(payload);
        let mut read = Vec::new();
        for (at, step) in self.list.steps.iter().enumerate() {
            let refuses = matches!(fates[at], Fate::Refuses(_));
            let wanted = matches!(goal, Goal::Only(of) | Goal::First(of) if of == at);
            if refuses != wanted || !pinned {
                read.extend(words::of_step(step));
            }
        }
        let mut changes = Vec::new();
        for word in self.words.iter().filter(|word| read.contains(&word.slot)) {
            for value in self.values(word, payload) {
                let mut change = payload.clone();
                change.set(&word.slot, self.target.endian, value);
                changes.push(change);
            }
        }
        if self.list.size != SizeFrom::Known {
            for size in &self.sizes {
                changes.push(Payload { size: *size, ..payload.clone() });
            }
        }
        changes.retain(|change| change != payload && (pin(change) || !pinned));
        changes
    }

    /// Values worth trying: those near which a step changes its mind, and each bit turned over.
    fn values(&self, word: &Word, payload: &Payload) -> BTreeSet<u64> {
        let now = payload.get(&word.slot, self.target.endian);
        let bits = 8 * u32::from(word.slot.width);
        let mut values = word.values.clone();
        values.extend((0..bits).map(|bit| now ^ 1 << bit));
        values.insert(now);
        values
    }
}

/// How many parts of conditions are in the way of a step that is to refuse.
fn to_break(held: &Held<'_>, step: &Step) -> usize {
    let own = match &step.op {
        Op::Refuse(cond) => distance(held, cond, true),
        _ => 1,
    };
    (distance(held, &step.when, true) + own).max(1)
}

/// How many parts of conditions make a step refuse.
fn to_mend(held: &Held<'_>, step: &Step) -> usize {
    match &step.op {
        Op::Refuse(cond) => distance(held, cond, false).max(1),
        _ => 1,
    }
}

/// How many comparisons have to change for a condition to hold, or not to.
fn distance(held: &Held<'_>, cond: &Cond, wanted: bool) -> usize {
    let each = |parts: &[Cond]| -> Vec<usize> { parts.iter().map(|part| distance(held, part, wanted)).collect() };
    match cond {
        Cond::All(parts) if wanted => each(parts).iter().sum(),
        Cond::Any(parts) if !wanted => each(parts).iter().sum(),
        Cond::All(parts) | Cond::Any(parts) => each(parts).into_iter().min().unwrap_or(1),
        Cond::Not(inner) => distance(held, inner, !wanted),
        _ => usize::from(held.holds(cond) != wanted),
    }
}

/// How many steps are not as the goal wants them.
fn wrong(fates: &[Fate], goal: Goal) -> usize {
    let refuses = |fate: &&Fate| matches!(fate, Fate::Refuses(_));
    match goal {
        Goal::Accepted => fates.iter().filter(refuses).count(),
        Goal::Only(at) => {
            let own = fates.get(at).as_ref().is_some_and(refuses);
            fates.iter().filter(refuses).count() - usize::from(own) + usize::from(!own)
        }
        Goal::First(at) => {
            let own = fates.get(at).as_ref().is_some_and(refuses);
            fates[..at.min(fates.len())].iter().filter(refuses).count() + usize::from(!own)
        }
    }
}
