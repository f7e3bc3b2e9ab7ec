//! Growth: who says the size, which bytes must be there, and what newer bytes are guarded by.

use super::{At, Check};
use crate::codes;
use crate::diag::Diagnostic;
use crate::expr::{Expr, ExprKind};
use crate::layout::{Layouts, Located, Placed, StructLayout};
use crate::model::{Dir, Grows, MinSize, Path, PrimKind, Reserved, Role, RuleKind, Struct, Type};
use crate::nearest::did_you_mean_or;
use crate::source::Span;

pub(super) fn check(check: &Check<'_>, at: &At<'_>, before: Option<&Layouts<'_>>) {
    for (name, laid) in at.structs() {
        let grows = laid.def.grows_at(at.release);
        size_fields(check, laid, grows);
        let fixed_part = minimum(check, at, laid, grows);
        for min in laid.def.min_sizes.iter().filter(|_| grows != Grows::Fixed) {
            min_size(check, at, laid, min, fixed_part);
        }
        for rule in &laid.def.rules {
            if let RuleKind::Covers { path, .. } = &rule.kind {
                covered(check, at, laid.def, path, rule.span);
            }
        }
        selectors(check, at, laid, grows, fixed_part);
        let Some(older) = before.and_then(|before| before.structs.get(name)) else { continue };
        if older.def.grows_at(before.and_then(|before| before.model.release).unwrap_or(at.release)) == grows {
            let now = Now { check, at, laid, grows };
            now.size_changed(older);
            now.appended(older, fixed_part);
            now.taken(older);
        }
    }
}

/// How a struct is called that grows this way, and the role of its size field.
fn role_of(grows: Grows) -> Option<(Role, &'static str)> {
    match grows {
        Grows::Argsz => Some((Role::Argsz, "argsz")),
        Grows::Size => Some((Role::Size, "size")),
        Grows::Length | Grows::IoctlSize | Grows::Fixed => None,
    }
}

fn size_fields(check: &Check<'_>, laid: &StructLayout<'_>, grows: Grows) {
    let def = laid.def;
    let is_size = |placed: &&Placed<'_>| matches!(placed.field.role, Some(Role::Argsz | Role::Size));
    let all: Vec<&Placed<'_>> = laid.fields.iter().filter(is_size).collect();
    let Some((role, word)) = role_of(grows) else {
        for placed in all {
            let role = if placed.field.role == Some(Role::Argsz) { "argsz" } else { "size" };
            let message =
                format!("`{}` has the role of a size, and `{}` does not grow by it", placed.path, def.meta.name);
            let finding = Diagnostic::new(codes::AZ0424, placed.field.meta.span, message);
            let finding = finding.also(def.meta.span, "this struct");
            check.report(finding.help(format!("say `grows = \"{role}\"` of the struct, or take the role away")));
        }
        return;
    };
    let Some(first) = all.first() else {
        let message = format!("`{}` grows by `{word}`, and has no field that says its size", def.meta.name);
        let finding = Diagnostic::new(codes::AZ0420, def.meta.span, message);
        // Somebody who named a field like that forgot its role.
        let named = laid.fields.first().filter(|first| first.path == word || first.path == "size");
        check.report(if let Some(first) = named {
            let finding = finding.also(first.field.meta.span, "this one may be meant");
            finding.help(format!("give `{}` the role: `role = \"{word}\"`", first.path))
        } else {
            let pattern = format!("{{ name = \"{word}\", type = \"u32\", role = \"{word}\" }}");
            finding.help(format!("let it begin with `{pattern}`"))
        });
        return;
    };
    let at = first.field.meta.span;
    for second in &all[1..] {
        let message = format!("`{}` says the size too", second.path);
        let finding = Diagnostic::new(codes::AZ0422, second.field.meta.span, message).also(at, "this one says it");
        check.report(finding.help("one field says the size: take the role away from the other"));
    }
    if first.offset != 0 || first.depth != 0 {
        let message = format!("`{}` says the size of `{}`, and is not its first field", first.path, def.meta.name);
        let finding = Diagnostic::new(codes::AZ0421, at, message).label(format!("at byte {}", first.offset));
        check.report(finding.help("a reader must find the size before it knows anything else: put it first"));
    }
    if first.field.role != Some(role) {
        let message = format!("`{}` does not have the role `{word}`, by which `{}` grows", first.path, def.meta.name);
        check.report(Diagnostic::new(codes::AZ0424, at, message).help(format!("say `role = \"{word}\"`")));
    }
    let right = matches!(first.field.ty, Type::Prim(prim) if prim.kind == PrimKind::Unsigned && prim.width == 4
        && prim.order == crate::model::ByteOrder::Native);
    if !right {
        let finding = Diagnostic::new(codes::AZ0423, at, format!("`{}` is not a `u32`", first.path));
        check.report(finding.help("every reader takes a size of 32 bits in host byte order: `type = \"u32\"`"));
    }
}

