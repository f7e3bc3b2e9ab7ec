//! The words that a list looks at, the values worth trying in them, and the features that fields have.

use std::collections::BTreeSet;

use argsz_schema::checklist::{CheckList, Cond, Op, Slot, Step, Term};
use argsz_schema::layout::Layouts;
use argsz_schema::model::{EnumKind, FlagKind, Type, ValueType};
use argsz_schema::resolve::{slot, widest};

/// Values of one range that are tried one by one.
const MOST_VALUES: u64 = 32;

/// A flag or value that a payload can have.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    /// `flags has VALID`, `granularity is ADDR`.
    pub(super) name: String,
    pub(super) slot: Slot,
    pub(super) mask: u64,
    pub(super) value: u64,
}

/// A word and the values worth trying in it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) slot: Slot,
    pub(super) values: BTreeSet<u64>,
}

/// Every word of a list.
pub(super) fn words(list: &CheckList) -> Vec<Word> {
    let mut words = Words(Vec::new());
    for step in &list.steps {
        words.cond(&step.when);
        match &step.op {
            Op::Mask { slot, allowed } => words.at(slot, &[0, *allowed]),
            Op::OneOf { slot, ranges } => {
                for (low, high) in ranges {
                    words.at(slot, &[*low, *high]);
                }
            }
            Op::Aligned { slot, to } => words.at(slot, &[*to, to / 2]),
            Op::Refuse(cond) => words.cond(cond),
            Op::Zero { from, to } => {
                for at in [*from, to.saturating_sub(1)] {
                    words.at(&byte(at), &[0]);
                }
            }
            _ => {}
        }
    }
    words.0
}

/// One byte as a word.
fn byte(offset: u32) -> Slot {
    Slot {
        path: format!("byte {offset}"),
        offset,
        width: 1,
        order: argsz_schema::model::ByteOrder::Native,
        signed: false,
    }
}

struct Words(Vec<Word>);

impl Words {
    /// Notes values, and those beside them.
    fn at(&mut self, slot: &Slot, near: &[u64]) {
        let place = self.0.iter().position(|word| word.slot == *slot).unwrap_or_else(|| {
            self.0.push(Word { slot: slot.clone(), values: BTreeSet::new() });
            self.0.len() - 1
        });
        let widest = widest(slot.width);
        let most = if slot.signed { widest >> 1 } else { widest };
        let near = near.iter().flat_map(|value| [*value, value.wrapping_add(1), value.wrapping_sub(1)]);
        let values = near.chain([0, 1, 2, 3, most, most - 1, most / 2 + 1]);
        self.0[place].values.extend(values.map(|value| value & widest));
    }

    fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::True => {}
            Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| self.cond(part)),
            Cond::Not(inner) => self.cond(inner),
            Cond::Compare(_, left, right) => self.terms(&[left, right]),
            Cond::Bits { word, mask, value } => self.at(word, &[*mask, *value, mask & mask.wrapping_neg()]),
            Cond::OneBit { word, mask } => self.at(word, &[*mask, mask & mask.wrapping_neg()]),
            Cond::Overflows(term) | Cond::FitsUlong(term) => self.terms(&[term, &Term::Int(u64::from(u32::MAX))]),
        }
    }

    /// Every number among the terms is worth trying in every word among them.
    fn terms(&mut self, terms: &[&Term]) {
        let (mut slots, mut numbers) = (Vec::new(), Vec::new());
        for term in terms {
            parts(term, &mut slots, &mut numbers);
        }
        for slot in slots {
            self.at(slot, &numbers);
        }
    }
}

fn parts<'t>(term: &'t Term, slots: &mut Vec<&'t Slot>, numbers: &mut Vec<u64>) {
    match term {
        Term::Int(number) => numbers.push(*number),
        Term::Signed(number) => numbers.push(number.cast_unsigned()),
        Term::Slot(slot) => slots.push(slot),
        Term::Arith(_, left, right) => {
            parts(left, slots, numbers);
            parts(right, slots, numbers);
        }
    }
}

