//! The generator as a build script calls it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::Command;

use argsz_codegen::Generator;
use common::{Project, Ran};

/// What a build script's `main` would be. It runs in a process of its own, see below.
#[test]
#[ignore = "run by the test below, in the environment of a build script"]
fn build_script() {
    let written = Generator::new()
        .schema("demo.toml")
        .release("2.0")
        .out("c-header", "demo.h")
        .out("c-asserts", "asserts/demo.c")
        .run()
        .unwrap();
    println!("{} files", written.len());
}

#[test]
fn a_build_script_writes_below_out_dir_and_tells_cargo_what_it_read() {
    let project = Project::demo();
    std::fs::create_dir(project.path("out")).unwrap();
    let run = || {
        let mut script = Command::new(std::env::current_exe().unwrap());
        script.args(["--exact", "build_script", "--ignored", "--nocapture"]).current_dir("/");
        script.env("CARGO_MANIFEST_DIR", project.0.path()).env("OUT_DIR", project.path("out"));
        Ran::from(script.output().unwrap())
    };
    let schema = project.path("demo.toml");
    run().ended(0).says(&format!("cargo::rerun-if-changed={}", schema.display())).says("2 files");
    assert!(project.read("out/demo.h").contains("struct demo"));
    assert!(project.path("out/asserts/demo.c").exists());
    run().ended(0).says("0 files");
    project.write("demo.toml", "grammar = \n");
    let ran = run().says("demo.toml:1:11");
    assert_eq!(ran.status, Some(101), "{ran:?}");
    assert!(ran.out.contains("rerun-if-changed"), "the mend must trigger a run: {}", ran.out);
}

#[test]
fn misuse_is_an_error_that_says_how() {
    let error = |generator: Generator| generator.run().unwrap_err().to_string();
    assert!(error(Generator::new().release("1.0")).contains("comes after the `schema`"));
    let text = error(Generator::new().schema("x.toml").out("c-hedder", "x.h"));
    assert!(text.contains("no output is called `c-hedder`") && text.contains("c-header"), "{text}");
    let project = Project::demo();
    let schema = project.path("demo.toml");
    let text = error(Generator::new().schema(&schema).release("9.0").out("c-header", "x.h"));
    assert!(text.contains("has no release `9.0`") && text.contains("1.0, 2.0"), "{text}");
    let text = error(Generator::new().schema(project.path("none.toml")).out("c-header", "x.h"));
    assert!(text.contains("none.toml"), "{text}");
    let text = error(Generator::new().schema(&schema).out("c-header", "x.h").out("rust", &schema));
    assert!(text.contains("demo.toml` is the place of a schema"), "{text}");
}
