//! A schema's text and places in it.

use std::path::{Path, PathBuf};

/// Bytes `start..end` of one source's text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(range.start), end: clamp(range.end) }
    }
}

impl From<Span> for std::ops::Range<usize> {
    fn from(span: Span) -> Self {
        span.start as usize..span.end as usize
    }
}

/// A text and the name people know it by.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path as the user gave it, or a name in angle brackets.
    pub name: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// A source that lives in memory.
    pub fn new(name: impl AsRef<Path>, text: impl Into<String>) -> Self {
        Self { name: name.as_ref().to_owned(), text: text.into() }
    }

    /// Line and column, both from 1, columns in characters.
    #[must_use]
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}
