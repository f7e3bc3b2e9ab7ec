//! Whole-process cost of `argsz import`, beside `bindgen` on the same header, with the compiler's own time apart.
//!
//! `cargo bench -p argsz-codegen --bench import`. Prints Markdown. Nothing here is a test: machines are noisy, so rivals
//! run in turn and medians are compared as ratios.

mod common;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::{Failure, median, timed};

/// Runs of each.
const RUNS: usize = 11;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` calls with --test: there is nothing to test.
    if std::env::args().any(|arg| arg == "--test") {
        return Ok(());
    }
    println!(
        "| header (median of {RUNS}, in turn) | bindgen | argsz import | of it the compiler | ratio | ratio without it |"
    );
    println!("|---|---|---|---|---|---|");
    if Command::new("bindgen").arg("--version").output().is_err() {
        println!("| skipped: needs bindgen | | | | | |");
        return Ok(());
    }
    for name in ["vfio", "kvm"] {
        let header = format!("/usr/include/linux/{name}.h");
        if !Path::new(&header).exists() {
            println!("| skipped: no {header} | | | | | |");
            continue;
        }
        beside_bindgen(&header)?;
    }
    Ok(())
}

fn beside_bindgen(header: &str) -> Result<(), Failure> {
    let dir = tempfile::tempdir()?;
    let mut times: [Vec<Duration>; 3] = Default::default();
    for _ in 0..RUNS {
        let mut bindgen = Command::new("bindgen");
        times[0].push(timed(bindgen.arg(header).arg("-o").arg(dir.path().join("b.rs")))?);
        let mut argsz = Command::new(env!("CARGO_BIN_EXE_argsz"));
        times[1].push(timed(argsz.arg("import").arg(header))?);
        times[2].push(compiler(header, dir.path())?);
    }
    let [theirs, ours, compiler] = times.map(median);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let own = ours.saturating_sub(compiler).max(Duration::from_micros(1));
    println!(
        "| {header} | {:.1} ms | {:.1} ms | {:.1} ms | {:.2} | {:.2} |",
        ms(theirs),
        ms(ours),
        ms(compiler),
        ms(theirs) / ms(ours),
        ms(theirs) / ms(own),
    );
    Ok(())
}

/// What import asks of the compiler: two preprocessings, and one compilation with debug information that is linked.
fn compiler(header: &str, dir: &Path) -> Result<Duration, Failure> {
    let asked = ["-x", "c", "-w", "-include", header, "/dev/null"];
    let cc = |options: &[&str]| {
        let mut cc = Command::new("cc");
        cc.args(options).args(asked).current_dir(dir);
        timed(&mut cc)
    };
    let link = ["-g", "-gdwarf-5", "-fno-eliminate-unused-debug-types", "-fPIC", "-shared", "-nostdlib", "-o", "a.so"];
    Ok(cc(&["-E", "-dD"])? + cc(&["-E", "-P"])? + cc(&link)?)
}
