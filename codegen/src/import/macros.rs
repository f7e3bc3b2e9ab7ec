//! The header's `#define`s: where each stands, and what its value is.
//!
//! They are taken from the preprocessor (`-E -dD`), not from `.debug_macro`: both hold the same lines, but these are
//! there before the one compilation that answers for types and values alike.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::ImportError;
use super::cc::Compiler;
use super::object::Answers;

/// What a macro stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Int(i128),
    Str(String),
}

/// A `#define` of the header itself.
#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) name: String,
    /// As it is written, without comments.
    pub(super) body: String,
    /// From 1.
    pub(super) line: u32,
    /// Whether it takes arguments.
    pub(super) function: bool,
    /// `None`: no number and no text.
    pub(super) value: Option<Value>,
}

/// The lines of the preprocessor's output, with what they say of places.
#[derive(Debug, Default)]
pub(super) struct Preprocessed {
    /// Macros in force at the end of the header, in order.
    pub(super) macros: Vec<Macro>,
    /// Files that the header itself includes.
    pub(super) includes: Vec<PathBuf>,
    /// Tags of all structs and unions: `struct iommu_destroy`.
    pub(super) tags: Vec<String>,
}

pub(super) fn preprocess(compiler: &Compiler<'_>, header: &Path) -> Result<Preprocessed, ImportError> {
    let text = compiler.preprocess(&["-dD"], "")?;
    let mut found = Preprocessed::default();
    let mut stack: Vec<(PathBuf, bool)> = Vec::new();
    let mut line = 0;
    let mut own: Vec<Macro> = Vec::new();
    for text in text.lines() {
        if let Some((number, file, flags)) = marker(text) {
            line = number;
            let is_own = file == header;
            if flags.contains(&"1") {
                if stack.last().is_some_and(|(_, own)| *own) {
                    found.includes.push(file.clone());
                }
                stack.push((file, is_own));
            } else if flags.contains(&"2") {
                stack.pop();
            } else {
                stack.pop();
                stack.push((file, is_own));
            }
            continue;
        }
        if let Some(name) = text.strip_prefix("#undef ") {
            own.retain(|one| one.name != name.trim());
        } else if let Some(rest) = text.strip_prefix("#define ") {
            if stack.last().is_some_and(|(_, own)| *own) {
                own.retain(|one| !rest.starts_with(&one.name) || one.name != define(rest, line).name);
                own.push(define(rest, line));
            }
        } else {
            tags(text, &mut found.tags);
        }
        line += 1;
    }
    found.macros = own;
    Ok(found)
}

/// `# 12 "file.h" 1 3`.
fn marker(text: &str) -> Option<(u32, PathBuf, Vec<&str>)> {
    let (number, rest) = text.strip_prefix("# ")?.split_once(' ')?;
    let (file, flags) = rest.strip_prefix('"')?.rsplit_once('"')?;
    let file = file.replace("\\\\", "\\").replace("\\\"", "\"");
    Some((number.parse().ok()?, file.into(), flags.split_whitespace().collect()))
}

fn define(rest: &str, line: u32) -> Macro {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (name, body) = rest.split_at(end);
    let function = body.starts_with('(');
    Macro { name: name.to_owned(), body: body.trim().to_owned(), line, function, value: None }
}

/// Adds the tags that a line of code names.
fn tags(text: &str, found: &mut Vec<String>) {
    // The end of a `typedef` of a struct without a tag.
    let end = text.trim_end().strip_prefix('}').and_then(|rest| rest.strip_suffix(';')).map(str::trim);
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    found.extend(end.filter(is_name).map(str::to_owned));
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    for pair in words.windows(2) {
        let [keyword @ ("struct" | "union"), tag] = pair else { continue };
        if tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            found.push(format!("{keyword} {tag}"));
        }
    }
}

/// The macros as text after expansion, by position.
pub(super) fn expand(compiler: &Compiler<'_>, macros: &[Macro]) -> Result<HashMap<usize, String>, ImportError> {
    let asked = |one: &&(usize, &Macro)| !one.1.function && !one.1.body.is_empty();
    let lines: Vec<(usize, &Macro)> = macros.iter().enumerate().collect();
    let text: String = lines.iter().filter(asked).map(|(at, one)| format!("argsz_probe_{at} {}\n", one.name)).collect();
    let mut found = HashMap::new();
    for line in compiler.preprocess(&["-P"], &text)?.lines() {
        let Some((at, text)) = line.trim().strip_prefix("argsz_probe_").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        if let Ok(at) = at.parse() {
            found.insert(at, text.trim().to_owned());
        }
    }
    Ok(found)
}

/// What a line of C says outside of characters and texts: the magic of an ioctl may be `';'`.
fn unquoted(text: &str) -> String {
    let mut quote = None;
    let mut escaped = false;
    let outside = |c: &char| {
        let inside = quote.is_some();
        match (quote, *c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(*c),
            _ => {}
        }
        !inside
    };
    text.chars().filter(outside).collect()
}

/// The questions to the compiler about macros, one a line.
pub(super) fn questions(macros: &[Macro], expanded: &HashMap<usize, String>) -> Vec<String> {
    let ask = |(at, one): (usize, &Macro)| {
        let text = expanded.get(&at)?;
        let name = &one.name;
        if text.starts_with('"') {
            return Some(format!("const char argsz_s_{at}[] = {name};"));
        }
        let statement = text.is_empty() || {
            let code = unquoted(text);
            code.contains(['{', '}', ';']) || code.contains("__attribute__")
        };
        (!statement).then(|| {
            format!(
                "_Static_assert(__builtin_classify_type({name}) <= 4 && sizeof({name}) <= 8, \"\"); \
                 const long long argsz_v_{at} = (long long)({name}); const char argsz_n_{at} = ({name}) < 0;"
            )
        })
    };
    macros.iter().enumerate().filter_map(ask).collect()
}

/// Takes the answers.
pub(super) fn answer(macros: &mut [Macro], answers: &Answers<'_>) {
    for (at, one) in macros.iter_mut().enumerate() {
        let int = || {
            let bits = answers.number(&format!("argsz_v_{at}"))?;
            let negative = answers.bytes(&format!("argsz_n_{at}"))?.first().copied() == Some(1);
            Some(Value::Int(if negative { i128::from(bits.cast_signed()) } else { i128::from(bits) }))
        };
        let text = || {
            let bytes = answers.bytes(&format!("argsz_s_{at}"))?;
            let text = std::str::from_utf8(bytes.strip_suffix(b"\0")?).ok()?;
            Some(Value::Str(text.to_owned()))
        };
        one.value = int().or_else(text);
    }
}
