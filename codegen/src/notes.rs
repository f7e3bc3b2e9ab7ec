//! What a schema says of a field, in few words: for layouts and documents.

use std::fmt::Write as _;

use argsz_schema::model::{ArmWhen, Dir, Field, Pointee, Reserved, Role, Type, ValueType};

use crate::c_type;

/// All of it, apart from the doc.
pub(crate) fn of_field(field: &Field) -> Vec<String> {
    let mut notes = Vec::new();
    match field.arm.as_deref() {
        Some(ArmWhen::Values(values)) => {
            let values: Vec<&str> = values.iter().map(|(value, _)| value.as_str()).collect();
            notes.push(format!("when {}", values.join(" | ")));
        }
        Some(ArmWhen::Cond(cond)) => notes.push(format!("when {cond}")),
        Some(ArmWhen::Default) => notes.push("otherwise".to_owned()),
        None => {}
    }
    notes.extend(field.role.map(|role| match role {
        Role::Argsz | Role::Size => "the user's size".to_owned(),
        Role::Version => "version".to_owned(),
    }));
    notes.extend(field.values.as_ref().map(|(values, _)| match values {
        ValueType::Flags(name) => format!("flags {name}"),
        ValueType::Enum(name) => format!("enum {name}"),
    }));
    notes.extend(field.reserved.map(|reserved| match reserved {
        Reserved::Zero => "reserved, must be zero".to_owned(),
        Reserved::Ignored => "reserved, ignored".to_owned(),
    }));
    notes.extend(field.selector.as_ref().map(|(path, _)| format!("selected by {path}")));
    notes.extend(field.len.as_ref().map(|(name, _)| format!("{name} elements")));
    notes.extend(field.points_to.as_ref().map(|to| {
        let mut text = String::from("points to ");
        match &to.target {
            Pointee::Type(Type::Named(name), _) => text.push_str(name),
            Pointee::Type(Type::Prim(number), _) => text.push_str(&c_type::prim(*number)),
            Pointee::Type(..) => text.push_str("an array"),
            Pointee::Select { selector, .. } => _ = write!(text, "what {selector} says"),
        }
        for (count, unit) in [(&to.count, ""), (&to.bytes, " bytes"), (&to.stride, " bytes each")] {
            if let Some(count) = count {
                _ = write!(text, ", {count}{unit}");
            }
        }
        text
    }));
    if field.values.is_none() && field.reserved.is_none() && matches!(field.dir, Dir::Out) {
        notes.push("out".to_owned());
    }
    notes.extend(field.when.as_ref().map(|when| format!("looked at when {when}")));
    notes.extend(field.unchecked.as_ref().map(|_| "not checked".to_owned()));
    notes
}
