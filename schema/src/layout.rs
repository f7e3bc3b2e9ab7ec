//! Layout: where each field lies on a target, as the C ABI places it.

use std::borrow::Cow;
use std::sync::Arc;

use thiserror::Error;

use crate::hash::IndexMap;
use crate::model::{Field, Model, Path, Prim, Struct, Type};
use crate::source::Span;
use crate::target::Target;

/// Where everything of one release lies on one target.
#[derive(Debug, Clone)]
pub struct Layouts<'m> {
    /// The release's model.
    pub model: &'m Model,
    /// The target.
    pub target: Target,
    /// Structs and unions by name, in the order of the schema.
    pub structs: Arc<IndexMap<&'m str, StructLayout<'m>>>,
}

/// Where the fields of one struct or union lie.
#[derive(Debug, Clone)]
pub struct StructLayout<'m> {
    /// The struct.
    pub def: &'m Struct,
    /// Bytes, tail padding included; a flexible array counts nothing.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Its fields in order, members of structs and unions written in place included (after their parent),
    /// members of named types not.
    pub fields: Vec<Placed<'m>>,
}

/// A field and its place.
#[derive(Debug, Clone)]
pub struct Placed<'m> {
    /// C path from the struct: `granu.pasid_info`; members of unnamed structs and unions are under their own name.
    /// Empty for an unnamed struct or union at the top; for one further in, the path of its parent.
    pub path: Cow<'m, str>,
    /// Bytes from the beginning of the struct.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Alignment of its type.
    pub align: u64,
    /// How many structs or unions written in place it is inside of.
    pub depth: u8,
    /// Whether its parent is a union.
    pub in_union: bool,
    /// Index in [`StructLayout::fields`] of the struct or union written in place that it is a member of.
    pub parent: Option<usize>,
    /// The field.
    pub field: &'m Field,
}

impl Placed<'_> {
    /// One past its last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.offset + self.size
    }

    /// Whether it is an unnamed struct or union, which C cannot name.
    #[must_use]
    pub fn is_unnamed(&self) -> bool {
        self.field.meta.name.is_empty()
    }
}

/// Bytes of a struct that no field owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// First byte.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// Index in [`StructLayout::fields`] of the struct or union written in place that has the hole.
    pub inside: Option<usize>,
    /// Whether it is the padding at the end.
    pub tail: bool,
}

/// Why a model has no layout. A model that was checked has one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayoutError {
    /// A field names a type that is not there.
    #[error("`{owner}` has a field of type `{name}`, which is not defined")]
    UnknownType {
        /// The struct with the field.
        owner: String,
        /// The type.
        name: String,
        /// The field's place.
        span: Span,
    },
    /// A struct contains itself.
    #[error("`{}` contains itself: {}", path.first().map_or("", String::as_str), path.join(" -> "))]
    Cycle {
        /// The structs on the way, the first again at the end.
        path: Vec<String>,
        /// The place of the first's name.
        span: Span,
    },
    /// More bytes than can be counted, or fields written in place of fields beyond all measure.
    #[error("`{owner}` is too large")]
    TooLarge {
        /// The struct.
        owner: String,
        /// The field's place.
        span: Span,
    },
}

/// Largest struct: what `int` can count, so that every offset and size fits 32 bits.
const MAX_SIZE: u64 = i32::MAX as u64;
/// Deepest nesting of structs and unions written in place.
const MAX_DEPTH: u8 = 64;

/// Lays out every struct and union of a projection.
pub fn layout(model: &Model, target: Target) -> Result<Layouts<'_>, LayoutError> {
    let mut structs: IndexMap<&str, Option<StructLayout<'_>>> =
        model.structs().map(|def| (def.meta.name.as_str(), None)).collect();
    let mut ready = IndexMap::with_capacity_and_hasher(structs.len(), crate::hash::Hasher);
    for def in order(model)? {
        let laid = Builder { target, ready: &ready, def, fields: Vec::new() }.build()?;
        ready.insert(def.meta.name.as_str(), (laid.size, laid.align));
        structs.insert(def.meta.name.as_str(), Some(laid));
    }
    let structs: IndexMap<_, _> = structs.into_iter().filter_map(|(name, laid)| Some((name, laid?))).collect();
    Ok(Layouts { model, target, structs: Arc::new(structs) })
}

