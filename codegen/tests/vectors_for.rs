//! Vectors made from check lists reach every rule, and every executor answers them alike.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::path::Path;

use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::{Engine, Input};
use argsz_codegen::vectors_for::{self, Made, MadeVectors};
use argsz_codegen::{Shared, Unit, vectors};
use argsz_schema::checklist::{self, CheckList};
use argsz_schema::interp::Verdict;
use argsz_schema::layout::layout;
use argsz_schema::{Schema, target};

const HEADERS: &[&str] = &["iommu", "iommufd", "vfio"];

fn schema(header: &str) -> Schema {
    Schema::load(&Path::new("../schema/linux").join(format!("{header}.toml"))).unwrap()
}

/// Every list of every release, with and without each layer, and its vectors.
fn each(schema: &Schema, mut look: impl FnMut(&CheckList, &MadeVectors)) {
    for release in schema.releases() {
        let model = schema.at(release);
        let layouts = layout(&model, target::ALL[0]).unwrap();
        for def in model.structs().filter(|def| !def.is_union) {
            let name = def.meta.name.as_str();
            let layers = model.layers.iter().filter(|(_, layer)| layer.on.contains_key(name));
            for layer in std::iter::once(None).chain(layers.map(|(layer, _)| Some(layer.as_str()))) {
                let list = checklist::compile(&layouts, name, layer).unwrap();
                look(&list, &vectors_for::make(&layouts, &list));
            }
        }
    }
}

fn rule(made: &Made) -> Option<&str> {
    match &made.verdict {
        Verdict::Accepted(_) => None,
        Verdict::Refused(refusal) => Some(&refusal.rule),
    }
}

#[test]
fn every_rule_has_a_vector_or_a_reason() {
    let mut without = Vec::new();
    for header in HEADERS {
        let schema = schema(header);
        each(&schema, |list, made| {
            let broken: HashSet<&str> = made.vectors.iter().filter_map(rule).collect();
            let excused: HashSet<&str> = made.unreached.iter().map(|(rule, _)| rule.as_str()).collect();
            let release = schema.release_name(list.release);
            for step in &list.steps {
                let id = step.id.as_str();
                assert!(broken.contains(id) || excused.contains(id), "{release}: {id} has neither");
                assert!(!(broken.contains(id) && excused.contains(id)), "{release}: {id} has both");
            }
            assert!(made.vectors.iter().any(|made| rule(made).is_none()), "{release}: {}", list.name);
            without.extend(made.unreached.iter().map(|(rule, reason)| format!("{release} {rule}: {reason}")));
        });
    }
    without.sort();
    insta::assert_snapshot!(without.join("\n"));
}

#[test]
fn lines_are_read_back_as_they_were() {
    let schema = schema("iommu");
    each(&schema, |list, made| {
        let release = schema.release_name(list.release);
        let text: String = made.vectors.iter().map(|made| vectors_for::line(list, release, made) + "\n").collect();
        let read = vectors::parse(text.as_bytes());
        assert_eq!(read.broken, []);
        assert_eq!(read.whole.len(), made.vectors.len());
        for (vector, made) in read.whole.iter().zip(&made.vectors) {
            assert_eq!(vector.input, made.input);
        }
    });
}

#[test]
fn the_c_engine_answers_alike() {
    let cache = tempfile::tempdir().unwrap();
    let build = CBuild { cache: cache.path().to_owned(), options: vec!["-O0".to_owned()], ..CBuild::default() };
    for header in HEADERS {
        let schema = schema(header);
        let mut lots: Vec<(CheckList, Vec<Made>)> = Vec::new();
        each(&schema, |list, made| lots.push((list.clone(), made.vectors.clone())));
        for release in schema.releases() {
            let model = schema.at(release);
            let (stem, source_name, input_hash) = (*header, "schema", "none");
            let unit = Unit {
                history: schema.model(),
                release,
                model: &model,
                stem,
                source_name,
                input_hash,
                shared: Shared::default(),
            };
            for layer in std::iter::once(None).chain(model.layers.keys().map(|layer| Some(layer.as_str()))) {
                let engine = CEngine::build(&unit, layer, &build).unwrap();
                let of = |list: &CheckList| list.release == release && list.layer.as_deref() == layer;
                let made: Vec<&Made> = lots.iter().filter(|(list, _)| of(list)).flat_map(|(_, made)| made).collect();
                let inputs: Vec<Input> = made.iter().map(|made| made.input.clone()).collect();
                for (made, outcome) in made.iter().zip(engine.run(&inputs).unwrap()) {
                    let about = format!("{} at {}: {made:?}", made.case, schema.release_name(release));
                    match &made.verdict {
                        Verdict::Accepted(held) => {
                            assert_eq!(outcome.errno, "OK", "{about}");
                            assert_eq!(outcome.held.as_ref(), Some(held), "{about}");
                        }
                        Verdict::Refused(refusal) => {
                            assert_eq!(outcome.errno, refusal.errno.0, "{about}");
                            assert_eq!(outcome.rule.as_ref(), Some(&refusal.rule), "{about}");
                        }
                    }
                }
            }
        }
    }
}
