//! What the README shows is what the command prints.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// Each block ```` ```console ```` is a command after `$ ` and all that it prints.
#[test]
fn readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = std::fs::read_to_string(root.join("README.md")).unwrap();
    let blocks: Vec<&str> =
        text.split("```console\n").skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect();
    assert!(blocks.len() >= 4, "the tour has moved");
    for block in blocks {
        let (line, shown) = block.split_once('\n').unwrap();
        let args = line.strip_prefix("$ argsz ").unwrap().split(' ');
        let output = Command::new(env!("CARGO_BIN_EXE_argsz")).args(args).current_dir(root).output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        assert_eq!(String::from_utf8(printed).unwrap().trim_end(), shown.trim_end(), "{line}");
    }
}
