//! The check lists of a release as C: one text for the kernel and for user space.
//!
//! The functions read the struct that was copied through the types of the generated header; static assertions tie
//! each field they read to the place and width that the list was compiled for. What a user's memory is, and how
//! it is read, is decided by the support header [`SUPPORT`] that is emitted beside.

mod cond;
mod follow;
mod function;
mod text;

use std::fmt::Write as _;

use argsz_schema::checklist::Step;
use argsz_schema::layout::Layouts;
use argsz_schema::model::{Path, Type};

use crate::kinds::Kinds;
pub use crate::lists::{StructLists, compile, every_struct, handed_in};
use crate::{EmitError, Unit, kinds, lists, shares};
use follow::Follow;
pub use follow::{function_name, union_name};
use function::{Bytes, Functions, slots};
use text::clean;

/// The fixed C header that the generated one includes as [`SUPPORT_NAME`].
pub const SUPPORT: &str = include_str!("../../c/argsz_checks.h");

/// The name under which [`SUPPORT`] is written, beside what [`emit`] gives.
pub const SUPPORT_NAME: &str = "argsz_checks.h";

/// Prints the checks of every struct that a user hands in, with all layers, as a C header.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    print(unit, unit.lists()?)
}

/// Prints the lists as a C header that needs `unit`'s own header and [`SUPPORT`].
pub fn print(unit: &Unit<'_>, lists: &[StructLists]) -> Result<String, EmitError> {
    let [generated, hash] = unit.banner();
    let guard = format!("_ARGSZ_{}_CHECKS_H", macro_name(unit.stem));
    let path = &unit.model.header.path;
    let text = format!(
        "/* SPDX-License-Identifier: MIT OR Apache-2.0 */\n/*\n * {}\n * {hash}\n *\n\
         {HOW}#ifndef {guard}\n#define {guard}\n\n#include \"{SUPPORT_NAME}\"\n#ifdef __KERNEL__\n\
         #include <uapi/{path}>\n#else\n#include <{path}>\n#endif\n",
        clean(&generated)
    );
    let kinds = kinds::kinds(unit)?;
    let each = |mut text: String, some: &[StructLists], checks: Checks<'_>| {
        some.iter().try_for_each(|one| on_its_machines(&kinds, one, &mut text, checks)).map(|()| text)
    };
    let mut text =
        shares::joined(text, lists, |text, some| each(text, some, &|one, text| of_struct(&kinds[0], one, text)))?;
    let follow = |one: &StructLists, text: &mut String| followers(&kinds, lists, &one.generic.name, text);
    // Few structs have something to follow: no room is made for it behind what there is.
    text.push_str(&shares::joined(String::new(), lists, |text, some| each(text, some, &follow))?);
    let _ = write!(text, "\n#endif /* {guard} */\n");
    Ok(text)
}

/// What is printed of a struct behind a text.
type Checks<'a> = &'a dyn Fn(&StructLists, &mut String) -> Result<(), EmitError>;

/// Code about a struct, for machines on which it lies as the check list says.
fn on_its_machines(kinds: &Kinds<'_>, one: &StructLists, text: &mut String, code: Checks<'_>) -> Result<(), EmitError> {
    if kinds::same(kinds, &one.generic.name) {
        return code(one, text);
    }
    let mut inner = String::new();
    code(one, &mut inner)?;
    if !inner.is_empty() {
        let why = "/* Lies differently on machines of 32 bits. */";
        let _ = write!(text, "\n{why}\n#if __SIZEOF_POINTER__ == 8{inner}#endif\n");
    }
    Ok(())
}

/// What follows the pointers of a struct. It comes after the functions of all structs, which it calls.
fn followers(kinds: &Kinds<'_>, lists: &[StructLists], name: &str, text: &mut String) -> Result<(), EmitError> {
    let list = |name: &str| lists.iter().map(|lists| &lists.generic).find(|list| list.name == name);
    for pointer in lists::followed(kinds, name, |name| list(name).is_some())? {
        let lists = pointer.to.iter().filter_map(|(_, name)| list(name)).collect();
        text.push_str(&Follow { strct: name, pointer: &pointer, lists }.emit());
    }
    Ok(())
}

const HOW: &str = " * For each struct that a user hands in:
 *
 * STRUCT_copy() copies it and judges all that its bytes alone decide;
 * STRUCT_check_after_lookup() judges what the kernel judges only after it has
 *\tlooked up the objects that the struct names by id;
 * STRUCT_check() is both, for those who look nothing up in between;
 * STRUCT_check_LAYER() is what a vendor asks beyond, of what was copied;
 * STRUCT_follow_FIELD() reads what a user's pointer in it leads to.
 */
";

fn macro_name(stem: &str) -> String {
    stem.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn of_struct(layouts: &Layouts<'_>, lists: &StructLists, text: &mut String) -> Result<(), EmitError> {
    let name = &lists.generic.name;
    let bytes = |step: &Step, from: u32, to: u32| bytes(layouts, name, step, from, to);
    lists.halves()?;
    text.push('\n');
    assertions(lists, text);
    text.push('\n');
    Functions { list: &lists.generic, bytes: &bytes }.generic(text);
    for list in &lists.layered {
        let layer = list.layer.as_deref().unwrap_or_default();
        let own = lists.beyond(list)?;
        text.push('\n');
        Functions { list, bytes: &bytes }.layered(layer, own, text);
    }
    Ok(())
}

fn assertions(lists: &StructLists, text: &mut String) {
    let name = &lists.generic.name;
    let mut read: Vec<_> = std::iter::once(&lists.generic).chain(&lists.layered).flat_map(slots).collect();
    read.sort_by_key(|slot| (slot.offset, slot.path.as_str()));
    read.dedup();
    let _ = writeln!(text, "ARGSZ_SIZE({name}, {});", lists.generic.known);
    for slot in read {
        let _ = writeln!(text, "ARGSZ_FIELD({name}, {}, {}, {});", slot.path, slot.offset, slot.width);
    }
}

/// How C names the bytes `from..to`: by the field of the step, where it is exactly they.
fn bytes(layouts: &Layouts<'_>, name: &str, step: &Step, from: u32, to: u32) -> Bytes {
    let range = Bytes::Range(from, to);
    if step.field.is_empty() {
        return range;
    }
    let path = Path(step.field.split('.').map(str::to_owned).collect());
    match layouts.locate(name, &path) {
        Some(found) if found.offset == u64::from(from) && found.offset + found.size == u64::from(to) => {
            match found.field.ty {
                Type::Prim(_) => Bytes::Number(step.field.clone()),
                Type::Array(..) | Type::Named(_) => Bytes::Whole(step.field.clone()),
                Type::Inline(_) if !found.field.meta.name.is_empty() => Bytes::Whole(step.field.clone()),
                Type::Inline(_) | Type::Flex(_) => range,
            }
        }
        _ => range,
    }
}
