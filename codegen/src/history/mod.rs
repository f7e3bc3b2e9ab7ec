//! A header through its releases, as tables: programs of each on kernels of each, sizes, what moved, what came and how the release before answers to it, and
//! the ledger of reserved bytes. All of it is read off layouts and check lists.

mod came;
mod ledger;
mod matrix;
mod sizes;

use argsz_schema::checklist::CheckList;
use argsz_schema::layout::{Layouts, Placed, layout};
use argsz_schema::model::{Model, Release, Type};
use argsz_schema::target;

use crate::page::{Page, Section};
use crate::{EmitError, Unit, lists};

/// As Markdown.
pub fn markdown(unit: &Unit<'_>) -> Result<String, EmitError> {
    Ok(page(unit)?.markdown())
}

/// As one page of HTML that needs no network.
pub fn html(unit: &Unit<'_>) -> Result<String, EmitError> {
    Ok(page(unit)?.html())
}

fn page(unit: &Unit<'_>) -> Result<Page, EmitError> {
    let title = format!("{} between its releases", unit.model.header.path);
    Ok(Page {
        title,
        banner: unit.banner().into(),
        sections: with_releases(unit, |releases| sections(unit, releases))??,
    })
}

/// A header at one release.
struct At<'a> {
    name: &'a str,
    layouts: Layouts<'a>,
    /// The generic lists of the structs that users hand in.
    lists: Vec<CheckList>,
}

impl At<'_> {
    fn list(&self, strct: &str) -> Option<&CheckList> {
        self.lists.iter().find(|list| list.name == strct)
    }

    /// The fields of a struct, those written in place as well; a named type is one field.
    fn fields(&self, strct: &str) -> impl Iterator<Item = &Placed<'_>> {
        let fields = self.layouts.structs.get(strct).map(|laid| laid.fields.as_slice()).unwrap_or_default();
        fields.iter().filter(|placed| !matches!(placed.field.ty, Type::Inline(_)))
    }
}

fn sections(unit: &Unit<'_>, releases: &[At<'_>]) -> Result<Vec<Section>, EmitError> {
    let all = [
        matrix::matrix(unit, releases)?,
        sizes::known(releases),
        sizes::needed(releases),
        sizes::moved(releases),
        came::came(releases),
    ];
    let all = all.into_iter().chain([ledger::ledger(releases)]);
    Ok(all.filter(|section| !section.rows.is_empty()).collect())
}

/// Hands over every release, the oldest first.
fn with_releases<T>(unit: &Unit<'_>, then: impl FnOnce(&[At<'_>]) -> T) -> Result<T, EmitError> {
    let names = &unit.history.header.releases;
    let models: Vec<Model> =
        (0..names.len()).map_while(|at| u16::try_from(at).ok()).map(|at| unit.history.at(Release(at))).collect();
    let at = |(name, model)| at(unit, name, model);
    let releases = names.iter().map(String::as_str).zip(&models).map(at).collect::<Result<Vec<_>, _>>()?;
    Ok(then(&releases))
}

fn at<'a>(unit: &Unit<'_>, name: &'a str, model: &'a Model) -> Result<At<'a>, EmitError> {
    let layouts = layout(model, target::ALL[0])
        .map_err(|error| EmitError::Layout { item: unit.source_name.to_owned(), reason: error.to_string() })?;
    let lists = lists::compile(&layouts, &lists::handed_in(model), &[])?;
    Ok(At { name, lists: lists.into_iter().map(|lists| lists.generic).collect(), layouts })
}

/// Names of all structs that were ever handed in, in the order in which they came.
fn ever<'a>(releases: &'a [At<'_>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for list in releases.iter().flat_map(|at| &at.lists) {
        if !names.contains(&list.name.as_str()) {
            names.push(&list.name);
        }
    }
    names
}

/// Releases and those that follow them, both of which have the struct.
fn steps<'a, 'm>(releases: &'a [At<'m>], strct: &str) -> impl Iterator<Item = (&'a At<'m>, &'a At<'m>)> {
    let has = move |at: &At<'_>| at.list(strct).is_some();
    releases.windows(2).filter(move |pair| has(&pair[0]) && has(&pair[1])).map(|pair| (&pair[0], &pair[1]))
}

/// Fields that both releases have under one name and that lie elsewhere in the newer, or are of another size.
fn moved<'a>(old: &'a At<'_>, new: &'a At<'_>, strct: &str) -> Vec<(&'a Placed<'a>, &'a Placed<'a>)> {
    let now = |was: &&Placed<'_>| new.fields(strct).find(|now| !now.path.is_empty() && now.path == was.path);
    let pairs = old.fields(strct).filter_map(|was| Some((was, now(&was)?)));
    pairs.filter(|(was, now)| (was.offset, was.size) != (now.offset, now.size)).collect()
}

/// Text as code.
fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}
