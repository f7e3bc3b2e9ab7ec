//! Conditions with their names resolved: from paths and members to places and numbers.

use crate::checklist::{Cond, Slot, Term};
use crate::codes;
use crate::diag::Diagnostic;
use crate::expr::{Arith, Compare, Expr, ExprKind, Test};
use crate::layout::Layouts;
use crate::model::{ConstValue, EnumKind, Item, Path, Prim, PrimKind, Type, ValueType};
use crate::nearest::{did_you_mean, did_you_mean_or, nearest};
use crate::source::Span;

/// Where the names of a condition belong to: a struct, and its place in the one that is read.
#[derive(Clone, Debug)]
pub struct Scope<'a, 'm> {
    /// Where everything lies.
    pub layouts: &'a Layouts<'m>,
    /// The struct whose fields may be named.
    pub strct: &'a str,
    /// Its C path in the struct that is read, with a dot at the end; empty if it is that.
    pub prefix: String,
    /// Its offset there.
    pub base: u64,
}

/// A number's place, and what gives its values a meaning.
#[derive(Clone, Debug)]
pub struct Word {
    /// The place.
    pub slot: Slot,
    /// The flags or enum.
    pub values: Option<ValueType>,
}

/// Whether it is true or false, and no number.
fn is_condition(expr: &Expr) -> bool {
    !matches!(expr.kind, ExprKind::Int(_) | ExprKind::Path(_) | ExprKind::Arith(..))
}

type Resolved<T> = Result<T, Box<Diagnostic>>;

fn err<T>(code: codes::Code, at: Span, message: String, help: Option<String>) -> Resolved<T> {
    let diagnostic = Diagnostic::new(code, at, message);
    Err(Box::new(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }))
}

/// Resolves a condition.
pub fn cond(scope: &Scope<'_, '_>, expr: &Expr) -> Result<Cond, Diagnostic> {
    scope.cond(expr).map_err(|diagnostic| *diagnostic)
}

impl Scope<'_, '_> {
    /// The number at a path, if that is what lies there.
    #[must_use]
    pub fn word(&self, path: &Path) -> Option<Word> {
        let found = self.layouts.locate(self.strct, path)?;
        let Type::Prim(prim) = &found.field.ty else { return None };
        if !found.field.bits.is_empty() {
            // C has no name for it.
            return None;
        }
        let slot = slot(*prim, [&*self.prefix, &found.path].concat(), self.base + found.offset, found.size)?;
        Some(Word { slot, values: found.field.values.as_ref().map(|(values, _)| values.clone()) })
    }

