//! Sizes: of structs through the releases, of what each feature needs, and what moved.

use argsz_schema::checklist::{CheckList, Cond, Op};

use super::{At, Section, code, ever, moved as moves, steps};

/// What each release knows of each struct.
pub(super) fn known(releases: &[At<'_>]) -> Section {
    let mut head = vec!["struct"];
    head.extend(releases.iter().map(|at| at.name));
    let about = "Bytes of each struct that a user hands in, as each release knows it; in brackets the fewest that it \
                 takes, where a user may say less.";
    let mut table = Section::new("Sizes", about, &head);
    for name in ever(releases) {
        let cells = releases.iter().map(|at| at.list(name).map_or_else(String::new, size));
        table.rows.push([code(name)].into_iter().chain(cells).collect());
    }
    table
}

fn size(list: &CheckList) -> String {
    let least = list.steps.iter().find_map(|step| match step.op {
        Op::MinSize { bytes } if step.when == Cond::True && bytes < list.known => Some(bytes),
        _ => None,
    });
    least.map_or_else(|| list.known.to_string(), |least| format!("{} ({least})", list.known))
}

/// The size that each feature needs, at the last release that has the struct.
pub(super) fn needed(releases: &[At<'_>]) -> Section {
    let about = "The size a user has to give for what it uses, at the last release that has the struct, and what it gets \
                 for less. Structs that are not named here are always taken whole.";
    let mut table = Section::new("The size each feature needs", about, &["struct", "at", "for", "bytes", "less is"]);
    for name in ever(releases) {
        let newest = releases.iter().rev().find_map(|at| Some((at, at.list(name)?)));
        let Some((at, list)) = newest else { continue };
        let whens = at.layouts.structs.get(name).map(|laid| laid.def.min_sizes.as_slice()).unwrap_or_default();
        for step in &list.steps {
            let Op::MinSize { bytes } = step.op else { continue };
            if step.when == Cond::True && bytes == list.known {
                continue;
            }
            let when = match whens.iter().find(|min| min.span == step.span).map(|min| &min.when) {
                Some(Some(when)) => code(when),
                _ if step.when == Cond::True => "every call".to_owned(),
                _ => step.why.clone(),
            };
            table.rows.push(vec![code(name), at.name.to_owned(), when, bytes.to_string(), step.errno.0.to_owned()]);
        }
    }
    table
}

/// What lies elsewhere than in the release before.
pub(super) fn moved(releases: &[At<'_>]) -> Section {
    let about = "A program of the release before writes these fields where a kernel of this release does not look for \
                 them, and the other way round: the two do not understand each other.";
    let mut table =
        Section::new("What moved", about, &["release", "struct", "fields, and their bytes before and since"]);
    for (at, name) in ever(releases).into_iter().flat_map(|name| steps(releases, name).map(move |pair| (pair, name))) {
        let fields: Vec<String> = moves(at.0, at.1, name)
            .into_iter()
            .map(|(was, now)| {
                format!("{} {}..{} → {}..{}", code(&was.path), was.offset, was.end(), now.offset, now.end())
            })
            .collect();
        if !fields.is_empty() {
            table.rows.push(vec![at.1.name.to_owned(), code(name), fields.join(", ")]);
        }
    }
    table
}
