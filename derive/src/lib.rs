//! Proc macros of argsz: thin shells over the schema and the Rust emitter.
//!
//! A derive writes what its attributes say as a schema, and goes the way every schema goes: the same lints, the same
//! check list, the same validators. What is refused points at the attribute it came from.

mod attributes;
mod include;
mod text;
mod tied;

use argsz_codegen::rust::attach::{Declared, attach};
use argsz_codegen::{Shared, Unit};
use argsz_schema::Schema;
use argsz_schema::source::Source;
use proc_macro::TokenStream;
use quote::ToTokens as _;
use syn::{Data, DeriveInput};

/// Makes a `#[repr(C)]` struct one of a kernel's user API.
///
/// Without a schema, attributes on the fields say what the schema would; the keys are those of `docs/language.md`:
///
/// ```ignore
/// #[derive(Clone, Copy, argsz::Uapi, FromBytes, IntoBytes, KnownLayout, Immutable)]
/// #[uapi(grows = "argsz", min = "flags")]
/// #[uapi(min_size(when = "flags.has(WIDE)", covers = "wide"))]
/// #[uapi(refuse(when = "flags.has(READ) && wide != 0", why = "a read is never wide"))]
/// #[repr(C)]
/// struct DemoBind {
///     #[uapi(argsz)]
///     argsz: u32,
///     #[uapi(flags(READ = 0, WIDE = 1))]
///     flags: u32,
///     wide: u32,
///     #[uapi(reserved)]
///     pad: u32,
/// }
/// ```
///
/// With `#[uapi(schema = "linux/demo.toml", item = "demo_bind", release = "1.0")]` the struct is tied to an item of
/// a schema (the path counts from the crate's manifest): names, offsets and sizes of its fields are checked when it is
/// compiled. Either way it gets `copy_from_user` and its like.
#[proc_macro_derive(Uapi, attributes(uapi))]
pub fn derive_uapi(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Includes a whole schema: every type, constant and validator that `argsz generate` would write.
///
/// `argsz::schema!("linux/demo.toml")`, or with `, release = "1.0"`; without a release it is the newest. The path
/// counts from the crate's manifest. An edit of the file builds the crate anew.
#[proc_macro]
pub fn schema(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as include::Include);
    input.expand().unwrap_or_else(syn::Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    repr_c(input)?;
    let of = attributes::OfStruct::read(input)?;
    if let Some(path) = &of.schema {
        return tied::expand(input, &of, path);
    }
    let (text, name) = attributes::describe(input, &of)?;
    let schema = Schema::parse(Source::new("<derive>", text.toml.as_str()))
        .map_err(|rejected| text.errors(&rejected.found, input.ident.span()))?;
    let release = schema.releases().next_back().ok_or_else(|| syn::Error::new(input.ident.span(), "no release"))?;
    let model = schema.at(release);
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem: "derive",
        source_name: "the attributes",
        input_hash: "",
        shared: Shared::default(),
    };
    let fields = declared(input)?;
    attach(&unit, &name, &input.ident, &fields).map_err(|error| syn::Error::new(input.ident.span(), error.to_string()))
}

/// Layouts are C's only with `#[repr(C)]`.
fn repr_c(input: &DeriveInput) -> syn::Result<()> {
    let mut found = false;
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("C");
            if meta.input.peek(syn::token::Paren) {
                let _: proc_macro2::Group = meta.input.parse()?;
            }
            Ok(())
        })?;
    }
    let missing = || syn::Error::new(input.ident.span(), "a kernel's struct needs `#[repr(C)]`");
    found.then_some(()).ok_or_else(missing)
}

/// The fields as they are declared; each is under its own name in the schema.
fn declared(input: &DeriveInput) -> syn::Result<Vec<Declared>> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "only a struct can be a kernel's struct"));
    };
    let named = data.fields.iter().filter_map(|field| Some((field.ident.clone()?, field)));
    Ok(named
        .map(|(name, field)| {
            let path = name.to_string();
            let path = path.strip_prefix("r#").unwrap_or(&path).to_owned();
            Declared { name, ty: field.ty.to_token_stream(), path }
        })
        .collect())
}
