//! Unions: their bytes, one typed view per arm, and one that picks the arm by the selector.

use std::collections::HashSet;

use argsz_schema::model::{ArmWhen, Enum, EnumKind, Field, Path, Type, ValueType};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::body::{Body, Member, word};
use super::structs::{Scope, bodies};
use super::{Abi, Piece, derives, docs, fields, names, per_abi};
use crate::EmitError;

/// The type of a union.
pub(super) fn emit(
    body: &Body<'_>,
    docs: &TokenStream,
    abi: &Abi<'_>,
    pieces: &mut Vec<Piece>,
) -> Result<(), EmitError> {
    let (word, width, natural) = word(body.align[0]);
    let repr = body.repr(natural);
    let words = per_abi(body.size.map(|size| size / width));
    let large = body.size.iter().any(|size| size / width > 32);
    let mut more = vec![quote! { Debug }];
    if !large {
        more.push(quote! { Default });
    }
    let (name, derives) = (&body.name, derives(&more));
    let mut scope = Scope::new();
    let mut methods = Vec::new();
    for arm in arms(body, abi, pieces)? {
        methods.push(arm.make(&mut scope));
        methods.push(arm.accessors(&arm.name.clone(), &quote! { self }, &mut scope));
    }
    let view = View::of(body, abi)?;
    methods.extend(view.as_ref().map(View::method));
    pieces.push(Piece::Tokens(quote! { #docs #derives #repr pub struct #name([#word; #words]); }));
    if large {
        pieces.push(Piece::Tokens(quote! {
            impl Default for #name {
                fn default() -> Self {
                    argsz::zerocopy::FromZeros::new_zeroed()
                }
            }
        }));
    }
    let (size, align) = (per_abi(body.size), per_abi(body.align));
    pieces.push(Piece::Tokens(quote! {
        const _: () = {
            assert!(size_of::<#name>() == #size);
            assert!(align_of::<#name>() == #align);
        };
    }));
    pieces.push(Piece::Tokens(quote! { impl #name { #(#methods)* } }));
    pieces.extend(view.map(|view| Piece::Tokens(view.declaration())));
    Ok(())
}

/// An arm as Rust sees it.
pub(super) struct Arm<'a> {
    pub(super) name: String,
    pub(super) ty: TokenStream,
    /// A number: handed out by value.
    scalar: bool,
    pub(super) field: &'a Field,
    /// Bytes, on every kind of machine.
    pub(super) size: [u64; 4],
}

pub(super) fn arms<'a>(body: &Body<'a>, abi: &Abi<'_>, pieces: &mut Vec<Piece>) -> Result<Vec<Arm<'a>>, EmitError> {
    let item = &body.laid[0].def.meta.name;
    let mut arms = Vec::new();
    let mut seen = HashSet::new();
    for (nth, member) in body.members().into_iter().enumerate() {
        // Bytes that only fix the size have no meaning to be read.
        if member.field.reserved.is_some() || matches!(member.field.ty, Type::Flex(_)) {
            continue;
        }
        let meta = &member.field.meta;
        let mut name = if meta.name.is_empty() { format!("fields{nth}") } else { names::field(meta) };
        while !seen.insert(name.clone()) {
            name.push('_');
        }
        let inline = body.inline(member, &names::camel(&name));
        if let Some(inline) = &inline {
            let doc = [format!("Part of [`{}`].", body.name)];
            bodies(inline, &docs::attributes(&doc), abi, pieces)?;
        }
        let inline = inline.as_ref().map(|inline| &inline.name);
        let ty = fields::field_type(member.field, abi, item, inline)?.storage;
        arms.push(Arm {
            name,
            ty,
            scalar: matches!(member.field.ty, Type::Prim(_)),
            field: member.field,
            size: member.size,
        });
    }
    Ok(arms)
}

impl Arm<'_> {
    pub(super) fn docs(&self) -> TokenStream {
        docs::attributes(&docs::lines(&self.field.meta, &[]))
    }

    /// A union that holds this arm, and zeros after it.
    fn make(&self, scope: &mut Scope) -> TokenStream {
        let name = names::ident(&scope.method(&format!("from_{}", self.name), "arm"));
        let (ty, doc) = (&self.ty, format!(" With `{}`, and zeros in the bytes after it.", self.name));
        quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #name(value: #ty) -> Self {
                let mut union = Self::default();
                *argsz::arm_mut(&mut union) = value;
                union
            }
        }
    }

    /// Methods that read and write it in `place`.
    fn accessors(&self, name: &str, place: &TokenStream, scope: &mut Scope) -> TokenStream {
        let (ty, docs) = (&self.ty, self.docs());
        let fresh = scope.method(name, "arm");
        let get = names::ident(&fresh);
        let owned = place.to_string() == "self";
        let (shared, unique) =
            if owned { (quote! { self }, quote! { self }) } else { (quote! { &#place }, quote! { &mut #place }) };
        if self.scalar {
            let (set, doc) = (format_ident!("set_{}", fresh), format!(" Sets `{fresh}`."));
            return quote! {
                #docs #[must_use] pub fn #get(&self) -> #ty { *argsz::arm(#shared) }
                #[doc = #doc] pub fn #set(&mut self, value: #ty) { *argsz::arm_mut(#unique) = value; }
            };
        }
        let (edit, doc) = (format_ident!("{}_mut", fresh), format!(" `{fresh}`, to be changed."));
        quote! {
            #docs #[must_use] pub fn #get(&self) -> &#ty { argsz::arm(#shared) }
            #[doc = #doc] #[must_use] pub fn #edit(&mut self) -> &mut #ty { argsz::arm_mut(#unique) }
        }
    }

    /// Methods of a struct that hand on to those of the union at `place`.
    fn delegates(&self, place: &TokenStream, suffix: &str, scope: &mut Scope) -> TokenStream {
        let (ty, docs) = (&self.ty, self.docs());
        let fresh = scope.method(&self.name, suffix);
        let (get, inner) = (names::ident(&fresh), names::ident(&self.name));
        if self.scalar {
            let (set, inner_set) = (format_ident!("set_{}", fresh), format_ident!("set_{}", self.name));
            let doc = format!(" Sets `{fresh}`.");
            return quote! {
                #docs #[must_use] pub fn #get(&self) -> #ty { #place.#inner() }
                #[doc = #doc] pub fn #set(&mut self, value: #ty) { #place.#inner_set(value); }
            };
        }
        let (edit, inner_edit) = (format_ident!("{}_mut", fresh), format_ident!("{}_mut", self.name));
        let doc = format!(" `{fresh}`, to be changed.");
        quote! {
            #docs #[must_use] pub fn #get(&self) -> &#ty { #place.#inner() }
            #[doc = #doc] #[must_use] pub fn #edit(&mut self) -> &mut #ty { #place.#inner_edit() }
        }
    }
}

/// Of an unnamed union: the arm that was a field of its own in an earlier release. It stays one, so that who used it
/// need not notice that other names were given to its bytes.
pub(super) fn primary<'a>(body: &Body<'a>, member: Member<'a>, abi: &Abi<'_>) -> Option<Member<'a>> {
    let Type::Inline(inline) = &member.field.ty else { return None };
    if !inline.is_union || !member.field.meta.name.is_empty() || body.packed {
        return None;
    }
    let arms = body.inline(member, "")?.members();
    arms.into_iter().map(|arm| Member { offset: member.offset, ..arm }).find(|arm| {
        let whole = arm.size == member.size && arm.align == member.align;
        whole && matches!(arm.field.ty, Type::Prim(_)) && was_field(body, &arm.field.meta.name, abi)
    })
}

fn was_field(body: &Body<'_>, name: &str, abi: &Abi<'_>) -> bool {
    let item = &body.laid[0].def.meta.name;
    let release = abi.unit.release;
    abi.unit
        .history
        .structs()
        .filter(|def| def.meta.name == *item)
        .flat_map(|def| &def.fields)
        .any(|field| field.meta.name == name && field.meta.life.since < release && !field.meta.life.has(release))
}

/// The other arms of a union whose bytes are the field `primary`.
pub(super) fn beside(
    body: &Body<'_>,
    member: Member<'_>,
    primary: &Member<'_>,
    place: &TokenStream,
    abi: &Abi<'_>,
    scope: &mut Scope,
) -> Result<Vec<TokenStream>, EmitError> {
    let Some(inline) = body.inline(member, "Arms") else { return Ok(Vec::new()) };
    let mut pieces = Vec::new();
    let arms = arms(&inline, abi, &mut pieces)?;
    let others = arms.into_iter().filter(|arm| arm.field.meta.name != primary.field.meta.name);
    Ok(others.map(|arm| arm.accessors(&arm.name.clone(), place, scope)).collect())
}

/// Methods of a struct for a union in it: its arms under their own names, and the view by the selector.
pub(super) fn through(
    body: &Body<'_>,
    member: Member<'_>,
    inline: Option<&Body<'_>>,
    name: &str,
    abi: &Abi<'_>,
    scope: &mut Scope,
) -> Result<Vec<TokenStream>, EmitError> {
    let ident = names::ident(name);
    let mut methods = Vec::new();
    let item;
    let union = match (inline, &member.field.ty) {
        (Some(inline), Type::Inline(_)) if inline.is_union => {
            let suffix = if member.field.meta.name.is_empty() { "arm" } else { name };
            for arm in arms(inline, abi, &mut Vec::new())? {
                methods.push(arm.delegates(&quote! { self.#ident }, suffix, scope));
            }
            inline
        }
        (_, Type::Named(named)) if abi.model.find_struct(named).is_some_and(|def| def.is_union) => {
            item = Body::item(abi.of(named)?);
            &item
        }
        _ => return Ok(methods),
    };
    let Some(view) = View::of(union, abi)? else { return Ok(methods) };
    let Some(selector) = selector_place(body, member.field, abi)? else { return Ok(methods) };
    let ty = &view.name;
    let method = if member.field.meta.name.is_empty() { "view".to_owned() } else { format!("{name}_view") };
    let method = names::ident(&method);
    let (selector_name, selector) = selector;
    let doc = format!(" What `{selector_name}` says the bytes of the union are.");
    methods.push(quote! {
        #[doc = #doc]
        #[must_use]
        pub fn #method(&self) -> #ty<'_> {
            self.#ident.view(#selector)
        }
    });
    Ok(methods)
}

/// How a struct reads the selector of a union in it, if it is a field of its own that has its type.
fn selector_place(body: &Body<'_>, union: &Field, abi: &Abi<'_>) -> Result<Option<(String, TokenStream)>, EmitError> {
    let Some((Path(path), _)) = &union.selector else { return Ok(None) };
    let [name] = path.as_slice() else { return Ok(None) };
    let Some(found) = body.members().into_iter().find(|member| member.field.meta.name == *name) else {
        return Ok(None);
    };
    let item = &body.laid[0].def.meta.name;
    let field = names::field(&found.field.meta);
    let ident = names::ident(&field);
    let typed = fields::field_type(found.field, abi, item, None)?.typed;
    Ok((typed.is_none() && !body.packed).then(|| (field, quote! { self.#ident })))
}

/// The enum that holds the arm a selector picks.
struct View<'a> {
    name: Ident,
    selector: &'a Enum,
    /// Arms with the members of the selector that pick them.
    arms: Vec<(ViewArm, Vec<Ident>)>,
    /// Members that pick none.
    none: Vec<Ident>,
    /// The arm of all other values.
    rest: Option<ViewArm>,
}

struct ViewArm {
    variant: Ident,
    method: Ident,
    ty: TokenStream,
    docs: TokenStream,
}

impl<'a> View<'a> {
    /// The view of a union whose arms are picked by values of an enum.
    fn of(body: &Body<'_>, abi: &Abi<'a>) -> Result<Option<Self>, EmitError> {
        let Some((union, selector)) = selected_by(body, abi) else { return Ok(None) };
        let member = |key: &str| {
            let found = selector.members.iter().find(|one| one.key == key || one.meta.name == key);
            found.filter(|one| one.kind == EnumKind::Value).map(|one| names::member(&one.meta, &one.key))
        };
        let members = |keys: &[(String, _)]| keys.iter().filter_map(|(key, _)| member(key)).collect::<Vec<_>>();
        let (mut picked, mut rest) = (Vec::new(), None);
        for arm in arms(body, abi, &mut Vec::new())? {
            let one = ViewArm {
                variant: names::ident(&names::camel(&arm.name)),
                method: names::ident(&arm.name),
                ty: if arm.scalar {
                    arm.ty.clone()
                } else {
                    let ty = &arm.ty;
                    quote! { &'a #ty }
                },
                docs: arm.docs(),
            };
            match &arm.field.arm {
                Some(ArmWhen::Values(values)) => picked.push((one, members(values))),
                Some(ArmWhen::Default) => rest = Some(one),
                Some(ArmWhen::Cond(_)) | None => {}
            }
        }
        if picked.is_empty() {
            return Ok(None);
        }
        let none = members(&union.none);
        Ok(Some(Self { name: format_ident!("{}View", body.name), selector, arms: picked, none, rest }))
    }

    fn declaration(&self) -> TokenStream {
        let name = &self.name;
        let variants = self.arms.iter().map(|(arm, _)| arm).chain(&self.rest).map(|arm| {
            let ViewArm { variant, ty, docs, .. } = arm;
            quote! { #docs #variant(#ty), }
        });
        let empty = (!self.none.is_empty()).then(|| quote! { #[doc = " Nothing: the selector has no arm."] Empty, });
        let unknown =
            self.rest.is_none().then(|| quote! { #[doc = " The selector has a value without a name here."] Unknown, });
        let doc =
            format!(" What a union holds, as its selector says: a [`{}`].", names::type_name(&self.selector.meta));
        quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            #[non_exhaustive]
            pub enum #name<'a> { #(#variants)* #empty #unknown }
        }
    }

    fn method(&self) -> TokenStream {
        let (name, selector) = (&self.name, names::type_name(&self.selector.meta));
        let arms = self.arms.iter().map(|(arm, members)| {
            let ViewArm { variant, method, .. } = arm;
            quote! { #(#selector::#members)|* => #name::#variant(self.#method()), }
        });
        let none = &self.none;
        let empty = (!none.is_empty()).then(|| quote! { #(#selector::#none)|* => #name::Empty, });
        let rest = self.rest.as_ref().map_or_else(
            || quote! { #name::Unknown },
            |arm| {
                let ViewArm { variant, method, .. } = arm;
                quote! { #name::#variant(self.#method()) }
            },
        );
        quote! {
            #[doc = " The arm that the selector picks."]
            #[must_use]
            pub fn view(&self, selector: #selector) -> #name<'_> {
                match selector { #(#arms)* #empty _ => #rest }
            }
        }
    }
}

/// The field that is this union, and the enum of its selector.
pub(super) fn selected_by<'a>(body: &Body<'_>, abi: &Abi<'a>) -> Option<(&'a Field, &'a Enum)> {
    let owner = &body.laid[0].def.meta.name;
    let of = |item: &str, field: &'a Field| {
        let (path, _) = field.selector.as_ref()?;
        let located = abi.layouts[0].locate(item, path)?;
        let Some((ValueType::Enum(name), _)) = &located.field.values else { return None };
        Some((field, abi.model.find_enum(name)?))
    };
    if let Some(at) = body.inside() {
        let placed = abi.layouts[0].structs.get(owner.as_str())?.fields.get(at)?;
        return of(owner, placed.field);
    }
    // A union that is an item: the first field of its type that names a selector.
    abi.layouts[0].structs.iter().find_map(|(item, laid)| {
        laid.fields.iter().find_map(|placed| {
            let same = matches!(&placed.field.ty, Type::Named(name) if name == owner);
            if same { of(item, placed.field) } else { None }
        })
    })
}
