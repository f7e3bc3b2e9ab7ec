//! Values by name.

use argsz_schema::interp::Held;
use argsz_schema::model::{
    ConstValue, EnumKind, Field, FlagKind, Flags, Path, Pointee, Reserved, Role, Type, ValueType,
};
use argsz_schema::resolve::Scope;

use super::{Question, Value};
use crate::c_type;

/// What a number in a field means; empty if it is just a number.
pub(super) fn of_field(
    question: &Question<'_>,
    scope: &Scope<'_, '_>,
    field: &Field,
    raw: u64,
    signed: bool,
    held: &Held<'_>,
) -> String {
    if matches!(field.role, Some(Role::Argsz | Role::Size)) {
        return size(raw, question.list.known.into());
    }
    if let Some(to) = &field.points_to {
        if raw == 0 {
            return "null".to_owned();
        }
        let what = match &to.target {
            Pointee::Type(Type::Named(name), _) => c_type::named(question.layouts.model, name),
            Pointee::Type(Type::Prim(prim), _) => c_type::prim(*prim),
            Pointee::Type(..) => "an array".to_owned(),
            Pointee::Select { selector, .. } => format!("what `{selector}` says"),
        };
        let number = |name: &Option<String>| {
            let path = Path(name.as_ref()?.split('.').map(str::to_owned).collect());
            Some(held.unsigned(&scope.word(&path)?.slot))
        };
        return match (number(&to.count), number(&to.bytes)) {
            (Some(count), _) => format!("points to {count} of {what}"),
            (None, Some(bytes)) => format!("points to {bytes} bytes: {what}"),
            (None, None) => format!("points to {what}"),
        };
    }
    let accepted = field.accepts.iter().flatten().find(|(value, _)| *value == raw).map(|(_, text)| text.as_str());
    let values = field.values.as_ref().map(|(values, _)| values);
    let text = of_number(question, values, accepted, raw);
    if text.is_empty() && signed && raw.cast_signed() == -1 { "none".to_owned() } else { text }
}

/// A size beside the one that is known.
fn size(size: u64, known: u64) -> String {
    match size.cmp(&known) {
        std::cmp::Ordering::Equal => "all that this release knows".to_owned(),
        std::cmp::Ordering::Less => format!("less than the {known} bytes this release knows"),
        std::cmp::Ordering::Greater => format!("more than the {known} bytes this release knows"),
    }
}

/// A number by the names of its flags or enum, or by the text it is accepted as.
pub(super) fn of_number(
    question: &Question<'_>,
    values: Option<&ValueType>,
    accepted: Option<&str>,
    raw: u64,
) -> String {
    let model = question.layouts.model;
    match values {
        Some(ValueType::Flags(name)) => model.find_flags(name).map(|set| flags(set, raw)).unwrap_or_default(),
        Some(ValueType::Enum(name)) => {
            let Some(set) = model.find_enum(name) else { return String::new() };
            let member = set.members.iter().filter(|member| member.value.cast_unsigned() == raw);
            let best = member.min_by_key(|member| match member.kind {
                EnumKind::Value => 0,
                EnumKind::Alias(_) => 1,
                EnumKind::Counter => 2,
            });
            match best {
                Some(member) if member.kind == EnumKind::Counter => {
                    format!("{}, a counter that is no value", member.meta.name)
                }
                Some(member) => member.meta.name.clone(),
                None if accepted.is_some() => String::new(),
                None => format!("no value of {name}{}", elsewhere_enum(question, name, raw)),
            }
        }
        None => accepted.filter(|text| text.parse::<u64>().is_err()).unwrap_or_default().to_owned(),
    }
}

/// Flags by name, and bits without one.
fn flags(set: &Flags, raw: u64) -> String {
    let mut parts = Vec::new();
    for member in &set.members {
        match member.kind {
            FlagKind::Bit(_) if raw & member.value != 0 => parts.push(member.meta.name.clone()),
            FlagKind::Mask if raw & member.value != 0 => {
                let shift = member.value.trailing_zeros();
                parts.push(format!("{} = {}", member.meta.name, (raw & member.value) >> shift));
            }
            _ => {}
        }
    }
    let unknown = raw & !set.mask();
    if unknown != 0 {
        parts.push(format!("unknown {}", bits(unknown)));
    }
    if parts.is_empty() { "no flags".to_owned() } else { parts.join(" | ") }
}

