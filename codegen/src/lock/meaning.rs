//! What each item of a release means, as lines of text: all that a program relies on that was compiled against it, and
//! nothing else. Docs, the order of items, and the way the schema puts it do not count.
//!
//! Digests of these lines lie in the locks of projects: a line that is put another way is a new [`super::VERSION`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use argsz_schema::bits::{Bits, CellTable, Place, Says};
use argsz_schema::chain::Chain;
use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Term};
use argsz_schema::layout::{Layouts, Placed, layout};
use argsz_schema::model::{ArmWhen, ByteOrder, ConstValue, Field, Item, Model, Struct, Type, ValueType};
use argsz_schema::{ioctl, target};

use crate::lists::{self, StructLists};
use crate::{EmitError, c_type};

/// The lines of each item of one release, by the item's name in the schema: `struct.iommu_fault`.
pub(super) fn of(model: &Model) -> Result<BTreeMap<String, String>, EmitError> {
    let no_layout =
        |error: argsz_schema::layout::LayoutError| EmitError::Layout { item: String::new(), reason: error.to_string() };
    let all =
        target::ALL.iter().map(|target| layout(model, *target)).collect::<Result<Vec<_>, _>>().map_err(no_layout)?;
    let layers: Vec<&str> = model.layers.keys().map(String::as_str).collect();
    let lists = match all.first() {
        Some(layouts) => lists::compile(layouts, &lists::every_struct(model), &layers)?,
        None => Vec::new(),
    };
    let lists: BTreeMap<&str, &StructLists> = lists.iter().map(|lists| (lists.generic.name.as_str(), lists)).collect();
    let lines = |item: &Item| {
        let (kind, lines) = match item {
            Item::Const(one) => ("const", value(&one.value)),
            Item::Flags(flags) => {
                let members = flags.members.iter().map(|m| format!("{} {} {:#x}\n", m.meta.name, m.key, m.value));
                ("flags", format!("{} bytes\n{}", flags.width, members.collect::<String>()))
            }
            Item::Enum(values) => {
                let members = values.members.iter().map(|m| format!("{} {} {}\n", m.meta.name, m.key, m.value));
                ("enum", format!("{} bytes\n{}", values.width, members.collect::<String>()))
            }
            Item::Struct(def) => ("struct", strct(def, &all, lists.get(def.meta.name.as_str()).copied())),
            Item::Ioctl(one) => {
                let numbers = all.iter().filter_map(|layouts| ioctl::number(one, layouts));
                ("ioctl", numbers.map(|number| format!("{number:#x}\n")).collect())
            }
            Item::Bits(bits) => (bits.place.word(), hardware(bits)),
            Item::CellTable(cells) => ("table", table(cells)),
            Item::Chain(one) => ("chain", chain(one)),
        };
        (format!("{kind}.{}", item.meta().name), lines)
    };
    Ok(model.items.iter().map(lines).collect())
}

fn value(value: &ConstValue) -> String {
    match value {
        ConstValue::Int(value) => format!("{value}\n"),
        ConstValue::Str(text) => format!("{text:?}\n"),
    }
}

