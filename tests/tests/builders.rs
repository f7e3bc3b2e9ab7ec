//! What builders build, at every release that has the flags, values and fields that were used: no reader refuses it
//! for its size, its version, or a byte that was never set. Whether the values make sense is the caller's affair.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use argsz_codegen::{Shared, Unit, rust};
use argsz_schema::Schema;
use argsz_schema::checklist::{self, Op, SizeFrom};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::target;
use argsz_tests::real;

/// What the Rust of one release offers: methods of builders with the type they take, and the constants of types.
#[derive(Default)]
struct Offer {
    /// Rust name of the struct to the name in C.
    structs: BTreeMap<String, String>,
    setters: BTreeMap<String, Vec<(String, String)>>,
    constants: BTreeMap<String, BTreeSet<String>>,
}

impl Offer {
    fn of(text: &str) -> Self {
        let (mut offer, mut inside, mut kind) = (Self::default(), String::new(), "");
        for line in text.lines().map(str::trim) {
            if let Some(name) = line.strip_prefix("impl argsz::Uapi for ") {
                name.trim_end_matches(" {").clone_into(&mut inside);
                kind = "trait";
            } else if let Some(name) = line.strip_prefix("const NAME: &'static str = \"") {
                offer.structs.insert(inside.clone(), name.trim_end_matches("\";").to_owned());
            } else if let Some(head) = line.strip_prefix("impl ") {
                let name = head.split([' ', ':']).next().unwrap_or_default();
                kind = if name.ends_with("Builder") { "builder" } else { "type" };
                name.trim_end_matches("Builder").clone_into(&mut inside);
            } else if let Some(setter) = line.strip_prefix("pub fn ").filter(|_| kind == "builder") {
                let Some((name, rest)) = setter.split_once("(mut self").filter(|(name, _)| *name != "build") else {
                    continue;
                };
                let taken = rest.split_once(')').map_or("", |(taken, _)| taken).trim_start_matches(", ");
                offer.setters.entry(inside.clone()).or_default().push((name.to_owned(), taken.to_owned()));
            } else if let Some(name) = line.strip_prefix("const ").or_else(|| line.strip_prefix("pub const ")) {
                let name = name.split([' ', ':']).next().unwrap_or_default();
                // Flags in their block, and values; not counters, nor what traits have.
                if name != "_" && (line.contains(": Self = ") || line.contains(&format!("const {name} = "))) {
                    offer.constants.entry(inside.clone()).or_default().insert(name.to_owned());
                }
            }
        }
        offer
    }

    /// Arguments for a setter: all constants of its type, one for a number, the default of others; with what is used.
    fn arguments(&self, taken: &str) -> Vec<(String, Vec<(String, String)>)> {
        let mut choices = vec![(String::new(), Vec::new())];
        for parameter in taken.split(", ").filter(|parameter| !parameter.is_empty()) {
            let ty = parameter.split_once(": ").map_or("", |(_, ty)| ty);
            let values: Vec<(String, Option<(String, String)>)> = match self.constants.get(ty) {
                Some(names) => {
                    names.iter().map(|name| (format!("m::{ty}::{name}"), Some((ty.to_owned(), name.clone())))).collect()
                }
                None if matches!(ty, "u8" | "u16" | "u32" | "u64" | "i8" | "i16" | "i32" | "i64") => {
                    vec![("1".to_owned(), None)]
                }
                None => vec![("zeroed()".to_owned(), None)],
            };
            choices = choices
                .iter()
                .flat_map(|(text, used)| {
                    values.iter().map(move |(value, name)| {
                        let mut used: Vec<_> = used.clone();
                        used.extend(name.clone());
                        (format!("{text}{value}, "), used)
                    })
                })
                .collect();
        }
        choices
    }
}

/// One use of a builder.
struct Case {
    release: usize,
    ty: String,
    setters: Vec<(String, String)>,
    used: Vec<(String, String)>,
    code: String,
}

fn cases(release: usize, offer: &Offer) -> Vec<Case> {
    let mut cases = Vec::new();
    for (ty, setters) in &offer.setters {
        let mut case = |setters: Vec<(String, String)>, used: Vec<(String, String)>, calls: &str| {
            let code = format!("m::{ty}::builder(){calls}.build()");
            cases.push(Case { release, ty: ty.clone(), setters, used, code });
        };
        case(Vec::new(), Vec::new(), "");
        let (mut all, mut together) = (String::new(), Vec::new());
        for setter in setters {
            let arguments = offer.arguments(&setter.1);
            for (text, used) in &arguments {
                case(vec![setter.clone()], used.clone(), &format!(".{}({text})", setter.0));
            }
            if let Some((text, used)) = arguments.last() {
                let _ = write!(all, ".{}({text})", setter.0);
                together.extend(used.clone());
            }
        }
        case(setters.clone(), together, &all);
    }
    cases
}

