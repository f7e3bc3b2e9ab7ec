//! The loop that must close for any header: import it, generate C from the draft, and the compiler finds the same layout
//! and the same constants in both.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use argsz_codegen::import::{Request, import};
use argsz_codegen::{Shared, Unit, c_asserts, c_header, rust};
use argsz_schema::source::Source;
use argsz_schema::{Schema, constants, layout, target};
use argsz_tests::real::{self, WIDTHS};

/// A header that is tried.
struct Tried {
    /// `linux/kvm.h`.
    name: String,
    /// What distribution or release it is of.
    of: &'static str,
    include: Vec<PathBuf>,
}

/// What became of it.
struct Outcome {
    structs: usize,
    constants: usize,
    /// Why the loop does not close; empty if it does.
    open: Vec<String>,
}

/// Imports a file; the text and what is missing, or why there is none.
fn draft(file: &Path, include: &[PathBuf]) -> Result<(Schema, Vec<String>), String> {
    let request = Request {
        header: file.to_owned(),
        include: include.to_vec(),
        release: "1.0".to_owned(),
        compiler: "cc".into(),
    };
    let imported = import(&request).map_err(|error| error.to_string())?;
    let schema = Schema::parse(Source::new("draft.toml", imported.text)).map_err(|found| found.render(false))?;
    Ok((schema, imported.missing))
}

/// Names of what a draft has, and the value of each constant.
fn inventory(schema: &Schema) -> (BTreeSet<String>, BTreeSet<String>) {
    let model = schema.model();
    let layouts = layout::layout(model, target::ALL[0]).expect("a layout");
    let structs = model.structs().filter(|def| def.from.is_none()).map(|def| def.meta.name.clone()).collect();
    let values = constants::all(model, &layouts).into_iter().map(|(name, value)| format!("{name} = {value:?}"));
    (structs, values.collect())
}

fn compiles(dir: &Path, include: &[&Path], option: &str) -> Result<(), String> {
    let mut cc = Command::new("cc");
    // Some headers leave it to their users to include this one.
    cc.arg(option).args(["-w", "-fsyntax-only", "-include", "linux/ioctl.h"]);
    for folder in include {
        cc.arg("-I").arg(folder);
    }
    let output = cc.arg(dir.join("asserts.c")).output().expect("cc");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(());
    }
    let each: Vec<&str> = said.lines().filter_map(|line| line.split("error: ").nth(1)).collect();
    Err(if each.is_empty() { said.clone() } else { each.join("; ") })
}

fn try_it(tried: &Tried, widths: &[real::Width]) -> Outcome {
    let file = tried.include[0].join(&tried.name);
    let mut outcome = Outcome { structs: 0, constants: 0, open: Vec::new() };
    let (schema, missing) = match draft(&file, &tried.include) {
        Ok(found) => found,
        Err(why) => {
            outcome.open.push(why.lines().find(|line| line.contains("error:")).unwrap_or(&why).to_owned());
            return outcome;
        }
    };
    outcome.open = missing;
    let (structs, values) = inventory(&schema);
    (outcome.structs, outcome.constants) = (structs.len(), values.len());

    let dir = tempfile::tempdir().expect("a folder");
    let model = schema.at(schema.releases().last().expect("a release"));
    let release = schema.releases().last().expect("a release");
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem: "draft",
        source_name: "draft.toml",
        input_hash: "0",
        shared: Shared::default(),
    };
    let generated = dir.path().join(&model.header.path);
    std::fs::create_dir_all(generated.parent().expect("a folder")).expect("a folder");
    std::fs::write(&generated, c_header::emit(&unit).expect("a header")).expect("a file");
    let asserts = c_asserts::emit(&unit).expect("assertions");
    // What has no name in the header has one only in the draft; what comes after it shows whether it is there.
    let named: Vec<&str> = asserts.lines().filter(|line| !line.contains("__hole")).collect();
    std::fs::write(dir.path().join("asserts.c"), named.join("\n")).expect("a file");
    if let Err(error) = rust::emit(&unit) {
        outcome.open.push(format!("Rust: {error}"));
    }
    let theirs: Vec<&Path> = tried.include.iter().map(PathBuf::as_path).collect();
    let ours: Vec<&Path> = std::iter::once(dir.path()).chain(theirs.iter().copied()).collect();
    for width in widths {
        for (what, include) in [("the original", &theirs), ("what is generated", &ours)] {
            if let Err(why) = compiles(dir.path(), include, width.option) {
                outcome.open.push(format!("{} of {what}: {why}", width.target));
            }
        }
    }
    match draft(&generated, &tried.include) {
        Ok((again, _)) if inventory(&again) == (structs, values) => {}
        Ok((again, _)) => {
            let (a, b) = (inventory(&schema), inventory(&again));
            let lost: Vec<_> = a.0.difference(&b.0).chain(a.1.difference(&b.1)).take(3).collect();
            let new: Vec<_> = b.0.difference(&a.0).chain(b.1.difference(&a.1)).take(3).collect();
            outcome.open.push(format!("imported again, it lacks {lost:?} and has {new:?}"));
        }
        Err(why) => outcome.open.push(format!("imported again: {why}")),
    }
    outcome
}

