//! The loader on whole files: what loads, and what no input may do.

use argsz_schema::source::Source;
use argsz_schema::{LoadError, Schema};

const SMALL: &str = r#"
grammar = 1
[header]
path = "linux/x.h"
guard = "X_H"
includes = ["linux/types.h"]
releases = ["1.0", "2.0"]

[const.X_TYPE]
value = "';'"
[const.X_SUM]
value = "X_TYPE + (1 << 4) | X_READ"

[flags.x_flags]
type = "u32"
prefix = "X_"
bits = { READ = { bit = 0, doc = "Read." }, WIDE = { bit = 1, since = "2.0" }, BOTH = { of = ["READ", "WIDE"], since = "2.0" } }

[struct.x]
doc = "A struct."
grows = "argsz"
min = "flags"
fields = [
  { name = "argsz", type = "u32", role = "argsz", doc = "Size." },
  { name = "flags", type = "u32", flags = "x_flags", doc = "Flags." },
  { name = "wide", type = "u32[2]", when = "flags.has(WIDE)", since = "2.0" },
]
min_size = [{ when = "flags.has(WIDE)", covers = "wide", since = "2.0" }]
"#;

const HARDWARE: &str = r#"
grammar = 1
[header]
path = "x/x.h"
guard = "X_H"
prefix = "x_"
releases = ["1.0", "2.0"]
[enum.e]
type = "u8"
values = { A = 0, B = { value = 3, since = "2.0" } }
[register.r]
offset = 0x10
width = 32
reserved = "31:8"
bits = { e = { at = ["7:6", "w0 0"], enum = "e" }, f = "5:1" }
[descriptor.d]
words = 2
reserved = ["11:9", "w1 63:0"]
ignored = ["8:1"]
bits = { t = { at = "0", is = 1 }, a = { at = "63:12", address = true } }
[table.t]
rows = "e"
columns = "e"
cells = { A = { A = { becomes = "d", with = { a = 0x1000 } }, B = { nothing = "why" } }, B = { A = { refused = "why" }, B = { becomes = "r", with = { e = "B" } } } }
"#;

#[test]
fn constants_are_worked_out_whatever_their_order() {
    let schema = Schema::parse(Source::new("small.toml", SMALL)).expect("no mistakes");
    let sum = schema.model().find_const("X_SUM").map(|found| found.value.clone());
    assert_eq!(sum, Some(argsz_schema::model::ConstValue::Int((59 + 16) | 1)));
    let flags = schema.model().find_flags("x_flags").expect("it is there");
    assert_eq!(flags.mask(), 3);
    let old = schema.at(schema.release("1.0").expect("it is there"));
    assert_eq!(old.find_flags("x_flags").map(argsz_schema::model::Flags::mask), Some(1));
}

#[test]
fn every_syntax_error_of_a_file_is_reported() {
    let text = "grammar = 1\n[header\npath = \"x\"\nguard = \n[struct.x]\nfields = [}\n";
    let rejected = Schema::parse(Source::new("bad.toml", text)).expect_err("it is broken");
    assert!(rejected.found.len() >= 3, "{}", rejected.render(false));
    assert!(rejected.found.iter().all(|found| found.code.0.id == "AZ0001"));
}

#[test]
fn nesting_has_an_end() {
    for text in
        ["a = ".to_owned() + &"[".repeat(10_000), "a = ".to_owned() + &"{a=".repeat(10_000), "a.".repeat(10_000)]
    {
        let rejected = Schema::parse(Source::new("deep.toml", text)).expect_err("it is too deep");
        assert_eq!(rejected.found[0].code.0.id, "AZ0009");
    }
}

#[test]
fn brackets_in_strings_are_no_nesting() {
    let long = format!("doc = \"\"\"{}\"\"\"", "[{".repeat(500));
    let text = SMALL.replace("doc = \"A struct.\"", &long).replace("\"Read.\"", &format!("'{}'", "[".repeat(500)));
    Schema::parse(Source::new("strings.toml", text)).expect("no mistakes");
}

#[test]
fn no_cut_and_no_changed_byte_of_a_schema_panics() {
    every_cut_and_change(SMALL.as_bytes());
}

#[test]
fn no_cut_and_no_changed_byte_of_hardware_panics() {
    Schema::parse(Source::new("hardware.toml", HARDWARE)).expect("no mistakes");
    every_cut_and_change(HARDWARE.as_bytes());
}

fn every_cut_and_change(bytes: &[u8]) {
    for at in 0..bytes.len() {
        if let Ok(cut) = std::str::from_utf8(&bytes[..at]) {
            let _ = Schema::parse(Source::new("cut.toml", cut)).map_err(|rejected| rejected.render(false));
        }
        for byte in [b'"', b'[', b'}', b'=', b'0', b'9', b'.', b'\n', b'-'] {
            let mut changed = bytes.to_vec();
            changed[at] = byte;
            if let Ok(changed) = String::from_utf8(changed) {
                let _ = Schema::parse(Source::new("changed.toml", changed)).map_err(|rejected| rejected.render(false));
            }
        }
    }
}

#[test]
fn a_file_that_is_no_text_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bytes.toml");
    std::fs::write(&file, b"grammar = 1\n\xff\n").expect("written");
    match Schema::load(&file) {
        Err(LoadError::NotUtf8 { offset: 12, line: 2, .. }) => {}
        other => panic!("{other:?}"),
    }
    assert!(matches!(Schema::load(folder.path()), Err(LoadError::Directory { .. })));
    assert!(matches!(Schema::load(&folder.path().join("none.toml")), Err(LoadError::Io { .. })));
}

#[test]
fn of_a_large_text_that_is_no_toml_only_the_first_mistake_is_told() {
    let found = |line: &str, lines: usize| {
        Schema::parse(Source::new("junk", line.repeat(lines))).expect_err("junk").found.len()
    };
    assert!(found("a\n", 1000) >= 1000);
    for line in ["a\n", "a = \"b\n", "a = [\n", "[a\n"] {
        assert!(found(line, 10) > 0);
        assert_eq!(found(line, (1 << 20) / line.len() + 1), 1, "{line}");
    }
}

#[test]
fn a_row_of_dots_is_not_a_deep_key() {
    let text = format!("{SMALL}\n[const.DOTS]\nvalue = 1\ndoc = \"\"\"\n{}\n\"\"\"\n", ".".repeat(200));
    assert!(Schema::parse(Source::new("dots", text)).is_ok());
}
