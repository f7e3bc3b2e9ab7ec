//! A struct tied to an item of a schema.

use argsz_codegen::rust::attach::{Declared, attach};
use argsz_schema::layout::{Placed, layout};
use argsz_schema::nearest::did_you_mean;
use argsz_schema::target;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, LitStr};

use crate::attributes::OfStruct;
use crate::declared;
use crate::include::Loaded;

pub(crate) fn expand(input: &DeriveInput, of: &OfStruct, path: &LitStr) -> syn::Result<TokenStream> {
    let loaded = Loaded::new(path, of.release.as_ref())?;
    let at = input.ident.span();
    let item = of.item.as_ref().ok_or_else(|| syn::Error::new(at, "name the struct: `item = \"c_name\"`"))?;
    let model = loaded.schema.at(loaded.release);
    let name = item.value();
    if model.find_struct(&name).is_none() {
        let known = model.structs().map(|def| def.meta.name.as_str());
        let hint = did_you_mean(&name, known).map(|hint| format!("; {hint}")).unwrap_or_default();
        let release = loaded.schema.release_name(loaded.release);
        return Err(syn::Error::new(item.span(), format!("no struct `{name}` at {release}{hint}")));
    }
    let fields = declared(input)?;
    let layouts = layout(&model, target::ALL[0]).map_err(|error| syn::Error::new(item.span(), error.to_string()))?;
    let wanted: Vec<&str> = layouts.structs.get(name.as_str()).map_or_else(Vec::new, |laid| {
        let named = laid.fields.iter().filter(|field| field.depth == 0 && !field.is_unnamed());
        named.map(|field| &*field.path).collect()
    });
    let unnamed = layouts.structs.get(name.as_str()).is_some_and(|laid| laid.fields.iter().any(Placed::is_unnamed));
    same_fields(input, &fields, &wanted, unnamed)?;
    let known: Vec<Declared> = fields.into_iter().filter(|field| wanted.contains(&field.path.as_str())).collect();
    let source_name = path.value();
    let unit = loaded.unit(&model, "derive", &source_name);
    let attached =
        attach(&unit, &name, &input.ident, &known).map_err(|error| syn::Error::new(at, error.to_string()))?;
    let watch = loaded.watch();
    Ok(quote! { #watch #attached })
}

/// Every field of the schema is declared, and none besides (an unnamed union of the schema may have any name).
fn same_fields(input: &DeriveInput, fields: &[Declared], wanted: &[&str], unnamed: bool) -> syn::Result<()> {
    let mut errors: Vec<syn::Error> = Vec::new();
    for field in fields.iter().filter(|field| !unnamed && !wanted.contains(&field.path.as_str())) {
        let hint =
            did_you_mean(&field.path, wanted.iter().copied()).map(|hint| format!("; {hint}")).unwrap_or_default();
        errors.push(syn::Error::new(field.name.span(), format!("the schema has no field `{}`{hint}", field.path)));
    }
    for missing in wanted.iter().filter(|name| !fields.iter().any(|field| field.path == **name)) {
        errors.push(syn::Error::new(input.ident.span(), format!("the schema's field `{missing}` is not declared")));
    }
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else { return Ok(()) };
    Err(errors.fold(first, |mut all, error| {
        all.combine(error);
        all
    }))
}
