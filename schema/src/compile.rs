//! From a struct to its check list.

use crate::checklist::{CheckList, Cond, Op, SizeFrom, Step, whole};
use crate::codes;
use crate::compile_fields::Fields;
use crate::diag::Diagnostic;
use crate::expr::Expr;
use crate::hash::HashSet;
use crate::layout::{Layouts, Placed};
use crate::model::{Errno, Grows, Path, Release, Role, Rule, RuleKind, Struct, Tail};
use crate::resolve::{self, Scope};
use crate::source::Span;

/// The check list of a struct, generic, or with a vendor's layer over it. Reports every rule that has no meaning.
pub fn compile(layouts: &Layouts<'_>, strct: &str, layer: Option<&str>) -> Result<CheckList, Vec<Diagnostic>> {
    let Some(laid) = layouts.structs.get(strct) else {
        return Err(vec![Diagnostic::new(codes::AZ0502, Span::default(), format!("there is no struct `{strct}`"))]);
    };
    let mut compiler = Compiler::new(layouts, laid.def, laid.size);
    compiler.generic();
    if let Some(layer) = layer {
        let Some(found) = layouts.model.layers.get(layer) else {
            return Err(vec![Diagnostic::new(codes::AZ0502, Span::default(), format!("there is no layer `{layer}`"))]);
        };
        // What follows a step that comes after look-ups comes after them as well.
        let late = compiler.steps.iter().any(|step| step.after_lookup);
        let generic = compiler.steps.len();
        let scope = compiler.scope();
        for rule in found.on.get(strct).map_or(&[][..], Vec::as_slice) {
            compiler.rule(&scope, &[], rule);
        }
        compiler.flush();
        compiler.steps[generic..].iter_mut().for_each(|step| step.after_lookup |= late);
    }
    compiler.finish(layer)
}

/// What a step says of itself.
pub(crate) struct About {
    /// Behind the slash.
    pub(crate) id: String,
    pub(crate) errno: Errno,
    pub(crate) field: String,
    pub(crate) offset: u64,
    pub(crate) why: String,
    pub(crate) after_lookup: bool,
    pub(crate) when: Cond,
    pub(crate) span: Span,
}

pub(crate) struct Compiler<'a, 'm> {
    pub(crate) layouts: &'a Layouts<'m>,
    pub(crate) def: &'m Struct,
    known: u64,
    release: Release,
    size: SizeFrom,
    /// In order, but for those after a look-up.
    steps: Vec<Step>,
    /// Those after a look-up, until [`Compiler::flush`].
    late: Vec<Step>,
    ids: HashSet<String>,
    pub(crate) found: Vec<Diagnostic>,
}

impl<'a, 'm> Compiler<'a, 'm> {
    fn new(layouts: &'a Layouts<'m>, def: &'m Struct, known: u64) -> Self {
        let release = layouts.model.release.unwrap_or(def.meta.life.since);
        Self {
            layouts,
            def,
            known,
            release,
            size: SizeFrom::Known,
            steps: Vec::new(),
            late: Vec::new(),
            ids: HashSet::default(),
            found: Vec::new(),
        }
    }

    fn grows(&self) -> Grows {
        if self.def.copied { Grows::Fixed } else { self.def.grows_at(self.release) }
    }

    fn scope(&self) -> Scope<'a, 'm> {
        Scope { layouts: self.layouts, strct: &self.def.meta.name, prefix: String::new(), base: 0 }
    }

    /// Copies, sizes, fields in order, rules in order.
    fn generic(&mut self) {
        let grows = self.grows();
        self.size = self.size_from(grows);
        let fixed = self.fixed(grows);
        match grows {
            Grows::Fixed => self.copy_fixed(self.known),
            Grows::Argsz | Grows::Size => {
                self.copy_fixed(fixed);
                self.min_size(self.base_min());
            }
            Grows::Length | Grows::IoctlSize => self.min_size(self.base_min()),
        }
        let mut fields = Fields::of(self);
        if self.def.eager && grows != Grows::Fixed {
            let reach = fixed;
            let (early, rest) = fields.into_iter().partition(|(about, op)| within(op, &about.when, reach));
            self.all(early);
            fields = rest;
            self.rules(|compiler, rule| compiler.is_early(rule, reach));
        }
        if grows != Grows::Fixed {
            self.rest(grows, fixed);
        }
        self.all(fields);
        let eager = self.def.eager && grows != Grows::Fixed;
        self.rules(|compiler, rule| !(eager && compiler.is_early(rule, fixed)));
        self.flush();
    }

