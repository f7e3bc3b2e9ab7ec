//! `[chain.NAME]`: capabilities behind an answer.

use super::tree::{Table, Text, string};
use super::{FOREVER, meta};
use crate::chain::{Chain, Link};
use crate::language;
use crate::source::Span;

pub(super) fn lower(name: &str, at: Span, table: Table<'_, '_>) -> Option<Chain> {
    let meta = meta(&table, name, at, FOREVER);
    let place = |text: Text| (text.text, text.at);
    let of = table.must_text("of").map(place);
    let when = table.condition("when");
    let first = table.must_text("first").map(place);
    let head = table.must_text("head").map(place);
    let next = table.must_text("next").map(place);
    let id = table.must_text("id").map(place);
    let ids = table.must_text("enum").map(place);
    if !table.has("links") {
        table.missing("links");
    }
    let written = table.get("links").and_then(|value| Table::of(table.cx, value, table.cx.at(value)));
    let mut links = Vec::new();
    for (key, at, value) in written.iter().flat_map(Table::entries) {
        let ty = string(table.cx, value).map(place);
        links.extend(ty.map(|ty| Link { id: (key.to_owned(), at), ty }));
    }
    let none = table.texts("none").into_iter().map(place).collect();
    table.finish(&language::CHAIN);
    Some(Chain { meta, of: of?, when, first: first?, head: head?, next: next?, id: id?, ids: ids?, links, none })
}
