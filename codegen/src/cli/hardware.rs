//! `argsz layout` and `argsz decode` of table entries, descriptors and registers.

use argsz_codegen::hardware::{self, Layout};
use argsz_schema::model::{Item, Model};

use super::args::Format;
use super::project::{self, Named};
use super::term::print;
use super::{Done, Failure, pick};

/// Names of the layouts of a header.
pub(crate) fn names(model: &Model) -> impl Iterator<Item = &str> {
    model.bits().map(|bits| bits.meta.name.as_str())
}

/// Whether the header has such a layout at some release.
fn has(named: &Named, name: &str) -> bool {
    names(named.schema.model()).any(|known| known == name)
}

/// The schema with a layout of that name; none if it is not the name of a layout, or of a struct too.
pub(crate) fn find<'n>(found: &'n [Named], name: &str) -> Result<Option<&'n Named>, Failure> {
    let having: Vec<&Named> = found.iter().filter(|named| has(named, name)).collect();
    match having.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(pick::several(name, several)),
    }
}

/// The header at the release asked for, or at the newest that has the layout.
pub(crate) fn at(named: &Named, name: &str, asked: Option<&str>) -> Result<Model, Failure> {
    let lives = |item: &&Item| matches!(item, Item::Bits(bits) if bits.meta.name == name);
    let lives: Vec<_> = named.schema.model().items.iter().filter(lives).map(|item| item.meta().life).collect();
    let has = |release: &argsz_schema::model::Release| lives.iter().any(|life| life.has(*release));
    Ok(named.schema.at(pick::newest_with(named, name, asked, has)?))
}

fn layout_of<'m>(model: &'m Model, name: &str) -> Result<Layout<'m>, Failure> {
    Layout::find(model, name).ok_or_else(|| project::unknown("layout", name, &names(model).collect::<Vec<_>>()))
}

/// Prints where the bits lie.
pub(crate) fn layout(model: &Model, name: &str, format: Format) -> Done {
    let layout = layout_of(model, name)?;
    match format {
        Format::Text => print(&hardware::layout_text(layout)),
        Format::Json => print(&format!("{:#}\n", hardware::layout_json(layout))),
    }
}

/// The tables of all layouts of a header.
pub(crate) fn all(model: &Model) -> String {
    let layouts = names(model).filter_map(|name| Layout::find(model, name));
    layouts.map(|layout| hardware::layout_text(layout) + "\n").collect()
}

/// The layouts of a header by name, for other programs.
pub(crate) fn all_json(model: &Model) -> serde_json::Map<String, serde_json::Value> {
    let layouts = names(model).filter_map(|name| Some((name.to_owned(), Layout::find(model, name)?)));
    layouts.map(|(name, layout)| (name, hardware::layout_json(layout))).collect()
}

/// Prints what bytes mean.
pub(crate) fn decode(model: &Model, name: &str, bytes: &[u8], format: Format) -> Done {
    let decoded = hardware::decode(layout_of(model, name)?, bytes).map_err(|error| {
        let help =
            "bytes are given in the order in which they lie in memory: the low byte of the first word comes first";
        Failure::Usage(format!("error: {error}\nhelp: {help}"))
    })?;
    match format {
        Format::Text => print(&hardware::decoded_text(&decoded)),
        Format::Json => print(&format!("{:#}\n", hardware::decoded_json(&decoded))),
    }
}
