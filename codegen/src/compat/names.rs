//! Compares what has a name and a number: flags, enumerators, ioctls, bits of hardware; and which types there are.

use argsz_schema::bits::{CellTable, Says};
use argsz_schema::chain::Chain;
use argsz_schema::checklist::Slot;
use argsz_schema::ioctl::number;
use argsz_schema::model::{
    Const, ConstValue, Dir, Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, Item, Type, ValueType,
};
use argsz_schema::resolve::slot;

use super::findings::Findings;
use super::{Effect, Laid, Which, guard};

/// Compares everything but the insides of structs.
pub(super) fn compare(old: &Laid<'_>, new: &Laid<'_>, to: &mut Findings) {
    for item in &old.side.model.items {
        let (meta, at) = (item.meta(), (Which::Old, item.meta().span));
        let there = |kind: &str| to_text(kind, &meta.name, &new.side.label);
        match item {
            Item::Flags(was) => match new.side.model.find_flags(&meta.name) {
                Some(now) => flags(was, now, old, to),
                None => to.add("I04", (&meta.name, ""), at, there("the flags")),
            },
            Item::Enum(was) => match new.side.model.find_enum(&meta.name) {
                Some(now) => values(was, now, (old, new), to),
                None => to.add("I04", (&meta.name, ""), at, there("the enum")),
            },
            Item::Struct(_) if new.side.model.find_struct(&meta.name).is_none() => {
                to.add("I04", (&meta.name, ""), at, there("the struct"));
            }
            Item::Ioctl(was) => ioctl(was, (old, new), to),
            Item::Bits(was) => bits(was, new, to),
            Item::Const(was) => constant(was, new, to),
            Item::Chain(was) => chain(was, new, to),
            Item::CellTable(was) => cells(was, new, to),
            Item::Struct(_) => {}
        }
    }
}

fn to_text(kind: &str, name: &str, label: &str) -> String {
    format!("{kind} `{name}` is not there any more at {label}")
}

/// The words of structs that have their values from a set, and who writes them.
fn uses(laid: &Laid<'_>, name: &str) -> Vec<(String, Slot, Dir)> {
    let mut found = Vec::new();
    for (strct, at) in laid.layouts.structs.iter() {
        for placed in &at.fields {
            let Some((ValueType::Flags(set) | ValueType::Enum(set), _)) = &placed.field.values else { continue };
            let Type::Prim(prim) = &placed.field.ty else { continue };
            if set == name
                && let Some(slot) = slot(*prim, placed.path.to_string(), placed.offset, placed.size)
            {
                found.push(((*strct).to_owned(), slot, placed.field.dir));
            }
        }
    }
    found
}

/// Whether every reader that takes the word in refuses something in it.
fn all_refuse(old: &Laid<'_>, name: &str, test: impl Fn(&argsz_schema::checklist::CheckList, &Slot) -> bool) -> bool {
    let uses = uses(old, name);
    uses.iter().filter(|(_, _, dir)| *dir != Dir::Out).all(|(strct, slot, _)| {
        // What lies inside another struct is judged by the lists of those that hold it.
        old.list(strct).is_none_or(|list| test(&list, slot))
    })
}

fn flags(was: &Flags, now: &Flags, old: &Laid<'_>, to: &mut Findings) {
    let item = was.meta.name.as_str();
    let find = |set: &Flags, name: &str| set.members.iter().position(|member| member.meta.name == name);
    let meant = |member: &&FlagMember| !matches!(member.kind, FlagKind::Count);
    for member in was.members.iter().filter(meant) {
        let name = member.meta.name.as_str();
        let at = (Which::Old, member.meta.span);
        match find(now, name).map(|at| &now.members[at]) {
            Some(other) if other.value == member.value => {}
            Some(other) => {
                let id = if member.kind == FlagKind::Mask { "L08" } else { "F01" };
                let message = format!("`{name}` was {:#x} and is {:#x}", member.value, other.value);
                to.add(id, (item, name), (Which::New, other.meta.span), message);
            }
            None => {
                let heir = now
                    .members
                    .iter()
                    .find(|other| other.value == member.value && find(was, &other.meta.name).is_none());
                match heir {
                    Some(heir) => {
                        let message = format!("`{name}` is now called `{}`", heir.meta.name);
                        to.add("L06", (item, name), (Which::New, heir.meta.span), message);
                        to.renamed(name, &heir.meta.name);
                    }
                    None => to.add("F02", (item, name), at, format!("`{name}` ({:#x}) is gone", member.value)),
                }
            }
        }
    }
    let known = was.mask();
    for member in
        now.members.iter().filter(meant).filter(|member| matches!(member.kind, FlagKind::Bit(_) | FlagKind::Mask))
    {
        let name = member.meta.name.as_str();
        let renamed =
            was.members.iter().any(|other| other.value == member.value && find(now, &other.meta.name).is_none());
        if find(was, name).is_some() || renamed {
            continue;
        }
        let at = (Which::New, member.meta.span);
        if retired(old, item, member.value) || member.value & known != 0 {
            let message = format!("`{name}` takes {:#x}, which once had another meaning", member.value);
            to.add("F03", (item, name), at, message);
        } else if all_refuse(old, item, |list, slot| guard::refuses_bits(list, slot, member.value)) {
            to.add("F05", (item, name), at, format!("`{name}` ({:#x}) is new; older readers refuse it", member.value));
        } else {
            to.add(
                "F04",
                (item, name),
                at,
                format!("`{name}` ({:#x}) is new; older readers do not look at that bit", member.value),
            );
        }
    }
}

