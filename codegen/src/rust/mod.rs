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
mod structs;
mod text;
mod unions;

use std::collections::HashMap;
use std::str::FromStr as _;

use argsz_schema::layout::{LayoutError, Layouts, StructLayout, layout};
use argsz_schema::model::{Item, Model, Struct};
use argsz_schema::target;
use proc_macro2::TokenStream;
use quote::quote;

use crate::kinds::{self, Kinds};
use crate::lists::{self, StructLists};
use crate::{EmitError, Unit};

/// A part of the output, separated from others by an empty line.
#[derive(Debug, Clone)]
enum Piece {
    Tokens(TokenStream),
    /// Text that a printer of tokens would not print well; valid Rust all the same.
    Text(String),
}

/// The whole file, with validators of every struct that a user hands in.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    print(unit, &all_lists(unit, &lists::handed_in(unit.model))?)
}

/// The check lists of these structs, with every layer over them.
fn all_lists(unit: &Unit<'_>, structs: &[&str]) -> Result<Vec<StructLists>, EmitError> {
    let layouts = layout(unit.model, target::ALL[0])
        .map_err(|error| EmitError::Layout { item: unit.source_name.to_owned(), reason: error.to_string() })?;
    let layers: Vec<&str> = unit.model.layers.keys().map(String::as_str).collect();
    lists::compile(&layouts, structs, &layers)
}

/// The whole file, with the validators of these structs.
pub fn print(unit: &Unit<'_>, lists: &[StructLists]) -> Result<String, EmitError> {
    let mut text: String = unit.banner().iter().map(|line| format!("// {line}\n")).collect();
    let release = unit.release_name();
    text.push_str(&format!("\n// `{}` as of {release}.\n", unit.model.header.path));
    let abi = Abi::new(unit)?;
    let lists = Lists::new(lists);
    // Items know nothing of each other's text: as many are made at once as the machine has cores.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = unit.model.items.len().div_ceil(cores).max(MIN_SHARE);
    let parts: Vec<Result<String, EmitError>> = std::thread::scope(|scope| {
        let shares = unit.model.items.chunks(share);
        let running: Vec<_> = shares.map(|items| scope.spawn(|| printed(unit, pieces(items, &lists, &abi)?))).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    text.push_str(&printed(unit, imports(unit.model, &lists))?);
    for part in parts {
        text.push_str(&part?);
    }
    text.push_str(&printed(unit, ioctls::asserts(unit.model.ioctls(), &abi).map(Piece::Tokens))?);
    Ok(text)
}

/// Fewer items are not worth a thread.
const MIN_SHARE: usize = 16;

/// Pieces as text, with an empty line before each.
fn printed(unit: &Unit<'_>, pieces: impl IntoIterator<Item = Piece>) -> Result<String, EmitError> {
    let mut text = String::new();
    for piece in pieces {
        text.push('\n');
        text.push_str(&match piece {
            Piece::Text(text) => text,
            Piece::Tokens(tokens) => format(unit, tokens)?,
        });
    }
    Ok(text)
}

/// The name in Rust of a struct, a union or a set of values.
#[must_use]
pub fn type_name(meta: &argsz_schema::model::Meta) -> String {
    names::type_name(meta).to_string()
}

/// What [`emit`] prints, as tokens for a macro.
pub fn tokens(unit: &Unit<'_>) -> Result<TokenStream, EmitError> {
    let lists = all_lists(unit, &lists::handed_in(unit.model))?;
    let (abi, lists) = (Abi::new(unit)?, Lists::new(&lists));
    let mut all = imports(unit.model, &lists);
    all.extend(pieces(&unit.model.items, &lists, &abi)?);
    all.extend(ioctls::asserts(unit.model.ioctls(), &abi).map(Piece::Tokens));
    let parts = all.into_iter().map(|piece| match piece {
        Piece::Tokens(tokens) => Ok(tokens),
        Piece::Text(text) => TokenStream::from_str(&text).map_err(|error| malformed(unit, &error)),
    });
    parts.collect()
}

fn malformed(unit: &Unit<'_>, error: &dyn std::fmt::Display) -> EmitError {
    EmitError::Malformed { item: unit.source_name.to_owned(), language: "Rust", reason: error.to_string() }
}

fn format(unit: &Unit<'_>, tokens: TokenStream) -> Result<String, EmitError> {
    let file = syn::parse2(tokens).map_err(|error| malformed(unit, &error))?;
    Ok(spaced(&prettyplease::unparse(&file)))
}

/// Methods apart from each other: an empty line between a `}` and what follows at the same depth.
fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut closed = None;
    for line in text.lines() {
        let depth = line.len() - line.trim_start().len();
        let begins = line.trim_start();
        if closed == Some(depth)
            && (begins.starts_with("///") || begins.starts_with("#[") || begins.starts_with("pub "))
        {
            out.push('\n');
        }
        closed = (begins == "}").then_some(depth);
        // What is inside a macro was printed token by token.
        out.push_str(
            &line.replace(":: < ", "::<").replace(" > ()", ">()").replace("..= ", "..=").replace("(& held)", "(&held)"),
        );
        out.push('\n');
    }
    out
}

/// The check lists of the structs that have some, by their names.
struct Lists<'a>(HashMap<&'a str, &'a StructLists>);

impl<'a> Lists<'a> {
    fn new(lists: &'a [StructLists]) -> Self {
        Self(lists.iter().map(|lists| (lists.generic.name.as_str(), lists)).collect())
    }
}

/// What the items refer to.
fn imports(model: &Model, lists: &Lists<'_>) -> Vec<Piece> {
    let mut uses = Vec::new();
    if model.items.iter().any(|item| !matches!(item, Item::Const(_) | Item::Ioctl(_))) {
        uses.push(quote! { use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout}; });
    }
    if !lists.0.is_empty() {
        uses.push(quote! { use argsz::zerocopy::FromZeros as _; use argsz::{Rejection, UserMemory}; });
    }
    uses.into_iter().map(Piece::Tokens).collect()
}

