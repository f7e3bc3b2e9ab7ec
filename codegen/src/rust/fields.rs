//! Types of fields: what is stored, and what its values mean.

use argsz_schema::model::{ByteOrder, Field, Prim, PrimKind, Type, ValueType};

use super::docs::Docs;
use super::text::Lines;
use super::{Abi, enums, flags, names};
use crate::EmitError;

/// How a field is stored, and how it is read if that is not the type of its values.
pub(super) struct FieldType {
    pub(super) storage: String,
    /// The type of its values, where the storage has another width or byte order.
    pub(super) typed: Option<Typed>,
}

/// A type of values beside its storage.
pub(super) struct Typed {
    pub(super) ty: String,
    word: &'static str,
    width: u8,
    is_flags: bool,
    stored: Prim,
}

/// The type of a field; `inline` is the type made for a struct or union written in place.
pub(super) fn field_type(
    field: &Field,
    abi: &Abi<'_>,
    item: &str,
    inline: Option<&String>,
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
pub(super) fn plain_type(ty: &Type, abi: &Abi<'_>, item: &str) -> Result<String, EmitError> {
    shape(ty, abi, item, None)
}

/// A type, with `base` in place of what its dimensions are of.
fn shape(ty: &Type, abi: &Abi<'_>, item: &str, base: Option<&String>) -> Result<String, EmitError> {
    Ok(match (ty, base) {
        (Type::Array(of, count), _) => {
            format!("[{}; {count}]", shape(of, abi, item, base)?)
        }
        (Type::Flex(of), _) => shape(of, abi, item, base)?,
        (_, Some(base)) => base.clone(),
        (Type::Prim(prim), None) => number(*prim),
        (Type::Named(name), None) => names::type_name(&abi.lookup_struct(name, item)?.meta),
        (Type::Inline(_), None) => {
            return Err(EmitError::Unknown { item: item.to_owned(), name: "a type written in place".to_owned() });
        }
    })
}

/// A number as it is stored.
fn number(prim: Prim) -> String {
    let bits = u32::from(prim.width) * 8;
    let wrapped = prim.width > 1;
    match (prim.kind, prim.order) {
        (PrimKind::Pointer | PrimKind::ULong, _) => "usize".to_owned(),
        (PrimKind::Long, _) => "isize".to_owned(),
        (PrimKind::Char, _) => "u8".to_owned(),
        (PrimKind::Signed, _) => format!("i{bits}"),
        (PrimKind::Unsigned, ByteOrder::Little) if wrapped => format!("argsz::Le{bits}"),
        (PrimKind::Unsigned, ByteOrder::Big) if wrapped => format!("argsz::Be{bits}"),
        (PrimKind::Unsigned, _) => format!("u{bits}"),
    }
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
    pub(super) fn accessors(&self, name: &str, place: &str, docs: Docs, code: &mut Lines) {
        let (ty, word) = (&self.ty, self.word);
        let get = names::ident(name);
        let raw = match (self.stored.order, self.stored.kind) {
            (ByteOrder::Native, PrimKind::Signed | PrimKind::Long) => format!("{place}.cast_unsigned()"),
            (ByteOrder::Native, _) => place.to_owned(),
            _ => format!("{place}.get()"),
        };
        let wrap = if self.is_flags { format!("{ty}::from_bits_retain") } else { ty.clone() };
        let narrow = self.stored.width <= self.width && self.stored.width > 0;
        let note = "`None` if it has bits beyond those of its type.";
        let docs = if narrow { docs } else { docs.and(note) };
        docs.print(code);
        code.line("#[must_use]");
        if narrow {
            code.open(format_args!("pub fn {get}(&self) -> {ty} {{"));
            code.line(format_args!("{wrap}({word}::from({raw}))"));
        } else {
            code.open(format_args!("pub fn {get}(&self) -> Option<{ty}> {{"));
            code.line(format_args!("{word}::try_from({raw}).ok().map({wrap})"));
        }
        code.close();
        if !self.has_setter() {
            return;
        }
        let bits = if self.is_flags { "value.bits()" } else { "value.0" };
        let stored = number(self.stored);
        let value = match self.stored.order {
            ByteOrder::Native => format!("{stored}::from({bits})"),
            _ => format!("{stored}::new({bits}.into())"),
        };
        code.gap();
        code.docs(&[format!("Sets `{name}`.")]);
        code.open(format_args!("pub fn set_{name}(&mut self, value: {ty}) {{"));
        code.line(format_args!("{place} = {value};"));
        code.close();
    }
}