/// Where the part ends that is always there and is copied first.
fn minimum(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>, grows: Grows) -> Option<u64> {
    let def = laid.def;
    match &def.min {
        _ if grows == Grows::Fixed => None,
        Some((path, span)) => covered(check, at, def, path, *span).map(|found| found.offset + found.size),
        None => {
            let first = def.min_sizes.first();
            if let (Some(first), true) = (first, role_of(grows).is_some()) {
                let message = format!("`{}` has minimum sizes under conditions, and no base minimum", def.meta.name);
                let finding = Diagnostic::new(codes::AZ0426, def.meta.span, message).also(first.span, "this one");
                check.report(
                    finding.help("name the field that the part ends with which is always there: `min = \"...\"`"),
                );
            }
            None
        }
    }
}

/// What a size must reach: a field that is there, and whose end is not inside another.
fn covered<'m>(check: &Check<'_>, at: &At<'m>, def: &Struct, path: &Path, span: Span) -> Option<Located<'m>> {
    let name = &def.meta.name;
    let Some(found) = at.wide.locate(name, path) else {
        let message = format!("`{name}` has no field `{path}`{}", check.when(at.release));
        let laid = at.wide.structs.get(name.as_str());
        let paths = laid.into_iter().flat_map(|laid| laid.fields.iter().map(|field| &*field.path));
        let help = did_you_mean_or(&path.to_string(), "the fields are", paths.filter(|path| !path.is_empty()));
        let finding = Diagnostic::new(codes::AZ0134, span, message).absent(path.to_string());
        check.report(Diagnostic { help, ..finding });
        return None;
    };
    if matches!(found.field.ty, Type::Flex(_)) {
        let message = format!("`{path}` has no end that a minimum size could reach");
        let finding = Diagnostic::new(codes::AZ0428, span, message).also(found.field.meta.span, "a flexible array");
        check.report(finding.help("name the last field before it"));
        return None;
    }
    let end = found.offset + found.size;
    for used in 1..path.0.len() {
        let outer = Path(path.0[..used].to_vec());
        let Some(outer) = at.wide.locate(name, &outer) else { continue };
        let is_union = match &outer.field.ty {
            Type::Inline(inline) => inline.is_union,
            Type::Named(of) => at.wide.model.find_struct(of).is_some_and(|of| of.is_union),
            _ => false,
        };
        if !is_union && outer.offset + outer.size != end {
            let message = format!("this minimum size ends inside `{}`", outer.path);
            let label = format!("ends at {end}, and `{}` at {}", outer.path, outer.offset + outer.size);
            let finding = Diagnostic::new(codes::AZ0427, span, message).label(label);
            check.report(finding.help(format!("a reader uses the whole of it: cover `{}`", outer.path)));
            return None;
        }
    }
    Some(found)
}

fn min_size(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>, min: &MinSize, fixed_part: Option<u64>) {
    let def = laid.def;
    let found = covered(check, at, def, &min.covers, min.span);
    let Some(fixed_part) = fixed_part else { return };
    if let Some(found) = found.filter(|found| found.offset + found.size <= fixed_part) {
        let message = format!("`{}` is always there: this minimum size can never refuse", found.path);
        let label = format!("ends at {}, and the base minimum at {fixed_part}", found.offset + found.size);
        let finding = Diagnostic::new(codes::AZ0429, min.span, message).label(label);
        check.report(finding.help("remove it, or let the base minimum end earlier: `min = \"...\"`"));
    }
    let Some(when) = &min.when else { return };
    paths(when, &mut |path, span| {
        let Some(found) = at.wide.locate(&def.meta.name, path) else { return };
        if found.offset + found.size > fixed_part {
            let message = format!("`{path}` is not copied yet when this minimum size is judged");
            let label = format!("ends at {}, and the fixed part at {fixed_part}", found.offset + found.size);
            let finding = Diagnostic::new(codes::AZ0430, span, message).label(label);
            check.report(finding.help("a minimum size may depend only on fields up to the one that `min` names"));
        }
    });
}

/// Every path in a condition, with its place.
fn paths(expr: &Expr, found: &mut dyn FnMut(&Path, Span)) {
    match &expr.kind {
        ExprKind::Int(_) => {}
        ExprKind::Path(path) | ExprKind::Test(_, path, _) => found(path, expr.span),
        ExprKind::Not(of) | ExprKind::Overflows(of) | ExprKind::FitsUlong(of) => paths(of, found),
        ExprKind::And(all) | ExprKind::Or(all) => all.iter().for_each(|of| paths(of, found)),
        ExprKind::Compare(_, a, b) | ExprKind::Arith(_, a, b) => {
            paths(a, found);
            paths(b, found);
        }
    }
}

