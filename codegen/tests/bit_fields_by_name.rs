//! Bit-fields of C by their names: in Rust where compilers put them on machines of either byte order, in documents, and
//! in what is decoded.
#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "common/crates.rs"]
mod crates;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use argsz_codegen::decode::{self, Question};
use argsz_codegen::{Shared, Unit, c_header, doc, rust};
use argsz_schema::layout::layout;
use argsz_schema::source::Source;
use argsz_schema::{Schema, checklist, target};
use crates::{cargo, others};

const SCHEMA: &str = r#"grammar = 1
[header]
path = "t.h"
guard = "T_H"
license = "MIT"
includes = ["linux/types.h"]
releases = ["1"]
doc = "Bit-fields of every shape."

[struct.packet]
doc = "Of every width."
fields = [
  { name = "ihl_bits", type = "u8", doc = "First.", bits = [{ name = "ihl", width = 4 }, { name = "version", width = 4 }] },
  { name = "tos", type = "u8", doc = "A plain number." },
  { name = "frag_bits", type = "u16", doc = "Second.", bits = [{ name = "type", width = 3 }, { name = "offset", width = 13 }] },
  { name = "word_bits", type = "u32", doc = "Third.", bits = [{ name = "on", width = 1 }, { name = "off", width = 2 }, { width = 5 }, { name = "rest", width = 24 }] },
  { name = "all_bits", type = "u64", doc = "Fourth.", bits = [{ name = "all", width = 64 }] },
  { name = "wide_bits", type = "u64", doc = "Fifth.", bits = [{ name = "low", width = 33 }, { name = "__one", width = 1 }, { name = "set_low", width = 30 }] },
]

[struct.tight]
doc = "At odd addresses."
packed = true
fields = [
  { name = "tag", type = "u8", doc = "A plain number." },
  { name = "tight_bits", type = "u32", doc = "Held at an odd address.", bits = [{ name = "head", width = 9 }, { name = "body", width = 23 }] },
]

[struct.aligned]
doc = "At odd addresses, in a struct that has an even one."
packed = true
align = 2
fields = [
  { name = "tag", type = "u8", doc = "A plain number." },
  { name = "far_bits", type = "u32", doc = "Held at an odd address.", bits = [{ name = "near", width = 7 }, { name = "far", width = 25 }] },
  { name = "last_bits", type = "u8", doc = "Held at an odd address.", bits = [{ name = "one", width = 1 }, { name = "two", width = 7 }] },
]
"#;