    fn size_from(&self, grows: Grows) -> SizeFrom {
        let role = match grows {
            Grows::Fixed => return SizeFrom::Known,
            Grows::Length | Grows::IoctlSize => return SizeFrom::Caller,
            Grows::Argsz => Role::Argsz,
            Grows::Size => Role::Size,
        };
        let field = self.def.fields.iter().find(|field| field.role == Some(role));
        let word = field.and_then(|field| self.scope().word(&Path(vec![field.meta.name.clone()])));
        word.map_or(SizeFrom::Caller, |word| SizeFrom::Field(word.slot))
    }

    /// End of the base minimum: of the field it names, or of the struct as it first was.
    fn base_min(&self) -> u64 {
        let end = |path: &Path| self.layouts.locate(&self.def.meta.name, path).map(|found| found.offset + found.size);
        self.def.min.as_ref().and_then(|(path, _)| end(path)).unwrap_or_else(|| self.first())
    }

    /// Size of the struct as it first was.
    fn first(&self) -> u64 {
        let Some(laid) = self.layouts.structs.get(self.def.meta.name.as_str()) else { return self.known };
        let old = |field: &Placed<'_>| field.field.meta.life.since <= self.def.meta.life.since;
        let mut later = laid.fields.iter().filter(|field| field.parent.is_none() && !old(field));
        if later.next().is_none() {
            return self.known;
        }
        let end = laid.fields.iter().filter(|field| field.parent.is_none() && old(field)).map(Placed::end).max();
        end.and_then(|end| end.checked_next_multiple_of(laid.align)).map_or(self.known, |end| end.min(self.known))
    }

    /// End of what is copied before the size is known.
    fn fixed(&self, grows: Grows) -> u64 {
        match (grows, &self.size) {
            (Grows::Fixed, _) => self.known,
            (Grows::Size, SizeFrom::Field(slot)) => u64::from(slot.offset) + u64::from(slot.width),
            (Grows::Argsz, _) => self.base_min(),
            _ => 0,
        }
    }

    fn copy_fixed(&mut self, len: u64) {
        let why = format!("the first {len} bytes must be readable");
        self.whole("copy-fixed", Errno("EFAULT"), why, Cond::True, Op::CopyFixed { len: narrow(len) });
    }

    fn min_size(&mut self, bytes: u64) {
        let why = format!("the size must be at least {bytes}");
        let errno = self.layouts.model.header.errno.size;
        self.sized("size", errno, why, Cond::True, Op::MinSize { bytes: narrow(bytes) });
    }

    /// Conditional minimums, what lies beyond, and the copy of what is known.
    fn rest(&mut self, grows: Grows, fixed: u64) {
        if grows != Grows::Argsz {
            self.tail();
            self.copy_rest(fixed, self.known, Cond::True, "copy-rest");
            self.min_sizes();
            return;
        }
        let minimums = self.min_sizes();
        self.tail();
        if self.def.copy_covered {
            self.copy_covered(fixed, &minimums);
        } else {
            self.copy_rest(fixed, self.known, Cond::True, "copy-rest");
        }
    }

    fn copy_rest(&mut self, from: u64, to: u64, when: Cond, id: &str) {
        if to > from {
            let why = "as much as the size says and is known must be readable".to_owned();
            let op = Op::CopyRest { from: narrow(from), to: narrow(to) };
            self.whole(id, Errno("EFAULT"), why, when, op);
        }
    }

    fn tail(&mut self) {
        let errno = self.layouts.model.header.errno.clone();
        let known = narrow(self.known);
        match self.def.tail {
            Tail::Ignored => {}
            Tail::Zero => {
                let why = format!("what lies beyond the {known} bytes that are known must be zero");
                self.whole("tail", errno.tail, why, Cond::True, Op::ZeroTail { from: known });
            }
            Tail::Refused => {
                let why = format!("the size must be at most {known}");
                self.sized("size-max", errno.size, why, Cond::True, Op::MaxSize { bytes: known });
            }
        }
    }

