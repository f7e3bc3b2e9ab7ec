//! Instructions of the generated checks per call, beside checks written by hand, over recorded calls.
//!
//! `cargo bench -p argsz-codegen --bench validators`. Needs valgrind and cc. Prints Markdown: callgrind counts what
//! runs inside of one function per struct that each of them has, so machines' noise has no part in it. Every errno and
//! every struct held is compared, too. With `-- --structs`, a row per struct follows that of its recording.

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_codegen::c_checks;
use argsz_schema::Schema;
use argsz_schema::layout::layout;
use argsz_schema::target;
use common::{Failure, callgrind, instructions};

/// Recordings, and what the hand-written header, the generated files and the Rust module are called.
const CASES: [(&str, &str); 2] = [("iommu-generic", "iommu"), ("iommufd-7.3", "iommufd")];

fn main() -> Result<(), Failure> {
    // `cargo test --benches` calls with --test: there is nothing to test.
    if std::env::args().any(|arg| arg == "--test") {
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent folder")?.to_owned();
    println!("| recording | calls | by hand, C -O2 | generated C -O2 | generated Rust |\n|---|---|---|---|---|");
    let by_struct = std::env::args().any(|arg| arg == "--structs");
    for (vectors, stem) in CASES {
        let case = Case::new(&root, vectors, stem)?;
        let programs = [case.c()?, case.rust()?];
        case.row(vectors, &case.lines, &programs)?;
        for (at, name) in case.structs.iter().enumerate().filter(|_| by_struct) {
            let own = |line: &&str| line.split_once(' ').is_some_and(|(strct, _)| *strct == at.to_string());
            let lines: Vec<&str> = case.lines.lines().filter(own).collect();
            case.row(&format!("`{name}`"), &(lines.join("\n") + "\n"), &programs)?;
        }
    }
    Ok(())
}

struct Case {
    root: PathBuf,
    dir: PathBuf,
    stem: &'static str,
    /// Structs that are written by hand; the place of each is its number.
    structs: Vec<String>,
    /// Those of them that are judged after look-ups, too.
    late: BTreeSet<String>,
    /// `NUMBER HEX` on each line.
    lines: String,
}

impl Case {
    fn new(root: &Path, vectors: &str, stem: &'static str) -> Result<Self, Failure> {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("validators").join(stem);
        fs::create_dir_all(dir.join("src"))?;
        let hand = fs::read_to_string(root.join(format!("tests/c/hand_written/{stem}.h")))?;
        let recorded = fs::read(root.join(format!("tests/vectors/{vectors}.jsonl")))?;
        let recorded = argsz_codegen::vectors::parse(&recorded).whole;
        let by_hand = |name: &str| hand.contains(&format!("hand_{name}("));
        let structs: BTreeSet<String> =
            recorded.iter().map(|vector| vector.input.strct.clone()).filter(|name| by_hand(name)).collect();
        let structs: Vec<String> = structs.into_iter().collect();
        let mut lines = String::new();
        for vector in &recorded {
            let Some(at) = structs.iter().position(|name| *name == vector.input.strct) else { continue };
            writeln!(lines, "{at} {}", argsz_codegen::engine::to_hex(&vector.input.user))?;
        }
        Ok(Self { root: root.to_owned(), dir, stem, late: late(root, stem)?, structs, lines })
    }

    /// Both kinds of C in one program.
    fn c(&self) -> Result<PathBuf, Failure> {
        let (mut functions, mut hand, mut generated) = (String::new(), String::new(), String::new());
        for name in &self.structs {
            let head = "\n__attribute__((noinline)) static int measured";
            write!(functions, "{head}_hand_{name}(void *held, argsz_user_t user)\n{{\n")?;
            writeln!(functions, "\treturn hand_{name}(held, user);\n}}")?;
            write!(functions, "{head}_generated_{name}(void *held, argsz_user_t user)\n{{\n")?;
            writeln!(functions, "\treturn {name}_check(held, user, NULL);\n}}")?;
            writeln!(hand, "\tmeasured_hand_{name},")?;
            writeln!(generated, "\tmeasured_generated_{name},")?;
        }
        let text = C_LOOP
            .replace("@STEM@", self.stem)
            .replace("@FUNCTIONS@", functions.trim())
            .replace("@HAND@", hand.trim_end())
            .replace("@GENERATED@", generated.trim_end());
        fs::write(self.dir.join("bench.c"), text)?;
        let generated = self.root.join("generated");
        let include = |path: PathBuf| format!("-I{}", path.display());
        let program = self.dir.join("bench-c");
        let status = Command::new("cc")
            .args(["-std=gnu11", "-O2", "-g", "-DHAND_SINCE_7_3", "-Wall"])
            .args([include(generated.join("kernel")), include(generated.join("include/uapi"))])
            .arg(include(self.root.join("tests/c/hand_written")))
            .arg(self.dir.join("bench.c"))
            .arg("-o")
            .arg(&program)
            .status()?;
        if status.success() { Ok(program) } else { Err("cc refuses the bench".into()) }
    }

    fn rust(&self) -> Result<PathBuf, Failure> {
        let (mut functions, mut table) = (String::new(), String::new());
        for name in &self.structs {
            let ty: String = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            let after = if self.late.contains(name) {
                ".and_then(|held| held.check_after_lookup().map(|()| held))"
            } else {
                ""
            };
            write!(functions, "\n#[inline(never)]\nfn measured_{name}(held: &mut Held, user: &[u8]) -> i32 {{\n")?;
            writeln!(functions, "    answer(abi::{ty}::copy_from_user(user){after}, held)\n}}")?;
            writeln!(table, "    measured_{name},")?;
        }
        let text = RUST_LOOP
            .replace("@STEM@", self.stem)
            .replace("@FUNCTIONS@", functions.trim())
            .replace("@TABLE@", table.trim_end());
        fs::write(self.dir.join("src/main.rs"), text)?;
        let path = |name: &str| self.root.join(name).display().to_string();
        let manifest = format!(
            "[package]\nname = \"bench-rust\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             argsz = {{ path = {:?}, default-features = false }}\nargsz-linux = {{ path = {:?} }}\n\n[workspace]\n\n\
             [profile.release]\ndebug = 1\ncodegen-units = 1\n",
            path("argsz"),
            path("generated")
        );
        fs::write(self.dir.join("Cargo.toml"), manifest)?;
        let target = self.dir.join("target");
        let mut command = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
        command.args(["build", "--release", "--quiet", "--target-dir"]).arg(&target).current_dir(&self.dir);
        if command.status()?.success() {
            Ok(target.join("release/bench-rust"))
        } else {
            Err("cargo refuses the bench".into())
        }
    }

    /// Prints what the calls of some lines cost, by hand, in C and in Rust.
    fn row(&self, what: &str, lines: &str, [c, rust]: &[PathBuf; 2]) -> Result<(), Failure> {
        let (hand, hand_says) = self.count(lines, c, "hand")?;
        let (generated, generated_says) = self.count(lines, c, "generated")?;
        let (in_rust, rust_says) = self.count(lines, rust, "generated")?;
        if hand_says != generated_says || hand_says != rust_says {
            return Err(format!("{what}: the answers differ").into());
        }
        let ratio = |n: f64| format!("{n:.1} ({:.2}x)", n / hand);
        println!("| {what} | {} | {hand:.1} | {} | {} |", lines.lines().count(), ratio(generated), ratio(in_rust));
        Ok(())
    }

    /// Instructions per call, and all answers.
    fn count(&self, lines: &str, program: &Path, which: &str) -> Result<(f64, String), Failure> {
        let input = self.dir.join("input");
        fs::write(&input, lines)?;
        let mut calls = callgrind(&["--toggle-collect=*measured_*"], program);
        let (counted, said) = instructions(calls.arg(which).stdin(fs::File::open(&input)?))?;
        let calls = u32::try_from(lines.lines().count())?;
        Ok((f64::from(u32::try_from(counted)?) / f64::from(calls), said))
    }
}

/// Structs with rules for after look-ups, at the newest release.
fn late(root: &Path, stem: &str) -> Result<BTreeSet<String>, Failure> {
    let schema = Schema::load(&root.join(format!("schema/linux/{stem}.toml"))).map_err(|error| error.to_string())?;
    let release = schema.releases().last().ok_or("no release")?;
    let model = schema.at(release);
    let layouts = layout(&model, target::ALL[0])?;
    let mut late = BTreeSet::new();
    for lists in c_checks::compile(&layouts, &c_checks::every_struct(&model), &[])? {
        if !lists.halves()?.1.is_empty() {
            late.insert(lists.generic.name);
        }
    }
    Ok(late)
}

const C_LOOP: &str = r#"#include "@STEM@_checks.h"
#include "@STEM@.h"
#include <stdio.h>
#include <stdlib.h>

@FUNCTIONS@

typedef int (*measured_t)(void *held, argsz_user_t user);

static const measured_t hand[] = {
@HAND@
};

static const measured_t generated[] = {
@GENERATED@
};

int main(int argc, char **argv)
{
	const measured_t *measured = argc > 1 && argv[1][0] == 'h' ? hand : generated;
	static char line[1 << 16];
	static uint8_t bytes[1 << 15];

	while (fgets(line, sizeof(line), stdin)) {
		static __u64 held[64];
		char *hex;
		int strct = (int)strtol(line, &hex, 10), err, i;
		size_t n = 0;
		struct argsz_user_buf user = { bytes, 0 };
		unsigned int byte;

		for (hex++; sscanf(hex, "%2x", &byte) == 1; hex += 2)
			bytes[n++] = (uint8_t)byte;
		user.len = n;
		memset(held, 0, sizeof(held));
		err = measured[strct](held, user);
		printf("%d", err);
		for (i = 0; !err && i < 16; i++)
			printf(" %llx", (unsigned long long)held[i]);
		printf("\n");
	}
	return 0;
}
"#;

const RUST_LOOP: &str = r#"use std::io::BufRead as _;

use argsz::zerocopy::{Immutable, IntoBytes};
use argsz_linux::@STEM@ as abi;

type Held = [u64; 64];

fn answer<T: IntoBytes + Immutable>(judged: Result<T, argsz::Rejection>, held: &mut Held) -> i32 {
    match judged {
        Ok(accepted) => {
            accepted.write_to_prefix(held.as_mut_bytes()).expect("room");
            0
        }
        Err(rejection) => -rejection.errno.number(),
    }
}

@FUNCTIONS@

const MEASURED: &[fn(&mut Held, &[u8]) -> i32] = &[
@TABLE@
];

fn main() {
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (strct, hex) = line.split_once(' ').expect("two words");
        let user: Vec<u8> =
            (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex")).collect();
        let mut held = [0; 64];
        let strct: usize = strct.parse().expect("a number");
        let err = MEASURED[strct](&mut held, &user);
        print!("{err}");
        for word in held.iter().take(if err == 0 { 16 } else { 0 }) {
            print!(" {word:x}");
        }
        println!();
    }
}
"#;
