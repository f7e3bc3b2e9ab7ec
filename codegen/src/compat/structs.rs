//! Compares where the fields of structs lie, and what kinds of numbers they are.

use argsz_schema::checklist::CheckList;
use argsz_schema::layout::{Placed, StructLayout, base};
use argsz_schema::model::{Dir, PrimKind, Reserved, Type};

use super::findings::Findings;
use super::{Effect, Laid, Which, growth, guard, layers, lists, unions};

/// A struct on both sides.
pub(super) struct Both<'a> {
    pub(super) name: &'a str,
    pub(super) old: &'a StructLayout<'a>,
    pub(super) new: &'a StructLayout<'a>,
    /// What readers do with it; of a union alone there is no list.
    pub(super) lists: Option<(CheckList, CheckList)>,
    pub(super) sides: (&'a Laid<'a>, &'a Laid<'a>),
    /// Old paths and what they are called now, where that differs.
    pub(super) renamed: Vec<(String, String)>,
}

/// Compares every struct that both sides have.
pub(super) fn compare(old: &Laid<'_>, new: &Laid<'_>, to: &mut Findings) {
    for (name, was) in old.layouts.structs.iter() {
        let Some(now) = new.layouts.structs.get(name) else { continue };
        let lists = old.list(name).zip(new.list(name)).filter(|_| !was.def.is_union);
        let mut both = Both { name, old: was, new: now, lists, sides: (old, new), renamed: Vec::new() };
        both.renamed = renames(&both);
        both.compare(to);
    }
}

/// Fields that are called otherwise: at the same place, or elsewhere under another parent.
fn renames(both: &Both<'_>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    for was in named(both.old).filter(|was| both.new.field(&was.path).is_none()) {
        let free =
            |now: &&Placed<'_>| both.old.field(&now.path).is_none() && pairs.iter().all(|(_, to)| *to != now.path);
        let alike = |now: &&Placed<'_>| now.size == was.size && shape(now) == shape(was);
        let at_place =
            named(both.new).filter(free).filter(alike).find(|now| now.offset == was.offset && now.depth == was.depth);
        let by_name = || named(both.new).filter(free).filter(alike).find(|now| last(&now.path) == last(&was.path));
        if let Some(now) = at_place.or_else(by_name) {
            pairs.push((was.path.to_string(), now.path.to_string()));
        }
    }
    pairs
}

/// Fields with a name and a meaning.
pub(super) fn named<'l, 'm>(laid: &'l StructLayout<'m>) -> impl Iterator<Item = &'l Placed<'m>> {
    laid.fields.iter().filter(|placed| !placed.is_unnamed() && placed.field.reserved.is_none())
}

/// What must be alike for two fields to be one.
fn shape(placed: &Placed<'_>) -> String {
    match &placed.field.ty {
        Type::Inline(inline) => format!("inline {}", inline.is_union),
        ty => format!("{ty:?}"),
    }
}

