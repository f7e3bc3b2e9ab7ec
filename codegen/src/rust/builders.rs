//! Builders: they set the version, the selector of the arm that is used, and the smallest size that covers what is
//! used, so that a program that was compiled against a newer header keeps working on an older kernel.
//!
//! What a size has to cover is read off the check list; nothing is derived a second time.

use argsz_schema::checklist::{CheckList, Op, SizeFrom};
use argsz_schema::model::{ArmWhen, ConstValue, Dir, Enum, EnumKind, Field, Role, Struct, Type};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::body::{Body, Member};
use super::conds::Words;
use super::structs::Scope;
use super::text::{Code, Lines};
use super::unions::{self, Arm};
use super::{Abi, Piece, docs, fields, names};
use crate::EmitError;

/// The builder of a struct that has something to be filled in for its user; nothing for others.
pub(super) fn emit(def: &Struct, list: &CheckList, abi: &Abi<'_>) -> Result<Vec<Piece>, EmitError> {
    let size = match &list.size {
        SizeFrom::Field(slot) if slot.width >= 4 => {
            def.fields.iter().find(|field| field.meta.name == slot.path).map(|field| (field, slot.width > 4))
        }
        _ => None,
    };
    let version = def.fields.iter().find(|field| field.role == Some(Role::Version));
    let body = Body::item(abi.of(&def.meta.name)?);
    let builder = Builder { body: &body, list, abi, base: base(list) };
    let setters = builder.setters()?;
    if size.is_none() && version.is_none() && !builder.selects() || setters.is_empty() {
        return Ok(Vec::new());
    }
    let (name, builder_name) = (&body.name, format_ident!("{}Builder", body.name));
    let fixed = version.map(|field| builder.version(field));
    let about = docs::attributes(&[format!(
        "Builds a [`{name}`]: sets what follows from what is used, and the smallest size that covers it."
    )]);
    let finish = size.map(|(field, wide)| {
        let field = names::ident(&names::field(&field.meta));
        let size = quote! { self.built.covering_size().max(self.fields).max(self.arm) };
        if wide {
            quote! { self.built.#field = u64::from(#size); }
        } else {
            quote! { self.built.#field = #size; }
        }
    });
    // Where the fields that were set end, and where the arm that was chosen last.
    let covers = size.map(|_| quote! { fields: u32, arm: u32, });
    let muted = finish.as_ref().map(|_| quote! { mut });
    Ok(vec![
        Piece::Tokens(quote! {
            #about
            #[derive(Clone, Copy, Debug)]
            #[must_use]
            pub struct #builder_name { built: #name, #covers }
        }),
        Piece::Text(builder.begins(&builder_name, &fixed.unwrap_or_default(), size.is_some())),
        Piece::Tokens(quote! {
            impl #builder_name {
                #(#setters)*

                #[doc = " What was built."]
                #[must_use]
                pub fn build(#muted self) -> #name {
                    #finish
                    self.built
                }
            }
        }),
    ])
}

/// What every size has to reach.
fn base(list: &CheckList) -> u64 {
    let always = list.steps.iter().filter_map(|step| match (&step.op, &step.when) {
        (Op::MinSize { bytes }, argsz_schema::checklist::Cond::True) => Some(u64::from(*bytes)),
        _ => None,
    });
    always.max().unwrap_or(0)
}

struct Builder<'a> {
    body: &'a Body<'a>,
    list: &'a CheckList,
    abi: &'a Abi<'a>,
    /// The base minimum.
    base: u64,
}

