//! Lowering: a spanned TOML tree becomes the typed model. Every error is collected; nothing is judged that needs
//! more than one item to be seen, which is the business of `check`.

mod arith;
mod bits;
mod cells;
mod chains;
mod header;
mod ioctls;
mod kept;
mod named;
mod parts;
mod plain;
mod reader;
mod rules;
mod structs;
mod syntax;
mod tree;
mod types;
mod units;
mod values;

use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::hash::IndexMap;
use crate::language;
use crate::model::{Item, Layer, Life, Meta, Model, Release};
use crate::project::Lookup;
use crate::shares;
use crate::source::{Source, Span};
use kept::{Spanned, Tree, Value};
use parts::Part;
use tree::{Cx, Known, Table, wrong_kind};

pub use syntax::parse as parse_toml;

/// The grammar version of the language that is read here.
pub(crate) const GRAMMAR: i64 = 1;
/// How deep tables and arrays may lie in each other.
const MAX_NESTING: usize = 100;

/// Lowers a text. `None` if it is so broken that no model can be had; `ctxt` then has the reasons.
pub(crate) fn lower(source: &Source, ctxt: &Ctxt) -> Option<Model> {
    in_parts(parts::read(&source.text)).or_else(|| {
        if let Some(at) = too_deep(&source.text) {
            let message = format!("tables and arrays lie in each other more than {MAX_NESTING} deep");
            ctxt.report(Diagnostic::new(codes::AZ0009, at, message));
            return None;
        }
        model(&[whole(&source.text, ctxt)?], ctxt)
    })
}

/// The model of a text that can be read in parts, and has no mistake.
fn in_parts(parts: Option<Vec<Part<'_>>>) -> Option<Model> {
    let ctxt = Ctxt::new();
    let model = parts.and_then(|parts| model(&parts, &ctxt));
    ctxt.finish().is_empty().then_some(model)?
}

/// Reads TOML; reports what is none.
fn whole<'t>(text: &'t str, ctxt: &Ctxt) -> Option<Part<'t>> {
    let table = syntax::parse(text).map_err(|found| found.into_iter().for_each(|mistake| ctxt.report(mistake))).ok()?;
    Some(Part { start: 0, text, table: Tree::keep(table.into_inner()) })
}

/// The model that the parts of a text mean together.
fn model(parts: &[Part<'_>], ctxt: &Ctxt) -> Option<Model> {
    let mut known = Known::default();
    let header = {
        let cx = Cx::new(ctxt, parts.first()?, &known);
        let top = Table::new(&cx, &cx.part.table, Span::default());
        grammar(&top)?;
        header::lower(&top)?
    };
    known.releases = (0_u16..).zip(&header.releases).map(|(n, name)| (name.clone(), Release(n))).collect();
    known.values = named::evaluate(parts, ctxt);
    let lowered = shares::map_if(parts::are_long(parts), parts, |part| {
        let ctxt = Ctxt::new();
        let made = of_part(&Cx::new(&ctxt, part, &known));
        (made, ctxt.finish())
    });
    let mut items = Vec::with_capacity(lowered.iter().map(|((some, _), _)| some.len()).sum());
    let mut layers = IndexMap::default();
    for ((some, more), found) in lowered {
        items.extend(some);
        layers.extend(more);
        for found in found {
            ctxt.report(found);
        }
    }
    // What a table says is of entries and descriptors, wherever they stand.
    for part in parts {
        let cx = Cx::new(ctxt, part, &known);
        let top = Table::new(&cx, &part.table, Span::default());
        let mut tables = Vec::new();
        each(&top, "table", |name, at, table| {
            tables.extend(cells::lower(name, at, table, &items).map(|one| Item::CellTable(one.into())));
        });
        items.extend(tables);
    }
    items.sort_by_key(|item| item.meta().span);
    Some(Model { header, release: None, items, layers, lookup: Lookup::default() })
}

/// The items of one part, but for tables, and its layers.
fn of_part(cx: &Cx<'_>) -> (Vec<Item>, IndexMap<String, Layer>) {
    let top = Table::new(cx, &cx.part.table, Span::default());
    let made = (items(&top), rules::layers(&top));
    if let Some(value) = top.get("macro") {
        let message = "`[macro.*]` is kept for a later grammar";
        cx.report(Diagnostic::new(codes::AZ0010, cx.at(value), message));
    }
    top.finish(&language::TOP);
    made
}

fn grammar(top: &Table<'_, '_>) -> Option<()> {
    if !top.has("grammar") {
        let diagnostic = Diagnostic::new(codes::AZ0008, Span::default(), "`grammar` is missing");
        top.lost("grammar", diagnostic.help(format!("begin the file with `grammar = {GRAMMAR}`")));
        return None;
    }
    let version = top.number("grammar", 1, i128::from(u32::MAX))?;
    if version == i128::from(GRAMMAR) {
        return Some(());
    }
    let at = top.get("grammar").map(|value| top.cx.at(value)).unwrap_or_default();
    let message = format!("grammar {version} is newer than this argsz, which reads grammar {GRAMMAR}");
    top.cx.report(Diagnostic::new(codes::AZ0008, at, message).help("use the argsz that the schema was written for"));
    None
}

/// The place where brackets lie too deep. Strings and comments are passed over well enough for a limit.
fn too_deep(text: &str) -> Option<Span> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += bytes[at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - at),
            b'"' | b'\'' => at = end_of_string(bytes, at),
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Some((at..at + 1).into());
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    too_many_dots(text)
}

/// The last byte of the string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let long = bytes[start..].starts_with(&[quote; 3]);
    let mut at = start + if long { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if quote == b'"' => at += 1,
            b'\n' if !long => return at,
            byte if byte == quote && !long => return at,
            byte if byte == quote && bytes[at..].starts_with(&[quote; 3]) => return at + 2,
            _ => {}
        }
        at += 1;
    }
    at
}