/// Structs in an order in which each comes after those it contains, otherwise the schema's. With a stack of its own,
/// so that a chain of any length is no danger.
pub fn order(model: &Model) -> Result<Vec<&Struct>, LayoutError> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Done,
    }
    let mut states: IndexMap<&str, State> = IndexMap::default();
    let mut done = Vec::new();
    for root in model.structs() {
        if states.contains_key(root.meta.name.as_str()) {
            continue;
        }
        states.insert(&root.meta.name, State::Open);
        let mut stack = vec![(root, contained(root)?.into_iter())];
        while let Some((def, rest)) = stack.last_mut() {
            let Some((name, span)) = rest.next() else {
                states.insert(&def.meta.name, State::Done);
                done.push(*def);
                stack.pop();
                continue;
            };
            match states.get(name) {
                Some(State::Done) => {}
                Some(State::Open) => return Err(cycle(name, stack.iter().map(|(def, _)| *def))),
                None => {
                    let owner = &def.meta.name;
                    let unknown = || LayoutError::UnknownType { owner: owner.clone(), name: name.to_owned(), span };
                    let inner = model.find_struct(name).ok_or_else(unknown)?;
                    states.insert(&inner.meta.name, State::Open);
                    stack.push((inner, contained(inner)?.into_iter()));
                }
            }
        }
    }
    Ok(done)
}

fn cycle<'m>(name: &str, stack: impl Iterator<Item = &'m Struct>) -> LayoutError {
    let on_it: Vec<&Struct> = stack.skip_while(|def| def.meta.name != name).collect();
    let span = on_it.first().map_or(Span::default(), |def| def.meta.span);
    let path = on_it.iter().map(|def| def.meta.name.clone()).chain([name.to_owned()]).collect();
    LayoutError::Cycle { path, span }
}

/// The named types a struct contains, with the places of the fields.
fn contained(def: &Struct) -> Result<Vec<(&str, Span)>, LayoutError> {
    let mut found = Vec::new();
    let mut open: Vec<(&Field, u8)> = def.fields.iter().rev().map(|field| (field, 0)).collect();
    while let Some((field, depth)) = open.pop() {
        match base(&field.ty) {
            Type::Named(name) => found.push((name.as_str(), field.meta.span)),
            Type::Inline(_) if depth >= MAX_DEPTH => {
                return Err(LayoutError::TooLarge { owner: def.meta.name.clone(), span: field.meta.span });
            }
            Type::Inline(inline) => open.extend(inline.fields.iter().rev().map(|field| (field, depth + 1))),
            _ => {}
        }
    }
    Ok(found)
}

/// The type without its dimensions.
#[must_use]
pub fn base(mut ty: &Type) -> &Type {
    while let Type::Array(of, _) | Type::Flex(of) = ty {
        ty = of;
    }
    ty
}

/// Size and alignment of a number.
#[must_use]
pub fn prim(prim: Prim, target: Target) -> (u64, u64) {
    let width = if prim.width == 0 { target.pointer } else { prim.width };
    let align = if prim.aligned { width } else { width.min(target.max_scalar_align) };
    (u64::from(width), u64::from(align.max(1)))
}

struct Builder<'a, 'm> {
    target: Target,
    /// Size and alignment of what was laid out before.
    ready: &'a IndexMap<&'m str, (u64, u64)>,
    def: &'m Struct,
    fields: Vec<Placed<'m>>,
}

/// The struct or union whose members are being placed.
#[derive(Clone, Copy)]
struct Within {
    parent: Option<usize>,
    depth: u8,
    is_union: bool,
    packed: bool,
}