    /// Copies what minimum sizes cover, piece by piece, so that no byte is read twice when several of them hold.
    fn copy_covered(&mut self, fixed: u64, minimums: &[(Cond, u64, &Path)]) {
        let mut ends: Vec<(u64, &Path)> = minimums.iter().map(|(_, end, path)| (*end, *path)).collect();
        ends.sort_by_key(|(end, _)| *end);
        ends.dedup_by_key(|(end, _)| *end);
        let mut from = fixed;
        for (end, path) in ends.into_iter().filter(|(end, _)| *end > fixed) {
            let reach = minimums.iter().filter(|(_, reach, _)| *reach >= end);
            let mut reach: Vec<Cond> = reach.map(|(when, ..)| when.clone()).collect();
            let when = match reach.len() {
                _ if reach.contains(&Cond::True) => Cond::True,
                1 => reach.remove(0),
                _ => Cond::Any(reach),
            };
            self.copy_rest(from, end, when, &format!("copy-{path}"));
            from = end;
        }
    }

    /// The minimum sizes under conditions; gives each condition with the end it asks for and its path.
    fn min_sizes(&mut self) -> Vec<(Cond, u64, &'m Path)> {
        let mut minimums = Vec::new();
        for min in &self.def.min_sizes {
            let Some(end) = self.end(&self.scope(), &min.covers, min.span) else { continue };
            let when = min.when.as_ref().map_or(Some(Cond::True), |when| self.cond(when));
            let Some(when) = when else { continue };
            let errno = min.errno.unwrap_or(self.layouts.model.header.errno.size);
            let why = min.why.clone().unwrap_or_else(|| format!("the size must reach the end of `{}`", min.covers));
            let about = About {
                id: format!("size-{}", min.covers),
                errno,
                field: self.size_field(),
                offset: 0,
                why,
                after_lookup: false,
                when: when.clone(),
                span: min.span,
            };
            self.push(about, Op::MinSize { bytes: narrow(end) });
            minimums.push((when, end, &min.covers));
        }
        minimums
    }

    fn end(&mut self, scope: &Scope<'_, '_>, path: &Path, span: Span) -> Option<u64> {
        let found = self.layouts.locate(scope.strct, path);
        if found.is_none() {
            let message = format!("`{}` has no field `{path}`", scope.strct);
            self.found.push(Diagnostic::new(codes::AZ0502, span, message));
        }
        found.map(|found| scope.base + found.offset + found.size)
    }

    fn size_field(&self) -> String {
        match &self.size {
            SizeFrom::Field(slot) => slot.path.clone(),
            SizeFrom::Caller | SizeFrom::Known => String::new(),
        }
    }

    pub(crate) fn cond(&mut self, expr: &Expr) -> Option<Cond> {
        let scope = self.scope();
        self.cond_in(&scope, expr)
    }

    pub(crate) fn cond_in(&mut self, scope: &Scope<'_, '_>, expr: &Expr) -> Option<Cond> {
        resolve::cond(scope, expr).map_err(|diagnostic| self.found.push(diagnostic)).ok()
    }

    fn rules(&mut self, which: impl Fn(&mut Self, &Rule) -> bool) {
        let scope = self.scope();
        for rule in &self.def.rules {
            if which(self, rule) {
                self.rule(&scope, &[], rule);
            }
        }
    }

    /// Whether all that a rule looks at lies in the part that is copied first.
    fn is_early(&mut self, rule: &Rule, reach: u64) -> bool {
        let reported = self.found.len();
        let step = self.step_of(&self.scope(), rule);
        self.found.truncate(reported);
        !rule.after_lookup && step.is_none_or(|(when, op, _)| within(&op, &when, reach))
    }

    fn rule(&mut self, scope: &Scope<'_, '_>, above: &[Cond], rule: &Rule) {
        if let Some((about, op)) = self.judged(scope, above, rule) {
            self.push(about, op);
        }
    }

    /// A rule of a struct, which may be a part of the one that is read and is then looked at under `above`.
    pub(crate) fn judged(&mut self, scope: &Scope<'_, '_>, above: &[Cond], rule: &Rule) -> Option<(About, Op)> {
        let (when, op, path) = self.step_of(scope, rule)?;
        let header = &self.layouts.model.header.errno;
        let size = matches!(rule.kind, RuleKind::Covers { .. });
        let found = self.layouts.locate(scope.strct, &path);
        let about = About {
            id: [&*scope.prefix, &rule.id].concat(),
            errno: rule.errno.unwrap_or(if size { header.size } else { header.rule }),
            offset: found.map_or(0, |found| scope.base + found.offset),
            field: [&*scope.prefix, &path.to_string()].concat().trim_end_matches('.').to_owned(),
            why: rule.why.clone(),
            after_lookup: rule.after_lookup,
            when: all(above.iter().cloned().chain([when]).collect()),
            span: rule.span,
        };
        Some((about, op))
    }

