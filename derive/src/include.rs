//! Schemas in files: found from the crate's manifest, loaded, and watched for edits.

use std::path::{Path, PathBuf};

use argsz_codegen::{Shared, Unit, rust};
use argsz_schema::model::Release;
use argsz_schema::{LoadError, Schema};
use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// `"path.toml"`, perhaps with `, release = "1.0"`.
pub(crate) struct Include {
    path: LitStr,
    release: Option<LitStr>,
}

impl Parse for Include {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse()?;
        let mut release = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let key: syn::Ident = input.parse()?;
            if key != "release" {
                return Err(syn::Error::new(key.span(), "expected `release = \"...\"`"));
            }
            input.parse::<Token![=]>()?;
            release = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { path, release })
    }
}

impl Include {
    pub(crate) fn expand(&self) -> syn::Result<TokenStream> {
        let loaded = Loaded::new(&self.path, self.release.as_ref())?;
        let model = loaded.schema.at(loaded.release);
        let source_name = self.path.value();
        let stem = Path::new(&source_name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        let unit = loaded.unit(&model, &stem, &source_name);
        let tokens = rust::tokens(&unit).map_err(|error| syn::Error::new(self.path.span(), error.to_string()))?;
        let watch = loaded.watch();
        Ok(quote! { #watch #tokens })
    }
}

/// A schema that a macro named, at the release that it named.
pub(crate) struct Loaded {
    pub(crate) schema: Schema,
    pub(crate) release: Release,
    path: PathBuf,
}

impl Loaded {
    pub(crate) fn new(literal: &LitStr, release: Option<&LitStr>) -> syn::Result<Self> {
        let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let path = root.join(literal.value());
        let schema = Schema::load(&path).map_err(|error| syn::Error::new(literal.span(), message(&error)))?;
        let release = match release {
            None => schema.releases().next_back(),
            Some(name) => Some(schema.release(&name.value()).ok_or_else(|| {
                let all: Vec<&str> = schema.releases().map(|release| schema.release_name(release)).collect();
                let known = all.join(", ");
                syn::Error::new(name.span(), format!("no release `{}`; there are {known}", name.value()))
            })?),
        };
        let release = release.ok_or_else(|| syn::Error::new(literal.span(), "the schema has no release"))?;
        Ok(Self { schema, release, path })
    }

    pub(crate) fn unit<'a>(
        &'a self,
        model: &'a argsz_schema::model::Model,
        stem: &'a str,
        source_name: &'a str,
    ) -> Unit<'a> {
        Unit {
            history: self.schema.model(),
            release: self.release,
            model,
            stem,
            source_name,
            input_hash: "",
            shared: Shared::default(),
        }
    }

    /// What makes an edit of the file build the crate anew.
    pub(crate) fn watch(&self) -> TokenStream {
        let path = self.path.to_string_lossy();
        quote! { const _: &[u8] = ::core::include_bytes!(#path); }
    }
}

/// The findings with their places in the TOML.
fn message(error: &LoadError) -> String {
    match error {
        LoadError::Rejected(rejected) => {
            let findings = rejected.found.iter().map(|finding| {
                let (line, column) = rejected.source.position(finding.at.start);
                let help = finding.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
                let place = rejected.source.name.file_name().unwrap_or_default().to_string_lossy();
                format!("{place}:{line}:{column}: {}: {}{help}", finding.code.0.id, finding.message)
            });
            findings.collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}
