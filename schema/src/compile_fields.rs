//! The checks of single fields, down through unions and structs, and tables of allowed pairs.

use indexmap::IndexMap;

use crate::checklist::{Cond, Op, Term};
use crate::codes;
use crate::compile::{About, Compiler, narrow};
use crate::diag::Diagnostic;
use crate::expr::Compare;
use crate::layout::{Placed, StructLayout};
use crate::model::{ArmWhen, Dir, Errno, Field, Inline, Path, Reserved, Role, Type, ValueType};
use crate::resolve::{Scope, Word, slot, widest};
use crate::source::Span;

/// Elements of an array that are judged one by one; of a longer one nobody would read the checks.
const MOST_ELEMENTS: u64 = 64;

/// Collects the checks of all fields.
pub(crate) struct Fields;

/// Where a walk is.
#[derive(Clone)]
struct At {
    prefix: String,
    base: u64,
    when: Vec<Cond>,
}

impl Fields {
    /// In the order of the struct.
    pub(crate) fn of(compiler: &mut Compiler<'_, '_>) -> Vec<(About, Op)> {
        let mut steps = Vec::new();
        let at = At { prefix: String::new(), base: 0, when: Vec::new() };
        compiler.walk(compiler.def.meta.name.as_str(), &at, 0, &mut steps);
        steps
    }
}