    /// A rule's step: when, what, and the field it is about.
    fn step_of(&mut self, scope: &Scope<'_, '_>, rule: &Rule) -> Option<(Cond, Op, Path)> {
        let none = Path(Vec::new());
        match &rule.kind {
            RuleKind::Refuse(that) => {
                let cond = self.cond_in(scope, that)?;
                Some((Cond::True, Op::Refuse(cond), first_path(that).unwrap_or(none)))
            }
            RuleKind::Require { when, that } => {
                let when = when.as_ref().map_or(Some(Cond::True), |when| self.cond_in(scope, when));
                let cond = self.cond_in(scope, that)?;
                Some((when?, Op::Refuse(Cond::Not(Box::new(cond))), first_path(that).unwrap_or(none)))
            }
            RuleKind::Covers { when, path } => {
                let when = when.as_ref().map_or(Some(Cond::True), |when| self.cond_in(scope, when));
                let end = self.end(scope, path, rule.span)?;
                Some((when?, Op::MinSize { bytes: narrow(end) }, path.clone()))
            }
            RuleKind::Combine { rows, columns, allowed } => {
                match crate::compile_fields::combine(scope, rows, columns, allowed, rule.span) {
                    Ok(cond) => Some((Cond::True, Op::Refuse(cond), rows.clone())),
                    Err(diagnostic) => {
                        self.found.push(diagnostic);
                        None
                    }
                }
            }
        }
    }

    fn all(&mut self, steps: Vec<(About, Op)>) {
        for (about, op) in steps {
            self.push(about, op);
        }
    }

    /// A step about the struct as a whole.
    fn whole(&mut self, id: &str, errno: Errno, why: String, when: Cond, op: Op) {
        let (id, field, span) = (id.to_owned(), String::new(), self.def.meta.span);
        self.push(About { id, errno, field, offset: 0, why, after_lookup: false, when, span }, op);
    }

    /// A step about the size.
    fn sized(&mut self, id: &str, errno: Errno, why: String, when: Cond, op: Op) {
        let (id, field, span) = (id.to_owned(), self.size_field(), self.def.meta.span);
        self.push(About { id, errno, field, offset: 0, why, after_lookup: false, when, span }, op);
    }

    fn push(&mut self, about: About, op: Op) {
        let mut id = [&*self.def.meta.name, "/", &about.id].concat();
        let mut n = 1;
        while !self.ids.insert(id.clone()) {
            n += 1;
            id = format!("{}/{}-{n}", self.def.meta.name, about.id);
        }
        let step = Step {
            id,
            errno: about.errno,
            field: about.field,
            offset: narrow(about.offset),
            why: about.why,
            after_lookup: about.after_lookup,
            when: about.when,
            op,
            span: about.span,
        };
        if step.after_lookup { self.late.push(step) } else { self.steps.push(step) }
    }

    /// What is judged after a look-up comes after all that is not.
    fn flush(&mut self) {
        self.steps.append(&mut self.late);
    }

    fn finish(self, layer: Option<&str>) -> Result<CheckList, Vec<Diagnostic>> {
        if !self.found.is_empty() {
            return Err(self.found);
        }
        let list = CheckList {
            name: self.def.meta.name.clone(),
            release: self.release,
            layer: layer.map(str::to_owned),
            known: narrow(self.known),
            size: self.size,
            steps: self.steps,
        };
        let broken = whole::order(&list);
        if broken.is_empty() { Ok(list) } else { Err(broken) }
    }
}

pub(crate) fn narrow(bytes: u64) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// The first field that a condition names.
fn first_path(expr: &Expr) -> Option<Path> {
    use crate::expr::ExprKind as K;
    match &expr.kind {
        K::Int(_) => None,
        K::Path(path) | K::Test(_, path, _) => Some(path.clone()),
        K::Not(of) | K::Overflows(of) | K::FitsUlong(of) => first_path(of),
        K::And(parts) | K::Or(parts) => parts.iter().find_map(first_path),
        K::Compare(_, a, b) | K::Arith(_, a, b) => first_path(a).or_else(|| first_path(b)),
    }
}

/// Whether a step reads nothing beyond `reach`.
fn within(op: &Op, when: &Cond, reach: u64) -> bool {
    whole::reads(op, when).iter().all(|(_, end)| u64::from(*end) <= reach)
}

/// All of them; always, if there are none.
pub(crate) fn all(mut conds: Vec<Cond>) -> Cond {
    conds.retain(|cond| *cond != Cond::True);
    if conds.len() > 1 { Cond::All(conds) } else { conds.pop().unwrap_or(Cond::True) }
}
