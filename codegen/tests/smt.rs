//! What a solver says of all bytes agrees with what the interpreter says of some.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::path::Path;
use std::time::Duration;

use argsz_codegen::engine::inputs::{Dice, Shape};
use argsz_codegen::engine::{Input, to_hex};
use argsz_codegen::smt::rules::{Worth, rules};
use argsz_codegen::smt::same::{DIFFERENCES, Difference, Found, differ};
use argsz_codegen::smt::{Answer, MAX_KNOWN, Script, Solver};
use argsz_codegen::vectors_for;
use argsz_schema::Schema;
use argsz_schema::checklist::{self, CheckList};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::source::Source;
use argsz_schema::target::{self, Target};

use common::Project;

const HEADERS: &[&str] = &["iommu", "iommufd", "vfio"];

/// A solver, or a loud excuse.
fn solver(what: &str) -> Option<Solver> {
    match Solver::find(Duration::from_secs(20)) {
        Ok(solver) => Some(solver),
        Err(error) => {
            println!("SKIPPED: {what}: {error}");
            None
        }
    }
}

fn load(header: &str) -> Schema {
    Schema::load(&Path::new("../schema/linux").join(format!("{header}.toml"))).unwrap()
}

fn list(schema: &Schema, release: &str, strct: &str, target: Target) -> CheckList {
    let model = schema.at(schema.release(release).unwrap());
    checklist::compile(&layout(&model, target).unwrap(), strct, None).unwrap()
}

/// Every struct at the newest release that has it, without a layer and with each.
fn each(mut look: impl FnMut(&CheckList, vectors_for::MadeVectors)) {
    for header in HEADERS {
        let schema = load(header);
        let mut seen = std::collections::BTreeSet::new();
        for release in schema.releases().rev() {
            let model = schema.at(release);
            let layouts = layout(&model, target::ALL[0]).unwrap();
            for def in model.structs().filter(|def| !def.is_union && seen.insert(def.meta.name.clone())) {
                let name = def.meta.name.as_str();
                let layers = model.layers.iter().filter(|(_, layer)| layer.on.contains_key(name));
                for layer in std::iter::once(None).chain(layers.map(|(layer, _)| Some(layer.as_str()))) {
                    let list = checklist::compile(&layouts, name, layer).unwrap();
                    if list.known <= MAX_KNOWN {
                        look(&list, vectors_for::make(&layouts, &list));
                    }
                }
            }
        }
    }
}

/// What a script says of one call: the step that refuses, or the bytes held.
fn by_solver(solver: &Solver, script: &Script, list: &CheckList, input: &Input) -> Option<Result<Vec<u8>, usize>> {
    let is = script.is(input)?;
    let firsts = (0..list.steps.len()).map(|at| format!("a.first.{at}"));
    let held = (0..list.known).map(|at| format!("a.held.{at}"));
    let names: Vec<String> = firsts.chain(held).collect();
    let Answer::Yes(values) = solver.ask(script.text(), &is, &names).unwrap() else {
        panic!("{}: the script has no meaning for {}", list.name, to_hex(&input.user));
    };
    let (firsts, held) = values.split_at(list.steps.len());
    Some(match firsts.iter().position(|first| *first == 1) {
        Some(at) => Err(at),
        None => Ok(held.iter().map(|byte| u8::try_from(*byte).unwrap()).collect()),
    })
}

fn by_interpreter(list: &CheckList, target: Target, input: &Input) -> Result<Vec<u8>, usize> {
    match interp::run(list, target, &input.user, input.size) {
        Verdict::Accepted(held) => Ok(held),
        Verdict::Refused(refusal) => Err(refusal.step),
    }
}

