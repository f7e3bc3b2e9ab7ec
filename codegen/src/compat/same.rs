//! Whether two releases read the same bytes alike, so that nothing has to be run.

use argsz_schema::checklist::CheckList;
use argsz_schema::layout::Placed;
use argsz_schema::model::{ArmWhen, Path, Type, ValueType};

use super::Laid;

/// Whether two readers do the same, for the same errno and under the same names.
pub(super) fn list(old: &CheckList, new: &CheckList) -> bool {
    let steps = old.steps.iter().zip(&new.steps);
    let mut alike = steps.map(|(was, now)| {
        (&was.op, &was.when, was.errno, &was.id, &was.field) == (&now.op, &now.when, now.errno, &now.id, &now.field)
    });
    (old.known, &old.size, old.steps.len()) == (new.known, &new.size, new.steps.len()) && alike.all(|same| same)
}

/// Whether a struct, or a set of flags or values, is the same on both sides.
pub(super) fn item(old: &Laid<'_>, new: &Laid<'_>, name: &str) -> bool {
    if let (Some(was), Some(now)) = (old.layouts.structs.get(name), new.layouts.structs.get(name)) {
        return was.fields.len() == now.fields.len()
            && was.fields.iter().zip(&now.fields).all(|(was, now)| field(was) == field(now));
    }
    let (before, after) = (&old.side.model, &new.side.model);
    if let (Some(was), Some(now)) = (before.find_flags(name), after.find_flags(name)) {
        let was = was.members.iter().map(|member| (&member.meta.name, &member.kind, member.value));
        return was.eq(now.members.iter().map(|member| (&member.meta.name, &member.kind, member.value)));
    }
    if let (Some(was), Some(now)) = (before.find_enum(name), after.find_enum(name)) {
        let members = was.members.iter().map(|member| (&member.meta.name, &member.kind, member.value));
        let same = members.eq(now.members.iter().map(|member| (&member.meta.name, &member.kind, member.value)));
        return was.open == now.open && same;
    }
    false
}

/// What of a field decides how bytes are read and called.
fn field<'a>(placed: &'a Placed<'_>) -> impl PartialEq + 'a {
    let field = placed.field;
    let kind = match &field.ty {
        Type::Prim(prim) => Some(*prim),
        _ => None,
    };
    let values = field.values.as_ref().map(|(ValueType::Flags(set) | ValueType::Enum(set), _)| set);
    let arm = field.arm.as_deref().map(|arm| match arm {
        ArmWhen::Values(names) => names.iter().map(|(name, _)| name.clone()).collect(),
        ArmWhen::Cond(cond) => vec![cond.to_string()],
        ArmWhen::Default => Vec::new(),
    });
    let selector: Option<&Path> = field.selector.as_ref().map(|(path, _)| path);
    let read = (field.dir, field.reserved, field.when.as_ref().map(ToString::to_string), &field.unchecked);
    ((&placed.path, placed.offset, placed.size, placed.depth), kind, values, arm, selector, read)
}
