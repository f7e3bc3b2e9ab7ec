//! The generated C, compiled by real compilers and run on random words beside the generated Rust.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use argsz_tests::real;

use super::{Random, calls, facts};

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];
/// Words that every call gets, one value to set, and how often.
const WORDS: usize = 8;
const ROUNDS: usize = 500;

/// What C asserts of the positions written down by hand.
fn asserts() -> String {
    let mut text = String::new();
    let mut assert = |name: &str, value: u64| {
        let _ = writeln!(text, "ASSERT({name} == {value:#x}ULL, \"{name}\");");
    };
    for (item, offset, _) in facts::REGISTERS {
        assert(&format!("VTD_{}_OFFSET", item.to_uppercase()), u64::from(*offset));
    }
    for call in calls::ALL {
        let fact = super::fact(call.item, call.field);
        let name = format!("VTD_{}_{}", call.item, call.field).to_uppercase();
        for (at, (hi, lo)) in fact.parts.iter().rev().enumerate() {
            let name = if fact.parts.len() == 1 { name.clone() } else { format!("{name}_{at}") };
            assert(&format!("{name}_WORD"), u64::from(lo / 64));
            assert(&format!("{name}_SHIFT"), u64::from(lo % 64));
            let bits = (lo % 64..=hi % 64).fold(0, |mask, bit| mask | 1_u64 << bit);
            assert(&format!("{name}_MASK"), bits);
        }
        if let Some(fixed) = fact.fixed {
            assert(&format!("{name}_VALUE"), fixed);
        }
    }
    for (name, words) in super::cells(&super::model()) {
        for (at, word) in words.iter().enumerate() {
            assert(&format!("{name}_{at}"), *word);
        }
    }
    text
}

/// A program that reads rounds of words and a value, and writes what every getter and setter makes of them.
fn program() -> String {
    let mut text = String::from(
        "#include <intel/vtd.h>\n#include <stdio.h>\n#include <string.h>\n\
         #ifdef __cplusplus\n#define ASSERT(what, text) static_assert(what, text)\n\
         #else\n#define ASSERT(what, text) _Static_assert(what, text)\n#endif\n",
    );
    text.push_str(&asserts());
    text.push_str("static void out(__u64 value)\n{\n\tfwrite(&value, sizeof(value), 1, stdout);\n}\n");
    for (at, call) in calls::ALL.iter().enumerate() {
        let word = format!("__u{}", call.width);
        let _ = write!(
            text,
            "static void call_{at}(const __u64 *in)\n{{\n\t{word} words[{n}];\n\tunsigned int at;\n\
             \tfor (at = 0; at < {n}; at++)\n\t\twords[at] = ({word})in[at];\n\
             \tout(vtd_{item}_{field}(words));\n\tvtd_{item}_set_{field}(words, ({word})in[{WORDS}]);\n\
             \tfor (at = 0; at < {n}; at++)\n\t\tout(words[at]);\n}}\n",
            n = call.words,
            item = call.item,
            field = call.field
        );
    }
    let all: String = (0..calls::ALL.len()).map(|at| format!("\t\tcall_{at}(in);\n")).collect();
    let _ = write!(
        text,
        "int main(void)\n{{\n\t__u64 in[{WORDS} + 1];\n\twhile (fread(in, sizeof(in), 1, stdin) == 1) {{\n{all}\t}}\n\
         \treturn 0;\n}}\n"
    );
    text
}

/// What Rust makes of the same rounds.
fn expected(rounds: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    for round in rounds.chunks_exact(WORDS + 1) {
        for call in calls::ALL {
            let cut = if call.width == 32 { u64::from(u32::MAX) } else { u64::MAX };
            let words: Vec<u64> = round[..call.words].iter().map(|word| word & cut).collect();
            found.push((call.get)(&words));
            found.extend((call.set)(&words, round[WORDS] & cut));
        }
    }
    found
}

/// Compiles and runs; `None` if this machine cannot make such programs.
fn run(compiler: &str, width: &str, dir: &Path, input: &[u8]) -> Option<Vec<u8>> {
    let language = if compiler == "g++" { "c++" } else { "c" };
    let compile = |source: &Path, to: &Path, warnings: &[&str]| {
        let include = real::root().join("generated/include");
        let output = Command::new(compiler)
            .args(warnings)
            .args([width, "-O1", "-x", language, "-I"])
            .arg(include)
            .arg(source)
            .arg("-o")
            .arg(to)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    };
    let probe = dir.join("probe.c");
    std::fs::write(&probe, "#include <stdio.h>\n#include <linux/types.h>\nint main(void)\n{\n\treturn 0;\n}\n")
        .expect("a probe");
    if let Err(why) = compile(&probe, &dir.join("probe"), &[]) {
        real::skip(&format!("vtd.h by {compiler} {width}"), &why);
        return None;
    }
    let source = dir.join("vtd.c");
    std::fs::write(&source, program()).expect("a program");
    compile(&source, &dir.join("vtd"), &WARNINGS).unwrap_or_else(|why| panic!("{compiler} {width}: {why}"));
    let mut child =
        Command::new(dir.join("vtd")).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("its input");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("the program ends");
    writer.join().expect("a thread").expect("the program reads");
    assert!(output.status.success());
    Some(output.stdout)
}

#[test]
fn rust_and_c_agree_on_random_words() {
    let mut random = Random(0xfeed);
    let rounds: Vec<u64> = (0..ROUNDS * (WORDS + 1)).map(|_| random.next()).collect();
    let input: Vec<u8> = rounds.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let expected = expected(&rounds);
    for (compiler, width) in
        [("gcc", "-m64"), ("gcc", "-m32"), ("clang", "-m64"), ("clang", "-m32"), ("g++", "-m64"), ("g++", "-m32")]
    {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let Some(output) = run(compiler, width, dir.path(), &input) else { continue };
        let (words, rest) = output.as_chunks::<8>();
        let found: Vec<u64> = words.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        assert!(rest.is_empty() && found.len() == expected.len(), "{compiler} {width}: {} words", found.len());
        let per_round: Vec<&str> = calls::ALL
            .iter()
            .flat_map(|call| std::iter::repeat_n((call.item, call.field), call.words + 1))
            .map(|(item, field)| Box::leak(format!("{item}.{field}").into_boxed_str()) as &str)
            .collect();
        for (at, (c, rust)) in found.iter().zip(&expected).enumerate() {
            assert_eq!(c, rust, "{compiler} {width}: {}", per_round[at % per_round.len()]);
        }
    }
}
