//! Walks a struct over its bytes.

use argsz_schema::bit_fields::{self, Part};
use argsz_schema::expr::Expr;
use argsz_schema::interp::Held;
use argsz_schema::layout::{Placed, StructLayout};
use argsz_schema::model::{ArmWhen, Dir, Field, Prim, Reserved, Type, ValueType};
use argsz_schema::resolve::{self, Scope, Word, slot};

use super::{Line, Provided, Question, Value, meaning};

/// Elements of an array of structs that are shown one by one.
const MOST_ELEMENTS: u64 = 64;
/// Structs inside structs that are followed.
const DEEPEST: usize = 32;

/// Every field.
pub(super) fn lines(question: &Question<'_>, held: &[u8], provided: u64) -> Vec<Line> {
    let held = Held { target: question.layouts.target, bytes: held };
    let mut walk = Walk { question, held, provided, lines: Vec::new() };
    walk.named(&question.list.name, &At::default());
    walk.lines
}

/// Where a walk is.
#[derive(Clone, Default)]
struct At {
    prefix: String,
    base: u64,
    depth: usize,
    /// Why nobody looks, if so.
    unseen: Option<String>,
    /// The scope and field of a union that is an item, for its arms.
    union: Option<(String, String, u64, Field)>,
}

struct Walk<'a> {
    question: &'a Question<'a>,
    held: Held<'a>,
    provided: u64,
    lines: Vec<Line>,
}

