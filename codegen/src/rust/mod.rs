//! Rust: `no_std` types without `unsafe`, whose layout the compiler proves.
//!
//! | what | becomes |
//! |---|---|
//! | struct | `#[repr(C)]` with zerocopy's derives, so that no byte is padding |
//! | flags | a bitflags type that keeps unknown bits |
//! | enum | an open newtype with named constants |
//! | union | its bytes, with one typed view per arm, and one that picks the arm by the selector |
//! | ioctl, constant | a constant under its C name |
//! | entry, descriptor, register | its words, with a getter and setters for each field |
//! | chain | an enum of what its links are, and an iterator over them |
//! | table of cells | an enum of what becomes of a pair of values, and the cells as a constant |

pub mod attach;
mod bits;
mod body;
mod builders;
mod cells;
mod chains;
mod checks;
mod conds;
mod consts;
mod docs;
mod enums;
mod fields;
mod flags;
pub(crate) mod follow;
mod ioctls;
mod names;
mod parts;
mod structs;
mod text;
mod unions;

use std::str::FromStr as _;

use argsz_schema::hash::HashMap;
use argsz_schema::layout::{Layouts, StructLayout};
use argsz_schema::model::{Item, Model, Release, Struct};
use proc_macro2::TokenStream;

use crate::kinds::{self, Kinds};
use crate::lists::StructLists;
use crate::{EmitError, Unit, shares};
use text::Lines;

/// The whole file, with validators of every struct that a user hands in.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    print(unit, unit.lists()?)
}

/// The whole file, with the validators of these structs.
pub fn print(unit: &Unit<'_>, lists: &[StructLists]) -> Result<String, EmitError> {
    let mut text: String = unit.banner().iter().map(|line| format!("// {line}\n")).collect();
    let release = unit.release_name();
    text.push_str(&format!("\n// `{}` as of {release}.\n", unit.model.header.path));
    items(text, unit, lists)
}

/// The file behind its head: everything that is Rust, with an empty line before each part.
fn items(head: String, unit: &Unit<'_>, lists: &[StructLists]) -> Result<String, EmitError> {
    let abi = Abi::new(unit)?;
    let lists = Lists::new(lists);
    let head = head + &imports(&abi, &lists);
    // Items know nothing of each other's text.
    let mut text = shares::joined(head, &unit.model.items, |text, items| printed(text, items, &lists, &abi))?;
    text.push_str(&ioctls::asserts(unit.model.ioctls(), &abi).unwrap_or_default());
    Ok(text)
}

/// The name in Rust of a struct, a union or a set of values.
#[must_use]
pub fn type_name(meta: &argsz_schema::model::Meta) -> String {
    names::type_name(meta)
}

/// What [`emit`] prints, as tokens for a macro.
pub fn tokens(unit: &Unit<'_>) -> Result<TokenStream, EmitError> {
    parsed(unit, &items(String::new(), unit, unit.lists()?)?)
}

fn parsed(unit: &Unit<'_>, text: &str) -> Result<TokenStream, EmitError> {
    let malformed = |error: proc_macro2::LexError| EmitError::Malformed {
        item: unit.source_name.to_owned(),
        language: "Rust",
        reason: error.to_string(),
    };
    TokenStream::from_str(text).map_err(malformed)
}

/// The check lists of the structs that have some, by their names.
struct Lists<'a>(HashMap<&'a str, &'a StructLists>);

impl<'a> Lists<'a> {
    fn new(lists: &'a [StructLists]) -> Self {
        Self(lists.iter().map(|lists| (lists.generic.name.as_str(), lists)).collect())
    }
}

/// What the items refer to.
fn imports(abi: &Abi<'_>, lists: &Lists<'_>) -> String {
    let mut text = String::new();
    if abi.model.items.iter().any(|item| !matches!(item, Item::Const(_) | Item::Ioctl(_))) {
        text.push_str("\nuse argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};\n");
    }
    if !lists.0.is_empty() {
        // Where no struct has validators on other machines, nothing there needs these.
        let only = if lists.0.keys().any(|name| kinds::same(&abi.layouts, name)) { "" } else { WIDE };
        text.push_str(&format!(
            "\n{only}use argsz::zerocopy::FromZeros as _;\n{only}use argsz::{{Rejection, UserMemory}};\n"
        ));
    }
    text
}

