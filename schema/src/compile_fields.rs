//! The checks of single fields, down through unions and structs, and tables of allowed pairs.

use crate::checklist::{Cond, Op, Term};
use crate::codes;
use crate::compile::{About, Compiler, all, narrow};
use crate::diag::Diagnostic;
use crate::expr::Compare;
use crate::hash::IndexMap;
use crate::layout::{Placed, StructLayout, base};
use crate::model::{ArmWhen, Dir, EnumKind, Errno, Field, FlagKind, Path, Reserved, Role, Type, ValueType};
use crate::resolve::{Scope, Word, slot, widest};
use crate::source::Span;

/// Elements of an array that are judged one by one; of a longer one nobody would read the checks.
const MOST_ELEMENTS: u64 = 64;

/// Collects the checks of all fields.
pub(crate) struct Fields;

/// Where a walk is.
#[derive(Clone)]
struct At<'a, 'm> {
    prefix: String,
    base: u64,
    when: Vec<Cond>,
    /// The field whose type is the union that is walked, and what the names of its selector belong to.
    union: Option<(&'m Field, Scope<'a, 'm>)>,
}

/// The union that an arm belongs to.
struct Union<'l, 'a, 'm> {
    field: &'m Field,
    scope: &'l Scope<'a, 'm>,
    arms: Vec<&'m Field>,
}

impl Fields {
    /// In the order of the struct.
    pub(crate) fn of(compiler: &mut Compiler<'_, '_>) -> Vec<(About, Op)> {
        let mut steps = Vec::new();
        let at = At { prefix: String::new(), base: 0, when: Vec::new(), union: None };
        compiler.walk(compiler.def.meta.name.as_str(), &at, 0, &mut steps);
        steps
    }
}