impl<'m> Builder<'_, 'm> {
    fn build(mut self) -> Result<StructLayout<'m>, LayoutError> {
        let def = self.def;
        let whole = Within { parent: None, depth: 0, is_union: def.is_union, packed: def.packed };
        let (end, natural) = self.place_all(&def.fields, whole)?;
        let align = natural.max(u64::from(def.align.unwrap_or(1)));
        let size = round_up(end, align).ok_or_else(|| self.too_large(def.meta.span))?;
        Ok(StructLayout { def, size, align, fields: self.fields })
    }

    /// Places members; returns where the last ends (from the beginning of what they are in), and their alignment.
    fn place_all(&mut self, fields: &'m [Field], within: Within) -> Result<(u64, u64), LayoutError> {
        let (mut end, mut align) = (0, 1);
        self.fields.reserve(fields.len());
        for field in fields {
            let place = self.fields.len();
            let path = match (within.parent.map(|parent| &self.fields[parent].path), field.meta.name.as_str()) {
                (Some(parent), "") => parent.clone(),
                (Some(parent), name) if !parent.is_empty() => Cow::Owned([&**parent, ".", name].concat()),
                (_, name) => Cow::Borrowed(name),
            };
            self.fields.push(Placed {
                path,
                offset: 0,
                size: 0,
                align: 1,
                depth: within.depth,
                in_union: within.is_union,
                parent: within.parent,
                field,
            });
            let (size, natural) = self.measure(field, place, within.depth)?;
            let own = if within.packed && !asks_alignment(&field.ty) { 1 } else { natural };
            let at = if within.is_union { Some(0) } else { round_up(end, own) };
            let last = at.and_then(|at| at.checked_add(size)).filter(|end| *end <= MAX_SIZE);
            let (Some(at), Some(last)) = (at, last) else { return Err(self.too_large(field.meta.span)) };
            self.fields[place].size = size;
            self.fields[place].align = own;
            // Members of a field written in place were placed from its own beginning.
            for moved in &mut self.fields[place..] {
                moved.offset += at;
            }
            end = if within.is_union { end.max(last) } else { last };
            align = align.max(own);
        }
        Ok((end, align))
    }

    /// Size and alignment of a field's type; members of a type written in place are placed on the way.
    fn measure(&mut self, field: &'m Field, place: usize, depth: u8) -> Result<(u64, u64), LayoutError> {
        let span = field.meta.span;
        let (size, align) = match base(&field.ty) {
            Type::Prim(number) => prim(*number, self.target),
            Type::Named(name) => *self.ready.get(name.as_str()).ok_or_else(|| LayoutError::UnknownType {
                owner: self.def.meta.name.clone(),
                name: name.clone(),
                span,
            })?,
            Type::Inline(inline) => {
                let depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH);
                let depth = depth.ok_or_else(|| self.too_large(span))?;
                let within = Within { parent: Some(place), depth, is_union: inline.is_union, packed: false };
                let (end, align) = self.place_all(&inline.fields, within)?;
                (round_up(end, align).ok_or_else(|| self.too_large(span))?, align)
            }
            Type::Array(..) | Type::Flex(_) => (0, 1),
        };
        Ok((times(&field.ty, size).ok_or_else(|| self.too_large(span))?, align))
    }

    fn too_large(&self, span: Span) -> LayoutError {
        LayoutError::TooLarge { owner: self.def.meta.name.clone(), span }
    }
}

/// Whether the field's declaration itself carries an alignment, which packing leaves alone.
fn asks_alignment(ty: &Type) -> bool {
    matches!(base(ty), Type::Prim(number) if number.aligned)
}

/// The size of a type whose elements have `size` bytes.
fn times(mut ty: &Type, mut size: u64) -> Option<u64> {
    loop {
        match ty {
            Type::Array(of, count) => {
                size = size.checked_mul(*count).filter(|size| *size <= MAX_SIZE)?;
                ty = of;
            }
            Type::Flex(_) => return Some(0),
            _ => return Some(size),
        }
    }
}

fn round_up(at: u64, align: u64) -> Option<u64> {
    at.checked_next_multiple_of(align).filter(|at| *at <= MAX_SIZE)
}

impl<'m> StructLayout<'m> {
    /// The bytes nobody owns, inside structs written in place too, in the order of offsets.
    #[must_use]
    pub fn holes(&self) -> Vec<Hole> {
        let mut holes = Vec::new();
        // One past the last owned byte: of each field written in place, and (last) of the whole.
        let mut ends: Vec<u64> = self.fields.iter().map(|field| field.offset).chain([0]).collect();
        let whole = self.fields.len();
        for field in &self.fields {
            let end = &mut ends[field.parent.unwrap_or(whole)];
            if field.in_union {
                *end = field.end().max(*end);
                continue;
            }
            if field.offset > *end {
                let size = field.offset - *end;
                holes.push(Hole { offset: *end, size, inside: field.parent, tail: false });
            }
            *end = field.end();
        }
        for at in (0..whole).filter(|at| matches!(base(&self.fields[*at].field.ty), Type::Inline(_))) {
            // Of an array the first element stands for all.
            let limit = self.fields[at].offset + self.element(at).0;
            if ends[at] < limit {
                holes.push(Hole { offset: ends[at], size: limit - ends[at], inside: Some(at), tail: true });
            }
        }
        if ends[whole] < self.size {
            holes.push(Hole { offset: ends[whole], size: self.size - ends[whole], inside: None, tail: true });
        }
        holes.sort_by_key(|hole| (hole.offset, hole.size));
        holes
    }

