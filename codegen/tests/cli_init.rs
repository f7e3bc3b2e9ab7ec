//! `argsz init` and `argsz fmt` as people use them.
mod common;

use common::Project;

#[test]
fn the_next_commands_work() {
    let project = Project::empty();
    let ran = project.run(&["init", "my_driver"]);
    let ran = ran.ended(0).says("wrote argsz.toml").says("wrote schema/my_driver.toml");
    let next: Vec<String> =
        ran.out.lines().filter_map(|line| line.trim().strip_prefix("argsz ")).map(str::to_owned).collect();
    assert_eq!(next.len(), 3, "{}", ran.out);
    for command in &next {
        let words: Vec<&str> = command.split(' ').collect();
        project.run(&words).ended(0);
    }
    project.run(&["generate", "--check"]).ended(0);
    project.run(&["fmt", "--check"]).ended(0);
    assert!(project.read("generated/include/uapi/linux/my_driver.h").contains("struct my_driver_create {"));
    // The steps of the CI snippet are commands that pass once the files are committed.
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first"],
    ] {
        let git = std::process::Command::new("git").arg("-C").arg(project.path(".")).args(args).status();
        assert!(git.is_ok_and(|status| status.success()), "{args:?}");
    }
    let workflow = project.read(".github/workflows/argsz.yml");
    for line in workflow.lines().filter_map(|line| line.trim().strip_prefix("- run: argsz ")) {
        project.run(&line.split(' ').collect::<Vec<_>>()).ended(0);
    }
}

#[test]
fn nothing_that_is_there_is_replaced() {
    let project = Project::empty();
    project.write("schema/my_driver.toml", "mine\n");
    project.run(&["init", "my_driver"]).ended(2).says("there is already").says("nothing was written");
    assert!(!project.path("argsz.toml").exists());
    assert_eq!(project.read("schema/my_driver.toml"), "mine\n");
    project.run(&["init", "My-Driver"]).ended(2).says("small letters");
    project.run(&["init", "type"]).ended(2);
}

#[test]
fn shape_is_checked_and_mended() {
    let project = Project::demo();
    project.run(&["fmt", "--check"]).ended(0).says("1 schema, all in shape");
    let before = project.read("demo.toml");
    project.write("demo.toml", before.replace("doc    =", "doc="));
    project.run(&["fmt", "--check"]).ended(4).says("stale demo.toml").says("run `argsz fmt demo.toml`");
    project.run(&["fmt"]).ended(0).says("shaped demo.toml");
    assert_eq!(project.read("demo.toml"), before);
    project.write("bad.toml", "grammar = 1\n[header\n");
    project.run(&["fmt", "bad.toml"]).ended(1).says("bad.toml:2:");
    assert_eq!(project.read("bad.toml"), "grammar = 1\n[header\n");
}

#[test]
fn a_comment_that_cannot_be_kept_is_not_lost() {
    let project = Project::demo();
    let text = "[table.t.rows]\nA.X = { refused = \"x\" }\n# of Y\nA.Y = { refused = \"y\" }\n";
    project.write("dotted.toml", text);
    project
        .run(&["fmt", "dotted.toml"])
        .ended(1)
        .says("line 3: the comment `# of Y` cannot be kept above a dotted key");
    assert_eq!(project.read("dotted.toml"), text);
    let beside = text.replace("# of Y\n", "").replace("\"y\" }", "\"y\" } # of Y");
    project.write("dotted.toml", &beside);
    project.run(&["fmt", "dotted.toml"]).ended(0);
    assert!(project.read("dotted.toml").contains("{ refused = \"y\" }  # of Y\n"), "{}", project.read("dotted.toml"));
}
