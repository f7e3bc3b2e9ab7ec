//! Chains: an enum of what a link may be, and the iterator over the links behind an answer.

use argsz_schema::chain::{Chain, Places};
use argsz_schema::model::{EnumMember, Field, Struct, Type};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{Abi, Piece, docs, fields, names, per_abi};
use crate::EmitError;

/// What a link may be.
struct Variant {
    declared: TokenStream,
    /// The arm of a match over ids that reads it.
    read: TokenStream,
}

pub(super) fn emit(chain: &Chain, abi: &Abi<'_>) -> Result<Vec<Piece>, EmitError> {
    let unknown = |name: &str| EmitError::Unknown { item: chain.meta.name.clone(), name: name.to_owned() };
    let name = names::type_name(&chain.meta);
    let ids = abi.model.find_enum(&chain.ids.0).ok_or_else(|| unknown(&chain.ids.0))?;
    let of = abi.lookup_struct(&chain.of.0, &chain.meta.name)?;
    let head_def = abi.lookup_struct(&chain.head.0, &chain.meta.name)?;
    let head = names::type_name(&head_def.meta);
    let of_head = |field: &str| head_def.fields.iter().find(|one| one.meta.name == field).map(stored_name);
    let next = of_head(&chain.next.0).ok_or_else(|| unknown(&chain.next.0))?;
    let id = of_head(&chain.id.0).ok_or_else(|| unknown(&chain.id.0))?;
    let variants = chain.members(ids).map(|(member, link)| {
        let def = abi.lookup_struct(&link.ty.0, &chain.meta.name)?;
        variant(member, def, abi)
    });
    let variants: Vec<Variant> = variants.collect::<Result<_, _>>()?;
    let (declared, read) = (variants.iter().map(|one| &one.declared), variants.iter().map(|one| &one.read));
    let places = places(chain, abi).ok_or_else(|| unknown(&chain.of.0))?;
    let docs = docs::item(&chain.meta, &[format!("It lies behind [`{}`].", names::type_name(&of.meta))]);
    let declaration = quote! {
        #docs
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum #name<'a> {
            #(#declared)*
            /// What has another id; its struct is not known here.
            Other(argsz::Link<'a, #head>),
        }
    };
    let methods = quote! {
        impl<'a> #name<'a> {
            #places

            /// Those in `answer`: the bytes that the kernel was given and answered in, whole.
            ///
            /// Each is checked before it is given: that it lies within the answer, is aligned, and comes once. The
            /// first head that is not so is the end. A link that is cut off is an error, and those after it follow.
            pub fn of(answer: &'a [u8]) -> impl Iterator<Item = Result<Self, argsz::BrokenChain>> + use<'a> {
                Self::CHAIN.links(answer, |head: &#head| head.#next).map(|link| Self::read(link?))
            }

            fn read(link: argsz::Link<'a, #head>) -> Result<Self, argsz::BrokenChain> {
                Ok(match link.head.#id {
                    #(#read)*
                    _ => Self::Other(link),
                })
            }
        }
    };
    Ok([declaration, methods].map(Piece::Tokens).into())
}

fn stored_name(field: &Field) -> proc_macro2::Ident {
    names::ident(&names::field(&field.meta))
}

/// One id with its struct, and the elements of the flexible array at its end.
fn variant(member: &EnumMember, def: &Struct, abi: &Abi<'_>) -> Result<Variant, EmitError> {
    let name = names::ident(&names::camel(&member.key));
    let docs = docs::attributes(&docs::lines(&member.meta, &[]));
    let (ty, number) = (names::type_name(&def.meta), Literal::i64_unsuffixed(member.value));
    let Some((field, counter)) = counted(def) else {
        let declared = quote! { #docs #name(#ty), };
        return Ok(Variant { declared, read: quote! { #number => Self::#name(link.read()?), } });
    };
    let element = fields::plain_type(&field.ty, abi, &def.meta.name)?;
    let offset = |laid: &argsz_schema::layout::StructLayout<'_>| laid.field(&field.meta.name).map_or(0, |at| at.offset);
    let at = per_abi(abi.of(&def.meta.name)?.map(offset));
    let counter = stored_name(counter);
    let declared = quote! { #docs #name(#ty, &'a [argsz::Unaligned<#element>]), };
    let read = quote! {
        #number => {
            let head: #ty = link.read()?;
            let count = usize::try_from(head.#counter).unwrap_or(usize::MAX);
            Self::#name(head, link.elements(#at, count)?)
        }
    };
    Ok(Variant { declared, read })
}

/// The flexible array of a struct, and the field that counts its elements.
fn counted(def: &Struct) -> Option<(&Field, &Field)> {
    let array =
        def.fields.iter().find(|field| matches!(&field.ty, Type::Flex(of) if !matches!(**of, Type::Inline(_))))?;
    let (len, _) = array.len.as_ref()?;
    Some((array, def.fields.iter().find(|field| field.meta.name == *len)?))
}

/// The constant that says where the chain is.
fn places(chain: &Chain, abi: &Abi<'_>) -> Option<TokenStream> {
    let kinds = abi.layouts.each_ref().map(|layouts| chain.places(layouts));
    let [Some(a), Some(b), Some(c), Some(d)] = kinds else { return None };
    let all = [a, b, c, d];
    let number = |of: fn(&Places) -> u64| per_abi(all.each_ref().map(of));
    let (size, first, from) = (number(|at| at.size), number(|at| at.first), number(|at| at.from));
    let present = match a.present {
        None => quote! { None },
        Some((_, mask)) => {
            let at = number(|at| at.present.map_or(0, |(at, _)| at));
            let mask = Literal::u64_unsuffixed(mask);
            quote! { Some((#at, #mask)) }
        }
    };
    Some(quote! {
        /// Where the chain is found in an answer.
        pub const CHAIN: argsz::Chain =
            argsz::Chain { size: #size, first: #first, from: #from, present: #present };
    })
}
