//! Vector files: recorded or made-up calls of a reader, one JSON object on each line.
//!
//! ```json
//! {"struct":"iommu_destroy","release":"6.12","user":"0800000001000000","errno":"OK","kernel":"0800000001000000"}
//! ```
//!
//! `user` are the bytes that are mapped; memory ends right after. `release`, `kernel` (the struct held after success)
//! and `size` (where the size does not travel in the struct) may be absent.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::engine::{Input, from_hex};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vector {
    /// Number of its line, from 1.
    pub line: usize,
    /// The call.
    pub input: Input,
    /// The release it was recorded at.
    pub release: Option<String>,
    /// `OK` or an errno; absent where nobody recorded an answer.
    pub errno: Option<String>,
    /// The struct that the kernel held after success.
    pub kernel: Option<Vec<u8>>,
}

/// A line that is no vector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Broken {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// What a file says.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    /// The lines that are whole, in order.
    pub whole: Vec<Vector>,
    /// The others.
    pub broken: Vec<Broken>,
}

/// Reads all lines; one that is broken does not keep the others from being read. Blank ones say nothing.
#[must_use]
pub fn parse(bytes: &[u8]) -> Vectors {
    let mut vectors = Vectors::default();
    for (i, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        match line(i + 1, bytes) {
            Ok(vector) => vectors.whole.push(vector),
            Err(reason) => vectors.broken.push(Broken { line: i + 1, reason }),
        }
    }
    vectors
}

fn line(number: usize, bytes: &[u8]) -> Result<Vector, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let Value::Object(line) = serde_json::from_str(text).map_err(|error| column(&error))? else {
        return Err("not a JSON object".to_owned());
    };
    let errno = string(&line, "errno")?;
    if let Some(errno) = errno.filter(|errno| !is_answer(errno)) {
        return Err(format!("`errno` is `{}`, which is neither OK nor the name of an errno", shown(errno)));
    }
    let needed = |key: &str| string(&line, key)?.ok_or_else(|| format!("`{key}` is missing"));
    let size = match line.get("size") {
        None | Some(Value::Null) => None,
        Some(size) => Some(size.as_u64().ok_or("`size` is not a number from 0 to 2^64 - 1")?),
    };
    Ok(Vector {
        line: number,
        input: Input { strct: needed("struct")?.to_owned(), user: hex("user", needed("user")?)?, size },
        release: string(&line, "release")?.map(str::to_owned),
        errno: errno.map(str::to_owned),
        kernel: string(&line, "kernel")?.map(|text| hex("kernel", text)).transpose()?,
    })
}

fn string<'a>(line: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, String> {
    match line.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is not a string")),
    }
}

/// What `serde_json` says, without its line, which is always the first.
fn column(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let said = text.split(" at line ").next().unwrap_or(&text);
    if error.column() == 0 { said.to_owned() } else { format!("{said} at column {}", error.column()) }
}

fn is_answer(errno: &str) -> bool {
    let name = errno.strip_prefix('E').unwrap_or_default();
    errno == "OK" || (!name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()))
}

fn hex(key: &str, text: &str) -> Result<Vec<u8>, String> {
    if let Some(bad) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(format!("`{key}` has `{}`, which is no hex digit", bad.escape_default()));
    }
    from_hex(text).ok_or_else(|| format!("`{key}` has {} hex digits; bytes have two each", text.len()))
}

fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_default).collect()
}

/// Vectors that are judged by the same lists, in order of first appearance: the release as it was named.
#[must_use]
pub fn by_release(vectors: &[Vector]) -> Vec<(Option<&str>, Vec<&Vector>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(Option<&str>, Vec<&Vector>)> = Vec::new();
    for vector in vectors {
        let release = vector.release.as_deref();
        let place = *places.entry(release).or_insert_with(|| {
            groups.push((release, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(vector);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_are_named_and_the_rest_is_read() {
        let text = concat!(
            "{\"struct\":\"a\",\"user\":\"00fF\",\"errno\":\"OK\",\"kernel\":\"00\"}\n",
            "{\"struct\":\"a\",\"user\":\"00f\",\"errno\":\"OK\"}\n",
            "\n",
            "{\"struct\":\"a\",\"user\":\"0x\",\"errno\":\"OK\"}\n",
            "{\"struct\":\"a\",\"errno\":\"OK\"}\n",
            "{\"struct\":\"a\",\"user\":\"\",\"errno\":\"maybe\"}\n",
            "nonsense\n",
            "{\"struct\":\"b\",\"release\":\"1\",\"size\":9,\"user\":\"\",\"errno\":\"EINVAL\",\"more\":1}",
        );
        let mut bytes = text.as_bytes().to_vec();
        bytes.extend(b"\n\xff\n");
        let vectors = parse(&bytes);
        let lines: Vec<usize> = vectors.whole.iter().map(|vector| vector.line).collect();
        assert_eq!(lines, [1, 8]);
        assert_eq!(vectors.whole[0].input.user, [0, 255]);
        assert_eq!(vectors.whole[1].input.size, Some(9));
        let said: Vec<String> = vectors.broken.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "line 2: `user` has 3 hex digits; bytes have two each",
                "line 4: `user` has `x`, which is no hex digit",
                "line 5: `user` is missing",
                "line 6: `errno` is `maybe`, which is neither OK nor the name of an errno",
                "line 7: expected ident at column 2",
                "line 9: not UTF-8",
            ]
        );
    }

    #[test]
    fn releases_keep_their_order() {
        let text = "{\"struct\":\"a\",\"release\":\"2\",\"user\":\"\"}\n{\"struct\":\"a\",\"user\":\"\"}\n\
                    {\"struct\":\"b\",\"release\":\"2\",\"user\":\"\"}\n";
        let vectors = parse(text.as_bytes());
        let groups: Vec<(Option<&str>, usize)> =
            by_release(&vectors.whole).into_iter().map(|(release, group)| (release, group.len())).collect();
        assert_eq!(groups, [(Some("2"), 2), (None, 1)]);
    }
}
