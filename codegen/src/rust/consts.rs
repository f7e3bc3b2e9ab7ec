//! Constants that belong to no set, under their names in C.

use argsz_schema::model::{Const, ConstValue};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::{docs, names};

pub(super) fn emit(one: &Const) -> TokenStream {
    let docs = docs::attributes(&docs::lines(&one.meta, &[]));
    let deprecated = deprecated(one.meta.deprecated.as_deref());
    let name = names::ident(one.meta.rust.as_ref().unwrap_or(&one.meta.name));
    let (ty, value) = match &one.value {
        ConstValue::Str(text) => (quote! { &str }, quote! { #text }),
        ConstValue::Int(value) => integer(*value),
    };
    quote! { #docs #deprecated pub const #name: #ty = #value; }
}

/// The narrowest of the usual types that holds the value.
fn integer(value: i128) -> (TokenStream, TokenStream) {
    let ty = match value {
        0..=0xffff_ffff => quote! { u32 },
        0x1_0000_0000.. => quote! { u64 },
        -0x8000_0000..0 => quote! { i32 },
        _ => quote! { i64 },
    };
    let digits = value.unsigned_abs();
    let literal = match (value, digits) {
        (10_000.., _) => hex(digits),
        (_, 10_000..) => grouped(digits),
        _ => Literal::u128_unsuffixed(digits),
    };
    (
        ty,
        if value < 0 {
            quote! { -#literal }
        } else {
            quote! { #literal }
        },
    )
}

/// A number in decimal, its digits in groups of three.
fn grouped(value: u128) -> Literal {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    text.parse().unwrap_or_else(|_| Literal::u128_unsuffixed(value))
}

/// A number in hexadecimal, its digits in groups of four.
pub(super) fn hex(value: u128) -> Literal {
    hex_text(value).parse().unwrap_or_else(|_| Literal::u128_unsuffixed(value))
}

/// As [`hex`], as text.
pub(super) fn hex_text(value: u128) -> String {
    let digits = format!("{value:x}");
    let mut text = String::from("0x");
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(4) {
            text.push('_');
        }
        text.push(digit);
    }
    text
}

/// `#[deprecated]`, with the reason.
pub(super) fn deprecated(why: Option<&str>) -> Option<TokenStream> {
    why.map(|why| quote! { #[deprecated(note = #why)] })
}

#[cfg(test)]
mod tests {
    use super::{hex, integer};

    #[test]
    fn values_choose_their_type() {
        let text = |value| {
            let (ty, value) = integer(value);
            format!("{ty} {value}").replace(' ', "")
        };
        assert_eq!(text(3), "u323");
        assert_eq!(text(-1), "i32-1");
        assert_eq!(text(1 << 32), "u640x1_0000_0000");
        assert_eq!(text(-0x8000_0000), "i32-2_147_483_648");
        assert_eq!(hex(0x8000_0000).to_string(), "0x8000_0000");
    }
}
