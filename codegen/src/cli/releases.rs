//! `argsz releases`.

use std::fmt::Write as _;
use std::path::Path;

use argsz_codegen::Manifest;
use argsz_schema::model::Item;
use serde_json::{Map, Value, json};

use super::args::{Format, Releases};
use super::project::Named;
use super::term::{BOLD, DIM, paint, print};
use super::{Done, project};

pub(crate) fn run(manifest: Option<&Path>, options: &Releases) -> Done {
    let found = project::schemas(manifest, options.header.as_deref())?;
    let generated = project::manifest(manifest).ok();
    match options.format {
        Format::Text => print(&found.iter().map(|named| text(named, generated.as_ref())).collect::<String>()),
        Format::Json => {
            let headers: Map<String, Value> = found
                .iter()
                .map(|named| (named.schema.model().header.path.clone(), json(named, generated.as_ref())))
                .collect();
            print(&format!("{:#}\n", Value::Object(headers)))
        }
    }
}

fn text(named: &Named, manifest: Option<&Manifest>) -> String {
    let mut text = format!("{}  {}\n", paint(BOLD, &named.schema.model().header.path), paint(DIM, &named.name));
    for release in named.schema.releases() {
        let name = named.schema.release_name(release);
        let model = named.schema.at(release);
        let structs = model.items.iter().filter(|item| matches!(item, Item::Struct(_))).count();
        let ioctls = model.items.iter().filter(|item| matches!(item, Item::Ioctl(_))).count();
        let layouts = model.bits().count();
        let outputs = outputs(named, name, manifest);
        let counts = match (structs + ioctls, layouts) {
            (_, 0) => format!("{} {}", column(structs, "struct"), column(ioctls, "ioctl")),
            (0, _) => column(layouts, "hardware layout") + "  ",
            (_, _) => {
                let counts = [(structs, "struct"), (ioctls, "ioctl"), (layouts, "hardware layout")];
                counts.map(|(n, what)| column(n, what)).join(" ")
            }
        };
        let mut line = format!("  {name:<8} {counts}");
        if !outputs.is_empty() {
            let _ = write!(line, "  generated: {}", outputs.join(", "));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// `  1 struct ` or ` 12 structs`, for columns.
fn column(n: usize, what: &str) -> String {
    format!("{n:>3} {what}{}", if n == 1 { ' ' } else { 's' })
}

fn json(named: &Named, manifest: Option<&Manifest>) -> Value {
    let releases: Vec<Value> = named
        .schema
        .releases()
        .map(|release| named.schema.release_name(release))
        .map(|name| json!({ "name": name, "generated": outputs(named, name, manifest) }))
        .collect();
    json!({ "schema": named.name, "releases": releases })
}

/// What the manifest generates at this release.
fn outputs<'m>(named: &Named, release: &str, manifest: Option<&'m Manifest>) -> Vec<&'m str> {
    let newest = named.schema.model().header.releases.last().map_or("", String::as_str);
    let entries = manifest.iter().flat_map(|manifest| &manifest.entries).filter(|entry| entry.path == named.name);
    entries
        .flat_map(|entry| entry.outs.iter().map(move |out| (entry, out)))
        .filter(|(entry, out)| {
            let asked = out.release.as_ref().or(entry.release.as_ref());
            asked.map_or(newest, |asked| asked.name.as_str()) == release
        })
        .map(|(_, out)| out.emitter.key)
        .collect()
}
