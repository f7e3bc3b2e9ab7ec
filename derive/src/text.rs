//! A schema text written from Rust, which remembers where in the Rust source each part of it came from.

use std::ops::Range;

use argsz_schema::diag::Diagnostic;
use argsz_schema::source::Span as Place;
use proc_macro2::Span;

/// TOML under construction.
#[derive(Default)]
pub(crate) struct Text {
    pub(crate) toml: String,
    origins: Vec<(Range<usize>, Span)>,
}

impl Text {
    /// Appends text of our own.
    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.toml.push_str(text);
        self
    }

    /// Appends text that stands for something in the source.
    pub(crate) fn from(&mut self, text: &str, origin: Span) -> &mut Self {
        let start = self.toml.len();
        self.toml.push_str(text);
        self.origins.push((start..self.toml.len(), origin));
        self
    }

    /// Appends a TOML string.
    pub(crate) fn string(&mut self, text: &str, origin: Span) -> &mut Self {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for letter in text.chars() {
            match letter {
                '"' => quoted.push_str("\\\""),
                '\\' => quoted.push_str("\\\\"),
                '\n' => quoted.push_str("\\n"),
                control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
                other => quoted.push(other),
            }
        }
        quoted.push('"');
        self.from(&quoted, origin)
    }

    /// Appends another text with its origins.
    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        let start = self.toml.len();
        self.toml.push_str(&other.toml);
        let moved = other.origins.into_iter().map(|(range, span)| (range.start + start..range.end + start, span));
        self.origins.extend(moved);
        self
    }

    /// The place in the Rust source of a place in the text: of the smallest part that holds it.
    pub(crate) fn origin(&self, place: Place) -> Option<Span> {
        let at = place.start as usize;
        let holds = |(range, _): &&(Range<usize>, Span)| range.contains(&at);
        self.origins.iter().filter(holds).min_by_key(|(range, _)| range.len()).map(|(_, span)| *span)
    }

    /// Findings as compile errors at their attributes.
    pub(crate) fn errors(&self, found: &[Diagnostic], whole: Span) -> syn::Error {
        let mut errors = found.iter().map(|finding| {
            let mut message = format!("{}: {}", finding.code.0.id, finding.message);
            if !finding.label.is_empty() {
                message.push_str(&format!(" ({})", finding.label));
            }
            if let Some(help) = &finding.help {
                message.push_str(&format!("\nhelp: {help}"));
            }
            syn::Error::new(self.origin(finding.at).unwrap_or(whole), message)
        });
        let first = errors.next().unwrap_or_else(|| syn::Error::new(whole, "the schema was refused without a reason"));
        errors.fold(first, |mut all, error| {
            all.combine(error);
            all
        })
    }
}
