//! Readers that follow a pointer agree: on the struct that has it, and on what it leads to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::inputs::{Dice, Shape};
use argsz_codegen::engine::interp::InterpEngine;
use argsz_codegen::engine::rust::RustEngine;
use argsz_codegen::engine::{Engine, Input, Outcome, USER_BASE, to_hex};
use argsz_codegen::{Shared, Unit, kinds, lists};
use argsz_schema::Schema;
use argsz_schema::checklist::{Cond, Pointer, Slot, Term};
use argsz_schema::target;

const INPUTS: usize = 20_000;

fn put(bytes: &mut [u8], slot: &Slot, value: u64) {
    let (at, width) = (slot.offset as usize, usize::from(slot.width));
    if let Some(to) = bytes.get_mut(at..at + width) {
        to.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}

/// What a selector has to be, where it has to be one value.
fn selected(cond: &Cond) -> Option<(&Slot, u64)> {
    match cond {
        Cond::Compare(_, Term::Slot(slot), Term::Int(value)) => Some((slot, *value)),
        Cond::Bits { word, value, .. } => Some((word, *value)),
        Cond::Any(parts) | Cond::All(parts) => parts.first().and_then(selected),
        _ => None,
    }
}

/// The struct, and behind it what its pointer leads to: most of the time as long as it says.
fn input(interp: &InterpEngine, strct: &str, pointer: &Pointer, dice: &mut Dice) -> Input {
    let shape = |name: &str| Shape::new(interp.list(name).expect("a list"), target::Endian::Little);
    let mut outer = shape(strct).input(dice);
    let which = usize::try_from(dice.below(pointer.to.len() as u64)).expect("few");
    let (when, inner) = &pointer.to[which];
    let elements: Vec<Vec<u8>> = (0..3).map(|_| shape(inner).input(dice).user).collect();
    let known = interp.list(inner).expect("a list").known;
    let len = [u64::from(known), elements[0].len() as u64, 0, 7][usize::try_from(dice.below(4)).expect("few")];
    if !dice.once_in(8) {
        if let Some((selector, value)) = selected(when) {
            put(&mut outer.user, selector, value);
        }
        for slot in [&pointer.bytes, &pointer.stride].into_iter().flatten() {
            put(&mut outer.user, slot, len);
        }
        if let Some(count) = &pointer.count {
            put(&mut outer.user, count, dice.below(5));
        }
    }
    let address = match dice.below(16) {
        0 => dice.roll(),
        1 => u64::MAX - dice.below(64),
        2 => USER_BASE - dice.below(3),
        3 => USER_BASE,
        _ => USER_BASE + outer.user.len() as u64,
    };
    put(&mut outer.user, &pointer.word, address);
    let stride = if pointer.stride.is_some() { len } else { known.into() };
    for mut element in elements {
        if pointer.count.is_some() {
            element.resize(usize::try_from(stride).expect("small"), 0);
        }
        outer.user.extend(element);
    }
    if dice.once_in(4) {
        let end = usize::try_from(dice.below(outer.user.len() as u64 + 1)).expect("small");
        outer.user.truncate(end);
    }
    Input { strct: format!("{strct}.{}", pointer.word.path), ..outer }
}

fn agree(stem: &str, release: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../schema/linux/{stem}.toml"));
    let schema = Schema::load(&path).unwrap_or_else(|error| panic!("{error}"));
    let release = schema.release(release).expect("a release");
    let model = schema.at(release);
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem,
        source_name: stem,
        input_hash: "0",
        shared: Shared::default(),
    };
    let kinds = kinds::kinds(&unit).expect("layouts");
    let interp = InterpEngine::build(&unit, None).expect("lists");
    let mut dice = Dice::new(7);
    let (mut inputs, mut reached) = (Vec::new(), BTreeSet::new());
    for strct in lists::every_struct(&model) {
        for pointer in lists::followed(&kinds, strct, |_| true).expect("pointers") {
            reached.extend(pointer.to.iter().map(|(_, name)| name.clone()));
            inputs.extend((0..INPUTS).map(|_| input(&interp, strct, &pointer, &mut dice)));
        }
    }
    assert!(!reached.is_empty());
    let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("engines");
    let options = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"].map(str::to_owned).to_vec();
    let c = CEngine::build(&unit, None, &CBuild { cache: cache.clone(), compiler: "gcc".into(), options });
    let rust = RustEngine::build(&unit, None, &cache).unwrap_or_else(|error| panic!("{error}"));
    let engines: [&dyn Engine; 3] = [&interp, &c.unwrap_or_else(|error| panic!("{error}")), &rust];
    let answers: [Vec<Outcome>; 3] =
        engines.map(|engine| engine.run(&inputs).unwrap_or_else(|error| panic!("{error}")));
    let (mut inside, mut longer) = (BTreeSet::new(), 0);
    for (at, input) in inputs.iter().enumerate() {
        let first = &answers[0][at];
        for (engine, answers) in engines.iter().zip(&answers).skip(1) {
            let (name, user) = (engine.name(), to_hex(&input.user));
            assert_eq!(*first, answers[at], "{name} beside interp: {} of {user}", input.strct);
        }
        let strct = input.strct.split('.').next().expect("a name");
        let known = interp.list(strct).expect("a list").known as usize;
        longer += usize::from(first.held.as_ref().is_some_and(|held| held.len() > known));
        let rule = first.rule.as_deref().and_then(|rule| rule.split('/').next());
        inside.extend(rule.filter(|of| *of != strct).map(str::to_owned));
    }
    println!("{stem}: {} inputs, {longer} with what a pointer leads to", inputs.len());
    assert!(longer * 50 > inputs.len(), "{longer} of {} inputs got to what a pointer leads to", inputs.len());
    assert_eq!(inside, reached, "refused by the rules of these, and not of those");
}

#[test]
fn executors_agree_on_what_pointers_of_iommufd_lead_to() {
    agree("iommufd", "7.3");
}

#[test]
fn executors_agree_on_what_pointers_of_vfio_lead_to() {
    agree("vfio", "7.3");
}
