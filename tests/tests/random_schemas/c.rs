//! What compilers of C and C++ make of headers.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use argsz_codegen::{c_asserts, c_header, c_type};
use argsz_schema::constants;
use argsz_schema::layout::{Layouts, StructLayout};
use argsz_schema::model::{ConstValue, Type};
use argsz_schema::target;
use argsz_tests::real::{self, Width};

use super::Case;

/// The widths that can be built here.
static WIDTHS: LazyLock<Vec<Width>> =
    LazyLock::new(|| real::WIDTHS.into_iter().filter(|width| real::can_build(*width)).collect());
/// The compilers that are here, with the language of each.
static COMPILERS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let there = |compiler: &str| {
        let there = Command::new(compiler).arg("--version").output().is_ok();
        if !there {
            real::skip(&format!("headers for {compiler}"), "there is no such compiler here");
        }
        there
    };
    [("gcc", "c"), ("g++", "c++")].into_iter().filter(|(compiler, _)| there(compiler)).collect()
});

/// Says every number that the compiler has otherwise than the layout; so does the program that includes it.
const MEASURE: &str = r#"#include <stddef.h>
#include <stdio.h>
#include <string.h>

static void same(const char *what, unsigned long long real, unsigned long long ours)
{
	if (real != ours)
		printf("%s: real %llu, ours %llu\n", what, real, ours);
}

/* Whether exactly these bits are set. */
static void bits(const char *what, const unsigned char *bytes, size_t size, size_t first, size_t width)
{
	for (size_t bit = 0; bit < size * 8; bit++)
		if ((bytes[bit / 8] >> bit % 8 & 1) != (bit >= first && bit < first + width)) {
			printf("%s: not bits %zu to %zu\n", what, first, first + width - 1);
			return;
		}
}
#define SAME(real, ours) same(#real, real, ours)
#define VALUE(name, low, ours) same(#name, name, ours); same(#name " < 0", name < 0, low)
/* Elements of a flexible array lie behind the struct. */
#define BITS(type, path, first, width) do { \
	union { unsigned char bytes[sizeof(type) + 4096]; type it; } whole; \
	memset(&whole, 0, sizeof(whole)); \
	whole.it.path = -1; \
	bits(#type "." #path, whole.bytes, sizeof(whole), first, width); \
} while (0)
"#;

/// The first thing that a compiler does not take, or has otherwise; all cases in one program.
pub(crate) fn fault(cases: &[&Case]) -> Option<String> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let write = |path: String, text: &str| std::fs::write(dir.path().join(path), text).expect("a file");
    std::fs::create_dir(dir.path().join("linux")).expect("a folder");
    let (mut asserts, mut headers) = (String::new(), String::new());
    for case in cases {
        let printed = case.unit(|unit| Ok((c_header::emit(unit)?, c_asserts::emit(unit)?)));
        let (header, own) = match printed {
            Ok(printed) => printed,
            Err(error) => return Some(error.to_string()),
        };
        write(format!("linux/n{}.h", case.number), &header);
        write(format!("n{}.c", case.number), &own);
        let _ = writeln!(asserts, "#include \"n{}.c\"", case.number);
        let _ = writeln!(headers, "#include <linux/n{}.h>", case.number);
    }
    write("asserts.c".to_owned(), &asserts);
    WIDTHS.iter().find_map(|width| {
        let asserted = COMPILERS.iter().find_map(|(compiler, language)| {
            let mut command = Command::new(compiler);
            command.args(["-Wall", "-Wextra", "-Wpadded", "-Wpedantic", "-Werror", width.option, "-x", language]);
            // Dice pack what has an alignment of its own, which is theirs to be warned of.
            command.arg("-Wno-packed-not-aligned");
            failure(dir.path(), command.args(["-fsyntax-only", "-I", ".", "asserts.c"]))
        });
        asserted.or_else(|| {
            let program: Vec<String> = cases.iter().map(|case| measure(case, *width)).collect();
            write("measure.c".to_owned(), &format!("{headers}{MEASURE}{}", whole(&program)));
            let mut cc = Command::new("gcc");
            failure(dir.path(), cc.args(["-w", "-O0", width.option, "-I", ".", "measure.c", "-o", "measure"]))
                .or_else(|| failure(dir.path(), &mut Command::new(dir.path().join("measure"))))
        })
    })
}