/// Compiles the Rust of all releases and runs all cases: the bytes of what each builds.
fn built(name: &str, texts: &[String], cases: &[Case]) -> Vec<Vec<u8>> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let dir = target.join(format!("builders-{name}"));
    std::fs::create_dir_all(dir.join("src")).expect("a folder");
    let root = real::root();
    let manifest = format!(
        "[package]\nname = \"builders-{name}\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         argsz = {{ path = {:?}, default-features = false }}\n",
        root.join("argsz").display().to_string()
    );
    let mut main = String::from(
        "#![allow(warnings)]\nuse argsz::zerocopy::{FromZeros, IntoBytes};\n\
         fn zeroed<T: FromZeros>() -> T {\n    T::new_zeroed()\n}\n\
         fn say(bytes: &[u8]) {\n    println!(\"{}\", bytes.iter().map(|b| format!(\"{b:02x}\")).collect::<String>());\n}\n",
    );
    let mut runs = String::new();
    for (at, text) in texts.iter().enumerate() {
        std::fs::write(dir.join(format!("src/r{at}.rs")), text).expect("a source");
        let _ = writeln!(main, "mod r{at};\nfn run{at}() {{\n    use crate::r{at} as m;");
        for case in cases.iter().filter(|case| case.release == at) {
            let _ = writeln!(main, "    say({}.as_bytes());", case.code);
        }
        main.push_str("}\n");
        let _ = writeln!(runs, "    run{at}();");
    }
    let _ = write!(main, "fn main() {{\n{runs}}}\n");
    std::fs::write(dir.join("src/main.rs"), main).expect("a source");
    std::fs::write(dir.join("Cargo.toml"), manifest).expect("a manifest");
    std::fs::copy(root.join("Cargo.lock"), dir.join("Cargo.lock")).expect("the versions of the workspace");
    let out = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--manifest-path"])
        .arg(dir.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", target.join("builders"))
        .output()
        .expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("text");
    let hex = |line: &str| {
        let byte = |at: usize| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).expect("hex");
        (0..line.len() / 2).map(byte).collect()
    };
    text.lines().map(hex).collect()
}

/// Pairs of a case and a release that knows all of it.
#[derive(Default)]
struct Judged {
    pairs: usize,
    /// Refused at a release at which the struct has a size, built at one at which it had none.
    before_sizes: usize,
}

fn judged(name: &str) -> Judged {
    let schema: Schema = real::load(&format!("schema/linux/{name}.toml"));
    let models: Vec<_> = schema.releases().map(|release| (release, schema.at(release))).collect();
    let texts: Vec<String> = models
        .iter()
        .map(|(release, model)| {
            let (history, stem, source_name, input_hash) = (schema.model(), name, name, "");
            rust::emit(&Unit {
                history,
                release: *release,
                model,
                stem,
                source_name,
                input_hash,
                shared: Shared::default(),
            })
            .expect("Rust")
        })
        .collect();
    let offers: Vec<Offer> = texts.iter().map(|text| Offer::of(text)).collect();
    let cases: Vec<Case> = offers.iter().enumerate().flat_map(|(at, offer)| cases(at, offer)).collect();
    let bytes = built(name, &texts, &cases);
    assert_eq!(bytes.len(), cases.len());
    let laid: Vec<_> = models.iter().map(|(_, model)| layout(model, target::ALL[0]).expect("a layout")).collect();
    let mut judged = Judged::default();
    for (layouts, offer) in laid.iter().zip(&offers) {
        for (case, bytes) in cases.iter().zip(&bytes) {
            let (Some(strct), Some(known)) = (offer.structs.get(&case.ty), offer.setters.get(&case.ty)) else {
                continue;
            };
            let constant =
                |(ty, name): &(String, String)| offer.constants.get(ty).is_some_and(|all| all.contains(name));
            if !case.setters.iter().all(|setter| known.contains(setter)) || !case.used.iter().all(constant) {
                continue;
            }
            let list = checklist::compile(layouts, strct, None).expect("a check list");
            if !matches!(list.size, SizeFrom::Field(_)) {
                continue;
            }
            let own = checklist::compile(&laid[case.release], strct, None).expect("a check list");
            if own.size != list.size {
                // Built before the struct had a size: nothing can make it grow.
                judged.before_sizes +=
                    usize::from(matches!(interp::run(&list, target::ALL[0], bytes, None), Verdict::Refused(_)));
                continue;
            }
            judged.pairs += 1;
            if let Verdict::Refused(refusal) = interp::run(&list, target::ALL[0], bytes, None) {
                let step = &list.steps[refusal.step];
                let builders =
                    !matches!(step.op, Op::Mask { .. } | Op::OneOf { .. } | Op::Aligned { .. } | Op::Refuse(_));
                let release = &schema.model().header.releases;
                assert!(
                    !builders && !refusal.rule.ends_with("/version"),
                    "{} as built at {}: refused by {} ({bytes:02x?})",
                    case.code,
                    release[case.release],
                    refusal.rule
                );
            }
        }
    }
    judged
}

#[test]
fn what_is_built_for_iommu_is_read_at_every_release_that_knows_it() {
    let judged = judged("iommu");
    assert!(judged.pairs > 12, "{}", judged.pairs);
    // The test would notice: the series of 5.10 gave structs a size that users of 5.5 do not fill in.
    assert!(judged.before_sizes > 0);
}

#[test]
fn what_is_built_for_iommufd_is_read_at_every_release_that_knows_it() {
    let judged = judged("iommufd");
    assert!(judged.pairs > 200, "{}", judged.pairs);
}

#[test]
fn what_is_built_for_vfio_is_read_at_every_release_that_knows_it() {
    let judged = judged("vfio");
    assert!(judged.pairs > 200, "{}", judged.pairs);
}
