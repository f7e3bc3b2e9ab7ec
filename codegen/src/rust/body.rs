//! The bytes of a struct or union: its members, where they lie on every kind of machine, and what is left between them.

use argsz_schema::layout::{Placed, StructLayout};
use argsz_schema::model::{Field, PrimKind, Type};

use super::names;

/// Highest alignment of numbers on each kind of machine.
const SCALAR: [u64; 4] = [8, 8, 4, 2];

/// A struct or union that becomes a Rust type: an item, or one written in place.
pub(super) struct Body<'a> {
    pub(super) name: String,
    pub(super) is_union: bool,
    pub(super) packed: bool,
    /// The struct of the schema it is, or stands in.
    pub(super) laid: [&'a StructLayout<'a>; 4],
    /// Where it stands, if it is written in place.
    inside: Option<usize>,
    pub(super) size: [u64; 4],
    pub(super) align: [u64; 4],
}

/// A member of a body, by its place in the layout.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    pub(super) at: usize,
    pub(super) field: &'a Field,
    pub(super) offset: [u64; 4],
    pub(super) size: [u64; 4],
    pub(super) align: [u64; 4],
}

impl<'a> Body<'a> {
    /// A struct or union of the schema.
    pub(super) fn item(laid: [&'a StructLayout<'a>; 4]) -> Self {
        let def = laid[0].def;
        Self {
            name: names::type_name(&def.meta),
            is_union: def.is_union,
            packed: def.packed,
            laid,
            inside: None,
            size: laid.map(|laid| laid.size),
            align: laid.map(|laid| laid.align),
        }
    }

    /// The struct or union written in place of the type of a member.
    pub(super) fn inline(&self, member: Member<'a>, suffix: &str) -> Option<Self> {
        let Type::Inline(inline) = argsz_schema::layout::base(&member.field.ty) else { return None };
        let element = self.laid.map(|laid| laid.element(member.at));
        Some(Self {
            name: format!("{}{suffix}", names::bare(&self.name)),
            is_union: inline.is_union,
            packed: false,
            laid: self.laid,
            inside: Some(member.at),
            size: element.map(|(size, _)| size),
            align: element.map(|(_, align)| align),
        })
    }

    /// Where it stands in the layout, if it is written in place.
    pub(super) fn inside(&self) -> Option<usize> {
        self.inside
    }

    fn placed(&self, at: usize) -> [&'a Placed<'a>; 4] {
        self.laid.map(|laid| &laid.fields[at])
    }

    /// What it stores, in order; members of an unnamed struct in a struct, or union in a union, are its own.
    pub(super) fn members(&self) -> Vec<Member<'a>> {
        let mut members = Vec::new();
        let base = self.inside.map_or([0; 4], |at| self.placed(at).map(|placed| placed.offset));
        self.collect(self.inside, base, &mut members);
        members
    }

    fn collect(&self, parent: Option<usize>, base: [u64; 4], into: &mut Vec<Member<'a>>) {
        for at in 0..self.laid[0].fields.len() {
            let placed = self.placed(at);
            if placed[0].parent != parent {
                continue;
            }
            let field = placed[0].field;
            match &field.ty {
                Type::Inline(inline) if field.meta.name.is_empty() && inline.is_union == self.is_union => {
                    self.collect(Some(at), base, into);
                }
                _ => {
                    let mut offset = placed.map(|placed| placed.offset);
                    offset.iter_mut().zip(base).for_each(|(offset, base)| *offset -= base);
                    into.push(Member {
                        at,
                        field,
                        offset,
                        size: placed.map(|placed| placed.size),
                        align: placed.map(|placed| placed.align),
                    });
                }
            }
        }
    }

    /// `#[repr(...)]`: with an alignment where Rust's own for such members is another than C's.
    pub(super) fn repr(&self, natural: [u64; 4]) -> String {
        if self.packed && self.align.iter().all(|align| *align == 1) {
            return "#[repr(C, packed)]".to_owned();
        }
        if self.align == natural {
            return "#[repr(C)]".to_owned();
        }
        format!("#[repr(C, align({}))]", asked(natural, self.align).unwrap_or(self.align[0]))
    }

    /// Whether members must be stored without an alignment of their own, for want of a `packed` that has one.
    pub(super) fn unaligned(&self) -> bool {
        self.packed && self.align.iter().any(|align| *align != 1)
    }
}

impl Member<'_> {
    /// Whether it is made of bytes, which lie anywhere.
    pub(super) fn is_bytes(&self) -> bool {
        matches!(argsz_schema::layout::base(&self.field.ty), Type::Prim(prim) if prim.width == 1)
    }

    /// The alignment Rust gives what is stored.
    pub(super) fn natural(&self) -> [u64; 4] {
        match argsz_schema::layout::base(&self.field.ty) {
            Type::Prim(prim) if matches!(prim.kind, PrimKind::Pointer | PrimKind::Long | PrimKind::ULong) => self.align,
            Type::Prim(prim) => SCALAR.map(|scalar| scalar.min(u64::from(prim.width))),
            _ => self.align,
        }
    }
}

/// How many elements an array has, over all dimensions; 1 for what is no array.
pub(super) fn elements(ty: &Type) -> u64 {
    match ty {
        Type::Array(of, count) => count * elements(of),
        _ => 1,
    }
}

/// The alignment to ask for, that gives this one on every kind of machine: C and Rust take the larger of the two.
fn asked(natural: [u64; 4], align: [u64; 4]) -> Option<u64> {
    align.into_iter().find(|asked| natural.map(|natural| natural.max(*asked)) == align)
}

/// The word a union is stored in, its bytes on every kind of machine, and the alignment it gives there.
pub(super) fn word(align: [u64; 4]) -> (&'static str, [u64; 4], [u64; 4]) {
    let number = |width: u64| {
        let word = super::flags::word(u8::try_from(width).unwrap_or(8));
        (word, [width; 4], SCALAR.map(|scalar| scalar.min(width)))
    };
    let usual = number(if align[0].is_multiple_of(8) { 8 } else { align[0].clamp(1, 8) });
    let long = ("usize", [8, 4, 4, 4], [8, 4, 4, 2]);
    let all = [usual, long, number(8), number(4), number(2), number(1)];
    all.into_iter().find(|(_, _, natural)| asked(*natural, align).is_some()).unwrap_or(usual)
}
