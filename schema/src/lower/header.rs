//! `[header]`.

use super::tree::Table;
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{Errno, ErrnoDefaults, Header};

pub(super) fn lower(top: &Table<'_, '_>) -> Option<Header> {
    if !top.has("header") {
        top.missing("header");
        return None;
    }
    let value = top.get("header")?;
    let table = Table::of(top.cx, value, value.span().into())?;
    let path = table.must_text("path").map(|path| path.text);
    let guard = table.must_text("guard").map(|guard| {
        super::identifier(table.cx, &guard.text, guard.at);
        guard.text
    });
    let releases = table.texts("releases");
    if !table.has("releases") {
        table.missing("releases");
    } else if releases.is_empty() {
        let at = table.get("releases").map_or(table.at, |value| value.span().into());
        let diagnostic = Diagnostic::new(codes::AZ0004, at, "a header has at least one release");
        table.cx.report(diagnostic.help("name the release that the schema describes: `releases = [\"1.0\"]`"));
    }
    let header = Header {
        path: path.unwrap_or_default(),
        guard: guard.unwrap_or_default(),
        license: table.text("license").map_or_else(|| "GPL-2.0 WITH Linux-syscall-note".into(), |text| text.text),
        includes: table.texts("includes").into_iter().map(|text| text.text).collect(),
        releases: releases.into_iter().map(|text| text.text).collect(),
        doc: table.text("doc").map(|doc| doc.text.trim().to_owned()).unwrap_or_default(),
        errno: errnos(&table),
    };
    table.finish();
    (!header.releases.is_empty() && u16::try_from(header.releases.len()).is_ok()).then_some(header)
}

fn errnos(header: &Table<'_, '_>) -> ErrnoDefaults {
    let value = header.get("errno");
    let table = value.and_then(|value| Table::of(header.cx, value, value.span().into()));
    let pick = |key: &'static str, default: &'static str| {
        table.as_ref().and_then(|table| table.errno(key)).unwrap_or(Errno(default))
    };
    let errnos = ErrnoDefaults {
        size: pick("size", "EINVAL"),
        tail: pick("tail", "E2BIG"),
        version: pick("version", "EINVAL"),
        flags: pick("flags", "EINVAL"),
        enumeration: pick("enum", "EINVAL"),
        reserved: pick("reserved", "EINVAL"),
        range: pick("range", "EINVAL"),
        rule: pick("rule", "EINVAL"),
    };
    if let Some(table) = table {
        table.finish();
    }
    errnos
}