impl Walk<'_> {
    fn named(&mut self, name: &str, at: &At) {
        let question = self.question;
        let Some(laid) = question.layouts.structs.get(name).filter(|_| at.depth < DEEPEST) else { return };
        let scope = Scope { layouts: question.layouts, strct: name, prefix: at.prefix.clone(), base: at.base };
        // Of every field whether it is shown, how deep it stands, and why nobody looks.
        let mut shown: Vec<Option<(usize, Option<String>)>> = Vec::with_capacity(laid.fields.len());
        for (place, placed) in laid.fields.iter().enumerate() {
            let above = match placed.parent {
                Some(parent) => shown[parent].clone(),
                None => Some((at.depth, at.unseen.clone())),
            };
            let own =
                above.filter(|_| !placed.in_union && !laid.def.is_union || self.is_active(&scope, laid, placed, at));
            shown.push(own.map(|(depth, unseen)| {
                let unseen = unseen.or_else(|| self.unseen(&scope, placed));
                self.field(&scope, placed, depth, unseen.clone());
                if is_union(&placed.field.ty) && !self.any_arm(&scope, laid, place, at) {
                    self.no_arm(&scope, placed);
                }
                let inside = usize::from(!placed.is_unnamed());
                (depth + inside, unseen)
            }));
        }
    }

    fn any_arm(&self, scope: &Scope<'_, '_>, laid: &StructLayout<'_>, union: usize, at: &At) -> bool {
        let arms = laid.fields.iter().filter(|arm| arm.parent == Some(union));
        arms.into_iter().any(|arm| self.is_active(scope, laid, arm, at))
    }

    /// Says which value has no arm.
    fn no_arm(&mut self, scope: &Scope<'_, '_>, union: &Placed<'_>) {
        let selector = union.field.selector.as_ref();
        let word = selector.and_then(|(path, _)| scope.word(path));
        let text = match &word {
            Some(word) => {
                let value = self.held.unsigned(&word.slot);
                let name = meaning::of_number(self.question, word.values.as_ref(), None, value);
                let shown = if name.is_empty() { value.to_string() } else { name };
                format!("no arm: `{}` is {shown}", word.slot.path)
            }
            None => "no arm is active".to_owned(),
        };
        let path = format!("{}{}", scope.prefix, union.path);
        let offset = scope.base + union.offset;
        match self.lines.last_mut().filter(|line| line.path == path && line.offset == offset) {
            Some(line) => line.meaning = text,
            None => self.lines.push(Line {
                path: if union.is_unnamed() { format!("{path}(union)") } else { path },
                offset,
                size: union.size,
                depth: 0,
                value: Value::Group,
                meaning: text,
                unseen: None,
                provided: self.reach(offset, union.size),
                bits: None,
            }),
        }
    }

    /// Whether an arm is what the bytes are.
    fn is_active(&self, scope: &Scope<'_, '_>, laid: &StructLayout<'_>, arm: &Placed<'_>, at: &At) -> bool {
        let reserved = arm.field.reserved.is_some();
        let union = match (arm.parent, &at.union) {
            (Some(parent), _) => Some((scope.clone(), laid.fields[parent].field)),
            (None, Some((strct, prefix, base, field))) => {
                let scope = Scope { layouts: scope.layouts, strct, prefix: prefix.clone(), base: *base };
                Some((scope, field))
            }
            (None, None) => None,
        };
        match (arm.field.arm.as_deref(), union) {
            (None, _) => !reserved,
            (Some(ArmWhen::Cond(expr)), union) => {
                let scope = union.map_or_else(|| scope.clone(), |(scope, _)| scope);
                resolve::cond(&scope, expr).is_ok_and(|cond| self.held.holds(&cond))
            }
            (Some(ArmWhen::Values(values)), Some((scope, union))) => {
                self.selected(&scope, union, values.iter().map(|(name, _)| name.as_str())).unwrap_or(false)
            }
            (Some(ArmWhen::Default), Some((scope, union))) => {
                let arms: Vec<&Field> = match (&union.ty, arm.parent) {
                    (Type::Inline(inline), _) => inline.fields.iter().collect(),
                    _ => laid.fields.iter().filter(|field| field.parent.is_none()).map(|field| field.field).collect(),
                };
                let values = arms.into_iter().filter_map(|arm| match arm.arm.as_deref() {
                    Some(ArmWhen::Values(values)) => Some(values),
                    _ => None,
                });
                let names = values.flatten().chain(&union.none).map(|(name, _)| name.as_str());
                self.selected(&scope, union, names).is_some_and(|taken| !taken)
            }
            (Some(_), None) => false,
        }
    }

    /// Whether the selector of a union has one of these values.
    fn selected<'n>(
        &self,
        scope: &Scope<'_, '_>,
        union: &Field,
        mut names: impl Iterator<Item = &'n str>,
    ) -> Option<bool> {
        let Word { slot, values } = scope.word(&union.selector.as_ref()?.0)?;
        let (value, mask) = (self.held.unsigned(&slot), resolve::widest(slot.width));
        Some(names.any(|name| scope.constant(name, values.as_ref()).is_some_and(|of| of & mask == value)))
    }

    fn unseen(&self, scope: &Scope<'_, '_>, placed: &Placed<'_>) -> Option<String> {
        let field = placed.field;
        if field.dir == Dir::Out {
            return Some("the kernel writes it and does not look".to_owned());
        }
        if field.reserved == Some(Reserved::Ignored) {
            return Some("nobody looks".to_owned());
        }
        let asleep = |when: &&Expr| resolve::cond(scope, when).is_ok_and(|cond| !self.held.holds(&cond));
        if let Some(when) = field.when.as_deref().filter(asleep) {
            return Some(format!("looked at only when {when}"));
        }
        let path = format!("{}{}", scope.prefix, placed.path);
        let judged = self.question.list.steps.iter().any(|step| step.field == path);
        field.unchecked.as_ref().filter(|_| !judged).map(|reason| format!("not judged: {reason}"))
    }

    fn field(&mut self, scope: &Scope<'_, '_>, placed: &Placed<'_>, depth: usize, unseen: Option<String>) {
        if placed.is_unnamed() && placed.field.reserved.is_none() {
            return;
        }
        let field = placed.field;
        let path = format!("{}{}", scope.prefix, placed.path);
        let offset = scope.base + placed.offset;
        let line = |value| Line {
            path: path.clone(),
            offset,
            size: placed.size,
            depth,
            value,
            meaning: String::new(),
            unseen: unseen.clone(),
            provided: self.reach(offset, placed.size),
            bits: None,
        };
        match &field.ty {
            Type::Prim(prim) if field.reserved.is_none() => {
                if let Some(mut line) = self.number(field, *prim, line(Value::Group)) {
                    let signed = matches!(line.value, Value::Signed(_));
                    line.meaning = meaning::of_field(self.question, scope, field, raw(&line.value), signed, &self.held);
                    let parts = self.bit_fields(field, &line);
                    self.lines.push(line);
                    self.lines.extend(parts);
                }
            }
            Type::Named(name) if field.reserved.is_none() => {
                let line = line(Value::Group);
                self.lines.push(line);
                let union = (scope.strct.to_owned(), scope.prefix.clone(), scope.base, field.clone());
                let at = At { prefix: format!("{path}."), base: offset, depth: depth + 1, unseen, union: Some(union) };
                self.named(name, &at);
            }
            Type::Inline(_) if field.reserved.is_none() => {
                let line = line(Value::Group);
                self.lines.push(line);
            }
            Type::Array(of, count) if field.reserved.is_none() && matches!(**of, Type::Named(_)) => {
                let line = line(Value::Group);
                self.lines.push(line);
                let Type::Named(name) = &**of else { return };
                for index in 0..(*count).min(MOST_ELEMENTS) {
                    let base = offset + index * (placed.size / (*count).max(1));
                    let (prefix, unseen) = (format!("{path}[{index}]."), unseen.clone());
                    self.named(name, &At { prefix, base, depth: depth + 1, unseen, union: None });
                }
            }
            Type::Flex(_) => {
                let mut line = line(Value::Group);
                "a tail of its own: not a part of the bytes that are judged".clone_into(&mut line.meaning);
                self.lines.push(line);
            }
            _ => {
                let mut line = line(Value::Bytes(self.bytes(offset, placed.size)));
                line.meaning = meaning::of_bytes(field, &line.value);
                self.lines.push(line);
            }
        }
    }

    fn number(&self, field: &Field, prim: Prim, mut line: Line) -> Option<Line> {
        let slot = slot(prim, line.path.clone(), line.offset, line.size)?;
        line.value = match &field.values {
            Some((ValueType::Flags(_), _)) => Value::Flags(self.held.unsigned(&slot)),
            _ if slot.signed => Value::Signed(self.held.signed(&slot)),
            _ => Value::Unsigned(self.held.unsigned(&slot)),
        };
        Some(line)
    }

    /// The bit-fields of a number. C knows them as members of what the number stands in.
    fn bit_fields(&self, field: &Field, number: &Line) -> Vec<Line> {
        let around = number.path.rfind('.').map_or("", |dot| &number.path[..=dot]);
        let parts = bit_fields::parts(field, self.held.target.endian).into_iter();
        let line = |part: Part<'_>| Line {
            path: format!("{around}{}", part.name),
            depth: number.depth + 1,
            value: Value::Unsigned(part.of(raw(&number.value))),
            bits: Some((part.shift, part.width)),
            ..number.clone()
        };
        parts.map(line).collect()
    }

    fn bytes(&self, offset: u64, size: u64) -> Vec<u8> {
        let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        self.held.bytes.get(place(offset)..place(offset + size)).unwrap_or_default().to_vec()
    }

    fn reach(&self, offset: u64, size: u64) -> Provided {
        if offset + size <= self.provided {
            Provided::Whole
        } else if offset < self.provided {
            Provided::Part
        } else {
            Provided::Nothing
        }
    }
}

fn raw(value: &Value) -> u64 {
    match value {
        Value::Unsigned(value) | Value::Flags(value) => *value,
        Value::Signed(value) => value.cast_unsigned(),
        Value::Group | Value::Bytes(_) => 0,
    }
}

fn is_union(ty: &Type) -> bool {
    matches!(ty, Type::Inline(inline) if inline.is_union)
}
