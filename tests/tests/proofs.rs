//! What a bounded model checker proves of the generated C, and that its proofs can fail.

use std::path::Path;
use std::process::{Command, Output};

use argsz_tests::real;

fn prove(checks: Option<&Path>) -> Output {
    let mut command = Command::new("bash");
    command.arg("tests/prove-c").current_dir(real::root());
    if let Some(checks) = checks {
        command.env("CHECKS", checks);
    }
    command.output().expect("bash")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The generated checks read nothing beyond the user's memory and answer as a specification written by hand, for every
/// input; each of these slips is found.
#[test]
fn generated_c_is_proved_equal_to_its_specification() {
    let output = prove(None);
    let text = said(&output);
    if text.contains("SKIPPED") {
        real::skip("the proofs of generated C", "no cbmc; tests/prove-c --fetch gets it");
        return;
    }
    assert!(output.status.success(), "{text}");
    assert_eq!(text.lines().filter(|line| line.starts_with("proved ")).count(), 3, "{text}");

    let checks = std::fs::read_to_string(real::root().join("generated/kernel/iommu_checks.h")).expect("the checks");
    for (right, wrong, of) in [
        // The slip that shipped: 64 bits judged by a mask of 32.
        ("held->flags & ~0x1ULL", "held->flags & ~0x1ULL & 0xffffffff", "iommu_gpasid_bind_data"),
        ("held->argsz < 32", "held->argsz < 31", "iommu_cache_invalidate_info"),
        ("argsz_copy_in(held, from, 0, 24)", "argsz_copy_in(held, from, 0, 20)", "iommu_page_response"),
    ] {
        assert!(checks.contains(right), "{right}");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("iommu_checks.h"), checks.replace(right, wrong)).expect("a file");
        let output = prove(Some(folder.path()));
        let text = said(&output);
        assert!(!output.status.success() && text.contains(&format!("NOT PROVED {of}")), "{wrong}: {text}");
    }
}
