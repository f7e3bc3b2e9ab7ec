//! Types of fields: what is stored, and what its values mean.

use argsz_schema::model::{ByteOrder, Field, Prim, PrimKind, Type, ValueType};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{Abi, enums, flags, names};
use crate::EmitError;

/// How a field is stored, and how it is read if that is not the type of its values.
pub(super) struct FieldType {
    pub(super) storage: TokenStream,
    /// The type of its values, where the storage has another width or byte order.
    pub(super) typed: Option<Typed>,
}

/// A type of values beside its storage.
pub(super) struct Typed {
    pub(super) ty: Ident,
    word: TokenStream,
    width: u8,
    is_flags: bool,
    stored: Prim,
}

/// The type of a field; `inline` is the type made for a struct or union written in place.
pub(super) fn field_type(
    field: &Field,
    abi: &Abi<'_>,
    item: &str,
    inline: Option<&Ident>,
) -> Result<FieldType, EmitError> {
    let meaning = match (&field.values, argsz_schema::layout::base(&field.ty)) {
        (Some((values, _)), Type::Prim(prim)) => Some(typed(values, *prim, abi, item)?),
        _ => None,
    };
    let fits = |typed: &Typed| typed.width == typed.stored.width && typed.stored.order == ByteOrder::Native;
    match meaning {
        Some(typed) if fits(&typed) => {
            Ok(FieldType { storage: shape(&field.ty, abi, item, Some(&typed.ty))?, typed: None })
        }
        other => Ok(FieldType {
            storage: shape(&field.ty, abi, item, inline)?,
            typed: other.filter(|_| matches!(field.ty, Type::Prim(_))),
        }),
    }
}

/// A type without a meaning of its values.
pub(super) fn plain_type(ty: &Type, abi: &Abi<'_>, item: &str) -> Result<TokenStream, EmitError> {
    shape(ty, abi, item, None)
}

/// A type, with `base` in place of what its dimensions are of.
fn shape(ty: &Type, abi: &Abi<'_>, item: &str, base: Option<&Ident>) -> Result<TokenStream, EmitError> {
    Ok(match (ty, base) {
        (Type::Array(of, count), _) => {
            let (of, count) = (shape(of, abi, item, base)?, Literal::u64_unsuffixed(*count));
            quote! { [#of; #count] }
        }
        (Type::Flex(of), _) => shape(of, abi, item, base)?,
        (_, Some(base)) => quote! { #base },
        (Type::Prim(prim), None) => number(*prim),
        (Type::Named(name), None) => {
            let def = abi.lookup_struct(name, item)?;
            let name = names::type_name(&def.meta);
            quote! { #name }
        }
        (Type::Inline(_), None) => {
            return Err(EmitError::Unknown { item: item.to_owned(), name: "a type written in place".to_owned() });
        }
    })
}

/// A number as it is stored.
fn number(prim: Prim) -> TokenStream {
    let bits = u32::from(prim.width) * 8;
    let name = match (prim.kind, prim.order) {
        (PrimKind::Pointer | PrimKind::ULong, _) => format_ident!("usize"),
        (PrimKind::Long, _) => format_ident!("isize"),
        (PrimKind::Char, _) => format_ident!("u8"),
        (PrimKind::Signed, _) => format_ident!("i{bits}"),
        (PrimKind::Unsigned, ByteOrder::Native) => format_ident!("u{bits}"),
        (PrimKind::Unsigned, ByteOrder::Little) => format_ident!("Le{bits}"),
        (PrimKind::Unsigned, ByteOrder::Big) => format_ident!("Be{bits}"),
    };
    if prim.kind == PrimKind::Unsigned && prim.order != ByteOrder::Native && prim.width > 1 {
        return quote! { argsz::#name };
    }
    quote! { #name }
}

fn typed(values: &ValueType, stored: Prim, abi: &Abi<'_>, item: &str) -> Result<Typed, EmitError> {
    let unknown = |name: &String| EmitError::Unknown { item: item.to_owned(), name: name.clone() };
    Ok(match values {
        ValueType::Flags(name) => {
            let of = abi.model.find_flags(name).ok_or_else(|| unknown(name))?;
            let word = flags::word(of.width);
            Typed { ty: names::type_name(&of.meta), word, width: of.width, is_flags: true, stored }
        }
        ValueType::Enum(name) => {
            let of = abi.model.find_enum(name).ok_or_else(|| unknown(name))?;
            let word = enums::word(of);
            Typed { ty: names::type_name(&of.meta), word, width: of.width, is_flags: false, stored }
        }
    })
}

impl Typed {
    /// Whether every value of its type fits the storage.
    pub(super) fn has_setter(&self) -> bool {
        let signed = matches!(self.stored.kind, PrimKind::Signed | PrimKind::Long);
        !signed && self.stored.width >= self.width && self.stored.width > 0
    }

    /// Methods that read and write the field at `place` (`self.flags`) as its type.
    pub(super) fn accessors(&self, name: &str, place: &TokenStream, docs: &TokenStream) -> TokenStream {
        let (ty, word) = (&self.ty, &self.word);
        let (get, set) = (names::ident(name), format_ident!("set_{}", name));
        let raw = match (self.stored.order, self.stored.kind) {
            (ByteOrder::Native, PrimKind::Signed | PrimKind::Long) => quote! { #place.cast_unsigned() },
            (ByteOrder::Native, _) => quote! { #place },
            _ => quote! { #place.get() },
        };
        let wrap = if self.is_flags {
            quote! { #ty::from_bits_retain }
        } else {
            quote! { #ty }
        };
        let getter = if self.stored.width <= self.width && self.stored.width > 0 {
            let made = quote! { #wrap(#word::from(#raw)) };
            quote! { #docs #[must_use] pub fn #get(&self) -> #ty { #made } }
        } else {
            let note = " `None` if it has bits beyond those of its type.";
            quote! {
                #docs #[doc = ""] #[doc = #note]
                #[must_use]
                pub fn #get(&self) -> Option<#ty> {
                    #word::try_from(#raw).ok().map(#wrap)
                }
            }
        };
        let bits = if self.is_flags {
            quote! { value.bits() }
        } else {
            quote! { value.0 }
        };
        let (stored, doc) = (number(self.stored), format!(" Sets `{name}`."));
        let setter = match (self.stored.order, self.stored.kind) {
            (_, PrimKind::Signed | PrimKind::Long) => None,
            _ if self.stored.width < self.width || self.stored.width == 0 => None,
            (ByteOrder::Native, _) => Some(quote! { #stored::from(#bits) }),
            (_, _) => Some(quote! { #stored::new(#bits.into()) }),
        };
        let setter =
            setter.map(|value| quote! { #[doc = #doc] pub fn #set(&mut self, value: #ty) { #place = #value; } });
        quote! { #getter #setter }
    }
}
