//! `argsz layout`.

use std::path::Path;

use argsz_codegen::{layout_json, layout_text};
use argsz_schema::layout::{self, Layouts};
use argsz_schema::model::{Item, Model, Release};
use argsz_schema::target::{self, Target};

use super::args::{Format, Layout};
use super::project::{self, Named};
use super::term::{DIM, paint, print};
use super::{Done, Failure};

pub(crate) fn run(manifest: Option<&Path>, options: &Layout) -> Done {
    let target = target::find(&options.target).ok_or_else(|| {
        let known: Vec<&str> = target::ALL.iter().map(|target| target.name).collect();
        project::unknown("target", &options.target, &known)
    })?;
    let found = project::schemas(manifest, options.header.as_deref())?;
    match (&options.name, options.format) {
        (Some(name), _) => {
            let named = with_struct(&found, name)?;
            let model = named.schema.at(release_with(named, name, options)?);
            let layouts = lay_out(&model, target)?;
            match options.format {
                Format::Text if options.checks => print(&checks(&layouts, name)?),
                Format::Text => print(&one(&layouts, name)),
                Format::Json => print(&json(&layouts, Some(name))),
            }
        }
        (None, Format::Json) => {
            let [named] = found.as_slice() else { return Err(which(&found)) };
            let model = named.schema.at(release(named, options)?);
            print(&json(&lay_out(&model, target)?, None))
        }
        (None, Format::Text) => {
            for named in &found {
                let model = named.schema.at(release(named, options)?);
                let layouts = lay_out(&model, target)?;
                let structs = model.structs();
                print(&structs.map(|def| one(&layouts, &def.meta.name) + "\n").collect::<String>())?;
            }
            Ok(())
        }
    }
}

/// The schema whose header has the struct at some release.
fn with_struct<'n>(found: &'n [Named], name: &str) -> Result<&'n Named, Failure> {
    let having: Vec<&Named> = found.iter().filter(|named| lives(named.schema.model(), name).next().is_some()).collect();
    match having.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut known: Vec<&str> = found.iter().flat_map(|named| struct_names(named.schema.model())).collect();
            known.dedup();
            Err(project::unknown("struct", name, &known))
        }
        several => {
            let headers: Vec<String> =
                several.iter().map(|named| format!("--header {}", named.schema.model().header.path)).collect();
            let text = format!("error: several headers have `{name}`\nhelp: say which: {}", headers.join(" or "));
            Err(Failure::Usage(text))
        }
    }
}

fn struct_names(model: &Model) -> impl Iterator<Item = &str> {
    model.items.iter().filter_map(|item| match item {
        Item::Struct(def) => Some(def.meta.name.as_str()),
        _ => None,
    })
}

/// The entries of the history that are this struct.
fn lives<'m>(model: &'m Model, name: &str) -> impl Iterator<Item = argsz_schema::model::Life> + use<'m> {
    let name = name.to_owned();
    model.items.iter().filter_map(move |item| match item {
        Item::Struct(def) if def.meta.name == name => Some(def.meta.life),
        _ => None,
    })
}

/// The release asked for, or the newest that has the struct.
fn release_with(named: &Named, name: &str, options: &Layout) -> Result<Release, Failure> {
    let has = |release: &Release| lives(named.schema.model(), name).any(|life| life.has(*release));
    let Some(asked) = &options.release else {
        let newest = named.schema.releases().filter(has).last();
        return newest.ok_or_else(|| project::unknown("struct", name, &[]));
    };
    let release = project::release(named, asked)?;
    if has(&release) {
        return Ok(release);
    }
    let there: Vec<&str> = named.schema.releases().filter(has).map(|r| named.schema.release_name(r)).collect();
    let header = &named.schema.model().header.path;
    Err(Failure::Usage(format!(
        "error: `{header}` has no `{name}` at release {asked}\nhelp: it has it at {}",
        there.join(", ")
    )))
}

/// The release asked for, or the newest.
fn release(named: &Named, options: &Layout) -> Result<Release, Failure> {
    match &options.release {
        Some(asked) => project::release(named, asked),
        None => named.schema.releases().last().ok_or_else(|| project::unknown("release", "", &[])),
    }
}

fn which(found: &[Named]) -> Failure {
    let headers: Vec<&str> = found.iter().map(|named| named.schema.model().header.path.as_str()).collect();
    Failure::Usage(format!(
        "error: JSON of a whole header needs to know which\nhelp: --header with one of {}",
        headers.join(", ")
    ))
}

fn lay_out(model: &Model, target: Target) -> Result<Layouts<'_>, Failure> {
    layout::layout(model, target).map_err(|error| Failure::Bug(format!("error: no layout: {error}")))
}

fn one(layouts: &Layouts<'_>, name: &str) -> String {
    let header = &layouts.model.header;
    let release = layouts.model.release.and_then(|r| header.releases.get(usize::from(r.0))).map_or("", String::as_str);
    let head = format!("/* {} at {release}, {} */", header.path, layouts.target.name);
    let text = layout_text::print(layouts, name).unwrap_or_default();
    format!("{}\n{text}", paint(DIM, head))
}

fn checks(layouts: &Layouts<'_>, name: &str) -> Result<String, Failure> {
    let list = argsz_schema::checklist::compile(layouts, name, None).map_err(|found| {
        let reasons: Vec<String> = found.iter().map(|found| found.message.clone()).collect();
        Failure::Bug(format!("error: no check list for `{name}`: {}", reasons.join("; ")))
    })?;
    Ok(super::checks::report(layouts, name, &list))
}

fn json(layouts: &Layouts<'_>, only: Option<&str>) -> String {
    let mut value = layout_json::value(layouts);
    if let (Some(only), Some(all)) = (only, value.as_object_mut()) {
        all.retain(|key, _| key == "structs");
        if let Some(structs) = all.get_mut("structs").and_then(serde_json::Value::as_object_mut) {
            structs.retain(|name, _| name == only);
        }
    }
    format!("{value:#}\n")
}
