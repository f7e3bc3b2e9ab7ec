//! Entries, descriptors and registers: on the command line, and as C of every shape that bits can have.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::process::Command;

use argsz_codegen::hardware::{self, Layout};
use argsz_codegen::{Shared, Unit, c_asserts, c_header};
use argsz_schema::Schema;
use argsz_schema::model::Model;
use argsz_schema::source::Source;
use common::Ran;

const SHAPES: &str = include_str!("hardware/shapes.toml");

/// The command in the folder of this repository.
fn argsz(args: &[&str]) -> Ran {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    Ran::from(Command::new(env!("CARGO_BIN_EXE_argsz")).args(args).current_dir(root).output().unwrap())
}

fn shapes(release: &str) -> Model {
    let schema = Schema::parse(Source::new("shapes.toml", SHAPES)).unwrap();
    schema.at(schema.release(release).unwrap())
}

/// A PASID entry: present, nested, 48 bits, domain 7, write protection, and both tables.
fn entry() -> String {
    let words: [u64; 3] = [0x1000_00c9, 0x0007 | 1 << 24, 0x7fff_f000 | 1 << 4 | 1 << 2];
    let bytes = words.iter().flat_map(|word| word.to_le_bytes()).chain([0; 40]);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_layout_is_a_table_of_bits() {
    insta::assert_snapshot!(argsz(&["layout", "pasid_entry"]).ended(0).out);
    insta::assert_snapshot!("split", argsz(&["layout", "inv_pasid_device_tlb"]).ended(0).out);
    insta::assert_snapshot!("register", argsz(&["layout", "rtaddr"]).ended(0).out);
}

#[test]
fn a_layout_as_json() {
    insta::assert_snapshot!(argsz(&["layout", "rtaddr", "--format", "json"]).ended(0).out);
}

#[test]
fn bytes_are_decoded_field_by_field() {
    insta::assert_snapshot!(argsz(&["decode", "pasid_entry", "--hex", &entry()]).ended(0).out);
}

#[test]
fn what_hardware_takes_offence_at_is_said() {
    let hex = format!("26 08 05 00 01 00 00 00 {}", "06 11 00 00 00 00 00 00");
    insta::assert_snapshot!(argsz(&["decode", "inv_iotlb", "--hex", &hex]).ended(0).out);
    insta::assert_snapshot!("json", argsz(&["decode", "inv_iotlb", "--format", "json", "--hex", &hex]).ended(0).out);
}

#[test]
fn flags_and_words_of_32_bits_are_decoded() {
    let model = shapes("2");
    let layout = Layout::find(&model, "shape").unwrap();
    let mut bytes = Vec::new();
    for word in [0xf8d0_1001_u32, 0xffff_ffff, 0x1234_5673] {
        bytes.extend(word.to_le_bytes());
    }
    let decoded = hardware::decode(layout, &bytes).unwrap();
    insta::assert_snapshot!(anstream::adapter::strip_str(&hardware::decoded_text(&decoded)).to_string());
}

#[test]
fn what_does_not_fit_a_layout_is_refused_with_the_way_out() {
    argsz(&["decode", "pasid_dir_entry", "--hex", "00"]).ended(2).says("has 8 bytes, and there are 1");
    argsz(&["decode", "cap", "--hex", &"00".repeat(9)]).ended(2).says("has 8 bytes, and there are 9");
    argsz(&["layout", "pasid_entree"]).ended(2).says("did you mean `pasid_entry`?");
    argsz(&["layout", "cap", "--checks"]).ended(2).says("no reader checks it");
    argsz(&["layout", "cap", "--release", "9.9"]).ended(2).says("has no release `9.9`");
    argsz(&["decode", "cap", "--hex", &"00".repeat(8), "--layer", "intel_vtd"]).ended(2).says("has no `--layer`");
    argsz(&["decode", "cap", "--hex", &"00".repeat(8), "--size", "8"]).ended(2).says("has no `--size`");
}

#[test]
fn a_whole_header_is_shown() {
    let text = argsz(&["layout", "--header", "intel/vtd.h"]).ended(0).out;
    assert_eq!(text.matches(", little-endian\n").count(), 36);
    let json = argsz(&["layout", "--header", "intel/vtd.h", "--format", "json"]).ended(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["layouts"].as_object().unwrap().len(), 36);
    assert_eq!(json["constants"]["VTD_RTADDR_TTM_SHIFT"], 10);
}

fn page(model: &Model) -> String {
    let release = model.release.unwrap();
    let (stem, source_name, input_hash) = ("shapes", "shapes.toml", "0");
    hardware::emit(&Unit { history: model, release, model, stem, source_name, input_hash, shared: Shared::default() })
        .unwrap()
}

#[test]
fn a_page_shows_every_shape() {
    insta::assert_snapshot!(page(&shapes("1")));
}

#[test]
fn every_link_of_the_page_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let schema = Schema::load(&root.join("schema/intel/vtd.toml")).unwrap();
    let model = schema.at(schema.releases().last().unwrap());
    let text = page(&model);
    let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`')).collect();
    let links: Vec<&str> = text.split("](#").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 50, "{}", links.len());
    let broken: Vec<&&str> = links.iter().filter(|link| !headings.contains(link)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    for bits in model.bits() {
        assert_eq!(headings.iter().filter(|heading| **heading == bits.meta.name).count(), 1, "{}", bits.meta.name);
    }
}

/// Getters, setters and constants of every shape, by every compiler with every warning.
#[test]
fn c_of_every_shape_compiles_and_runs() {
    for release in ["1", "2"] {
        let model = shapes(release);
        let unit = Unit {
            history: &model,
            release: model.release.unwrap(),
            model: &model,
            stem: "shapes",
            source_name: "shapes.toml",
            input_hash: "0",
            shared: Shared::default(),
        };
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("hand")).unwrap();
        std::fs::write(dir.path().join("hand/shapes.h"), c_header::emit(&unit).unwrap()).unwrap();
        std::fs::write(dir.path().join("asserts.c"), c_asserts::emit(&unit).unwrap()).unwrap();
        let whole = if release == "1" { "0x12345670" } else { "0x1234567" };
        std::fs::write(dir.path().join("main.c"), PROGRAM.replace("WHOLE", whole)).unwrap();
        for (compiler, width) in [("gcc", "-m64"), ("gcc", "-m32"), ("clang", "-m64"), ("g++", "-m64"), ("g++", "-m32")]
        {
            if let Err(why) = build(dir.path(), compiler, width, "probe.c") {
                eprintln!("SKIPPED shapes.h by {compiler} {width}: {why}");
                continue;
            }
            for file in ["main.c", "asserts.c"] {
                build(dir.path(), compiler, width, file).unwrap_or_else(|why| panic!("{compiler} {width}: {why}"));
            }
            assert!(Command::new(dir.path().join("main.c.out")).status().unwrap().success(), "{compiler} {width}");
        }
    }
}

const PROGRAM: &str = r"
#include <hand/shapes.h>
#define CHECK(what) do { if (!(what)) return __LINE__; } while (0)
int main(void)
{
	__u32 words[3] = { 0xf8d01001U, 0xffffffffU, 0x12345673U };
	__u64 plain[1] = { 5 };
	CHECK(hand_shape_kind(words) == HAND_KIND_SQUARE && hand_shape_flags(words) == 0x101);
	CHECK(hand_shape_wide(words) == 0x1fffffffffULL && hand_shape_few(words) == 1);
	CHECK(hand_shape_whole(words) == WHOLE && hand_shape_match(words) == 1);
	hand_shape_set_wide(words, 0x0123456789ULL);
	CHECK(hand_shape_wide(words) == 0x0123456789ULL && words[0] == 0x48d01001U && words[1] == 0x091a2b3cU);
	hand_shape_set_wide(words, ~0ULL);
	hand_shape_set_flags(words, 0xffffffffU);
	CHECK(words[0] == 0xf8dff001U && words[2] == 0x12345673U);
	hand_plain_set_all(plain, ~0ULL);
	CHECK(hand_plain_all(plain) == ~0ULL);
	CHECK(HAND_CHOICE_OFF_OFF_1 == 0xffffffffU && HAND_CHOICE_OFF_ON_0 == 7);
	return 0;
}
";

fn build(dir: &Path, compiler: &str, width: &str, file: &str) -> Result<(), String> {
    if file == "probe.c" {
        std::fs::write(dir.join(file), "#include <linux/types.h>\n#include <stddef.h>\nint main(void) { return 0; }\n")
            .unwrap();
    }
    let language = if compiler == "g++" { "c++" } else { "c" };
    let main = if file == "asserts.c" { "-c" } else { "-O1" };
    let run = Command::new(compiler)
        .args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", width, main, "-x", language, "-I", ".", file, "-o"])
        .arg(format!("{file}.out"))
        .current_dir(dir)
        .output()
        .map_err(|error| error.to_string())?;
    if run.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&run.stderr).into_owned()) }
}
