//! Table entries, descriptors and registers: their words, with a getter and setters for each field.

use argsz_schema::bits::{BitField, Bits, Fixed, Place, Range};
use argsz_schema::model::{Model, ValueType};

use super::docs::Docs;
use super::text::Lines;
use super::{consts, derives, names};
use crate::EmitError;

/// What every part of one item needs.
struct Item<'a> {
    bits: &'a Bits,
    model: &'a Model,
    name: String,
    /// `u32` or `u64`.
    word: &'static str,
    /// How many words.
    count: u32,
}

pub(super) fn emit(bits: &Bits, model: &Model, code: &mut Lines) -> Result<(), EmitError> {
    let word = if bits.width == 32 { "u32" } else { "u64" };
    let item = Item { bits, model, name: names::type_name(&bits.meta), word, count: bits.words };
    item.declaration(code);
    code.gap();
    code.line("#[allow(");
    code.line("    clippy::cast_possible_truncation,");
    code.line("    clippy::cast_lossless,");
    code.line("    reason = \"a field's type holds its bits\"");
    code.line(")]");
    code.open(format_args!("impl {} {{", item.name));
    item.whole(code)?;
    for field in &bits.fields {
        item.field(field, code)?;
    }
    code.close();
    item.debug(code);
    item.default(code);
    Ok(())
}

/// Words in hexadecimal.
fn hex(words: Vec<u64>) -> Vec<String> {
    words.into_iter().map(|word| consts::hex(word.into())).collect()
}

/// A method of one expression, which may be called for a constant if it is.
fn method(docs: &[&str], must_use: bool, head: &str, body: &[&str], code: &mut Lines) {
    code.gap();
    code.docs(docs);
    if must_use {
        code.line("#[must_use]");
    }
    code.line("#[inline]");
    code.open(format_args!("pub {head} {{"));
    for line in body {
        code.line(*line);
    }
    code.close();
}

