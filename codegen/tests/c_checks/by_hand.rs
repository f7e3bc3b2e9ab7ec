//! A list built by hand that has every kind of step and condition: what a schema may ever lead to must compile.

use argsz_codegen::c_checks::{self, StructLists};
use argsz_codegen::engine::c::{CBuild, CEngine};
use argsz_codegen::engine::{Engine, EngineError, Input};
use argsz_codegen::{Shared, Unit};
use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Step, Term};
use argsz_schema::expr::{Arith, Compare};
use argsz_schema::model::{ByteOrder, Errno, ErrnoDefaults, Header, Model, Release};
use argsz_schema::project::Lookup;
use argsz_schema::source::Span;

use crate::support::{compile_everywhere, quiet, run, scratch, write};

const HEADER: &str = "
#include <linux/types.h>
struct every_kind {
	__u32 argsz;
	__u8 kind;
	__s8 small;
	__u16 half;
	__aligned_u64 flags;
	__le32 little;
	__be16 big;
	__u8 pad[2];
	__aligned_s64 number;
	struct { __aligned_u64 iova; __aligned_u64 length; } range;
};
";

fn slot(path: &str, offset: u32, width: u8) -> Slot {
    Slot { path: path.into(), offset, width, order: ByteOrder::Native, signed: false }
}

fn step(id: &str, op: Op) -> Step {
    Step {
        id: format!("every_kind/{id}"),
        errno: Errno("EINVAL"),
        field: String::new(),
        offset: 0,
        why: format!("because of */ {id}, which is said at such a length that it takes more than one line of C"),
        after_lookup: false,
        when: Cond::True,
        op,
        span: Span::default(),
    }
}

fn refuse(id: &str, cond: Cond) -> Step {
    step(id, Op::Refuse(cond))
}

fn sum(left: Term, right: Term) -> Term {
    Term::Arith(Arith::Add, Box::new(left), Box::new(right))
}

fn conditions() -> Vec<Step> {
    let (iova, length, flags) = (slot("range.iova", 32, 8), slot("range.length", 40, 8), slot("flags", 8, 8));
    let last = Term::Arith(Arith::Sub, Box::new(Term::Slot(length.clone())), Box::new(Term::Int(1)));
    let end = sum(Term::Slot(iova.clone()), last);
    let number = Slot { signed: true, ..slot("number", 24, 8) };
    let small = Slot { signed: true, ..slot("small", 5, 1) };
    let half = sum(Term::Slot(slot("half", 6, 2)), Term::Int(7));
    let one = Cond::OneBit { word: flags.clone(), mask: 0x3_0000_0000 };
    let bits = |mask, value| Cond::Bits { word: flags.clone(), mask, value };
    let unlike = Cond::Not(Box::new(Cond::Any(vec![bits(1, 0), Cond::Not(Box::new(one.clone()))])));
    let compare = |op, left, right| Cond::Compare(op, left, right);
    vec![
        refuse("overflow", Cond::All(vec![bits(2, 2), Cond::Overflows(end.clone())])),
        refuse("no-overflow", Cond::All(vec![bits(4, 4), Cond::Not(Box::new(Cond::Overflows(end)))])),
        refuse("unlike", Cond::All(vec![bits(8, 8), unlike])),
        refuse("signed", compare(Compare::Lt, Term::Slot(number.clone()), Term::Signed(i64::MIN + 1))),
        refuse("least", compare(Compare::Eq, Term::Slot(number), Term::Signed(i64::MIN))),
        refuse("small", compare(Compare::Eq, Term::Slot(small), Term::Signed(-3))),
        refuse("half", compare(Compare::Gt, half, Term::Int(65_000))),
        refuse("never", compare(Compare::Gt, Term::Slot(slot("kind", 4, 1)), Term::Int(300))),
        refuse("fits", Cond::Not(Box::new(Cond::FitsUlong(Term::Slot(iova.clone()))))),
        refuse("pair", compare(Compare::Ge, Term::Slot(iova), Term::Slot(slot("argsz", 0, 4)))),
    ]
}