/// The same verdict, the same step, the same bytes held: of structure-aware inputs, and of a vector for every rule.
#[test]
fn solver_and_interpreter_agree_on_samples() {
    const SAMPLES: usize = 3;
    let Some(solver) = solver("samples, by a solver") else { return };
    let mut dice = Dice::new(0x5e7);
    let (mut compared, mut accepted) = (0, 0);
    each(|list, made| {
        let script = Script::new(&[("a", list)], target::ALL[0]);
        let shape = Shape::new(list, target::ALL[0].endian);
        let mut inputs: Vec<Input> = (0..SAMPLES).map(|_| shape.input(&mut dice)).collect();
        // Of the vectors, those around one place that moves from struct to struct.
        let at = usize::try_from(dice.below(made.vectors.len() as u64)).unwrap();
        inputs.extend(made.vectors.iter().cycle().skip(at).take(SAMPLES).map(|made| made.input.clone()));
        for input in inputs {
            let Some(said) = by_solver(&solver, &script, list, &input) else { continue };
            let expected = by_interpreter(list, target::ALL[0], &input);
            assert_eq!(said, expected, "{} of {} size {:?}", list.name, to_hex(&input.user), input.size);
            compared += 1;
            accepted += usize::from(said.is_ok());
        }
    });
    println!("{compared} samples, {accepted} accepted");
    assert!(compared > 500 && accepted > 100 && accepted < compared - 100, "{accepted} of {compared} accepted");
}

/// A rule that no bytes meet is broken by no vector; of each other rule there are bytes that meet it, and `rules` has
/// replayed them.
#[test]
fn rules_that_are_never_met_are_broken_by_no_vector() {
    let Some(solver) = solver("unreachable rules") else { return };
    let (mut never, mut met, mut undecided) = (Vec::new(), 0, 0);
    each(|list, made| {
        for (step, worth) in list.steps.iter().zip(rules(list, target::ALL[0], &solver).unwrap()) {
            let broken =
                made.vectors.iter().any(|made| matches!(&made.verdict, Verdict::Refused(by) if by.rule == step.id));
            match worth {
                Worth::Never => {
                    assert!(!broken, "{} is met by a vector, and a solver says it cannot be", step.id);
                    never.push(step.id.clone());
                }
                Worth::Own(_) | Worth::Implied(_) => met += 1,
                Worth::Undecided => {
                    undecided += 1;
                    println!("SKIPPED: {} is not decided in time", step.id);
                }
            }
        }
    });
    println!("{met} rules are met; never: {never:?}");
    assert!(met > 300 && undecided * 100 < met, "{met} are met, {undecided} undecided");
    // Every u64 fits the unsigned long of a machine of 64 bits.
    assert_eq!(never, ["iommu_vdevice_alloc/virt-id"]);
}

const RULES: &str = r#"grammar = 1

[header]
path     = "t/t.h"
guard    = "_T_H"
license  = "MIT"
includes = ["linux/types.h"]
releases = ["1.0"]
doc      = "For a solver."

[struct.t]
doc    = "All sorts of numbers."
fields = [
  { name = "a", type = "be32", unchecked = "By rules.", doc = "A." },
  { name = "b", type = "s32", unchecked = "By rules.", doc = "B." },
  { name = "c", type = "u64", unchecked = "By rules.", doc = "C." },
  { name = "d", type = "u64", unchecked = "By rules.", doc = "D." },
  { name = "e", type = "u32", unchecked = "By rules.", doc = "E." },
  { name = "f", type = "u32", unchecked = "By rules.", doc = "F." },
]
rules = [
  { id = "sign", refuse = "b < -5 || b > 7", why = "too far from zero" },
  { id = "product", refuse = "overflows(c * d)", why = "too much" },
  { id = "swapped", refuse = "a > 100", why = "too many" },
  { id = "far", refuse = "e > f", why = "too far" },
  { id = "deep", refuse = "f > d", why = "too deep" },
  { id = "chain", refuse = "e > d", why = "too far for that depth" },
  { id = "wide", refuse = "!fits_ulong(c)", why = "too wide" },
]
"#;

fn demo(text: &str) -> Schema {
    Schema::parse(Source::new(Path::new("t.toml"), text.to_owned())).unwrap_or_else(|error| panic!("{error:?}"))
}