impl<'a, 'm> Compiler<'a, 'm> {
    fn walk(&mut self, name: &str, at: &At<'a, 'm>, depth: usize, steps: &mut Vec<(About, Op)>) {
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
            let own = above.and_then(|when| self.looked_at(&scope, (laid, at), placed, when));
            if let Some(when) = &own {
                self.field(&scope, placed, when, depth, steps);
            }
            // What is judged as a whole is not judged in parts; elements written in place have no path, and those of a
            // flexible array lie beyond what is copied.
            let of = &placed.field.ty;
            let elements = !matches!(of, Type::Inline(_)) && matches!(base(of), Type::Inline(_));
            let fixed = elements && !matches!(of, Type::Flex(_));
            if fixed && own.is_some() && placed.field.reserved.is_none() && judges(of) {
                self.too_many(&placed.path, placed.field);
            }
            conds.push(own.filter(|_| placed.field.reserved.is_none() && !elements));
        }
        if depth > 0 {
            for rule in &laid.def.rules {
                steps.extend(self.judged(&scope, &at.when, rule));
            }
        }
    }

    fn too_many(&mut self, path: &str, field: &Field) {
        let message = format!("the elements of `{path}` cannot be judged one by one");
        let help = format!(
            "at most {MOST_ELEMENTS} are, of a number or a struct with a name; say `unchecked`, or use `points_to`"
        );
        self.found.push(Diagnostic::new(codes::AZ0505, field.meta.span, message).help(help));
    }

    /// The conditions under which a field is looked at; `None` if never.
    fn looked_at(
        &mut self,
        scope: &Scope<'a, 'm>,
        (laid, at): (&StructLayout<'m>, &At<'a, 'm>),
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
            let arms =
                laid.fields.iter().filter(|other| other.parent == placed.parent).map(|other| other.field).collect();
            let (field_of, scope) = match (placed.parent, &at.union) {
                (Some(parent), _) => (laid.fields[parent].field, scope),
                (None, Some((field, scope))) => (*field, scope),
                // A union by itself: nobody can say which arm is meant.
                (None, None) => return None,
            };
            let cond = self.arm(&Union { field: field_of, scope, arms }, field)?;
            when.extend(Some(cond).filter(|cond| *cond != Cond::True));
        }
        if let Some(cond) = &field.when {
            when.push(self.cond_in(scope, cond)?);
        }
        Some(when)
    }

    /// When an arm is the active one: always, if it does not say.
    fn arm(&mut self, union: &Union<'_, 'a, 'm>, arm: &Field) -> Option<Cond> {
        match arm.arm.as_deref() {
            None => Some(Cond::True),
            Some(ArmWhen::Cond(cond)) => self.cond_in(union.scope, cond),
            Some(ArmWhen::Values(values)) => self.selected(union, values, arm.meta.span),
            Some(ArmWhen::Default) => {
                let mut taken = union.field.none.clone();
                for other in &union.arms {
                    if let Some(ArmWhen::Values(values)) = other.arm.as_deref() {
                        taken.extend(values.iter().cloned());
                    }
                }
                self.selected(union, &taken, arm.meta.span).map(|others| Cond::Not(Box::new(others)))
            }
        }
    }

    fn selected(&mut self, union: &Union<'_, 'a, 'm>, names: &[(String, Span)], at: Span) -> Option<Cond> {
        let word = union.field.selector.as_ref().and_then(|(path, _)| union.scope.word(path));
        let Some(word) = word else {
            let message = "an arm is chosen by value, but its union has no selector that is a number";
            self.found.push(Diagnostic::new(codes::AZ0503, at, message));
            return None;
        };
        one_of(union.scope, &word, names).map_err(|finding| self.found.push(finding)).ok()
    }

    fn field(
        &mut self,
        scope: &Scope<'a, 'm>,
        placed: &Placed<'m>,
        when: &[Cond],
        depth: usize,
        steps: &mut Vec<(About, Op)>,
    ) {
        let field = placed.field;
        let path = [&*scope.prefix, &placed.path].concat();
        let offset = scope.base + placed.offset;
        if field.reserved == Some(Reserved::Zero) {
            let op = Op::Zero { from: narrow(offset), to: narrow(offset + placed.size) };
            let errno = self.layouts.model.header.errno.reserved;
            let id = if placed.is_unnamed() { format!("{path}reserved-{offset}") } else { path.clone() };
            let why = ["`", &id, "` is reserved: it must be zero"].concat();
            steps.push((about(field, id, path, offset, errno, why, when), op));
            return;
        }
        self.typed(scope, field, &field.ty, (&path, offset, placed.size), when, (depth, steps));
    }

    /// A struct, or an array element by element.
    fn typed(
        &mut self,
        scope: &Scope<'a, 'm>,
        field: &'m Field,
        ty: &'m Type,
        (path, offset, size): (&str, u64, u64),
        when: &[Cond],
        (depth, steps): (usize, &mut Vec<(About, Op)>),
    ) {
        match ty {
            Type::Prim(prim) => {
                if let Some(slot) = slot(*prim, path.to_owned(), offset, size) {
                    let values = field.values.as_ref().map(|(values, _)| values.clone());
                    self.number(field, &Word { slot, values }, when, steps);
                }
            }
            Type::Named(name) => {
                let union = Some((field, scope.clone()));
                let at = At { prefix: format!("{path}."), base: offset, when: when.to_vec(), union };
                self.walk(name, &at, depth + 1, steps);
            }
            Type::Array(of, n) if *n > 0 => {
                let size = size / n;
                for i in 0..(*n).min(MOST_ELEMENTS) {
                    let before = steps.len();
                    let place = (format!("{path}[{i}]"), offset + i * size);
                    self.typed(scope, field, of, (&place.0, place.1, size), when, (depth, steps));
                    if steps.len() == before {
                        return;
                    }
                }
                if *n > MOST_ELEMENTS {
                    self.too_many(path, field);
                }
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
            let id = [&*path, suffix].concat();
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
            return Some((errno, ["`", path, "` must be ", &texts].concat(), Op::OneOf { slot: slot(), ranges }));
        }
        match word.values.as_ref()? {
            ValueType::Flags(name) => {
                let allowed = model.find_flags(name)?.mask();
                let why = ["`", path, "` must have no bit that ", name, " lacks"].concat();
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
    let when = all(when.to_vec());
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

/// Whether anything inside a type written in place asks to be judged.
fn judges(ty: &Type) -> bool {
    match base(ty) {
        Type::Inline(inline) => inline.fields.iter().any(|field| {
            let asks = field.accepts.is_some() || field.values.is_some() || field.range.is_some();
            let own = asks || field.align.is_some() || field.reserved == Some(Reserved::Zero);
            field.dir != Dir::Out && field.unchecked.is_none() && (own || judges(&field.ty))
        }),
        // A struct with a name: it may.
        Type::Named(_) => true,
        _ => false,
    }
}

/// The word has one of these values.
pub(crate) fn one_of(scope: &Scope<'_, '_>, word: &Word, names: &[(String, Span)]) -> Result<Cond, Diagnostic> {
    let mut any = Vec::new();
    for (name, at) in names {
        let Some(value) = scope.constant(name, word.values.as_ref()) else {
            let message = format!("`{}` has no value `{name}`", word.slot.path);
            return Err(Diagnostic::new(codes::AZ0502, *at, message));
        };
        any.push(equals(word, value));
    }
    Ok(one_or(any))
}

fn one_or(mut any: Vec<Cond>) -> Cond {
    if any.len() == 1 { any.remove(0) } else { Cond::Any(any) }
}

fn equals(word: &Word, value: u64) -> Cond {
    let term =
        if word.slot.signed { Term::Signed(value.cast_signed()) } else { Term::Int(value & widest(word.slot.width)) };
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

/// When a pair of values is not in the table. A side is a value of an enum, or a bit of a set of flags: then every bit
/// that is set must go with the other side. What no member is, is refused with the field itself, or here if that is
/// not judged.
pub(crate) fn combine(
    scope: &Scope<'_, '_>,
    rows: &Path,
    columns: &Path,
    allowed: &IndexMap<String, Vec<String>>,
    at: Span,
) -> Result<Cond, Diagnostic> {
    let (row, column) = (Side::new(scope, rows, at)?, Side::new(scope, columns, at)?);
    let wrong = |side: &Side, name: &str| {
        Diagnostic::new(codes::AZ0502, at, format!("`{}` has no value `{name}`", side.word.slot.path))
    };
    if let Some(name) = allowed.keys().find(|name| !row.has(name)) {
        return Err(wrong(&row, name));
    }
    if let Some(name) = allowed.values().flatten().find(|name| !column.has(name)) {
        return Err(wrong(&column, name));
    }
    let mut refused = Vec::new();
    for (names, value) in &row.members {
        let goes = names.iter().find_map(|name| allowed.get(*name)).map_or(&[][..], Vec::as_slice);
        let goes = |names: &[&str; 2]| goes.iter().any(|name| names.contains(&name.as_str()));
        if let Some(outside) = column.outside(goes) {
            refused.push(all(vec![row.any(&[*value]), outside]));
        }
    }
    if row.open {
        refused.extend(row.outside(|_| true));
    }
    Ok(one_or(refused))
}

/// One side of a table: each member with its key and C name.
struct Side<'m> {
    word: Word,
    members: Vec<([&'m str; 2], u64)>,
    bits: bool,
    /// Whether nobody else refuses what is no member.
    open: bool,
}

impl<'m> Side<'m> {
    fn new(scope: &Scope<'_, 'm>, path: &Path, at: Span) -> Result<Self, Diagnostic> {
        let message = || format!("`{path}` is no number of `{}`", scope.strct);
        let word = scope.word(path).ok_or_else(|| Diagnostic::new(codes::AZ0502, at, message()))?;
        let model = scope.layouts.model;
        let field = scope.layouts.locate(scope.strct, path).map(|found| found.field);
        let mut open = field.is_none_or(|field| field.unchecked.is_some() || field.dir == Dir::Out);
        let (bits, members) = match &word.values {
            Some(ValueType::Flags(name)) => {
                let members = model.find_flags(name).map_or(&[][..], |flags| flags.members.as_slice());
                let bits = members.iter().filter(|member| matches!(member.kind, FlagKind::Bit(_)));
                (true, bits.map(|member| ([member.key.as_str(), &member.meta.name], member.value)).collect())
            }
            Some(ValueType::Enum(name)) => {
                let members = model.find_enum(name).map_or(&[][..], |values| values.members.as_slice());
                let real = members.iter().filter(|member| member.kind == EnumKind::Value);
                let value = |value: i64| value.cast_unsigned();
                open |= model.find_enum(name).is_some_and(|values| values.open);
                (false, real.map(|member| ([member.key.as_str(), &member.meta.name], value(member.value))).collect())
            }
            None => {
                let message = format!("`{path}` has neither flags nor an enum: a table has no names for its values");
                return Err(Diagnostic::new(codes::AZ0503, at, message));
            }
        };
        Ok(Self { word, members, bits, open })
    }

    /// Something else than these members is there; `None` if that cannot be.
    fn outside(&self, these: impl Fn(&[&str; 2]) -> bool) -> Option<Cond> {
        let values = |wanted: bool| -> Vec<u64> {
            self.members.iter().filter(|(names, _)| these(names) == wanted).map(|(_, value)| *value).collect()
        };
        if !self.open {
            return Some(values(false)).filter(|others| !others.is_empty()).map(|others| self.any(&others));
        }
        if !self.bits {
            return Some(Cond::Not(Box::new(one_or(
                values(true).iter().map(|value| equals(&self.word, *value)).collect(),
            ))));
        }
        let mask = widest(self.word.slot.width) & !values(true).iter().fold(0, |mask, value| mask | value);
        let none = Cond::Bits { word: self.word.slot.clone(), mask, value: 0 };
        (mask != 0).then(|| Cond::Not(Box::new(none)))
    }

    fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(names, _)| names.contains(&name))
    }

    /// One of these members is there.
    fn any(&self, values: &[u64]) -> Cond {
        if !self.bits {
            return one_or(values.iter().map(|value| equals(&self.word, *value)).collect());
        }
        let (word, mask) = (self.word.slot.clone(), values.iter().fold(0, |mask, value| mask | value));
        match values {
            [_] => Cond::Bits { word, mask, value: mask },
            _ => Cond::Not(Box::new(Cond::Bits { word, mask, value: 0 })),
        }
    }
}