/// The words that a step reads.
pub(super) fn of_step(step: &Step) -> Vec<Slot> {
    let mut slots = of_cond(&step.when);
    match &step.op {
        Op::Mask { slot, .. } | Op::OneOf { slot, .. } | Op::Aligned { slot, .. } => slots.push(slot.clone()),
        Op::Refuse(cond) => slots.extend(of_cond(cond)),
        Op::Zero { from, to } => slots.extend([*from, to.saturating_sub(1)].map(byte)),
        _ => {}
    }
    slots
}

fn of_cond(cond: &Cond) -> Vec<Slot> {
    let mut words = Words(Vec::new());
    words.cond(cond);
    words.0.into_iter().map(|word| word.slot).collect()
}

/// Whether a condition asks for the width of `unsigned long`.
pub(super) fn asks_ulong(cond: &Cond) -> bool {
    match cond {
        Cond::All(parts) | Cond::Any(parts) => parts.iter().any(asks_ulong),
        Cond::Not(inner) => asks_ulong(inner),
        Cond::FitsUlong(_) => true,
        Cond::True | Cond::Compare(..) | Cond::Bits { .. } | Cond::OneBit { .. } | Cond::Overflows(_) => false,
    }
}

/// Every flag and value of every field, and the values that fields accept.
pub(super) fn features(layouts: &Layouts<'_>, list: &CheckList) -> Vec<Feature> {
    let mut features = Vec::new();
    of_struct(layouts, &list.name, "", 0, 0, &mut features);
    for step in &list.steps {
        let Op::OneOf { slot, ranges } = &step.op else { continue };
        for (low, high) in ranges {
            let ends = [*low, *high];
            let all = 0..=high.wrapping_sub(*low).min(MOST_VALUES);
            for value in all.map(|more| low.wrapping_add(more)).chain(ends) {
                let mask = widest(slot.width);
                let name = format!("{} is {}", slot.path, value & mask);
                let is_new = |f: &Feature| f.slot != *slot || f.mask != mask || f.value != value & mask;
                if features.iter().all(is_new) {
                    features.push(Feature { name, slot: slot.clone(), mask, value: value & mask });
                }
            }
        }
    }
    features
}

fn of_struct(layouts: &Layouts<'_>, name: &str, prefix: &str, base: u64, depth: usize, into: &mut Vec<Feature>) {
    let Some(laid) = layouts.structs.get(name).filter(|_| depth < 16) else { return };
    for placed in &laid.fields {
        let (path, offset) = (format!("{prefix}{}", placed.path), base + placed.offset);
        match (&placed.field.ty, &placed.field.values) {
            (Type::Named(inner), _) => of_struct(layouts, inner, &format!("{path}."), offset, depth + 1, into),
            (Type::Prim(prim), Some((values, _))) => {
                if let Some(slot) = slot(*prim, path, offset, placed.size) {
                    of_values(layouts, &slot, values, into);
                }
            }
            _ => {}
        }
    }
}

fn of_values(layouts: &Layouts<'_>, slot: &Slot, values: &ValueType, into: &mut Vec<Feature>) {
    let path = &slot.path;
    let mut add = |name: String, mask, value| into.push(Feature { name, slot: slot.clone(), mask, value });
    match values {
        ValueType::Flags(name) => {
            let members = layouts.model.find_flags(name).map(|set| set.members.as_slice()).unwrap_or_default();
            for member in members.iter().filter(|member| !matches!(member.kind, FlagKind::Count)) {
                add(format!("{path} has {}", member.meta.name), member.value, member.value);
            }
        }
        ValueType::Enum(name) => {
            let members = layouts.model.find_enum(name).map(|set| set.members.as_slice()).unwrap_or_default();
            let mask = widest(slot.width);
            for member in members.iter().filter(|member| member.kind == EnumKind::Value) {
                add(format!("{path} is {}", member.meta.name), mask, member.value.cast_unsigned() & mask);
            }
        }
    }
}
