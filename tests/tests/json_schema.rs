//! The JSON Schema of the language: fresh, and of one mind with the loader as far as keys and kinds of values go.

use std::path::{Path, PathBuf};

use argsz_codegen::json_schema;
use argsz_schema::source::Source;
use argsz_schema::{LoadError, Schema};
use argsz_tests::real::root;
use serde_json::Value;

/// Codes of mistakes that a JSON Schema sees: unknown keys, wrong kinds, wrong words, what is missing, what is for later.
const SEEN: &[&str] = &["AZ0002", "AZ0003", "AZ0006", "AZ0008", "AZ0010"];
/// Codes of mistakes that it sees at times: what is missing may be a key, or one of several.
const AT_TIMES: &[&str] = &["AZ0004", "AZ0007"];

fn validator() -> jsonschema::Validator {
    jsonschema::validator_for(&json_schema::value()).expect("a JSON Schema")
}

fn as_json(text: &str) -> Option<Value> {
    toml::from_str::<Value>(text).ok()
}

fn schemas_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            schemas_below(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
}

#[test]
fn the_file_is_fresh() {
    let file = std::fs::read_to_string(root().join("docs/schema.json")).expect("docs/schema.json");
    assert_eq!(file, json_schema::text(), "run `argsz json-schema > docs/schema.json`");
}

#[test]
fn schemas_of_this_repository_are_valid() {
    let validator = validator();
    let mut paths = vec![root().join("docs/tour/queue.toml"), root().join("tests/downstream/driver/schema/demo.toml")];
    for folder in ["schema/linux", "schema/intel"] {
        schemas_below(&root().join(folder), &mut paths);
    }
    assert!(paths.len() >= 5);
    for path in paths {
        let value = as_json(&std::fs::read_to_string(&path).expect("a schema")).expect("TOML");
        let wrong: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{}: {wrong:#?}", path.display());
    }
}

#[test]
fn it_refuses_what_the_loader_refuses_and_nothing_else() {
    let validator = validator();
    let mut paths = Vec::new();
    schemas_below(&root().join("schema/tests/ui"), &mut paths);
    let (mut valid, mut invalid) = (0, 0);
    for path in paths {
        let text = std::fs::read_to_string(&path).expect("a schema");
        let Some(value) = as_json(&text) else { continue };
        let codes: Vec<&str> = match Schema::parse(Source::new(&path, text)) {
            Ok(_) => Vec::new(),
            Err(rejected) => rejected.found.iter().map(|finding| finding.code.0.id).collect(),
        };
        let is_valid = validator.is_valid(&value);
        if codes.iter().any(|code| SEEN.contains(code)) {
            assert!(!is_valid, "{}: {codes:?}, and the JSON Schema takes it", path.display());
            invalid += 1;
        } else if !codes.iter().any(|code| AT_TIMES.contains(code)) {
            let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(is_valid, "{}: only {codes:?}, and the JSON Schema says {wrong:?}", path.display());
            valid += 1;
        }
    }
    assert!(valid >= 100 && invalid >= 4, "{valid} valid, {invalid} not");
}

#[test]
fn every_key_is_known_in_its_place_alone() {
    let validator = validator();
    let good = "grammar = 1\n[header]\npath = \"linux/x.h\"\nguard = \"X_H\"\nreleases = [\"1.0\"]\n";
    assert!(validator.is_valid(&as_json(good).expect("TOML")));
    for bad in [
        "[struct.s]\narms = []",
        "[struct.s]\nfields = [{ name = \"a\", typ = \"u8\" }]",
        "[struct.s]\nfields = [{ name = \"a\", type = 8 }]",
        "[flags.f]\ntype = \"u128\"\nbits = {}",
        "[const.C]\nvalue = 1.5",
        "[ioctl.I]\nkind = \"_IOX\"\nmagic = 1\nnr = 1",
        "[register.r]\nbits = { a = \"0\" }",
    ] {
        assert!(!validator.is_valid(&as_json(&format!("{good}{bad}\n")).expect("TOML")), "{bad}");
        let loaded = Schema::parse(Source::new("x.toml", format!("{good}{bad}\n"))).map_err(LoadError::Rejected);
        assert!(loaded.is_err(), "{bad}");
    }
}
