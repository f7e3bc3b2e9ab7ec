//! `[header]`.

use super::plain;
use super::tree::{Cx, Table, Text};
use crate::codes::{self, Code};
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::language;
use crate::model::{Errno, ErrnoDefaults, Header};
use crate::source::Span;

/// Most releases of a header.
const MOST_RELEASES: usize = 10_000;

pub(super) fn lower(top: &Table<'_, '_>) -> Option<Header> {
    if !top.has("header") {
        let finding = Diagnostic::new(codes::AZ0004, top.at, "`header` is missing");
        top.lost("header", finding.help("add a table `[header]` with `path`, `guard` and `releases`"));
        return None;
    }
    let value = top.get("header")?;
    let table = Table::of(top.cx, value, top.cx.at(value))?;
    let path = table.must_text("path").inspect(|path| plain::path(top.cx, path)).map(|path| path.text);
    let guard = table.must_text("guard").map(|guard| {
        super::identifier(table.cx, &guard.text, guard.at);
        guard.text
    });
    let prefix = table.text("prefix").map(|prefix| {
        super::identifier(table.cx, &prefix.text, prefix.at);
        prefix.text
    });
    let releases = table.texts("releases");
    if !table.has("releases") {
        table.missing("releases");
    } else if releases.is_empty() && table.array_len("releases") == Some(0) {
        let at = table.get("releases").map_or(table.at, |value| table.cx.at(value));
        let diagnostic = Diagnostic::new(codes::AZ0004, at, "a header has at least one release");
        table.cx.report(diagnostic.help("name the release that the schema describes: `releases = [\"1.0\"]`"));
    }
    if let Some(beyond) = releases.get(MOST_RELEASES) {
        let message = format!("{} releases are more than any header has", releases.len());
        let diagnostic = Diagnostic::new(codes::AZ0007, beyond.at, message);
        table.cx.report(diagnostic.help(format!("the most is {MOST_RELEASES}")));
    }
    in_order(table.cx, &releases);
    for release in &releases {
        plain::word(top.cx, release);
    }
    let includes = table.texts("includes");
    for include in &includes {
        plain::path(top.cx, include);
    }
    once(table.cx, &includes, codes::AZ0011, "included");
    let license = table.text("license").inspect(|license| plain::line(top.cx, license));
    let header = Header {
        path: path.unwrap_or_default(),
        guard: guard.unwrap_or_default(),
        prefix: prefix.unwrap_or_default(),
        license: license.map_or_else(|| "GPL-2.0 WITH Linux-syscall-note".into(), |text| text.text),
        includes: includes.into_iter().map(|text| text.text).collect(),
        releases: releases.into_iter().map(|text| text.text).collect(),
        doc: table.text("doc").map(|doc| doc.text.trim().to_owned()).unwrap_or_default(),
        errno: errnos(&table),
    };
    table.finish(&language::HEADER);
    (1..=MOST_RELEASES).contains(&header.releases.len()).then_some(header)
}

/// Releases are listed once each, oldest first: `5.10` comes after `5.9`.
fn in_order(cx: &Cx<'_>, releases: &[Text]) {
    once(cx, releases, codes::AZ0603, "listed");
    let version = |name: &str| name.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    for pair in releases.windows(2) {
        let (Some(first), Some(second)) = (version(&pair[0].text), version(&pair[1].text)) else { continue };
        if second < first {
            let message = format!("release {} is listed after {}", pair[1].text, pair[0].text);
            let finding = Diagnostic::new(codes::AZ0604, pair[1].at, message).also(pair[0].at, "later than the next");
            cx.report(finding.help("list the releases in order, the oldest first"));
        }
    }
}

/// Reports what is listed a second time.
fn once(cx: &Cx<'_>, all: &[Text], code: Code, what: &str) {
    let mut seen: HashMap<&str, Span> = HashMap::default();
    for text in all {
        if let Some(first) = seen.insert(&text.text, text.at) {
            let finding = Diagnostic::new(code, text.at, format!("`{}` is {what} twice", text.text));
            cx.report(finding.also(first, "first here").help("remove one of them"));
        }
    }
}

fn errnos(header: &Table<'_, '_>) -> ErrnoDefaults {
    let value = header.get("errno");
    let table = value.and_then(|value| Table::of(header.cx, value, header.cx.at(value)));
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
        table.finish(&language::ERRNO);
    }
    errnos
}
