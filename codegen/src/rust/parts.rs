//! Bit-fields of C: methods that read and write each in the number that holds them.

use argsz_schema::bit_fields::{self, Part};
use argsz_schema::model::{Field, Type};
use argsz_schema::target::Endian;

use super::docs::Docs;
use super::structs::Scope;
use super::text::Lines;
use super::{consts, flags, names};

/// The number that holds bit-fields, and how a method reaches it.
pub(super) struct Unit<'a> {
    /// The field of the schema.
    pub(super) field: &'a Field,
    /// What it is called in Rust.
    pub(super) name: &'a str,
    /// `self.ihl_bits`.
    pub(super) place: String,
    /// Whether it is stored as an `Unaligned`.
    pub(super) unaligned: bool,
}

/// Methods for each named bit-field of a number; nothing if it has none.
pub(super) fn methods(unit: &Unit<'_>, scope: &mut Scope) -> String {
    let mut code = Lines::new(1);
    let Type::Prim(number) = &unit.field.ty else { return code.into_text() };
    let little = bit_fields::parts(unit.field, Endian::Little);
    let big = bit_fields::parts(unit.field, Endian::Big);
    for (little, big) in little.iter().zip(&big) {
        let name = scope.accessors(&names::field_name(little.name), "bits");
        let one = Accessors { unit, name, little, big, word: flags::word(number.width) };
        one.get(&mut code);
        one.set(&mut code);
    }
    code.into_text()
}

/// A bit-field, and where it lies on machines of either byte order.
struct Accessors<'a> {
    unit: &'a Unit<'a>,
    name: String,
    little: &'a Part<'a>,
    big: &'a Part<'a>,
    /// The type of the number.
    word: &'static str,
}

impl Accessors<'_> {
    /// The smallest type that holds every value, and how many bits that has.
    fn ty(&self) -> (&'static str, u32) {
        match self.little.width {
            1 => ("bool", 1),
            2..=8 => ("u8", 8),
            9..=16 => ("u16", 16),
            17..=32 => ("u32", 32),
            _ => ("u64", 64),
        }
    }

    /// Whether it is all of the number.
    fn fills(&self) -> bool {
        let (ty, bits) = self.ty();
        ty == self.word && bits == self.little.width
    }

    fn get(&self, code: &mut Lines) {
        let ((ty, _), place) = (self.ty(), &self.unit.place);
        let number = if self.unit.unaligned { format!("{place}.get()") } else { place.clone() };
        code.gap();
        let (bits, s) = (self.little.width, if self.little.width == 1 { "" } else { "s" });
        let alias = if self.name == self.little.name { "" } else { self.little.name };
        Docs::new([format!("`{}`: {bits} bit{s} of [`Self::{}`].", self.little.name, self.unit.name)])
            .alias(alias)
            .print(code);
        code.line("#[must_use]");
        self.casts(ty != "bool" && ty != self.word, code);
        code.open(format_args!("pub const fn {}(&self) -> {ty} {{", names::ident(&self.name)));
        if self.fills() {
            code.line(&number);
        } else {
            self.shift(code);
            let bits = format!("{number} >> shift & {}", consts::hex(self.little.mask().into()));
            code.line(&match ty {
                "bool" => format!("{bits} != 0"),
                ty if ty == self.word => bits,
                ty => format!("({bits}) as {ty}"),
            });
        }
        code.close();
    }

    fn set(&self, code: &mut Lines) {
        let ((ty, bits), word, place) = (self.ty(), self.word, &self.unit.place);
        let (number, store): (_, fn(&str) -> String) = if self.unit.unaligned {
            (format!("{place}.get()"), |value| format!("argsz::Unaligned::new({value})"))
        } else {
            (place.clone(), str::to_owned)
        };
        let spare = bits != self.little.width;
        let note = if spare { " Higher bits of the value are dropped, as C does." } else { "" };
        code.gap();
        code.docs(&[format!("Sets `{}`.{note}", self.name)]);
        self.casts(ty != word, code);
        code.open(format_args!("pub const fn set_{}(&mut self, value: {ty}) {{", self.name));
        if self.fills() {
            code.line(format_args!("{place} = {};", store("value")));
        } else {
            self.shift(code);
            let mask = consts::hex(self.little.mask().into());
            let value = if ty == word { "value".to_owned() } else { format!("(value as {word})") };
            let value = if spare { format!("({value} & {mask})") } else { value };
            code.line(format_args!("let others = {number} & !({mask} << shift);"));
            code.line(format_args!("{place} = {};", store(&format!("others | {value} << shift"))));
        }
        code.close();
    }

    /// How far up it lies.
    fn shift(&self, code: &mut Lines) {
        let (little, big) = (self.little.shift, self.big.shift);
        if little == big {
            code.line(format_args!("let shift = {little};"));
        } else {
            code.line(format_args!("let shift = if cfg!(target_endian = \"big\") {{ {big} }} else {{ {little} }};"));
        }
    }

    fn casts(&self, some: bool, code: &mut Lines) {
        if some && !self.fills() {
            let why = "reason = \"the type holds the bits\"";
            code.line(format_args!("#[allow(clippy::cast_possible_truncation, clippy::cast_lossless, {why})]"));
        }
    }
}
