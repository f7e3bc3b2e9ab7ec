//! The executors of check lists agree: the same verdict, the same rule, the same bytes held, for every input.

#[path = "c_checks/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::inputs::{Dice, Shape};
use argsz_codegen::engine::interp::InterpEngine;
use argsz_codegen::engine::rust::RustEngine;
use argsz_codegen::engine::{Engine, Input, Outcome, to_hex};
use argsz_codegen::{Shared, Unit};
use argsz_codegen::{c_checks, c_header};
use argsz_schema::Schema;
use argsz_schema::checklist::{Cond, Op, Step};
use argsz_schema::model::Release;
use argsz_schema::target::Endian;

/// Inputs of one run over all schemas, releases and layers.
const INPUTS: usize = 200_000;

fn schemas() -> Vec<(String, Schema)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/linux");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(root).expect("schemas").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let load = |path: &PathBuf| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        (stem, Schema::load(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    };
    paths.iter().map(load).collect()
}

/// Calls `each` with every schema at every release, without a layer and with each.
fn every_unit(each: &mut dyn FnMut(&Unit<'_>, Option<&str>)) {
    for (stem, schema) in schemas() {
        for release in schema.releases() {
            let model = schema.at(release);
            let unit = unit(&schema, release, &model, &stem);
            each(&unit, None);
            for layer in model.layers.keys() {
                each(&unit, Some(layer));
            }
        }
    }
}

fn unit<'a>(schema: &'a Schema, release: Release, model: &'a argsz_schema::model::Model, stem: &'a str) -> Unit<'a> {
    Unit {
        history: schema.model(),
        release,
        model,
        stem,
        source_name: stem,
        input_hash: "0",
        shared: Shared::default(),
    }
}

/// Generated C with what finds reads beyond a buffer and arithmetic that C does not define.
fn sanitized() -> CBuild {
    let options = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    CBuild {
        cache: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines"),
        compiler: "gcc".into(),
        options: options.map(str::to_owned).to_vec(),
    }
}

fn compare(unit: &Unit<'_>, layer: Option<&str>, inputs: &[Input], engines: &[&dyn Engine]) -> Tally {
    let run = |engine: &&dyn Engine| engine.run(inputs).unwrap_or_else(|error| panic!("{error}"));
    let answers: Vec<Vec<Outcome>> = engines.iter().map(run).collect();
    let mut tally = Tally::default();
    for (at, input) in inputs.iter().enumerate() {
        let first = &answers[0][at];
        for (engine, answers) in engines.iter().zip(&answers).skip(1) {
            assert!(
                answers[at] == *first,
                "{} at {} {layer:?}, {} of {:?}:\n{}: {first:?}\n{}: {:?}",
                input.strct,
                unit.release_name(),
                to_hex(&input.user),
                input.size,
                engines[0].name(),
                engine.name(),
                answers[at],
            );
        }
        tally.accepted += usize::from(first.held.is_some());
        tally.rules.extend(first.rule.clone());
    }
    tally
}

/// What a run met: a test of inputs that are all refused at once would show nothing.
#[derive(Default)]
struct Tally {
    accepted: usize,
    rules: BTreeSet<String>,
}

/// Some inputs from scratch; the others are made of earlier ones with a word changed, some of each answer: so they come
/// past rule after rule.
fn inputs(interp: &InterpEngine, shape: &Shape<'_>, n: usize, dice: &mut Dice) -> Vec<Input> {
    const ROUNDS: usize = 24;
    const KEPT: usize = 32;
    let mut by_answer: BTreeMap<Option<String>, Vec<Input>> = BTreeMap::new();
    let mut inputs: Vec<Input> = Vec::new();
    for round in 0..ROUNDS {
        let earlier: Vec<&Input> = by_answer.values().flatten().collect();
        let mut fresh = Vec::new();
        for at in 0..n.div_ceil(ROUNDS) {
            fresh.push(match earlier.get(at % earlier.len().max(1)) {
                Some(earlier) if round > 0 && at % 4 != 0 => shape.near(earlier, dice),
                _ => shape.input(dice),
            });
        }
        for (input, answer) in fresh.iter().zip(interp.run(&fresh).expect("answers")) {
            let kept = by_answer.entry(answer.rule).or_default();
            if kept.len() < KEPT {
                kept.push(input.clone());
            } else {
                let at = usize::try_from(dice.below(KEPT as u64)).expect("a small number");
                kept[at] = input.clone();
            }
        }
        inputs.extend(fresh);
    }
    inputs
}