/// Whether the history of a set has these bits under a flag that ended before this release.
fn retired(old: &Laid<'_>, name: &str, bits: u64) -> bool {
    let all = old.side.schema.model().items.iter();
    all.filter_map(|item| match item {
        Item::Flags(set) if set.meta.name == name => Some(set),
        _ => None,
    })
    .flat_map(|set| &set.members)
    .any(|member| member.meta.life.until.is_some_and(|end| end <= old.side.release) && member.value & bits != 0)
}

fn values(was: &Enum, now: &Enum, (old, new): (&Laid<'_>, &Laid<'_>), to: &mut Findings) {
    let item = was.meta.name.as_str();
    let find = |set: &Enum, name: &str| set.members.iter().position(|member| member.meta.name == name);
    let is_value = |member: &&EnumMember| member.kind == EnumKind::Value;
    for member in &was.members {
        let name = member.meta.name.as_str();
        match find(now, name).map(|at| &now.members[at]) {
            Some(other) if other.value == member.value => {}
            Some(other) => {
                let counter = member.kind == EnumKind::Counter && other.kind == EnumKind::Counter;
                let id = if counter { "F11" } else { "F07" };
                let message = format!("`{name}` was {} and is {}", member.value, other.value);
                to.add(id, (item, name), (Which::New, other.meta.span), message);
            }
            None => {
                let heir = now.members.iter().find(|other| other.value == member.value && is_value(other));
                let (effect, message) = match heir {
                    Some(heir) => (Effect::SOURCE, format!("`{name}` is now called `{}`", heir.meta.name)),
                    None if member.kind == EnumKind::Value => {
                        (Effect::OLD_SOURCE, format!("`{name}` ({}) is gone", member.value))
                    }
                    None => (Effect::SOURCE, format!("`{name}` is gone")),
                };
                to.with("F08", effect, (item, name), (Which::Old, member.meta.span), message);
                if let Some(heir) = heir {
                    to.renamed(name, &heir.meta.name);
                }
            }
        }
    }
    zero(was, now, to);
    let known = was.values();
    for member in now.members.iter().filter(is_value).filter(|member| !known.contains(&member.value)) {
        let name = member.meta.name.as_str();
        if find(was, name).is_some() {
            continue;
        }
        let at = (Which::New, member.meta.span);
        let uses = uses(new, item);
        let inputs = uses.iter().any(|(_, _, dir)| *dir != Dir::Out);
        let outputs = uses.iter().any(|(_, _, dir)| *dir != Dir::In);
        if outputs && !was.open {
            let message = format!("a user may be told `{name}` ({}), which it does not know", member.value);
            to.add("F10", (item, name), at, message);
        }
        if !inputs && outputs {
            continue;
        }
        let value = member.value.cast_unsigned();
        if all_refuse(old, item, |list, slot| guard::refuses_value(list, slot, value)) {
            to.add("F09", (item, name), at, format!("`{name}` ({}) is new; older readers refuse it", member.value));
        } else {
            to.add(
                "F04",
                (item, name),
                at,
                format!("`{name}` ({}) is new; older readers take any value", member.value),
            );
        }
    }
}

/// Whether zero, which is what users leave where they do not care, is called something else.
fn zero(was: &Enum, now: &Enum, to: &mut Findings) {
    let of = |set: &Enum| set.members.iter().find(|m| m.value == 0 && m.kind == EnumKind::Value).cloned();
    let (Some(before), Some(after)) = (of(was), of(now)) else { return };
    let moved = now.members.iter().any(|member| member.meta.name == before.meta.name && member.value != 0);
    if moved {
        let message = format!("0 was `{}` and is `{}`", before.meta.name, after.meta.name);
        to.add("I06", (&was.meta.name, &after.meta.name), (Which::New, after.meta.span), message);
    }
}