/// Items behind a text, with an empty line before each.
fn printed(text: String, items: &[Item], all: &Lists<'_>, abi: &Abi<'_>) -> Result<String, EmitError> {
    let mut code = Lines::behind(text);
    for item in items {
        code.line("");
        match item {
            Item::Const(one) => consts::emit(one, &mut code),
            Item::Flags(one) => flags::emit(one, &mut code),
            Item::Enum(one) => enums::emit(one, &mut code),
            Item::Struct(one) => {
                structs::emit(one, abi, &mut code)?;
                judging(one, all, abi, &mut code)?;
            }
            Item::Ioctl(one) => ioctls::emit(one, abi, &mut code)?,
            Item::Bits(one) => bits::emit(one, abi.model, &mut code)?,
            Item::CellTable(one) => cells::emit(one, abi.model, &mut code)?,
            Item::Chain(one) => chains::emit(one, abi, &mut code)?,
        }
    }
    Ok(code.into_text())
}

/// Before what is right on 64-bit machines alone.
const WIDE: &str = "#[cfg(target_pointer_width = \"64\")]\n";

/// What judges a struct and builds what passes, if it has a check list.
fn judging(def: &Struct, all: &Lists<'_>, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    let Some(lists) = all.0.get(def.meta.name.as_str()) else { return Ok(()) };
    let release = abi.release_name;
    let mut pieces = vec![checks::Checks { lists, release, meta: &def.meta }.emit()?];
    pieces.extend(builders::emit(def, &lists.generic, abi)?);
    pieces.extend(follow::emit(&def.meta, all, abi)?);
    for piece in pieces {
        code.gap();
        // A list has the offsets of 64-bit machines.
        if !kinds::same(&abi.layouts, &def.meta.name) {
            code.line(WIDE.trim_end());
        }
        code.verbatim(&piece);
    }
    Ok(())
}

/// The derives of everything that is plain bytes, and `more`.
fn derives(more: &[&str], code: &mut Lines) {
    let more: String = more.iter().flat_map(|one| [*one, ", "]).collect();
    code.line(["#[derive(Clone, Copy, ", &*more, "PartialEq, Eq, Hash)]"]);
    code.line("#[derive(FromBytes, IntoBytes, KnownLayout, Immutable)]");
    code.line("#[zerocopy(crate = \"argsz::zerocopy\")]");
}

/// The layouts of a release on every kind of machine, in the order of `argsz::per_abi`.
struct Abi<'a> {
    history: &'a Model,
    model: &'a Model,
    release: Release,
    release_name: &'a str,
    source_name: &'a str,
    /// 64-bit, ARM, i386, m68k.
    layouts: Kinds<'a>,
    /// 64 and 32 bits, where ioctl numbers have three direction bits.
    wide: [Layouts<'a>; 2],
}

impl<'a> Abi<'a> {
    fn new(unit: &Unit<'a>) -> Result<Self, EmitError> {
        let (layouts, wide) = (kinds::kinds(unit)?, [kinds::on(unit, 8, 8, true)?, kinds::on(unit, 4, 8, true)?]);
        Ok(Self {
            history: unit.history,
            model: unit.model,
            release: unit.release,
            release_name: unit.release_name(),
            source_name: unit.source_name,
            layouts,
            wide,
        })
    }

    /// The layouts of one struct, on each kind of machine.
    fn of(&self, name: &str) -> Result<[&StructLayout<'a>; 4], EmitError> {
        let unknown = || EmitError::Unknown { item: self.source_name.to_owned(), name: name.to_owned() };
        let [long64, align8, align4, align2] = &self.layouts;
        let of = |layouts: &'_ Layouts<'a>| layouts.structs.get(name).is_some();
        if ![long64, align8, align4, align2].into_iter().all(of) {
            return Err(unknown());
        }
        Ok([long64, align8, align4, align2].map(|layouts| &layouts.structs[name]))
    }

    /// A struct that `item` refers to.
    fn lookup_struct(&self, name: &str, item: &str) -> Result<&'a Struct, EmitError> {
        let unknown = || EmitError::Unknown { item: item.to_owned(), name: name.to_owned() };
        self.model.find_struct(name).ok_or_else(unknown)
    }
}

/// A number that may differ between kinds of machines.
fn per_abi(values: [u64; 4]) -> String {
    let [a, b, c, d] = values;
    if values == [a; 4] { a.to_string() } else { format!("argsz::per_abi([{a}, {b}, {c}, {d}])") }
}