/// A struct, and its bit-fields: the name in C, the getter in Rust, bits, and a value.
type Case = (&'static str, &'static str, &'static [(&'static str, &'static str, u32, u64)]);

const CASES: [Case; 3] = [
    (
        "packet",
        "Packet",
        &[
            ("ihl", "ihl", 4, 0x5),
            ("version", "version", 4, 0x4),
            ("type", "type", 3, 0x3),
            ("offset", "offset", 13, 0x1235),
            ("on", "on", 1, 1),
            ("off", "off", 2, 2),
            ("rest", "rest", 24, 0xab_cdef),
            ("all", "all", 64, 0x0123_4567_89ab_cdef),
            ("low", "low", 33, 0x1_2345_6789),
            ("__one", "one", 1, 1),
            // A setter of another has the name.
            ("set_low", "set_low_bits", 30, 0x2345_6781),
        ],
    ),
    ("tight", "Tight", &[("head", "head", 9, 0x123), ("body", "body", 23, 0x45_6789)]),
    (
        "aligned",
        "Aligned",
        &[("near", "near", 7, 0x45), ("far", "far", 25, 0x123_4567), ("one", "one", 1, 1), ("two", "two", 7, 0x55)],
    ),
];

fn with_unit<T>(then: impl FnOnce(&Schema, &Unit<'_>) -> T) -> T {
    let schema = Schema::parse(Source::new("t.toml", SCHEMA)).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let release = schema.releases().last().unwrap();
    let model = schema.at(release);
    let (stem, source_name, input_hash) = ("t", "t.toml", "0");
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem,
        source_name,
        input_hash,
        shared: Shared::default(),
    };
    then(&schema, &unit)
}

/// Every struct once for each bit-field, with all bits of that alone, and once with all values: as C would initialize it.
fn initialized() -> String {
    let mut text = String::new();
    for (nth, (name, _, parts)) in CASES.iter().enumerate() {
        let each =
            parts.iter().map(|(part, _, width, _)| format!("{{ .{part} = {:#x}ull }}", u64::MAX >> (64 - width)));
        let all: Vec<String> = parts.iter().map(|(part, _, _, value)| format!(".{part} = {value:#x}ull")).collect();
        let each: Vec<String> = each.chain([format!("{{ {} }}", all.join(", "))]).collect();
        _ = writeln!(
            text,
            "const struct {name} of{nth}[] __attribute__((section(\".of{nth}\"))) = {{ {} }};",
            each.join(", ")
        );
    }
    text
}

/// The bytes that a compiler gives these structs.
fn compiled(folder: &Path, compiler: &[&str], copy: &str) -> Vec<Vec<u8>> {
    let object = folder.join("t.o");
    let (program, arguments) = compiler.split_first().unwrap();
    let mut cc = Command::new(program);
    cc.args(arguments).args(["-c", "-nostdinc", "-I"]).arg(folder).arg(folder.join("t.c")).arg("-o").arg(&object);
    assert!(cc.status().unwrap().success(), "{compiler:?}");
    let section = |nth: usize| {
        let bytes = folder.join("bytes");
        let mut run = Command::new(copy);
        run.args(["-O", "binary", "-j", &format!(".of{nth}")]).arg(&object).arg(&bytes);
        assert!(run.status().unwrap().success(), "{copy}");
        std::fs::read(&bytes).unwrap()
    };
    (0..CASES.len()).map(section).collect()
}

/// Rust that does with setters what C did, and is compiled only if it gets the same bytes.
fn judged(little: &[Vec<u8>], big: &[Vec<u8>]) -> String {
    let mut text = String::from(
        "use crate::hand::*;\nuse argsz::zerocopy;\n\
         const fn same(a: &[u8], b: &[u8]) -> bool {\n    let mut at = 0;\n\
         while at < a.len() { if a[at] != b[at] { return false; } at += 1; }\n    a.len() == b.len()\n}\n",
    );
    for (nth, (_, ty, parts)) in CASES.iter().enumerate() {
        let size = little[nth].len() / (parts.len() + 1);
        let bits = |width: u32, value: u64| if width == 1 { (value != 0).to_string() } else { format!("{value:#x}") };
        let mut check = |round: usize, sets: &str, reads: &str| {
            let at = round * size..(round + 1) * size;
            _ = writeln!(
                text,
                "const _: () = {{\n    const C: [u8; {size}] = if cfg!(target_endian = \"big\") {{ {:?} }} else {{ {:?} }};\n\
                 const ZERO: [u8; {size}] = [0; {size}];\n    let mut p: {ty} = zerocopy::transmute!(ZERO);\n{sets}\
                 let bytes: [u8; {size}] = zerocopy::transmute!(p);\n    assert!(same(&bytes, &C));\n{reads}}};",
                &big[nth][at.clone()],
                &little[nth][at]
            );
        };
        let raw = |name: &str| if name == "type" { "r#type".to_owned() } else { name.to_owned() };
        for (round, (_, name, width, _)) in parts.iter().enumerate() {
            let ones = bits(*width, u64::MAX >> (64 - width));
            check(round, &format!("p.set_{name}({ones});\n"), &format!("assert!(p.{}() == {ones});\n", raw(name)));
        }
        let (mut sets, mut reads) = (String::new(), String::new());
        for (_, name, width, value) in *parts {
            let (ones, value) = (bits(*width, u64::MAX >> (64 - width)), bits(*width, *value));
            _ = writeln!(sets, "p.set_{name}({ones}); p.set_{name}({value});");
            _ = writeln!(reads, "assert!(p.{}() == {value});", raw(name));
        }
        check(parts.len(), &sets, &reads);
    }
    text.push_str(
        "#[test]\nfn bits_beyond_the_width_are_dropped() {\n    let mut p = Packet::default();\n    p.set_ihl(0xf5);\n\
         assert_eq!((p.ihl(), p.version()), (5, 0));\n}\n",
    );
    text
}

#[test]
fn rust_finds_bit_fields_where_compilers_of_both_byte_orders_put_them() {
    let folder = tempfile::tempdir().unwrap();
    let (header, generated) = with_unit(|_, unit| (c_header::emit(unit).unwrap(), rust::emit(unit).unwrap()));
    std::fs::create_dir(folder.path().join("linux")).unwrap();
    let types = "typedef unsigned char __u8;\ntypedef unsigned short __u16;\ntypedef unsigned int __u32;\n\
                 typedef unsigned long long __u64;\n";
    std::fs::write(folder.path().join("linux/types.h"), types).unwrap();
    std::fs::write(folder.path().join("t.h"), header).unwrap();
    std::fs::write(folder.path().join("t.c"), format!("#include \"t.h\"\n{}", initialized())).unwrap();
    let little = compiled(folder.path(), &["gcc"], "objcopy");
    assert_eq!(little[0].len(), 12 * 24);
    let clang = Command::new("clang").arg("--version").output().is_ok();
    let copy = Command::new("llvm-objcopy").arg("--version").output().is_ok();
    let big =
        (clang && copy).then(|| compiled(folder.path(), &["clang", "--target=powerpc64-linux-gnu"], "llvm-objcopy"));
    let user = judged(&little, big.as_ref().unwrap_or(&little));
    if let Err(why) = cargo(&["test"], "bit-fields", &generated, &user) {
        panic!("{generated}\n{user}\n{why}");
    }
    if big.is_none() {
        eprintln!("SKIPPED big-endian machines: no clang or llvm-objcopy installed here");
        return;
    }
    for target in others() {
        if let Err(why) = cargo(&["check", "--tests", "--target", target], "bit-fields", &generated, &user) {
            panic!("{target}: {generated}\n{user}\n{why}");
        }
    }
}

#[test]
fn bytes_are_decoded_by_the_names_of_bit_fields() {
    let bytes = [0x45, 0, 0, 0, 0x05, 0xef, 0xcd, 0xab, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
    with_unit(|schema, unit| {
        let answer = |target: &str| {
            let layouts = layout(unit.model, target::find(target).unwrap()).unwrap();
            let list = checklist::compile(&layouts, "packet", None).unwrap();
            let (schema_name, user, size) = ("t.toml", &bytes[..], None);
            decode::decode(&Question { schema, schema_name, layouts: &layouts, list: &list, user, size })
        };
        let text = anstream::adapter::strip_str(&decode::text(&answer("x86-64"))).to_string();
        insta::assert_snapshot!(text);
        let json = decode::json(&answer("s390x"));
        let fields = json["fields"].as_array().unwrap();
        let of = |path: &str| fields.iter().find(|field| field["path"] == path).unwrap();
        let ihl = of("ihl");
        assert_eq!((&ihl["value"], &ihl["bits"]["first"], &ihl["bits"]["count"]), (&4.into(), &4.into(), &4.into()));
        assert_eq!((&of("rest")["value"], &of("off")["value"]), (&0x00ef_cdab.into(), &0.into()));
        assert!(of("tos").get("bits").is_none());
    });
}

#[test]
fn documents_name_bit_fields_and_where_they_lie() {
    let page = with_unit(|_, unit| doc::markdown(unit).unwrap());
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("machines)") || line.contains("`all`")).collect();
    insta::assert_snapshot!(rows.join("\n"));
}
