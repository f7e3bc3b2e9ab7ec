//! Texts that go unchanged into file names, C and Rust: they may hold nothing that ends what they stand in.

use super::tree::{Cx, Text};
use crate::codes;
use crate::diag::Diagnostic;

fn refuse(cx: &Cx<'_>, text: &Text, why: &str) {
    let message = format!("`{}` cannot be printed where it belongs", text.text.escape_debug());
    cx.report(Diagnostic::new(codes::AZ0012, text.at, message).help(why));
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-+".contains(c))
}

/// The path of a header: relative, and inside the folder that it is relative to.
pub(super) fn path(cx: &Cx<'_>, text: &Text) {
    if !text.text.split('/').all(|part| is_word(part) && part != "." && part != "..") {
        refuse(cx, text, "a header is named as `#include` has it: `linux/iommu.h`");
    }
}

/// The id of a rule: a word, or `STRUCT/word`.
pub(super) fn id(cx: &Cx<'_>, text: &Text) {
    if !text.text.split('/').all(is_word) {
        refuse(cx, text, "it has letters, digits, `_`, `.`, `-` and `+`");
    }
}

/// A release.
pub(super) fn word(cx: &Cx<'_>, text: &Text) {
    if !is_word(&text.text) {
        refuse(cx, text, "it has letters, digits, `_`, `.`, `-` and `+`");
    }
}

/// One line of a C comment.
pub(super) fn line(cx: &Cx<'_>, text: &Text) {
    if text.text.chars().any(char::is_control) || ["*/", "/*"].iter().any(|mark| text.text.contains(mark)) {
        refuse(cx, text, "it is one line, without the marks of C comments");
    }
}

/// The key of a flag or value: what conditions and Rust call it.
pub(super) fn key(cx: &Cx<'_>, text: &Text) {
    if text.text.is_empty() || !text.text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        refuse(cx, text, "a key has letters, digits and `_`; the name in C may be another: `c = \"...\"`");
    }
}
