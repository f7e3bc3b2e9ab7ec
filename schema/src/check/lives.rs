//! Lives: that everything exists for a while, within the life of what it belongs to.

use super::{Check, walk};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{Item, Life, Meta, Release, Struct};
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
