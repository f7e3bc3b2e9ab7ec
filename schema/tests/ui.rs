//! Every mistake, as a user sees it: `ui/FAMILY/CASE.toml` is a schema that has it, `ui/FAMILY/CASE.snap` beside it
//! is what is said. And every code has such a case, and a page whose example has the mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use argsz_schema::render::Rejected;
use argsz_schema::source::Source;
use argsz_schema::{Schema, codes};

/// Codes that no schema's text alone can yield, and why.
const NOT_FROM_A_TEXT: &[(&str, &str)] = &[("AZ0901", "about a manifest"), ("AZ0902", "about a manifest")];

/// Examples that cannot have their mistake without another one.
const COME_WITH: &[(&str, &str)] = &[("AZ0202", "AZ0201")];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

fn rejected(name: &str, text: &str) -> Option<Rejected> {
    Schema::parse(Source::new(name, text)).err()
}

/// All cases: family, name, text.
fn cases() -> Vec<(String, String, String)> {
    let mut cases = Vec::new();
    for family in std::fs::read_dir(folder()).expect("the folder of cases").flatten() {
        for file in std::fs::read_dir(family.path()).expect("a folder of a family").flatten() {
            let path = file.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
                let text = std::fs::read_to_string(&path).expect("the text of a case");
                cases.push((family.file_name().to_string_lossy().into_owned(), stem, text));
            }
        }
    }
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn what_users_see() {
    let mut accepted = Vec::new();
    for (family, case, text) in cases() {
        let Some(rejected) = rejected(&format!("{case}.toml"), &text) else {
            accepted.push(format!("{family}/{case}"));
            continue;
        };
        insta::with_settings!({
            snapshot_path => folder().join(&family),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(case, rejected.render(false));
        });
    }
    assert!(accepted.is_empty(), "accepted: {accepted:?}");
}

#[test]
fn every_code_has_a_case() {
    let mut shown: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for (family, case, text) in cases() {
        for finding in rejected(&case, &text).into_iter().flat_map(|rejected| rejected.found) {
            shown.entry(finding.code.0.id).or_default().insert(format!("{family}/{case}"));
        }
    }
    let exempt = |id: &str| NOT_FROM_A_TEXT.iter().any(|(code, _)| *code == id) || id.starts_with("AZ08");
    let ids = codes::ALL.iter().map(|code| code.0.id);
    let without: Vec<&str> = ids.filter(|id| !shown.contains_key(id) && !exempt(id)).collect();
    assert!(without.is_empty(), "without a case under tests/ui: {without:?}");
    assert!(shown.len() >= 60, "{} distinct mistakes", shown.len());
}

#[test]
fn every_example_has_its_mistake() {
    let mut without = Vec::new();
    for code in codes::ALL {
        let id = code.0.id;
        if NOT_FROM_A_TEXT.iter().any(|(code, _)| *code == id) || id.starts_with("AZ08") {
            continue;
        }
        let (_, rest) = code.0.page.split_once("\n```toml\n").expect("an example");
        let (example, _) = rest.split_once("\n```\n").expect("the end of the example");
        let found = rejected("example.toml", example).map(|rejected| rejected.found).unwrap_or_default();
        let others: BTreeSet<&str> = found
            .iter()
            .map(|finding| finding.code.0.id)
            .filter(|other| *other != id && !COME_WITH.contains(&(id, other)))
            .collect();
        if found.iter().all(|finding| finding.code != *code) || !others.is_empty() {
            without.push(format!("{id}: {others:?}"));
        }
    }
    assert!(without.is_empty(), "examples that lack their mistake, or have others too:\n{}", without.join("\n"));
}
