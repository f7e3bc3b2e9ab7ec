//! A struct that somebody else declared: what its layout must be, and the validators it gets. For the derive.

use argsz_schema::model::Meta;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{Abi, checks, per_abi};
use crate::{EmitError, Unit, lists};

/// A field as it is declared in Rust.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name.
    pub name: Ident,
    /// Its type.
    pub ty: TokenStream,
    /// The path it has in the schema.
    pub path: String,
}

/// Assertions over the layout of `ident`, and the validators of the schema's struct `name` as its methods.
pub fn attach(unit: &Unit<'_>, name: &str, ident: &Ident, fields: &[Declared]) -> Result<TokenStream, EmitError> {
    let abi = Abi::new(unit)?;
    let laid = abi.of(name)?;
    let number = |values| super::parsed(unit, &per_abi(values));
    let (size, align) = (number(laid.map(|laid| laid.size))?, number(laid.map(|laid| laid.align))?);
    let mut asserts = Vec::new();
    for Declared { name: field, ty, path } in fields {
        let unknown = || EmitError::Unknown { item: name.to_owned(), name: path.clone() };
        let places = laid.map(|laid| laid.fields.iter().find(|placed| placed.path == *path));
        let [Some(a), Some(b), Some(c), Some(d)] = places else { return Err(unknown()) };
        let places = [a, b, c, d];
        let (offset, bytes) = (number(places.map(|at| at.offset))?, number(places.map(|at| at.size))?);
        let wrong_place = format!("`{field}` does not lie where the schema has it");
        let wrong_size = format!("`{field}` has not the size that the schema has");
        asserts.push(quote! {
            assert!(::core::mem::offset_of!(#ident, #field) == #offset, #wrong_place);
            assert!(::core::mem::size_of::<#ty>() == #bytes, #wrong_size);
        });
    }
    let (header, release) = (&unit.model.header.path, unit.release_name());
    let layers: Vec<&str> = unit.model.layers.keys().map(String::as_str).collect();
    let lists = lists::compile(&abi.layouts[0], &[name], &layers)?;
    let lists = lists.first().ok_or_else(|| EmitError::Unknown { item: name.to_owned(), name: name.to_owned() })?;
    let def = abi.lookup_struct(name, name)?;
    let meta = Meta { rust: Some(ident.to_string()), ..def.meta.clone() };
    let checks = super::parsed(unit, &checks::Checks { lists, release, meta: &meta }.emit()?)?;
    Ok(quote! {
        const _: () = {
            assert!(::core::mem::size_of::<#ident>() == #size, "the struct has not the size that the schema has");
            assert!(::core::mem::align_of::<#ident>() == #align, "the struct has not the alignment that the schema has");
            #(#asserts)*
        };
        impl argsz::Uapi for #ident {
            const NAME: &'static str = #name;
            const HEADER: &'static str = #header;
            const RELEASE: &'static str = #release;
        }
        const _: () = {
            use argsz::zerocopy::{FromZeros as _, IntoBytes as _};
            use argsz::{Rejection, UserMemory};
            #checks
        };
    })
}
