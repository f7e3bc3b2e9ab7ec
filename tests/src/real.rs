//! The real headers, and what the real compiler says of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_schema::{LoadError, Schema};

use crate::scan::{CStruct, Scan, scan};

/// The folder of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// A schema of this repository.
///
/// # Panics
/// With the rendered findings, if it cannot be loaded.
#[must_use]
pub fn load(schema: &str) -> Schema {
    match Schema::load(&root().join(schema)) {
        Ok(schema) => schema,
        Err(LoadError::Rejected(rejected)) => panic!("{}", rejected.render(false)),
        Err(error) => panic!("{error}"),
    }
}

/// Says loudly that something was not tested; where it must not happen (`CI=true`) it is a failure.
///
/// # Panics
/// Under `CI=true`.
pub fn skip(what: &str, why: &str) {
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{what} cannot be skipped in CI: {why}");
    // The macros' output would be kept back by the test harness.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}: {why}");
}

/// A width of the x86 machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Width {
    /// Option of the compiler.
    pub option: &'static str,
    /// The target as argsz calls it.
    pub target: &'static str,
}

/// Both widths.
pub const WIDTHS: [Width; 2] = [Width { option: "-m64", target: "x86-64" }, Width { option: "-m32", target: "i386" }];

/// A header at one release, as a distribution ships it.
#[derive(Clone, Debug)]
pub struct Real {
    /// `linux/iommufd.h`.
    pub header: &'static str,
    /// The schema that describes it.
    pub schema: &'static str,
    /// The schema's release.
    pub release: &'static str,
    /// Folders to look for headers in.
    pub include: Vec<PathBuf>,
}

impl Real {
    /// The header's file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.include[0].join(self.header)
    }
}

/// The real headers that are there; for each that is not, says so.
///
/// # Panics
/// Under `CI=true`, if one is missing.
#[must_use]
pub fn headers() -> Vec<Real> {
    let real = |header, schema, release, folder: PathBuf| Real {
        header,
        schema,
        release,
        include: vec![folder.clone(), folder.join("x86_64-linux-gnu")],
    };
    let fetched = |release: &str| root().join("target/headers").join(release).join("usr/include");
    let all = [
        real("linux/iommu.h", "schema/linux/iommu.toml", "5.18", PathBuf::from("/usr/include")),
        real("linux/iommufd.h", "schema/linux/iommufd.toml", "6.12", fetched("6.12")),
        real("linux/iommufd.h", "schema/linux/iommufd.toml", "7.3", fetched("7.3")),
        real("linux/vfio.h", "schema/linux/vfio.toml", "6.1", PathBuf::from("/usr/include")),
        real("linux/vfio.h", "schema/linux/vfio.toml", "6.12", fetched("6.12")),
        real("linux/vfio.h", "schema/linux/vfio.toml", "7.3", fetched("7.3")),
    ];
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        skip("every comparison with real headers", "the compiler here is not one for x86-64 Linux");
        return Vec::new();
    }
    let there = |real: &Real| {
        let there = real.file().is_file();
        if !there {
            let what = format!("{} at {}", real.header, real.release);
            skip(&what, &format!("no {}; tests/fetch-headers gets it", real.file().display()));
        }
        there
    };
    all.into_iter().filter(there).collect()
}

/// Whether the C compiler can build programs of this width; if not, says so.
///
/// # Panics
/// Under `CI=true`, if it cannot.
#[must_use]
pub fn can_build(width: Width) -> bool {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let source = dir.path().join("a.c");
    std::fs::write(&source, "#include <stdio.h>\nint main(void) { return puts(\"\") < 0; }\n").expect("a file");
    let built = Command::new("cc").arg(width.option).arg(&source).arg("-o").arg(dir.path().join("a")).output();
    let reason = match built {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    skip(&format!("{} ({})", width.target, width.option), &format!("cc builds no such program: {reason}"));
    false
}

/// What the compiler says of a struct.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Measured {
    /// Bytes.
    pub size: u64,
    /// Bytes.
    pub align: u64,
    /// Path, offset and size of each field, in order.
    pub fields: Vec<(String, u64, u64)>,
}

/// What the compiler says of a header.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Facts {
    /// Structs and unions by tag.
    pub structs: BTreeMap<String, Measured>,
    /// Macros that are integers, and members of enums.
    pub constants: BTreeMap<String, i128>,
}