    fn cond(&self, expr: &Expr) -> Resolved<Cond> {
        match &expr.kind {
            ExprKind::Not(inner) => Ok(Cond::Not(Box::new(self.cond(inner)?))),
            ExprKind::And(parts) => parts.iter().map(|part| self.cond(part)).collect::<Resolved<_>>().map(Cond::All),
            ExprKind::Or(parts) => parts.iter().map(|part| self.cond(part)).collect::<Resolved<_>>().map(Cond::Any),
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right),
            ExprKind::Test(test, path, names) => self.test(*test, path, names, expr.span),
            ExprKind::Overflows(term) => Ok(Cond::Overflows(self.term(term, None)?)),
            ExprKind::FitsUlong(term) => Ok(Cond::FitsUlong(self.bounded(term, None)?)),
            ExprKind::Int(_) | ExprKind::Path(_) | ExprKind::Arith(..) => {
                err(codes::AZ0503, expr.span, "a number is not a condition".to_owned(), Some(self.condition_of(expr)))
            }
        }
    }

    /// The condition that was meant by a number.
    fn condition_of(&self, expr: &Expr) -> String {
        let bit = match &expr.kind {
            ExprKind::Arith(Arith::And, word, bit) => match (&word.kind, &bit.kind) {
                (ExprKind::Path(word), ExprKind::Path(bit)) if self.values_of(expr).is_some() => {
                    Some((word.clone(), bit))
                }
                _ => None,
            },
            ExprKind::Path(bit) if self.layouts.locate(self.strct, bit).is_none() => self.owner_of(bit).zip(Some(bit)),
            _ => None,
        };
        match bit {
            Some((word, bit)) => format!("ask for the bit: `{word}.has({bit})`"),
            None => "compare it with something: `!= 0`".to_owned(),
        }
    }

    /// The field whose flags have a member of that name.
    fn owner_of(&self, member: &Path) -> Option<Path> {
        let name = member.to_string();
        let fields = &self.layouts.structs.get(self.strct)?.fields;
        let owner = fields.iter().find(|field| match &field.field.values {
            Some((values @ ValueType::Flags(_), _)) => self.member(values, &name).is_some(),
            _ => false,
        });
        owner.map(|field| Path(field.path.split('.').map(str::to_owned).collect()))
    }

    fn compare(&self, op: Compare, left: &Expr, right: &Expr) -> Resolved<Cond> {
        let (a, b) = (self.values_of(left), self.values_of(right));
        let left_term = self.bounded(left, b.as_ref())?;
        let right_term = self.bounded(right, a.as_ref())?;
        let (left_term, right_term) = match (left_term, right_term) {
            (Term::Slot(slot), other) if slot.signed => (Term::Slot(slot), Term::Signed(literal(&other, right.span)?)),
            (other, Term::Slot(slot)) if slot.signed => (Term::Signed(literal(&other, left.span)?), Term::Slot(slot)),
            (Term::Arith(Arith::And, word, mask), Term::Int(value)) if matches!(op, Compare::Eq | Compare::Ne) => {
                match (*word, *mask) {
                    (Term::Slot(word), Term::Int(mask)) | (Term::Int(mask), Term::Slot(word)) => {
                        let bits = Cond::Bits { word, mask, value };
                        return Ok(if op == Compare::Eq { bits } else { Cond::Not(Box::new(bits)) });
                    }
                    (word, mask) => (Term::Arith(Arith::And, Box::new(word), Box::new(mask)), Term::Int(value)),
                }
            }
            both => both,
        };
        match (&left_term, &right_term) {
            (Term::Int(_) | Term::Signed(_), Term::Int(_) | Term::Signed(_)) => {
                err(codes::AZ0503, left.span, "two constants are compared".to_owned(), None)
            }
            (a, b) if interval(a).is_none() || interval(b).is_none() => {
                let message = "an unsigned number is compared with a negative one".to_owned();
                err(codes::AZ0503, left.span, message, None)
            }
            _ => Ok(Cond::Compare(op, left_term, right_term)),
        }
    }

    /// What gives the values of a side of a comparison a meaning.
    fn values_of(&self, expr: &Expr) -> Option<ValueType> {
        match &expr.kind {
            ExprKind::Path(path) => self.word(path)?.values,
            ExprKind::Arith(Arith::And, left, right) => self.values_of(left).or_else(|| self.values_of(right)),
            _ => None,
        }
    }

    /// A term whose arithmetic is proved to stay within u64.
    fn bounded(&self, expr: &Expr, values: Option<&ValueType>) -> Resolved<Term> {
        let term = self.term(expr, values)?;
        if let (Term::Arith(Arith::Sub, zero, _), None) = (&term, interval(&term)) {
            // `-1`, for a signed number to be compared with.
            if matches!(**zero, Term::Int(0)) {
                return Ok(term);
            }
        }
        match interval(&term) {
            Some(_) => Ok(term),
            None => err(
                codes::AZ0504,
                expr.span,
                format!("`{expr}` can leave 64 bits"),
                Some(
                    "say it without arithmetic, or refuse with `overflows(...)`, which looks at every step".to_owned(),
                ),
            ),
        }
    }

    fn term(&self, expr: &Expr, values: Option<&ValueType>) -> Resolved<Term> {
        match &expr.kind {
            ExprKind::Int(value) => Ok(Term::Int(*value)),
            ExprKind::Path(path) => self.name(path, values, expr.span),
            ExprKind::Arith(Arith::And, left, right) if is_condition(left) || is_condition(right) => {
                let help = Some("conditions are joined by `&&`".to_owned());
                err(codes::AZ0503, expr.span, "`&` joins bits of numbers, not conditions".to_owned(), help)
            }
            ExprKind::Arith(op, left, right) => {
                let of = self.values_of(expr);
                let left = self.term(left, of.as_ref())?;
                let right = self.term(right, of.as_ref())?;
                let signed = |term: &Term| matches!(term, Term::Slot(slot) if slot.signed);
                if signed(&left) || signed(&right) {
                    let message = "a signed number takes no part in arithmetic".to_owned();
                    return err(codes::AZ0503, expr.span, message, None);
                }
                Ok(Term::Arith(*op, Box::new(left), Box::new(right)))
            }
            _ => err(codes::AZ0503, expr.span, format!("`{expr}` is a condition, not a number"), None),
        }
    }

    /// A field, or a constant of some kind.
    fn name(&self, path: &Path, values: Option<&ValueType>, at: Span) -> Resolved<Term> {
        if let Some(word) = self.word(path) {
            return Ok(Term::Slot(word.slot));
        }
        if self.layouts.locate(self.strct, path).is_some() {
            return err(codes::AZ0503, at, format!("`{path}` is not a number"), None);
        }
        let name = path.to_string();
        if let Some(value) = self.constant(&name, values) {
            return Ok(Term::Int(value));
        }
        let message = format!(
            "`{name}` is no field of `{}`, no member of what it is compared with, and no constant{}",
            self.strct,
            self.when()
        );
        let finding = Diagnostic::new(codes::AZ0502, at, message).absent(name.as_str());
        Err(Box::new(Diagnostic { help: self.suggestion(&name, values), ..finding }))
    }

    /// ` at 5.10`, where the history has more than one release.
    fn when(&self) -> String {
        let model = self.layouts.model;
        let releases = &model.header.releases;
        let name = model.release.and_then(|release| releases.get(usize::from(release.0)));
        name.filter(|_| releases.len() > 1).map(|name| format!(" at {name}")).unwrap_or_default()
    }

    /// A name near to a wrong one: of what it is compared with, of a field, of a constant.
    fn suggestion(&self, name: &str, values: Option<&ValueType>) -> Option<String> {
        let model = self.layouts.model;
        let keys = values.map(|values| self.keys(values)).unwrap_or_default();
        let laid = &self.layouts.structs.get(self.strct)?.fields;
        let fields = laid.iter().map(|field| &*field.path).filter(|path| !path.is_empty());
        let constants = model.items.iter().filter_map(|item| match item {
            Item::Const(constant) => Some(constant.meta.name.as_str()),
            _ => None,
        });
        let near = did_you_mean(name, keys.iter().map(String::as_str).chain(fields).chain(constants));
        near.or_else(|| self.inside_of_a_type(name))
    }

    /// A field near to the last of a path whose beginning is right, where the fields belong to a type of its own.
    fn inside_of_a_type(&self, name: &str) -> Option<String> {
        let (of, last) = name.rsplit_once('.')?;
        let of = Path(of.split('.').map(str::to_owned).collect());
        let Type::Named(ty) = &self.layouts.locate(self.strct, &of)?.field.ty else { return None };
        let fields = self.layouts.structs.get(ty.as_str())?.fields.iter().map(|field| &*field.path);
        nearest(last, fields.filter(|path| !path.is_empty())).map(|near| format!("did you mean `{of}.{near}`?"))
    }

    fn keys(&self, values: &ValueType) -> Vec<String> {
        let model = self.layouts.model;
        match values {
            ValueType::Flags(name) => {
                model.find_flags(name).map(|set| set.members.iter().map(|m| m.key.clone()).collect())
            }
            ValueType::Enum(name) => {
                model.find_enum(name).map(|set| set.members.iter().map(|m| m.key.clone()).collect())
            }
        }
        .unwrap_or_default()
    }

    /// The value of a name: a member of `values` by key or C name, a constant, or any member by its C name.
    #[must_use]
    pub fn constant(&self, name: &str, values: Option<&ValueType>) -> Option<u64> {
        if let Some(value) = values.and_then(|values| self.member(values, name)) {
            return Some(value);
        }
        if let Some(ConstValue::Int(value)) = self.layouts.model.find_const(name).map(|found| &found.value) {
            return u64::try_from(*value).ok();
        }
        self.layouts.model.items.iter().find_map(|item| match item {
            Item::Flags(set) => set.members.iter().find(|m| m.meta.name == name).map(|m| m.value),
            Item::Enum(set) => set.members.iter().find(|m| m.meta.name == name).map(|m| m.value.cast_unsigned()),
            _ => None,
        })
    }

    /// A member's value.
    #[must_use]
    pub fn member(&self, values: &ValueType, name: &str) -> Option<u64> {
        let model = self.layouts.model;
        match values {
            ValueType::Flags(set) => {
                let set = model.find_flags(set)?;
                set.members.iter().find(|m| m.key == name || m.meta.name == name).map(|m| m.value)
            }
            ValueType::Enum(set) => {
                let set = model.find_enum(set)?;
                set.members.iter().find(|m| m.key == name || m.meta.name == name).map(|m| m.value.cast_unsigned())
            }
        }
    }

    fn test(&self, test: Test, path: &Path, names: &[(String, Span)], at: Span) -> Resolved<Cond> {
        let Some(Word { slot, values }) = self.word(path) else {
            let there = self.layouts.locate(self.strct, path).is_some();
            let (code, what) = if there { (codes::AZ0503, "is not a number") } else { (codes::AZ0502, "is no field") };
            let help = self.suggestion(&path.to_string(), None);
            let finding = Diagnostic::new(
                code,
                at,
                format!("`{path}` {what}{}", if there { String::new() } else { self.when() }),
            );
            return Err(Box::new(Diagnostic { help, ..finding.absent(path.to_string()) }));
        };
        let mut numbers = Vec::new();
        for (name, at) in names {
            let Some(value) = self.constant(name, values.as_ref()) else {
                let Some(of) = &values else {
                    let help = Some("name the flags of the field: `flags = \"...\"`".to_owned());
                    return err(codes::AZ0502, *at, format!("`{path}` has no flags, so no member `{name}`"), help);
                };
                let keys = self.keys(of);
                let help = self.suggestion(name, Some(of));
                let help = help.or_else(|| did_you_mean_or(name, "its members are", keys.iter().map(String::as_str)));
                let message = format!("`{path}` has no member `{name}`{}", self.when());
                let finding = Diagnostic::new(codes::AZ0502, *at, message).absent(name.as_str());
                return Err(Box::new(Diagnostic { help, ..finding }));
            };
            numbers.push(value);
        }
        let mask = numbers.iter().fold(0, |mask, bits| mask | bits);
        let is_enum = matches!(values, Some(ValueType::Enum(_)));
        match test {
            Test::Known => self.known(slot, values.as_ref(), at),
            Test::Any if is_enum => {
                let one = |value| Cond::Compare(Compare::Eq, Term::Slot(slot.clone()), Term::Int(value));
                Ok(Cond::Any(numbers.into_iter().map(one).collect()))
            }
            _ if is_enum => {
                let help = Some("compare with `==`, or ask `any(A | B)`".to_owned());
                err(codes::AZ0503, at, format!("`{path}` is an enum: it has no bits to test"), help)
            }
            Test::Has => Ok(Cond::Bits { word: slot, mask, value: mask }),
            Test::Any => Ok(Cond::Not(Box::new(Cond::Bits { word: slot, mask, value: 0 }))),
            Test::Only => Ok(Cond::Bits { mask: !mask & widest(slot.width), word: slot, value: 0 }),
            Test::OneOf => Ok(Cond::OneBit { word: slot, mask }),
        }
    }

    fn known(&self, slot: Slot, values: Option<&ValueType>, at: Span) -> Resolved<Cond> {
        let model = self.layouts.model;
        match values {
            Some(ValueType::Flags(name)) if model.find_flags(name).is_some() => {
                let mask = model.find_flags(name).map_or(0, crate::model::Flags::mask);
                Ok(Cond::Bits { mask: !mask & widest(slot.width), word: slot, value: 0 })
            }
            Some(ValueType::Enum(name)) if model.find_enum(name).is_some() => {
                let members = model.find_enum(name).map(|set| set.members.as_slice()).unwrap_or_default();
                let known = members.iter().filter(|member| member.kind == EnumKind::Value);
                let value =
                    |value: i64| if slot.signed { Term::Signed(value) } else { Term::Int(value.cast_unsigned()) };
                let one = |of: i64| Cond::Compare(Compare::Eq, Term::Slot(slot.clone()), value(of));
                Ok(Cond::Any(known.map(|member| one(member.value)).collect()))
            }
            _ => {
                let message = format!("`{}` has no flags or enum that could be known", slot.path);
                err(codes::AZ0503, at, message, None)
            }
        }
    }
}

