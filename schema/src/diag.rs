//! Diagnostics: every error of a schema at once, each with its place, its reason and the way out.

use crate::codes::Code;
use crate::source::Span;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The schema means nothing, or something wrong.
    Error,
    /// It means something; a waiver with a reason silences it.
    Lint,
}

/// A name that is not there. Boxed it is one word, so that a finding stays small enough to be an error.
#[derive(Clone, Debug)]
pub struct Absent {
    /// As it was written.
    pub name: String,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Stable code, with its page in `schema/explain/`.
    pub code: Code,
    /// What is wrong, in one line without a full stop.
    pub message: String,
    /// Where.
    pub at: Span,
    /// What is said at the place; may be empty.
    pub label: String,
    /// Other places that matter ("first defined here").
    pub also: Vec<(Span, String)>,
    /// The way out, in one line.
    pub help: Option<String>,
    /// The name that is not there, which may be there at another release.
    pub absent: Option<Box<Absent>>,
}

impl Diagnostic {
    /// A finding with nothing but its place.
    #[must_use]
    pub fn new(code: Code, at: Span, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at, label: String::new(), also: Vec::new(), help: None, absent: None }
    }

    /// What is said at the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that matters.
    #[must_use]
    pub fn also(mut self, at: Span, label: impl Into<String>) -> Self {
        self.also.push((at, label.into()));
        self
    }

    /// The name that is not there.
    #[must_use]
    pub fn absent(mut self, name: impl Into<String>) -> Self {
        self.absent = Some(Box::new(Absent { name: name.into() }));
        self
    }

    /// The way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Collects findings. Dropping one without [`Ctxt::finish`] is a bug of ours and panics, so that no model escapes
/// half checked (the habit of `serde_derive`).
#[derive(Debug, Default)]
pub struct Ctxt {
    found: std::cell::RefCell<Option<Vec<Diagnostic>>>,
}

impl Ctxt {
    /// An empty collector.
    #[must_use]
    pub fn new() -> Self {
        Self { found: std::cell::RefCell::new(Some(Vec::new())) }
    }

    /// Notes a finding.
    pub fn report(&self, diagnostic: Diagnostic) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(diagnostic);
        }
    }

    /// How many were noted so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.borrow().as_ref().map_or(0, Vec::len)
    }

    /// Whether nothing was noted so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was noted so far.
    #[must_use]
    pub fn so_far(&self) -> Vec<Diagnostic> {
        self.found.borrow().clone().unwrap_or_default()
    }

    /// Hands out everything found, in the order of places.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        let mut found = self.found.borrow_mut().take().unwrap_or_default();
        found.sort_by_key(|d| (d.at, d.code));
        found
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        assert!(
            self.found.borrow().is_none() || std::thread::panicking(),
            "a Ctxt was dropped without its findings being read"
        );
    }
}
