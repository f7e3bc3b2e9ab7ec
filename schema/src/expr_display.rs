//! Conditions as people read them: the schema's own syntax, with no more parentheses than it needs.

use std::fmt;

use crate::expr::{Arith, Compare, Expr, ExprKind, Test};

/// How tightly a form binds; the higher, the tighter.
fn strength(kind: &ExprKind) -> u8 {
    match kind {
        ExprKind::Or(_) => 0,
        ExprKind::And(_) => 1,
        ExprKind::Compare(..) => 2,
        ExprKind::Arith(Arith::And, ..) => 3,
        ExprKind::Arith(Arith::Add | Arith::Sub, ..) => 4,
        ExprKind::Arith(Arith::Mul, ..) => 5,
        ExprKind::Not(_) => 6,
        _ => 7,
    }
}

/// Writes `expr`, in parentheses if it binds more loosely than `least`.
fn operand(f: &mut fmt::Formatter<'_>, expr: &Expr, least: u8) -> fmt::Result {
    if strength(&expr.kind) < least { write!(f, "({expr})") } else { write!(f, "{expr}") }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Expr], with: &str, least: u8) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(with)?;
        }
        operand(f, part, least)?;
    }
    Ok(())
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let own = strength(&self.kind);
        match &self.kind {
            ExprKind::Int(value) => write!(f, "{value}"),
            ExprKind::Path(path) => write!(f, "{path}"),
            ExprKind::Not(of) => {
                f.write_str("!")?;
                operand(f, of, own)
            }
            ExprKind::And(parts) => joined(f, parts, " && ", own + 1),
            ExprKind::Or(parts) => joined(f, parts, " || ", own + 1),
            ExprKind::Compare(how, left, right) => {
                operand(f, left, own + 1)?;
                write!(f, " {how} ")?;
                operand(f, right, own + 1)
            }
            ExprKind::Arith(how, left, right) => {
                operand(f, left, own)?;
                write!(f, " {how} ")?;
                operand(f, right, own + 1)
            }
            ExprKind::Test(test, path, names) => {
                let names: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
                write!(f, "{path}.{test}({})", names.join(" | "))
            }
            ExprKind::Overflows(of) => write!(f, "overflows({of})"),
            ExprKind::FitsUlong(of) => write!(f, "fits_ulong({of})"),
        }
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        })
    }
}

impl fmt::Display for Arith {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::And => "&",
        })
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Has => "has",
            Self::Any => "any",
            Self::Only => "only",
            Self::OneOf => "one_of",
            Self::Known => "known",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Path;
    use crate::source::Span;

    fn expr(kind: ExprKind) -> Expr {
        Expr { kind, span: Span::default() }
    }

    fn name(text: &str) -> Expr {
        expr(ExprKind::Path(Path(vec![text.to_owned()])))
    }

    fn sum(how: Arith, left: Expr, right: Expr) -> Expr {
        expr(ExprKind::Arith(how, Box::new(left), Box::new(right)))
    }

    #[test]
    fn parentheses_are_there_exactly_where_needed() {
        let right = sum(Arith::Add, name("iova"), sum(Arith::Sub, name("length"), expr(ExprKind::Int(1))));
        assert_eq!(expr(ExprKind::Overflows(Box::new(right))).to_string(), "overflows(iova + (length - 1))");
        let left = sum(Arith::Mul, sum(Arith::Sub, name("a"), name("b")), name("c"));
        assert_eq!(left.to_string(), "(a - b) * c");
        let either = expr(ExprKind::Or(vec![name("x"), expr(ExprKind::And(vec![name("y"), name("z")]))]));
        assert_eq!(either.to_string(), "x || y && z");
        let both = expr(ExprKind::And(vec![either, name("w")]));
        assert_eq!(both.to_string(), "(x || y && z) && w");
        assert_eq!(expr(ExprKind::Not(Box::new(both))).to_string(), "!((x || y && z) && w)");
        // In Rust, unlike C, `&` binds more tightly than `==`.
        let masked = sum(Arith::And, name("flags"), name("mask"));
        let compared = ExprKind::Compare(Compare::Eq, Box::new(masked), Box::new(expr(ExprKind::Int(0))));
        assert_eq!(expr(compared).to_string(), "flags & mask == 0");
    }
}