impl Both<'_> {
    /// The field that an old one is now.
    fn now(&self, was: &Placed<'_>) -> Option<&Placed<'_>> {
        let renamed = self.renamed.iter().find(|(from, _)| *from == was.path);
        let now = self.new.field(renamed.map_or(&*was.path, |(_, to)| to));
        // Bytes without a meaning may keep the name of the field they were.
        now.filter(|now| now.field.reserved.is_none())
    }

    /// Whether an old field, whatever it is called now, is this one.
    pub(super) fn is_known(&self, path: &str) -> bool {
        self.old.field(path).is_some_and(|was| was.field.reserved.is_none())
            || self.renamed.iter().any(|(_, to)| to == path)
    }

    fn compare(&self, to: &mut Findings) {
        let before = to.len();
        for was in named(self.old) {
            self.field(was, to);
        }
        for now in self.new.fields.iter().filter(|now| now.field.reserved.is_some() || !now.is_unnamed()) {
            if now.field.reserved.is_some() || !self.is_known(&now.path) {
                self.added(now, to);
            }
        }
        unions::selectors(self, to);
        let moved: Vec<&Placed<'_>> =
            named(self.old).filter(|was| self.now(was).is_some_and(|now| now.offset != was.offset)).collect();
        self.moved(before, &moved, to);
        self.whole(before, to);
        if let Some((old, new)) = &self.lists {
            lists::compare(self, (old, new), moved.is_empty(), to);
            layers::compare(self, moved.is_empty(), to);
        }
    }

    /// What became of a field.
    fn field(&self, was: &Placed<'_>, to: &mut Findings) {
        let place = (self.name, &*was.path);
        let Some(now) = self.now(was) else { return self.gone(was, to) };
        let at = (Which::New, now.field.meta.span);
        if now.path != was.path {
            to.add("L06", place, at, format!("`{}` is now called `{}`", was.path, now.path));
            to.renamed(&was.path, &now.path);
        }
        if was.field.dir != now.field.dir && was.field.dir == Dir::In {
            to.add("E20", place, at, format!("`{}` is now written by the kernel", was.path));
        }
        if unions::is_union(&was.field.ty) || was.in_union && was.size != now.size {
            return unions::resized(self, was, now, to);
        }
        if was.field.bits != now.field.bits {
            to.add("L08", place, at, format!("`{}` has other bit-fields, or others of its bits", was.path));
        }
        match (&was.field.ty, &now.field.ty) {
            (Type::Array(_, 1), Type::Flex(_)) => {
                to.add("L16", place, at, format!("`{}` had one element, and is flexible now", was.path));
            }
            (Type::Array(_, before), Type::Array(_, after)) if before != after => {
                to.add("L07", place, at, format!("`{}` had {before} elements and has {after}", was.path));
            }
            (Type::Prim(before), Type::Prim(after)) if was.size == now.size => {
                if before.order != after.order {
                    to.add("L04", place, at, format!("`{}` has another byte order", was.path));
                } else if (before.kind == PrimKind::Signed) != (after.kind == PrimKind::Signed) {
                    to.add("L03", place, at, format!("`{}` has another signedness", was.path));
                }
            }
            _ if was.size != now.size && !matches!(was.field.ty, Type::Inline(_)) => {
                to.add("L02", place, at, format!("`{}` had {} bytes and has {}", was.path, was.size, now.size));
            }
            _ => {}
        }
    }

    /// A field that is not there any more.
    fn gone(&self, was: &Placed<'_>, to: &mut Findings) {
        let place = (self.name, &*was.path);
        let at = (Which::Old, was.field.meta.span);
        let parent_gone = was
            .parent
            .map(|at| &self.old.fields[at])
            .is_some_and(|parent| !parent.is_unnamed() && self.now(parent).is_none());
        if parent_gone {
            return to.follows(vec![was.path.to_string()]);
        }
        if was.in_union {
            return to.add("E14", place, at, format!("the arm `{}` is gone", was.path));
        }
        let slot = self
            .new
            .fields
            .iter()
            .find(|now| now.field.reserved.is_some() && now.offset <= was.offset && was.end() <= now.end());
        match slot.map(|slot| slot.field.reserved) {
            Some(Some(Reserved::Zero)) => {
                let message = format!("`{}` must be zero now, where users put values", was.path);
                to.add("R03", place, at, message);
            }
            Some(_) => to.add(
                "L05",
                place,
                at,
                format!(
                    "`{}` is gone: what users put there is ignored, and old kernels read what new users leave",
                    was.path
                ),
            ),
            None => to.add("L05", place, at, format!("`{}` is gone, and nothing keeps its place", was.path)),
        }
    }

    /// A field that is new, or reserved.
    fn added(&self, now: &Placed<'_>, to: &mut Findings) {
        let place = (self.name, &*now.path);
        let at = (Which::New, now.field.meta.span);
        let inside = now.parent.map(|at| &self.new.fields[at]);
        let parent_new = inside.is_some_and(|parent| !parent.is_unnamed() && !self.is_known(&parent.path));
        if parent_new || matches!(&now.field.ty, Type::Inline(_)) && now.is_unnamed() {
            return;
        }
        if now.in_union {
            if now.field.reserved.is_none() {
                unions::arm(self, now, to);
            }
            return;
        }
        if now.offset >= self.old.size {
            return growth::appended(self, now, to);
        }
        let covering = |was: &&Placed<'_>| {
            was.size > 0
                && was.offset < now.end()
                && now.offset < was.end()
                && was.field.reserved.is_none()
                && !matches!(was.field.ty, Type::Inline(_))
        };
        let taken: Vec<&Placed<'_>> = self.old.fields.iter().filter(covering).collect();
        let was_reserved = self
            .old
            .fields
            .iter()
            .any(|was| was.field.reserved.is_some() && was.offset < now.end() && now.offset < was.end());
        if now.field.reserved.is_some() {
            if taken.is_empty() && !was_reserved {
                let newly = self.lists.as_ref().is_some_and(|(_, new)| guard::any_zero(new, now.offset, now.end()));
                let effect = if newly { Effect::OLD } else { Effect::SAFE };
                to.with(
                    "L13",
                    effect,
                    place,
                    at,
                    format!("bytes {}..{} were padding without a name", now.offset, now.end()),
                );
            }
            return;
        }
        if taken.is_empty() {
            return growth::taken(self, now, to);
        }
        let gone = taken.iter().all(|was| self.now(was).is_none());
        if !gone {
            to.add(
                "L09",
                place,
                at,
                format!("`{}` stands at byte {}, where `{}` was", now.path, now.offset, taken[0].path),
            );
        }
    }

    /// Fields that moved: because of something else, or by themselves.
    fn moved(&self, before: usize, moved: &[&Placed<'_>], to: &mut Findings) {
        const ROOTS: &[&str] = &["L09", "L05", "L07", "L02", "E13", "E14"];
        if let Some(root) = to.first_of(before, ROOTS) {
            return root.follows.extend(moved.iter().map(|was| was.path.to_string()));
        }
        for was in moved {
            let Some(now) = self.now(was) else { continue };
            let message = format!("`{}` was at byte {} and is at {}", was.path, was.offset, now.offset);
            to.add("L01", (self.name, &was.path), (Which::New, now.field.meta.span), message);
        }
    }

    /// Whether some struct has it as a part.
    fn embedded(&self) -> bool {
        let parts = |laid: &Laid<'_>| {
            let fields = laid.layouts.structs.values().flat_map(|laid| &laid.fields);
            fields.into_iter().any(|placed| matches!(base(&placed.field.ty), Type::Named(name) if name == self.name))
        };
        parts(self.sides.0) || parts(self.sides.1)
    }

    /// The struct as a whole.
    fn whole(&self, before: usize, to: &mut Findings) {
        let at = (Which::New, self.new.def.meta.span);
        let place = (self.name, "");
        if self.old.def.packed != self.new.def.packed {
            to.add(
                "L12",
                place,
                at,
                format!("`{}` is {} packed now", self.name, if self.new.def.packed { "" } else { "not" }),
            );
        } else if self.old.align != self.new.align && to.first_of(before, &["L01", "L02", "L05", "L09"]).is_none() {
            let message = format!("`{}` was aligned to {} and is to {}", self.name, self.old.align, self.new.align);
            // Handed in by its address, it lies where it lay.
            let effect = if self.embedded() { Effect::BOTH } else { Effect::SAFE };
            to.with("L11", effect, place, at, message);
        }
        if self.new.size < self.old.size {
            let message = format!("`{}` had {} bytes and has {}", self.name, self.old.size, self.new.size);
            to.add("L10", place, at, message);
        }
        let added = named(self.new).any(|now| !self.is_known(&now.path));
        let gone = named(self.old).any(|was| self.now(was).is_none());
        if added && gone {
            to.add("I07", place, at, format!("`{}` both got fields and lost some", self.name));
        }
    }
}
