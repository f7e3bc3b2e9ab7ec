//! `argsz layout`.

use std::path::Path;

use argsz_codegen::{layout_json, layout_text};
use argsz_schema::layout::Layouts;
use argsz_schema::model::Release;

use super::args::{Format, Layout};
use super::project::{self, Named};
use super::term::{DIM, paint, print};
use super::{Done, Failure, hardware, pick};

pub(crate) fn run(manifest: Option<&Path>, options: &Layout) -> Done {
    let target = pick::target(&options.target)?;
    let found = project::schemas(manifest, options.header.as_deref())?;
    if let Some(name) = &options.name
        && let Some(named) = hardware::find(&found, name)?
    {
        if options.checks {
            let text = format!("error: `{name}` is hardware: no reader checks it\nhelp: leave `--checks` out");
            return Err(Failure::Usage(text));
        }
        return hardware::layout(&hardware::at(named, name, options.release.as_deref())?, name, options.format);
    }
    match (&options.name, options.format) {
        (Some(name), _) => {
            let named = pick::with_struct(&found, name)?;
            let model = named.schema.at(pick::release_with(named, name, options.release.as_deref())?);
            let layouts = pick::lay_out(&model, target)?;
            match options.format {
                Format::Text if options.checks => print(&checks(&layouts, name)?),
                Format::Text => print(&one(&layouts, name)),
                Format::Json => print(&json(&layouts, Some(name))),
            }
        }
        (None, Format::Json) => {
            let [named] = found.as_slice() else { return Err(which(&found)) };
            let model = named.schema.at(release(named, options)?);
            print(&json(&pick::lay_out(&model, target)?, None))
        }
        (None, Format::Text) => {
            for named in &found {
                let model = named.schema.at(release(named, options)?);
                let layouts = pick::lay_out(&model, target)?;
                let structs = model.structs();
                print(&structs.map(|def| one(&layouts, &def.meta.name) + "\n").collect::<String>())?;
                print(&hardware::all(&model))?;
            }
            Ok(())
        }
    }
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
    let hardware = hardware::all_json(layouts.model);
    if let (None, false, Some(all)) = (only, hardware.is_empty(), value.as_object_mut()) {
        all.insert("layouts".to_owned(), hardware.into());
    }
    format!("{value:#}\n")
}