impl Builder<'_> {
    fn item(&self) -> &str {
        &self.list.name
    }

    /// Whether it has a union whose selector can be set with the arm.
    fn selects(&self) -> bool {
        self.body.members().into_iter().any(|member| member.field.selector.is_some())
    }

    /// `version: IOMMU_..._VERSION_1`, or nothing.
    fn version(&self, field: &Field) -> String {
        let name = names::field(&field.meta);
        let name = names::ident(&name);
        let Some((value, text)) = field.accepts.iter().flatten().next() else { return String::new() };
        let constant = self.abi.model.find_const(text).filter(|one| matches!(one.value, ConstValue::Int(_)));
        let value = constant.map_or_else(
            || value.to_string(),
            |one| names::ident(one.meta.rust.as_ref().unwrap_or(&one.meta.name)).to_string(),
        );
        format!("{name}: {value}")
    }

    /// `builder`, and the smallest size that the rules of the list let pass.
    fn begins(&self, builder: &Ident, version: &str, sized: bool) -> String {
        let mut code = Lines::new(0);
        code.open(&format!("impl {} {{", self.body.name));
        code.docs(&["Begins to build one."]);
        code.open(&format!("pub fn builder() -> {builder} {{"));
        let none = if sized { ", fields: 0, arm: 0" } else { "" };
        let built = if version.is_empty() {
            "Self::default()".to_owned()
        } else {
            format!("Self {{ {version}, ..Self::default() }}")
        };
        code.line(&format!("{builder} {{ built: {built}{none} }}"));
        code.close();
        if sized {
            code.line("");
            code.docs(&["The smallest size that a reader takes for what is set."]);
            code.line("#[must_use]");
            code.open("pub fn covering_size(&self) -> u32 {");
            self.covering(&mut code);
            code.close();
        }
        code.close();
        code.into_text()
    }

    fn covering(&self, code: &mut Lines) {
        let mut words = Words::new(true);
        let mut raises = Lines::new(code.depth());
        for step in &self.list.steps {
            let Op::MinSize { bytes } = &step.op else { continue };
            let when = words.cond(&step.when);
            for one in words.declare() {
                raises.line(&one);
            }
            if matches!(when, Code::Const(_)) {
                continue;
            }
            raises.open_if(&when);
            raises.line(&format!("size = size.max({bytes});"));
            raises.close();
        }
        let raises = raises.into_text();
        if raises.is_empty() {
            code.line(&self.base.to_string());
            return;
        }
        let known = self.list.known;
        code.line(&format!("let bytes: &[u8; {known}] = argsz::zerocopy::transmute_ref!(self);"));
        code.line(&format!("let mut size = {};", self.base));
        code.verbatim(&raises);
        code.line("size");
    }

    /// `self.covers = self.covers.max(END);`, for what lies beyond the base minimum.
    fn cover(&self, member: &Member<'_>, size: [u64; 4]) -> Option<TokenStream> {
        self.end(member, size).map(|end| quote! { self.fields = self.fields.max(#end); })
    }

    /// As [`Builder::cover`], of an arm: another arm may take its place. Where there are several unions, none may.
    fn cover_arm(&self, member: &Member<'_>, size: [u64; 4]) -> Option<TokenStream> {
        let sized = matches!(self.list.size, SizeFrom::Field(_));
        let alone = self.body.members().iter().filter(|one| matches!(one.field.ty, Type::Inline(_))).count() == 1;
        match self.end(member, size) {
            Some(end) if !alone => Some(quote! { self.arm = self.arm.max(#end); }),
            Some(end) => Some(quote! { self.arm = #end; }),
            None => (sized && alone).then(|| quote! { self.arm = 0; }),
        }
    }

    /// Where bytes of a member end, if that is beyond the base minimum. Builders are printed where a struct lies as on
    /// 64-bit machines, whose end it is.
    fn end(&self, member: &Member<'_>, size: [u64; 4]) -> Option<TokenStream> {
        let end = member.offset[0] + size[0];
        let literal = Literal::u64_unsuffixed(end);
        (matches!(self.list.size, SizeFrom::Field(_)) && end > self.base).then(|| quote! { #literal })
    }

    fn setters(&self) -> Result<Vec<TokenStream>, EmitError> {
        let (mut setters, mut scope) = (Vec::new(), Scope::bare(&["build"]));
        let members = self.body.members();
        let selectors: Vec<&str> = members.iter().filter_map(|member| self.selector(member)).collect();
        for member in &members {
            let field = member.field;
            let skipped = field.reserved.is_some()
                || field.role.is_some()
                || matches!(field.ty, Type::Flex(_))
                || selectors.contains(&field.meta.name.as_str());
            if skipped {
                continue;
            }
            if self.body.packed && !matches!(field.ty, Type::Prim(_)) {
                continue;
            }
            if let Some(primary) = unions::primary(self.body, *member, self.abi) {
                setters.extend(self.field(&primary, &mut scope)?);
                let Some(inline) = self.body.inline(*member, "Arms") else { continue };
                for arm in unions::arms(&inline, self.abi, &mut Vec::new())? {
                    if arm.field.meta.name != primary.field.meta.name {
                        let set = format_ident!("set_{}", arm.name);
                        setters.push(self.setter(&arm, member, &quote! { self.built.#set(value); }, &mut scope));
                    }
                }
            } else if let Type::Inline(_) = argsz_schema::layout::base(&field.ty) {
                setters.extend(self.union(member, &mut scope)?);
            } else {
                setters.extend(self.field(member, &mut scope)?);
            }
        }
        Ok(setters)
    }

    /// The selector that comes with the arms of a union.
    fn selector<'m>(&self, member: &Member<'m>) -> Option<&'m str> {
        let (path, _) = member.field.selector.as_ref()?;
        let Type::Inline(_) = &member.field.ty else { return None };
        let [name] = path.0.as_slice() else { return None };
        self.selected(member)?;
        Some(name)
    }

    fn selected(&self, member: &Member<'_>) -> Option<&Enum> {
        let inline = self.body.inline(*member, "")?;
        unions::selected_by(&inline, self.abi).map(|(_, values)| values)
    }

    /// A field that is set by its value; one that the kernel writes can only be asked for.
    fn field(&self, member: &Member<'_>, scope: &mut Scope) -> Result<Option<TokenStream>, EmitError> {
        let field = member.field;
        let name = names::field(&field.meta);
        let (ident, cover) = (names::ident(&name), self.cover(member, member.size));
        let docs = docs::attributes(&docs::lines(&field.meta, &[]));
        if field.dir == Dir::Out {
            let method = names::ident(&scope.method(&format!("want_{name}"), "field"));
            let doc = format!(" Makes room for `{name}`, which the kernel writes.");
            return Ok(cover.map(|cover| quote! { #[doc = #doc] pub fn #method(mut self) -> Self { #cover self } }));
        }
        let stored = fields::field_type(field, self.abi, self.item(), None)?;
        let method = names::ident(&scope.method(&name, "field"));
        let (ty, set) = match stored.typed.filter(fields::Typed::has_setter) {
            Some(typed) => {
                let (ty, set) = (typed.ty, format_ident!("set_{}", name));
                (quote! { #ty }, quote! { self.built.#set(value); })
            }
            None if self.body.unaligned() => {
                (stored.storage, quote! { self.built.#ident = argsz::Unaligned::new(value); })
            }
            None => (stored.storage, quote! { self.built.#ident = value; }),
        };
        Ok(Some(quote! { #docs pub fn #method(mut self, value: #ty) -> Self { #set #cover self } }))
    }

    fn setter(&self, arm: &Arm<'_>, member: &Member<'_>, set: &TokenStream, scope: &mut Scope) -> TokenStream {
        let cover = self.cover_arm(member, arm.size);
        let (method, ty) = (names::ident(&scope.method(&arm.name, "arm")), &arm.ty);
        let docs = arm.docs();
        quote! { #docs pub fn #method(mut self, value: #ty) -> Self { #set #cover self } }
    }

    /// The arms of a union, each with the selector's value; and the values that pick none.
    fn union(&self, member: &Member<'_>, scope: &mut Scope) -> Result<Vec<TokenStream>, EmitError> {
        let name = if member.field.meta.name.is_empty() { "arms".to_owned() } else { names::field(&member.field.meta) };
        let Some(inline) = self.body.inline(*member, &names::camel(&name)) else { return Ok(Vec::new()) };
        if !inline.is_union || matches!(member.field.ty, Type::Array(..)) {
            return Ok(self.whole(member, &name, &inline, scope));
        }
        let (ident, ty) = (names::ident(&name), &inline.name);
        let selector = self.selector(member).and_then(|selector| {
            let found = self.body.members().into_iter().find(|one| one.field.meta.name == selector)?;
            Some((names::ident(&names::field(&found.field.meta)), self.selected(member)?))
        });
        let mut setters = Vec::new();
        for arm in unions::arms(&inline, self.abi, &mut Vec::new())? {
            let from = format_ident!("from_{}", arm.name);
            let set = quote! { self.built.#ident = #ty::#from(value); };
            let picked = match (&selector, &arm.field.arm) {
                (Some((_, values)), Some(ArmWhen::Values(keys))) => {
                    keys.iter().filter_map(|(key, _)| value(values, key)).collect()
                }
                _ => Vec::new(),
            };
            let (Some((field, _)), [one]) = (&selector, picked.as_slice()) else {
                setters.push(self.several(&arm, member, &set, selector.as_ref(), scope));
                continue;
            };
            setters.push(self.setter(&arm, member, &quote! { self.built.#field = #one; #set }, scope));
        }
        if let Some((field, values)) = &selector {
            for (key, _) in &member.field.none {
                let reset = self.cover_arm(member, [0; 4]);
                setters.extend(without(
                    values,
                    key,
                    field,
                    &quote! { self.built.#ident = #ty::default(); #reset },
                    scope,
                ));
            }
        }
        Ok(setters)
    }

    /// An arm that several values of the selector pick, or none: the caller says which.
    fn several(
        &self,
        arm: &Arm<'_>,
        member: &Member<'_>,
        set: &TokenStream,
        selector: Option<&(Ident, &Enum)>,
        scope: &mut Scope,
    ) -> TokenStream {
        let Some((field, values)) = selector else { return self.setter(arm, member, set, scope) };
        let (values, cover) = (names::type_name(&values.meta), self.cover_arm(member, arm.size));
        let (method, ty, docs) = (names::ident(&scope.method(&arm.name, "arm")), &arm.ty, arm.docs());
        quote! {
            #docs
            pub fn #method(mut self, selector: #values, value: #ty) -> Self {
                self.built.#field = selector;
                #set
                #cover
                self
            }
        }
    }

    /// A struct written in place, as a whole.
    fn whole(&self, member: &Member<'_>, name: &str, inline: &Body<'_>, scope: &mut Scope) -> Vec<TokenStream> {
        if member.field.meta.name.is_empty() || matches!(member.field.ty, Type::Array(..)) {
            return Vec::new();
        }
        let (ident, ty, cover) = (names::ident(name), &inline.name, self.cover(member, member.size));
        let method = names::ident(&scope.method(name, "field"));
        let docs = docs::attributes(&docs::lines(&member.field.meta, &[]));
        vec![quote! { #docs pub fn #method(mut self, value: #ty) -> Self { self.built.#ident = value; #cover self } }]
    }
}

/// A value of an enum, as Rust names it.
fn value(values: &Enum, key: &str) -> Option<TokenStream> {
    let found = values.members.iter().find(|one| one.key == key || one.meta.name == key)?;
    let (ty, member) = (names::type_name(&values.meta), names::member(&found.meta, &found.key));
    (found.kind == EnumKind::Value).then(|| quote! { #ty::#member })
}

/// The method that picks no arm.
fn without(values: &Enum, key: &str, field: &Ident, reset: &TokenStream, scope: &mut Scope) -> Option<TokenStream> {
    let picked = value(values, key)?;
    let method = names::ident(&scope.method(&names::field_name(key), "selected"));
    let doc = format!(" Sets `{field}` to [`{}`], which has no arm.", picked.to_string().replace(' ', ""));
    Some(quote! {
        #[doc = #doc]
        pub fn #method(mut self) -> Self {
            self.built.#field = #picked;
            #reset
            self
        }
    })
}