impl<'m> Compiler<'_, 'm> {
    fn walk(&mut self, name: &str, at: &At, depth: usize, steps: &mut Vec<(About, Op)>) {
        let Some(laid) = self.layouts.structs.get(name).filter(|_| depth < 32) else { return };
        let scope = Scope {
            layouts: self.layouts,
            strct: laid.def.meta.name.as_str(),
            prefix: at.prefix.clone(),
            base: at.base,
        };
        // For each field the conditions under which it is looked at; `None` if nobody looks.
        let mut conds: Vec<Option<Vec<Cond>>> = Vec::with_capacity(laid.fields.len());
        for placed in &laid.fields {
            let above = placed.parent.map_or(Some(at.when.clone()), |parent| conds[parent].clone());
            let own = above.and_then(|when| self.looked_at(&scope, laid, placed, when));
            if let Some(when) = &own {
                self.field(&scope, placed, when, depth, steps);
            }
            // What is judged as a whole is not judged in parts.
            let whole = placed.field.reserved.is_some() || placed.field.unchecked.is_some();
            conds.push(own.filter(|_| !whole));
        }
    }

    /// The conditions under which a field is looked at; `None` if never.
    fn looked_at(
        &mut self,
        scope: &Scope<'_, '_>,
        laid: &StructLayout<'m>,
        placed: &Placed<'m>,
        mut when: Vec<Cond>,
    ) -> Option<Vec<Cond>> {
        let field = placed.field;
        if field.dir == Dir::Out || field.unchecked.is_some() || field.reserved == Some(Reserved::Ignored) {
            return None;
        }
        if placed.in_union {
            if field.reserved.is_some() {
                // It only fixes the size of the union.
                return None;
            }
            let union = placed.parent.map(|parent| laid.fields[parent].field);
            when.extend(Some(self.arm(scope, union, field)?).filter(|cond| *cond != Cond::True));
        }
        if let Some(cond) = &field.when {
            when.push(self.cond_in(scope, cond)?);
        }
        Some(when)
    }

    /// When an arm is the active one: nothing if it is always there.
    fn arm(&mut self, scope: &Scope<'_, '_>, union: Option<&'m Field>, arm: &Field) -> Option<Cond> {
        match (&arm.arm, union) {
            (None, _) => Some(Cond::True),
            (Some(ArmWhen::Cond(cond)), _) => self.cond_in(scope, cond),
            (Some(ArmWhen::Values(values)), union) => {
                let word = self.selector(scope, union, arm.meta.span)?;
                self.is_one_of(scope, &word, values)
            }
            (Some(ArmWhen::Default), union) => {
                let word = self.selector(scope, union, arm.meta.span)?;
                let arms = union.map(|union| match &union.ty {
                    Type::Inline(inline) => siblings(inline),
                    _ => Vec::new(),
                });
                let mut taken = arms.unwrap_or_default();
                taken.extend(union.map(|union| union.none.clone()).unwrap_or_default());
                self.is_one_of(scope, &word, &taken).map(|others| Cond::Not(Box::new(others)))
            }
        }
    }

    fn selector(&mut self, scope: &Scope<'_, '_>, union: Option<&Field>, span: Span) -> Option<Word> {
        let word = union.and_then(|union| union.selector.as_ref()).and_then(|(path, _)| scope.word(path));
        if word.is_none() {
            let message = "an arm is chosen by value, but its union has no selector that is a number";
            self.found.push(Diagnostic::new(codes::AZ0503, span, message));
        }
        word
    }

    fn is_one_of(&mut self, scope: &Scope<'_, '_>, word: &Word, names: &[(String, Span)]) -> Option<Cond> {
        let mut any = Vec::new();
        for (name, at) in names {
            let Some(value) = scope.constant(name, word.values.as_ref()) else {
                let message = format!("`{}` has no value `{name}`", word.slot.path);
                self.found.push(Diagnostic::new(codes::AZ0502, *at, message));
                return None;
            };
            any.push(equals(word, value));
        }
        Some(if any.len() == 1 { any.remove(0) } else { Cond::Any(any) })
    }

    fn field(
        &mut self,
        scope: &Scope<'_, '_>,
        placed: &Placed<'m>,
        when: &[Cond],
        depth: usize,
        steps: &mut Vec<(About, Op)>,
    ) {
        let field = placed.field;
        let path = format!("{}{}", scope.prefix, placed.path);
        let offset = scope.base + placed.offset;
        if field.reserved == Some(Reserved::Zero) {
            let op = Op::Zero { from: narrow(offset), to: narrow(offset + placed.size) };
            let errno = self.layouts.model.header.errno.reserved;
            let id = if placed.is_unnamed() { format!("{path}reserved-{offset}") } else { path.clone() };
            let why = format!("`{id}` is reserved: it must be zero");
            steps.push((about(field, id, path, offset, errno, why, when), op));
            return;
        }
        match &field.ty {
            Type::Prim(prim) => {
                if let Some(slot) = slot(*prim, path, offset, placed.size) {
                    let values = field.values.as_ref().map(|(values, _)| values.clone());
                    self.number(field, &Word { slot, values }, when, steps);
                }
            }
            Type::Named(name) => {
                let at = At { prefix: format!("{path}."), base: offset, when: when.to_vec() };
                self.walk(name, &at, depth + 1, steps);
            }
            Type::Array(of, n) if *n <= MOST_ELEMENTS && *n > 0 => {
                let size = placed.size / n;
                for i in 0..*n {
                    self.element(field, of, &format!("{path}[{i}]"), offset + i * size, size, when, (depth, steps));
                }
            }
            Type::Array(..) | Type::Flex(_) | Type::Inline(_) => {}
        }
    }

    #[expect(clippy::too_many_arguments, reason = "an element is a field whose place is known in parts")]
    fn element(
        &mut self,
        field: &Field,
        of: &Type,
        path: &str,
        offset: u64,
        size: u64,
        when: &[Cond],
        (depth, steps): (usize, &mut Vec<(About, Op)>),
    ) {
        match of {
            Type::Prim(prim) => {
                if let Some(slot) = slot(*prim, path.to_owned(), offset, size) {
                    let values = field.values.as_ref().map(|(values, _)| values.clone());
                    self.number(field, &Word { slot, values }, when, steps);
                }
            }
            Type::Named(name) => {
                let at = At { prefix: format!("{path}."), base: offset, when: when.to_vec() };
                self.walk(name, &at, depth + 1, steps);
            }
            Type::Array(..) | Type::Flex(_) | Type::Inline(_) => {}
        }
    }

    /// The checks of a number: what it accepts, its flags or enum, its range, its alignment.
    fn number(&mut self, field: &Field, word: &Word, when: &[Cond], steps: &mut Vec<(About, Op)>) {
        if matches!(field.role, Some(Role::Argsz | Role::Size)) {
            return;
        }
        let (path, offset) = (word.slot.path.clone(), u64::from(word.slot.offset));
        let mut push = |suffix: &str, errno: Errno, why: String, op: Op| {
            let id = format!("{path}{suffix}");
            steps.push((about(field, id, path.clone(), offset, errno, why, when), op));
        };
        if let Some((errno, why, op)) = self.values(field, word) {
            push("", errno, why, op);
        }
        let errno = self.layouts.model.header.errno.range;
        if let Some((low, high)) = field.range {
            let op = Op::OneOf { slot: word.slot.clone(), ranges: vec![(low, high)] };
            push("-range", errno, format!("`{}` must lie in {low}..={high}", word.slot.path), op);
        }
        if let Some(to) = field.align.filter(|to| *to > 1) {
            let why = format!("`{}` must be a multiple of {to}", word.slot.path);
            push("-align", errno, why, Op::Aligned { slot: word.slot.clone(), to });
        }
    }

    fn values(&self, field: &Field, word: &Word) -> Option<(Errno, String, Op)> {
        let model = self.layouts.model;
        let errno = &model.header.errno;
        let slot = || word.slot.clone();
        let path = &word.slot.path;
        let is_flags = matches!(word.values, Some(ValueType::Flags(_)));
        if let Some(accepts) = &field.accepts {
            let texts = accepts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(", ");
            if is_flags {
                let allowed = accepts.iter().fold(0, |mask, (bits, _)| mask | bits);
                let why = if texts.is_empty() {
                    format!("`{path}` must be 0")
                } else {
                    format!("`{path}` has no flags but {texts}")
                };
                return Some((errno.flags, why, Op::Mask { slot: slot(), allowed }));
            }
            let ranges = merged(accepts.iter().map(|(value, _)| *value).collect(), word);
            let errno = match (field.role, &word.values) {
                (Some(Role::Version), _) => errno.version,
                (_, Some(ValueType::Enum(_))) => errno.enumeration,
                _ => errno.range,
            };
            return Some((errno, format!("`{path}` must be {texts}"), Op::OneOf { slot: slot(), ranges }));
        }
        match word.values.as_ref()? {
            ValueType::Flags(name) => {
                let allowed = model.find_flags(name)?.mask();
                let why = format!("`{path}` must have no bit that {name} lacks");
                let all = allowed & widest(word.slot.width) == widest(word.slot.width);
                (!all).then(|| (errno.flags, why, Op::Mask { slot: slot(), allowed }))
            }
            ValueType::Enum(name) => {
                let set = model.find_enum(name)?;
                if set.open {
                    return None;
                }
                let ranges = merged(set.values().into_iter().map(i64::cast_unsigned).collect(), word);
                Some((
                    errno.enumeration,
                    format!("`{path}` must be a value of {name}"),
                    Op::OneOf { slot: slot(), ranges },
                ))
            }
        }
    }
}

