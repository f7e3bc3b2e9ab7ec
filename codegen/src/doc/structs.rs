//! Each struct: its fields, how far a size has to reach, its rules in their order, and what nobody checks.

use argsz_schema::bit_fields::{self, Part};
use argsz_schema::checklist::{CheckList, Cond, Op};
use argsz_schema::layout::{Layouts, Placed, StructLayout};
use argsz_schema::model::{Path, Type};
use argsz_schema::target::Endian;

use super::page::{about, since};
use super::{Block, blocks, code, line};
use crate::judged::{self, Unjudged};
use crate::lists::StructLists;
use crate::{Unit, c_type, notes};

pub(super) fn section(unit: &Unit<'_>, layouts: &Layouts<'_>, lists: &[StructLists], page: &mut Vec<Block>) {
    if layouts.structs.is_empty() {
        return;
    }
    page.push(Block::heading(2, "Structs"));
    for laid in layouts.structs.values() {
        let def = laid.def;
        page.push(Block::heading(3, code(format!("{} {}", c_type::keyword(def.is_union), def.meta.name))));
        page.extend(blocks(&def.meta.doc));
        let since = since(unit, def.meta.life).map_or(String::new(), |since| format!(", {since}"));
        page.push(Block::Paragraph(format!("{} bytes, aligned to {}{since}.", laid.size, laid.align)));
        for waiver in &def.waivers {
            page.push(Block::Paragraph(format!("Known, and left as it is: {}", line(&waiver.reason))));
        }
        page.push(fields(unit, layouts, laid));
        minimum_sizes(layouts, laid, page);
        if let Some(lists) = lists.iter().find(|lists| lists.generic.name == def.meta.name) {
            rules(layouts, lists, page);
        }
    }
}

fn fields(unit: &Unit<'_>, layouts: &Layouts<'_>, laid: &StructLayout<'_>) -> Block {
    let rows = laid.fields.iter().filter(|placed| !placed.is_unnamed()).flat_map(|placed| {
        let field = placed.field;
        let ty = c_type::specifier(layouts.model, &field.ty).unwrap_or_else(|| {
            let inline = argsz_schema::layout::base(&field.ty);
            c_type::keyword(matches!(inline, Type::Inline(inline) if inline.is_union)).to_owned()
        });
        let mut meaning = vec![about(unit, &field.meta)];
        let notes = notes::of_field(field);
        if !notes.is_empty() {
            meaning.push(format!("({})", notes.join(", ")));
        }
        meaning.retain(|part| !part.is_empty());
        let ty = format!("{ty}{}", c_type::dimensions(&field.ty));
        let parts = bit_fields(placed, &ty);
        let row = [placed.offset.to_string(), placed.size.to_string(), code(&placed.path), code(ty), meaning.join(" ")];
        std::iter::once(row).chain(parts)
    });
    Block::table(["offset", "size", "field", "type", ""], rows)
}

/// A row for each bit-field of a number, under the name C has for it.
fn bit_fields(placed: &Placed<'_>, ty: &str) -> Vec<[String; 5]> {
    let around = placed.path.rfind('.').map_or("", |dot| &placed.path[..=dot]);
    let little = bit_fields::parts(placed.field, Endian::Little);
    let big = bit_fields::parts(placed.field, Endian::Big);
    let row = |(little, big): (&Part<'_>, &Part<'_>)| {
        let [here, there] = [little, big].map(|part| bit_fields::place(part.shift, part.width));
        let there = if here == there { String::new() } else { format!(" ({there} on big-endian machines)") };
        let size = format!("{} bit{}", little.width, if little.width == 1 { "" } else { "s" });
        let path = format!("{around}{}", little.name);
        let meaning = format!("{here} of {}{there}", code(&placed.path));
        [placed.offset.to_string(), size, code(path), code(format!("{ty}:{}", little.width)), meaning]
    };
    little.iter().zip(&big).map(row).collect()
}

fn minimum_sizes(layouts: &Layouts<'_>, laid: &StructLayout<'_>, page: &mut Vec<Block>) {
    let def = laid.def;
    let end = |path: &Path| layouts.locate(&def.meta.name, path).map(|found| found.offset + found.size);
    let row = |when: String, path: &Path| end(path).map(|end| [when, end.to_string(), code(path)]);
    let mut rows: Vec<[String; 3]> = Vec::new();
    rows.extend(def.min.as_ref().and_then(|(path, _)| row("always".to_owned(), path)));
    rows.extend(def.min_sizes.iter().filter_map(|min| {
        row(min.when.as_ref().map_or("always".to_owned(), |when| format!("when {}", code(when))), &min.covers)
    }));
    if !rows.is_empty() {
        page.push(Block::Paragraph("The size has to reach at least".to_owned()));
        page.push(Block::table(["", "bytes", "through"], rows));
    }
}

fn rules(layouts: &Layouts<'_>, lists: &StructLists, page: &mut Vec<Block>) {
    if !lists.generic.steps.is_empty() {
        page.push(Block::Paragraph("What a reader does, in this order; the first refusal is the answer.".to_owned()));
        page.push(steps(&lists.generic, 0));
    }
    for layered in lists.layered.iter().filter(|layered| layered.steps.len() > lists.generic.steps.len()) {
        let layer = layered.layer.as_deref().unwrap_or_default();
        page.push(Block::Paragraph(format!("The layer {} asks more, after all of these.", code(layer))));
        page.push(steps(layered, lists.generic.steps.len()));
    }
    let unjudged: Vec<String> = judged::bytes(layouts, &lists.generic.name, &lists.generic)
        .into_iter()
        .filter_map(|bytes| {
            let why = match bytes.unjudged? {
                Unjudged::Output => return None,
                Unjudged::Reason(reason) => reason,
                other => other.to_string(),
            };
            Some(format!("{}: {why}", code(bytes.path)))
        })
        .collect();
    if !unjudged.is_empty() {
        page.push(Block::Paragraph("What nobody checks of it".to_owned()));
        page.push(Block::List(unjudged));
    }
}

/// The steps of a list from `from` on.
fn steps(list: &CheckList, from: usize) -> Block {
    let rows = list.steps.iter().enumerate().skip(from).filter(|(_, step)| step.when != Cond::Any(Vec::new())).map(
        |(at, step)| {
            let late = if step.after_lookup { ", after look-ups" } else { "" };
            let errno = match step.op {
                Op::ZeroTail { .. } => format!("{}, or EFAULT where it cannot be read", step.errno.0),
                _ => step.errno.0.to_owned(),
            };
            [(at + 1).to_string(), line(&step.why), format!("{errno}{late}"), code(&step.id)]
        },
    );
    Block::table(["", "it demands", "else", "rule"], rows)
}
