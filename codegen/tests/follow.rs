//! Readers that follow a pointer agree: on the struct that has it, and on what it leads to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::inputs::{self, Dice};
use argsz_codegen::engine::interp::InterpEngine;
use argsz_codegen::engine::rust::RustEngine;
use argsz_codegen::engine::{Engine, Outcome, USER_BASE, to_hex};
use argsz_codegen::{Shared, Unit, kinds, lists};
use argsz_schema::Schema;
use argsz_schema::target;

const INPUTS: usize = 20_000;

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
            let list = |name: &str| interp.list(name);
            let mut one = || inputs::followed(list, target::Endian::Little, strct, &pointer, &mut dice).expect("lists");
            inputs.extend((0..INPUTS).map(|_| one()));
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

/// Lines about `STRUCT.FIELD` were refused: no schema has a struct of that name. And what they say of the answer was not
/// looked at.
#[test]
fn verify_replays_lines_about_what_a_pointer_leads_to() {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let behind = u32::try_from(USER_BASE).expect("32 bits") + 48;
    let line = |data_len: u32, to: &[u32], rest: &str| {
        let outer = words(&[48, 0, 1, 1, 0, 0, 1, data_len, behind, 0, 0, 0]);
        let user = to_hex(&[outer, words(to)].concat());
        format!("{{\"struct\": \"iommu_hwpt_alloc.data_uptr\", \"release\": \"7.3\", \"user\": \"{user}\", {rest}}}\n")
    };
    let table = [0, 0, 0x1000, 0, 48, 0];
    let held = to_hex(&words(&[&[48, 0, 1, 1, 0, 0, 1, 24, behind, 0, 0, 0], &table[..], &[0, 0]].concat()));
    let lines = [
        line(24, &table, &format!("\"errno\": \"OK\", \"kernel\": \"{held}\"")),
        line(24, &table[..2], "\"errno\": \"EFAULT\""),
        line(12, &table, "\"errno\": \"EINVAL\""),
        line(24, &table, "\"errno\": \"EINVAL\""),
        line(24, &table, "\"errno\": \"OK\", \"kernel\": \"00\""),
        line(24, &table, "\"errno\": \"OK\"").replace("data_uptr", "pt_id"),
    ];
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("pointers.jsonl");
    std::fs::write(&file, lines.concat()).expect("written");
    let out = Command::new(env!("CARGO_BIN_EXE_argsz"))
        .args(["verify", "--engine", "all"])
        .arg(&file)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .output()
        .expect("argsz");
    let (said, errors) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    for engine in ["interp", "rust", "c"] {
        assert!(
            said.contains(&format!("line 4: iommu_hwpt_alloc.data_uptr: recorded EINVAL, {engine} says OK")),
            "{said}"
        );
        assert!(said.contains(&format!("line 5: iommu_hwpt_alloc.data_uptr: recorded OK, {engine} says OK")), "{said}");
    }
    assert!(said.contains("5 vectors") && said.contains("6 mismatches"), "{said}");
    assert!(errors.contains("line 6: `iommu_hwpt_alloc.pt_id` is no pointer that a reader follows"), "{errors}");
}