fn every_kind(size: SizeFrom) -> CheckList {
    let after = Step {
        after_lookup: true,
        errno: Errno("EOPNOTSUPP"),
        ..step("little", Op::Mask { slot: Slot { order: ByteOrder::Little, ..slot("little", 16, 4) }, allowed: 0x10 })
    };
    let big = Slot { order: ByteOrder::Big, ..slot("big", 20, 2) };
    let mut steps = vec![
        Step { errno: Errno("EFAULT"), ..step("copy-fixed", Op::CopyFixed { len: 16 }) },
        step("size", Op::MinSize { bytes: 16 }),
        step("tail", Op::ZeroTail { from: 48 }),
        step("largest", Op::MaxSize { bytes: 4096 }),
        Step { errno: Errno("EFAULT"), ..step("copy-rest", Op::CopyRest { from: 16, to: 48 }) },
        step("flags", Op::Mask { slot: slot("flags", 8, 8), allowed: 0xf | 0x3_0000_0000 }),
        step("kind", Op::OneOf { slot: slot("kind", 4, 1), ranges: vec![(0, 1), (3, 3), (250, 255)] }),
        step("big", Op::OneOf { slot: big, ranges: vec![(0, 0x102)] }),
        step("half", Op::Aligned { slot: slot("half", 6, 2), to: 4 }),
        step("pad", Op::Zero { from: 22, to: 24 }),
    ];
    steps.extend(conditions());
    steps.push(after);
    CheckList { name: "every_kind".into(), release: Release(0), layer: None, known: 48, size, steps }
}

fn model() -> Model {
    let errno = Errno("EINVAL");
    let header = Header {
        path: "linux/every.h".into(),
        guard: "_EVERY_H".into(),
        prefix: String::new(),
        license: "MIT".into(),
        includes: vec![],
        releases: vec!["1".into()],
        doc: String::new(),
        errno: ErrnoDefaults {
            size: errno,
            tail: errno,
            version: errno,
            flags: errno,
            enumeration: errno,
            reserved: errno,
            range: errno,
            rule: errno,
        },
    };
    Model {
        header,
        release: Some(Release(0)),
        items: vec![],
        layers: argsz_schema::hash::IndexMap::default(),
        lookup: Lookup::default(),
    }
}

fn unit(model: &Model) -> Unit<'_> {
    Unit {
        history: model,
        release: Release(0),
        model,
        stem: "every",
        source_name: "every.toml",
        input_hash: "0",
        shared: Shared::default(),
    }
}

fn lists(size: SizeFrom) -> StructLists {
    let generic = every_kind(size);
    let mut layered = generic.clone();
    layered.layer = Some("vendor".into());
    layered.steps.push(refuse("vendor-bit", Cond::Bits { word: slot("flags", 8, 8), mask: 1, value: 1 }));
    StructLists { generic, layered: vec![layered] }
}

fn printed(size: SizeFrom) -> String {
    let model = model();
    c_checks::print(&unit(&model), &[lists(size)]).expect("C")
}

/// Lays out what the compilers are given: the header as user and kernel see it, the support header, a file each.
fn files(name: &str, size: SizeFrom) -> std::path::PathBuf {
    let dir = scratch(name);
    write(&dir.join("uapi/linux/every.h"), HEADER);
    write(&dir.join("kernel/uapi/linux/every.h"), HEADER);
    write(&dir.join(c_checks::SUPPORT_NAME), c_checks::SUPPORT);
    write(&dir.join("every_checks.h"), &printed(size));
    for file in ["user.c", "kernel.c"] {
        write(&dir.join(file), "#include \"every_checks.h\"\nextern int nothing;\n");
    }
    dir
}

#[test]
fn every_kind_of_step_compiles_without_a_word() {
    compile_everywhere(&files("field", SizeFrom::Field(slot("argsz", 0, 4))));
    compile_everywhere(&files("caller", SizeFrom::Caller));
    compile_everywhere(&files("known", SizeFrom::Known));
}

#[test]
fn text_is_as_it_was_read() {
    insta::assert_snapshot!(printed(SizeFrom::Field(slot("argsz", 0, 4))));
}