/// Rust takes long to build: the releases that this repository generates stand for the others.
fn with_rust(unit: &Unit<'_>, layer: Option<&str>) -> bool {
    matches!((unit.release_name(), layer), ("5.10", None | Some("intel_vtd_strict")) | ("7.3", None))
}

/// What fits an unsigned long fits a machine of 64 bits always.
fn is_about_ulong(step: &Step) -> bool {
    fn asks(cond: &Cond) -> bool {
        match cond {
            Cond::FitsUlong(_) => true,
            Cond::Not(inner) => asks(inner),
            Cond::All(parts) | Cond::Any(parts) => parts.iter().any(asks),
            _ => false,
        }
    }
    matches!(&step.op, Op::Refuse(cond) if asks(cond))
}

#[test]
fn executors_agree_on_every_input() {
    let mut units = 0;
    every_unit(&mut |_, _| units += 1);
    let share = INPUTS.div_ceil(units);
    let mut dice = Dice::new(u64::from_str_radix("a7652", 16).expect("a seed"));
    let (mut inputs_run, mut accepted) = (0, 0);
    let (mut rules, mut met) = (BTreeSet::new(), BTreeSet::new());
    every_unit(&mut |unit, layer| {
        let interp = InterpEngine::build(unit, layer).expect("lists");
        let c = CEngine::build(unit, layer, &sanitized()).unwrap_or_else(|error| panic!("{error}"));
        // A layer adds to what was compared without it: only the structs it speaks of are looked at again.
        let mut names = c_checks::every_struct(unit.model);
        if let Some(layer) = layer.and_then(|layer| unit.model.layers.get(layer)) {
            names.retain(|name| layer.on.contains_key(*name));
        }
        let lists: Vec<_> = names.iter().filter_map(|name| interp.list(name)).collect();
        let shapes: Vec<Shape<'_>> = lists.iter().map(|list| Shape::new(list, Endian::Little)).collect();
        let each = share.div_ceil(shapes.len().max(1));
        let inputs: Vec<Input> = shapes.iter().flat_map(|shape| inputs(&interp, shape, each, &mut dice)).collect();
        let rust = with_rust(unit, layer)
            .then(|| RustEngine::build(unit, layer, &sanitized().cache).unwrap_or_else(|error| panic!("{error}")));
        let mut engines: Vec<&dyn Engine> = vec![&interp, &c];
        engines.extend(rust.as_ref().map(|rust| rust as &dyn Engine));
        let tally = compare(unit, layer, &inputs, &engines);
        inputs_run += inputs.len();
        accepted += tally.accepted;
        let judged = lists.iter().flat_map(|list| &list.steps).filter(|step| !is_about_ulong(step));
        rules.extend(judged.map(|step| step.id.clone()));
        met.extend(tally.rules);
    });
    assert!(inputs_run >= INPUTS, "{inputs_run} inputs only");
    assert!(accepted * 20 > inputs_run, "{accepted} of {inputs_run} inputs are accepted: too few to show anything");
    let silent: Vec<&String> = rules.difference(&met).collect();
    // Some rules ask for a chain of rare values.
    assert!(silent.len() * 50 < rules.len(), "no input met these rules: {silent:?}");
    println!("{inputs_run} inputs, {accepted} accepted");
}

/// What is committed for the kernel compiles everywhere a kernel does, for every schema at every release.
#[test]
fn printed_checks_compile_for_every_release() {
    every_unit(&mut |unit, layer| {
        if layer.is_some() {
            return;
        }
        let dir = support::scratch(&format!("{}-{}", unit.stem, unit.release_name()));
        let header = c_header::emit(unit).expect("a header");
        support::write(&dir.join("uapi").join(&unit.model.header.path), &header);
        support::write(&dir.join("kernel/uapi").join(&unit.model.header.path), &header);
        support::write(&dir.join(c_checks::SUPPORT_NAME), c_checks::SUPPORT);
        support::write(&dir.join("checks.h"), &c_checks::emit(unit).expect("checks"));
        for file in ["user.c", "kernel.c"] {
            support::write(&dir.join(file), "#include \"checks.h\"\nextern int nothing;\n");
        }
        support::compile_everywhere(&dir);
    });
}
