//! `argsz compat` against commits, in repositories of their own.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::Command;

use common::{DEMO, Project};

/// The demo in a repository, whose first commit is tagged `base`.
fn repository() -> Project {
    let project = Project::demo();
    git(&project, &["init", "-q", "-b", "main"]);
    commit(&project, "base");
    git(&project, &["tag", "base"]);
    project
}

fn git(project: &Project, args: &[&str]) {
    let who = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").arg("-C").arg(project.path(".")).args(who).args(args).output().unwrap();
    assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
}

fn commit(project: &Project, what: &str) {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-q", "-m", what]);
}

fn moved(text: &str) -> String {
    text.replace("bit = 1", "bit = 2")
}

#[test]
fn the_tree_is_compared_with_a_ref() {
    let project = repository();
    project.run(&["compat", "--against", "base"]).ended(0).says("safe");
    project.write("demo.toml", moved(DEMO));
    let ran = project.run(&["compat", "--against", "base"]).ended(12).says("F01").says("(base) -> ");
    assert!(ran.out.contains("at demo.toml:"), "{}", ran.out);
    // A committed edit is compared as well.
    commit(&project, "edit");
    project.run(&["compat", "--against", "HEAD~1"]).ended(12).says("F01");
    project.run(&["compat", "--against", "HEAD"]).ended(0);
}

#[test]
fn without_a_ref_it_is_where_the_branch_left_main() {
    let project = repository();
    git(&project, &["switch", "-q", "-c", "topic"]);
    project.write("demo.toml", DEMO.replace("0..=1000", "0..=500"));
    commit(&project, "topic");
    // Main goes on, with an edit that is not ours.
    git(&project, &["switch", "-q", "main"]);
    project.write("demo.toml", moved(DEMO));
    commit(&project, "main");
    git(&project, &["switch", "-q", "topic"]);
    let ran = project.run(&["compat"]).ended(11).says("F12");
    assert!(!ran.out.contains("F01"), "{}", ran.out);
    // Where somebody else's main is known, it counts.
    git(&project, &["update-ref", "refs/remotes/origin/main", "topic"]);
    project.run(&["compat"]).ended(0).says("origin/main");
    git(&project, &["update-ref", "-d", "refs/remotes/origin/main"]);
    git(&project, &["branch", "-q", "-m", "main", "trunk"]);
    project.run(&["compat"]).ended(2).says("no origin/main, main or master").says("--against REF");
}

/// What CI often checks out: the last commit, and nothing of where it came from.
#[test]
fn a_checkout_without_its_history_says_so() {
    let project = repository();
    git(&project, &["switch", "-q", "-c", "topic"]);
    project.write("demo.toml", moved(DEMO));
    commit(&project, "topic");
    let shallow = Project::demo();
    let from = format!("file://{}", project.path(".").canonicalize().unwrap().display());
    git(&shallow, &["init", "-q", "-b", "work"]);
    git(&shallow, &["remote", "add", "origin", &from]);
    git(&shallow, &["fetch", "-q", "--depth", "1", "origin", "topic"]);
    git(&shallow, &["checkout", "-q", "--force", "FETCH_HEAD"]);
    shallow.run(&["compat"]).ended(2).says("no origin/main, main or master").says("git fetch --unshallow");
    // Its main is there, but not what leads to it.
    git(&shallow, &["fetch", "-q", "--depth", "1", "origin", "main:refs/remotes/origin/main"]);
    let apart = shallow.run(&["compat"]).ended(2).says("origin/main have no commit in common");
    apart.says("git fetch --unshallow").says("--against REF");
    git(&shallow, &["fetch", "-q", "--unshallow", "origin"]);
    shallow.run(&["compat"]).ended(12).says("F01");
    // Histories that never met are no matter of depth.
    git(&project, &["checkout", "-q", "--orphan", "other"]);
    commit(&project, "other");
    let ran = project.run(&["compat"]).ended(2).says("main have no commit in common");
    assert!(!ran.err.contains("unshallow"), "{}", ran.err);
}

#[test]
fn a_schema_that_was_moved_or_is_new() {
    let project = repository();
    git(&project, &["mv", "demo.toml", "abi.toml"]);
    project.write("argsz.toml", project.read("argsz.toml").replace("demo.toml", "abi.toml"));
    project.write("abi.toml", moved(DEMO));
    // The same header, wherever it was.
    project.run(&["compat", "--against", "base"]).ended(12).says("F01").says("abi.toml:");
    // A header of another name is another one: there is nothing to compare.
    project.write("abi.toml", moved(DEMO).replace("demo/demo.h", "demo/other.h"));
    project.run(&["compat", "--against", "base"]).ended(0).says("nothing to compare");
}

