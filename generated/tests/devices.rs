//! The example that drives a device: where there is one it answers, and elsewhere what is missing is said.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

#[test]
fn the_example_drives_a_device_or_says_what_is_missing() {
    // `cargo test` builds examples beside the tests.
    let this = std::env::current_exe().unwrap();
    let example = this.parent().and_then(Path::parent).unwrap().join("examples/devices");
    let ran = Command::new(&example).output().unwrap_or_else(|error| panic!("{}: {error}", example.display()));
    let text = String::from_utf8(ran.stdout).unwrap();
    let there = |path: &str| std::fs::File::options().read(true).write(true).open(path).is_ok();
    if there("/dev/iommu") {
        assert!(ran.status.success() && text.contains("IOMMU_DESTROY: address space"), "{text}");
    } else if there("/dev/vfio/vfio") {
        assert!(ran.status.success() && text.contains("VFIO_GET_API_VERSION: 0, expected 0"), "{text}");
    } else {
        println!("SKIPPED: no device here, so that only what is said without one is tested");
        assert_eq!(ran.status.code(), Some(1));
        assert!(text.starts_with("No device to drive:\n  /dev/iommu: "), "{text}");
        assert!(text.contains("\n  /dev/vfio/vfio: "), "{text}");
    }
}
