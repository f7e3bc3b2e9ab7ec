//! Lives: that everything exists for a while, within the life of what it belongs to.

use super::{Check, each_field, walk};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{Item, Life, Meta, Release, Struct, ValueType};
use crate::source::Span;

pub(super) fn check(check: &Check<'_>) {
    for item in &check.model.items {
        let owner = item.meta();
        own(check, owner);
        match item {
            Item::Const(_) | Item::Ioctl(_) | Item::CellTable(_) | Item::Chain(_) => {}
            Item::Bits(bits) => bits.fields.iter().for_each(|field| inside(check, owner, &field.meta)),
            Item::Flags(flags) => flags.members.iter().for_each(|member| inside(check, owner, &member.meta)),
            Item::Enum(values) => values.members.iter().for_each(|member| inside(check, owner, &member.meta)),
            Item::Struct(def) => parts(check, def),
        }
    }
    for layer in check.model.layers.values() {
        own(check, &layer.meta);
        layer
            .on
            .values()
            .flatten()
            .for_each(|rule| within(check, &layer.meta, rule.life, rule.span, || "this rule".to_owned()));
    }
}

fn own(check: &Check<'_>, meta: &Meta) {
    if meta.deprecated.as_deref().is_some_and(|reason| reason.trim().is_empty()) {
        let message = format!("`{}` is deprecated without a reason", meta.name);
        let finding = Diagnostic::new(codes::AZ0625, meta.span, message);
        check.report(finding.help("say what to use in its place: `deprecated = \"...\"`"));
    }
}

/// A member of something: it has a life of its own, inside its owner's.
fn inside(check: &Check<'_>, owner: &Meta, meta: &Meta) {
    own(check, meta);
    let what = || if meta.name.is_empty() { "this part".to_owned() } else { format!("`{}`", meta.name) };
    within(check, owner, meta.life, meta.span, what);
}

/// `what` is asked for if something is wrong.
fn within(check: &Check<'_>, owner: &Meta, life: Life, span: Span, what: impl FnOnce() -> String) {
    let name = &owner.name;
    let early = life.since < owner.life.since;
    let late = life.until.zip(owner.life.until).is_some_and(|(part, whole)| part > whole);
    let empty = life.until.is_some_and(|until| until <= life.since);
    let (does, help) = if empty || !life.overlaps(owner.life) {
        (format!("never exists together with `{name}`"), "give it a life inside that of what it belongs to")
    } else if early {
        (format!("begins before `{name}` does"), "leave its `since` out: it begins with what it belongs to")
    } else if late {
        (format!("outlives `{name}`"), "leave its `until` out: it ends with what it belongs to")
    } else {
        return;
    };
    let label = format!("lives {}", span_of(check, life));
    let finding = Diagnostic::new(codes::AZ0621, span, format!("{} {does}", what())).label(label);
    check.report(finding.also(owner.span, format!("lives {}", span_of(check, owner.life))).help(help));
}

fn span_of(check: &Check<'_>, life: Life) -> String {
    let since = check.name(life.since);
    life.until.map_or_else(|| format!("since {since}"), |until| format!("since {since} until {}", check.name(until)))
}

/// Says of a name that is not there when it is, if another release has it.
pub(super) fn with_life(check: &Check<'_>, finding: Diagnostic) -> Diagnostic {
    let Some(name) = finding.absent.as_ref().map(|absent| absent.name.as_str()) else { return finding };
    let Some((span, life)) = ever(check, name, finding.at.start) else { return finding };
    let release = |key: &str, release| format!("`{key} = \"{}\"`", check.name(release));
    let same: Vec<String> = std::iter::once(life.since)
        .filter(|since| since.0 > 0)
        .map(|since| release("since", since))
        .chain(life.until.map(|until| release("until", until)))
        .collect();
    if same.is_empty() {
        return finding.also(span, "this one has to do with other values");
    }
    let label = format!("`{name}` lives {}", span_of(check, life));
    let finding = finding.also(span, label);
    finding.help(format!("give what names it the same life: {}", same.join(", ")))
}

/// A field of the struct in which `at` is, or a member of what gives one of its fields a meaning, at any release.
fn ever(check: &Check<'_>, name: &str, at: u32) -> Option<(Span, Life)> {
    let def = check.model.structs().filter(|def| def.meta.span.start <= at).max_by_key(|def| def.meta.span.start)?;
    let mut found = None;
    each_field(&def.fields, &mut |field, path| {
        let member = match &field.values {
            Some((ValueType::Flags(of), _)) => {
                let sets = check.model.items.iter().filter_map(|item| match item {
                    Item::Flags(set) if set.meta.name == *of => Some(set),
                    _ => None,
                });
                sets.flat_map(|set| &set.members).find(|m| m.key == name || m.meta.name == name).map(|m| &m.meta)
            }
            Some((ValueType::Enum(of), _)) => {
                let sets = check.model.enums().filter(|set| set.meta.name == *of);
                sets.flat_map(|set| &set.members).find(|m| m.key == name || m.meta.name == name).map(|m| &m.meta)
            }
            None => None,
        };
        let meta = if path == name { Some(&field.meta) } else { member };
        found = found.or(meta.map(|meta| (meta.span, meta.life)));
    });
    found
}

fn parts(check: &Check<'_>, def: &Struct) {
    walk(&def.fields, &mut |field| inside(check, &def.meta, &field.meta));
    def.min_sizes
        .iter()
        .for_each(|min| within(check, &def.meta, min.life, min.span, || "this minimum size".to_owned()));
    def.rules.iter().for_each(|rule| within(check, &def.meta, rule.life, rule.span, || "this rule".to_owned()));
    grows(check, def);
}

/// At each release of the struct exactly one way to grow.
fn grows(check: &Check<'_>, def: &Struct) {
    let Some((_, first)) = def.grows.first() else { return };
    if def.grows.len() == 1 && *first == def.meta.life {
        return;
    }
    let releases = (0..check.model.header.releases.len()).filter_map(|at| u16::try_from(at).ok()).map(Release);
    for release in releases.filter(|release| def.meta.life.has(*release)) {
        let ways = def.grows.iter().filter(|(_, life)| life.has(release)).count();
        let name = &def.meta.name;
        let message = match ways {
            1 => continue,
            0 if def.grows.len() == 1 => continue,
            0 => format!("nothing says how `{name}` grows at {}", check.name(release)),
            _ => format!("`{name}` grows in {ways} ways at {}", check.name(release)),
        };
        let finding = Diagnostic::new(codes::AZ0622, def.meta.span, message);
        check.report(finding.help("let each way of `grows` begin where the one before ends"));
        return;
    }
}
