//! Bindings that others made of the same headers with bindgen and published: `vfio-bindings`, `iommufd-bindings` and
//! `kvm-bindings`. What their crates assert of sizes and offsets when they are compiled, and the values of their
//! constants, our models say too, for all that both have.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_codegen::import::{Request, import};
use argsz_schema::layout::{Layouts, layout};
use argsz_schema::model::ConstValue;
use argsz_schema::source::Source;
use argsz_schema::{Schema, constants, target};
use argsz_tests::real;

// They are compiled with this test, so that what they assert holds.
use {iommufd_bindings as _, kvm_bindings as _, vfio_bindings as _};

/// The source of a crate that this one depends on.
fn source(package: &str, file: &str) -> String {
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let metadata: serde_json::Value = serde_json::from_slice(&ran.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let found = packages.iter().find(|found| found["name"] == package).expect("the package");
    let manifest = Path::new(found["manifest_path"].as_str().expect("a path"));
    std::fs::read_to_string(manifest.with_file_name("src").join(file)).expect("its source")
}

/// What a crate says.
#[derive(Default)]
struct Theirs {
    sizes: HashMap<String, u64>,
    offsets: HashMap<(String, String), u64>,
    constants: HashMap<String, i128>,
}

impl Theirs {
    /// Reads what bindgen prints: `["Size of x"][size_of::<x>() - 8usize];`, and constants that are numbers.
    fn read(text: &str) -> Self {
        let mut theirs = Self::default();
        // An assertion may go over several lines.
        for assertion in text.split("[\"").skip(1) {
            let Some((what, rest)) = assertion.split_once("\"]") else { continue };
            let number =
                rest.split(';').next().and_then(|text| text.rsplit_once("- ")?.1.split("usize").next()?.parse().ok());
            let Some(number) = number else { continue };
            if let Some(name) = what.strip_prefix("Size of ") {
                theirs.sizes.insert(name.to_owned(), number);
            } else if let Some((name, field)) =
                what.strip_prefix("Offset of field: ").and_then(|at| at.split_once("::"))
            {
                // Keywords of Rust have an underscore behind them.
                let field = if field == "type_" { "type" } else { field };
                theirs.offsets.insert((name.to_owned(), field.to_owned()), number);
            }
        }
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("pub const ")) {
            let Some((name, rest)) = line.split_once(": ") else { continue };
            let value = rest.split_once(" = ").and_then(|(_, value)| value.trim_end_matches(';').parse().ok());
            // An enumerator is called by its enum first.
            let bare = name.trim_start_matches(|c: char| !c.is_ascii_uppercase());
            if let Some(value) = value {
                theirs.constants.insert(if bare.is_empty() { name } else { bare }.to_owned(), value);
            }
        }
        theirs
    }
}

/// How many sizes, offsets and constants were compared, and what differs.
#[derive(Debug, Default)]
struct Compared {
    sizes: usize,
    offsets: usize,
    constants: usize,
    differ: Vec<String>,
}

fn compare(layouts: &Layouts<'_>, theirs: &Theirs) -> Compared {
    let mut compared = Compared::default();
    for (name, laid) in layouts.structs.iter() {
        let Some(size) = theirs.sizes.get(*name) else { continue };
        compared.sizes += 1;
        if *size != laid.size {
            compared.differ.push(format!("{name}: {} bytes, theirs {size}", laid.size));
        }
        for placed in &laid.fields {
            let Some(offset) = theirs.offsets.get(&((*name).to_owned(), placed.path.to_string())) else { continue };
            compared.offsets += 1;
            if *offset != placed.offset {
                compared.differ.push(format!("{name}.{}: at {}, theirs {offset}", placed.path, placed.offset));
            }
        }
    }
    for (name, value) in constants::all(layouts.model, layouts) {
        if let (ConstValue::Int(value), Some(other)) = (value, theirs.constants.get(&name)) {
            compared.constants += 1;
            // bindgen gives some a sign, and some none.
            if value != *other && value & 0xffff_ffff != *other & 0xffff_ffff {
                compared.differ.push(format!("{name}: {value}, theirs {other}"));
            }
        }
    }
    compared
}

fn of_schema(name: &str, release: &str, theirs: &Theirs) -> Compared {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../schema/linux/{name}.toml"));
    let schema = Schema::load(&path).expect("the schema");
    let model = schema.at(schema.release(release).expect("the release"));
    compare(&layout(&model, target::ALL[0]).expect("a layout"), theirs)
}

#[test]
fn vfio_bindings_say_the_same() {
    let theirs = Theirs::read(&source("vfio-bindings", "vfio_bindings/vfio.rs"));
    let compared = of_schema("vfio", "7.3", &theirs);
    assert_eq!(compared.differ, [""; 0]);
    assert!(compared.sizes >= 50 && compared.offsets >= 190 && compared.constants >= 170, "{compared:?}");
}

#[test]
fn iommufd_bindings_say_the_same() {
    let theirs = Theirs::read(&source("iommufd-bindings", "iommufd.rs"));
    let compared = of_schema("iommufd", "7.3", &theirs);
    assert_eq!(compared.differ, [""; 0]);
    assert!(compared.sizes >= 30 && compared.offsets >= 150 && compared.constants >= 50, "{compared:?}");
}

/// `linux/kvm.h` as `argsz import` reads it.
#[test]
fn kvm_bindings_say_the_same() {
    let Some(real) = real::headers().into_iter().find(|real| real.release == "7.3") else { return };
    let request = Request {
        header: real.include[0].join("linux/kvm.h"),
        include: real.include,
        release: "7.3".to_owned(),
        compiler: "cc".into(),
    };
    let imported = import(&request).expect("a draft");
    let schema = Schema::parse(Source::new("kvm.toml", imported.text)).expect("a schema");
    let model = schema.at(schema.releases().last().expect("a release"));
    let theirs = Theirs::read(&source("kvm-bindings", "x86_64/bindings.rs"));
    let compared = compare(&layout(&model, target::ALL[0]).expect("a layout"), &theirs);
    // Theirs are of an older header: a struct has grown since, and a counter has moved on.
    assert_eq!(compared.differ, ["kvm_svm_nested_state_hdr: 16 bytes, theirs 8", "KVM_DEV_TYPE_MAX: 17, theirs 15"]);
    assert!(compared.sizes >= 80 && compared.offsets >= 160 && compared.constants >= 400, "{compared:?}");
}
