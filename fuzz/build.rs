//! Prints the readers of three headers in Rust and in C, and compiles the latter into the fuzzer.

use std::error::Error;
use std::path::{Path, PathBuf};

use argsz_codegen::engine::{c, rust as engine};
use argsz_codegen::{Shared, Unit, c_header, lists, rust};
use argsz_schema::{Schema, target};

/// Schemas, and the release of each that is read.
const READ: [(&str, &str); 3] = [("iommu", "5.10"), ("iommufd", "7.3"), ("vfio", "7.3")];

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut text = String::new();
    for (stem, release) in READ {
        let path = Path::new("../schema/linux").join(format!("{stem}.toml"));
        println!("cargo::rerun-if-changed={}", path.display());
        let schema = Schema::load(&path)?;
        let release = schema.release(release).ok_or("no such release")?;
        let model = schema.at(release);
        let (history, source_name) = (schema.model(), stem);
        let unit =
            Unit { history, release, model: &model, stem, source_name, input_hash: "0", shared: Shared::default() };
        let lists = lists::compile(&unit.on(target::ALL[0])?, &lists::every_struct(&model), &[])?;
        text.push_str(&format!("pub mod {stem} {{\n    #[allow(dead_code)]\n    pub mod abi {{\n"));
        text.push_str(&rust::print(&unit, &lists)?);
        text.push_str(&format!("    }}\n    use super::*;\n{}}}\n", engine::answers(&unit, &lists)?));
        compile(&out.join(stem), stem, &c::files(&unit, &c_header::emit(&unit)?, &lists)?)?;
    }
    std::fs::write(out.join("readers.rs"), text.replace("fn answer(", "pub fn answer("))?;
    Ok(())
}

/// A table of C readers called `readers_STEM`.
fn compile(site: &Path, stem: &str, files: &argsz_codegen::FileMap) -> Result<(), Box<dyn Error>> {
    for (path, text) in files {
        let path = site.join(path);
        std::fs::create_dir_all(path.parent().ok_or("no parent")?)?;
        std::fs::write(path, text)?;
    }
    cc::Build::new()
        .file(site.join("engine.c"))
        .include(site)
        .include(site.join("uapi"))
        .flag("-w")
        .opt_level(2)
        .define("readers", format!("readers_{stem}").as_str())
        .define("errno_names", format!("errno_names_{stem}").as_str())
        .define("main", format!("unused_main_{stem}").as_str())
        .try_compile(&format!("readers_{stem}"))?;
    Ok(())
}
