//! Clock, median and counter of the benches.
#![allow(dead_code, reason = "each bench takes what it needs")]

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(crate) type Failure = Box<dyn std::error::Error>;

/// Runs a process to its end, which must be a good one. What it prints is lost.
pub(crate) fn timed(command: &mut Command) -> Result<Duration, Failure> {
    let start = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{command:?}: {status}").into()) }
}

pub(crate) fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A program under callgrind, with `options` of its own; what else the program is called with, the caller adds.
pub(crate) fn callgrind(options: &[&str], program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(options).arg(program);
    command
}

/// Instructions that callgrind counted, and what the program printed.
pub(crate) fn instructions(callgrind: &mut Command) -> Result<(u64, String), Failure> {
    let out = callgrind.output()?;
    let said = String::from_utf8_lossy(&out.stderr);
    let collected = said.lines().find_map(|line| line.split("Collected : ").nth(1));
    let collected = collected.ok_or_else(|| format!("callgrind counted nothing:\n{said}"))?;
    Ok((collected.trim().parse()?, String::from_utf8(out.stdout)?))
}