fn ioctl(was: &argsz_schema::model::Ioctl, (old, new): (&Laid<'_>, &Laid<'_>), to: &mut Findings) {
    let name = was.meta.name.as_str();
    let Some(now) = new.side.model.find_ioctl(name) else {
        to.add("I04", (name, ""), (Which::Old, was.meta.span), to_text("the ioctl", name, &new.side.label));
        return;
    };
    let at = (Which::New, now.meta.span);
    if (was.kind, was.magic.0, was.nr.0) != (now.kind, now.magic.0, now.nr.0) {
        to.add("I01", (name, ""), at, format!("`{name}` is another call: number, magic or direction changed"));
        return;
    }
    let (before, after) = (number(was, &old.layouts), number(now, &new.layouts));
    if let (Some(before), Some(after), true) = (before, after, before != after) {
        let message = format!("the size in the number of `{name}` changed: {before:#x} is now {after:#x}");
        to.add("I02", (name, ""), at, message);
    }
}

fn constant(was: &Const, new: &Laid<'_>, to: &mut Findings) {
    let name = was.meta.name.as_str();
    let text = |value: &ConstValue| match value {
        ConstValue::Int(value) => value.to_string(),
        ConstValue::Str(text) => format!("{text:?}"),
    };
    match new.side.model.find_const(name) {
        Some(now) if now.value == was.value => {}
        Some(now) => {
            let message = format!("`{name}` was {} and is {}", text(&was.value), text(&now.value));
            to.add("F07", (name, ""), (Which::New, now.meta.span), message);
        }
        // Another kind of item may have the name now, as an enumerator that once was a constant.
        None if defined(new, name) => {}
        None => {
            let message = format!("the constant `{name}` is not there any more at {}", new.side.label);
            to.with("F08", Effect::SOURCE, (name, ""), (Which::Old, was.meta.span), message);
        }
    }
}

/// Whether a flag or an enumerator has this name.
fn defined(laid: &Laid<'_>, name: &str) -> bool {
    let model = &laid.side.model;
    model.flags().any(|set| set.members.iter().any(|member| member.meta.name == name))
        || model.enums().any(|set| set.members.iter().any(|member| member.meta.name == name))
}

/// What the ids of a chain lead to.
fn chain(was: &Chain, new: &Laid<'_>, to: &mut Findings) {
    let item = was.meta.name.as_str();
    let now = new.side.model.items.iter().find_map(|other| match other {
        Item::Chain(now) if now.meta.name == item => Some(now),
        _ => None,
    });
    let Some(now) = now else {
        to.add("I04", (item, ""), (Which::Old, was.meta.span), to_text("the chain", item, &new.side.label));
        return;
    };
    for link in &was.links {
        let id = link.id.0.as_str();
        match now.links.iter().find(|other| other.id.0 == id) {
            Some(other) if other.ty.0 == link.ty.0 => {}
            Some(other) => {
                let message = format!("`{id}` led to `{}` and leads to `{}`", link.ty.0, other.ty.0);
                to.add("E15", (item, id), (Which::New, other.id.1), message);
            }
            None => to.add("E14", (item, id), (Which::Old, link.id.1), format!("`{id}` leads nowhere any more")),
        }
    }
}

/// What becomes of a pair of values.
fn cells(was: &CellTable, new: &Laid<'_>, to: &mut Findings) {
    let item = was.meta.name.as_str();
    let now = new.side.model.items.iter().find_map(|other| match other {
        Item::CellTable(now) if now.meta.name == item => Some(now),
        _ => None,
    });
    let Some(now) = now else {
        to.add("I04", (item, ""), (Which::Old, was.meta.span), to_text("the table", item, &new.side.label));
        return;
    };
    let becomes = |says: &Says| match says {
        Says::Becomes { item, .. } => format!("`{}`", item.0),
        Says::Nothing(_) => "nothing".to_owned(),
        Says::Refused(_) => "a refusal".to_owned(),
    };
    for cell in &was.cells {
        let path = format!("{}.{}", cell.row, cell.column);
        let other = now.cells.iter().find(|other| (&other.row, &other.column) == (&cell.row, &cell.column));
        let (before, after) = (becomes(&cell.says), other.map_or_else(|| "nothing".to_owned(), |o| becomes(&o.says)));
        if before != after {
            let at = other.map_or((Which::Old, cell.span), |other| (Which::New, other.span));
            to.add("E15", (item, &path), at, format!("{path} became {before} and becomes {after}"));
        }
    }
}

fn bits(was: &argsz_schema::bits::Bits, new: &Laid<'_>, to: &mut Findings) {
    let item = was.meta.name.as_str();
    let Some(now) = new.side.model.bits().find(|bits| bits.meta.name == item) else {
        to.add("I04", (item, ""), (Which::Old, was.meta.span), to_text("the layout", item, &new.side.label));
        return;
    };
    for field in &was.fields {
        let name = field.meta.name.as_str();
        match now.fields.iter().find(|other| other.meta.name == name) {
            Some(other) if other.parts == field.parts => {}
            Some(other) => {
                to.add("L08", (item, name), (Which::New, other.meta.span), format!("the bits of `{name}` changed"));
            }
            None => to.add("L05", (item, name), (Which::Old, field.meta.span), format!("`{name}` is gone")),
        }
    }
}
