//! The interpreter against what kernels were seen to answer.

use std::collections::{BTreeMap, BTreeSet};

use argsz_codegen::vectors::{self, Vector};
use argsz_schema::checklist::{self, CheckList};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::target;
use argsz_schema::verify::{Answer, Recorded, agrees, claimed};
use argsz_tests::real;

/// Replays a recording; how many lines agree, and what does not.
fn replay(schema: &str, recording: &str, release: &str) -> (usize, Vec<String>) {
    let schema = real::load(schema);
    let text = std::fs::read(real::root().join("tests/vectors").join(recording)).expect("the recording is there");
    let vectors = vectors::parse(&text);
    assert!(vectors.broken.is_empty(), "{:?}", vectors.broken);
    let release = schema.release(release).expect("the release is there");
    let model = schema.at(release);
    let layouts = layout(&model, target::ALL[0]).expect("a layout");
    let lists: BTreeMap<&str, CheckList> = vectors
        .whole
        .iter()
        .map(|vector| vector.input.strct.as_str())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .map(|name| (name, checklist::compile(&layouts, name, None).expect("a check list")))
        .collect();
    let wrong: Vec<String> =
        vectors.whole.iter().filter_map(|vector| mismatch(&lists[vector.input.strct.as_str()], vector)).collect();
    (vectors.whole.len() - wrong.len(), wrong)
}

fn mismatch(list: &CheckList, vector: &Vector) -> Option<String> {
    let input = &vector.input;
    let verdict = interp::run(list, target::ALL[0], &input.user, input.size);
    let errno = vector.errno.as_deref().unwrap_or("OK");
    let size = claimed(list, &input.user, input.size);
    let recorded = Recorded { errno, kernel: vector.kernel.as_deref(), user: &input.user, size };
    let answer = match &verdict {
        Verdict::Accepted(held) => Answer { errno: "OK", rule: None, after_lookup: false, held: Some(held) },
        Verdict::Refused(refusal) => {
            Answer { errno: refusal.errno.0, rule: Some(&refusal.rule), after_lookup: refusal.after_lookup, held: None }
        }
    };
    let agreed = agrees(list, &answer, &recorded);
    (!agreed).then(|| format!("line {}: {} answered {errno}, and we {verdict:?}", vector.line, input.strct))
}

fn all_agree(schema: &str, recording: &str, release: &str, lines: usize) {
    let (agreed, wrong) = replay(schema, recording, release);
    assert!(wrong.is_empty(), "{} mismatches, the first: {}", wrong.len(), wrong[0]);
    assert_eq!(agreed, lines);
}

#[test]
fn the_generic_layer_of_5_10() {
    all_agree("schema/linux/iommu.toml", "iommu-generic.jsonl", "5.10", 3749);
}

#[test]
fn iommufd_of_6_12() {
    all_agree("schema/linux/iommufd.toml", "iommufd-6.12.jsonl", "6.12", 4000);
}

#[test]
fn iommufd_of_7_3() {
    all_agree("schema/linux/iommufd.toml", "iommufd-7.3.jsonl", "7.3", 4000);
}

#[test]
fn vfio_of_6_12() {
    all_agree("schema/linux/vfio.toml", "vfio-6.12.jsonl", "6.12", 3000);
}

#[test]
fn vfio_of_7_3() {
    all_agree("schema/linux/vfio.toml", "vfio-7.3.jsonl", "7.3", 3000);
}

/// The recordings would not agree with anything at all: another release's checks answer differently.
#[test]
fn another_release_disagrees() {
    let (_, wrong) = replay("schema/linux/iommufd.toml", "iommufd-6.12.jsonl", "7.3");
    assert!(!wrong.is_empty());
}