/// A selector must be there whenever its union may be: in the fixed part.
fn selectors(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>, grows: Grows, fixed_part: Option<u64>) {
    let (Some(fixed_part), true) = (fixed_part, grows == Grows::Argsz) else { return };
    for placed in &laid.fields {
        let Some((path, span)) = &placed.field.selector else { continue };
        let Some(found) = at.wide.locate(&laid.def.meta.name, path) else { continue };
        if found.offset + found.size > fixed_part && placed.offset >= fixed_part {
            let message = format!("the selector `{path}` lies beyond the base minimum");
            let label = format!("ends at {}, and the base minimum at {fixed_part}", found.offset + found.size);
            let finding = Diagnostic::new(codes::AZ0524, *span, message).label(label);
            let finding = finding.also(found.field.meta.span, "this field");
            check.lint(laid.def, &placed.path, finding.help("let the base minimum end with the selector, or after it"));
        }
    }
}

/// A struct at a release, to be compared with what it was.
struct Now<'c, 'a, 'm> {
    check: &'c Check<'a>,
    at: &'c At<'m>,
    laid: &'c StructLayout<'m>,
    grows: Grows,
}

impl Now<'_, '_, '_> {
    fn size_changed(&self, older: &StructLayout<'_>) {
        let def = self.laid.def;
        let (was, is) = (older.size, self.laid.size);
        if is <= was || def.is_union {
            return;
        }
        let is_size = |field: &Placed<'_>| matches!(field.field.role, Some(Role::Argsz | Role::Size));
        if self.grows == Grows::Fixed && self.laid.fields.iter().any(is_size) {
            // Its size field says that it is to grow, and that was reported.
            return;
        }
        let (code, why, help) = match self.grows {
            Grows::Fixed => {
                (codes::AZ0432, "whose size is fixed", "new fields need a struct that grows, or reserved bytes")
            }
            Grows::IoctlSize => {
                (codes::AZ0433, "whose size is in its ioctl number", "the number changes with it: take a new ioctl")
            }
            Grows::Argsz | Grows::Size | Grows::Length => return,
        };
        let newest =
            self.laid.fields.iter().find(|field| field.end() > was && field.field.meta.life.since == self.at.release);
        let at = newest.map_or(def.meta.span, |field| field.field.meta.span);
        let message = format!(
            "`{}`, {why}, has grown from {was} to {is} bytes{}",
            def.meta.name,
            self.check.when(self.at.release)
        );
        let path = newest.map_or("", |field| &*field.path);
        self.check.lint(def, path, Diagnostic::new(code, at, message).help(help));
    }

    /// Fields that came later, and that a reader uses without the user having said that they are there.
    fn appended(&self, older: &StructLayout<'_>, fixed_part: Option<u64>) {
        if self.grows != Grows::Argsz {
            return;
        }
        let def = self.laid.def;
        for placed in self.laid.fields.iter().filter(|placed| placed.depth == 0 && placed.offset >= older.size) {
            let field = placed.field;
            let idle = field.reserved.is_some() || field.dir == Dir::Out || field.when.is_some();
            let in_base = fixed_part.is_some_and(|end| placed.end() <= end);
            if idle || in_base || self.guarded(placed) || field.selector.is_some() {
                continue;
            }
            let message = format!(
                "`{}` was appended{}, and nothing says when it counts",
                placed.path,
                self.check.when(self.at.release)
            );
            let finding =
                Diagnostic::new(codes::AZ0431, field.meta.span, message).label("an older kernel ignores it silently");
            let help =
                format!("add a flag, and `min_size = [{{ when = \"flags.has(...)\", covers = \"{}\" }}]`", placed.path);
            self.check.lint(def, &placed.path, finding.help(help));
        }
    }

    /// Whether a minimum size under a condition covers a field.
    fn guarded(&self, placed: &Placed<'_>) -> bool {
        self.laid.def.min_sizes.iter().filter(|min| min.when.is_some()).any(|min| {
            let found = self.at.wide.locate(&self.laid.def.meta.name, &min.covers);
            found.is_some_and(|found| found.offset + found.size >= placed.end())
        })
    }

    /// Bytes that nobody looked at before hold garbage in programs that exist.
    fn taken(&self, older: &StructLayout<'_>) {
        let def = self.laid.def;
        let ignored = |placed: &&Placed<'_>| placed.field.reserved == Some(Reserved::Ignored);
        for old in older.fields.iter().filter(ignored) {
            let new = self.laid.fields.iter().find(|new| {
                new.offset < old.end()
                    && new.end() > old.offset
                    && new.field.reserved.is_none()
                    && new.field.dir != Dir::Out
                    && !matches!(new.field.ty, Type::Inline(_))
                    && new.field.meta.span != old.field.meta.span
            });
            let Some(new) = new.filter(|new| new.field.when.is_none()) else { continue };
            let message = format!("`{}` takes bytes that nobody checked before", new.path);
            let finding = Diagnostic::new(codes::AZ0434, new.field.meta.span, message);
            let finding = finding.label("programs that exist may have garbage there");
            let finding = finding.also(old.field.meta.span, "reserved, and ignored, until then");
            self.check.lint(def, &new.path, finding.help("read it only under a new flag: `when = \"flags.has(...)\"`"));
        }
    }
}
