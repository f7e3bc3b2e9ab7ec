//! Conditions and terms of a check list as Rust. Nothing printed here can panic: arithmetic either cannot leave u64,
//! which the list has proved, or asks whether it does.

use argsz_schema::checklist::{Cond, Op, Slot, Term};
use argsz_schema::expr::{Arith, Compare};
use argsz_schema::hash::IndexMap;
use argsz_schema::model::ByteOrder;

use super::text::Code;
use super::{consts, names};

/// The words a piece of code has read, by the path of their fields.
#[derive(Default)]
pub(super) struct Words {
    /// Whether `size` is a parameter.
    sized: bool,
    known: IndexMap<Slot, String>,
    fresh: Vec<Slot>,
}

impl Words {
    /// None yet; `sized` says whether the name `size` is taken.
    pub(super) fn new(sized: bool) -> Self {
        Self { sized, ..Self::default() }
    }

    /// The variable that holds a word; it is declared by the next [`Words::declare`].
    pub(super) fn word(&mut self, slot: &Slot) -> String {
        if let Some(known) = self.known.get(slot) {
            return known.clone();
        }
        let path = slot.path.to_lowercase();
        let parts = path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|part| !part.is_empty());
        let short = parts.collect::<Vec<_>>().join("_");
        let short = short.trim_start_matches('_');
        let own = ["bytes", "held", "user", "self", "space", "at"].contains(&short)
            || self.sized && short == "size"
            || short.is_empty();
        let mut name = if own { names::ident(&[short, "_"].concat()) } else { names::ident(short) };
        while self.known.values().any(|other| *other == name) {
            name.push('_');
        }
        self.known.insert(slot.clone(), name.clone());
        self.fresh.push(slot.clone());
        name
    }

    /// Declarations of the words first asked for since the last call.
    pub(super) fn declare(&mut self) -> Vec<String> {
        let fresh = std::mem::take(&mut self.fresh);
        let lets = fresh.iter().map(|slot| {
            let (name, at) = (&self.known[slot], slot.offset);
            let order = match (slot.signed, slot.order) {
                (true, _) => "s",
                (false, ByteOrder::Native) => "u",
                (false, ByteOrder::Little) => "le",
                (false, ByteOrder::Big) => "be",
            };
            let order = if slot.width == 1 && !slot.signed { "u" } else { order };
            let bits = (u32::from(slot.width) * 8).to_string();
            ["let ", &**name, " = argsz::read::", order, &bits, "::<", &at.to_string(), ", _>(bytes);"].concat()
        });
        lets.collect()
    }

    pub(super) fn cond(&mut self, cond: &Cond) -> Code {
        match cond {
            Cond::True => Code::Const(true),
            Cond::All(parts) => Code::all(parts.iter().map(|part| self.cond(part)).collect()),
            Cond::Any(parts) => Code::any(parts.iter().map(|part| self.cond(part)).collect()),
            Cond::Not(inner) => self.not(inner),
            Cond::Compare(compare, left, right) => self.compare(*compare, left, right),
            Cond::Bits { word, mask, value } => self.bits(word, *mask, *value, false),
            Cond::OneBit { word, mask } => {
                let (word, mask) = (self.word(word), consts::hex((*mask).into()));
                Code::Atom(format!("({word} & {mask}).is_power_of_two()"))
            }
            Cond::Overflows(term) => {
                let term = self.checked(term);
                Code::Atom(format!("argsz::read::overflows(|| {term})"))
            }
            Cond::FitsUlong(term) => {
                let term = self.term(term);
                Code::Atom(format!("usize::try_from({term}).is_ok()"))
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
                Code::Atom(format!("usize::try_from({term}).is_err()"))
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
        let compare = match compare {
            Compare::Eq => " == ",
            Compare::Ne => " != ",
            Compare::Lt => " < ",
            Compare::Le => " <= ",
            Compare::Gt => " > ",
            Compare::Ge => " >= ",
        };
        Code::Plain([&*left, compare, &right].concat())
    }

    fn bits(&mut self, word: &Slot, mask: u64, value: u64, not: bool) -> Code {
        let (word, mask) = (self.word(word), consts::hex(mask.into()));
        let value = if value == 0 { "0".to_owned() } else { consts::hex(value.into()) };
        Code::Plain([&*word, " & ", &mask, if not { " != " } else { " == " }, &value].concat())
    }

    /// A term whose arithmetic was proved to stay in range.
    fn term(&mut self, term: &Term) -> String {
        match term {
            Term::Int(value) => number(*value),
            Term::Signed(value) => signed(*value),
            Term::Slot(slot) => self.word(slot),
            Term::Arith(Arith::And, left, right) => {
                let (left, right) = (self.term(left), self.term(right));
                format!("({left} & {right})")
            }
            Term::Arith(arith, left, right) => {
                let (left, right) = (self.receiver(left), self.term(right));
                match arith {
                    Arith::Sub => format!("{left}.wrapping_sub({right})"),
                    Arith::Mul => format!("{left}.wrapping_mul({right})"),
                    Arith::Add | Arith::And => format!("{left}.wrapping_add({right})"),
                }
            }
        }
    }

    /// What a method is called on: a literal says its type.
    fn receiver(&mut self, term: &Term) -> String {
        match term {
            Term::Int(value) => {
                format!("{value}u64")
            }
            other => self.term(other),
        }
    }

    /// A term as an `Option`, which is `None` if a step of it leaves u64.
    fn checked(&mut self, term: &Term) -> String {
        let Term::Arith(arith, left, right) = term else {
            let term = self.term(term);
            return format!("Some({term})");
        };
        let (left, right) = (self.checked_part(left), self.checked_part(right));
        match arith {
            Arith::Add => format!("{left}.checked_add({right})"),
            Arith::Sub => format!("{left}.checked_sub({right})"),
            Arith::Mul => format!("{left}.checked_mul({right})"),
            Arith::And => format!("Some({left} & {right})"),
        }
    }

    fn checked_part(&mut self, term: &Term) -> String {
        match term {
            Term::Arith(Arith::And, ..) | Term::Int(_) | Term::Signed(_) | Term::Slot(_) => self.receiver(term),
            Term::Arith(..) => {
                let term = self.checked(term);
                format!("{term}?")
            }
        }
    }

    /// When a step that only looks refuses; `size` is the user's.
    pub(super) fn refused(&mut self, op: &Op, size: &str) -> Code {
        match op {
            Op::MinSize { bytes: 0 } | Op::CopyFixed { .. } | Op::CopyRest { .. } | Op::ZeroTail { .. } => {
                Code::Const(false)
            }
            Op::MinSize { bytes } => Code::Plain([size, " < ", &*bytes.to_string()].concat()),
            Op::MaxSize { bytes } => Code::Plain([size, " > ", &*bytes.to_string()].concat()),
            Op::Zero { from, to } if from >= to => Code::Const(false),
            Op::Zero { from, to } => {
                let [from, to] = [from, to].map(u32::to_string);
                Code::Atom(["!argsz::read::zero::<", &*from, ", ", &to, ", _>(bytes)"].concat())
            }
            Op::Mask { slot, allowed } => self.mask(slot, *allowed),
            Op::OneOf { slot, ranges } => self.outside(slot, ranges),
            Op::Aligned { to: 0 | 1, .. } => Code::Const(false),
            Op::Aligned { slot, to } => {
                let (word, low) = (self.word(slot), consts::hex((to - 1).into()));
                Code::Plain([&*word, " & ", &low, " != 0"].concat())
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
            0 => word + " != 0",
            allowed => [&*word, " & !", &consts::hex(allowed.into()), " != 0"].concat(),
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
                Code::Plain([&*word, " != ", &one].concat())
            }
            ranges => {
                let patterns = ranges.iter().map(|(low, high)| {
                    let (first, last) = (literal(*low), literal(*high));
                    if low == high { first } else { [&*first, "..=", &last].concat() }
                });
                let patterns: Vec<String> = patterns.collect();
                Code::Atom(["!matches!(", &*word, ", ", &patterns.join(" | "), ")"].concat())
            }
        }
    }
}

/// An unsigned literal: hexadecimal where decimal digits say nothing.
fn number(value: u64) -> String {
    match value {
        u64::MAX => "u64::MAX".to_owned(),
        0..=9999 => value.to_string(),
        _ => consts::hex(value.into()),
    }
}

fn signed(value: i64) -> String {
    if value == i64::MIN {
        return "i64::MIN".to_owned();
    }
    let digits = number(value.unsigned_abs());
    if value < 0 { format!("-{digits}") } else { digits }
}
