//! Where engines are built, once for each input, and how lines are exchanged with them.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use super::{EngineError, Input, Outcome};
use crate::FileMap;

/// Where built engines are kept: `$ARGSZ_CACHE`, or `argsz` in the user's cache directory.
#[must_use]
pub fn cache_dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("ARGSZ_CACHE")
        .or_else(|| Some(set("XDG_CACHE_HOME")?.join("argsz")))
        .or_else(|| Some(set("HOME")?.join(".cache/argsz")))
        .unwrap_or_else(|| std::env::temp_dir().join("argsz-cache"))
}

/// The directory for `files` under `cache`, where `build` has left `product`. An engine is built in a directory of its
/// own and then renamed, so that one that is there is whole; its sources are compared, not only their hash.
pub(super) fn built(
    cache: &Path,
    engine: &'static str,
    files: &FileMap,
    product: &str,
    build: &dyn Fn(&Path) -> Result<(), EngineError>,
) -> Result<PathBuf, EngineError> {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let home = cache.join(format!("{engine}-{:016x}", hasher.finish()));
    if is_built(&home, files, product) {
        return Ok(home);
    }
    let site = cache.join(format!("{engine}-{:016x}.{}", hasher.finish(), std::process::id()));
    let _ = fs::remove_dir_all(&site);
    for (path, bytes) in files {
        let path = site.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, bytes));
        written.map_err(|error| EngineError::Io { path, error })?;
    }
    let done = build(&site);
    if done.is_err() {
        let _ = fs::remove_dir_all(&site);
    }
    done?;
    if fs::rename(&site, &home).is_err() {
        // Somebody else was faster, or an older and different one is in the way.
        if is_built(&home, files, product) {
            let _ = fs::remove_dir_all(&site);
        } else {
            let _ = fs::remove_dir_all(&home);
            fs::rename(&site, &home).map_err(|error| EngineError::Io { path: home.clone(), error })?;
        }
    }
    Ok(home)
}

fn is_built(home: &Path, files: &FileMap, product: &str) -> bool {
    home.join(product).is_file()
        && files.iter().all(|(path, bytes)| fs::read(home.join(path)).is_ok_and(|found| found == *bytes))
}

/// Runs a compiler; what it says is kept for the case that it refuses.
pub(super) fn compile(engine: &'static str, dir: &Path, tool: &str, args: &[String]) -> Result<(), EngineError> {
    let run = Command::new(tool).args(args).current_dir(dir).stdin(Stdio::null()).output();
    let out = run.map_err(|error| EngineError::Tool { engine, tool: tool.to_owned(), error })?;
    if out.status.success() {
        return Ok(());
    }
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    Err(EngineError::Build { engine, tool: tool.to_owned(), dir: dir.to_owned(), said })
}

/// Sends all inputs to a built engine, a line each (`STRUCT HEX SIZE`, `-` for nothing), and reads a line each back
/// (`ERRNO RULE AFTER HELD`).
pub(super) fn exchange(engine: &'static str, program: &Path, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError> {
    let start = |error| EngineError::Tool { engine, tool: program.display().to_string(), error };
    let piped = || Stdio::piped();
    let mut command = Command::new(program);
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().map_err(start)?;
    let stdin = child.stdin.take();
    let out = std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let Some(stdin) = stdin else { return };
            let mut stdin = std::io::BufWriter::new(stdin);
            for input in inputs {
                // If the engine dies, its status says so; the pipe's error adds nothing.
                if stdin.write_all(line(input).as_bytes()).is_err() {
                    return;
                }
            }
            let _ = stdin.flush();
        });
        let out = collect(child);
        let _ = writer.join();
        out
    });
    let out = out.map_err(start)?;
    let text = String::from_utf8_lossy(&out.stdout);
    let outcomes: Option<Vec<Outcome>> = text.lines().map(outcome).collect();
    match outcomes {
        Some(outcomes) if outcomes.len() == inputs.len() && out.status.success() => Ok(outcomes),
        _ => Err(EngineError::Died { engine, said: obituary(out.status, inputs, &text, &out.stderr) }),
    }
}

fn collect(child: Child) -> std::io::Result<Output> {
    child.wait_with_output()
}

/// What is known of an engine that did not answer everything: the input it fell over, above all.
fn obituary(status: ExitStatus, inputs: &[Input], text: &str, stderr: &[u8]) -> String {
    let answered = text.lines().take_while(|line| outcome(line).is_some()).count();
    let last = inputs.get(answered).map(line).unwrap_or_default();
    let stderr = String::from_utf8_lossy(stderr);
    format!("{status}; {answered} of {} inputs answered; the next was: {}\n{stderr}", inputs.len(), last.trim_end())
}

fn line(input: &Input) -> String {
    let user = if input.user.is_empty() { "-".to_owned() } else { to_hex(&input.user) };
    let size = input.size.unwrap_or(input.user.len() as u64);
    format!("{} {user} {size}\n", input.strct)
}

fn outcome(line: &str) -> Option<Outcome> {
    let mut words = line.split(' ');
    let errno = words.next()?.to_owned();
    let rule = words.next().map(|rule| (rule != "-").then(|| rule.to_owned()))?;
    let after_lookup = words.next()? == "1";
    let held = match words.next()? {
        "-" => None,
        hex => Some(from_hex(hex)?),
    };
    Some(Outcome { errno, rule, after_lookup, held })
}

/// Bytes as lower-case hex digits.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Hex digits of either case as bytes; `None` if their number is odd or one is no digit.
#[must_use]
pub fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    if !hex.len().is_multiple_of(2) {
        return None;
    }
    hex.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(to_hex(&[0x00, 0xf5, 0x7a]), "00f57a");
        assert_eq!(from_hex("00F57a"), Some(vec![0x00, 0xf5, 0x7a]));
        assert_eq!(from_hex(""), Some(vec![]));
        assert_eq!(from_hex("0"), None);
        assert_eq!(from_hex("0g"), None);
        assert_eq!(from_hex("é"), None);
    }

    #[test]
    fn lines_are_understood_or_not() {
        let accepted = outcome("OK - 0 00ff").expect("whole");
        assert_eq!((accepted.errno.as_str(), accepted.rule, accepted.held), ("OK", None, Some(vec![0, 255])));
        let refused = outcome("EINVAL a/b 1 -").expect("whole");
        assert_eq!((refused.rule.as_deref(), refused.after_lookup, refused.held), (Some("a/b"), true, None));
        assert_eq!(outcome("EINVAL a/b"), None);
    }
}
