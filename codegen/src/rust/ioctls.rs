//! Numbers of ioctls, computed as C's macros do and asserted to be what the schema's layout says.

use argsz_schema::ioctl;
use argsz_schema::model::{Ioctl, IoctlKind, Type};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Abi, Piece, consts, docs, fields, names};
use crate::EmitError;

pub(super) fn emit(one: &Ioctl, abi: &Abi<'_>) -> Result<Vec<Piece>, EmitError> {
    let argument = match &one.arg {
        Some(Type::Named(name)) => Some(names::type_name(&abi.lookup_struct(name, &one.meta.name)?.meta)),
        _ => None,
    };
    let note = argument.map(|argument| format!("Its argument is [`{argument}`]."));
    let docs = docs::attributes(&docs::lines(&one.meta, note.as_slice()));
    let name = names::ident(one.meta.rust.as_ref().unwrap_or(&one.meta.name));
    let deprecated = consts::deprecated(one.meta.deprecated.as_deref());
    let (magic, nr) = (Literal::byte_character(one.magic.0), consts::hex(one.nr.0.into()));
    let magic = if one.magic.0.is_ascii_graphic() { magic } else { Literal::u8_unsuffixed(one.magic.0) };
    let (function, ty) = match (one.kind, &one.arg) {
        (IoctlKind::Io, _) | (_, None) => (quote! { io }, None),
        (IoctlKind::Ior, Some(arg)) => (quote! { ior }, Some(arg)),
        (IoctlKind::Iow, Some(arg)) => (quote! { iow }, Some(arg)),
        (IoctlKind::Iowr, Some(arg)) => (quote! { iowr }, Some(arg)),
    };
    let ty = ty.map(|arg| fields::plain_type(arg, abi, &one.meta.name)).transpose()?.map(|ty| quote! { ::<#ty> });
    let constant = quote! { #docs #deprecated pub const #name: u32 = argsz::ioctl::#function #ty (#magic, #nr); };
    Ok(vec![Piece::Tokens(constant)])
}

/// One block that says what all numbers are.
pub(super) fn asserts<'a>(ioctls: impl Iterator<Item = &'a Ioctl>, abi: &Abi<'_>) -> Option<TokenStream> {
    let asserts: Vec<TokenStream> = ioctls.filter_map(|one| assert(one, abi)).collect();
    (!asserts.is_empty()).then(|| quote! { #[allow(deprecated)] const _: () = { #(#asserts)* }; })
}

/// Only where the number is the same on all machines of a kind; the sizes of the others are asserted with the structs.
fn assert(one: &Ioctl, abi: &Abi<'_>) -> Option<TokenStream> {
    let same = |layouts: &[argsz_schema::layout::Layouts<'_>]| {
        let first = ioctl::number(one, layouts.first()?)?;
        layouts.iter().all(|other| ioctl::number(one, other) == Some(first)).then_some(first)
    };
    let (usual, wide) = (same(&abi.layouts)?, same(&abi.wide)?);
    let name = names::ident(one.meta.rust.as_ref().unwrap_or(&one.meta.name));
    let (usual, wide) = (consts::hex(usual.into()), consts::hex(wide.into()));
    Some(quote! { assert!(#name == argsz::ioctl::pick(#usual, #wide)); })
}
