//! Conditions and numbers as SMT-LIB terms.

use argsz_schema::checklist::{Cond, Slot, Term};
use argsz_schema::expr::{Arith, Compare};
use argsz_schema::model::ByteOrder;
use argsz_schema::target::{Endian, Target};

/// A number of 64 bits.
pub(super) fn number(value: u64) -> String {
    format!("#x{value:016x}")
}

/// Name of [`mul_overflows`].
pub(super) const MUL_OVERFLOWS: &str = "mul.overflows";

/// Whether a product leaves 64 bits: the standard has no name for it that every solver knows. Two bits whose places add
/// up to 64 or more make it so; else the product is less than 2^66, and one bit of it is left to look at. A product of
/// 128 bits would say the same, and takes a solver ten times as long.
pub(super) fn mul_overflows() -> String {
    let pair = |at: u32| {
        let (low, zero) = (64 - at, format!("(_ bv0 {at})"));
        format!("(and (= ((_ extract {at} {at}) a) #b1) (distinct ((_ extract 63 {low}) b) {zero}))")
    };
    let pairs: Vec<String> = (1..64).map(pair).collect();
    let wide = |of: &str| format!("((_ zero_extend 1) {of})");
    let last = format!("(= ((_ extract 64 64) (bvmul {} {})) #b1)", wide("a"), wide("b"));
    let args = "((a (_ BitVec 64)) (b (_ BitVec 64)))";
    format!("(define-fun {MUL_OVERFLOWS} {args} Bool (or {} {last}))\n", pairs.join(" "))
}

/// `(op a b ...)`; of one part that part, of none `neutral`.
pub(super) fn joined(op: &str, parts: &[String], neutral: &str) -> String {
    match parts {
        [] => neutral.to_owned(),
        [one] => one.clone(),
        all => format!("({op} {})", all.join(" ")),
    }
}

/// The bytes held at some step, each a term of 8 bits.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) target: Target,
    pub(super) held: &'a [String],
}

impl View<'_> {
    /// The number in a slot by its bits, as 64 of them.
    pub(super) fn unsigned(self, slot: &Slot) -> String {
        self.word(slot, "zero_extend")
    }

    /// The number in a slot with its sign, as 64 bits.
    pub(super) fn signed(self, slot: &Slot) -> String {
        self.word(slot, "sign_extend")
    }

    fn word(self, slot: &Slot, extend: &str) -> String {
        let at = slot.offset as usize;
        let Some(bytes) = self.held.get(at..at + usize::from(slot.width)) else { return number(0) };
        let big = match slot.order {
            ByteOrder::Native => self.target.endian == Endian::Big,
            ByteOrder::Little => false,
            ByteOrder::Big => true,
        };
        let join = |high: String, low: String| format!("(concat {high} {low})");
        let ordered: Box<dyn Iterator<Item = &String>> =
            if big { Box::new(bytes.iter()) } else { Box::new(bytes.iter().rev()) };
        let word = ordered.cloned().reduce(join).unwrap_or_else(|| number(0));
        match 64_usize.saturating_sub(8 * bytes.len()) {
            0 => word,
            missing => format!("((_ {extend} {missing}) {word})"),
        }
    }

    /// A condition as a truth value.
    pub(super) fn cond(self, cond: &Cond) -> String {
        let all = |parts: &[Cond]| parts.iter().map(|part| self.cond(part)).collect::<Vec<_>>();
        match cond {
            Cond::True => "true".to_owned(),
            Cond::All(parts) => joined("and", &all(parts), "true"),
            Cond::Any(parts) => joined("or", &all(parts), "false"),
            Cond::Not(inner) => format!("(not {})", self.cond(inner)),
            Cond::Compare(op, Term::Slot(slot), Term::Signed(value)) => {
                compare(*op, true, &self.signed(slot), &number(value.cast_unsigned()))
            }
            Cond::Compare(op, Term::Signed(value), Term::Slot(slot)) => {
                compare(*op, true, &number(value.cast_unsigned()), &self.signed(slot))
            }
            Cond::Compare(op, left, right) => compare(*op, false, &self.term(left), &self.term(right)),
            Cond::Bits { word, mask, value } => {
                format!("(= (bvand {} {}) {})", self.unsigned(word), number(*mask), number(*value))
            }
            Cond::OneBit { word, mask } => {
                let bits = format!("(bvand {} {})", self.unsigned(word), number(*mask));
                let (zero, one) = (number(0), number(1));
                format!("(let ((bits {bits})) (and (distinct bits {zero}) (= (bvand bits (bvsub bits {one})) {zero})))")
            }
            Cond::Overflows(term) => joined("or", &self.overflows(term), "false"),
            Cond::FitsUlong(_) if self.target.pointer >= 8 => "true".to_owned(),
            Cond::FitsUlong(term) => format!("(bvule {} {})", self.term(term), number(u32::MAX.into())),
        }
    }

    /// Arithmetic of 64 bits; what leaves them wraps.
    fn term(self, term: &Term) -> String {
        match term {
            Term::Int(value) => number(*value),
            Term::Signed(value) => number(value.cast_unsigned()),
            Term::Slot(slot) => self.unsigned(slot),
            Term::Arith(op, left, right) => {
                let op = match op {
                    Arith::Add => "bvadd",
                    Arith::Sub => "bvsub",
                    Arith::Mul => "bvmul",
                    Arith::And => "bvand",
                };
                format!("({op} {} {})", self.term(left), self.term(right))
            }
        }
    }

    /// For each step of some arithmetic, whether it leaves 64 bits. Once one has, it does not matter what the others say.
    fn overflows(self, term: &Term) -> Vec<String> {
        let Term::Arith(op, left, right) = term else { return Vec::new() };
        let mut found = self.overflows(left);
        found.extend(self.overflows(right));
        let (a, b) = (self.term(left), self.term(right));
        match op {
            Arith::Add => found.push(format!("(bvult (bvadd {a} {b}) {a})")),
            Arith::Sub => found.push(format!("(bvult {a} {b})")),
            Arith::Mul => found.push(format!("({MUL_OVERFLOWS} {a} {b})")),
            Arith::And => {}
        }
        found
    }
}

fn compare(op: Compare, signed: bool, left: &str, right: &str) -> String {
    let op = match (op, signed) {
        (Compare::Eq, _) => "=",
        (Compare::Ne, _) => "distinct",
        (Compare::Lt, false) => "bvult",
        (Compare::Le, false) => "bvule",
        (Compare::Gt, false) => "bvugt",
        (Compare::Ge, false) => "bvuge",
        (Compare::Lt, true) => "bvslt",
        (Compare::Le, true) => "bvsle",
        (Compare::Gt, true) => "bvsgt",
        (Compare::Ge, true) => "bvsge",
    };
    format!("({op} {left} {right})")
}
