//! The Rust engine: the printed types and validators over the runtime, and a loop around them, built by cargo.
//!
//! The sources of the runtime are part of this program, so that an installed one can build engines too; the runtime's
//! own dependencies come from the registry, as for everybody else.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Write as _;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use argsz_schema::checklist::SizeFrom;
use argsz_schema::target;

use super::{Engine, EngineError, Followed, Input, Outcome, USER_BASE, workshop};
use crate::lists::{self, StructLists};
use crate::{EmitError, FileMap, Unit, c_checks, rust};

/// The loop around the validators.
const LOOP: &str = include_str!("rust_loop.rs.in");

macro_rules! runtime {
    ($($name:literal),* $(,)?) => {
        /// The sources of the runtime.
        const RUNTIME: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../../argsz/src/", $name)))),*];
    };
}

runtime!["abi.rs", "chain.rs", "errno.rs", "lib.rs", "memory.rs", "num.rs", "read.rs", "rejection.rs", "uapi.rs"];

const RUNTIME_MANIFEST: &str = "[package]
name = \"argsz\"
version = \"0.1.0\"
edition = \"2024\"

[features]
derive = []

[dependencies]
zerocopy = { version = \"0.8\", features = [\"derive\"] }
bitflags = \"2\"
";

/// A built Rust engine.
#[derive(Debug)]
pub struct RustEngine {
    program: PathBuf,
    /// What it can be asked about.
    knows: Vec<String>,
}

impl RustEngine {
    /// Prints, compiles, and keeps the program for the next time.
    pub fn build(unit: &Unit<'_>, layer: Option<&str>, cache: &Path) -> Result<Self, EngineError> {
        let layouts = unit.on(target::ALL[0])?;
        let lists = lists::compile(&layouts, &lists::every_struct(unit.model), layer.as_slice())?;
        let abi = rust::print(unit, &lists)?;
        let program = format!("{LOOP}{}", answers(unit, &lists)?);
        let mut hasher = DefaultHasher::new();
        (&abi, &program).hash(&mut hasher);
        // One name for each engine: they share a folder for what cargo builds.
        let name = format!("argsz-engine-{:016x}", hasher.finish());
        let mut files = FileMap::new();
        let mut put = |path: &str, text: &str| files.insert(PathBuf::from(path), text.as_bytes().to_vec());
        put("Cargo.toml", &manifest(&name));
        put("src/abi.rs", &abi);
        put("src/main.rs", &program);
        put("argsz/Cargo.toml", RUNTIME_MANIFEST);
        for (name, text) in RUNTIME {
            put(&format!("argsz/src/{name}"), text);
        }
        let home = workshop::built(cache, "rust", &files, "engine", &|site| compile(site, cache, &name))?;
        let followed = super::followed(unit, &lists)?.into_iter().map(|followed| followed.name);
        let knows = lists.iter().map(|lists| lists.generic.name.clone()).chain(followed).collect();
        Ok(Self { program: home.join("engine"), knows })
    }
}

impl Engine for RustEngine {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn knows(&self, strct: &str) -> bool {
        self.knows.iter().any(|known| known == strct)
    }

    fn run(&self, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError> {
        if let Some(input) = inputs.iter().find(|input| !self.knows(&input.strct)) {
            return Err(EngineError::Unknown { engine: "rust", strct: input.strct.clone() });
        }
        workshop::exchange("rust", &self.program, inputs)
    }
}

/// Builds with what is on the machine; only if that is not enough does cargo ask the registry.
fn compile(site: &Path, cache: &Path, name: &str) -> Result<(), EngineError> {
    let cargo = std::env::var("CARGO").ok().filter(|cargo| !cargo.is_empty()).unwrap_or_else(|| "cargo".to_owned());
    let cache = std::path::absolute(cache).map_err(|error| EngineError::Io { path: cache.to_owned(), error })?;
    let target = cache.join("rust-target");
    let mut args: Vec<String> = ["build", "--release", "--quiet", "--target-dir"].map(str::to_owned).to_vec();
    args.push(target.display().to_string());
    let mut offline = args.clone();
    offline.push("--offline".to_owned());
    if workshop::compile("rust", site, &cargo, &offline).is_err() {
        workshop::compile("rust", site, &cargo, &args)?;
    }
    let built = target.join("release").join(name);
    let copied = std::fs::copy(&built, site.join("engine"));
    copied.map(|_| ()).map_err(|error| EngineError::Io { path: built, error })
}

fn manifest(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nargsz = {{ path = \"argsz\" }}\n\n[workspace]\n\n\
         [profile.release]\noverflow-checks = true\ndebug-assertions = true\n"
    )
}

/// A function for each struct, and `fn answer(name: &str, user: &[u8], size: usize) -> Option<Answer>` over them. Whoever
/// includes it has the types in a module `abi`, and an enum `Answer` as that of the engine's loop.
pub fn answers(unit: &Unit<'_>, lists: &[StructLists]) -> Result<String, EmitError> {
    let mut text = String::new();
    let mut table = String::new();
    for lists in lists {
        let name = &lists.generic.name;
        text.push_str(&runner(unit, lists)?);
        let _ = writeln!(table, "        \"{name}\" => Some(run_{name}(user, size)),");
    }
    for one in super::followed(unit, lists)? {
        let run = c_checks::function_name(&one.strct, &one.pointer);
        text.push_str(&follower(unit, &one, &run)?);
        let _ = writeln!(table, "        \"{}\" => Some(run_{run}(user, size)),", one.name);
    }
    let _ = write!(
        text,
        "\nfn answer(name: &str, user: &[u8], size: usize) -> Option<Answer> {{\n    match name {{\n{table}        \
         _ => None,\n    }}\n}}\n"
    );
    Ok(text)
}

fn type_name(unit: &Unit<'_>, strct: &str) -> Result<String, EmitError> {
    let unknown = || EmitError::Unknown { item: unit.source_name.to_owned(), name: strct.to_owned() };
    Ok(rust::type_name(&unit.model.find_struct(strct).ok_or_else(unknown)?.meta))
}

/// Reads a struct, and then what a pointer of it leads to.
fn follower(unit: &Unit<'_>, followed: &Followed, run: &str) -> Result<String, EmitError> {
    let Followed { strct, elements, room, pointer, .. } = followed;
    let (ty, method) = (type_name(unit, strct)?, rust::follow::method_name(pointer));
    let at = if pointer.count.is_some() { ", at" } else { "" };
    Ok(format!(
        "\n#[allow(non_snake_case, unused_variables)]\nfn run_{run}(user: &[u8], size: usize) -> Answer {{\n    \
         let mut all = match run_{strct}(user, size) {{\n        Answer::Accepted(held) => held,\n        \
         refused => return refused,\n    }};\n    \
         let held = <abi::{ty} as argsz::zerocopy::FromBytes>::read_from_bytes(&all).expect(\"whole\");\n    \
         let space = argsz::Mapping {{ address: {USER_BASE}, bytes: user }};\n    \
         for at in 0..{elements} {{\n        match held.{method}(&space{at}) {{\n            \
         Ok(None) => break,\n            \
         Err(rejection) => return Answer::refused(rejection, &[rejection.rule]),\n            \
         Ok(Some(to)) => {{\n                let end = all.len() + {room};\n                \
         all.extend_from_slice(to.as_bytes());\n                all.resize(end, 0);\n            }}\n        }}\n    \
         }}\n    Answer::Accepted(all)\n}}\n"
    ))
}

fn runner(unit: &Unit<'_>, lists: &StructLists) -> Result<String, EmitError> {
    let name = &lists.generic.name;
    let ty = type_name(unit, name)?;
    let sized = lists.generic.size == SizeFrom::Caller;
    let (copy, first, only) =
        if sized { ("copy_from_user_with_size", ", size", "size") } else { ("copy_from_user", "", "") };
    let (_, after) = lists.halves()?;
    let mut text = format!(
        "\n#[allow(non_snake_case, unused_variables)]\nfn run_{name}(user: &[u8], size: usize) -> Answer {{\n    \
         let held = match abi::{ty}::{copy}(user{first}) {{\n        Ok(held) => held,\n        \
         Err(rejection) => return Answer::refused(rejection, &[]),\n    }};\n"
    );
    let mut judge = |check: &str, late: &[&str]| {
        let _ = write!(
            text,
            "    if let Err(rejection) = held.{check}({only}) {{\n        \
             return Answer::refused(rejection, &{late:?});\n    }}\n"
        );
    };
    if !after.is_empty() {
        judge("check_after_lookup", &after.iter().map(|step| step.id.as_str()).collect::<Vec<_>>());
    }
    for list in &lists.layered {
        let own = lists.beyond(list)?.iter().filter(|step| step.after_lookup);
        let late: Vec<&str> = own.map(|step| step.id.as_str()).collect();
        judge(&format!("check_{}", list.layer.as_deref().unwrap_or_default()), &late);
    }
    text.push_str("    Answer::Accepted(held.as_bytes().to_vec())\n}\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    /// The runtime is compiled into engines from the list above; a file that is not on it breaks every build of one.
    #[test]
    fn the_runtime_has_all_its_files() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../argsz/src");
        let files = std::fs::read_dir(folder).expect("the runtime's sources");
        let mut there: Vec<String> =
            files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned()).collect();
        there.sort();
        let listed: Vec<&str> = super::RUNTIME.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, listed);
    }
}
