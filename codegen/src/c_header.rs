//! The C header, as a kernel maintainer would write it.

mod bits;
mod comment;
mod numbers;
mod structs;

use argsz_schema::layout;
use argsz_schema::model::{Ioctl, IoctlKind, Item, Model};
use argsz_schema::target;

use self::comment::Marks;
use self::structs::Structs;
use crate::c_type;
use crate::{EmitError, Unit};

pub(crate) use self::numbers::literal;

/// The targets whose alignments differ from each other: all others are like one of them.
pub(crate) const ALIGNMENTS: [&str; 4] = ["x86-64", "i386", "arm", "m68k"];

/// The header at the unit's release. Everything is defined before it is used, otherwise in the order of the schema.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    let model = unit.model;
    let layouts = ALIGNMENTS.iter().filter_map(|name| target::find(name));
    let layouts = layouts.map(|target| unit.on(target)).collect::<Result<Vec<_>, _>>()?;
    let order = layout::order(model).map_err(|error| no_layout(unit, &error))?;
    let marks = Marks::new(model);
    let structs = Structs::new(model, &marks, &layouts, &order);
    let mut parts = vec![head(unit)];
    let mut waiting = order.iter();
    let mut printed = argsz_schema::hash::HashSet::default();
    for item in &model.items {
        match item {
            Item::Const(one) => parts.push(numbers::constant(one)),
            Item::Flags(set) => parts.push(numbers::flags(set, &marks)),
            Item::Enum(set) => parts.push(numbers::values(set, &marks)),
            Item::Ioctl(one) => parts.push(ioctl(one, model)),
            Item::Bits(one) => parts.push(bits::print(one, model)),
            Item::CellTable(one) => parts.push(bits::cells(one, model)),
            // C has no word for what lies behind a struct.
            Item::Chain(_) => {}
            Item::Struct(def) => {
                while !printed.contains(def.meta.name.as_str()) {
                    let Some(next) = waiting.next() else { break };
                    printed.insert(next.meta.name.as_str());
                    if next.from.is_none() {
                        parts.push(structs.print(next));
                    }
                }
            }
        }
    }
    parts.push(format!("#endif /* {} */\n", model.header.guard));
    Ok(joined(&parts))
}

fn no_layout(unit: &Unit<'_>, error: &layout::LayoutError) -> EmitError {
    EmitError::Layout { item: unit.source_name.to_owned(), reason: error.to_string() }
}

/// Parts with an empty line between them, except between single `#define`s without a comment.
fn joined(parts: &[String]) -> String {
    let lone = |part: &String| part.starts_with("#define") && part.matches('\n').count() == 1;
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && !(lone(part) && lone(&parts[at - 1])) {
            text.push('\n');
        }
        text.push_str(part);
    }
    text
}

fn head(unit: &Unit<'_>) -> String {
    let header = &unit.model.header;
    let mut about = unit.banner().to_vec();
    if !header.doc.trim().is_empty() {
        about.push(String::new());
        about.extend(comment::filled(&header.doc));
    }
    let about = comment::lines(&about);
    let mut includes: Vec<&str> = header.includes.iter().map(String::as_str).collect();
    let mut needed = |path, needed: bool| {
        if needed && !includes.contains(&path) {
            includes.push(path);
        }
    };
    needed("linux/ioctl.h", unit.model.ioctls().next().is_some());
    needed("linux/types.h", unit.model.structs().next().is_some() || unit.model.bits().next().is_some());
    for from in unit.model.structs().filter_map(|def| def.from.as_deref()) {
        needed(from, true);
    }
    let includes: String = includes.iter().map(|path| format!("#include <{path}>\n")).collect();
    let (license, guard) = (&header.license, &header.guard);
    format!("/* SPDX-License-Identifier: {license} */\n{about}#ifndef {guard}\n#define {guard}\n\n{includes}")
}

fn ioctl(one: &Ioctl, model: &Model) -> String {
    let kind = match one.kind {
        IoctlKind::Io => "_IO",
        IoctlKind::Ior => "_IOR",
        IoctlKind::Iow => "_IOW",
        IoctlKind::Iowr => "_IOWR",
    };
    let arg = one.arg.as_ref().and_then(|ty| Some((c_type::specifier(model, ty)?, c_type::dimensions(ty))));
    let mut doc = comment::plain(&comment::doc(&one.meta));
    let arg = match arg {
        None => String::new(),
        // This macro has no room for the argument.
        Some((specifier, dimensions)) if one.kind == IoctlKind::Io => {
            let space = if doc.is_empty() { "" } else { " " };
            doc.push_str(&format!("{space}Takes {specifier}{dimensions}."));
            String::new()
        }
        Some((specifier, dimensions)) => format!(", {specifier}{dimensions}"),
    };
    let doc = comment::block(0, &doc);
    let (name, magic, nr) = (&one.meta.name, &one.magic.1, &one.nr.1);
    let (define, number) = (format!("#define {name}"), format!("{kind}({magic}, {nr}{arg})"));
    let between = if define.len() + number.len() < 80 { " " } else { " \\\n\t" };
    format!("{doc}{define}{between}{number}\n")
}