/// What a header declares, and what the compiler makes of it.
///
/// # Panics
/// If the compiler does not take the header, or the header has something that [`scan`] does not know.
#[must_use]
pub fn measure(file: &Path, include: &[PathBuf], width: Width) -> (Scan, Facts) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let system = include.iter().flat_map(|folder| ["-isystem".into(), folder.as_os_str().to_owned()]);
    let mut cc = Command::new("cc");
    cc.arg(width.option).args(system);
    let name = file.to_str().expect("a path in UTF-8");

    let mut preprocess = clone(&cc);
    let scanned = scan(&run(preprocess.args(["-E", "-dD"]).arg(file)), name).expect(name);

    let source = dir.path().join("measure.c");
    std::fs::write(&source, program(name, &scanned)).expect("a file");
    let binary = dir.path().join("measure");
    run(cc.arg("-Wall").arg("-Werror").arg(&source).arg("-o").arg(&binary));
    let facts = facts(&run(&mut Command::new(binary)));
    (scanned, facts)
}

fn clone(command: &Command) -> Command {
    let mut copy = Command::new(command.get_program());
    copy.args(command.get_args());
    copy
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn program(header: &str, scanned: &Scan) -> String {
    let mut text = format!("#include \"{header}\"\n#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{{\n");
    for (name, CStruct { keyword, fields }) in &scanned.structs {
        let _ =
            writeln!(text, "printf(\"S {name} %zu %zu\\n\", sizeof({keyword} {name}), _Alignof({keyword} {name}));");
        for field in fields {
            let path = &field.path;
            let size = if field.is_flexible() {
                "(size_t)0".to_owned()
            } else {
                format!("sizeof((({keyword} {name} *)0)->{path})")
            };
            let _ = writeln!(text, "printf(\"F {path} %zu %zu\\n\", offsetof({keyword} {name}, {path}), {size});");
        }
    }
    let macros = scanned.macros.iter().filter(|(_, body)| !body.starts_with('"')).map(|(name, _)| name);
    for name in macros.chain(scanned.enums.iter().flat_map(|(_, members)| members)) {
        let _ = writeln!(text, "printf(\"C {name} %lld\\n\", (long long)({name}));");
    }
    text + "return 0;\n}\n"
}

fn facts(text: &str) -> Facts {
    let mut facts = Facts::default();
    let mut last = String::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |at: usize| words[at].parse().expect(line);
        match words[0] {
            "S" => {
                words[1].clone_into(&mut last);
                let measured = Measured { size: number(2), align: number(3), fields: Vec::new() };
                facts.structs.insert(last.clone(), measured);
            }
            "F" => {
                let one = facts.structs.get_mut(&last).expect("its struct came first");
                one.fields.push((words[1].to_owned(), number(2), number(3)));
            }
            _ => {
                facts.constants.insert(words[1].to_owned(), words[2].parse().expect(line));
            }
        }
    }
    facts
}

/// What the model says of a header, in the form of what the compiler says.
///
/// # Panics
/// If it is not the JSON that `argsz layout --format json` prints.
#[must_use]
pub fn from_json(json: &serde_json::Value) -> Facts {
    let number = |value: &serde_json::Value, key: &str| value[key].as_u64().expect("a number");
    let measured = |laid: &serde_json::Value| Measured {
        size: number(laid, "size"),
        align: number(laid, "align"),
        fields: laid["fields"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|field| {
                (field["name"].as_str().expect("a name").to_owned(), number(field, "offset"), number(field, "size"))
            })
            .collect(),
    };
    let structs = json["structs"].as_object().expect("an object");
    let constants = json["constants"].as_object().expect("an object");
    Facts {
        structs: structs.iter().map(|(name, laid)| (name.clone(), measured(laid))).collect(),
        constants: constants
            .iter()
            .map(|(name, value)| (name.clone(), value.to_string().parse().expect("an integer")))
            .collect(),
    }
}

/// Every difference between what is real and what is ours; empty if they are equal.
#[must_use]
pub fn differences(real: &Facts, ours: &Facts) -> Vec<String> {
    let mut found = compare("struct", &real.structs, &ours.structs);
    found.extend(compare("constant", &real.constants, &ours.constants));
    found
}

/// The same for any two maps.
#[must_use]
pub fn compare<T: PartialEq + std::fmt::Debug>(
    kind: &str,
    real: &BTreeMap<String, T>,
    ours: &BTreeMap<String, T>,
) -> Vec<String> {
    let missing = real.keys().filter(|name| !ours.contains_key(*name)).map(|name| format!("{kind} {name} is missing"));
    let added = ours.keys().filter(|name| !real.contains_key(*name)).map(|name| format!("{kind} {name} is not real"));
    let differ = real.iter().filter_map(|(name, real)| {
        let ours = ours.get(name).filter(|ours| *ours != real)?;
        Some(format!("{kind} {name}:\n  real {real:?}\n  ours {ours:?}"))
    });
    missing.chain(added).chain(differ).collect()
}