/// Headers of the distribution that have structs; those that do not close stand in the table with the reason.
const DISTRIBUTION: &str = "audit blkzoned bpf btrfs capability cec dm-ioctl dma-buf dma-heap elf fanotify fiemap fs fscrypt \
    fsverity fuse gpio hidraw i2c i2c-dev if_link if_packet if_tun if_xdp in in6 inotify input io_uring iommu ip ipv6 \
    kexec kvm landlock loop media mount nbd netlink nvme_ioctl openat2 perf_event ptrace rseq rtc rtnetlink sched/types \
    seccomp stat sync_file taskstats tcp tee tls ublk_cmd udmabuf udp uhid uinput userfaultfd v4l2-controls vfio \
    vhost_types videodev2 virtio_blk virtio_net virtio_pci virtio_ring vm_sockets watchdog";

/// The headers that are there. `None`, and said aloud, if the distribution's are of another release.
fn all() -> Option<Vec<Tried>> {
    let version = std::fs::read_to_string("/usr/include/linux/version.h").unwrap_or_default();
    if !version.contains("LINUX_VERSION_MAJOR 6\n") || !version.contains("LINUX_VERSION_PATCHLEVEL 1\n") {
        real::skip("the table of docs/import.md", "it is of linux-libc-dev 6.1, and /usr/include is not");
        return None;
    }
    let folders = |root: PathBuf| vec![root.clone(), root.join("x86_64-linux-gnu")];
    let mut tried: Vec<Tried> = DISTRIBUTION
        .split_whitespace()
        .map(|name| Tried { name: format!("linux/{name}.h"), of: "6.1", include: folders("/usr/include".into()) })
        .collect();
    for of in ["6.12", "7.3"] {
        let root = real::root().join("target/headers").join(of).join("usr/include");
        if !root.is_dir() {
            real::skip("the table of docs/import.md", &format!("no headers of {of}; tests/fetch-headers gets them"));
            return None;
        }
        for name in ["linux/iommufd.h", "linux/vfio.h"] {
            tried.push(Tried { name: name.to_owned(), of, include: folders(root.clone()) });
        }
    }
    Some(tried)
}

/// A row of the table.
fn row(tried: &Tried, outcome: &Outcome) -> String {
    let closes = |target: &str| {
        let open = |why: &&String| !why.contains(" of the original: ") && !why.contains(" of what is generated: ");
        let hit = |why: &&String| why.starts_with(target);
        if outcome.open.iter().any(|why| open(&why) || hit(&why)) { "no" } else { "yes" }
    };
    let mut why: Vec<String> = Vec::new();
    for one in &outcome.open {
        let one = one.replace("static assertion failed: ", "").replace('|', "\\|").replace(" of what is generated", "");
        let one = one.replace(" of the original", "");
        if !why.contains(&one) {
            why.push(one);
        }
    }
    let Outcome { structs, constants, .. } = outcome;
    let (wide, narrow) = (closes("x86-64"), closes("i386"));
    format!("| {} | {} | {structs} | {constants} | {wide} | {narrow} | {} |", tried.name, tried.of, why.join("; "))
}

#[test]
fn the_loop_closes_for_the_headers_of_the_table() {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return real::skip("the import of real headers", "the compiler here is not one for x86-64 Linux");
    }
    let widths: Vec<_> = WIDTHS.into_iter().filter(|width| real::can_build(*width)).collect();
    let Some(headers) = all().filter(|_| widths.len() == 2) else { return };
    let rows: Vec<String> = headers.iter().map(|tried| row(tried, &try_it(tried, &widths))).collect();
    let closed = rows.iter().filter(|row| row.contains("| yes | yes |")).count();
    let head = "| header | of | structs | constants | 64 bit | 32 bit | why not |\n|---|---|---|---|---|---|---|";
    let found = format!("{closed} of {} close.\n\n{head}\n{}\n", rows.len(), rows.join("\n"));

    let path = real::root().join("docs/import.md");
    let page = std::fs::read_to_string(&path).expect("docs/import.md");
    let (before, written) = page.split_once("<!-- table -->\n").expect("the place of the table");
    if written != found && std::env::var_os("ARGSZ_ACCEPT").is_some() {
        std::fs::write(&path, format!("{before}<!-- table -->\n{found}")).expect("docs/import.md");
        return;
    }
    assert_eq!(written, found, "docs/import.md is not what is found; ARGSZ_ACCEPT=1 writes it");
    assert!(closed >= 40, "{closed} headers close");
}