fn about(field: &Field, id: String, path: String, offset: u64, errno: Errno, why: String, when: &[Cond]) -> About {
    let when = match when {
        [] => Cond::True,
        [one] => one.clone(),
        several => Cond::All(several.to_vec()),
    };
    About {
        id,
        errno: field.errno.unwrap_or(errno),
        field: path,
        offset,
        why,
        after_lookup: field.after_lookup,
        when,
        span: field.meta.span,
    }
}

/// Values that some arm of the union has.
fn siblings(inline: &Inline) -> Vec<(String, Span)> {
    let values = inline.fields.iter().filter_map(|arm| match &arm.arm {
        Some(ArmWhen::Values(values)) => Some(values.clone()),
        _ => None,
    });
    values.flatten().collect()
}

fn equals(word: &Word, value: u64) -> Cond {
    let term = if word.slot.signed { Term::Signed(value.cast_signed()) } else { Term::Int(value) };
    Cond::Compare(Compare::Eq, Term::Slot(word.slot.clone()), term)
}

/// Values as inclusive ranges, ascending and disjoint; as the word has them.
fn merged(mut values: Vec<u64>, word: &Word) -> Vec<(u64, u64)> {
    if word.slot.signed {
        values.sort_unstable_by_key(|value| value.cast_signed());
    } else {
        let widest = widest(word.slot.width);
        for value in &mut values {
            *value &= widest;
        }
        values.sort_unstable();
    }
    values.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for value in values {
        match ranges.last_mut() {
            Some((_, high)) if high.wrapping_add(1) == value => *high = value,
            _ => ranges.push((value, value)),
        }
    }
    ranges
}

/// When a pair of values is not in the table. A row is a value of an enum, or a bit of a set of flags: then every bit
/// that is set must go with the column.
pub(crate) fn combine(
    scope: &Scope<'_, '_>,
    rows: &Path,
    columns: &Path,
    allowed: &IndexMap<String, Vec<String>>,
    at: Span,
) -> Result<Cond, Diagnostic> {
    let word = |path: &Path| {
        let message = || format!("`{path}` is no number of `{}`", scope.strct);
        scope.word(path).ok_or_else(|| Diagnostic::new(codes::AZ0502, at, message()))
    };
    let (row, column) = (word(rows)?, word(columns)?);
    let value = |word: &Word, name: &str| {
        let message = || format!("`{}` has no value `{name}`", word.slot.path);
        scope.constant(name, word.values.as_ref()).ok_or_else(|| Diagnostic::new(codes::AZ0502, at, message()))
    };
    let is_flags = matches!(row.values, Some(ValueType::Flags(_)));
    let mut refused = Vec::new();
    let mut listed = Vec::new();
    for (name, columns) in allowed {
        let bits = value(&row, name)?;
        let is_row =
            if is_flags { Cond::Bits { word: row.slot.clone(), mask: bits, value: bits } } else { equals(&row, bits) };
        let goes = columns.iter().map(|name| Ok(equals(&column, value(&column, name)?)));
        let goes = Cond::Any(goes.collect::<Result<_, Diagnostic>>()?);
        listed.push((bits, is_row.clone()));
        refused.push(Cond::All(vec![is_row, Cond::Not(Box::new(goes))]));
    }
    if is_flags {
        let mask = listed.iter().fold(0, |mask, (bits, _)| mask | bits);
        let others = !mask & widest(row.slot.width);
        refused.push(Cond::Not(Box::new(Cond::Bits { word: row.slot, mask: others, value: 0 })));
    } else {
        refused.push(Cond::Not(Box::new(Cond::Any(listed.into_iter().map(|(_, is_row)| is_row).collect()))));
    }
    Ok(Cond::Any(refused))
}
