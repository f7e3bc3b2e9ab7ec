//! Keys of one field or rule that do not go together.

use super::{Check, each_field};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::model::{Dir, Field, Grows, Item, PointsTo, PrimKind, Reserved, Role, Rule, RuleKind, Struct, Tail, Type};
use crate::nearest::did_you_mean_or;
use crate::source::Span;

pub(super) fn check(check: &Check<'_>) {
    for item in &check.model.items {
        let Item::Struct(def) = item else { continue };
        let mut version: Option<Span> = None;
        let mut paths = Vec::new();
        each_field(&def.fields, &mut |field, path| {
            paths.push(path.to_owned());
            self::field(check, field);
            let lives_with = |field: &Field| field.role == Some(Role::Version) && field.meta.life.until.is_none();
            if lives_with(field) {
                match version {
                    Some(first) => two_versions(check, field, first),
                    None => version = Some(field.meta.span),
                }
            }
        });
        rules(check, &def.meta.name, &def.rules);
        fixed(check, def);
        pointers(check, def, &paths);
    }
    for layer in check.model.layers.values() {
        layer.on.iter().for_each(|(name, rules)| self::rules(check, name, rules));
    }
}

fn two_versions(check: &Check<'_>, field: &Field, first: Span) {
    let message = format!("`{}` is a second version field", field.meta.name);
    let finding = Diagnostic::new(codes::AZ0549, field.meta.span, message).also(first, "first here");
    check.report(finding.help("a struct has one version: take the role away from the other"));
}

fn field(check: &Check<'_>, field: &Field) {
    let (name, at) = (&field.meta.name, field.meta.span);
    let report = |code, message: String, help: &str| check.report(Diagnostic::new(code, at, message).help(help));
    let meaning = if field.values.is_some() {
        Some("`flags` or `enum`")
    } else if field.accepts.is_some() {
        Some("`accepts`")
    } else if field.range.is_some() {
        Some("`range`")
    } else if field.align.is_some() {
        Some("`align`")
    } else {
        None
    };
    if let (Some(_), Some(meaning)) = (field.reserved, meaning) {
        let help = "a reserved field has no meaning yet: leave one of the two out";
        report(codes::AZ0540, format!("`{name}` is reserved, and has {meaning}"), help);
    }
    if let (Some(_), Some(_)) = (field.reserved, field.role) {
        report(codes::AZ0540, format!("`{name}` is reserved, and has a role"), "leave one of the two out");
    }
    if field.dir == Dir::Out {
        out(check, field);
    }
    if let Some(reason) = &field.unchecked {
        if reason.trim().is_empty() {
            let help = "say why no reader looks: `unchecked = \"...\"`";
            report(codes::AZ0543, format!("`{name}` is unchecked without a reason"), help);
        } else if field.accepts.is_some() || field.range.is_some() || field.align.is_some() {
            let help = "leave out `unchecked`, or what it contradicts";
            report(codes::AZ0543, format!("`{name}` is unchecked, and says what it accepts"), help);
        }
    }
    if field.role == Some(Role::Version) && field.accepts.is_none() {
        let help = "name the constants: `accepts = [\"..._VERSION_1\"]`";
        report(codes::AZ0548, format!("`{name}` is a version, and accepts any"), help);
    }
}

/// A field that only the kernel writes is judged by nobody.
fn out(check: &Check<'_>, field: &Field) {
    let (name, at) = (&field.meta.name, field.meta.span);
    if field.reserved == Some(Reserved::Zero) {
        let finding = Diagnostic::new(codes::AZ0542, at, format!("`{name}` is reserved, and only written"));
        check.report(finding.help("what a reader demands to be zero comes from the user: `dir = \"in\"`"));
    }
    let judged = field.accepts.is_some() || field.range.is_some() || field.align.is_some() || field.when.is_some();
    if judged || matches!(field.role, Some(Role::Argsz | Role::Size | Role::Version)) {
        let finding =
            Diagnostic::new(codes::AZ0541, at, format!("`{name}` is only written, and says what is accepted"));
        check.report(finding.help("an `out` field is not judged: make it `inout`, or leave the check out"));
    }
}

