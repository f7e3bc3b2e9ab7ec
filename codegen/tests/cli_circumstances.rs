//! Bad circumstances: whatever the disk, the file or a killer does, the command ends with a clear error and status, and
//! every generated file is whole, either old or new.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{DEMO, Project, Ran};

#[test]
fn a_missing_file() {
    let project = Project::demo();
    fs::remove_file(project.path("demo.toml")).unwrap();
    project.run(&["generate"]).ended(3).says("demo.toml");
    project.run(&["check", "nowhere.toml"]).ended(3).says("nowhere.toml");
    project.run(&["--manifest", "nowhere.toml", "generate"]).ended(3).says("nowhere.toml");
}

#[test]
fn a_directory_in_place_of_a_file() {
    let project = Project::demo();
    fs::create_dir(project.path("folder.toml")).unwrap();
    project.run(&["check", "folder.toml"]).ended(3).says("folder.toml").says("irectory");
    project.run(&["--manifest", "folder.toml", "generate"]).ended(3).says("folder.toml");
    fs::create_dir_all(project.path("out/demo.rs")).unwrap();
    project.run(&["generate"]).ended(3).says("`out/demo.rs` is a directory");
    assert!(!project.path("out/include").exists(), "nothing was written before the refusal");
}

#[test]
fn an_unreadable_file() {
    // Root reads what it likes; a process's own memory file cannot be read by anyone at address 0.
    let project = Project::demo();
    project.run(&["check", "/proc/self/mem"]).ended(3).says("/proc/self/mem");
}

#[test]
fn text_that_is_not_utf_8() {
    let project = Project::demo();
    project.write("demo.toml", [DEMO.as_bytes(), b"# \xff\xfe\n"].concat());
    project.run(&["check", "demo.toml"]).ended(3).says("demo.toml").says("UTF-8");
    project.write("argsz.toml", b"\xff");
    project.run(&["generate"]).ended(3).says("argsz.toml").says("UTF-8");
}

#[test]
fn a_file_of_fifty_megabytes() {
    let project = Project::demo();
    project.write("huge.toml", "# nothing to see here\n".repeat(50 * 1024 * 1024 / 22));
    let start = Instant::now();
    let ran = project.run(&["check", "huge.toml"]);
    assert!(matches!(ran.status, Some(1 | 3)), "{ran:?}");
    assert!(!ran.err.contains("panicked") && ran.err.contains("huge.toml"), "{ran:?}");
    assert!(start.elapsed() < Duration::from_mins(1), "it took {:?}", start.elapsed());
}

#[test]
fn a_hundred_thousand_structs() {
    let project = Project::demo();
    let mut text = DEMO.to_owned();
    for n in 0..100_000 {
        let _ = write!(
            text,
            "\n[struct.s{n}]\ndoc = \"D.\"\nfields = [{{ name = \"a\", type = \"u64\", unchecked = \"any value\", doc = \"A.\" }}]\n"
        );
    }
    project.write("demo.toml", text);
    let ran = project.run(&["check", "demo.toml"]);
    assert!(matches!(ran.status, Some(0 | 1 | 3)), "{ran:?}");
    assert!(!ran.err.contains("panicked"), "{ran:?}");
}

#[test]
fn nesting_ten_thousand_deep() {
    let project = Project::demo();
    let deep = 10_000;
    let arrays = format!("a = {}{}\n", "[".repeat(deep), "]".repeat(deep));
    let tables = format!("[{}a]\n", "a.".repeat(deep));
    let unions = format!(
        "{DEMO}\n[struct.deep]\ndoc = \"D.\"\nfields = [{}{}]\n",
        "{ name = \"x\", union = [".repeat(deep),
        "] }".repeat(deep)
    );
    let condition = DEMO.replace("flags.has(LIMIT)", &format!("{}flags == 1{}", "(".repeat(deep), ")".repeat(deep)));
    let negation = DEMO.replace("flags.has(LIMIT)", &format!("{}flags.has(LIMIT)", "!".repeat(deep)));
    let sum = DEMO.replace("flags.has(LIMIT)", &format!("flags == 1{}", " + 1".repeat(deep)));
    for (what, text) in [
        ("arrays", arrays),
        ("tables", tables),
        ("unions", unions),
        ("condition", condition),
        ("negation", negation),
        ("sum", sum),
    ] {
        project.write("deep.toml", text);
        let ran = project.run(&["check", "deep.toml"]);
        assert_eq!(ran.status, Some(1), "{what}: {}", ran.err);
        assert!(!ran.err.contains("panicked") && !ran.err.contains("overflowed its stack"), "{what}: {}", ran.err);
    }
}

#[test]
fn an_output_folder_that_is_a_file() {
    let project = Project::demo();
    project.write("out", "I am a file");
    project.run(&["generate"]).ended(3).says("out");
    assert_eq!(project.read("out"), "I am a file");
}

