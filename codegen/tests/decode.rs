//! Why a kernel says EINVAL, as people read it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use argsz_codegen::decode::{self, Answer, Fate, Question};
use argsz_codegen::engine::from_hex;
use argsz_codegen::engine::inputs::{Dice, Shape};
use argsz_schema::layout::layout;
use argsz_schema::{Schema, checklist, target};

fn answer(header: &str, release: &str, layer: Option<&str>, strct: &str, hex: &str) -> Answer {
    let name = format!("schema/linux/{header}.toml");
    let schema = Schema::load(&Path::new("..").join(&name)).unwrap();
    let model = schema.at(schema.release(release).unwrap());
    let layouts = layout(&model, target::ALL[0]).unwrap();
    let list = checklist::compile(&layouts, strct, layer).unwrap();
    let user = from_hex(&hex.split_whitespace().collect::<String>()).unwrap();
    let (user, size) = (user.as_slice(), None);
    let question = Question { schema: &schema, schema_name: &name, layouts: &layouts, list: &list, user, size };
    decode::decode(&question)
}

fn shown(answer: &Answer) -> String {
    anstream::adapter::strip_str(&decode::text(answer)).to_string()
}

const BIND: &str = "48000000 01000000 01000000 30000000 0100000000000080 0010000000000000
    0500000000000000 0000000000000000 0000000000000000 8000000000000000 00000000 00000000";

#[test]
fn the_high_bit_of_64_bit_flags_is_seen_and_so_is_what_the_vendor_refuses() {
    insta::assert_snapshot!(shown(&answer("iommu", "5.10", Some("intel_vtd"), "iommu_gpasid_bind_data", BIND)));
}

#[test]
fn a_size_too_small_for_an_arm() {
    let hex = format!("28000000 01000000 01 02 000000000000 {}", "00".repeat(24));
    insta::assert_snapshot!(shown(&answer("iommu", "5.10", None, "iommu_cache_invalidate_info", &hex)));
}

#[test]
fn a_padding_byte_that_is_not_zero() {
    let hex = "18000000 01000000 01 00 000100000000 0000000000000000";
    insta::assert_snapshot!(shown(&answer("iommu", "5.10", None, "iommu_cache_invalidate_info", hex)));
}

#[test]
fn a_tail_that_this_release_does_not_know() {
    let hex = "10000000 01000000 0000000000010000";
    insta::assert_snapshot!(shown(&answer("iommufd", "6.12", None, "iommu_destroy", hex)));
}

#[test]
fn memory_that_ends_before_the_size() {
    insta::assert_snapshot!(shown(&answer("iommufd", "6.12", None, "iommu_ioas_map", "30000000 0600")));
}

#[test]
fn what_is_accepted_says_which_rules_passed() {
    let hex = "28000000 07000000 01000000 00000000 0000400000000000 0010000000000000 0000100000000000";
    insta::assert_snapshot!(shown(&answer("iommufd", "7.3", None, "iommu_ioas_map", hex)));
}

#[test]
fn as_json() {
    let answer = answer("iommufd", "6.12", None, "iommu_destroy", "0700000001000000");
    insta::assert_snapshot!(format!("{:#}", decode::json(&answer)));
}

#[test]
fn no_bytes_are_too_strange_for_any_machine() {
    let mut dice = Dice::new(7);
    for header in ["iommu", "iommufd", "vfio"] {
        let schema = Schema::load(&Path::new("../schema/linux").join(format!("{header}.toml"))).unwrap();
        let model = schema.at(schema.releases().next_back().unwrap());
        for target in target::ALL {
            let layouts = layout(&model, *target).unwrap();
            for def in model.structs().filter(|def| !def.is_union) {
                let list = checklist::compile(&layouts, &def.meta.name, None).unwrap();
                let shape = Shape::new(&list, target.endian);
                for _ in 0..4 {
                    let input = shape.input(&mut dice);
                    let (user, size) = (input.user.as_slice(), input.size);
                    let question =
                        Question { schema: &schema, schema_name: "x", layouts: &layouts, list: &list, user, size };
                    let answer = decode::decode(&question);
                    let errno = decode::json(&answer)["verdict"]["errno"].as_str().unwrap().to_owned();
                    assert_eq!(shown(&answer).contains("accepted: "), errno == "OK");
                }
            }
        }
    }
}

/// The interpreter is the judge; here it is asked in another way.
#[test]
fn every_recorded_answer_is_explained() {
    let text = std::fs::read("../tests/vectors/iommufd-7.3.jsonl").unwrap();
    let schema = Schema::load(Path::new("../schema/linux/iommufd.toml")).unwrap();
    let model = schema.at(schema.release("7.3").unwrap());
    let layouts = layout(&model, target::ALL[0]).unwrap();
    for vector in argsz_codegen::vectors::parse(&text).whole.iter().step_by(7) {
        let list = checklist::compile(&layouts, &vector.input.strct, None).unwrap();
        let (user, size) = (vector.input.user.as_slice(), vector.input.size);
        let question = Question { schema: &schema, schema_name: "x", layouts: &layouts, list: &list, user, size };
        let answer = decode::decode(&question);
        let verdict = argsz_schema::interp::run(&list, target::ALL[0], user, size);
        let refused = answer.refused.map(|at| &answer.rules[at]);
        match verdict {
            argsz_schema::interp::Verdict::Accepted(_) => assert!(refused.is_none(), "line {}", vector.line),
            argsz_schema::interp::Verdict::Refused(refusal) => {
                let rule = refused.unwrap();
                assert_eq!(rule.id, refusal.rule, "line {}", vector.line);
                let Fate::Refuses { errno, found, fix } = &rule.fate else { panic!("{rule:?}") };
                assert_eq!(*errno, refusal.errno.0);
                assert!(!found.is_empty() && !fix.is_empty(), "line {}: {rule:?}", vector.line);
            }
        }
        assert!(!decode::text(&answer).is_empty());
    }
}
