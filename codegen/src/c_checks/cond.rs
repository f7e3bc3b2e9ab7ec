//! Conditions and terms of a check list as C expressions.

use argsz_schema::checklist::{Cond, Slot, Term};
use argsz_schema::expr::{Arith, Compare};
use argsz_schema::model::ByteOrder;

use super::text::Cexpr;

/// Prints the conditions of one function, and counts the temporaries that overflow tests need.
#[derive(Debug, Default)]
pub(super) struct Conds {
    /// Temporaries so far: `sum0`, `sum1`, ...
    pub(super) temporaries: usize,
}

impl Conds {
    /// The condition, or its opposite if `not`.
    pub(super) fn cond(&mut self, cond: &Cond, not: bool) -> Cexpr {
        match cond {
            Cond::True => Cexpr::Const(!not),
            Cond::All(parts) | Cond::Any(parts) => {
                let all = matches!(cond, Cond::All(_)) != not;
                let parts = parts.iter().map(|part| self.cond(part, not)).collect();
                if all { Cexpr::all(parts) } else { Cexpr::any(parts) }
            }
            Cond::Not(inner) => self.cond(inner, !not),
            Cond::Compare(op, left, right) => compare(if not { opposite(*op) } else { *op }, left, right),
            Cond::Bits { word, mask, value } => bits(word, *mask, *value, not),
            Cond::OneBit { word, mask } => {
                let bang = if not { "!" } else { "" };
                Cexpr::Atom(format!("{bang}argsz_one_bit({} & {})", load(word), hex(*mask, word.width)))
            }
            Cond::Overflows(term) => self.overflows(term, not),
            Cond::FitsUlong(term) => {
                let bang = if not { "!" } else { "" };
                Cexpr::Atom(format!("{bang}argsz_fits_ulong({})", wide(term)))
            }
        }
    }

    /// Each step of the arithmetic in order; the first that leaves u64 decides.
    fn overflows(&mut self, term: &Term, not: bool) -> Cexpr {
        let mut steps = Vec::new();
        self.checked(term, &mut steps);
        let any = Cexpr::any(steps.into_iter().map(Cexpr::Atom).collect());
        match (any, not) {
            (any, false) => any,
            (Cexpr::Const(value), true) => Cexpr::Const(!value),
            (Cexpr::Chain(_, parts), true) => Cexpr::all(parts.into_iter().map(negated).collect()),
            (atom, true) => negated(atom),
        }
    }

    /// Appends the tests that `term` needs, and returns its value as an operand.
    fn checked(&mut self, term: &Term, steps: &mut Vec<String>) -> String {
        let Term::Arith(op, left, right) = term else { return wide(term) };
        let left = self.checked(left, steps);
        let right = self.checked(right, steps);
        let builtin = match op {
            Arith::Add => "add",
            Arith::Sub => "sub",
            Arith::Mul => "mul",
            Arith::And => return format!("({left} & {right})"),
        };
        let into = format!("sum{}", self.temporaries);
        self.temporaries += 1;
        steps.push(format!("__builtin_{builtin}_overflow({left}, {right}, &{into})"));
        into
    }
}

fn negated(atom: Cexpr) -> Cexpr {
    match atom {
        Cexpr::Atom(text) => Cexpr::Atom(format!("!{text}")),
        other => other,
    }
}

fn opposite(op: Compare) -> Compare {
    match op {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Lt => Compare::Ge,
        Compare::Le => Compare::Gt,
        Compare::Gt => Compare::Le,
        Compare::Ge => Compare::Lt,
    }
}

fn swapped(op: Compare) -> Compare {
    match op {
        Compare::Lt => Compare::Gt,
        Compare::Le => Compare::Ge,
        Compare::Gt => Compare::Lt,
        Compare::Ge => Compare::Le,
        same => same,
    }
}

fn spelled(op: Compare) -> &'static str {
    match op {
        Compare::Eq => "==",
        Compare::Ne => "!=",
        Compare::Lt => "<",
        Compare::Le => "<=",
        Compare::Gt => ">",
        Compare::Ge => ">=",
    }
}

fn compare(op: Compare, left: &Term, right: &Term) -> Cexpr {
    match (left, right) {
        (Term::Slot(slot), Term::Signed(value)) => Cexpr::Atom(signed(op, slot, *value)),
        (Term::Signed(value), Term::Slot(slot)) => Cexpr::Atom(signed(swapped(op), slot, *value)),
        (Term::Slot(slot), Term::Int(value)) => word(op, slot, *value),
        (Term::Int(value), Term::Slot(slot)) => word(swapped(op), slot, *value),
        (Term::Slot(left), Term::Slot(right)) => Cexpr::Atom(format!("{} {} {}", load(left), spelled(op), load(right))),
        _ => Cexpr::Atom(format!("{} {} {}", wide(left), spelled(op), wide(right))),
    }
}

