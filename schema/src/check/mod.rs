//! What lowering cannot know: everything that takes more than one entry of the schema to judge.
//!
//! Names, lives and values are judged over the whole history at once. What depends on a layout is judged at each
//! release at which something changes, and reported once, at the first of them.

mod bits;
mod cells;
mod chains;
mod growth;
mod history;
mod known;
mod layout;
mod lives;
mod names;
mod refs;
mod rules;
mod unions;
mod uses;
mod values;
mod waivers;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::compile::compile;
use crate::diag::{Ctxt, Diagnostic, Severity};
use crate::hash::HashSet;
use crate::layout::{LayoutError, Layouts, StructLayout};
use crate::model::{Field, Meta, Model, Release, Struct, Type, ValueType, Waiver};
use crate::shares;
use crate::source::Span;
use crate::{codes, target};
use history::History;
use rules::Rules;

/// What is judged over the whole history, each by itself.
const WHOLE: [fn(&Check<'_>); 6] = [names::check, lives::check, values::check, uses::check, bits::check, cells::check];

/// Judges a lowered history; every finding goes to `ctxt`.
pub(crate) fn check(model: &Model, ctxt: &Ctxt) {
    let check = Check::new(model, ctxt);
    let long = shares::is_long(model.items.len());
    let (found, (history, references, broken, mut first)) = shares::both(long, || whole(model), || begin(model));
    found.into_iter().chain([references]).for_each(|found| check.take(found));
    let mut rules = Rules::default();
    // Of all projections only two are held at a time.
    let mut before: Option<Model> = None;
    for release in &history.releases {
        let model = first.take().unwrap_or_else(|| sound(model, *release, &broken));
        let older = before.as_ref().and_then(|model| crate::layout::layout(model, target::ALL[0]).ok());
        if let Some(at) = check.release(&model, history.changed(*release), older.as_ref()) {
            check.rules(&at, &mut rules);
        }
        before = Some(model);
    }
    rules.finish(&check);
    waivers::check(&check);
}

/// What was found by checks that were made by themselves, and the waivers that were of use there.
type Found = (Vec<Diagnostic>, HashSet<Span>);

/// Checks by themselves, on whatever core.
fn alone<T>(model: &Model, judge: impl FnOnce(&Check<'_>) -> T) -> (Found, T) {
    let ctxt = Ctxt::new();
    let check = Check::new(model, &ctxt);
    let made = judge(&check);
    let waived = check.waived.into_inner();
    ((ctxt.finish(), waived), made)
}

/// Judges what takes no release.
fn whole(model: &Model) -> Vec<Found> {
    shares::map_of(model.items.len(), &WHOLE, |judge| alone(model, judge).0)
}

/// What the releases are judged by: when what changes, what is not there, and the first of them.
fn begin(model: &Model) -> (History<'_>, Found, HashSet<(String, Release)>, Option<Model>) {
    let history = History::of(model);
    let (found, broken) = alone(model, |check| refs::check(check, &history.releases));
    let first = history.releases.first().map(|first| sound(model, *first, &broken));
    (history, found, broken, first)
}

/// What every check needs.
struct Check<'a> {
    /// The whole history.
    model: &'a Model,
    ctxt: &'a Ctxt,
    /// What was reported, so that one mistake is reported once and not at each release.
    seen: RefCell<HashSet<(&'static str, Span)>>,
    /// Places of the waivers that were of use.
    waived: RefCell<HashSet<Span>>,
    /// Where errors begin.
    errors: RefCell<BTreeSet<u32>>,
    /// Structs with a part whose life is wrong: nobody knows what they are to look like.
    lifeless: RefCell<HashSet<u32>>,
    /// Where items begin, ascending.
    items: Vec<u32>,
}

/// A header at one release, laid out for both widths.
struct At<'m> {
    release: Release,
    wide: Layouts<'m>,
    narrow: Layouts<'m>,
    /// The structs that are not as they were before; `None`: all of them.
    changed: Option<HashSet<&'m str>>,
    /// Where the structs begin that are not judged.
    lifeless: HashSet<u32>,
}

impl<'m> At<'m> {
    /// The structs that are not as they were at the release before, which alone are judged.
    fn structs(&self) -> impl Iterator<Item = (&'m str, &StructLayout<'m>)> {
        let changed = |name: &str| self.changed.as_ref().is_none_or(|changed| changed.contains(name));
        let sound = |laid: &StructLayout<'_>| !self.lifeless.contains(&laid.def.meta.span.start);
        let all = self.wide.structs.iter().map(|(name, laid)| (*name, laid));
        all.filter(move |(name, laid)| changed(name) && sound(laid))
    }
}

impl<'a> Check<'a> {
    fn new(model: &'a Model, ctxt: &'a Ctxt) -> Self {
        let mut items: Vec<u32> = model.items.iter().map(|item| item.meta().span.start).collect();
        items.sort_unstable();
        let (seen, waived, errors, lifeless) =
            (RefCell::default(), RefCell::default(), RefCell::default(), RefCell::default());
        Self { model, ctxt, seen, waived, errors, lifeless, items }
    }

    /// Reports what was found elsewhere.
    fn take(&self, (found, waived): Found) {
        self.report_all(found);
        self.waived.borrow_mut().extend(waived);
    }

    /// Whether an error was reported inside an item.
    fn has_errors(&self, item: &Meta) -> bool {
        let start = item.span.start;
        let next = self.items.get(self.items.partition_point(|item| *item <= start)).copied();
        self.errors.borrow().range(start..next.unwrap_or(u32::MAX)).next().is_some()
    }

    /// Whether what the rules of a struct refuse can be judged: nothing that gives its numbers a meaning has an error.
    fn is_sound(&self, def: &Struct, model: &Model) -> bool {
        let mut sound = true;
        if self.errors.borrow().is_empty() {
            return sound;
        }
        walk(&def.fields, &mut |field| {
            let meta = match &field.values {
                Some((ValueType::Flags(name), _)) => model.find_flags(name).map(|flags| &flags.meta),
                Some((ValueType::Enum(name), _)) => model.find_enum(name).map(|values| &values.meta),
                None => None,
            };
            sound &= !meta.is_some_and(|meta| self.has_errors(meta));
        });
        sound
    }

    /// Reports an error, once per place.
    fn report(&self, finding: Diagnostic) {
        if finding.code.0.severity == Severity::Error {
            self.errors.borrow_mut().insert(finding.at.start);
        }
        if finding.code == codes::AZ0621 {
            let item = self.items.partition_point(|item| *item <= finding.at.start);
            self.lifeless.borrow_mut().extend(item.checked_sub(1).and_then(|item| self.items.get(item)));
        }
        if self.seen.borrow_mut().insert((finding.code.0.id, finding.at)) {
            self.ctxt.report(lives::with_life(self, finding));
        }
    }

    fn report_all(&self, findings: Vec<Diagnostic>) {
        for finding in findings {
            self.report(finding);
        }
    }

    /// Reports a lint about the field `at` (empty: the struct itself), unless it is waived there; says whether it is not.
    fn lint(&self, def: &Struct, at: &str, finding: Diagnostic) -> bool {
        self.unless_waived(&def.waivers, at, finding)
    }

    /// Reports a lint, unless one of the waivers accepts it at the field `at`; says whether none does.
    fn unless_waived<'w>(&self, waivers: impl IntoIterator<Item = &'w Waiver>, at: &str, finding: Diagnostic) -> bool {
        let waiver = waivers.into_iter().find(|waiver| {
            waiver.lint.eq_ignore_ascii_case(finding.code.0.id)
                && waiver.at.as_deref().is_none_or(|path| path == at)
                && !waiver.reason.trim().is_empty()
        });
        match waiver {
            Some(waiver) => _ = self.waived.borrow_mut().insert(waiver.span),
            None => self.report(finding),
        }
        waiver.is_none()
    }

    fn name(&self, release: Release) -> &str {
        self.model.header.releases.get(usize::from(release.0)).map_or("?", String::as_str)
    }

    /// ` at 5.10`, where the history has more than one release.
    fn when(&self, release: Release) -> String {
        if self.model.header.releases.len() > 1 { format!(" at {}", self.name(release)) } else { String::new() }
    }

    /// Judges one release, beside the layouts of the one before; gives its own.
    fn release<'m>(
        &self,
        model: &'m Model,
        changed: Option<HashSet<&'m str>>,
        before: Option<&Layouts<'_>>,
    ) -> Option<At<'m>> {
        let release = model.release?;
        let lay = |name: &&str| {
            let target = target::find(name).unwrap_or(target::ALL[0]);
            crate::layout::layout(model, target)
        };
        let mut laid = shares::map_of(model.items.len(), &["x86-64", "i386"], lay).into_iter();
        let (wide, narrow) = match (laid.next(), laid.next()) {
            (Some(Ok(wide)), Some(Ok(narrow))) => (wide, narrow),
            (Some(Err(error)), _) | (_, Some(Err(error))) => {
                self.no_layout(&error);
                return None;
            }
            _ => return None,
        };
        let at = At { release, wide, narrow, changed, lifeless: self.lifeless.borrow().clone() };
        layout::check(self, &at);
        unions::check(self, &at);
        growth::check(self, &at, before);
        values::ioctls(self, &at);
        chains::check(self, &at);
        Some(at)
    }

    /// Judges the check lists of one release: those of the structs, and those with a layer over them.
    fn rules(&self, at: &At<'_>, found: &mut Rules) {
        let model = at.wide.model;
        let judged = at.structs().filter(|(_, laid)| !laid.def.is_union && !self.has_errors(&laid.def.meta));
        let structs: Vec<(&str, &Struct)> = judged.map(|(name, laid)| (name, laid.def)).collect();
        let lists = shares::map_of(model.items.len(), &structs, |(name, _)| compile(&at.wide, name, None));
        for ((name, def), list) in structs.into_iter().zip(lists) {
            match list {
                Ok(_) if !self.is_sound(def, model) => continue,
                Ok(list) => rules::judge(self, &list, def, found),
                Err(errors) => {
                    self.report_all(errors);
                    continue;
                }
            }
            for (layer, rules) in &model.layers {
                let Some(rules) = rules.on.get(name) else { continue };
                match compile(&at.wide, name, Some(layer)) {
                    Ok(list) => {
                        let own = rules.iter().map(|rule| rule.span).collect();
                        rules::judge_own(self, &list, &own, found);
                    }
                    Err(errors) => self.report_all(errors),
                }
            }
        }
    }

    fn no_layout(&self, error: &LayoutError) {
        let (LayoutError::TooLarge { span, .. }
        | LayoutError::UnknownType { span, .. }
        | LayoutError::Cycle { span, .. }) = error;
        let finding = Diagnostic::new(codes::AZ0332, *span, error.to_string());
        self.report(finding.help("a struct may have at most 2147483647 bytes, and 64 levels written in place"));
    }
}

