//! Reports of `argsz compat` for other programs: each is read by a parser, and points at the line of the TOML.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{DEMO, Project};
use serde_json::Value;

/// The demo, and an edit of it: a bit moved, a field renamed, a field added in reserved words.
fn edited() -> Project {
    let project = Project::demo();
    project.write("old.toml", DEMO);
    let edit = DEMO
        .replace("FAST  = { bit = 1, doc = \"Without waiting.\" }", "FAST  = { bit = 2, doc = \"Without waiting.\" }")
        .replace("\"limit\"", "\"most\"");
    project.write("new.toml", edit);
    project
}

/// The line of the new file with this text, as people count.
fn line(project: &Project, text: &str) -> u64 {
    let found = project.read("new.toml").lines().position(|line| line.contains(text)).unwrap();
    found as u64 + 1
}

fn report(project: &Project, format: &str) -> String {
    project.run(&["compat", "old.toml", "new.toml", "--format", format]).ended(12).out
}

fn at<'v>(value: &'v Value, pointer: &str) -> &'v Value {
    value.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {value:#}"))
}

#[test]
fn json_names_its_version_and_every_place() {
    let project = edited();
    let json: Value = serde_json::from_str(&report(&project, "json")).unwrap();
    assert_eq!((at(&json, "/version"), at(&json, "/effect")), (&Value::from(1), &Value::from("B + src")));
    // The pair of 1.0, which has no `limit`, and that of 2.0.
    let reports = at(&json, "/reports").as_array().unwrap();
    assert_eq!(reports.len(), 2);
    let findings = at(&reports[1], "/findings").as_array().unwrap();
    let find = |rule: &str| findings.iter().find(|found| found["rule"] == rule).unwrap();
    let moved = find("F01");
    assert_eq!(moved["path"], "demo_flags.DEMO_FAST");
    assert_eq!((&moved["file"], moved["line"].as_u64()), (&Value::from("new.toml"), Some(line(&project, "FAST  ="))));
    assert_eq!((&moved["old_user"], &moved["new_user"], &moved["gate"]), (&true.into(), &true.into(), &false.into()));
    assert_eq!(find("L06")["line"].as_u64(), Some(line(&project, "\"most\", type")));
    // What payloads showed stands beside it, with their bytes.
    let sent = at(&reports[1], "/runs/0/old_user").as_array().unwrap();
    let refused = sent.iter().find(|sent| sent["cell"] == "refused").unwrap();
    assert_eq!((&refused["errno"], &refused["rule"]), (&Value::from("EINVAL"), &Value::from("demo/flags")));
    assert!(refused["user"].as_str().unwrap().len() >= 16);
}

/// All keys of a value.
fn walk<'v>(value: &'v Value, keys: &mut BTreeSet<&'v str>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                keys.insert(key);
                walk(value, keys);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| walk(value, keys)),
        _ => {}
    }
}

/// Every key that `docs/compat-json.md` names is there, and none beside them.
#[test]
fn json_has_the_keys_of_its_page() {
    let page = std::fs::read_to_string("../docs/compat-json.md").unwrap();
    let named: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let mut keys = BTreeSet::new();
    // A second edit, which is misread, and of which a part cannot be shown.
    let misread = edited();
    let aside = "[enum.aside]\ntype = \"u32\"\nprefix = \"A_\"\ndoc = \"Unused.\"\nvalues = { ONE = 1, TWO = 2 }\n";
    misread.write("old.toml", format!("{DEMO}{aside}"));
    let order = DEMO.replace("\"u64\", range = \"0..=1000\"", "\"be64\"");
    misread.write("new.toml", format!("{order}{}", aside.replace(", TWO = 2", "")));
    let exact = |project: &Project| {
        let args = ["compat", "old.toml", "new.toml", "--format", "json", "--exact"];
        serde_json::from_str(&project.run(&args).ended(12).out).unwrap()
    };
    let reports: Vec<Value> = [edited(), misread].iter().map(exact).collect();
    for json in &reports {
        walk(json, &mut keys);
    }
    assert_eq!(keys.into_iter().collect::<Vec<_>>(), named.into_iter().collect::<Vec<_>>());
}

