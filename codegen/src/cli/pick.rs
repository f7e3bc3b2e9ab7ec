//! What several commands pick by name: target, struct, release.

use argsz_schema::layout::{self, Layouts};
use argsz_schema::model::{Item, Model, Release};
use argsz_schema::target::{self, Target};

use super::Failure;
use super::project::{self, Named};

/// The machine that was asked for.
pub(crate) fn target(name: &str) -> Result<Target, Failure> {
    target::find(name).ok_or_else(|| {
        let known: Vec<&str> = target::ALL.iter().map(|target| target.name).collect();
        project::unknown("target", name, &known)
    })
}

/// The schema whose header has the struct at some release.
pub(crate) fn with_struct<'n>(found: &'n [Named], name: &str) -> Result<&'n Named, Failure> {
    let having: Vec<&Named> = found.iter().filter(|named| lives(named.schema.model(), name).next().is_some()).collect();
    match having.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut known: Vec<&str> = found.iter().flat_map(|named| struct_names(named.schema.model())).collect();
            known.dedup();
            Err(project::unknown("struct", name, &known))
        }
        all => Err(several(name, all)),
    }
}

/// Several headers have something of that name.
pub(crate) fn several(name: &str, having: &[&Named]) -> Failure {
    let headers: Vec<String> =
        having.iter().map(|named| format!("--header {}", named.schema.model().header.path)).collect();
    Failure::Usage(format!("error: several headers have `{name}`\nhelp: say which: {}", headers.join(" or ")))
}

fn struct_names(model: &Model) -> impl Iterator<Item = &str> {
    model.items.iter().filter_map(|item| match item {
        Item::Struct(def) => Some(def.meta.name.as_str()),
        Item::Bits(bits) => Some(bits.meta.name.as_str()),
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
pub(crate) fn release_with(named: &Named, name: &str, asked: Option<&str>) -> Result<Release, Failure> {
    newest_with(named, name, asked, |release| lives(named.schema.model(), name).any(|life| life.has(*release)))
}

/// The release asked for, or the newest, of those that have it.
pub(crate) fn newest_with(
    named: &Named,
    name: &str,
    asked: Option<&str>,
    has: impl Fn(&Release) -> bool,
) -> Result<Release, Failure> {
    let Some(asked) = asked else {
        let newest = named.schema.releases().filter(&has).last();
        return newest.ok_or_else(|| project::unknown("struct", name, &[]));
    };
    let release = project::release(named, asked)?;
    if has(&release) {
        return Ok(release);
    }
    let there: Vec<&str> = named.schema.releases().filter(&has).map(|r| named.schema.release_name(r)).collect();
    let header = &named.schema.model().header.path;
    Err(Failure::Usage(format!(
        "error: `{header}` has no `{name}` at release {asked}\nhelp: it has it at {}",
        there.join(", ")
    )))
}

/// Where everything lies.
pub(crate) fn lay_out(model: &Model, target: Target) -> Result<Layouts<'_>, Failure> {
    layout::layout(model, target).map_err(|error| Failure::Bug(format!("error: no layout: {error}")))
}