#[test]
fn a_base_with_mistakes_is_shown_with_its_ref() {
    let project = repository();
    project.write("demo.toml", DEMO.replace("\"u64\"", "\"u65\""));
    commit(&project, "broken");
    git(&project, &["tag", "broken"]);
    project.write("demo.toml", DEMO);
    let ran = project.run(&["compat", "--against", "broken"]).ended(1).says("broken:demo.toml:").says("u65");
    ran.says("these are mistakes of broken, not of the files here");
    // In an older grammar of the language.
    project.write("demo.toml", DEMO.replace("grammar = 1", "grammar = 0"));
    commit(&project, "old grammar");
    project.write("demo.toml", DEMO);
    project.run(&["compat", "--against", "HEAD"]).ended(1).says("HEAD:demo.toml:1:").says("grammar");
    // The files here are broken themselves.
    project.write("demo.toml", "grammar = 1\n[header\n");
    let ran = project.run(&["compat", "--against", "base"]).ended(1).says("demo.toml:2:");
    assert!(!ran.err.contains("these are mistakes of"), "{}", ran.err);
}

#[test]
fn what_is_no_place_to_compare_in() {
    let project = repository();
    project.run(&["compat", "--against", "nowhere"]).ended(2).says("there is no commit `nowhere`").says("git fetch");
    project.run(&["compat", "--against", "--all"]).ended(2);
    let empty = Project::demo();
    let outside = [("GIT_CEILING_DIRECTORIES", "/")];
    empty.run_with(&["compat"], &outside).ended(2).says("is in no git repository").says("--history");
    git(&empty, &["init", "-q"]);
    empty.run(&["compat"]).ended(2).says("no commit yet").says("--history");
    empty.run_with(&["compat"], &[("PATH", "/nonexistent")]).ended(3).says("cannot run `git`").says("install git");
}

#[test]
fn releases_out_of_order_and_files_alone() {
    let project = Project::demo();
    project.run(&["compat", "--from", "2.0", "--to", "1.0"]).ended(2).says("is not before").says("1.0, 2.0");
    project.run(&["compat", "--from", "1.0", "--to", "1.0"]).ended(2).says("is not before");
    project.run(&["compat", "--from", "3.0"]).ended(2).says("no header has the release `3.0`");
    project.run(&["compat", "demo.toml"]).ended(2).says("nothing to be compared with");
    project.run(&["compat", "demo.toml", "none.toml"]).ended(3).says("none.toml");
    // Two folders are matched by the header.
    project.write("a/x.toml", DEMO);
    project.write("b/y.toml", moved(DEMO));
    project.run(&["compat", "a", "b"]).ended(12).says("F01").says("b/y.toml:");
    project.write("b/y.toml", DEMO.replace("demo/demo.h", "demo/other.h"));
    project.write("b/z.toml", DEMO.replace("demo/demo.h", "demo/third.h"));
    project.run(&["compat", "a", "b"]).ended(2).says("has no schema of `demo/demo.h`");
    std::fs::create_dir(project.path("empty")).unwrap();
    project.run(&["compat", "a", "empty"]).ended(2).says("no schema in");
}

#[test]
fn each_effect_has_a_status() {
    let status = |from: &str, to: &str, expected: i32| {
        let project = Project::demo();
        project.write("old.toml", DEMO);
        project.write("new.toml", DEMO.replace(from, to));
        project.run(&["compat", "old.toml", "new.toml"]).ended(expected);
    };
    status("Without waiting.", "At once.", 0);
    status("\"limit\", type", "\"most\", type", 1);
    status("FAST  =", "QUICK =", 10);
    status("0..=1000", "0..=10", 11);
    status("bit = 1", "bit = 2", 12);
}

/// The hooks for pre-commit are commands that pass in a project in order, and stop an edit that breaks somebody.
#[test]
fn hooks_stop_a_commit_that_breaks() {
    let project = repository();
    project.run(&["generate"]).ended(0);
    commit(&project, "generated");
    let hooks = std::fs::read_to_string("../.pre-commit-hooks.yaml").unwrap();
    let entries: Vec<Vec<&str>> = hooks
        .lines()
        .filter_map(|line| line.trim().strip_prefix("entry: argsz "))
        .map(|args| args.split(' ').collect())
        .collect();
    assert_eq!(entries.len(), 4);
    for entry in &entries {
        project.run(entry).ended(0);
    }
    project.write("demo.toml", moved(DEMO));
    project.run(&["generate"]).ended(0);
    let stopped = entries.iter().filter(|entry| project.run(entry).status != Some(0)).count();
    assert_eq!(stopped, 1, "compat alone");
}