fn strct(def: &Struct, all: &[Layouts<'_>], lists: Option<&StructLists>) -> String {
    let mut text = String::new();
    for layouts in all {
        let Some(laid) = layouts.structs.get(def.meta.name.as_str()) else { continue };
        let _ = writeln!(text, "{}: {} bytes, aligned to {}", layouts.target.name, laid.size, laid.align);
        for placed in &laid.fields {
            text.push_str(&field(layouts.model, placed));
        }
    }
    for list in lists.iter().flat_map(|lists| std::iter::once(&lists.generic).chain(&lists.layered)) {
        text.push_str(&steps(list));
    }
    text
}

fn field(model: &Model, placed: &Placed<'_>) -> String {
    let Placed { path, offset, size, field, .. } = placed;
    let Field { ty, reserved, dir, values, selector, arm, .. } = field;
    let name = match argsz_schema::layout::base(ty) {
        Type::Inline(inline) => c_type::keyword(inline.is_union).to_owned(),
        _ => c_type::specifier(model, ty).unwrap_or_default(),
    };
    let mut text = format!("{path} at {offset}, {size} bytes: {name}{} {dir:?}", c_type::dimensions(ty));
    field.bits.iter().for_each(|(name, width)| _ = write!(text, " {name}:{width}"));
    if let Some(reserved) = reserved {
        let _ = write!(text, " reserved {reserved:?}");
    }
    if let Some((ValueType::Flags(name) | ValueType::Enum(name), _)) = values {
        let _ = write!(text, " of {name}");
    }
    if let Some((path, _)) = selector {
        let _ = write!(text, " by {path}");
    }
    match arm.as_deref() {
        None => {}
        Some(ArmWhen::Default) => text.push_str(" else"),
        Some(ArmWhen::Cond(condition)) => _ = write!(text, " if {condition}"),
        Some(ArmWhen::Values(keys)) => keys.iter().for_each(|(key, _)| _ = write!(text, " if {key}")),
    }
    text + "\n"
}

fn steps(list: &CheckList) -> String {
    let size = match &list.size {
        SizeFrom::Field(at) => slot(at),
        SizeFrom::Caller => "the caller".to_owned(),
        SizeFrom::Known => "fixed".to_owned(),
    };
    let mut text = format!("rules of {}, size by {size}\n", list.layer.as_deref().unwrap_or("all"));
    for step in &list.steps {
        let late = if step.after_lookup { " late" } else { "" };
        let _ = writeln!(text, "{} {}{late} if {}: {}", step.id, step.errno.0, cond(&step.when), op(&step.op));
    }
    text
}

fn op(op: &Op) -> String {
    match op {
        Op::CopyFixed { len } => format!("copy {len}"),
        Op::MinSize { bytes } => format!("min {bytes}"),
        Op::MaxSize { bytes } => format!("max {bytes}"),
        Op::ZeroTail { from } => format!("tail {from}"),
        Op::CopyRest { from, to } => format!("copy {from}..{to}"),
        Op::Zero { from, to } => format!("zero {from}..{to}"),
        Op::Mask { slot: at, allowed } => format!("mask {} {allowed:#x}", slot(at)),
        Op::OneOf { slot: at, ranges } => format!("one {} of {ranges:?}", slot(at)),
        Op::Aligned { slot: at, to } => format!("align {} {to}", slot(at)),
        Op::Refuse(condition) => format!("refuse {}", cond(condition)),
    }
}

fn cond(condition: &Cond) -> String {
    let join = |word: &str, parts: &[Cond]| format!("{word}({})", parts.iter().map(cond).collect::<Vec<_>>().join(" "));
    match condition {
        Cond::True => "true".to_owned(),
        Cond::All(parts) => join("all", parts),
        Cond::Any(parts) => join("any", parts),
        Cond::Not(inner) => format!("not({})", cond(inner)),
        Cond::Compare(how, a, b) => format!("({} {how} {})", term(a), term(b)),
        Cond::Bits { word, mask, value } => format!("({} & {mask:#x} == {value:#x})", slot(word)),
        Cond::OneBit { word, mask } => format!("one({} & {mask:#x})", slot(word)),
        Cond::Overflows(inner) => format!("overflows({})", term(inner)),
        Cond::FitsUlong(inner) => format!("ulong({})", term(inner)),
    }
}

fn term(one: &Term) -> String {
    match one {
        Term::Int(value) => value.to_string(),
        Term::Signed(value) => value.to_string(),
        Term::Slot(at) => slot(at),
        Term::Arith(how, a, b) => format!("({} {how} {})", term(a), term(b)),
    }
}

/// `[8:4]`, the four bytes at 8.
fn slot(slot: &Slot) -> String {
    let order = match slot.order {
        ByteOrder::Native => "",
        ByteOrder::Little => "le",
        ByteOrder::Big => "be",
    };
    let sign = if slot.signed { "s" } else { "" };
    format!("[{}:{}{order}{sign}]", slot.offset, slot.width)
}

fn hardware(bits: &Bits) -> String {
    let place = match bits.place {
        Place::Register(offset) => format!(" at {offset:#x}"),
        Place::Entry | Place::Descriptor => String::new(),
    };
    let mut text = format!("{} words of {} bits{place}\n", bits.words, bits.width);
    for field in &bits.fields {
        let parts = field.parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let _ = write!(text, "{} {parts}", field.meta.name);
        if field.address {
            text.push_str(" address");
        }
        if let Some((ValueType::Flags(name) | ValueType::Enum(name), _)) = &field.values {
            let _ = write!(text, " of {name}");
        }
        if let Some(fixed) = &field.fixed {
            let _ = write!(text, " is {:#x}", fixed.value);
        }
        text.push('\n');
    }
    let _ = writeln!(text, "reserved {:x?}", bits.reserved_mask());
    text
}

fn table(cells: &CellTable) -> String {
    let mut text = format!("{} by {}\n", cells.rows.0, cells.columns.0);
    for cell in &cells.cells {
        let says = match &cell.says {
            Says::Nothing(_) => "nothing".to_owned(),
            Says::Refused(_) => "refused".to_owned(),
            Says::Becomes { item, with } => {
                let with = with.iter().map(|(field, fixed)| format!(" {field} {:#x}", fixed.value));
                format!("{}{}", item.0, with.collect::<String>())
            }
        };
        let _ = writeln!(text, "{} {}: {says}", cell.row, cell.column);
    }
    text
}

fn chain(one: &Chain) -> String {
    let Chain { of, when, first, head, next, id, ids, links, none, .. } = one;
    let when = when.as_ref().map_or_else(String::new, |when| format!(" if {when}"));
    let mut text = format!("behind {}.{}{when}: {} with {} and {} of {}\n", of.0, first.0, head.0, next.0, id.0, ids.0);
    text.extend(links.iter().map(|link| format!("{} is {}\n", link.id.0, link.ty.0)));
    text.extend(none.iter().map(|(id, _)| format!("{id} is elsewhere\n")));
    text
}
