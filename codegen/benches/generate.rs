//! Whole-process cost of `argsz generate`, beside `bindgen` on the same header, and its growth with the schema.
//!
//! `cargo bench -p argsz-codegen --bench generate`. Prints Markdown. Nothing here is a test: machines are noisy, so
//! rivals run in turn and medians are compared as ratios. With `-- --instructions` the growth is that of instructions,
//! which no machine's memory has a part in; valgrind takes a quarter of an hour to count them.

mod common;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Failure, callgrind, instructions, median, timed};

fn main() -> Result<(), Failure> {
    // `cargo test --benches` calls with --test: there is nothing to test.
    if std::env::args().any(|arg| arg == "--test") {
        return Ok(());
    }
    if std::env::args().any(|arg| arg == BOUND) {
        return bound(std::env::args().skip_while(|arg| arg != BOUND).skip(1));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("no parent folder")?.to_owned();
    if std::env::args().any(|arg| arg == "--instructions") {
        return growth_of_instructions();
    }
    beside_bindgen(&root)?;
    growth()
}

const ARGSZ: &str = env!("CARGO_BIN_EXE_argsz");

/// What it is called with.
fn generate(manifest: &Path) -> [&OsStr; 3] {
    ["--manifest".as_ref(), manifest.as_ref(), "generate".as_ref()]
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
        ours.push(timed(Command::new(ARGSZ).args(generate(&manifest)))?);
        let mut bindgen = Command::new("bindgen");
        bindgen.arg(&header).arg("-o").arg(out.path().join("b.rs")).arg("--").arg("-I").arg(include);
        theirs.push(timed(&mut bindgen)?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("| bindgen iommufd.h (Rust types) | {theirs:.1?} | 1 |");
    let ratio = theirs.as_secs_f64() / ours.as_secs_f64();
    println!("| argsz generate iommufd.toml (Rust, C, asserts, checks) | {ours:.1?} | {ratio:.1} times faster |\n");
    Ok(())
}

/// Rounds take all sizes in turn, so that a clock that changes changes for all of them.
const ROUNDS: u32 = 9;

/// A size of schema, and what its rounds took.
struct Size {
    count: u32,
    folder: tempfile::TempDir,
    manifest: PathBuf,
    took: Vec<Duration>,
    bound: Vec<Duration>,
    /// Processor time, and the system's, of all rounds.
    processor: [Duration; 2],
    /// Peak memory, in KiB.
    peak: u64,
}

fn growth() -> Result<(), Failure> {
    let mut sizes = Vec::new();
    for count in [1_000, 10_000, 100_000] {
        let (folder, manifest) = synthetic_project(count)?;
        let processor = [Duration::ZERO; 2];
        sizes.push(Size { count, folder, manifest, took: Vec::new(), bound: Vec::new(), processor, peak: 0 });
    }
    for _ in 0..ROUNDS {
        for size in &mut sizes {
            size.round()?;
        }
    }
    println!("| structs | generate (median of {ROUNDS}, in turn) | per struct | bound | per struct beyond it |");
    println!("|---|---|---|---|---|");
    for Size { count, took, bound, .. } in &sizes {
        let (took, bound) = (median(took.clone()), median(bound.clone()));
        let each = |all: Duration| all / *count;
        let beyond = took.saturating_sub(bound);
        println!("| {count} | {took:.2?} | {:.1?} | {:.1?} | {:.1?} |", each(took), each(bound), each(beyond));
    }
    println!("\n| structs | processor time (mean) | of it the system's | peak memory |\n|---|---|---|---|");
    for Size { count, processor: [own, system], peak, .. } in &sizes {
        let [whole, system] = [*own + *system, *system].map(|of| of / ROUNDS);
        println!("| {count} | {whole:.2?} | {system:.2?} | {} MiB |", peak / 1024);
    }
    Ok(())
}

impl Size {
    /// A run, and what no program that takes so much memory and writes so much can do without.
    fn round(&mut self) -> Result<(), Failure> {
        let out = self.folder.path().join("out");
        let _ = std::fs::remove_dir_all(&out);
        let before = ticks()?;
        let (took, peak) = timed_with_peak(Command::new(ARGSZ).args(generate(&self.manifest)))?;
        let after = ticks()?;
        self.took.push(took);
        self.peak = self.peak.max(peak);
        for (sum, (after, before)) in self.processor.iter_mut().zip(after.into_iter().zip(before)) {
            *sum += TICK * (after - before);
        }
        let mut bound = Command::new(std::env::current_exe()?);
        self.bound.push(timed(bound.arg(BOUND).arg(self.peak.to_string()).arg(&out))?);
        Ok(())
    }
}

/// What this program is called with to be the bound: so many KiB of memory, and the folder of outputs.
const BOUND: &str = "--bound";

/// Touches every page of so much memory once, and writes as many bytes as the folder has.
fn bound(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let memory = args.next().ok_or("no memory")?.parse::<usize>()? << 10;
    let out = PathBuf::from(args.next().ok_or("no folder")?);
    let mut bytes = vec![0_u8; memory];
    bytes.iter_mut().step_by(4 << 10).for_each(|page| *page = 1);
    for file in std::fs::read_dir(&out)? {
        let file = file?;
        let length = usize::try_from(file.metadata()?.len())?;
        std::fs::write(file.path(), bytes.get(..length).ok_or("more output than memory")?)?;
    }
    std::hint::black_box(bytes);
    Ok(())
}

fn growth_of_instructions() -> Result<(), Failure> {
    println!("| structs | instructions | per struct |\n|---|---|---|");
    for count in [1_000, 10_000, 100_000] {
        let (_folder, manifest) = synthetic_project(count)?;
        let (counted, _) = instructions(callgrind(&[], ARGSZ).args(generate(&manifest)))?;
        println!("| {count} | {} M | {} |", counted / 1_000_000, counted / u64::from(count));
    }
    Ok(())
}

/// In which the kernel gives processor times.
const TICK: Duration = Duration::from_millis(10);

/// Processor time of all processes that were waited for: their own, and the system's for them.
fn ticks() -> Result<[u32; 2], Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind_name = stat.rsplit_once(") ").ok_or("no name in /proc/self/stat")?.1;
    let fields: Vec<&str> = behind_name.split(' ').collect();
    Ok([fields[13].parse()?, fields[14].parse()?])
}

/// Runs a process and samples its peak resident memory, in KiB, until it ends.
fn timed_with_peak(command: &mut Command) -> Result<(Duration, u64), Failure> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn()?;
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

/// A project of `count` structs, in a folder that is there as long as the first is held.
fn synthetic_project(count: u32) -> Result<(tempfile::TempDir, PathBuf), Failure> {
    let folder = tempfile::tempdir()?;
    let schema = folder.path().join("synthetic.toml");
    std::fs::write(&schema, synthetic(count))?;
    let manifest = one_schema(folder.path(), &schema, "1.0")?;
    Ok((folder, manifest))
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
