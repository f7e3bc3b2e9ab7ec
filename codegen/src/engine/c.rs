//! The C engine: the printed checks, the printed header, and a loop around them, built by the system's compiler.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use argsz_schema::checklist::{CheckList, SizeFrom};
use argsz_schema::target;

use super::{Engine, EngineError, Followed, Input, Outcome, USER_BASE, workshop};
use crate::c_checks::{self, StructLists};
use crate::{EmitError, FileMap, Unit, c_header};

/// The loop around the checks.
const LOOP: &str = include_str!("../../c/argsz_engine.h");

/// How the engine is built.
#[derive(Clone, Debug)]
pub struct CBuild {
    /// Where built engines are kept.
    pub cache: PathBuf,
    /// The compiler.
    pub compiler: String,
    /// Options beyond those that are always given.
    pub options: Vec<String>,
}

impl Default for CBuild {
    /// The user's cache, `$CC` or `cc`, `-O2`.
    fn default() -> Self {
        let compiler = std::env::var("CC").ok().filter(|cc| !cc.trim().is_empty());
        Self {
            cache: workshop::cache_dir(),
            compiler: compiler.unwrap_or_else(|| "cc".to_owned()),
            options: vec!["-O2".to_owned()],
        }
    }
}

/// A built C engine.
#[derive(Debug)]
pub struct CEngine {
    program: PathBuf,
    lists: Vec<StructLists>,
    followed: Vec<Followed>,
}

impl CEngine {
    /// Prints, compiles, and keeps the program for the next time.
    pub fn build(unit: &Unit<'_>, layer: Option<&str>, how: &CBuild) -> Result<Self, EngineError> {
        let layouts = unit.on(target::ALL[0])?;
        let lists = c_checks::compile(&layouts, &c_checks::every_struct(unit.model), layer.as_slice())?;
        Self::assemble(unit, &c_header::emit(unit)?, lists, how)
    }

    /// Builds an engine of given lists, over a given text of the header.
    pub fn assemble(unit: &Unit<'_>, header: &str, lists: Vec<StructLists>, how: &CBuild) -> Result<Self, EngineError> {
        let followed = super::followed(unit, &lists)?;
        let mut files = files(unit, header, &lists)?;
        let mut put = |path: &str, text: &str| files.insert(PathBuf::from(path), text.as_bytes().to_vec());
        put("options", &format!("{} {}\n", how.compiler, how.options.join(" ")));
        let home = workshop::built(&how.cache, "c", &files, "engine", &|site| compile(site, how))?;
        Ok(Self { program: home.join("engine"), lists, followed })
    }

    fn list(&self, strct: &str) -> Option<&CheckList> {
        let lists = self.lists.iter().find(|lists| lists.generic.name == strct)?;
        Some(lists.layered.first().unwrap_or(&lists.generic))
    }
}

impl Engine for CEngine {
    fn name(&self) -> &'static str {
        "c"
    }

    fn knows(&self, strct: &str) -> bool {
        self.list(strct).is_some() || self.followed.iter().any(|followed| followed.name == strct)
    }

    fn run(&self, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError> {
        if let Some(input) = inputs.iter().find(|input| !self.knows(&input.strct)) {
            return Err(EngineError::Unknown { engine: "c", strct: input.strct.clone() });
        }
        workshop::exchange("c", &self.program, inputs)
    }
}

/// What an engine is built from: `engine.c`, and what it includes (with `-I. -Iuapi`). Its table of `readers` is of use
/// to other programs too.
pub fn files(unit: &Unit<'_>, header: &str, lists: &[StructLists]) -> Result<FileMap, EmitError> {
    let mut files = FileMap::new();
    let mut put = |path: &str, text: &str| files.insert(PathBuf::from(path), text.as_bytes().to_vec());
    put(&format!("uapi/{}", unit.model.header.path), header);
    put(c_checks::SUPPORT_NAME, c_checks::SUPPORT);
    put("checks.h", &c_checks::print(unit, lists)?);
    put("loop.h", LOOP);
    put("engine.c", &program(lists, &super::followed(unit, lists)?));
    Ok(files)
}

fn compile(site: &Path, how: &CBuild) -> Result<(), EngineError> {
    let mut words = how.compiler.split_whitespace();
    let tool = words.next().unwrap_or("cc");
    let fixed = ["-std=gnu11", "-Iuapi", "-I.", "engine.c", "-o", "engine"];
    let args: Vec<String> =
        words.map(str::to_owned).chain(how.options.iter().cloned()).chain(fixed.map(str::to_owned)).collect();
    workshop::compile("c", site, tool, &args)
}

