//! Documentation, as attributes and as text.

use argsz_schema::model::Meta;
use proc_macro2::TokenStream;
use quote::quote;

/// The lines of a doc; never none, for every public item has one.
pub(super) fn lines(meta: &Meta, notes: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = meta.doc.trim().lines().map(str::to_owned).collect();
    if lines.is_empty() {
        lines.push(format!("`{}`", meta.name));
    }
    let deprecated = meta.deprecated.iter().map(|why| format!("Deprecated: {why}"));
    for note in notes.iter().cloned().chain(deprecated) {
        lines.push(String::new());
        lines.push(note);
    }
    lines
}

/// Lines as doc comments.
pub(super) fn attributes<S: AsRef<str>>(lines: &[S]) -> TokenStream {
    let lines = lines.iter().map(|line| match line.as_ref() {
        "" => String::new(),
        line => format!(" {line}"),
    });
    quote! { #(#[doc = #lines])* }
}

/// Doc comments and the name in C, to be searched for.
pub(super) fn item(meta: &Meta, notes: &[String]) -> TokenStream {
    let docs = attributes(&lines(meta, notes));
    if meta.name.is_empty() {
        return docs;
    }
    let name = &meta.name;
    quote! { #docs #[doc(alias = #name)] }
}
