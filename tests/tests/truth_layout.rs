//! What the model says of the headers, against what the real compiler says of the real ones: every struct, every
//! offset, every constant, in both directions, 64 and 32 bit.

use argsz_codegen::layout_json;
use argsz_schema::layout::layout;
use argsz_schema::target;
use argsz_tests::real::{self, Facts, Real, Width};

fn ours(real: &Real, width: Width) -> Facts {
    let schema = real::load(real.schema);
    let release = schema.release(real.release).expect(real.release);
    let model = schema.at(release);
    let layouts = layout(&model, target::find(width.target).expect(width.target)).expect(real.schema);
    real::from_json(&layout_json::value(&layouts))
}

#[test]
fn layouts_and_constants_are_those_of_the_real_headers() {
    for real in real::headers() {
        for width in real::WIDTHS.into_iter().filter(|width| real::can_build(*width)) {
            let (_, facts) = real::measure(&real.file(), &real.include, width);
            assert!(!facts.structs.is_empty() && !facts.constants.is_empty(), "{} is empty", real.header);
            let differences = real::differences(&facts, &ours(&real, width));
            let what = format!("{} at {} for {}", real.header, real.release, width.target);
            assert!(differences.is_empty(), "{what}:\n{}", differences.join("\n"));
        }
    }
}

/// The comparison itself: it sees what is missing, what is too much, and what differs.
#[test]
fn a_difference_is_seen() {
    let facts = |names: &[(&str, i128)]| Facts {
        constants: names.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
        ..Facts::default()
    };
    let found = real::differences(&facts(&[("A", 1), ("B", 2)]), &facts(&[("B", 3), ("C", 4)]));
    assert_eq!(found, ["constant A is missing", "constant C is not real", "constant B:\n  real 2\n  ours 3"]);
}