#[test]
fn sarif_has_what_its_readers_need() {
    let project = edited();
    let sarif: Value = serde_json::from_str(&report(&project, "sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().ends_with("sarif-2.1.0.json"));
    assert_eq!(at(&sarif, "/runs/0/tool/driver/name"), "argsz");
    let rules = at(&sarif, "/runs/0/tool/driver/rules").as_array().unwrap();
    let results = at(&sarif, "/runs/0/results").as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]), "{result}");
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!at(result, "/message/text").as_str().unwrap().is_empty());
        assert_eq!(at(result, "/locations/0/physicalLocation/artifactLocation/uri"), "new.toml");
    }
    let moved = results.iter().find(|result| result["ruleId"] == "F01").unwrap();
    let region = at(moved, "/locations/0/physicalLocation/region");
    assert_eq!(region["startLine"].as_u64(), Some(line(&project, "FAST  =")));
    assert_eq!(region["startColumn"], 1);
}

#[test]
fn junit_counts_pairs_and_names_lines() {
    let project = edited();
    let text = report(&project, "junit");
    let xml = roxmltree::Document::parse(&text).unwrap();
    let suite = xml.root_element();
    let cases: Vec<_> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
    assert_eq!((suite.tag_name().name(), cases.len()), ("testsuite", 2));
    assert_eq!((suite.attribute("tests"), suite.attribute("failures")), (Some("2"), Some("2")));
    let failure = cases[0].children().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.text(), Some(format!("new.toml:{}", line(&project, "FAST  =")).as_str()));
    assert!(failure.attribute("message").unwrap().starts_with("F01 demo_flags.DEMO_FAST: "));
}

#[test]
fn github_annotates_the_line() {
    let project = edited();
    let text = report(&project, "github");
    let place = format!("::error file=new.toml,line={},col=1,title=F01 B::", line(&project, "FAST  ="));
    assert!(text.lines().any(|line| line.starts_with(&place)), "{text}");
    let renamed = text.lines().find(|line| line.contains("title=L06")).unwrap();
    assert!(renamed.starts_with("::warning "), "{renamed}");
}

#[test]
fn pages_are_tables_that_parse() {
    let project = edited();
    let markdown = report(&project, "markdown");
    assert!(markdown.contains("| F01 | B | `demo_flags.DEMO_FAST` |"), "{markdown}");
    assert!(markdown.contains("### Payloads"), "{markdown}");
    let html = report(&project, "html");
    assert!(!html.contains("http"), "nothing from elsewhere");
    // HTML leaves its empty elements and its doctype open; the rest is well-formed.
    let closed = html
        .replace("<!doctype html>\n", "")
        .replace("\">\n<meta", "\"/>\n<meta")
        .replace("<meta name=\"viewport\" content=\"width=device-width\">", "<meta/>")
        .replace("<html lang=\"en\"/>", "<html lang=\"en\">");
    let page = roxmltree::Document::parse(&closed).unwrap();
    let rows = page.descendants().filter(|node| node.has_tag_name("tr")).count();
    assert!(rows > 6, "{rows}");
}

/// What is gone has no line in the new file: its item has.
#[test]
fn what_is_gone_is_shown_where_it_was_part_of() {
    let project = Project::demo();
    project.write("old.toml", DEMO);
    project.write("new.toml", DEMO.replace("FAST  = { bit = 1, doc = \"Without waiting.\" }\n", ""));
    let text = project.run(&["compat", "old.toml", "new.toml", "--format", "github"]).ended(11).out;
    // The mask of `flags` follows, and is not a finding of its own.
    assert_eq!(text.lines().count(), 2, "{text}");
    let place = format!("::error file=new.toml,line={},", line(&project, "[flags.demo_flags]"));
    assert!(text.lines().all(|line| line.starts_with(&place)), "{text}");
}