/// A dotted key nests as brackets do.
fn too_many_dots(text: &str) -> Option<Span> {
    let dots = |text: &str| text.bytes().filter(|byte| *byte == b'.').count();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if dots(line) > MAX_NESTING {
            let key = line.split(['=', '"', '\'', '#']).next().unwrap_or("");
            // A row of dots is a line of somebody's text, not a key.
            if !key.contains("..") && dots(key) > MAX_NESTING {
                return Some((start..start + key.len()).into());
            }
        }
        start += line.len();
    }
    None
}

/// The items of all kinds but tables.
fn items(top: &Table<'_, '_>) -> Vec<Item> {
    let mut items = Vec::new();
    each(top, "const", |name, at, table| {
        items.extend(values::constant(name, at, table).map(|one| Item::Const(one.into())));
    });
    each(top, "flags", |name, at, table| {
        items.extend(values::flags(name, at, table).map(|set| Item::Flags(set.into())));
    });
    each(top, "enum", |name, at, table| {
        items.extend(values::enumeration(name, at, table).map(|set| Item::Enum(set.into())));
    });
    each(top, "struct", |name, at, table| items.push(Item::Struct(structs::lower(name, at, table, false).into())));
    each(top, "union", |name, at, table| items.push(Item::Struct(structs::lower(name, at, table, true).into())));
    each(top, "ioctl", |name, at, table| {
        items.extend(ioctls::lower(name, at, table).map(|one| Item::Ioctl(one.into())));
    });
    each(top, "chain", |name, at, table| {
        items.extend(chains::lower(name, at, table).map(|one| Item::Chain(one.into())));
    });
    for (word, kind) in
        [("entry", bits::Kind::Entry), ("descriptor", bits::Kind::Descriptor), ("register", bits::Kind::Register)]
    {
        each(top, word, |name, at, table| {
            items.extend(bits::lower(name, at, table, kind).map(|bits| Item::Bits(bits.into())));
        });
    }
    items
}

/// Calls for each `[kind.NAME]`, and for each life of a `[[kind.NAME]]`.
fn each<'a, 't>(top: &Table<'a, 't>, kind: &'static str, mut lower: impl FnMut(&str, Span, Table<'a, 't>)) {
    let Some(value) = top.get(kind) else { return };
    let Some(of_kind) = Table::of(top.cx, value, top.cx.at(value)) else { return };
    for (name, at, value) in of_kind.entries() {
        identifier(top.cx, name, at);
        for life in lives(top.cx, value) {
            // Lives of one name are told apart by where each stands.
            let place = if matches!(value.get_ref(), Value::Array(_)) { top.cx.at(life) } else { at };
            if let Some(table) = Table::of(top.cx, life, at) {
                lower(name, if place == Span::default() { at } else { place }, table);
            }
        }
    }
}

/// The elements of an array of lives, or the one value.
fn lives<'t>(cx: &Cx<'_>, value: &'t Spanned<Value<'t>>) -> Vec<&'t Spanned<Value<'t>>> {
    match value.get_ref() {
        Value::Array(elements) => {
            if elements.is_empty() {
                wrong_kind(cx, value, "at least one life");
            }
            elements.iter().collect()
        }
        _ => vec![value],
    }
}

fn identifier(cx: &Cx<'_>, name: &str, at: Span) {
    let mut letters = name.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let message = format!("`{name}` is not a name in C");
        cx.report(Diagnostic::new(codes::AZ0005, at, message).help("letters, digits and `_`, no digit first"));
    }
}

/// The whole history of the header.
pub(super) const FOREVER: Life = Life { since: Release(0), until: None };

/// What every named thing carries.
fn meta(table: &Table<'_, '_>, name: &str, at: Span, owner: Life) -> Meta {
    Meta {
        name: name.to_owned(),
        doc: table.text("doc").map(|doc| doc.text.trim().to_owned()).unwrap_or_default(),
        life: table.life(owner),
        deprecated: table.text("deprecated").map(|why| why.text),
        rust: table.text("rust").map(|name| name.text),
        span: at,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{in_parts, model, parts, whole};
    use crate::diag::Ctxt;

    fn texts(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                texts(&path, into);
            } else if path.extension().is_some_and(|ending| ending == "toml") && !path.ends_with("Cargo.toml") {
                // Some of them are no text, which is another test's.
                into.extend(std::fs::read_to_string(&path).ok().map(|text| (path, text)));
            }
        }
    }

    #[test]
    fn a_text_read_in_parts_means_what_it_means_as_a_whole() {
        let mut all = Vec::new();
        texts(Path::new(env!("CARGO_MANIFEST_DIR")), &mut all);
        let (mut read, mut refused) = (0, 0);
        for (path, text) in all {
            let ctxt = Ctxt::new();
            let one = whole(&text, &ctxt).and_then(|whole| model(&[whole], &ctxt));
            let found = ctxt.finish();
            for length in [1, 1_000, text.len() / 2] {
                let many = in_parts(parts::read_each(&text, length));
                let many = many.map(|many| format!("{many:?}"));
                if !found.is_empty() {
                    assert_eq!(many, None, "{}: {found:?}", path.display());
                    refused += 1;
                } else if let Some(many) = many {
                    let one = one.as_ref().map(|one| format!("{one:?}"));
                    assert!(Some(&many) == one.as_ref(), "{} in parts of {length}", path.display());
                    read += 1;
                }
            }
        }
        assert!(read > 50 && refused > 50, "{read} texts were read in parts, {refused} refused");
    }
}
