//! Whole-process cost of `argsz generate`, beside `bindgen` on the same header, and its growth with the schema.
//!
//! `cargo bench -p argsz-codegen --bench generate`. Prints Markdown. Nothing here is a test: machines are noisy, so
//! rivals run in turn and medians are compared as ratios.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    // `cargo test --benches` calls with --test: there is nothing to test.
    if std::env::args().any(|arg| arg == "--test") {
        return Ok(());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent folder")?.to_owned();
    beside_bindgen(&root)?;
    growth()
}

fn argsz(manifest: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_argsz"));
    command.arg("--manifest").arg(manifest).arg("generate").stdout(Stdio::null());
    command
}

/// Runs a process to its end.
fn timed(command: &mut Command) -> Result<Duration, Failure> {
    let start = Instant::now();
    let status = command.status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}").into()) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn beside_bindgen(root: &Path) -> Result<(), Failure> {
    println!("| whole process, one header (median of 21, in turn) | time | ratio |\n|---|---|---|");
    let header = root.join("target/headers/7.3/usr/include/linux/iommufd.h");
    if !header.exists() || Command::new("bindgen").arg("--version").output().is_err() {
        println!("| skipped: needs bindgen and the real header (tests/fetch-headers) | | |\n");
        return Ok(());
    }
    let out = tempfile::tempdir()?;
    let manifest = one_schema(out.path(), &root.join("schema/linux/iommufd.toml"), "7.3")?;
    let include = header.parent().and_then(Path::parent).ok_or("no include folder")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..21 {
        // A fresh folder each time: all files are written, as bindgen writes its own.
        let _ = std::fs::remove_dir_all(out.path().join("out"));
        ours.push(timed(&mut argsz(&manifest))?);
        let mut bindgen = Command::new("bindgen");
        bindgen.arg(&header).arg("-o").arg(out.path().join("b.rs")).arg("--").arg("-I").arg(include);
        theirs.push(timed(bindgen.stderr(Stdio::null()))?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("| bindgen iommufd.h (Rust types) | {theirs:.1?} | 1 |");
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("| argsz generate iommufd.toml (Rust, C, asserts, checks) | {ours:.1?} | {ratio:.1} times faster |\n");
    Ok(())
}

fn growth() -> Result<(), Failure> {
    println!("| structs | generate (median) | of | per struct | peak memory |\n|---|---|---|---|---|");
    for (count, rounds) in [(1_000, 11), (10_000, 7), (100_000, 3)] {
        let out = tempfile::tempdir()?;
        let schema = out.path().join("synthetic.toml");
        std::fs::write(&schema, synthetic(count))?;
        let manifest = one_schema(out.path(), &schema, "1.0")?;
        let (mut times, mut most) = (Vec::new(), 0);
        for _ in 0..rounds {
            let _ = std::fs::remove_dir_all(out.path().join("out"));
            let (took, peak) = timed_with_peak(&mut argsz(&manifest))?;
            times.push(took);
            most = most.max(peak);
        }
        let took = median(times);
        let each = took / count;
        println!("| {count} | {took:.2?} | {rounds} | {each:.2?} | {} MiB |", most / 1024);
    }
    Ok(())
}

/// Runs a process and samples its peak resident memory, in KiB, until it ends.
fn timed_with_peak(command: &mut Command) -> Result<(Duration, u64), Failure> {
    let start = Instant::now();
    let mut child = command.spawn()?;
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok((start.elapsed(), peak)) } else { Err(format!("{status}").into()) };
        }
        let text = std::fs::read_to_string(&status_file).unwrap_or_default();
        let high = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        peak = peak.max(high.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn one_schema(folder: &Path, schema: &Path, release: &str) -> Result<PathBuf, Failure> {
    let manifest = folder.join("argsz.toml");
    let text = format!(
        "[[schema]]\npath = {:?}\nrelease = {release:?}\n\n[schema.out]\nrust = \"out/a.rs\"\n\
         c-header = \"out/a.h\"\nc-asserts = \"out/a.c\"\nc-checks = \"out/a_checks.h\"\n",
        schema.display().to_string()
    );
    std::fs::write(&manifest, text)?;
    Ok(manifest)
}

/// A header of `count` argsz structs, each with flags of its own, a minimum size and reserved bytes.
fn synthetic(count: u32) -> String {
    let mut text = String::from(
        "grammar = 1\n[header]\npath = \"linux/synthetic.h\"\nguard = \"SYNTHETIC_H\"\nincludes = [\"linux/types.h\"]\n\
         license = \"MIT\"\nreleases = [\"1.0\"]\n",
    );
    for n in 0..count {
        let _ = write!(
            text,
            "[flags.sy_{n}_flags]\ntype = \"u32\"\nprefix = \"SY_{n}_\"\ndoc = \"Flags.\"\n\
             bits = {{ READ = {{ bit = 0, doc = \"Read.\" }}, WIDE = {{ bit = 1, doc = \"Wide.\" }} }}\n\
             [struct.sy_{n}]\ndoc = \"A struct.\"\ngrows = \"argsz\"\nmin = \"addr\"\nfields = [\n\
             {{ name = \"argsz\", type = \"u32\", role = \"argsz\", doc = \"Size.\" }},\n\
             {{ name = \"flags\", type = \"u32\", flags = \"sy_{n}_flags\", doc = \"Flags.\" }},\n\
             {{ name = \"addr\", type = \"aligned_u64\", doc = \"Address.\" }},\n\
             {{ name = \"wide\", type = \"u32\", when = \"flags.has(WIDE)\", doc = \"Under WIDE.\" }},\n\
             {{ name = \"pad\", type = \"u32\", reserved = true, doc = \"Zero.\" }},\n]\n\
             min_size = [{{ when = \"flags.has(WIDE)\", covers = \"pad\" }}]\n"
        );
    }
    text
}
