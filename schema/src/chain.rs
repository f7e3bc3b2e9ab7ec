//! Chains of capabilities: structs behind an answer, each with a head that says where the next one begins.

use crate::expr::{Expr, ExprKind, Test};
use crate::layout::Layouts;
use crate::model::{Enum, EnumKind, EnumMember, Field, Meta, Prim, PrimKind, Struct, Type, ValueType};
use crate::source::Span;

/// A chain behind a struct. Names stand with their places.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Name and doc.
    pub meta: Meta,
    /// The struct whose answer the chain follows.
    pub of: (String, Span),
    /// Its flags under which there is a chain; `None`: always, if the first offset is not 0.
    pub when: Option<Expr>,
    /// Its field with the offset of the first head, from the beginning of the struct; 0: there is none.
    pub first: (String, Span),
    /// The struct each link begins with.
    pub head: (String, Span),
    /// Field of the head with the offset of the next head; 0: there is none.
    pub next: (String, Span),
    /// Field of the head that says what the link is.
    pub id: (String, Span),
    /// The enum of its values.
    pub ids: (String, Span),
    /// The struct that each id has.
    pub links: Vec<Link>,
    /// Ids whose struct is not of this header.
    pub none: Vec<(String, Span)>,
}

/// What a link is.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its id, as a key of the enum.
    pub id: (String, Span),
    /// The struct, whose first field is the head; or the head.
    pub ty: (String, Span),
}

/// Where a chain is found in the bytes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Places {
    /// Offset of the field with the size that the user filled in.
    pub size: u64,
    /// Offset of the field with the first offset.
    pub first: u64,
    /// Where the part ends that every answer has: no link begins earlier.
    pub from: u64,
    /// Offset of the flags, and those under which there is a chain.
    pub present: Option<(u64, u64)>,
}

/// Whether a field is a plain `u32`, as sizes, offsets and flags have to be.
#[must_use]
pub fn is_u32(field: &Field) -> bool {
    field.values.is_none() && is_word(field)
}

/// Whether a field is a `u32`, with or without named values.
fn is_word(field: &Field) -> bool {
    use crate::model::ByteOrder::Native;
    matches!(field.ty, Type::Prim(Prim { kind: PrimKind::Unsigned, width: 4, order: Native, .. }))
}

impl Chain {
    /// The flags field that the condition asks, and the mask of the flags; `None` if it asks anything else.
    #[must_use]
    pub fn flags<'m>(&self, layouts: &Layouts<'m>, of: &'m Struct) -> Option<(&'m Field, u64)> {
        let ExprKind::Test(Test::Has, path, names) = &self.when.as_ref()?.kind else { return None };
        let [name] = path.0.as_slice() else { return None };
        let field = of.fields.iter().find(|field| field.meta.name == *name).filter(|field| is_word(field))?;
        let Some((ValueType::Flags(flags), _)) = &field.values else { return None };
        let flags = layouts.model.find_flags(flags)?;
        let value = |name: &String| {
            let member = flags.members.iter().find(|member| member.key == *name || member.meta.name == *name)?;
            Some(member.value)
        };
        let mask = names.iter().try_fold(0, |mask, (name, _)| Some(mask | value(name)?))?;
        Some((field, mask))
    }

    /// Where the chain is found; `None` where [`crate::Schema`] would have refused it.
    #[must_use]
    pub fn places(&self, layouts: &Layouts<'_>) -> Option<Places> {
        let laid = layouts.structs.get(self.of.0.as_str())?;
        let offset = |name: &str| laid.field(name).map(|placed| placed.offset);
        let size = laid.fields.iter().find(|placed| placed.field.role.is_some())?.offset;
        let first = laid.field(&self.first.0)?;
        let base = laid.def.min.as_ref().and_then(|(path, _)| laid.field(&path.to_string()));
        let from = base.map_or(0, crate::layout::Placed::end).max(first.end());
        let present = if self.when.is_some() {
            let (field, mask) = self.flags(layouts, laid.def)?;
            Some((offset(&field.meta.name)?, mask))
        } else {
            None
        };
        Some(Places { size, first: first.offset, from, present })
    }

    /// The links that an enum of ids has, with the member of each.
    pub fn members<'a>(&'a self, ids: &'a Enum) -> impl Iterator<Item = (&'a EnumMember, &'a Link)> {
        let values = ids.members.iter().filter(|member| member.kind == EnumKind::Value);
        values.filter_map(|member| Some((member, self.links.iter().find(|link| link.id.0 == member.key)?)))
    }
}
