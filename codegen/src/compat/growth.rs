//! New bytes of a struct: at its end, or where reserved bytes were.

use argsz_schema::checklist::{CheckList, Cond, Op};
use argsz_schema::layout::Placed;
use argsz_schema::model::{Dir, Grows, Path};
use argsz_schema::resolve::{self, Scope};

use super::findings::Findings;
use super::structs::Both;
use super::{Effect, Which, guard, unions};

/// Whether a reader of the old release refuses whoever asks for these bytes.
pub(super) fn guarded(both: &Both<'_>, now: &Placed<'_>) -> bool {
    let Some((old, new)) = &both.lists else { return false };
    let mut conds = guard::conditions(new, &now.path, now.end());
    let scope = Scope { layouts: &both.sides.1.layouts, strct: both.name, prefix: String::new(), base: 0 };
    if let Some(when) = &now.field.when {
        conds.extend(resolve::cond(&scope, when).ok());
    }
    let path = Path(now.path.split('.').map(str::to_owned).collect());
    let arms = both.sides.1.layouts.locate(both.name, &path).map(|found| found.conditions).unwrap_or_default();
    conds.extend(arms.iter().filter_map(|arm| unions::cond(both, arm)));
    conds.iter().any(|cond| guard::refuses(old, cond))
}

/// Whether a reader takes no more than it knows, and lets only zeros pass.
fn closed(old: &CheckList) -> bool {
    old.steps.iter().any(|step| matches!(step.op, Op::ZeroTail { .. } | Op::MaxSize { .. }) && step.when == Cond::True)
}

/// A field beyond the end of the old struct.
pub(super) fn appended(both: &Both<'_>, now: &Placed<'_>, to: &mut Findings) {
    let place = (both.name, &*now.path);
    let at = (Which::New, now.field.meta.span);
    let path = &now.path;
    let grows = both.old.def.grows_at(both.sides.0.side.release);
    let Some((old, new)) = &both.lists else { return };
    let last = both.old.fields.iter().rfind(|was| was.parent.is_none());
    if grows != Grows::Fixed && last.is_some_and(|was| unions::is_union_of(both, was)) && now.parent.is_none() {
        return to.add("E02", place, at, format!("`{path}` was appended after the union that ended the struct"));
    }
    let grows =
        |side: &super::Laid<'_>, laid: &argsz_schema::layout::StructLayout<'_>| laid.def.grows_at(side.side.release);
    if grows(both.sides.0, both.old) == Grows::Fixed {
        return to.add("E03", place, at, format!("`{path}` was appended, and nobody says which size is meant"));
    }
    let refused = old.steps.iter().any(|step| matches!(step.op, Op::MaxSize { .. }));
    if refused && now.field.reserved.is_none() {
        let message = format!("an old kernel refuses the size that `{path}` brings, used or not");
        to.with("E17", Effect::NEW, place, at, message);
    }
    if now.field.reserved.is_some() {
        return;
    }
    let (guarded, sized) = (guarded(both, now), guard::sized(new, now.end()));
    if now.field.dir != Dir::In {
        if !sized {
            to.add("E18", place, at, format!("`{path}` is written whatever size the user gave"));
        }
        if !guarded && !closed(old) {
            to.add("E19", place, at, format!("an old kernel leaves `{path}` as it was, and no flag says so"));
        }
        if now.field.dir == Dir::Out {
            if sized && (guarded || closed(old)) {
                to.add("E01", place, at, format!("`{path}` was appended"));
            }
            return;
        }
    }
    if !guarded && !closed(old) {
        to.add(
            "E04",
            place,
            at,
            format!("`{path}` was appended, and an old kernel does not see it: no flag that it refuses"),
        );
    } else if both.new.def.grows_at(both.sides.1.side.release) == Grows::Argsz && !sized {
        to.add("E05", place, at, format!("`{path}` was appended, and no minimum size covers it"));
    } else {
        to.add("E01", place, at, format!("`{path}` was appended; older readers refuse whoever asks for it"));
    }
}

/// A field in bytes that were reserved, or had no name.
pub(super) fn taken(both: &Both<'_>, now: &Placed<'_>, to: &mut Findings) {
    let Some((old, _)) = &both.lists else { return };
    let place = (both.name, &*now.path);
    let at = (Which::New, now.field.meta.span);
    let (path, bytes) = (&now.path, format!("{}..{}", now.offset, now.end()));
    let checked = guard::must_be_zero(old, now.offset, now.end());
    match (checked, guarded(both, now)) {
        (_, true) | (true, false) => to.add("R01", place, at, format!("`{path}` takes the reserved bytes {bytes}")),
        (false, false) => {
            to.add("R02", place, at, format!("`{path}` takes bytes {bytes}, which no older reader checked"));
            if now.field.dir != Dir::Out {
                to.add(
                    "E04",
                    place,
                    at,
                    format!("an old kernel does not see `{path}`, and no flag says that it counts"),
                );
            }
        }
    }
    history(both, now, to);
}

/// Whether the new text still says that the bytes were reserved.
fn history(both: &Both<'_>, now: &Placed<'_>, to: &mut Findings) {
    let (old, new) = both.sides;
    let shared = new.side.schema.release(old.side.schema.release_name(old.side.release));
    // In place of its own predecessor a text has no history to tell.
    let Some(release) = shared.filter(|release| *release < new.side.release) else { return };
    let then = new.side.schema.at(release);
    let Some(def) = then.find_struct(both.name) else { return };
    let was: Vec<&str> = both
        .old
        .fields
        .iter()
        .filter(|was| was.field.reserved.is_some() && was.offset < now.end() && now.offset < was.end())
        .map(|was| was.field.meta.name.as_str())
        .collect();
    if was.iter().any(|name| def.fields.iter().all(|field| field.meta.name != *name || field.reserved.is_none())) {
        let message = format!("the text no longer says that the bytes of `{}` were reserved", now.path);
        to.add("R05", (both.name, &now.path), (Which::New, now.field.meta.span), message);
    }
}
