//! Unions and selectors: every value leads to one arm, or to none on purpose.

use super::{At, Check, each_field, list};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::layout::{Located, base};
use crate::model::{ArmWhen, Enum, EnumKind, EnumMember, Field, Path, Pointee, PointsTo, Struct, Type, ValueType};
use crate::nearest::{did_you_mean, did_you_mean_or, nearest};
use crate::source::Span;

pub(super) fn check(check: &Check<'_>, at: &At<'_>) {
    for (_, laid) in at.structs() {
        let def = laid.def;
        if def.is_union {
            defaults(check, &def.fields);
        }
        each_field(&def.fields, &mut |field, path| {
            if let Some(points_to) = &field.points_to {
                pointee(check, at, def, points_to);
            }
            let arms = match base(&field.ty) {
                Type::Inline(inline) if inline.is_union => &inline.fields,
                Type::Named(name) => match at.wide.model.find_struct(name) {
                    Some(of) if of.is_union => &of.fields,
                    _ => return no_union(check, field),
                },
                _ => return no_union(check, field),
            };
            if matches!(field.ty, Type::Inline(_)) {
                defaults(check, arms);
            }
            union(check, at, def, &Union { field, path, arms });
        });
    }
}

struct Union<'m, 'p> {
    field: &'m Field,
    path: &'p str,
    arms: &'m [Field],
}

fn called(path: &str) -> String {
    if path.is_empty() { "the union".to_owned() } else { format!("`{path}`") }
}

fn no_union(check: &Check<'_>, field: &Field) {
    let at = field.selector.as_ref().map(|(_, at)| *at).or(field.none.first().map(|(_, at)| *at));
    if let Some(at) = at {
        let finding =
            Diagnostic::new(codes::AZ0526, at, format!("`{}` is not a union and selects nothing", field.meta.name));
        check.report(finding.help("`selector` and `none` are for unions"));
    }
}

fn defaults(check: &Check<'_>, arms: &[Field]) {
    let mut all = arms.iter().filter(|arm| arm.arm.as_deref() == Some(&ArmWhen::Default));
    let Some(first) = all.next() else { return };
    for second in all {
        let finding = Diagnostic::new(codes::AZ0527, second.meta.span, "a second default arm");
        check.report(finding.also(first.meta.span, "first here").help("one arm takes every value no other has"));
    }
}

fn union(check: &Check<'_>, at: &At<'_>, def: &Struct, union: &Union<'_, '_>) {
    let by_value = union.arms.iter().find(|arm| matches!(arm.arm.as_deref(), Some(ArmWhen::Values(_))));
    let Some((path, span)) = &union.field.selector else {
        let needs = by_value.map(|arm| (arm.meta.span, "this arm is selected by a value"));
        let needs = needs.or(union.field.none.first().map(|(_, at)| (*at, "a value without an arm")));
        if let Some((needs, label)) = needs {
            let message = format!("{} has no selector", called(union.path));
            let finding = Diagnostic::new(codes::AZ0526, needs, message).label(label);
            check.report(finding.help("name the field that selects the arm: `selector = \"...\"`"));
        }
        return;
    };
    let Some(selector) = selector(check, at, def, path, *span) else { return };
    let place = at.wide.structs.get(def.meta.name.as_str()).and_then(|laid| {
        laid.fields.iter().find(|field| std::ptr::eq(field.field, union.field)).map(|field| field.offset)
    });
    if place.is_some_and(|place| selector.offset >= place) {
        let message = format!("the selector `{path}` lies after {}", called(union.path));
        let finding = Diagnostic::new(codes::AZ0523, *span, message).also(selector.field.meta.span, "this field");
        check.report(finding.help("a reader must know the selector before it comes to the union: put it first"));
    }
    let values = match &selector.field.values {
        Some((ValueType::Enum(name), _)) => at.wide.model.find_enum(name),
        Some((ValueType::Flags(_), _)) if by_value.is_none() => return,
        _ => None,
    };
    let Some(values) = values else {
        if let Some(arm) = by_value.filter(|_| !matches!(selector.field.values, Some((ValueType::Enum(_), _)))) {
            let message = format!("the selector `{path}` has no enum, so an arm cannot be selected by a value");
            let finding = Diagnostic::new(codes::AZ0525, *span, message).also(arm.meta.span, "this arm");
            let help = "give the selector an `enum`; with flags the `when` of an arm is a condition";
            check.report(finding.help(help));
        }
        return;
    };
    select(check, at, union, &selector, values);
}

/// The field that selects.
fn selector<'m>(check: &Check<'_>, at: &At<'m>, def: &Struct, path: &Path, span: Span) -> Option<Located<'m>> {
    let found = at.wide.locate(&def.meta.name, path);
    if found.is_none() {
        let name = &def.meta.name;
        let message = format!("the selector `{path}` is no field of `{name}`{}", check.when(at.release));
        let laid = at.wide.structs.get(name.as_str());
        let paths = laid.into_iter().flat_map(|laid| laid.fields.iter().map(|field| &*field.path));
        let help = did_you_mean_or(&path.to_string(), "the fields are", paths.filter(|path| !path.is_empty()));
        let finding = Diagnostic::new(codes::AZ0134, span, message).absent(path.to_string());
        check.report(Diagnostic { help, ..finding });
    }
    found
}

/// The member that a key or a C name means.
fn member<'m>(values: &'m Enum, name: &str) -> Option<&'m EnumMember> {
    values.members.iter().find(|member| member.key == name || member.meta.name == name)
}