/// The first hand-written checks kept the allowed bits of 64-bit flags in 32 bits: the upper half went unseen.
#[test]
fn flags_of_64_bits_are_not_masked_by_32() {
    let dir = files("high-bits", SizeFrom::Field(slot("argsz", 0, 4)));
    let main = r#"
#include "every_checks.h"
#include <stdio.h>
int main(void)
{
	int bit;

	for (bit = 0; bit < 64; bit++) {
		struct every_kind user = { .argsz = 48, .flags = 1ULL << bit };
		struct argsz_user_buf buf = { (const uint8_t *)&user, 48 };
		struct every_kind held;
		const char *rule = NULL;

		every_kind_copy(&held, buf, &rule);
		if (rule && !strcmp(rule, "every_kind/flags"))
			printf("%d ", bit);
	}
	return 0;
}
"#;
    write(&dir.join("main.c"), main);
    quiet("gcc", &dir, &["-O2", "-Wall", "-Iuapi", "-I.", "main.c", "-o", "main"]);
    let out = run("./main", &dir, &[]);
    let refused = String::from_utf8(out.stdout).expect("digits");
    let refused: Vec<u32> = refused.split_whitespace().map(|bit| bit.parse().expect("a bit")).collect();
    let expected: Vec<u32> = (4..64).filter(|bit| ![32, 33].contains(bit)).collect();
    assert_eq!(refused, expected);
}

fn engine(size: SizeFrom, cache: &str) -> Result<CEngine, EngineError> {
    let model = model();
    let sanitized = ["-O1", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    let how = CBuild { cache: scratch(cache), compiler: "gcc".into(), options: sanitized.map(str::to_owned).to_vec() };
    CEngine::assemble(&unit(&model), HEADER, vec![lists(size)], &how)
}

/// A valid struct, changed at some places.
fn bytes(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0] = 48;
    for (at, byte) in changes {
        bytes[*at] = *byte;
    }
    bytes
}

#[test]
fn the_engine_answers_by_rule_and_by_bytes() {
    let engine = engine(SizeFrom::Field(slot("argsz", 0, 4)), "engine").expect("a C engine");
    let input = |user: Vec<u8>| Input { strct: "every_kind".into(), user, size: None };
    let refused = |changes: &[(usize, u8)]| input(bytes(changes));
    let mut longer = bytes(&[(0, 50)]);
    let beyond = input(longer.clone());
    longer.push(1);
    let inputs = [
        refused(&[]),
        input(vec![]),
        refused(&[(0, 15)]),
        beyond,
        input(longer),
        refused(&[(12, 8)]),
        refused(&[(4, 2)]),
        refused(&[(20, 3)]),
        refused(&[(23, 1)]),
        refused(&[(16, 1)]),
        refused(&[(8, 1)]),
        refused(&[(8, 2)]),
        refused(&[(8, 4), (40, 1)]),
        input(bytes(&[])[..20].to_vec()),
        input(bytes(&[(0, 16)])[..16].to_vec()),
    ];
    let outcomes = engine.run(&inputs).expect("answers");
    let short: Vec<String> = outcomes
        .iter()
        .map(|outcome| {
            let rule = outcome.rule.as_deref().unwrap_or("-").trim_start_matches("every_kind/");
            format!("{} {rule}{}", outcome.errno, if outcome.after_lookup { " after" } else { "" })
        })
        .collect();
    let expected = [
        "OK -",
        "EFAULT copy-fixed",
        "EINVAL size",
        "EFAULT tail",
        "EINVAL tail",
        "EINVAL flags",
        "EINVAL kind",
        "EINVAL big",
        "EINVAL pad",
        "EOPNOTSUPP little after",
        "EINVAL vendor-bit",
        "EINVAL overflow",
        "EINVAL no-overflow",
        "EFAULT copy-rest",
        "OK -",
    ];
    assert_eq!(short, expected);
    assert_eq!(outcomes[0].held, Some(bytes(&[])));
    let unknown = engine.run(&[Input { strct: "other".into(), user: vec![], size: None }]);
    assert!(matches!(unknown, Err(EngineError::Unknown { .. })));
}

#[test]
fn a_missing_compiler_is_named() {
    let model = model();
    let build = |compiler: &str, header: &str| {
        let how = CBuild { cache: scratch("no-cc"), compiler: compiler.into(), options: vec![] };
        CEngine::assemble(&unit(&model), header, vec![lists(SizeFrom::Known)], &how).err()
    };
    let missing = build("no-such-compiler", HEADER).map(|error| error.to_string()).unwrap_or_default();
    assert!(missing.starts_with("the c engine needs `no-such-compiler`: "), "{missing}");
    let moved = HEADER.replace("__u8 kind;\n\t__s8 small;", "__s8 small;\n\t__u8 kind;");
    let refused = build("gcc", &moved).map(|error| error.to_string()).unwrap_or_default();
    assert!(refused.contains("every_kind.kind is not where its checks expect it"), "{refused}");
}
