//! Cost of `argsz compat`: an edit of one struct beside abidiff with the compilations it needs, and 10,000 structs with 100
//! edits.
//!
//! `cargo bench -p argsz-codegen --bench compat`. Prints Markdown. Needs `gcc` and `abidiff` (package abigail-tools).

mod common;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use argsz_codegen::{Shared, Unit, c_header};
use argsz_schema::Schema;
use argsz_schema::source::Source;
use common::{Failure, median};

fn main() -> Result<(), Failure> {
    // `cargo test --benches` calls with --test: there is nothing to test.
    if std::env::args().any(|arg| arg == "--test") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    beside_abidiff(folder.path())?;
    many(folder.path())
}

/// How long a program ran, whatever its status: breaks have one of their own.
fn timed(program: &str, args: &[&str], folder: &Path) -> Result<Duration, Failure> {
    let start = Instant::now();
    Command::new(program).args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    Ok(start.elapsed())
}

const ARGSZ: &str = env!("CARGO_BIN_EXE_argsz");

fn beside_abidiff(folder: &Path) -> Result<(), Failure> {
    println!("| a field appended to one of 10 structs (median of 21, in turn) | time | ratio |\n|---|---|---|");
    if Command::new("abidiff").arg("--version").output().is_err() {
        println!("| skipped: needs abidiff (package abigail-tools) | | |\n");
        return Ok(());
    }
    for (name, edits) in [("old", 0), ("new", 1)] {
        let text = synthetic(10, edits);
        let schema = Schema::parse(Source::new(name, &text))?;
        let release = schema.releases().last().ok_or("no release")?;
        let model = schema.at(release);
        let unit = Unit {
            history: schema.model(),
            release,
            model: &model,
            stem: name,
            source_name: name,
            input_hash: "0",
            shared: Shared::default(),
        };
        std::fs::write(folder.join(format!("{name}.h")), c_header::emit(&unit)?)?;
        std::fs::write(folder.join(format!("{name}.toml")), text)?;
        let uses: String = (0..10).map(|n| format!("int use_{n}(struct sy_{n} *s) {{ return s->argsz; }}\n")).collect();
        std::fs::write(folder.join(format!("{name}.c")), format!("#include \"{name}.h\"\n{uses}"))?;
    }
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..21 {
        let mut all = Duration::ZERO;
        for name in ["old", "new"] {
            let (source, library) = (format!("{name}.c"), format!("{name}.so"));
            all += timed("gcc", &["-g", "-fPIC", "-shared", &source, "-o", &library], folder)?;
        }
        theirs.push(all + timed("abidiff", &["old.so", "new.so"], folder)?);
        ours.push(timed(ARGSZ, &["compat", "old.toml", "new.toml"], folder)?);
    }
    let (theirs, ours) = (median(theirs), median(ours));
    println!("| gcc of both headers, abidiff | {theirs:.1?} | {:.1} |", theirs.as_secs_f64() / ours.as_secs_f64());
    println!("| argsz compat | {ours:.1?} | 1 |\n");
    Ok(())
}

fn many(folder: &Path) -> Result<(), Failure> {
    println!("| structs | edits | argsz compat (median of 3) |\n|---|---|---|");
    for (structs, edits) in [(1_000, 100), (10_000, 100)] {
        std::fs::write(folder.join("before.toml"), synthetic(structs, 0))?;
        std::fs::write(folder.join("after.toml"), synthetic(structs, edits))?;
        let run = || timed(ARGSZ, &["compat", "before.toml", "after.toml"], folder);
        let times = (0..3).map(|_| run()).collect::<Result<Vec<_>, _>>()?;
        println!("| {structs} | {edits} | {:.2?} |", median(times));
    }
    Ok(())
}

/// A header of `count` structs, the first `edits` of which got a field under a flag of its own.
fn synthetic(count: u32, edits: u32) -> String {
    let mut text = String::from(
        "grammar = 1\n[header]\npath = \"linux/synthetic.h\"\nguard = \"SYNTHETIC_H\"\nincludes = [\"linux/types.h\"]\n\
         license = \"MIT\"\nreleases = [\"1.0\"]\n",
    );
    for n in 0..count {
        let (bit, field, size) = if n < edits {
            (
                ", WIDE = { bit = 1, doc = \"Wide.\" }",
                "{ name = \"wide\", type = \"u64\", when = \"flags.has(WIDE)\", doc = \"Under WIDE.\" },\n",
                "min_size = [{ when = \"flags.has(WIDE)\", covers = \"wide\" }]\n",
            )
        } else {
            ("", "", "")
        };
        let _ = write!(
            text,
            "[flags.sy_{n}_flags]\ntype = \"u32\"\nprefix = \"SY_{n}_\"\ndoc = \"Flags.\"\n\
             bits = {{ READ = {{ bit = 0, doc = \"Read.\" }}{bit} }}\n\
             [struct.sy_{n}]\ndoc = \"A struct.\"\ngrows = \"argsz\"\nmin = \"addr\"\nfields = [\n\
             {{ name = \"argsz\", type = \"u32\", role = \"argsz\", doc = \"Size.\" }},\n\
             {{ name = \"flags\", type = \"u32\", flags = \"sy_{n}_flags\", doc = \"Flags.\" }},\n\
             {{ name = \"addr\", type = \"aligned_u64\", unchecked = \"any\", doc = \"Address.\" }},\n{field}]\n{size}"
        );
    }
    text
}
