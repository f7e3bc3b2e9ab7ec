//! Conditions and terms of a check list as Rust. Nothing printed here can panic: arithmetic either cannot leave u64,
//! which the list has proved, or asks whether it does.

use argsz_schema::checklist::{Cond, Op, Slot, Term};
use argsz_schema::expr::{Arith, Compare};
use argsz_schema::model::ByteOrder;
use indexmap::IndexMap;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::{consts, names};

/// A condition as Rust, with what it needs around it.
#[derive(Clone, Debug)]
pub(super) enum Code {
    Const(bool),
    /// Joined by `||`.
    Or(TokenStream),
    /// Joined by `&&`.
    And(TokenStream),
    /// A comparison: stands anywhere but under `!`.
    Plain(TokenStream),
    /// A call: stands anywhere.
    Atom(TokenStream),
}

impl Code {
    pub(super) fn tokens(&self) -> TokenStream {
        match self {
            Self::Const(value) => quote! { #value },
            Self::Or(tokens) | Self::And(tokens) | Self::Plain(tokens) | Self::Atom(tokens) => tokens.clone(),
        }
    }

    /// All of them, left to right.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        Self::join(parts, false)
    }

    fn join(parts: Vec<Self>, any: bool) -> Self {
        let mut parts: Vec<Self> =
            parts.into_iter().filter(|part| !matches!(part, Self::Const(value) if *value != any)).collect();
        if parts.iter().any(|part| matches!(part, Self::Const(_))) {
            return Self::Const(any);
        }
        if parts.len() < 2 {
            return parts.pop().unwrap_or(Self::Const(!any));
        }
        let tokens = parts.iter().map(|part| match part {
            Self::Or(tokens) if !any => quote! { (#tokens) },
            Self::And(tokens) if any => quote! { (#tokens) },
            part => part.tokens(),
        });
        if any { Self::Or(quote! { #(#tokens)||* }) } else { Self::And(quote! { #(#tokens)&&* }) }
    }

    fn not(self) -> Self {
        match self {
            Self::Const(value) => Self::Const(!value),
            Self::Atom(tokens) => Self::Atom(quote! { !#tokens }),
            other => {
                let tokens = other.tokens();
                Self::Atom(quote! { !(#tokens) })
            }
        }
    }
}

/// The words a piece of code has read, by the path of their fields.
#[derive(Default)]
pub(super) struct Words {
    /// Whether `size` is a parameter.
    sized: bool,
    known: IndexMap<Slot, Ident>,
    fresh: Vec<Slot>,
}

impl Words {
    /// None yet; `sized` says whether the name `size` is taken.
    pub(super) fn new(sized: bool) -> Self {
        Self { sized, ..Self::default() }
    }

    /// The variable that holds a word; it is declared by the next [`Words::declare`].
    pub(super) fn word(&mut self, slot: &Slot) -> Ident {
        if let Some(known) = self.known.get(slot) {
            return known.clone();
        }
        let short = slot.path.replace('.', "_");
        let short = short.trim_start_matches('_');
        let own =
            ["bytes", "held", "user", "self"].contains(&short) || self.sized && short == "size" || short.is_empty();
        let mut name = names::ident(&if own { format!("{short}_") } else { short.to_owned() });
        while self.known.values().any(|other| *other == name) {
            name = format_ident!("{}_", name);
        }
        self.known.insert(slot.clone(), name.clone());
        self.fresh.push(slot.clone());
        name
    }

    /// Declarations of the words first asked for since the last call.
    pub(super) fn declare(&mut self) -> TokenStream {
        let fresh = std::mem::take(&mut self.fresh);
        let lets = fresh.iter().map(|slot| {
            let (name, at) = (&self.known[slot], Literal::u32_unsuffixed(slot.offset));
            let order = match (slot.signed, slot.order) {
                (true, _) => "s",
                (false, ByteOrder::Native) => "u",
                (false, ByteOrder::Little) => "le",
                (false, ByteOrder::Big) => "be",
            };
            let order = if slot.width == 1 && !slot.signed { "u" } else { order };
            let read = format_ident!("{}{}", order, u32::from(slot.width) * 8);
            quote! { let #name = argsz::read::#read::<#at, _>(bytes); }
        });
        lets.collect()
    }

    pub(super) fn cond(&mut self, cond: &Cond) -> Code {
        match cond {
            Cond::True => Code::Const(true),
            Cond::All(parts) => Code::join(parts.iter().map(|part| self.cond(part)).collect(), false),
            Cond::Any(parts) => Code::join(parts.iter().map(|part| self.cond(part)).collect(), true),
            Cond::Not(inner) => self.not(inner),
            Cond::Compare(compare, left, right) => self.compare(*compare, left, right),
            Cond::Bits { word, mask, value } => self.bits(word, *mask, *value, false),
            Cond::OneBit { word, mask } => {
                let (word, mask) = (self.word(word), consts::hex((*mask).into()));
                Code::Atom(quote! { (#word & #mask).is_power_of_two() })
            }
            Cond::Overflows(term) => {
                let term = self.checked(term);
                Code::Atom(quote! { argsz::read::overflows(|| #term) })
            }
            Cond::FitsUlong(term) => {
                let term = self.term(term);
                Code::Atom(quote! { usize::try_from(#term).is_ok() })
            }
        }
    }

    fn not(&mut self, inner: &Cond) -> Code {
        match inner {
            Cond::Not(inner) => self.cond(inner),
            Cond::Bits { word, mask, value } => self.bits(word, *mask, *value, true),
            Cond::Compare(compare, left, right) => {
                let opposite = match compare {
                    Compare::Eq => Compare::Ne,
                    Compare::Ne => Compare::Eq,
                    Compare::Lt => Compare::Ge,
                    Compare::Le => Compare::Gt,
                    Compare::Gt => Compare::Le,
                    Compare::Ge => Compare::Lt,
                };
                self.compare(opposite, left, right)
            }
            Cond::FitsUlong(term) => {
                let term = self.term(term);
                Code::Atom(quote! { usize::try_from(#term).is_err() })
            }
            _ => self.cond(inner).not(),
        }
    }

    fn compare(&mut self, compare: Compare, left: &Term, right: &Term) -> Code {
        match (compare, left, right) {
            (Compare::Ge, Term::Slot(slot), Term::Int(0)) if !slot.signed => return Code::Const(true),
            (Compare::Lt, Term::Slot(slot), Term::Int(0)) if !slot.signed => return Code::Const(false),
            _ => {}
        }
        let (left, right) = (self.term(left), self.term(right));
        Code::Plain(match compare {
            Compare::Eq => quote! { #left == #right },
            Compare::Ne => quote! { #left != #right },
            Compare::Lt => quote! { #left < #right },
            Compare::Le => quote! { #left <= #right },
            Compare::Gt => quote! { #left > #right },
            Compare::Ge => quote! { #left >= #right },
        })
    }

    fn bits(&mut self, word: &Slot, mask: u64, value: u64, not: bool) -> Code {
        let (word, mask) = (self.word(word), consts::hex(mask.into()));
        let value = if value == 0 { Literal::u64_unsuffixed(0) } else { consts::hex(value.into()) };
        Code::Plain(if not {
            quote! { #word & #mask != #value }
        } else {
            quote! { #word & #mask == #value }
        })
    }

    /// A term whose arithmetic was proved to stay in range.
    fn term(&mut self, term: &Term) -> TokenStream {
        match term {
            Term::Int(value) => number(*value),
            Term::Signed(value) => signed(*value),
            Term::Slot(slot) => {
                let word = self.word(slot);
                quote! { #word }
            }
            Term::Arith(Arith::And, left, right) => {
                let (left, right) = (self.term(left), self.term(right));
                quote! { (#left & #right) }
            }
            Term::Arith(arith, left, right) => {
                let (left, right) = (self.receiver(left), self.term(right));
                match arith {
                    Arith::Sub => quote! { #left.wrapping_sub(#right) },
                    Arith::Mul => quote! { #left.wrapping_mul(#right) },
                    Arith::Add | Arith::And => quote! { #left.wrapping_add(#right) },
                }
            }
        }
    }

    /// What a method is called on: a literal says its type.
    fn receiver(&mut self, term: &Term) -> TokenStream {
        match term {
            Term::Int(value) => {
                let value = Literal::u64_suffixed(*value);
                quote! { #value }
            }
            other => self.term(other),
        }
    }

    /// A term as an `Option`, which is `None` if a step of it leaves u64.
    fn checked(&mut self, term: &Term) -> TokenStream {
        let Term::Arith(arith, left, right) = term else {
            let term = self.term(term);
            return quote! { Some(#term) };
        };
        let (left, right) = (self.checked_part(left), self.checked_part(right));
        match arith {
            Arith::Add => quote! { #left.checked_add(#right) },
            Arith::Sub => quote! { #left.checked_sub(#right) },
            Arith::Mul => quote! { #left.checked_mul(#right) },
            Arith::And => quote! { Some(#left & #right) },
        }
    }

    fn checked_part(&mut self, term: &Term) -> TokenStream {
        match term {
            Term::Arith(Arith::And, ..) | Term::Int(_) | Term::Signed(_) | Term::Slot(_) => self.receiver(term),
            Term::Arith(..) => {
                let term = self.checked(term);
                quote! { #term? }
            }
        }
    }

    /// When a step that only looks refuses; `size` is the user's.
    pub(super) fn refused(&mut self, op: &Op, size: &TokenStream) -> Code {
        match op {
            Op::MinSize { bytes: 0 } | Op::CopyFixed { .. } | Op::CopyRest { .. } | Op::ZeroTail { .. } => {
                Code::Const(false)
            }
            Op::MinSize { bytes } => {
                let bytes = Literal::u32_unsuffixed(*bytes);
                Code::Plain(quote! { #size < #bytes })
            }
            Op::MaxSize { bytes } => {
                let bytes = Literal::u32_unsuffixed(*bytes);
                Code::Plain(quote! { #size > #bytes })
            }
            Op::Zero { from, to } if from >= to => Code::Const(false),
            Op::Zero { from, to } => {
                let (from, to) = (Literal::u32_unsuffixed(*from), Literal::u32_unsuffixed(*to));
                Code::Atom(quote! { !argsz::read::zero::<#from, #to, _>(bytes) })
            }
            Op::Mask { slot, allowed } => self.mask(slot, *allowed),
            Op::OneOf { slot, ranges } => self.outside(slot, ranges),
            Op::Aligned { to: 0 | 1, .. } => Code::Const(false),
            Op::Aligned { slot, to } => {
                let (word, low) = (self.word(slot), consts::hex((to - 1).into()));
                Code::Plain(quote! { #word & #low != 0 })
            }
            Op::Refuse(cond) => self.cond(cond),
        }
    }

    /// Bits outside of `allowed`, over all 64 bits that a word is read into.
    fn mask(&mut self, slot: &Slot, allowed: u64) -> Code {
        let most = u64::MAX >> (64 - 8 * u32::from(slot.width.clamp(1, 8)));
        if allowed & most == most {
            return Code::Const(false);
        }
        let word = self.word(slot);
        Code::Plain(match allowed & most {
            0 => quote! { #word != 0 },
            allowed => {
                let allowed = consts::hex(allowed.into());
                quote! { #word & !#allowed != 0 }
            }
        })
    }

    fn outside(&mut self, slot: &Slot, ranges: &[(u64, u64)]) -> Code {
        let literal = |value: u64| {
            if slot.signed { signed(value.cast_signed()) } else { number(value) }
        };
        let word = self.word(slot);
        match ranges {
            [] => Code::Const(true),
            [(one, same)] if one == same => {
                let one = literal(*one);
                Code::Plain(quote! { #word != #one })
            }
            ranges => {
                let patterns = ranges.iter().map(|(low, high)| {
                    let (first, last) = (literal(*low), literal(*high));
                    if low == high {
                        first
                    } else {
                        quote! { #first..=#last }
                    }
                });
                Code::Atom(quote! { !matches!(#word, #(#patterns)|*) })
            }
        }
    }
}

/// An unsigned literal: hexadecimal where decimal digits say nothing.
fn number(value: u64) -> TokenStream {
    let literal = match value {
        u64::MAX => return quote! { u64::MAX },
        0..=9999 => Literal::u64_unsuffixed(value),
        _ => consts::hex(value.into()),
    };
    quote! { #literal }
}

fn signed(value: i64) -> TokenStream {
    if value == i64::MIN {
        return quote! { i64::MIN };
    }
    let digits = number(value.unsigned_abs());
    if value < 0 {
        quote! { -#digits }
    } else {
        quote! { #digits }
    }
}
