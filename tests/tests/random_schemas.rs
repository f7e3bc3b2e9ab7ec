//! Random schemas, and what compilers say of them: each struct lies where the model says, each constant is what it
//! says, and what is printed compiles without a warning.
//!
//! `ARGSZ_SCHEMAS=10000` tries more of them, `ARGSZ_SCHEMA=17` only that one.

#[path = "random_schemas/c.rs"]
mod c;
#[path = "random_schemas/found.rs"]
mod found;
#[path = "random_schemas/rust.rs"]
mod rust;
#[path = "random_schemas/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use argsz_codegen::{EmitError, Shared, Unit};
use argsz_schema::Schema;
use argsz_schema::diag::Severity;
use argsz_schema::source::Source;

/// Schemas for compilers of C and C++, and for that of Rust, which takes its time; unless the environment says how many.
const SCHEMAS: [u64; 2] = [120, 24];
/// Numbers of those that were found once.
const FOUND_FROM: u64 = 1_000_000;
/// Schemas that are compiled at once.
const BATCH: usize = 60;
/// Kinds of faults that are shown, each by a schema as small as it gets.
const SHRUNK: usize = 8;
/// What the generator may do wrong: it does not look where it steps. Arrays of what is judged, and bit-fields anywhere.
const REFUSED: &[&str] = &["AZ0337", "AZ0505"];

/// A schema that was accepted.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) number: u64,
    text: String,
    schema: Schema,
}

impl Case {
    /// The schema of a number; the codes of its errors if it has some.
    fn new(number: u64, text: &str) -> Result<Self, BTreeSet<&'static str>> {
        let (mut text, mut waived) = (text.to_owned(), BTreeSet::new());
        loop {
            let rejected = match Schema::parse(Source::new("t.toml", text.clone())) {
                Ok(schema) => return Ok(Self { number, text, schema }),
                Err(rejected) => rejected,
            };
            let errors = rejected.found.iter().filter(|found| found.code.0.severity == Severity::Error);
            let errors: BTreeSet<&str> = errors.map(|found| found.code.0.id).collect();
            if !errors.is_empty() {
                return Err(errors);
            }
            let lints = rejected.found.iter().map(|found| (item(&text, found.at.start), found.code.0.id));
            let before = waived.len();
            waived.extend(lints);
            assert!(waived.len() > before, "a waiver that is of no use: {rejected}\n{text}");
            text = with_waivers(&text, &waived);
        }
    }

    /// What an emitter makes of it.
    pub(crate) fn unit<T>(&self, emit: impl FnOnce(&Unit<'_>) -> Result<T, EmitError>) -> Result<T, EmitError> {
        let release = self.schema.releases().next().expect("a release");
        let model = self.schema.at(release);
        emit(&Unit {
            history: self.schema.model(),
            release,
            model: &model,
            stem: "t",
            source_name: "t.toml",
            input_hash: "0",
            shared: Shared::default(),
        })
    }
}

/// The head of the item that a place in a text lies in.
fn item(text: &str, at: u32) -> String {
    let before = &text[..at as usize];
    let line = text[before.rfind('\n').map_or(0, |end| end + 1)..].lines().next().unwrap_or_default();
    let mut heads = before.lines().chain([line]).filter(|line| is_head(line));
    heads.next_back().unwrap_or_default().to_owned()
}

fn is_head(line: &str) -> bool {
    ["[struct.", "[union.", "[ioctl."].iter().any(|head| line.starts_with(head))
}

/// The text with these lints accepted, each in its item.
fn with_waivers(text: &str, waived: &BTreeSet<(String, &'static str)>) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("waive = "));
    let lines = lines.map(|line| {
        let own = waived.iter().filter(|(item, _)| item == line);
        let own: Vec<String> = own.map(|(_, lint)| format!("{{ lint = \"{lint}\", reason = \"Dice.\" }}")).collect();
        if own.is_empty() { format!("{line}\n") } else { format!("{line}\nwaive = [{}]\n", own.join(", ")) }
    });
    lines.collect()
}

/// What kind of fault it is: the first thing said of it, without names.
fn kind(said: &str) -> String {
    let first = said.lines().find(|line| line.contains("error")).or_else(|| said.lines().nth(1));
    first.unwrap_or(said).chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

/// A schema with the same fault from which no line can be taken.
fn smallest(case: &Case, fault: &impl Fn(&[&Case]) -> Option<String>) -> Case {
    let same = fault(&[case]).map(|said| kind(&said));
    let mut least = Case::new(case.number, &case.text).expect("it was accepted");
    let mut at = 0;
    while at < least.text.lines().count() {
        let lines: Vec<&str> = least.text.lines().filter(|line| !line.starts_with("waive = ")).collect();
        let without: String =
            lines.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, line)| format!("{line}\n")).collect();
        match Case::new(case.number, &without) {
            Ok(smaller) if at < lines.len() && fault(&[&smaller]).map(|said| kind(&said)) == same => least = smaller,
            _ => at += 1,
        }
    }
    least
}

/// What was found once: the generator may change.
fn found() -> Vec<Case> {
    let cases = (FOUND_FROM..).zip(found::FOUND).map(|(number, (what, items))| {
        let case = Case::new(number, &found::text(number, what, items));
        case.unwrap_or_else(|codes| panic!("{what}: {codes:?}"))
    });
    cases.collect()
}

/// Tries many schemas; those with a fault are told by their number, and as small as they get.
fn try_all(schemas: u64, fault: impl Fn(&[&Case]) -> Option<String>) {
    let from = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect(name));
    let numbers = match from("ARGSZ_SCHEMA") {
        Some(one) => one..one + 1,
        None => 0..from("ARGSZ_SCHEMAS").unwrap_or(schemas),
    };
    let count = numbers.end - numbers.start;
    let (mut cases, mut refused) = (found(), BTreeMap::<_, Vec<u64>>::new());
    let before = cases.len();
    for number in numbers {
        match Case::new(number, &world::text(number)) {
            Ok(case) => cases.push(case),
            Err(codes) => codes.into_iter().for_each(|code| refused.entry(code).or_default().push(number)),
        }
    }
    println!("{} of {count} schemas are accepted; refused: {refused:?}", cases.len() - before);
    let strange: Vec<&&str> = refused.keys().filter(|code| !REFUSED.contains(code)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(count < schemas || (cases.len() - before) as u64 * 2 > count, "most are to be compiled");
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    for batch in cases.chunks(BATCH) {
        if fault(&batch.iter().collect::<Vec<_>>()).is_none() {
            continue;
        }
        for case in batch {
            let Some(said) = fault(&[case]) else { continue };
            faults.push(case.number);
            if seen.insert(kind(&said)) && seen.len() <= SHRUNK {
                let least = smallest(case, &fault);
                let said = fault(&[&least]).unwrap_or_default();
                println!("ARGSZ_SCHEMA={}: {said}\n{}", case.number, least.text);
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} schemas: {faults:?}", faults.len());
}

#[test]
fn compilers_of_c_agree_on_random_schemas() {
    try_all(SCHEMAS[0], c::fault);
}

#[test]
fn the_compiler_of_rust_agrees_on_random_schemas() {
    try_all(SCHEMAS[1], rust::fault);
}