/// Values that were given an arm, and where.
struct Taken<'c, 'a, 'm> {
    check: &'c Check<'a>,
    values: &'m Enum,
    by: HashMap<i64, (Span, &'m EnumMember)>,
    /// Keys that names which do not exist were probably meant to be.
    meant: Vec<&'m str>,
    when: String,
}

impl Taken<'_, '_, '_> {
    fn take_all(&mut self, names: &[(String, Span)]) {
        for (name, at) in names {
            self.take(name, *at);
        }
    }

    fn take(&mut self, name: &str, at: Span) {
        let of = &self.values.meta.name;
        let Some(member) = member(self.values, name) else {
            let message = format!("`{name}` is no value of `{of}`{}", self.when);
            let keys = self.values.members.iter().filter(|member| member.kind == EnumKind::Value);
            self.meant.extend(nearest(name, keys.clone().map(|member| member.key.as_str())));
            let help = did_you_mean(name, keys.clone().map(|member| member.key.as_str()));
            let all = || list(keys.take(12).map(|member| &member.key));
            let help = help.unwrap_or_else(|| format!("its values are {}", all()));
            self.check.report(Diagnostic::new(codes::AZ0521, at, message).help(help).absent(name));
            return;
        };
        if member.kind == EnumKind::Counter {
            let finding = Diagnostic::new(codes::AZ0521, at, format!("`{name}` is a counter, and never a value"));
            self.check
                .report(finding.also(member.meta.span, "a counter").help("an arm is for a value that is accepted"));
            return;
        }
        if let Some((first, other)) = self.by.insert(member.value, (at, member)) {
            // Two members of one value were reported where they are.
            if other.key != member.key && other.kind == EnumKind::Value && member.kind == EnumKind::Value {
                return;
            }
            let finding = Diagnostic::new(codes::AZ0522, at, format!("`{name}` is selected twice"));
            let finding = finding.label("a second time here").also(first, "first here");
            self.check.report(finding.help("each value leads to one arm, or is listed in `none`"));
        }
    }
}

fn select(check: &Check<'_>, at: &At<'_>, union: &Union<'_, '_>, selector: &Located<'_>, values: &Enum) {
    if union.arms.is_empty() {
        return;
    }
    let mut taken = Taken { check, values, by: HashMap::default(), meant: Vec::new(), when: check.when(at.release) };
    for arm in union.arms {
        if let Some(ArmWhen::Values(names)) = arm.arm.as_deref() {
            taken.take_all(names);
        }
    }
    taken.take_all(&union.field.none);
    let accepted = |value: i64| {
        let accepts = selector.field.accepts.as_ref();
        accepts.is_none_or(|accepts| accepts.iter().any(|(accepted, _)| *accepted == value.cast_unsigned()))
    };
    let open = values.members.iter().filter(|member| {
        let is_taken = taken.by.contains_key(&member.value) || taken.meant.contains(&member.key.as_str());
        member.kind == EnumKind::Value && accepted(member.value) && !is_taken
    });
    let open: Vec<&EnumMember> = open.collect();
    let default = union.arms.iter().find(|arm| arm.arm.as_deref() == Some(&ArmWhen::Default));
    match (default, open.is_empty()) {
        (None, false) => {
            let keys = list(open.iter().take(8).map(|member| &member.key));
            let more = if open.len() > 8 { format!(" and {} more", open.len() - 8) } else { String::new() };
            let message = format!("{} has no arm for {keys}{more}{}", called(union.path), taken.when);
            let finding = Diagnostic::new(codes::AZ0520, union.field.meta.span, message);
            let finding = finding.also(open[0].meta.span, "this value");
            let help = format!("add an arm, or say that there is none: `none = [\"{}\"]`", open[0].key);
            check.report(finding.help(help));
        }
        (Some(default), true) if !values.open => {
            let message = format!("the default arm `{}` is never active", default.meta.name);
            let finding = Diagnostic::new(codes::AZ0528, default.meta.span, message);
            let finding = finding.label("every value has an arm, or is in `none`");
            check.report(finding.help("remove it; a value that is added later brings its own arm"));
        }
        _ => {}
    }
}

fn pointee(check: &Check<'_>, at: &At<'_>, def: &Struct, points_to: &PointsTo) {
    let Pointee::Select { selector: path, arms } = &points_to.target else { return };
    let Some(found) = selector(check, at, def, path, points_to.span) else { return };
    let Some((ValueType::Enum(name), _)) = &found.field.values else {
        let message = format!("the selector `{path}` has no enum, so nothing can be selected by a value");
        check.report(Diagnostic::new(codes::AZ0525, points_to.span, message).help("give the selector an `enum`"));
        return;
    };
    let Some(values) = at.wide.model.find_enum(name) else { return };
    let mut taken = Taken { check, values, by: HashMap::default(), meant: Vec::new(), when: check.when(at.release) };
    for (names, of) in arms {
        for (name, place) in names {
            // A value that lives at another release has no arm at this one.
            if member(values, name).is_none() && ever(check, &values.meta.name, name) {
                continue;
            }
            taken.take(name, *place);
            if at.wide.model.find_struct(of).is_none() && check.model.find_struct(of).is_some() {
                let message = format!("`{name}` leads to `{of}`, which does not exist at {}", check.name(at.release));
                let finding = Diagnostic::new(codes::AZ0132, *place, message);
                check.report(finding.help("let the value and the struct begin at the same release"));
            }
        }
    }
}

/// Whether an enum has had a member at any release.
fn ever(check: &Check<'_>, of: &str, name: &str) -> bool {
    check.model.enums().filter(|values| values.meta.name == of).any(|values| member(values, name).is_some())
}
