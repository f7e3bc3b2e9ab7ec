//! Unions: which arms there are, how large, and who chooses them.

use argsz_schema::checklist::{Cond, Term};
use argsz_schema::expr::Compare;
use argsz_schema::layout::{ArmOn, Placed};
use argsz_schema::model::{ArmWhen, Field, Type};
use argsz_schema::resolve::{self, Scope};

use super::findings::Findings;
use super::structs::{Both, named};
use super::{Which, growth, guard};

/// Whether it is a union written in place.
pub(super) fn is_union(ty: &Type) -> bool {
    matches!(ty, Type::Inline(inline) if inline.is_union)
}

/// Whether it is a union, in place or by name.
pub(super) fn is_union_of(both: &Both<'_>, placed: &Placed<'_>) -> bool {
    match &placed.field.ty {
        Type::Named(name) => both.sides.0.layouts.structs.get(name.as_str()).is_some_and(|laid| laid.def.is_union),
        ty => is_union(ty),
    }
}

/// When an arm is the active one, if its selector or condition says so.
pub(super) fn cond(both: &Both<'_>, on: &ArmOn<'_>) -> Option<Cond> {
    let layouts = &both.sides.1.layouts;
    let scope = Scope { layouts, strct: &on.scope.meta.name, prefix: on.scope_path.clone(), base: 0 };
    match on.arm.arm.as_deref()? {
        ArmWhen::Cond(expr) => resolve::cond(&scope, expr).ok(),
        ArmWhen::Default => None,
        ArmWhen::Values(values) => {
            let word = scope.word(&on.union?.selector.as_ref()?.0)?;
            let value = |name: &str| scope.constant(name, word.values.as_ref());
            let equal = |value| Cond::Compare(Compare::Eq, Term::Slot(word.slot.clone()), Term::Int(value));
            Some(Cond::Any(values.iter().filter_map(|(name, _)| value(name)).map(equal).collect()))
        }
    }
}

/// An arm or a union whose size changed.
pub(super) fn resized(both: &Both<'_>, was: &Placed<'_>, now: &Placed<'_>, to: &mut Findings) {
    let place = (both.name, &*was.path);
    let at = (Which::New, now.field.meta.span);
    if is_union(&was.field.ty) {
        let last = both.new.fields.iter().all(|other| other.offset < now.end() || other.size == 0);
        if now.size > was.size && !last {
            to.add(
                "E13",
                place,
                at,
                format!("the union `{}` grew from {} to {} bytes, and is not last", was.path, was.size, now.size),
            );
        }
    } else {
        let message = format!("the arm `{}` had {} bytes and has {}", was.path, was.size, now.size);
        to.add("E14", place, at, message);
    }
}

/// A new arm.
pub(super) fn arm(both: &Both<'_>, now: &Placed<'_>, to: &mut Findings) {
    let place = (both.name, &*now.path);
    let at = (Which::New, now.field.meta.span);
    let Some((_, new)) = &both.lists else { return };
    let path = &now.path;
    if now.field.arm.is_some() && !growth::guarded(both, now) {
        return to.add("E04", place, at, format!("an old kernel does not refuse who asks for the arm `{path}`"));
    }
    if now.end() <= both.old.size {
        return to.add("E11", place, at, format!("the arm `{path}` is new and fits"));
    }
    let last = both.new.fields.iter().all(|other| other.offset < now.end() || other.size == 0);
    match (last, guard::sized(new, now.end())) {
        (false, _) => to.add("E13", place, at, format!("the arm `{path}` makes a union grow that is not last")),
        (true, true) => to.add("E12", place, at, format!("the arm `{path}` makes the last union grow")),
        (true, false) => to.add("E05", place, at, format!("no minimum size covers the arm `{path}`")),
    }
}

/// Selector values that lead to another arm.
pub(super) fn selectors(both: &Both<'_>, to: &mut Findings) {
    let arms = |field: &Field| match field.arm.as_deref() {
        Some(ArmWhen::Values(values)) => values.iter().map(|(name, _)| name.clone()).collect(),
        _ => Vec::new(),
    };
    for was in named(both.old).filter(|was| was.in_union) {
        for value in arms(was.field) {
            let other = named(both.new).find(|now| now.in_union && arms(now.field).contains(&value));
            let Some(now) = other else { continue };
            let same = now.path == was.path || both.renamed.contains(&(was.path.to_string(), now.path.to_string()));
            if !same {
                let message = format!("`{value}` chose `{}` and chooses `{}`", was.path, now.path);
                to.add("E15", (both.name, &was.path), (Which::New, now.field.meta.span), message);
            }
        }
    }
}