impl Item<'_> {
    fn is_blank(&self) -> bool {
        self.bits.fields.iter().all(|field| field.fixed.is_none())
    }

    fn declaration(&self, code: &mut Lines) {
        let Self { bits, name, word, count, .. } = self;
        let size = match (bits.place, bits.words) {
            (Place::Register(offset), _) => format!("A register of {} bits at {offset:#x}.", bits.width),
            (_, 1) => format!("One word of {} bits, little-endian in memory.", bits.width),
            (_, words) => format!("{words} words of {} bits, little-endian in memory.", bits.width),
        };
        Docs::item(&bits.meta, name, &[size]).print(code);
        derives(if self.is_blank() { &["Default"] } else { &[] }, code);
        code.line("#[repr(transparent)]");
        code.line(format_args!("pub struct {name}([{word}; {count}]);"));
    }

    /// Where all fields are free `Default` is derived: no bit is set.
    fn default(&self, code: &mut Lines) {
        if self.is_blank() {
            return;
        }
        code.gap();
        code.open(format_args!("impl Default for {} {{", self.name));
        code.open("fn default() -> Self {");
        code.line("Self::new()");
        code.close();
        code.close();
    }

    /// What the item has as a whole.
    fn whole(&self, code: &mut Lines) -> Result<(), EmitError> {
        let words = format!("[{}; {}]", self.word, self.count);
        code.docs(&["How many words."]);
        code.line(format_args!("pub const WORDS: usize = {};", self.count));
        code.docs(&["Bits that must be 0."]);
        code.array(&format!("pub const RESERVED: {words} = "), &hex(self.bits.reserved_mask()), ";");
        if let Place::Register(offset) = self.bits.place {
            code.docs(&["Where the register lies, in bytes from the first one."]);
            code.line(format_args!("pub const OFFSET: usize = {};", consts::hex(offset.into())));
        }
        self.bits.fields.iter().try_for_each(|field| self.fixed(field, code))?;
        let start =
            if self.is_blank() { "No bit set." } else { "No bit set, but for fields that have one value alone." };
        let blank = format!("Self([{}])", hex(self.bits.blank()).join(", "));
        method(&[start], true, "const fn new() -> Self", &[&blank], code);
        let head = format!("const fn from_words(words: {words}) -> Self");
        method(&["From the values of the words."], true, &head, &["Self(words)"], code);
        let head = format!("const fn words(self) -> {words}");
        method(&["The values of the words."], true, &head, &["self.0"], code);
        if self.count == 1 {
            let head = format!("const fn from_word(word: {}) -> Self", self.word);
            method(&["From the value of its word."], true, &head, &["Self([word])"], code);
            let head = format!("const fn word(self) -> {}", self.word);
            method(&["The value of its word."], true, &head, &["self.0[0]"], code);
        }
        self.bytes(code);
        let body = [
            "let mut words = self.0;",
            "let mut at = 0;",
            "while at < Self::WORDS {",
            "    words[at] &= Self::RESERVED[at];",
            "    at += 1;",
            "}",
            "words",
        ];
        let head = format!("const fn reserved_bits(self) -> {words}");
        method(&["Its reserved bits, of which none should be set."], true, &head, &body, code);
        Ok(())
    }

    fn bytes(&self, code: &mut Lines) {
        let (word, width, size) = (self.word, self.bits.width / 8, self.bits.count() / 8);
        let chunks = format!("let (chunks, _) = bytes.as_chunks::<{width}>();");
        let each = format!("Self(core::array::from_fn(|at| {word}::from_le_bytes(chunks[at])))");
        let head = format!("fn from_le_bytes(bytes: [u8; {size}]) -> Self");
        method(&["From its bytes in memory."], true, &head, &[&chunks, &each], code);
        let each = format!("core::array::from_fn(|at| self.0[at / {width}].to_le_bytes()[at % {width}])");
        let head = format!("fn to_le_bytes(self) -> [u8; {size}]");
        method(&["Its bytes in memory."], true, &head, &[&each], code);
    }

    fn field(&self, field: &BitField, code: &mut Lines) -> Result<(), EmitError> {
        let name = names::field(&field.meta).to_lowercase();
        let get = names::ident(&name);
        let kind = self.kind(field)?;
        let ty = kind.ty();
        let wide = if field.count() > self.bits.width { "u64" } else { self.word };
        code.gap();
        let alias = if get == field.meta.name { "" } else { &field.meta.name };
        Docs::of(&field.meta, &[self.note(field)]).alias(alias).print(code);
        consts::deprecated(field.meta.deprecated.as_deref(), code);
        code.line("#[must_use]");
        code.line("#[inline]");
        code.open(format_args!("pub const fn {get}(self) -> {ty} {{"));
        code.line(&kind.of_number(&self.read(field), wide));
        code.close();
        let writes = self.writes(field, kind.number(), kind.word());
        let body = std::iter::once("let mut words = self.0;");
        let body: Vec<&str> = body.chain(writes.iter().map(String::as_str)).chain(["Self(words)"]).collect();
        let docs = format!("With another value of `{name}`.");
        method(&[&docs], true, &format!("const fn with_{name}(self, value: {ty}) -> Self"), &body, code);
        let (docs, body) = (format!("Changes `{name}`."), format!("*self = self.with_{name}(value);"));
        method(&[&docs], false, &format!("const fn set_{name}(&mut self, value: {ty})"), &[&body], code);
        Ok(())
    }

    /// The only value of a field, as a constant.
    fn fixed(&self, field: &BitField, code: &mut Lines) -> Result<(), EmitError> {
        let Some(fixed) = &field.fixed else { return Ok(()) };
        let name = names::ident(&field.meta.name.to_ascii_uppercase());
        code.docs(&[format!("The only value of `{}`.", names::field(&field.meta))]);
        let (kind, value) = (self.kind(field)?, value(field, fixed, self.model));
        code.line(format_args!("pub const {name}: {} = {value};", kind.ty()));
        Ok(())
    }

    /// `Bits 63:12 of word 1, in place.`
    fn note(&self, field: &BitField) -> String {
        let width = self.bits.width;
        let one = |part: &Range| {
            let word = if self.bits.words == 1 { String::new() } else { format!(" of word {}", part.word(width)) };
            format!("{}{word}", part.within(width))
        };
        let parts: Vec<String> = field.parts.iter().map(one).collect();
        let what = if field.count() == 1 { "Bit" } else { "Bits" };
        let place = if field.address { ", in place" } else { "" };
        format!("{what} {}{place}.", parts.join(" and "))
    }

    /// The value as a number of the word's type.
    fn read(&self, field: &BitField) -> String {
        let width = self.bits.width;
        let parts = field.placed().map(|(part, at)| {
            let word = part.word(width);
            let bits = if field.address { part.mask(width) } else { part.mask(width) >> part.shift(width) };
            let mask = consts::hex(bits.into());
            let shift = if field.address { 0 } else { part.shift(width) };
            let bits = match (shift, part.count() == width) {
                (_, true) => format!("self.0[{word}]"),
                (0, false) => format!("self.0[{word}] & {mask}"),
                (shift, false) => format!("self.0[{word}] >> {shift} & {mask}"),
            };
            // Parts of a value that is wider than a word cannot be joined in that word.
            let bits = if field.count() > width { format!("(({bits}) as u64)") } else { bits };
            if at == 0 { bits } else { format!("({bits}) << {at}") }
        });
        parts.collect::<Vec<_>>().join(" | ")
    }

    /// Statements that put the number `cut`, a `from`, into `words`.
    fn writes(&self, field: &BitField, cut: &str, from: &str) -> Vec<String> {
        let (width, word) = (self.bits.width, self.word);
        let statement = |(part, at): (Range, u32)| {
            let (index, mask) = (part.word(width), consts::hex(part.mask(width).into()));
            let shift = if field.address { 0 } else { part.shift(width) };
            if part.count() == width {
                // A cast alone needs no parentheses.
                return match (at, from == word) {
                    (_, true) => format!("words[{index}] = {cut};"),
                    (0, false) => format!("words[{index}] = {cut} as {word};"),
                    (at, false) => format!("words[{index}] = ({cut} >> {at}) as {word};"),
                };
            }
            let value = if at == 0 { cut.to_owned() } else { format!("({cut} >> {at})") };
            let value = if from == word { value } else { format!("({value} as {word})") };
            let placed = if shift == 0 { value } else { format!("{value} << {shift}") };
            format!("words[{index}] = words[{index}] & !{mask} | {placed} & {mask};")
        };
        field.placed().map(statement).collect()
    }

    fn kind(&self, field: &BitField) -> Result<Kind, EmitError> {
        let number = match field.bytes(self.bits.width) {
            1 => "u8",
            2 => "u16",
            4 => "u32",
            _ => "u64",
        };
        let unknown = |name: &String| EmitError::Unknown { item: self.bits.meta.name.clone(), name: name.clone() };
        Ok(match &field.values {
            Some((ValueType::Enum(name), _)) => {
                let set = self.model.find_enum(name).ok_or_else(|| unknown(name))?;
                Kind::Enum(names::type_name(&set.meta), super::enums::word(set))
            }
            Some((ValueType::Flags(name), _)) => {
                let set = self.model.find_flags(name).ok_or_else(|| unknown(name))?;
                Kind::Flags(names::type_name(&set.meta), super::flags::word(set.width))
            }
            None if field.count() == 1 => Kind::Bool,
            None => Kind::Number(number),
        })
    }

    fn debug(&self, code: &mut Lines) {
        code.gap();
        code.open(format_args!("impl core::fmt::Debug for {} {{", self.name));
        code.open("fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {");
        code.line(format_args!("f.debug_struct({:?})", names::bare(&self.name)));
        for field in &self.bits.fields {
            let text = names::field(&field.meta).to_lowercase();
            let get = names::ident(&text);
            code.line(&if field.address {
                format!("    .field({text:?}, &format_args!(\"{{:#x}}\", self.{get}()))")
            } else {
                format!("    .field({text:?}, &self.{get}())")
            });
        }
        code.line("    .finish()");
        code.close();
        code.close();
    }
}

