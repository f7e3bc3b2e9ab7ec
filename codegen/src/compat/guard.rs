//! Whether bytes are guarded: what a reader that does not know them refuses before it misses them.

use argsz_schema::checklist::{CheckList, Cond, Op, Slot, Step, Term};
use argsz_schema::expr::Compare;

/// Values of a range that are tried one by one.
const MOST_VALUES: u64 = 4096;

/// Whether an older reader refuses every payload for which this holds: it asks for a flag or value that it checks and
/// does not know. Otherwise it may go on without seeing the new bytes.
pub(super) fn refuses(old: &CheckList, cond: &Cond) -> bool {
    match cond {
        Cond::All(parts) => parts.iter().any(|part| refuses(old, part)),
        Cond::Any(parts) => !parts.is_empty() && parts.iter().all(|part| refuses(old, part)),
        Cond::Bits { word, mask, value } => refuses_bits(old, word, mask & value),
        Cond::Compare(Compare::Eq, Term::Slot(word), Term::Int(value))
        | Cond::Compare(Compare::Eq, Term::Int(value), Term::Slot(word)) => refuses_value(old, word, *value),
        Cond::Compare(Compare::Eq, Term::Slot(word), Term::Signed(value))
        | Cond::Compare(Compare::Eq, Term::Signed(value), Term::Slot(word)) => {
            refuses_value(old, word, value.cast_unsigned())
        }
        // `x != 0`, where the older reader wants it to be zero.
        Cond::Compare(Compare::Ne | Compare::Gt, Term::Slot(word), Term::Int(0)) => zero(old, word),
        Cond::Not(inner) => match &**inner {
            Cond::Bits { word, mask, value: 0 } => {
                (0..64).map(|bit| 1 << bit).filter(|bit| mask & bit != 0).all(|bit| refuses_bits(old, word, bit))
            }
            Cond::Compare(Compare::Eq, Term::Slot(word), Term::Int(0)) => zero(old, word),
            _ => false,
        },
        _ => false,
    }
}

/// Whether some of these bits, when set, are refused.
pub(super) fn refuses_bits(old: &CheckList, word: &Slot, bits: u64) -> bool {
    let without = |ranges: &[(u64, u64)]| {
        ranges.iter().all(|(low, high)| high - low < MOST_VALUES && (*low..=*high).all(|value| value & bits != bits))
    };
    let refused = judging(old, word).any(|step| match &step.op {
        Op::Mask { allowed, .. } => bits & !allowed != 0,
        Op::OneOf { ranges, .. } => without(ranges),
        _ => false,
    });
    bits != 0 && (refused || zero(old, word))
}

/// Whether the value is refused.
pub(super) fn refuses_value(old: &CheckList, word: &Slot, value: u64) -> bool {
    let beyond = |ranges: &[(u64, u64)]| !ranges.iter().any(|(low, high)| (*low..=*high).contains(&value));
    judging(old, word).any(|step| match &step.op {
        Op::OneOf { ranges, .. } => beyond(ranges),
        Op::Mask { allowed, .. } => value & !allowed != 0,
        _ => false,
    }) || value != 0 && zero(old, word)
}

/// The steps that judge a word by itself.
fn judging<'l>(list: &'l CheckList, word: &Slot) -> impl Iterator<Item = &'l Step> {
    let at = (word.offset, word.width);
    list.steps.iter().filter(move |step| match &step.op {
        Op::Mask { slot, .. } | Op::OneOf { slot, .. } => (slot.offset, slot.width) == at,
        _ => false,
    })
}

fn zero(list: &CheckList, word: &Slot) -> bool {
    must_be_zero(list, word.offset.into(), u64::from(word.offset) + u64::from(word.width))
}

/// Whether all these bytes are refused unless they are zero, whatever else a payload has.
pub(super) fn must_be_zero(list: &CheckList, from: u64, to: u64) -> bool {
    (from..to).all(|byte| zeroed(list).any(|(start, end)| (start..end).contains(&byte)))
}

/// Whether any of these bytes is refused unless it is zero.
pub(super) fn any_zero(list: &CheckList, from: u64, to: u64) -> bool {
    zeroed(list).any(|(start, end)| start < to && from < end)
}

fn zeroed(list: &CheckList) -> impl Iterator<Item = (u64, u64)> {
    list.steps.iter().filter_map(|step| match &step.op {
        Op::Zero { from, to } => Some((u64::from(*from), u64::from(*to))),
        Op::Mask { slot, allowed: 0 } => Some((slot.offset.into(), u64::from(slot.offset) + u64::from(slot.width))),
        _ => None,
    })
}

/// The conditions under which a reader takes these bytes: those of minimum sizes that reach their end, and of checks
/// that look at them. Empty if it always does.
pub(super) fn conditions(list: &CheckList, path: &str, end: u64) -> Vec<Cond> {
    let reach = |step: &&Step| match step.op {
        Op::MinSize { bytes } => u64::from(bytes) >= end && step.when != Cond::True,
        _ => step.field == path && step.when != Cond::True,
    };
    list.steps.iter().filter(reach).map(|step| step.when.clone()).collect()
}

/// Whether the size is asked to reach `end` under some condition, or always.
pub(super) fn sized(list: &CheckList, end: u64) -> bool {
    list.steps.iter().any(|step| matches!(step.op, Op::MinSize { bytes } if u64::from(bytes) >= end))
}
