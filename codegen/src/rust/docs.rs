//! Documentation of what is emitted.

use argsz_schema::model::Meta;

use super::names;
use super::text::{Lines, escaped};

/// What stands before an item: doc comments, and the name in C where it has another there.
#[derive(Clone, Debug)]
pub(super) struct Docs {
    lines: Vec<String>,
    alias: Option<String>,
}

impl Docs {
    /// These lines.
    pub(super) fn new<S: Into<String>>(lines: impl IntoIterator<Item = S>) -> Self {
        Self { lines: lines.into_iter().map(Into::into).collect(), alias: None }
    }

    /// What the schema says of an item, and the name in C, to be searched for where it is another than that in Rust.
    pub(super) fn item(meta: &Meta, name: &str, notes: &[String]) -> Self {
        Self::new(lines(meta, notes)).alias(if names::bare(name) == meta.name { "" } else { &meta.name })
    }

    /// What the schema says of something that has the same name in C.
    pub(super) fn of(meta: &Meta, notes: &[String]) -> Self {
        Self::new(lines(meta, notes))
    }

    /// With a name to be searched for; none if it is empty.
    pub(super) fn alias(self, name: &str) -> Self {
        Self { alias: (!name.is_empty()).then(|| name.to_owned()), ..self }
    }

    /// With a paragraph of its own behind the others.
    pub(super) fn and(mut self, paragraph: &str) -> Self {
        self.lines.extend([String::new(), paragraph.to_owned()]);
        self
    }

    /// Before the item.
    pub(super) fn print(&self, code: &mut Lines) {
        code.docs(&self.lines);
        if let Some(alias) = &self.alias {
            code.line(["#[doc(alias = \"", &*escaped(alias), "\")]"]);
        }
    }
}

/// The lines of a doc; never none, for every public item has one.
pub(super) fn lines(meta: &Meta, notes: &[String]) -> Vec<String> {
    // A carriage return in the middle of a line may not stand in a doc comment.
    let mut lines: Vec<String> = meta.doc.trim().lines().map(|line| line.replace('\r', " ")).collect();
    if lines.is_empty() {
        lines.push(format!("`{}`", meta.name));
    }
    let deprecated = meta.deprecated.iter().map(|why| format!("Deprecated: {}", why.replace(['\r', '\n'], " ")));
    for note in notes.iter().cloned().chain(deprecated) {
        lines.push(String::new());
        lines.push(note);
    }
    lines
}