/// What a command says, if it fails or says anything.
fn failure(dir: &Path, command: &mut Command) -> Option<String> {
    let output = command.current_dir(dir).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = [output.stdout, output.stderr].concat();
    let fine = output.status.success() && said.is_empty();
    (!fine).then(|| format!("{command:?}:\n{}", String::from_utf8_lossy(&said)))
}

/// A function for each part, and all of them called.
fn whole(parts: &[String]) -> String {
    let functions = parts.iter().enumerate().map(|(at, part)| format!("static void part{at}(void)\n{{\n{part}}}\n"));
    let calls: String = (0..parts.len()).map(|at| format!("\tpart{at}();\n")).collect();
    format!("{}int main(void)\n{{\n{calls}\treturn 0;\n}}\n", functions.collect::<String>())
}

/// All that is known of a schema on a machine, to be compared.
fn measure(case: &Case, width: Width) -> String {
    let target = target::find(width.target).expect("a target of argsz");
    let taken = case.unit(|unit| {
        let layouts = unit.on(target)?;
        let mut text = String::new();
        for (name, laid) in layouts.structs.iter() {
            of_struct(&mut text, &c_type::named(unit.model, name), laid);
        }
        values(&mut text, &layouts);
        Ok(text)
    });
    taken.expect("what was checked has a layout")
}

fn of_struct(text: &mut String, tag: &str, laid: &StructLayout<'_>) {
    let _ = writeln!(text, "\tSAME(sizeof({tag}), {});\n\tSAME(_Alignof({tag}), {});", laid.size, laid.align);
    for (at, placed) in laid.fields.iter().enumerate().filter(|(_, placed)| !placed.is_unnamed()) {
        let (parent, field) = (parent(laid, at), placed.field);
        let mut first = placed.offset * 8;
        for (name, width) in &field.bits {
            if !name.is_empty() {
                let _ = writeln!(text, "\tBITS({tag}, {parent}{name}, {first}, {width});");
            }
            first += width;
        }
        if !field.bits.is_empty() {
            continue;
        }
        let path = parent + &field.meta.name;
        let _ = writeln!(text, "\tSAME(offsetof({tag}, {path}), {});", placed.offset);
        if !matches!(field.ty, Type::Flex(_)) {
            let _ = writeln!(text, "\tSAME(sizeof((({tag} *)0)->{path}), {});", placed.size);
        }
    }
}

/// What stands before the name of a field: what it is written in, the first elements of arrays.
fn parent(laid: &StructLayout<'_>, at: usize) -> String {
    let mut path = String::new();
    let mut parent = laid.fields[at].parent;
    while let Some(outer) = parent.map(|at| &laid.fields[at]) {
        if !outer.is_unnamed() {
            let mut first = outer.field.meta.name.clone();
            let mut ty = &outer.field.ty;
            while let Type::Array(of, _) | Type::Flex(of) = ty {
                first += "[0]";
                ty = of;
            }
            path = format!("{first}.{path}");
        }
        parent = outer.parent;
    }
    path
}

fn values(text: &mut String, layouts: &Layouts<'_>) {
    for (name, value) in constants::all(layouts.model, layouts) {
        let _ = match value {
            ConstValue::Int(value) => {
                // Both sides are taken modulo 2^64, as C does.
                let word = value.rem_euclid(1 << 64);
                writeln!(text, "\tVALUE({name}, {}, {word}ULL);", u8::from(value < 0))
            }
            ConstValue::Str(of) => writeln!(text, "\tSAME(sizeof({name}) - 1, {});", of.len()),
        };
    }
}
