//! Chains: an enum of what a link may be, and the iterator over the links behind an answer.

use argsz_schema::chain::{Chain, Places};
use argsz_schema::model::{EnumMember, Field, Struct, Type};

use super::docs::Docs;
use super::text::Lines;
use super::{Abi, fields, names, per_abi};
use crate::EmitError;

/// What a link may be: a variant and its struct, as a match over ids reads it.
struct Variant {
    docs: Docs,
    id: i64,
    name: String,
    ty: String,
    rest: Option<Rest>,
}

/// The elements of the flexible array at a struct's end.
struct Rest {
    counter: String,
    element: String,
    at: String,
}

pub(super) fn emit(chain: &Chain, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    let unknown = |name: &str| EmitError::Unknown { item: chain.meta.name.clone(), name: name.to_owned() };
    let name = names::type_name(&chain.meta);
    let ids = abi.model.find_enum(&chain.ids.0).ok_or_else(|| unknown(&chain.ids.0))?;
    let of = abi.lookup_struct(&chain.of.0, &chain.meta.name)?;
    let head_def = abi.lookup_struct(&chain.head.0, &chain.meta.name)?;
    let head = names::type_name(&head_def.meta);
    let of_head = |field: &str| head_def.fields.iter().find(|one| one.meta.name == field).map(stored_name);
    let next = of_head(&chain.next.0).ok_or_else(|| unknown(&chain.next.0))?;
    let id = of_head(&chain.id.0).ok_or_else(|| unknown(&chain.id.0))?;
    let variants = chain.members(ids).map(|(member, link)| {
        let def = abi.lookup_struct(&link.ty.0, &chain.meta.name)?;
        variant(member, def, abi)
    });
    let variants: Vec<Variant> = variants.collect::<Result<_, _>>()?;
    Docs::item(&chain.meta, &name, &[format!("It lies behind [`{}`].", names::type_name(&of.meta))]).print(code);
    code.line("#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
    code.open(format_args!("pub enum {name}<'a> {{"));
    for one in &variants {
        one.declare(code);
    }
    code.docs(&["What has another id; its struct is not known here."]);
    code.line(format_args!("Other(argsz::Link<'a, {head}>),"));
    code.close();
    code.gap();
    code.open(format_args!("impl<'a> {name}<'a> {{"));
    places(chain, abi, code).ok_or_else(|| unknown(&chain.of.0))?;
    code.gap();
    code.docs(&[
        "Those in `answer`: the bytes that the kernel was given and answered in, whole.",
        "",
        "Each is checked before it is given: that it lies within the answer, is aligned, and comes once. The",
        "first head that is not so is the end. A link that is cut off is an error, and those after it follow.",
    ]);
    let result = " -> impl Iterator<Item = Result<Self, argsz::BrokenChain>> + use<'a>";
    code.open_fn("pub fn of", &["answer: &'a [u8]"], result);
    code.line(format_args!("Self::CHAIN.links(answer, |head: &{head}| head.{next}).map(|link| Self::read(link?))"));
    code.close();
    code.gap();
    let link = format!("link: argsz::Link<'a, {head}>");
    code.open_fn("fn read", &[&link], " -> Result<Self, argsz::BrokenChain>");
    code.open(format_args!("Ok(match link.head.{id} {{"));
    for one in &variants {
        one.read(code);
    }
    code.line("_ => Self::Other(link),");
    code.close_with("})");
    code.close();
    code.close();
    Ok(())
}

fn stored_name(field: &Field) -> String {
    names::ident(&names::field(&field.meta))
}

/// One id with its struct, and the elements of the flexible array at its end.
fn variant(member: &EnumMember, def: &Struct, abi: &Abi<'_>) -> Result<Variant, EmitError> {
    let rest = match counted(def) {
        None => None,
        Some((field, counter)) => {
            let offset =
                |laid: &argsz_schema::layout::StructLayout<'_>| laid.field(&field.meta.name).map_or(0, |at| at.offset);
            Some(Rest {
                counter: stored_name(counter),
                element: fields::plain_type(&field.ty, abi, &def.meta.name)?,
                at: per_abi(abi.of(&def.meta.name)?.map(offset)),
            })
        }
    };
    Ok(Variant {
        docs: Docs::of(&member.meta, &[]),
        id: member.value,
        name: names::ident(&names::camel(&member.key)),
        ty: names::type_name(&def.meta),
        rest,
    })
}

impl Variant {
    fn declare(&self, code: &mut Lines) {
        let Self { docs, name, ty, .. } = self;
        docs.print(code);
        code.line(&match &self.rest {
            None => format!("{name}({ty}),"),
            Some(Rest { element, .. }) => format!("{name}({ty}, &'a [argsz::Unaligned<{element}>]),"),
        });
    }

    /// The arm of the match over ids.
    fn read(&self, code: &mut Lines) {
        let Self { id, name, ty, .. } = self;
        let Some(Rest { counter, at, .. }) = &self.rest else {
            code.line(format_args!("{id} => Self::{name}(link.read()?),"));
            return;
        };
        code.open(format_args!("{id} => {{"));
        code.line(format_args!("let head: {ty} = link.read()?;"));
        code.line(format_args!("let count = usize::try_from(head.{counter}).unwrap_or(usize::MAX);"));
        code.line(format_args!("Self::{name}(head, link.elements({at}, count)?)"));
        code.close();
    }
}

/// The flexible array of a struct, and the field that counts its elements.
fn counted(def: &Struct) -> Option<(&Field, &Field)> {
    let array =
        def.fields.iter().find(|field| matches!(&field.ty, Type::Flex(of) if !matches!(**of, Type::Inline(_))))?;
    let (len, _) = array.len.as_ref()?;
    Some((array, def.fields.iter().find(|field| field.meta.name == *len)?))
}

/// The constant that says where the chain is.
fn places(chain: &Chain, abi: &Abi<'_>, code: &mut Lines) -> Option<()> {
    let kinds = abi.layouts.each_ref().map(|layouts| chain.places(layouts));
    let [Some(a), Some(b), Some(c), Some(d)] = kinds else { return None };
    let all = [a, b, c, d];
    let number = |of: fn(&Places) -> u64| per_abi(all.each_ref().map(of));
    let present = match a.present {
        None => "None".to_owned(),
        Some((_, mask)) => format!("Some(({}, {mask}))", number(|at| at.present.map_or(0, |(at, _)| at))),
    };
    code.docs(&["Where the chain is found in an answer."]);
    code.open("pub const CHAIN: argsz::Chain = argsz::Chain {");
    code.line(format_args!("size: {},", number(|at| at.size)));
    code.line(format_args!("first: {},", number(|at| at.first)));
    code.line(format_args!("from: {},", number(|at| at.from)));
    code.line(format_args!("present: {present},"));
    code.close_with("};");
    Some(())
}