/// A value of a field, by the name it has in its type.
pub(super) fn value(field: &BitField, fixed: &Fixed, model: &Model) -> String {
    let number = consts::hex(fixed.value.into());
    match &field.values {
        Some((ValueType::Enum(name), _)) => {
            let Some(set) = model.find_enum(name) else { return number };
            let of = names::type_name(&set.meta);
            let member = set.members.iter().find(|member| member.key == fixed.text);
            let key = member.map(|member| names::member(&member.meta, &member.key));
            key.map_or_else(|| format!("{of}({number})"), |key| format!("{of}::{key}"))
        }
        Some((ValueType::Flags(name), _)) => {
            let Some(set) = model.find_flags(name) else { return number };
            format!("{}::from_bits_retain({number})", names::type_name(&set.meta))
        }
        None if field.count() == 1 => (fixed.value != 0).to_string(),
        None => number,
    }
}

/// What a field's value is in Rust.
enum Kind {
    Bool,
    Number(&'static str),
    /// A newtype over the number of that type.
    Enum(String, &'static str),
    Flags(String, &'static str),
}

impl Kind {
    fn ty(&self) -> &str {
        match self {
            Self::Bool => "bool",
            Self::Number(number) => number,
            Self::Enum(name, _) | Self::Flags(name, _) => name,
        }
    }

    /// The value of a number in the field's bits.
    fn of_number(&self, bits: &str, from: &str) -> String {
        let cast = |to: &str| if to == from { bits.to_owned() } else { format!("({bits}) as {to}") };
        match self {
            Self::Bool => format!("({bits}) != 0"),
            Self::Number(number) => cast(number),
            Self::Enum(name, word) => format!("{name}({})", cast(word)),
            Self::Flags(name, word) => format!("{name}::from_bits_retain({})", cast(word)),
        }
    }

    /// The type of that number.
    fn word(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Number(word) | Self::Enum(_, word) | Self::Flags(_, word) => word,
        }
    }

    /// The number of a value.
    fn number(&self) -> &'static str {
        match self {
            Self::Bool | Self::Number(_) => "value",
            Self::Enum(..) => "value.0",
            Self::Flags(..) => "value.bits()",
        }
    }
}