/// The header at a release, without structs that can have no layout.
fn sound(model: &Model, release: Release, broken: &HashSet<(String, Release)>) -> Model {
    let mut at = model.at(release);
    if broken.is_empty() {
        return at;
    }
    at.items.retain(|item| !broken.contains(&(item.meta().name.clone(), release)));
    at
}

/// Every field, those of types written in place too (after their parent), with its path; without recursion on the
/// depth of the schema's own nesting beyond what lowering allows.
fn each_field<'m>(fields: &'m [Field], found: &mut impl FnMut(&'m Field, &str)) {
    let mut open: Vec<(&Field, Cow<'_, str>)> = fields.iter().rev().map(|field| (field, Cow::Borrowed(""))).collect();
    while let Some((field, prefix)) = open.pop() {
        let path = match (&*prefix, field.meta.name.as_str()) {
            (_, "") => prefix,
            ("", name) => Cow::Borrowed(name),
            (prefix, name) => Cow::Owned([prefix, ".", name].concat()),
        };
        found(field, &path);
        if let Type::Inline(inline) = crate::layout::base(&field.ty) {
            open.extend(inline.fields.iter().rev().map(|field| (field, path.clone())));
        }
    }
}

/// Every field, as [`each_field`] finds them, without their paths.
fn walk<'m>(fields: &'m [Field], found: &mut impl FnMut(&'m Field)) {
    let mut open: Vec<&Field> = fields.iter().rev().collect();
    while let Some(field) = open.pop() {
        found(field);
        if let Type::Inline(inline) = crate::layout::base(&field.ty) {
            open.extend(inline.fields.iter().rev());
        }
    }
}

/// `` `a`, `b` and `c` ``.
fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", name.as_ref())).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}