    /// Size and alignment of what a field written in place is, or is an array of. They are those of its own fields: packing
    /// places it elsewhere, and leaves it as it is.
    #[must_use]
    pub fn element(&self, at: usize) -> (u64, u64) {
        let place = &self.fields[at];
        let inside = self.fields[at + 1..].iter().take_while(|field| field.depth > place.depth);
        let (mut size, mut align) = (0, 1);
        for field in inside.filter(|field| field.parent == Some(at)) {
            size = size.max(field.end() - place.offset);
            align = align.max(field.align);
        }
        (size.next_multiple_of(align), align)
    }

    /// The field with this C path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&Placed<'m>> {
        self.fields.iter().find(|field| field.path == path && !field.is_unnamed())
    }
}

/// A field found by its path, through named types and those written in place.
#[derive(Debug, Clone)]
pub struct Located<'m> {
    /// Its C path from the struct.
    pub path: String,
    /// Bytes from the beginning of the struct.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// The field.
    pub field: &'m Field,
    /// The named struct or union it stands in.
    pub owner: &'m Struct,
    /// The arms of unions it lies in, outermost first (itself included, if it is one).
    pub conditions: Vec<ArmOn<'m>>,
}

/// An arm of a union on the way to a field.
#[derive(Debug, Clone)]
pub struct ArmOn<'m> {
    /// The field that is the union, with its selector; `None` for an arm at the top of a union that is an item.
    pub union: Option<&'m Field>,
    /// The arm, with its `when`.
    pub arm: &'m Field,
    /// The struct the names of selector and condition belong to.
    pub scope: &'m Struct,
    /// Path of that struct from the beginning; empty for the outermost.
    pub scope_path: String,
}

impl<'m> Layouts<'m> {
    /// Finds a field by its path from a struct.
    #[must_use]
    pub fn locate(&self, name: &str, path: &Path) -> Option<Located<'m>> {
        let mut laid = self.structs.get(name)?;
        let (mut rest, mut base, mut conditions) = (path.0.as_slice(), 0, Vec::new());
        let (mut scope, mut scope_path, mut union) = (laid.def, String::new(), None);
        loop {
            let (at, used) = longest(laid, rest)?;
            let found = &laid.fields[at];
            rest = &rest[used..];
            for step in chain(laid, at).into_iter().filter(|step| laid.fields[*step].in_union) {
                let placed = &laid.fields[step];
                let union = placed.parent.map(|parent| laid.fields[parent].field).or(union);
                conditions.push(ArmOn { union, arm: placed.field, scope, scope_path: scope_path.clone() });
            }
            if rest.is_empty() {
                let (offset, size) = (base + found.offset, found.size);
                let path = path.to_string();
                return Some(Located { path, offset, size, field: found.field, owner: laid.def, conditions });
            }
            let Type::Named(inner) = &found.field.ty else { return None };
            base += found.offset;
            laid = self.structs.get(inner.as_str())?;
            if laid.def.is_union {
                union = Some(found.field);
            } else {
                (scope, union) = (laid.def, None);
                scope_path = path.0[..path.0.len() - rest.len()].join(".");
            }
        }
    }
}

/// The field with the longest path that `rest` begins with, and how many names that uses.
fn longest(laid: &StructLayout<'_>, rest: &[String]) -> Option<(usize, usize)> {
    (1..=rest.len()).rev().find_map(|used| {
        let wanted = if used == 1 { Cow::Borrowed(&*rest[0]) } else { Cow::Owned(rest[..used].join(".")) };
        let at = laid.fields.iter().position(|field| field.path == wanted && !field.is_unnamed())?;
        Some((at, used))
    })
}

/// The fields written in place that `at` is inside of, outermost first, and `at` itself.
fn chain(laid: &StructLayout<'_>, at: usize) -> Vec<usize> {
    let mut steps: Vec<usize> = std::iter::successors(Some(at), |at| laid.fields[*at].parent).collect();
    steps.reverse();
    steps
}