/// What each rule of the list is good for, by its id.
fn worth(list: &CheckList, target: Target, solver: &Solver) -> impl Fn(&str) -> Worth + use<> {
    let worth = rules(list, target, solver).unwrap();
    let ids: Vec<String> = list.steps.iter().map(|step| step.id.clone()).collect();
    move |rule| worth[ids.iter().position(|id| id == rule).unwrap()].clone()
}

#[test]
fn a_rule_behind_a_stricter_one_is_never_met() {
    let Some(solver) = solver("rules behind others") else { return };
    let schema = demo(RULES);
    for (name, wide) in [("x86-64", false), ("m68k", true)] {
        let target = target::find(name).unwrap();
        let worth = worth(&list(&schema, "1.0", "t", target), target, &solver);
        assert_eq!(worth("t/chain"), Worth::Never);
        assert!(matches!(worth("t/far"), Worth::Own(_)), "f < e <= d is its own");
        assert!(matches!(worth("t/product"), Worth::Own(_)));
        assert_eq!(matches!(worth("t/wide"), Worth::Own(_)), wide, "an unsigned long of {name}");
    }
}

#[test]
fn a_rule_before_a_stricter_one_is_implied() {
    let Some(solver) = solver("implied rules") else { return };
    let schema = demo(&RULES.replace("e > d", "E > f").replace("e > f", "e > d").replace("E > f", "e > f"));
    let worth = worth(&list(&schema, "1.0", "t", target::ALL[0]), target::ALL[0], &solver);
    let Worth::Implied(input) = worth("t/far") else { panic!("it is implied") };
    let e = u32::from_le_bytes(input.user[24..28].try_into().unwrap());
    assert!(u64::from(e) > u64::from_le_bytes(input.user[16..24].try_into().unwrap()));
    // f < e <= d is refused by nobody else.
    assert!(matches!(worth("t/chain"), Worth::Own(_)));
}

/// Numbers of all kinds, on machines of either byte order.
#[test]
fn signs_orders_and_products_agree() {
    let Some(solver) = solver("numbers of all kinds") else { return };
    let schema = demo(RULES);
    for name in ["x86-64", "m68k"] {
        let target = target::find(name).unwrap();
        let list = list(&schema, "1.0", "t", target);
        let (script, shape) = (Script::new(&[("a", &list)], target), Shape::new(&list, target.endian));
        let mut dice = Dice::new(7);
        let mut met = std::collections::BTreeSet::new();
        for _ in 0..60 {
            let input = shape.input(&mut dice);
            let Some(said) = by_solver(&solver, &script, &list, &input) else { continue };
            let expected = by_interpreter(&list, target, &input);
            assert_eq!(said, expected, "{name}: {}", to_hex(&input.user));
            met.insert(expected.err());
        }
        assert!(met.len() >= 4, "{met:?}");
    }
}

fn difference(solver: &Solver, lists: (&CheckList, &CheckList), difference: Difference) -> Option<Input> {
    match differ(lists, target::ALL[0], solver, difference).unwrap() {
        Found::Nothing => None,
        Found::Bytes(input) => Some(input),
        Found::Undecided => panic!("{difference:?} is not decided"),
    }
}

/// A list does what itself does; what differs between releases is what the schema says was added.
#[test]
fn releases_differ_in_what_was_added() {
    let Some(solver) = solver("differences of releases") else { return };
    let schema = demo(common::DEMO);
    let (old, new) = (list(&schema, "1.0", "demo", target::ALL[0]), list(&schema, "2.0", "demo", target::ALL[0]));
    for kind in DIFFERENCES {
        assert_eq!(difference(&solver, (&new, &new), kind), None, "{kind:?}");
    }
    // The new flag, which the old release refuses, and without which the limit of the struct is not looked at.
    let flag = difference(&solver, (&old, &new), Difference::OnlySecond).unwrap();
    assert_eq!(u32::from_le_bytes(flag.user[4..8].try_into().unwrap()) & 1, 1);
    // A tail of an old program that the new release takes for a limit: beyond its range, or within it.
    let limit = |input: &Input| {
        let mut bytes = input.user[8..].to_vec();
        bytes.resize(8, 0);
        u64::from_le_bytes(bytes.try_into().unwrap())
    };
    assert!(limit(&difference(&solver, (&old, &new), Difference::OnlyFirst).unwrap()) > 1000);
    assert!((1..=1000).contains(&limit(&difference(&solver, (&old, &new), Difference::Held).unwrap())));
}