/// `bit 63`, `bits 3 and 63 (0x8000000000000008)`.
pub(super) fn bits(mask: u64) -> String {
    let numbers: Vec<String> = (0..64).filter(|bit| mask >> bit & 1 == 1).map(|bit| bit.to_string()).collect();
    match numbers.as_slice() {
        [one] => format!("bit {one} ({mask:#x})"),
        [first, second] => format!("bits {first} and {second} ({mask:#x})"),
        _ => format!("bits {mask:#x}"),
    }
}

/// ` (IOMMU_X of 7.3)`, where another release knows the bits.
pub(super) fn elsewhere_flags(question: &Question<'_>, name: &str, mask: u64) -> Vec<String> {
    let schema = question.schema;
    let mut found: Vec<String> = Vec::new();
    for release in schema.releases() {
        let model = schema.at(release);
        let Some(set) = model.find_flags(name) else { continue };
        for member in &set.members {
            if matches!(member.kind, FlagKind::Bit(_)) && member.value & mask != 0 {
                let text = format!("{} exists {}", member.meta.name, life(question, member.meta.life));
                if !found.contains(&text) {
                    found.push(text);
                }
            }
        }
    }
    found
}

fn elsewhere_enum(question: &Question<'_>, name: &str, raw: u64) -> String {
    let schema = question.schema;
    for release in schema.releases() {
        let model = schema.at(release);
        let Some(set) = model.find_enum(name) else { continue };
        let member = set.members.iter().find(|m| m.kind == EnumKind::Value && m.value.cast_unsigned() == raw);
        if let Some(member) = member {
            return format!("; {} exists {}", member.meta.name, life(question, member.meta.life));
        }
    }
    String::new()
}

fn life(question: &Question<'_>, life: argsz_schema::model::Life) -> String {
    let name = |release| question.schema.release_name(release);
    match life.until {
        Some(until) => format!("from {} until {}", name(life.since), name(until)),
        None => format!("since {}", name(life.since)),
    }
}

/// What bytes mean.
pub(super) fn of_bytes(field: &Field, value: &Value) -> String {
    let Value::Bytes(bytes) = value else { return String::new() };
    let first = bytes.iter().position(|byte| *byte != 0);
    match (field.reserved, first) {
        (Some(Reserved::Zero), None) => "reserved, zero".to_owned(),
        (Some(Reserved::Zero), Some(at)) => format!("reserved, must be zero: byte {at} of it is {:#04x}", bytes[at]),
        (Some(Reserved::Ignored), _) => "reserved".to_owned(),
        (None, _) if matches!(argsz_schema::layout::base(&field.ty), Type::Prim(prim) if prim.kind == argsz_schema::model::PrimKind::Char) =>
        {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            format!("{:?}", String::from_utf8_lossy(&bytes[..end]))
        }
        (None, _) => String::new(),
    }
}

/// A value as people know it: by a member's name, a constant's, or as a number.
pub(super) fn value_name(
    question: &Question<'_>,
    values: Option<&ValueType>,
    accepted: Option<&str>,
    raw: u64,
) -> String {
    let name = match values {
        Some(ValueType::Enum(name)) => question.layouts.model.find_enum(name).and_then(|set| {
            let members = set.members.iter().filter(|m| m.kind == EnumKind::Value);
            members.into_iter().find(|m| m.value.cast_unsigned() == raw).map(|m| m.meta.name.clone())
        }),
        _ => None,
    };
    let constant = || {
        let text = accepted?;
        let found = question.layouts.model.find_const(text)?;
        matches!(found.value, ConstValue::Int(_)).then(|| text.to_owned())
    };
    match name.or_else(constant) {
        Some(name) => format!("{raw} ({name})"),
        None => raw.to_string(),
    }
}