/// The place of a number.
#[must_use]
pub fn slot(prim: Prim, path: String, offset: u64, size: u64) -> Option<Slot> {
    Some(Slot {
        path,
        offset: u32::try_from(offset).ok()?,
        width: u8::try_from(size).ok().filter(|width| matches!(width, 1 | 2 | 4 | 8))?,
        order: prim.order,
        signed: matches!(prim.kind, PrimKind::Signed | PrimKind::Long),
    })
}

/// The largest number of that many bytes.
#[must_use]
pub fn widest(width: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(width.clamp(1, 8)))
}

/// A literal that a signed number is compared with.
fn literal(term: &Term, at: Span) -> Resolved<i64> {
    let value = match term {
        // Members of enums are kept by their bits.
        Term::Int(value) => Some(value.cast_signed()),
        Term::Signed(value) => Some(*value),
        Term::Arith(Arith::Sub, zero, value) => match (&**zero, &**value) {
            (Term::Int(0), Term::Int(value)) => 0_i64.checked_sub_unsigned(*value),
            _ => None,
        },
        _ => None,
    };
    match value {
        Some(value) => Ok(value),
        None => err(codes::AZ0503, at, "a signed number is compared with a literal only".to_owned(), None),
    }
}

/// The values a term can have; `None` if a step can leave u64.
fn interval(term: &Term) -> Option<(u64, u64)> {
    match term {
        Term::Int(value) => Some((*value, *value)),
        Term::Signed(_) => Some((0, u64::MAX)),
        Term::Slot(slot) => Some((0, widest(slot.width))),
        Term::Arith(op, left, right) => {
            let ((a, b), (c, d)) = (interval(left)?, interval(right)?);
            match op {
                Arith::Add => Some((a.checked_add(c)?, b.checked_add(d)?)),
                Arith::Sub => Some((a.checked_sub(d)?, b.checked_sub(c)?)),
                Arith::Mul => Some((a.checked_mul(c)?, b.checked_mul(d)?)),
                Arith::And => Some((0, b.min(d))),
            }
        }
    }
}