/// Without a difference there is no sampled one; with one, it has been replayed.
#[test]
fn sampled_differences_are_found_by_the_solver() {
    let Some(solver) = solver("sampled differences") else { return };
    let schema = load("iommu");
    for strct in ["iommu_fault_page_request", "iommu_page_response", "iommu_cache_invalidate_info"] {
        let lists = (list(&schema, "5.9", strct, target::ALL[0]), list(&schema, "5.10", strct, target::ALL[0]));
        let shapes = [Shape::new(&lists.0, target::ALL[0].endian), Shape::new(&lists.1, target::ALL[0].endian)];
        let mut dice = Dice::new(11);
        let mut sampled = Vec::new();
        for at in 0..4000 {
            let mut input = shapes[at % 2].input(&mut dice);
            // As the question has it: memory is there.
            let known = usize::try_from(lists.0.known.max(lists.1.known)).unwrap();
            input.user.resize(input.user.len().max(known), 0);
            let run = |list: &CheckList| interp::run(list, target::ALL[0], &input.user, input.size);
            let (first, second) = (run(&lists.0), run(&lists.1));
            let faults = |verdict: &Verdict| matches!(verdict, Verdict::Refused(by) if by.errno.0 == "EFAULT");
            if faults(&first) || faults(&second) {
                continue;
            }
            sampled.extend(DIFFERENCES.iter().copied().filter(|kind| kind.between(&first, &second)));
        }
        for kind in DIFFERENCES {
            let exact = difference(&solver, (&lists.0, &lists.1), kind).is_some();
            assert!(exact || !sampled.contains(&kind), "{strct}: {kind:?} was met, and a solver says it cannot be");
        }
    }
}

#[test]
fn exact_shows_both_readers_of_a_counterexample() {
    if solver("argsz exact").is_none() {
        return;
    }
    let project = Project::demo();
    let same = project.run(&["exact", "demo", "--from", "2.0", "--to", "2.0"]).ended(0);
    assert_eq!(same.out.matches("never").count(), 4, "{}", same.out);
    let ran = project.run(&["exact", "demo", "--from", "1.0", "--to", "2.0"]).ended(0);
    ran.says("accepted by the second alone").says("demo/demo.h at 1.0").says("demo/demo.h at 2.0").says("demo/flags");
    project.run(&["exact", "demo"]).ended(0).says("refuse bytes that no other refuses");
    project.write("other.toml", common::DEMO.replace("0..=1000", "0..=2000"));
    let ran = project.run(&["exact", "demo", "--against", "other.toml"]).ended(0);
    // A limit of more than 1000, which only the second schema takes.
    ran.says("refused with EINVAL by demo/limit").says("accepted: no rule");
}

#[test]
fn without_a_solver_what_was_not_checked_is_said() {
    let project = Project::demo();
    let ran = project.run_with(&["exact", "demo"], &[("PATH", "/nonexistent")]).ended(3);
    ran.says("neither `z3` nor `cvc5` is on PATH").says("not checked: whether each of the").says("apt-get install z3");
    let two = ["exact", "demo", "--from", "1.0", "--to", "2.0"];
    project.run_with(&two, &[("PATH", "/nonexistent")]).ended(3).says("not checked: whether `demo` is read alike");
    let script = project.run_with(&["exact", "demo", "--smt"], &[("PATH", "/nonexistent")]).ended(0);
    script.says("(set-logic QF_BV)").says("a.accepts").says("demo/size-limit");
}

#[test]
fn what_exact_cannot_be_asked_is_said() {
    let project = Project::demo();
    project.run(&["exact", "dmo"]).ended(2).says("did you mean `demo`?");
    project.run(&["exact", "demo", "--to", "9.9"]).ended(2).says("no release `9.9`");
    project.run(&["exact", "demo", "--time", "0"]).ended(2);
}
