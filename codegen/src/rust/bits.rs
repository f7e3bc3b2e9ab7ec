//! Table entries, descriptors and registers: their words, with a getter and setters for each field.

use argsz_schema::bits::{BitField, Bits, Fixed, Place, Range};
use argsz_schema::model::{Model, ValueType};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Piece, consts, derives, docs, names};
use crate::EmitError;

/// What every part of one item needs.
struct Item<'a> {
    bits: &'a Bits,
    model: &'a Model,
    name: Ident,
    /// `u32` or `u64`.
    word: TokenStream,
    /// How many words.
    count: Literal,
}

pub(super) fn emit(bits: &Bits, model: &Model) -> Result<Vec<Piece>, EmitError> {
    let word = if bits.width == 32 {
        quote! { u32 }
    } else {
        quote! { u64 }
    };
    let name = names::type_name(&bits.meta);
    let item = Item { bits, model, name, word, count: Literal::u32_unsuffixed(bits.words) };
    let fields = bits.fields.iter().map(|field| item.field(field)).collect::<Result<Vec<_>, _>>()?;
    let fixed = bits.fields.iter().map(|field| item.fixed(field)).collect::<Result<TokenStream, _>>()?;
    let (name, whole) = (&item.name, item.whole(&fixed));
    let methods = quote! {
        #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, reason = "a field's type holds its bits")]
        impl #name {
            #whole
            #(#fields)*
        }
    };
    let mut pieces = vec![item.declaration(), methods, item.debug()];
    pieces.extend(item.default());
    Ok(pieces.into_iter().map(Piece::Tokens).collect())
}

