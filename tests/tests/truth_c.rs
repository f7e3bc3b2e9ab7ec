//! The generated C headers against the real ones: both compiled by the real compiler, apart, and compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_codegen::{Shared, Unit, c_asserts, c_header};
use argsz_tests::real::{self, Real};
use argsz_tests::scan::Scan;

/// The header of a schema at a release, written below `dir` where C looks for it, and its assertions as `asserts.c`.
fn generate(dir: &Path, schema: &str, release: &str) -> PathBuf {
    let loaded = real::load(schema);
    let release = loaded.release(release).expect(release);
    let model = loaded.at(release);
    let unit = Unit {
        history: loaded.model(),
        release,
        model: &model,
        stem: "generated",
        source_name: schema,
        input_hash: "0",
        shared: Shared::default(),
    };
    let path = dir.join(&model.header.path);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, c_header::emit(&unit).expect(schema)).expect("a file");
    std::fs::write(dir.join("asserts.c"), c_asserts::emit(&unit).expect(schema)).expect("a file");
    path
}

/// Enums by tag, or by their first member if they have none; and what each macro is for, not how it is written.
fn names(scanned: &Scan) -> (BTreeMap<String, Vec<String>>, Vec<&String>) {
    let enums = scanned.enums.iter().map(|(tag, members)| {
        let tag = tag.clone().unwrap_or_else(|| format!("without a tag, with {}", members[0]));
        (tag, members.clone())
    });
    (enums.collect(), scanned.macros.keys().filter(|name| !name.starts_with('_')).collect())
}

/// Takes from the types what the language does not say: what a pointer leads to, and which extensions of C are meant.
fn plain(scanned: &mut Scan) {
    for field in scanned.structs.values_mut().flat_map(|strct| &mut strct.fields) {
        field.ty = field.ty.trim_start_matches("__extension__ ").to_owned();
        if field.ty.ends_with('*') {
            "void *".clone_into(&mut field.ty);
        }
    }
}

fn compare(real: &Real, option: real::Width) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let ours = generate(dir.path(), real.schema, real.release);
    let (mut real_scan, real_facts) = real::measure(&real.file(), &real.include, option);
    let (mut our_scan, our_facts) = real::measure(&ours, &real.include, option);
    plain(&mut real_scan);
    plain(&mut our_scan);
    let what = format!("{} at {} for {}", real.header, real.release, option.target);

    let mut found = real::differences(&real_facts, &our_facts);
    found.extend(real::compare("declaration of", &real_scan.structs, &our_scan.structs));
    let ((real_enums, real_macros), (our_enums, our_macros)) = (names(&real_scan), names(&our_scan));
    found.extend(real::compare("enum", &real_enums, &our_enums));
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
    assert_eq!(real_macros, our_macros, "{what}");
}

#[test]
fn generated_headers_are_the_real_ones_to_a_compiler() {
    for real in real::headers() {
        for width in real::WIDTHS.into_iter().filter(|width| real::can_build(*width)) {
            compare(&real, width);
        }
    }
}

#[test]
fn every_release_compiles_clean_and_its_assertions_hold() {
    let compilers = [("gcc", "c"), ("g++", "c++")];
    let there = |compiler: &str| {
        let there = Command::new(compiler).arg("--version").output().is_ok();
        if !there {
            real::skip(&format!("headers for {compiler}"), "there is no such compiler here");
        }
        there
    };
    // What vfio.h was released with has holes, on 32 bit others than its waivers name.
    let schemas =
        [("schema/linux/iommu.toml", true), ("schema/linux/iommufd.toml", true), ("schema/linux/vfio.toml", false)];
    for (schema, whole) in schemas {
        for release in &real::load(schema).model().header.releases {
            let dir = tempfile::tempdir().expect("a temporary folder");
            generate(dir.path(), schema, release);
            for width in real::WIDTHS.into_iter().filter(|width| real::can_build(*width)) {
                for (compiler, language) in compilers.into_iter().filter(|(compiler, _)| there(compiler)) {
                    let mut command = Command::new(compiler);
                    command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", width.option, "-x", language]);
                    command.args(whole.then_some("-Wpadded"));
                    command.args(["-fsyntax-only", "-I", ".", "asserts.c"]).current_dir(dir.path());
                    let output = command.output().expect(compiler);
                    let told = String::from_utf8_lossy(&output.stderr);
                    assert!(output.status.success(), "{schema} at {release}, {command:?}:\n{told}");
                }
            }
        }
    }
}
