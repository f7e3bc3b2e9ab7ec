//! Chains: that they can be found and followed, and that every id leads to a struct, or to none on purpose.

use super::{At, Check, list};
use crate::chain::{Chain, is_u32};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::model::{ByteOrder, Enum, EnumKind, Field, Grows, Prim, PrimKind, Struct, Type};
use crate::nearest::did_you_mean_or;
use crate::rust_name;
use crate::source::Span;

/// What Rust calls a link whose id has no struct.
const OTHER: &str = "Other";

/// Judges the chains of one release. That the types exist is the business of `refs`.
pub(super) fn check(check: &Check<'_>, at: &At<'_>) {
    let model = at.wide.model;
    for chain in model.chains() {
        if let Some(of) = model.find_struct(&chain.of.0) {
            answer(check, at, chain, of);
        }
        if let Some(head) = model.find_struct(&chain.head.0) {
            self::head(check, chain, head);
            chain.links.iter().for_each(|link| {
                if let Some(ty) = model.find_struct(&link.ty.0) {
                    begins_with_head(check, chain, ty, link.ty.1);
                }
            });
        }
        if let Some(ids) = model.find_enum(&chain.ids.0) {
            self::ids(check, chain, ids);
        }
    }
}

/// A field of a struct by its name; reports if there is none.
fn field<'m>(check: &Check<'_>, of: &'m Struct, (name, at): &(String, Span)) -> Option<&'m Field> {
    let found = of.fields.iter().find(|field| field.meta.name == *name);
    if found.is_none() {
        let message = format!("`{}` has no field `{name}`", of.meta.name);
        let fields = of.fields.iter().map(|field| field.meta.name.as_str());
        let help = did_you_mean_or(name, "its fields are", fields);
        check.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0134, *at, message) });
    }
    found
}

/// An offset is a plain `u32`.
fn offset(check: &Check<'_>, of: &Struct, named: &(String, Span)) {
    if let Some(field) = field(check, of, named).filter(|field| !is_u32(field)) {
        let finding = Diagnostic::new(codes::AZ0550, named.1, format!("`{}` cannot hold an offset", named.0));
        check.report(finding.also(field.meta.span, "it is this").help("an offset is a `u32` without named values"));
    }
}

/// The struct that the chain follows.
fn answer(check: &Check<'_>, at: &At<'_>, chain: &Chain, of: &Struct) {
    if of.grows_at(at.release) != Grows::Argsz {
        let message = format!("`{}` does not grow: nothing can lie behind it", of.meta.name);
        let finding = Diagnostic::new(codes::AZ0551, chain.of.1, message).also(of.meta.span, "begins here");
        check.report(finding.help("how much room a user left is said by its `argsz`: `grows = \"argsz\"`"));
    }
    offset(check, of, &chain.first);
    if let Some(when) = chain.when.as_ref().filter(|_| chain.flags(&at.wide, of).is_none()) {
        let message = format!("this is no test of the flags of `{}`", of.meta.name);
        let finding = Diagnostic::new(codes::AZ0554, when.span, message);
        check.report(finding.help("a chain is there under flags in a `u32`: `when = \"flags.has(CAPS)\"`"));
    }
}

/// The struct that every link begins with.
fn head(check: &Check<'_>, chain: &Chain, head: &Struct) {
    offset(check, head, &chain.next);
    let number = |field: &&Field| {
        let plain = Prim { kind: PrimKind::Unsigned, width: 0, order: ByteOrder::Native, aligned: false };
        field.values.is_none()
            && matches!(field.ty, Type::Prim(prim) if prim.width <= 4 && Prim { width: 0, ..prim } == plain)
    };
    if let Some(field) = field(check, head, &chain.id).filter(|field| !number(field)) {
        let finding = Diagnostic::new(codes::AZ0550, chain.id.1, format!("`{}` cannot hold an id", chain.id.0));
        check
            .report(finding.also(field.meta.span, "it is this").help("an id is a `u8`, `u16` or `u32` without `enum`"));
    }
}

/// A link is the head, or begins with one.
fn begins_with_head(check: &Check<'_>, chain: &Chain, ty: &Struct, at: Span) {
    let first = ty.fields.first().map(|field| &field.ty);
    let begins = matches!(first, Some(Type::Named(name)) if *name == chain.head.0) && !ty.is_union;
    if ty.meta.name != chain.head.0 && !begins {
        let message = format!("`{}` does not begin with `{}`", ty.meta.name, chain.head.0);
        let finding = Diagnostic::new(codes::AZ0553, at, message).also(ty.meta.span, "begins here");
        check
            .report(finding.help(format!("its first field is `{{ name = \"header\", type = \"{}\" }}`", chain.head.0)));
    }
}

/// Each value has a link, or none on purpose.
fn ids(check: &Check<'_>, chain: &Chain, ids: &Enum) {
    let written = chain.links.iter().map(|link| &link.id).chain(&chain.none);
    // A key of another release is known by the whole history.
    let ever = check.model.enums().filter(|other| other.meta.name == ids.meta.name).flat_map(|other| &other.members);
    let ever: Vec<&str> = ever.map(|member| member.key.as_str()).collect();
    let mut names = HashMap::from_iter([(OTHER.to_owned(), chain.meta.span)]);
    for (key, at) in written {
        if !ever.contains(&key.as_str()) {
            let message = format!("`{}` has no value `{key}`", ids.meta.name);
            let help = did_you_mean_or(key, "its values are", ever.iter().copied());
            check.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0103, *at, message) });
        } else if let Some(first) = names.insert(rust_name::camel(key), *at) {
            let message = format!("two links are both called `{}` in Rust", rust_name::camel(key));
            let finding = Diagnostic::new(codes::AZ0129, *at, message).also(first, "the other one");
            check.report(finding.help("an id is under `links` or `none`, once, and not `OTHER`"));
        }
    }
    let values = ids.members.iter().filter(|member| member.kind == EnumKind::Value);
    let said = |key: &str| {
        chain.links.iter().map(|link| &link.id.0).chain(chain.none.iter().map(|(key, _)| key)).any(|one| one == key)
    };
    let missing: Vec<&str> = values.map(|member| member.key.as_str()).filter(|key| !said(key)).collect();
    if !missing.is_empty() {
        let message = format!("`{}` says nothing of {}", chain.meta.name, list(&missing));
        let finding = Diagnostic::new(codes::AZ0552, chain.meta.span, message).also(chain.ids.1, "ids are its values");
        check.report(finding.help(format!(
            "say which struct it is, `links = {{ {0} = \"...\" }}`, or that it is in another header: `none = [\"{0}\"]`",
            missing[0]
        )));
    }
}