impl Item<'_> {
    fn is_blank(&self) -> bool {
        self.bits.fields.iter().all(|field| field.fixed.is_none())
    }

    fn declaration(&self) -> TokenStream {
        let Self { bits, name, word, count, .. } = self;
        let size = match (bits.place, bits.words) {
            (Place::Register(offset), _) => format!("A register of {} bits at {offset:#x}.", bits.width),
            (_, 1) => format!("One word of {} bits, little-endian in memory.", bits.width),
            (_, words) => format!("{words} words of {} bits, little-endian in memory.", bits.width),
        };
        let docs = docs::item(&bits.meta, &[size]);
        let derives = if self.is_blank() { derives(&[quote! { Default }]) } else { derives(&[]) };
        quote! { #docs #derives #[repr(transparent)] pub struct #name([#word; #count]); }
    }

    /// Where all fields are free `Default` is derived: no bit is set.
    fn default(&self) -> Option<TokenStream> {
        let name = &self.name;
        (!self.is_blank()).then(|| {
            quote! {
                impl Default for #name {
                    fn default() -> Self {
                        Self::new()
                    }
                }
            }
        })
    }

    /// What the item has as a whole.
    fn whole(&self, fixed: &TokenStream) -> TokenStream {
        let Self { bits, word, count, .. } = self;
        let hex = |words: Vec<u64>| words.into_iter().map(|word| consts::hex(word.into())).collect::<Vec<_>>();
        let (reserved, blank) = (hex(bits.reserved_mask()), hex(bits.blank()));
        let offset = match bits.place {
            Place::Register(offset) => {
                let offset = consts::hex(offset.into());
                quote! {
                    /// Where the register lies, in bytes from the first one.
                    pub const OFFSET: usize = #offset;
                }
            }
            Place::Entry | Place::Descriptor => TokenStream::new(),
        };
        let start =
            if self.is_blank() { " No bit set." } else { " No bit set, but for fields that have one value alone." };
        let one = self.one_word();
        let bytes = self.bytes();
        quote! {
            /// How many words.
            pub const WORDS: usize = #count;
            /// Bits that must be 0.
            pub const RESERVED: [#word; #count] = [#(#reserved),*];
            #offset
            #fixed

            #[doc = #start]
            #[must_use]
            #[inline]
            pub const fn new() -> Self {
                Self([#(#blank),*])
            }

            /// From the values of the words.
            #[must_use]
            #[inline]
            pub const fn from_words(words: [#word; #count]) -> Self {
                Self(words)
            }

            /// The values of the words.
            #[must_use]
            #[inline]
            pub const fn words(self) -> [#word; #count] {
                self.0
            }
            #one
            #bytes

            /// Its reserved bits, of which none should be set.
            #[must_use]
            #[inline]
            pub const fn reserved_bits(self) -> [#word; #count] {
                let mut words = self.0;
                let mut at = 0;
                while at < Self::WORDS {
                    words[at] &= Self::RESERVED[at];
                    at += 1;
                }
                words
            }
        }
    }

    /// Words alone need no array.
    fn one_word(&self) -> TokenStream {
        let word = &self.word;
        if self.bits.words != 1 {
            return TokenStream::new();
        }
        quote! {
            /// From the value of its word.
            #[must_use]
            #[inline]
            pub const fn from_word(word: #word) -> Self {
                Self([word])
            }

            /// The value of its word.
            #[must_use]
            #[inline]
            pub const fn word(self) -> #word {
                self.0[0]
            }
        }
    }

    fn bytes(&self) -> TokenStream {
        let (word, width) = (&self.word, Literal::u32_unsuffixed(self.bits.width / 8));
        let size = Literal::u32_unsuffixed(self.bits.count() / 8);
        quote! {
            /// From its bytes in memory.
            #[must_use]
            #[inline]
            pub fn from_le_bytes(bytes: [u8; #size]) -> Self {
                let (chunks, _) = bytes.as_chunks::<#width>();
                Self(core::array::from_fn(|at| #word::from_le_bytes(chunks[at])))
            }

            /// Its bytes in memory.
            #[must_use]
            #[inline]
            pub fn to_le_bytes(self) -> [u8; #size] {
                core::array::from_fn(|at| self.0[at / #width].to_le_bytes()[at % #width])
            }
        }
    }

    fn field(&self, field: &BitField) -> Result<TokenStream, EmitError> {
        let name = names::field(&field.meta).to_lowercase();
        let (get, with, set) = (names::ident(&name), format_ident!("with_{name}"), format_ident!("set_{name}"));
        let kind = self.kind(field)?;
        let (ty, note) = (kind.ty(), self.note(field));
        let docs = docs::attributes(&docs::lines(&field.meta, &[note]));
        let wide = if field.count() > self.bits.width { "u64".to_owned() } else { self.word.to_string() };
        let (read, cut) = (kind.of_number(&self.read(field), &wide), kind.number());
        let deprecated = consts::deprecated(field.meta.deprecated.as_deref());
        let writes = self.writes(field, &cut, &kind.word());
        let about = [format!(" With another value of `{name}`."), format!(" Changes `{name}`.")];
        let [about_with, about_set] = about;
        let alias = field.meta.name.as_str();
        let alias = (get != alias).then(|| quote! { #[doc(alias = #alias)] });
        Ok(quote! {
            #docs
            #alias
            #deprecated
            #[must_use]
            #[inline]
            pub const fn #get(self) -> #ty {
                #read
            }

            #[doc = #about_with]
            #[must_use]
            #[inline]
            pub const fn #with(self, value: #ty) -> Self {
                let mut words = self.0;
                #writes
                Self(words)
            }

            #[doc = #about_set]
            #[inline]
            pub const fn #set(&mut self, value: #ty) {
                *self = self.#with(value);
            }
        })
    }

    /// The only value of a field, as a constant.
    fn fixed(&self, field: &BitField) -> Result<TokenStream, EmitError> {
        let Some(fixed) = &field.fixed else { return Ok(TokenStream::new()) };
        let name = names::ident(&field.meta.name.to_ascii_uppercase());
        let docs = docs::attributes(&[format!("The only value of `{}`.", names::field(&field.meta))]);
        let (ty, value) = (self.kind(field)?.ty(), value(field, fixed, self.model));
        Ok(quote! { #docs pub const #name: #ty = #value; })
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
    fn read(&self, field: &BitField) -> TokenStream {
        let width = self.bits.width;
        let parts = field.placed().map(|(part, at)| {
            let word = Literal::usize_unsuffixed(part.word(width));
            let bits = if field.address { part.mask(width) } else { part.mask(width) >> part.shift(width) };
            let mask = consts::hex(bits.into());
            let shift = if field.address { 0 } else { part.shift(width) };
            let whole = part.count() == width;
            let bits = match (shift, whole) {
                (_, true) => quote! { self.0[#word] },
                (0, false) => quote! { self.0[#word] & #mask },
                (shift, false) => {
                    let shift = Literal::u32_unsuffixed(shift);
                    quote! { self.0[#word] >> #shift & #mask }
                }
            };
            // Parts of a value that is wider than a word cannot be joined in that word.
            let bits = if field.count() > width {
                quote! { ((#bits) as u64) }
            } else {
                bits
            };
            match at {
                0 => bits,
                at => {
                    let at = Literal::u32_unsuffixed(at);
                    quote! { (#bits) << #at }
                }
            }
        });
        let parts: Vec<TokenStream> = parts.collect();
        match parts.as_slice() {
            [one] => one.clone(),
            parts => quote! { #(#parts)|* },
        }
    }

    /// Statements that put the number `cut` into `words`.
    fn writes(&self, field: &BitField, cut: &TokenStream, from: &str) -> TokenStream {
        let (width, word) = (self.bits.width, &self.word);
        field
            .placed()
            .map(|(part, at)| {
                let index = Literal::usize_unsuffixed(part.word(width));
                let mask = consts::hex(part.mask(width).into());
                let shift = part.shift(width);
                let value = match at {
                    0 => quote! { #cut },
                    at => {
                        let at = Literal::u32_unsuffixed(at);
                        quote! { (#cut >> #at) }
                    }
                };
                let value = if from == word.to_string() {
                    value
                } else {
                    quote! { (#value as #word) }
                };
                let placed = match shift {
                    0 => value,
                    _ if field.address => value,
                    shift => {
                        let shift = Literal::u32_unsuffixed(shift);
                        quote! { #value << #shift }
                    }
                };
                if part.count() == width {
                    // A cast alone needs no parentheses.
                    let placed = match (at, from == word.to_string()) {
                        (_, true) => quote! { #cut },
                        (0, false) => quote! { #cut as #word },
                        (at, false) => {
                            let at = Literal::u32_unsuffixed(at);
                            quote! { (#cut >> #at) as #word }
                        }
                    };
                    quote! { words[#index] = #placed; }
                } else {
                    quote! { words[#index] = words[#index] & !#mask | #placed & #mask; }
                }
            })
            .collect()
    }

    fn kind(&self, field: &BitField) -> Result<Kind, EmitError> {
        let number = match field.bytes(self.bits.width) {
            1 => quote! { u8 },
            2 => quote! { u16 },
            4 => quote! { u32 },
            _ => quote! { u64 },
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

    fn debug(&self) -> TokenStream {
        let (name, label) = (&self.name, self.name.to_string());
        let fields = self.bits.fields.iter().map(|field| {
            let text = names::field(&field.meta).to_lowercase();
            let get = names::ident(&text);
            if field.address {
                quote! { .field(#text, &format_args!("{:#x}", self.#get())) }
            } else {
                quote! { .field(#text, &self.#get()) }
            }
        });
        quote! {
            impl core::fmt::Debug for #name {
                fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                    f.debug_struct(#label) #(#fields)* .finish()
                }
            }
        }
    }
}

/// A value of a field, by the name it has in its type.
pub(super) fn value(field: &BitField, fixed: &Fixed, model: &Model) -> TokenStream {
    let number = consts::hex(fixed.value.into());
    match &field.values {
        Some((ValueType::Enum(name), _)) => {
            let Some(set) = model.find_enum(name) else { return quote! { #number } };
            let of = names::type_name(&set.meta);
            let member = set.members.iter().find(|member| member.key == fixed.text);
            let key = member.map(|member| names::member(&member.meta, &member.key));
            key.map_or_else(|| quote! { #of(#number) }, |key| quote! { #of::#key })
        }
        Some((ValueType::Flags(name), _)) => {
            let Some(set) = model.find_flags(name) else { return quote! { #number } };
            let of = names::type_name(&set.meta);
            quote! { #of::from_bits_retain(#number) }
        }
        None if field.count() == 1 => {
            let set = fixed.value != 0;
            quote! { #set }
        }
        None => quote! { #number },
    }
}

/// What a field's value is in Rust.
enum Kind {
    Bool,
    Number(TokenStream),
    /// A newtype over the number of that type.
    Enum(Ident, TokenStream),
    Flags(Ident, TokenStream),
}

impl Kind {
    fn ty(&self) -> TokenStream {
        match self {
            Self::Bool => quote! { bool },
            Self::Number(number) => number.clone(),
            Self::Enum(name, _) | Self::Flags(name, _) => quote! { #name },
        }
    }

    /// The value of a number in the field's bits.
    fn of_number(&self, bits: &TokenStream, from: &str) -> TokenStream {
        let cast = |to: &TokenStream| {
            if to.to_string() == from {
                bits.clone()
            } else {
                quote! { (#bits) as #to }
            }
        };
        match self {
            Self::Bool => quote! { (#bits) != 0 },
            Self::Number(number) => cast(number),
            Self::Enum(name, word) => {
                let number = cast(word);
                quote! { #name(#number) }
            }
            Self::Flags(name, word) => {
                let number = cast(word);
                quote! { #name::from_bits_retain(#number) }
            }
        }
    }

    /// The type of that number.
    fn word(&self) -> String {
        match self {
            Self::Bool => "bool".to_owned(),
            Self::Number(word) | Self::Enum(_, word) | Self::Flags(_, word) => word.to_string(),
        }
    }

    /// The number of a value.
    fn number(&self) -> TokenStream {
        match self {
            Self::Bool | Self::Number(_) => quote! { value },
            Self::Enum(..) => quote! { value.0 },
            Self::Flags(..) => quote! { value.bits() },
        }
    }
}