/// What only a struct that grows has.
fn fixed(check: &Check<'_>, def: &Struct) {
    let name = &def.meta.name;
    // A size field that goes with nothing is reported by itself, and is what has to be mended.
    let is_size = |field: &Field| matches!(field.role, Some(Role::Argsz | Role::Size));
    if def.grows.iter().any(|(grows, _)| *grows != Grows::Fixed) || def.fields.iter().any(is_size) {
        return;
    }
    let help = "leave it out, or say how the struct grows: `grows = \"...\"`";
    if def.tail != Tail::Refused {
        let message = format!("`{name}` never grows, so it has no tail");
        check.report(Diagnostic::new(codes::AZ0435, def.meta.span, message).help(help));
    }
    if let Some((path, span)) = &def.min {
        let message = format!("`{name}` never grows, so its minimum `{path}` says nothing");
        check.report(Diagnostic::new(codes::AZ0425, *span, message).help(help));
    }
    if let Some(min) = def.min_sizes.first() {
        let message = format!("`{name}` never grows, so a minimum size says nothing");
        check.report(Diagnostic::new(codes::AZ0425, min.span, message).help(help));
    }
}

fn pointers(check: &Check<'_>, def: &Struct, paths: &[String]) {
    each_field(&def.fields, &mut |field, path| {
        let Some(points_to) = &field.points_to else { return };
        let address = matches!(field.ty, Type::Prim(prim) if prim.width == 8 && prim.kind == PrimKind::Unsigned);
        let word = matches!(field.ty, Type::Prim(prim) if prim.kind == PrimKind::Pointer);
        if !address && !word {
            let finding =
                Diagnostic::new(codes::AZ0545, field.meta.span, format!("`{path}` is too small for an address"));
            check.report(finding.help("an address is carried in an `aligned_u64`"));
        }
        counts(check, points_to, path, paths);
    });
}

fn counts(check: &Check<'_>, points_to: &PointsTo, path: &str, paths: &[String]) {
    let says = [&points_to.count, &points_to.bytes, &points_to.stride];
    for (name, at) in says.into_iter().zip(points_to.says_at) {
        let Some(name) = name.as_ref().filter(|name| !paths.contains(name)) else { continue };
        let finding = Diagnostic::new(codes::AZ0134, at, format!("`{path}` is counted by `{name}`, which is no field"));
        let help =
            did_you_mean_or(name, "the fields are", paths.iter().map(String::as_str).filter(|path| !path.is_empty()));
        check.report(Diagnostic { help, ..finding });
    }
    if points_to.stride.is_some() && points_to.count.is_none() {
        let finding = Diagnostic::new(codes::AZ0546, points_to.span, format!("`{path}` has a stride, and no count"));
        check.report(finding.help("add `count`; the bytes of the whole are `bytes`, without a stride"));
    }
}

fn rules(check: &Check<'_>, owner: &str, rules: &[Rule]) {
    let mut ids: HashMap<&str, Vec<&Rule>> = HashMap::default();
    for rule in rules {
        let same = ids.entry(&rule.id).or_default();
        if let Some(first) = same.iter().find(|first| first.life.overlaps(rule.life)) {
            let finding = Diagnostic::new(codes::AZ0533, rule.span, format!("`{owner}` has two rules `{}`", rule.id));
            check.report(finding.also(first.span, "first here").help("give one of them another `id`"));
        }
        same.push(rule);
        if let RuleKind::Combine { allowed, .. } = &rule.kind
            && let Some((row, _)) = allowed.iter().find(|(_, columns)| columns.is_empty())
        {
            let message = format!("the row `{row}` allows nothing");
            let finding = Diagnostic::new(codes::AZ0534, rule.span, message);
            check.report(finding.help("leave the row out of the table, and the value out of the field's `accepts`"));
        }
    }
}
