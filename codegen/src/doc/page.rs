//! The page: what stands on it, in which order.

use argsz_schema::checklist::Op;
use argsz_schema::model::{ConstValue, EnumKind, FlagKind, IoctlKind, Item, Life, Meta, Model, Release, Type};
use argsz_schema::target;

use super::{Block, blocks, code, growth, line, structs};
use crate::lists::StructLists;
use crate::{EmitError, Unit, c_type};

/// All blocks of a header at the unit's release.
pub(super) fn page(unit: &Unit<'_>) -> Result<Vec<Block>, EmitError> {
    let model = unit.model;
    let (layouts, lists) = (unit.on(target::ALL[0])?, unit.lists()?);
    let mut page = vec![Block::heading(1, model.header.path.clone())];
    page.push(Block::Paragraph(format!(
        "As of {}. This schema knows the releases {}; what came later than the first of them says so. Offsets and sizes \
         are those of 64-bit machines.",
        unit.release_name(),
        unit.history.header.releases.join(", ")
    )));
    page.extend(blocks(&model.header.doc));
    growth::section(unit, &layouts, lists, &mut page);
    features(lists, &mut page);
    ioctls(unit, &mut page);
    structs::section(unit, &layouts, lists, &mut page);
    values(unit, &mut page);
    constants(model, &mut page);
    Ok(page)
}

/// `since 7.3`, for what the first release did not have.
pub(super) fn since(unit: &Unit<'_>, life: Life) -> Option<String> {
    let name = |release: Release| unit.history.header.releases.get(usize::from(release.0));
    (life.since != Release(0)).then(|| name(life.since).map(|name| format!("since {name}"))).flatten()
}

/// What a table says of an item: its doc, since when it is there, and why it should not be used.
pub(super) fn about(unit: &Unit<'_>, meta: &Meta) -> String {
    let mut parts = vec![line(&meta.doc)];
    parts.extend(since(unit, meta.life).map(|since| format!("({since})")));
    parts.extend(meta.deprecated.as_ref().map(|why| format!("Deprecated: {why}")));
    parts.retain(|part| !part.is_empty());
    parts.join(" ")
}

/// How a program finds out what the kernel it runs on knows.
fn features(lists: &[StructLists], page: &mut Vec<Block>) {
    let mut rows = Vec::new();
    for list in lists.iter().map(|lists| &lists.generic) {
        for step in &list.steps {
            let asked = match &step.op {
                Op::Mask { allowed: 0, .. } => format!("any bit of {}", code(&step.field)),
                Op::Mask { .. } => format!("a bit of {} that the kernel does not know", code(&step.field)),
                Op::OneOf { .. } => format!("a value of {} that the kernel does not know", code(&step.field)),
                Op::ZeroTail { from } => format!("a byte other than 0 behind the first {from}"),
                _ => continue,
            };
            let late = if step.after_lookup { ", once the objects were found" } else { "" };
            rows.push([code(&list.name), asked, format!("{}{late}", step.errno.0)]);
        }
    }
    if rows.is_empty() {
        return;
    }
    page.push(Block::heading(2, "Feature checks"));
    page.push(Block::Paragraph(
        "A kernel that does not know a feature refuses it before it has done anything. A program may therefore ask for \
         what it wants, and go on without where the answer is this errno; it must not conclude from the release's name \
         alone."
            .to_owned(),
    ));
    page.push(Block::table(["struct", "with", "answer"], rows));
}

fn ioctls(unit: &Unit<'_>, page: &mut Vec<Block>) {
    let rows: Vec<[String; 4]> = unit
        .model
        .ioctls()
        .map(|ioctl| {
            let kind = match ioctl.kind {
                IoctlKind::Io => "_IO",
                IoctlKind::Ior => "_IOR",
                IoctlKind::Iow => "_IOW",
                IoctlKind::Iowr => "_IOWR",
            };
            let number = format!("{kind}({}, {})", ioctl.magic.1, ioctl.nr.1);
            let argument = match &ioctl.arg {
                Some(Type::Named(name)) => code(name),
                Some(Type::Prim(number)) => code(c_type::prim(*number)),
                _ => String::new(),
            };
            [code(&ioctl.meta.name), code(number), argument, about(unit, &ioctl.meta)]
        })
        .collect();
    if !rows.is_empty() {
        page.push(Block::heading(2, "Commands"));
        page.push(Block::table(["ioctl", "number", "argument", ""], rows));
    }
}

/// Flags and enums.
fn values(unit: &Unit<'_>, page: &mut Vec<Block>) {
    let mut sets = Vec::new();
    for item in &unit.model.items {
        let (meta, rows): (&Meta, Vec<[String; 3]>) = match item {
            Item::Flags(flags) => {
                let members = flags.members.iter().map(|member| {
                    let value = match &member.kind {
                        FlagKind::Bit(bit) => format!("bit {bit}"),
                        FlagKind::Of(_) | FlagKind::Mask => format!("{:#x}", member.value),
                        FlagKind::Count => format!("{}, a counter", member.value),
                    };
                    [code(&member.meta.name), value, about(unit, &member.meta)]
                });
                (&flags.meta, members.collect())
            }
            Item::Enum(values) => {
                let members = values.members.iter().map(|member| {
                    let counter = if member.kind == EnumKind::Counter { ", a counter" } else { "" };
                    [code(&member.meta.name), format!("{}{counter}", member.value), about(unit, &member.meta)]
                });
                (&values.meta, members.collect())
            }
            _ => continue,
        };
        sets.push(Block::heading(3, code(&meta.name)));
        sets.extend(blocks(&meta.doc));
        sets.push(Block::table(["name", "value", ""], rows));
    }
    if !sets.is_empty() {
        page.push(Block::heading(2, "Flags and values"));
        page.extend(sets);
    }
}

fn constants(model: &Model, page: &mut Vec<Block>) {
    let rows: Vec<[String; 3]> = model
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Const(one) => {
                let value = match &one.value {
                    ConstValue::Int(value) => value.to_string(),
                    ConstValue::Str(text) => format!("{text:?}"),
                };
                Some([code(&one.meta.name), code(value), line(&one.meta.doc)])
            }
            _ => None,
        })
        .collect();
    if !rows.is_empty() {
        page.push(Block::heading(2, "Constants"));
        page.push(Block::table(["name", "value", ""], rows));
    }
}
