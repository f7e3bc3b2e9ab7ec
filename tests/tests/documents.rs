//! The generated documents: whole, and built by Sphinx without a warning.

use std::process::Command;

use argsz_codegen::lists;
use argsz_schema::checklist;
use argsz_schema::layout::layout;
use argsz_schema::target;
use argsz_tests::real;

const HEADERS: [(&str, &str); 3] = [("iommu", "5.10"), ("iommufd", "7.3"), ("vfio", "7.3")];

fn read(name: &str, ending: &str) -> String {
    let path = real::root().join(format!("generated/doc/linux/{name}.{ending}"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_rule_stands_in_the_document_in_its_order() {
    for (name, release) in HEADERS {
        let schema = real::load(&format!("schema/linux/{name}.toml"));
        let model = schema.at(schema.release(release).expect("the release is there"));
        let layouts = layout(&model, target::ALL[0]).expect("a layout");
        for ending in ["md", "rst"] {
            let text = read(name, ending);
            for strct in lists::handed_in(&model) {
                let list = checklist::compile(&layouts, strct, None).expect("a check list");
                let mut from = 0;
                for step in &list.steps {
                    let row = format!("`{}`", step.id);
                    let found = text[from..].find(&row).unwrap_or_else(|| panic!("{name}.{ending}: no {}", step.id));
                    from += found;
                }
            }
        }
    }
}

#[test]
fn sphinx_builds_the_documents_without_a_warning() {
    if Command::new("sphinx-build").arg("--version").output().is_err() {
        real::skip("documents by Sphinx", "there is no sphinx-build here (package python3-sphinx)");
        return;
    }
    let dir = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("a file");
    write("conf.py", "project = 'argsz'\n");
    write("index.rst", "Documents\n=========\n\n.. toctree::\n\n   iommu\n   iommufd\n   vfio\n");
    for (name, _) in HEADERS {
        write(&format!("{name}.rst"), &read(name, "rst"));
    }
    let out = Command::new("sphinx-build")
        .args(["-W", "--keep-going", "-q", "-b", "html", ".", "html"])
        .current_dir(dir.path())
        .output()
        .expect("sphinx runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let html = std::fs::read_to_string(dir.path().join("html/iommu.html")).expect("a page");
    assert!(html.contains("iommu_cache_invalidate_info/size-granu.addr_info"));
}