/// The file that is compiled.
fn program(lists: &[StructLists], followed: &[Followed]) -> String {
    let mut text = "#define _GNU_SOURCE\n#include \"checks.h\"\n#include \"loop.h\"\n".to_owned();
    for lists in lists {
        text.push_str(&runner(lists));
    }
    for followed in followed {
        text.push_str(&follower(followed));
    }
    text.push_str("\nconst struct reader readers[] = {\n");
    for lists in lists {
        let name = &lists.generic.name;
        let _ = writeln!(text, "\t{{ \"{name}\", run_{name} }},");
    }
    for one in followed {
        let function = c_checks::function_name(&one.strct, &one.pointer);
        let _ = writeln!(text, "\t{{ \"{}\", run_{function} }},", one.name);
    }
    text.push_str("\t{ NULL, NULL }\n};\n\nconst struct errno_name errno_names[] = {\n");
    for errno in errnos(lists) {
        let _ = writeln!(text, "\t{{ {errno}, \"{errno}\" }},");
    }
    text.push_str("\t{ 0, NULL }\n};\n");
    text
}

/// Every errno that a list may give; a tail that cannot be read gives EFAULT whatever its step says.
fn errnos(lists: &[StructLists]) -> BTreeSet<&'static str> {
    let all = lists.iter().flat_map(|lists| std::iter::once(&lists.generic).chain(&lists.layered));
    all.flat_map(|list| &list.steps).map(|step| step.errno.0).chain(["EFAULT"]).collect()
}

/// Reads a struct, and then what a pointer of it leads to.
fn follower(followed: &Followed) -> String {
    let Followed { strct, elements, room, pointer, .. } = followed;
    let (function, union) = (c_checks::function_name(strct, pointer), c_checks::union_name(strct, pointer));
    let at = if pointer.count.is_some() { ", at" } else { "" };
    format!(
        "\nstatic void run_{function}(argsz_user_t user, size_t size, struct outcome *out)\n{{\n\
         \tstatic unsigned char all[sizeof(struct {strct}) + {elements} * {room}];\n\
         \tconst struct argsz_user_space space = {{ {USER_BASE}, user }};\n\
         \tconst struct {strct} *held;\n\tunion {union} to;\n\t__u64 at;\n\n\
         \trun_{strct}(user, size, out);\n\tif (out->err)\n\t\treturn;\n\
         \theld = out->held;\n\tmemcpy(all, held, out->known);\n\tout->held = all;\n\
         \tfor (at = 0; at < {elements}; at++) {{\n\t\tint err;\n\n\t\tmemset(&to, 0, sizeof(to));\n\
         \t\terr = {function}(held, &space{at}, &to, &out->rule);\n\t\tif (err <= 0) {{\n\
         \t\t\tout->err = err;\n\t\t\tout->after_lookup = err < 0;\n\t\t\treturn;\n\t\t}}\n\
         \t\tmemcpy(all + out->known, &to, {room});\n\t\tout->known += {room};\n\t}}\n}}\n"
    )
}

/// Runs the functions of one struct in the order of its list.
fn runner(lists: &StructLists) -> String {
    let name = &lists.generic.name;
    let size = if lists.generic.size == SizeFrom::Caller { ", size" } else { "" };
    let mut text = format!(
        "\nstatic void run_{name}(argsz_user_t user, size_t size, struct outcome *out)\n{{\n\
         \tstatic struct {name} held;\n\n\t(void)size;\n\tout->held = &held;\n\tout->known = {};\n\
         \tout->err = {name}_copy(&held, user{size}, &out->rule);\n\tif (out->err)\n\t\treturn;\n\
         \tout->err = {name}_check_after_lookup(&held{size}, &out->rule);\n\
         \tif (out->err) {{\n\t\tout->after_lookup = 1;\n\t\treturn;\n\t}}\n",
        lists.generic.known
    );
    for list in &lists.layered {
        let layer = list.layer.as_deref().unwrap_or_default();
        let after: Vec<&str> = list
            .steps
            .iter()
            .skip(lists.generic.steps.len())
            .filter(|step| step.after_lookup)
            .map(|step| step.id.as_str())
            .collect();
        let _ = writeln!(text, "\tout->err = {name}_check_{layer}(&held{size}, &out->rule);");
        for id in after {
            let _ = writeln!(text, "\tif (out->err && !strcmp(out->rule, {id:?}))\n\t\tout->after_lookup = 1;");
        }
    }
    text.push_str("}\n");
    text
}
