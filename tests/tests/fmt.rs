//! `argsz fmt`: however a schema is written, its shape is one, and what it says stays.

use argsz_codegen::fmt::format;
use argsz_codegen::{Shared, Unit, emitters};
use argsz_schema::Schema;
use argsz_schema::source::Source;
use argsz_tests::real::root;
use proptest::prelude::*;

/// Schemas of this repository.
const SHAPED: &[&str] = &[
    "schema/linux/iommu.toml",
    "schema/linux/iommufd.toml",
    "schema/linux/vfio.toml",
    "schema/intel/vtd.toml",
    "docs/tour/queue.toml",
];

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

#[test]
fn the_schemas_of_this_repository_are_in_shape() {
    for path in SHAPED {
        let text = read(path);
        assert_eq!(format(&text).expect(path), text, "run `argsz fmt {path}`");
    }
}

/// Comments, in order.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.trim().strip_prefix('#')).map(str::trim).collect()
}

/// The same schema, written badly: blanks where they may stand, comments between fields, arrays without their last comma.
fn spoilt(text: &str, choices: &[u8]) -> String {
    let mut out = String::new();
    let mut in_text = false;
    for (at, line) in text.lines().enumerate() {
        let choice = choices[at % choices.len()];
        let quotes = line.matches("\"\"\"").count();
        if in_text || quotes > 0 {
            in_text ^= quotes % 2 == 1;
            out.push_str(line);
            out.push('\n');
            continue;
        }
        let line = match choice % 8 {
            0 => line.replacen(" = ", "=", 1),
            1 => format!("   {line}  "),
            2 => format!("\n\n{line}"),
            3 => format!("# of line {at}\n{line}"),
            4 if line.ends_with("},") => line.replacen("{ ", "{", 1),
            5 => line.replacen(" = ", "     =\t", 1),
            6 if line.ends_with("},") => format!("{line} # beside {at}"),
            _ => line.to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// What a schema means: all that is generated from it.
fn meaning(text: &str) -> Vec<String> {
    let schema = Schema::parse(Source::new("x.toml", text)).unwrap_or_else(|found| panic!("{}", found.render(false)));
    let release = schema.releases().last().expect("a release");
    let model = schema.at(release);
    let history = schema.model();
    let unit = Unit {
        history,
        release,
        model: &model,
        stem: "x",
        source_name: "x.toml",
        input_hash: "0",
        shared: Shared::default(),
    };
    emitters::ALL.iter().map(|one| (one.emit)(&unit).expect(one.key)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_way_of_writing_has_the_same_shape_twice(choices in proptest::collection::vec(any::<u8>(), 7..97)) {
        // Comments above dotted keys, which vtd.toml is full of, are refused.
        for path in SHAPED.iter().filter(|path| !path.contains("vtd")) {
            let text = spoilt(&read(path), &choices);
            let once = format(&text).expect("TOML");
            prop_assert_eq!(&format(&once).expect("TOML"), &once);
            let (before, mut after): (Vec<&str>, _) = (comments(&text), comments(&once));
            after.retain(|comment| !comment.starts_with("beside"));
            prop_assert_eq!(before, after);
        }
    }
}

#[test]
fn what_a_schema_means_stays() {
    for path in &SHAPED[..2] {
        let text = read(path);
        for seed in 0..4 {
            let choices: Vec<u8> = (0..61_u8).map(|n| n.wrapping_mul(7).wrapping_add(seed)).collect();
            assert_eq!(meaning(&format(&spoilt(&text, &choices)).expect("TOML")), meaning(&text), "{path}, {seed}");
        }
    }
}
