//! Collects findings, and folds those that only follow from others.

use argsz_schema::model::Model;
use argsz_schema::source::Span;

use super::{Effect, Finding, Which, rules};

/// What was found so far.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    /// Notes a finding with the effect that its rule has by itself.
    pub(super) fn add(&mut self, id: &str, place: (&str, &str), at: (Which, Span), message: impl Into<String>) {
        if let Some(rule) = rules::find(id) {
            self.with(id, rule.effects[0], place, at, message);
        }
    }

    /// Notes a finding whose effect depends on more than its rule.
    pub(super) fn with(
        &mut self,
        id: &str,
        effect: Effect,
        (item, path): (&str, &str),
        at: (Which, Span),
        message: impl Into<String>,
    ) {
        let Some(rule) = rules::find(id) else { return };
        let (item, path, message) = (item.to_owned(), path.to_owned(), message.into());
        self.found.push(Finding {
            rule,
            effect,
            item,
            path,
            message,
            at,
            follows: Vec::new(),
            renamed: None,
            waived: None,
        });
    }

    /// Says what the last finding drags along.
    pub(super) fn follows(&mut self, paths: Vec<String>) {
        if let Some(last) = self.found.last_mut() {
            last.follows.extend(paths);
        }
    }

    /// Says how what the last finding is about was called, and is called now.
    pub(super) fn renamed(&mut self, was: &str, now: &str) {
        if let Some(last) = self.found.last_mut() {
            last.renamed = Some((was.to_owned(), now.to_owned()));
        }
    }

    /// Takes over what was found under a layer and is not `said` without it.
    pub(super) fn layered(&mut self, layer: &str, found: Self, said: &Self) {
        let same = |a: &Finding, b: &Finding| (a.rule.id, a.at, &a.message) == (b.rule.id, b.at, &b.message);
        let fresh = found.found.into_iter().filter(|one| said.found.iter().all(|other| !same(one, other)));
        self.found.extend(fresh.map(|one| Finding { message: format!("layer `{layer}`: {}", one.message), ..one }));
    }

    /// How many there are so far.
    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// The first of these rules that was found since there were `before`.
    pub(super) fn first_of(&mut self, before: usize, ids: &[&str]) -> Option<&mut Finding> {
        self.found[before..].iter_mut().find(|finding| ids.contains(&finding.rule.id))
    }

    /// The first of these rules that was found of an item and that breaks somebody's program.
    pub(super) fn first_about(&mut self, item: &str, ids: &[&str]) -> Option<&mut Finding> {
        let harms = |finding: &Finding| finding.effect.old_user || finding.effect.new_user;
        self.found.iter_mut().find(|found| found.item == item && ids.contains(&found.rule.id) && harms(found))
    }

    /// Everything, in the order of the header's items.
    pub(super) fn finish(mut self, model: &Model) -> Vec<Finding> {
        let place = |item: &str| model.items.iter().position(|other| other.meta().name == item);
        self.found.sort_by_cached_key(|finding| place(&finding.item).map_or(0, |at| at + 1));
        self.found
    }
}
