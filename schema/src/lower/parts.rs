//! A text is read in parts, each from the head of one item to that of another: a long one on all cores, a short one with
//! less memory.
//!
//! TOML knows no parts. So a text is read this way only if it can make no difference: the parts are without a mistake,
//! none has anything but items behind the first, and no item is spread over two. Otherwise nothing is said here, and
//! the text is read as a whole, by the one who also words the mistakes.

use std::ops::Range;

use toml::de::DeTable;

use super::kept::{Spanned, Tree, Value};
use super::reader;
use crate::hash::HashSet;
use crate::shares;
use crate::source::Span;

/// Bytes of a part of a short text and of a long one, about: the parser's memory is used again for the next.
const LENGTHS: [usize; 2] = [16 << 10, 512 << 10];
/// A shorter text is not worth a thread, in bytes.
const SHORT: usize = 256 << 10;

/// A part of a text that is TOML by itself, or the whole text.
pub(super) struct Part<'t> {
    /// Where it begins in the text, in bytes.
    pub(super) start: usize,
    pub(super) text: &'t str,
    pub(super) table: Tree<'t>,
}

impl Part<'_> {
    /// The place of a key or a value in the whole text.
    pub(super) fn at<T>(&self, value: &Spanned<T>) -> Span {
        self.placed(value.span())
    }

    /// The place of a string's text: inside its quotes where nothing is escaped, otherwise the whole value.
    pub(super) fn inside(&self, value: &Spanned<Value<'_>>, text: &str) -> Span {
        let range = value.span();
        let raw = self.text.get(range.clone()).unwrap_or("");
        let quotes = raw.len() - raw.trim_start_matches(['"', '\'']).len();
        match raw.get(quotes..raw.len().saturating_sub(quotes)) {
            Some(inner) if inner == text => self.placed(range.start + quotes..range.end - quotes),
            _ => self.placed(range),
        }
    }

    fn placed(&self, range: Range<usize>) -> Span {
        (self.start + range.start..self.start + range.end).into()
    }
}

/// The parts of a text, in its order; `None` if it has to be read as a whole.
pub(super) fn read(text: &str) -> Option<Vec<Part<'_>>> {
    read_each(text, LENGTHS[usize::from(text.len() >= SHORT)])
}

/// Whether parts are worth more than one thread.
pub(super) fn are_long(parts: &[Part<'_>]) -> bool {
    parts.iter().map(|part| part.text.len()).sum::<usize>() >= SHORT
}

/// As [`read`], with parts of about this length.
pub(super) fn read_each(text: &str, length: usize) -> Option<Vec<Part<'_>>> {
    let cuts = cut(text, length);
    if cuts.len() < 2 || cuts[1..].iter().any(|cut| !has_items_alone(&text[cut.clone()])) {
        return None;
    }
    let parse = |cut: &Range<usize>| {
        let text = &text[cut.clone()];
        let table = match reader::read(text) {
            Some(table) => table,
            None => Tree::keep(DeTable::parse(text).ok()?.into_inner()),
        };
        Some(Part { start: cut.start, text, table })
    };
    let parts = shares::map_if(text.len() >= SHORT, &cuts, parse).into_iter().collect::<Option<Vec<_>>>()?;
    are_apart(&parts).then_some(parts)
}

/// Cuts a text before heads of items, as `[struct.iommu_hwpt_alloc]`.
fn cut(text: &str, length: usize) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    let mut start = 0;
    let mut from = length;
    while let Some(found) = text.as_bytes().get(from..).and_then(|rest| rest.windows(2).position(|two| two == b"\n[")) {
        let at = from + found + 1;
        if is_head(text[at..].lines().next().unwrap_or_default()) {
            cuts.push(start..at);
            (start, from) = (at, at + length);
        } else {
            from = at;
        }
    }
    cuts.push(start..text.len());
    cuts
}

/// Whether a line is `[word.word]`. What it is a part of is another question: a string that is cut has no end, so that
/// it is no TOML.
fn is_head(line: &str) -> bool {
    let inner = line.strip_prefix('[').and_then(|line| line.trim_end().strip_suffix(']'));
    let words: Vec<&str> = inner.unwrap_or_default().split('.').collect();
    words.len() == 2 && words.iter().all(|word| is_word(word))
}

fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether all heads are of items or of what is in them. A head of one word may stand twice, once in each of two
/// parts, which neither knows.
fn has_items_alone(text: &str) -> bool {
    let head = |line: &str| line.contains('.') && !line.contains(['"', '\'']);
    text.lines().map(str::trim_start).filter(|line| line.starts_with('[')).all(head)
}

/// Whether no item has something in two parts, and none was written as a value before the first head.
fn are_apart(parts: &[Part<'_>]) -> bool {
    let head = parts.first().map_or(0, |first| first.text.find("\n[").unwrap_or(first.text.len()));
    let mut known = HashSet::default();
    parts.iter().all(|part| {
        part.table.iter().all(|(kind, items)| match items.get_ref() {
            Value::Table(items) => {
                let as_value = part.start == 0 && kind.span().start < head;
                let kind: &str = kind.get_ref();
                !as_value
                    && !known.contains(&(kind, None))
                    && items.keys().all(|name| {
                        let name: &str = name.get_ref();
                        known.insert((kind, Some(name)))
                    })
            }
            _ => part.start == 0 && known.insert((kind.get_ref(), None)),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{cut, read_each};

    #[test]
    fn texts_are_cut_before_items_alone() {
        let first = "a = 1\n[header]\nx = 1\n";
        let second = "[struct.a]\nx = 1\n[struct.a.b]\ny = 1\n[[struct.c]]\nz = 1\n";
        let third = "[flags.d]\n";
        let text = &[first, second, third].concat();
        let parts: Vec<&str> = cut(text, 1).into_iter().map(|part| &text[part]).collect();
        assert_eq!(parts, [first, second, third]);
        assert!(read_each(text, 1).is_some_and(|parts| parts.len() == 3));
    }

    #[test]
    fn what_two_parts_know_together_is_read_as_a_whole() {
        let head = "grammar = 1\n[header]\nx = 1\n[struct.a]\nx = 1\n";
        assert!(read_each(&format!("{head}[struct.b]\n"), 1).is_some());
        for beyond in [
            "[struct.a]\n",                                   // the same item
            "[struct.b]\n[struct.a.c]\n",                     // a part of one
            "[struct.b]\n[header]\n",                         // no item
            "[struct.b]\n[\"header\"]\n",                     // the same in quotes
            "[struct.b]\n[\"struct\".'a']\n",                 // an item in quotes
            "[struct.b]\n[[struct.c]]\n[struct.c]\n",         // a life
            "[struct.b]\ndoc = \"\"\"\n[struct.c]\n\"\"\"\n", // a text in a string
            "[struct.b]\nfields = [\n[struct.c]\n]\n",        // no TOML
            "[struct.b]\nx = \n",                             // no TOML
        ] {
            assert!(read_each(&format!("{head}{beyond}"), 1).is_none(), "{beyond}");
        }
        for as_value in ["struct = 1\n", "struct = {}\n", "struct.c.x = 1\n"] {
            assert!(read_each(&format!("{as_value}{head}[struct.b]\n"), 1).is_none(), "{as_value}");
        }
    }
}