#[test]
fn an_output_folder_that_cannot_be_written() {
    // Permissions do not stop root; nothing can be made below /proc by anyone.
    let project = Project::demo();
    std::os::unix::fs::symlink("/proc/self", project.path("out")).unwrap();
    project.run(&["generate"]).ended(3).says("out").says("cannot");
}

/// Runs `generate` in a shell that lets no file grow beyond one block.
fn generate_with_small_files(project: &Project, on_signal: &str) -> std::process::Output {
    let script = format!("{on_signal} ulimit -f 1; exec \"$0\" generate");
    let mut command = Command::new("bash");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_argsz")]).current_dir(project.0.path()).output().unwrap()
}

/// A schema whose outputs are larger than a block.
fn larger(project: &Project, word: &str) {
    project.write("demo.toml", DEMO.replace("A demonstration.", &format!("{word} word. ").repeat(2000)));
}

#[test]
fn a_disk_that_fills_up() {
    let project = Project::demo();
    larger(&project, "First");
    project.run(&["generate"]).ended(0);
    let before = project.files("out");
    larger(&project, "Second");
    let ran = Ran::from(generate_with_small_files(&project, "trap '' XFSZ;")).ended(3);
    assert!(ran.err.contains("cannot write") && ran.err.contains("no file was left half-written"), "{}", ran.err);
    assert_eq!(project.files("out"), before, "old files are whole, and nothing lies beside them");
    let killed = generate_with_small_files(&project, "");
    assert!(killed.status.signal().is_some(), "{killed:?}");
    let whole = |(path, _): &(std::path::PathBuf, Vec<u8>)| !path.to_string_lossy().ends_with(".argsz-new");
    assert_eq!(project.files("out").into_iter().filter(whole).collect::<Vec<_>>(), before);
    project.run(&["generate"]).ended(0);
    assert!(project.files("out").iter().all(whole), "what the killed one left is gone");
}

#[test]
fn killed_at_any_moment_every_file_is_old_or_new() {
    let project = Project::demo();
    let mut versions = Vec::new();
    for word in ["First", "Second"] {
        larger(&project, word);
        project.run(&["generate"]).ended(0);
        versions.push(project.files("out"));
    }
    let start = Instant::now();
    project.run(&["generate"]).ended(0);
    let usual = start.elapsed();
    for round in 0..60_u32 {
        larger(&project, ["First", "Second"][round as usize % 2]);
        let mut child = project.command(&["generate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(usual * round / 50);
        child.kill().unwrap();
        child.wait().unwrap();
        for (path, bytes) in project.files("out") {
            let mut known = versions.iter().flatten().filter(|(known, _)| *known == path).peekable();
            let beside = known.peek().is_none() && path.to_string_lossy().ends_with(".argsz-new");
            assert!(beside || known.any(|(_, known)| *known == bytes), "{} is neither old nor new", path.display());
        }
    }
    project.run(&["generate"]).ended(0);
    assert!(versions.contains(&project.files("out")));
}

#[test]
fn two_writers_at_once_leave_whole_files() {
    let project = Project::demo();
    let spawn = || project.command(&["generate"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..8).map(|_| spawn()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    project.run(&["generate", "--check"]).ended(0);
}

#[test]
fn generate_overwrote_the_schema_it_had_read() {
    let project = Project::demo();
    let schema = project.read("demo.toml");
    let manifest = project.read("argsz.toml");
    for place in ["demo.toml", "./out/../demo.toml", "argsz.toml", "argsz.lock", "demo.toml/x.rs"] {
        project.write("argsz.toml", manifest.replace("out/demo.rs", place));
        let before = project.files("");
        project.run(&["generate"]).ended(1).says("AZ0902").says(place);
        assert_eq!(project.files(""), before, "{place}");
    }
    assert_eq!(project.read("demo.toml"), schema);
}

#[test]
fn commands_that_mend_could_not_be_pasted() {
    let project = Project::demo();
    std::fs::create_dir(project.path("a b")).unwrap();
    for file in ["argsz.toml", "demo.toml"] {
        std::fs::rename(project.path(file), project.path(&format!("a b/{file}"))).unwrap();
    }
    let ran = project.run(&["generate", "--check", "--manifest", "a b/argsz.toml"]).ended(4);
    let ran = ran.says("run `argsz generate --manifest 'a b/argsz.toml'`").says("missing a b/out/demo.rs");
    assert!(ran.err.contains("  a b/out/demo.rs\n"), "{}", ran.err);
    project.write("a b/demo.toml", project.read("a b/demo.toml").replace("grammar = 1", "grammar   = 1"));
    project.run(&["fmt", "--check", "a b/demo.toml"]).ended(4).says("run `argsz fmt 'a b/demo.toml'`");
}