/// An unsigned word against a number. What no value of its width can do, or every one does, is said without
/// reading it: compilers warn of such comparisons.
pub(super) fn word(op: Compare, slot: &Slot, value: u64) -> Cexpr {
    let max = u64::MAX >> (64 - 8 * u32::from(slot.width.clamp(1, 8)));
    let known = match op {
        Compare::Eq | Compare::Ne if value > max => Some(op == Compare::Ne),
        Compare::Lt if value == 0 => Some(false),
        Compare::Lt if value > max => Some(true),
        Compare::Le if value >= max => Some(true),
        Compare::Gt if value >= max => Some(false),
        Compare::Ge if value == 0 => Some(true),
        Compare::Ge if value > max => Some(false),
        _ => None,
    };
    match (known, op, value) {
        (Some(known), ..) => Cexpr::Const(known),
        (None, Compare::Eq | Compare::Le, 0) => Cexpr::Atom(["!", &load(slot)].concat()),
        (None, Compare::Ne | Compare::Gt, 0) => Cexpr::Atom(load(slot)),
        _ => Cexpr::Atom([&*load(slot), " ", spelled(op), " ", &number(value, slot.width)].concat()),
    }
}

fn signed(op: Compare, slot: &Slot, value: i64) -> String {
    let number = match value {
        i64::MIN => "(-9223372036854775807LL - 1)".to_owned(),
        value if i32::try_from(value).is_ok() && value != i64::from(i32::MIN) => value.to_string(),
        value => format!("{value}LL"),
    };
    format!("{} {} {number}", load(slot), spelled(op))
}

fn bits(slot: &Slot, mask: u64, value: u64, not: bool) -> Cexpr {
    let max = u64::MAX >> (64 - 8 * u32::from(slot.width.clamp(1, 8)));
    if mask & max == max && value <= max {
        return word(if not { Compare::Ne } else { Compare::Eq }, slot, value);
    }
    let masked = [&*load(slot), " & ", &hex(mask, slot.width)].concat();
    match (value, not) {
        (0, false) => Cexpr::Atom(format!("!({masked})")),
        (0, true) => Cexpr::Bare(masked),
        (v, false) if v == mask && mask.is_power_of_two() => Cexpr::Bare(masked),
        (v, true) if v == mask && mask.is_power_of_two() => Cexpr::Atom(format!("!({masked})")),
        (v, _) => Cexpr::Atom(format!("({masked}) {} {}", if not { "!=" } else { "==" }, hex(v, slot.width))),
    }
}

/// A term as an unsigned 64-bit number.
pub(super) fn wide(term: &Term) -> String {
    match term {
        Term::Int(value) => number(*value, 8),
        Term::Signed(value) => format!("(__u64){value}LL"),
        Term::Slot(slot) if slot.width == 8 => load(slot),
        Term::Slot(slot) => format!("(__u64){}", load(slot)),
        Term::Arith(op, left, right) => {
            let op = match op {
                Arith::Add => "+",
                Arith::Sub => "-",
                Arith::Mul => "*",
                Arith::And => "&",
            };
            format!("({} {op} {})", wide(left), wide(right))
        }
    }
}

/// The field a slot is, read from the struct held, in the machine's byte order.
pub(super) fn load(slot: &Slot) -> String {
    let bits = u32::from(slot.width) * 8;
    match (slot.order, slot.width) {
        (ByteOrder::Native, _) | (_, 1) => ["held->", &slot.path].concat(),
        (ByteOrder::Little, _) => format!("argsz_le{bits}(held->{})", slot.path),
        (ByteOrder::Big, _) => format!("argsz_be{bits}(held->{})", slot.path),
    }
}

/// A number as wide as what it meets: small ones in decimal.
pub(super) fn number(value: u64, width: u8) -> String {
    if value < 65536 { value.to_string() + suffix(width) } else { hex(value, width) }
}

/// A mask as wide as what it meets. A narrower one would lose high bits once it is inverted.
pub(super) fn hex(value: u64, width: u8) -> String {
    let suffix = if width == 8 || value > u64::from(u32::MAX) { "ULL" } else { "U" };
    format!("{value:#x}{suffix}")
}

fn suffix(width: u8) -> &'static str {
    if width == 8 { "ULL" } else { "" }
}