fn pieces(items: &[Item], all: &Lists<'_>, abi: &Abi<'_>) -> Result<Vec<Piece>, EmitError> {
    let mut pieces = Vec::new();
    for item in items {
        match item {
            Item::Const(one) => pieces.push(Piece::Tokens(consts::emit(one))),
            Item::Flags(one) => pieces.extend(flags::emit(one)),
            Item::Enum(one) => pieces.extend(enums::emit(one)),
            Item::Struct(one) => {
                pieces.extend(structs::emit(one, abi)?);
                if let Some(lists) = all.0.get(one.meta.name.as_str()) {
                    let release = abi.unit.release_name();
                    let mut judging = vec![Piece::Text(checks::Checks { lists, release, meta: &one.meta }.emit()?)];
                    judging.extend(builders::emit(one, &lists.generic, abi)?);
                    judging.extend(follow::emit(&one.meta, all, abi)?);
                    // A list has the offsets of 64-bit machines.
                    let only = if kinds::same(&abi.layouts, &one.meta.name) {
                        ""
                    } else {
                        "#[cfg(target_pointer_width = \"64\")]\n"
                    };
                    for piece in judging {
                        let text = match piece {
                            Piece::Text(text) => text,
                            Piece::Tokens(tokens) => format(abi.unit, tokens)?,
                        };
                        pieces.push(Piece::Text(format!("{only}{text}")));
                    }
                }
            }
            Item::Ioctl(one) => pieces.extend(ioctls::emit(one, abi)?),
            Item::Bits(one) => pieces.extend(bits::emit(one, abi.model)?),
            Item::CellTable(one) => pieces.extend(cells::emit(one, abi.model)?),
            Item::Chain(one) => pieces.extend(chains::emit(one, abi)?),
        }
    }
    Ok(pieces)
}

/// The derives of everything that is plain bytes, and `more`.
fn derives(more: &[TokenStream]) -> TokenStream {
    quote! {
        #[derive(Clone, Copy, #(#more,)* PartialEq, Eq, Hash)]
        #[derive(FromBytes, IntoBytes, KnownLayout, Immutable)]
        #[zerocopy(crate = "argsz::zerocopy")]
    }
}

/// The layouts of a release on every kind of machine, in the order of `argsz::per_abi`.
struct Abi<'a> {
    unit: &'a Unit<'a>,
    model: &'a Model,
    /// 64-bit, ARM, i386, m68k.
    layouts: Kinds<'a>,
    /// 64 and 32 bits, where ioctl numbers have three direction bits.
    wide: [Layouts<'a>; 2],
}

impl<'a> Abi<'a> {
    fn new(unit: &'a Unit<'a>) -> Result<Self, EmitError> {
        let no_layout =
            |error: LayoutError| EmitError::Layout { item: unit.source_name.to_owned(), reason: error.to_string() };
        let on = |pointer: u8| kinds::on(unit.model, pointer, 8, true).map_err(no_layout);
        let (layouts, wide) = (kinds::kinds(unit.model).map_err(no_layout)?, [on(8)?, on(4)?]);
        Ok(Self { unit, model: unit.model, layouts, wide })
    }

    /// The layouts of one struct, on each kind of machine.
    fn of(&self, name: &str) -> Result<[&StructLayout<'a>; 4], EmitError> {
        let unknown = || EmitError::Unknown { item: self.unit.source_name.to_owned(), name: name.to_owned() };
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

/// As [`per_abi`], as text.
fn per_abi_text(values: [u64; 4]) -> String {
    let [a, b, c, d] = values;
    if values == [a; 4] { a.to_string() } else { format!("argsz::per_abi([{a}, {b}, {c}, {d}])") }
}

/// A number that may differ between kinds of machines.
fn per_abi(values: [u64; 4]) -> TokenStream {
    let literals = values.map(proc_macro2::Literal::u64_unsuffixed);
    if values.iter().all(|value| *value == values[0]) {
        let [first, ..] = literals;
        return quote! { #first };
    }
    let [a, b, c, d] = literals;
    quote! { argsz::per_abi([#a, #b, #c, #d]) }
}
