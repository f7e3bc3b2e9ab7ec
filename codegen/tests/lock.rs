//! `argsz release` and `argsz.lock`: what was published does not change any more.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;

use argsz_codegen::Manifest;
use argsz_codegen::lock::{Edit, How, Lock};
use argsz_schema::Schema;
use argsz_schema::source::Source;
use common::{DEMO, Project};

fn schema(text: &str) -> Schema {
    Schema::parse(Source::new("demo.toml", text)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

fn recorded() -> Lock {
    let (mut lock, schema) = (Lock::default(), schema(DEMO));
    schema.releases().for_each(|release| lock.record(&schema, release).unwrap());
    lock
}

/// Edits of the demo after both of its releases were published.
fn edits(from: &str, to: &str) -> Vec<(String, String, How)> {
    assert!(DEMO.contains(from), "{from}");
    let edits = recorded().edits(&schema(&DEMO.replace(from, to))).unwrap();
    edits.into_iter().map(|Edit { release, item, how, .. }| (release, item, how)).collect()
}

fn edit(release: &str, item: &str, how: How) -> (String, String, How) {
    (release.to_owned(), item.to_owned(), how)
}

#[test]
fn words_and_later_releases_are_no_edits_of_a_published_one() {
    assert_eq!(edits("Without waiting.", "Do not wait.\" , rust = \"QUICK"), []);
    assert_eq!(edits("[flags.demo_flags]", "# A comment.\n[flags.demo_flags]"), []);
    let third = DEMO
        .replace("\"2.0\"]", "\"2.0\", \"3.0\"]")
        .replace("FAST  =", "MORE = { bit = 2, doc = \"More.\", since = \"3.0\" }\nFAST  =");
    assert_eq!(recorded().edits(&schema(&third)).unwrap(), []);
}

#[test]
fn what_programs_rely_on_is_an_edit_of_each_release_that_has_it() {
    let both = |item: &str| vec![edit("1.0", item, How::Edited), edit("2.0", item, How::Edited)];
    let newest = |item: &str| vec![edit("2.0", item, How::Edited)];
    // A value, by which the check list follows.
    let with_list = |first: &[(String, String, How)], item: &str| {
        let mut all = first.to_vec();
        all.extend(first.iter().map(|(release, ..)| edit(release, item, How::Edited)));
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    assert_eq!(edits("bit = 1", "bit = 2"), with_list(&both("flags.demo_flags"), "struct.demo"));
    // A rule alone: no byte has moved.
    assert_eq!(edits("0..=1000", "0..=1001"), newest("struct.demo"));
    assert_eq!(
        edits("covers = \"limit\", since = \"2.0\"", "covers = \"limit\", since = \"2.0\", errno = \"E2BIG\""),
        newest("struct.demo")
    );
    // Who writes a field.
    assert_eq!(edits("\"u64\", range = \"0..=1000\"", "\"u64\", dir = \"out\""), newest("struct.demo"));
}

#[test]
fn what_came_and_what_left_is_named() {
    let rest = "[const.DEMO_MAX]\nvalue = 7\ndoc = \"Seven.\"\n\n[flags.demo_flags]";
    let added = ["1.0", "2.0"].map(|release| edit(release, "const.DEMO_MAX", How::Added));
    assert_eq!(edits("[flags.demo_flags]", rest), added);
    let gone = edits("releases = [\"1.0\", \"2.0\"]", "releases = [\"0.9\", \"2.0\"]");
    assert_eq!(gone, [edit("1.0", "", How::Gone)]);
}

#[test]
fn a_lock_reads_as_it_was_written() {
    let lock = recorded();
    assert_eq!(Lock::parse(&lock.text(), Path::new("argsz.lock")).unwrap(), lock);
    assert!(lock.has("demo/demo.h", "2.0") && !lock.has("demo/demo.h", "3.0"));
}

#[test]
fn a_published_release_is_frozen() {
    let project = Project::demo();
    assert_eq!(project.run(&["release", "1.0"]).ended(0).out, "recorded demo/demo.h 1.0\n");
    project.run(&["check"]).ended(0);
    project.write("demo.toml", DEMO.replace("bit = 1", "bit = 2"));
    let refused = project.run(&["check"]).ended(1).err;
    assert!(refused.contains("error[I08]: demo/demo.h 1.0 was published, and `flags.demo_flags` is not"), "{refused}");
    assert!(refused.contains("--> demo.toml:11:8"), "{refused}");
    assert!(refused.contains("argsz release 1.0 --header demo/demo.h"), "{refused}");
    let compat = project.run(&["compat", "--history"]).ended(12).out;
    assert!(compat.contains("I08") && compat.contains("demo.toml:11:8"), "{compat}");
    // Recording again does not help.
    assert!(project.run(&["release", "1.0"]).ended(1).err.contains("error[I08]"));
    // What is not published may change.
    project.write("demo.toml", DEMO.replace("0..=1000", "0..=1001"));
    project.run(&["check"]).ended(0);
    assert_eq!(project.run(&["release", "1.0"]).ended(0).out, "demo/demo.h 1.0 is recorded already\n");
}

#[test]
fn what_cannot_be_recorded_is_answered() {
    let project = Project::demo();
    let unknown = project.run(&["release", "1.1"]).ended(2).err;
    assert!(unknown.contains("no release `1.1`") && unknown.contains("did you mean"), "{unknown}");
    assert!(!project.path("argsz.lock").exists());
    for (text, said) in [
        ("version = 1\n[a.b]\nc = 1", "no digest"),
        ("vers = [", "line 1"),
        ("", "no `version`"),
        ("version = 2", "this argsz writes 1"),
        ("version = 1\na = 1", "`a` is no table"),
    ] {
        project.write("argsz.lock", text);
        let damaged = project.run(&["check"]).ended(3).err;
        assert!(damaged.contains("argsz.lock") && damaged.contains(said), "{damaged}");
        project.run(&["release", "1.0"]).ended(3);
    }
    project.write("argsz.lock", recorded().text().replace("demo/demo.h", "demo/dema.h"));
    let lost = project.run(&["check"]).ended(1).err;
    assert!(lost.contains("`demo/dema.h`") && lost.contains("is it called `demo/demo.h` now?"), "{lost}");
}

#[test]
fn every_release_of_this_repository_is_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (manifest, lock) = (Manifest::load(&root.join("argsz.toml")).unwrap(), Lock::load(root).unwrap());
    for entry in &manifest.entries {
        let schema = Schema::load(&root.join(&entry.path)).unwrap();
        let header = &schema.model().header;
        for release in &header.releases {
            assert!(lock.has(&header.path, release), "{} {release}: `argsz release {release}`", header.path);
        }
        assert_eq!(lock.edits(&schema).unwrap(), [], "{}", entry.path);
    }
}
