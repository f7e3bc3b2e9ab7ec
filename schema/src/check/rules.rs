//! Rules, as far as they can be judged without input: that each can fire, that none refuses everything, and that no
//! two of them contradict each other.

use super::Check;
use super::known::{Known, Word, word, words};
use crate::checklist::{CheckList, Cond, Op, Step};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::{HashMap, HashSet};
use crate::model::Struct;
use crate::source::Span;

/// What was found out of rules over all releases: one that fires at any of them is of use.
#[derive(Default)]
pub(super) struct Rules {
    fires: HashSet<Span>,
    idle: Vec<(Span, Diagnostic)>,
}

impl Rules {
    /// Reports the rules that fire nowhere.
    pub(super) fn finish(self, check: &Check<'_>) {
        for (span, finding) in self.idle {
            if !self.fires.contains(&span) {
                check.report(finding);
            }
        }
    }
}

/// The walk along one list.
struct Walk<'c, 'a> {
    check: &'c Check<'a>,
    known: Known,
    /// The last step that has narrowed what a word can be.
    narrowed: HashMap<Word, Span>,
}

/// Judges one list; `rules` has the places of the rules and minimum sizes, which alone are the author's own.
pub(super) fn judge(check: &Check<'_>, list: &CheckList, def: &Struct, found: &mut Rules) {
    let own: HashSet<Span> =
        def.rules.iter().map(|rule| rule.span).chain(def.min_sizes.iter().map(|min| min.span)).collect();
    judge_own(check, list, &own, found);
}

/// As [`judge`], with the places given: for the rules of layers.
pub(super) fn judge_own(check: &Check<'_>, list: &CheckList, own: &HashSet<Span>, found: &mut Rules) {
    let mut walk = Walk { check, known: Known::default(), narrowed: HashMap::default() };
    for step in &list.steps {
        if !walk.step(step, own.contains(&step.span), found) {
            return;
        }
    }
}

impl Walk<'_, '_> {
    /// Goes past a step; `false` if nothing can come past it.
    fn step(&mut self, step: &Step, own: bool, found: &mut Rules) -> bool {
        let refused = match &step.op {
            Op::Refuse(cond) => Cond::All(vec![step.when.clone(), cond.clone()]),
            Op::MinSize { .. } => {
                if own {
                    self.can_be(step, &step.when, found);
                }
                return true;
            }
            op => {
                self.learn(step, op);
                return true;
            }
        };
        if own {
            self.can_be(step, &refused, found);
        }
        let Some(known) = self.known.clone().given(&refused, false) else {
            if own {
                self.refuses_all(step, &refused);
            }
            return false;
        };
        if known != self.known {
            let mut touched = Vec::new();
            words(&refused, &mut touched);
            self.narrow(&touched, step.span);
        }
        self.known = known;
        true
    }

    fn narrow(&mut self, touched: &[Word], by: Span) {
        for word in touched {
            self.narrowed.insert(*word, by);
        }
    }

    /// What a check of one field leaves, if it is always made.
    fn learn(&mut self, step: &Step, op: &Op) {
        if step.when != Cond::True {
            return;
        }
        let (slot, known) = match op {
            Op::Mask { slot, allowed } => (slot, self.known.clone().mask(slot, *allowed)),
            Op::OneOf { slot, ranges } if !slot.signed => (slot, self.known.clone().one_of(slot, ranges)),
            Op::Aligned { slot, to } => (slot, self.known.clone().mask(slot, !(to.wrapping_sub(1)))),
            _ => return,
        };
        let Some(known) = known else { return };
        if known != self.known {
            self.narrow(&[word(slot)], step.span);
        }
        self.known = known;
    }

    /// Notes whether a step can ever refuse.
    fn can_be(&self, step: &Step, refused: &Cond, found: &mut Rules) {
        if self.known.clone().given(refused, true).is_some() {
            found.fires.insert(step.span);
            return;
        }
        let message = format!("`{}` can never fire", step.id);
        let mut finding = Diagnostic::new(codes::AZ0530, step.span, message);
        let alone = Known::default().given(refused, true).is_none();
        if alone {
            finding = finding.label("its condition is never true").help("correct the condition, or remove the rule");
        } else {
            finding = finding.label("what it refuses was refused before it");
            for by in self.before(refused, step.span) {
                finding = finding.also(by, "by this");
            }
            finding = finding.help("remove the rule, or put it before the one that makes it idle");
        }
        found.idle.push((step.span, finding));
    }

    fn refuses_all(&self, step: &Step, refused: &Cond) {
        let finding = if Known::default().given(refused, false).is_none() {
            let finding = Diagnostic::new(codes::AZ0532, step.span, format!("`{}` refuses everything", step.id));
            finding.label("its condition is always true").help("correct the condition, or remove the rule")
        } else {
            let message =
                format!("`{}` contradicts what was demanded before it: together they refuse everything", step.id);
            let mut finding = Diagnostic::new(codes::AZ0531, step.span, message).label("refuses all that is left");
            for by in self.before(refused, step.span) {
                finding = finding.also(by, "after this one");
            }
            finding.help("no struct can satisfy both: correct one of them, or give them a `when`")
        };
        self.check.report(finding);
    }

    /// The earlier steps that narrowed the words of a condition.
    fn before(&self, cond: &Cond, own: Span) -> Vec<Span> {
        let mut touched = Vec::new();
        words(cond, &mut touched);
        let spans = touched.iter().filter_map(|word| self.narrowed.get(word)).copied();
        let mut spans: Vec<Span> = spans.filter(|span| *span != own).collect();
        spans.sort_unstable();
        spans.dedup();
        spans
    }
}
