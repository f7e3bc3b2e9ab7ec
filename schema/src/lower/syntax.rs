//! Mistakes of TOML, told to a person: the parser goes on after each, and most of what it says then is of the first.

use toml::de::{DeTable, Error};

use super::end_of_string;
use crate::codes;
use crate::diag::Diagnostic;
use crate::source::Span;

/// How often a text is read again behind what hides the rest of it.
const MOST_ROUNDS: usize = 16;
/// Lines of which a mistake is told: nobody mends more in one go.
const MOST: usize = 1000;

/// A mistake as the parser has it: where, and what.
type Said = (Span, String);

/// Bytes of a text in which not every mistake is looked for.
const LARGE: usize = 1 << 20;

/// What a text says, or what is worth saying of its mistakes. Of a large text only the first is told: where each byte is
/// one, they would take a hundred times the memory of the text.
pub fn parse(text: &str) -> Result<toml::Spanned<DeTable<'_>>, Vec<Diagnostic>> {
    if text.len() > LARGE {
        return DeTable::parse(text).map_err(|error| mistakes(text, &[error], false));
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() { Ok(table) } else { Err(mistakes(text, &errors, true)) }
}

/// What is worth saying of all that the parser said of a text, and of what it says of the rest if that is to be read.
fn mistakes(text: &str, errors: &[Error], read_rest: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut said = said(text, errors);
    // Blanks in place of what was told, so that the rest can be read again with all places where they are.
    let mut rest = text.as_bytes().to_vec();
    for _ in 0..MOST_ROUNDS {
        let (odd, even): (Vec<Said>, _) =
            said.into_iter().partition(|(at, _)| odd_quotes(Line::of(text, at.start).text));
        let has_odd = !odd.is_empty();
        for (at, what) in odd {
            let here = Line::of(text, at.start);
            rest[here.start..here.start + here.text.len()].fill(b' ');
            found.push(told(&here, at, what));
        }
        if !has_odd {
            match of_one(text, &rest, even, &mut found) {
                Some(next) => rest[..next].fill(b' '),
                None => return found,
            }
        }
        let Some(again) = std::str::from_utf8(&rest).ok().filter(|_| read_rest && found.len() < MOST) else {
            return found;
        };
        said = self::said(text, &DeTable::parse_recoverable(again).1);
    }
    found
}

/// What the parser said first of each line; what is open at the end of the text is of none.
fn said(text: &str, errors: &[Error]) -> Vec<Said> {
    let mut all: Vec<Said> =
        errors.iter().map(|error| (error.span().unwrap_or_default().into(), error.message().to_owned())).collect();
    all.sort();
    let mut end = None;
    all.retain(|(at, what)| {
        let is_new = end.is_none_or(|end| at.start as usize > end);
        if is_new {
            let line = Line::of(text, at.start);
            end = Some(line.start + line.text.len());
        }
        is_new || is_open(what)
    });
    all.truncate(MOST);
    all
}

/// Whether a bracket is open that what comes after it is lost in; not that of a header, which ends with its line.
fn is_open(what: &str) -> bool {
    !is_header(what) && (what.starts_with("unclosed array") || what.starts_with("unclosed inline"))
}

fn is_header(what: &str) -> bool {
    what.starts_with("unclosed table") || what.starts_with("unclosed array table")
}

/// Of each line the first mistake, and of a bracket that is never closed the bracket; gives the line at which the
/// text can be read again.
fn of_one(text: &str, rest: &[u8], said: Vec<Said>, found: &mut Vec<Diagnostic>) -> Option<usize> {
    let open = said.iter().any(|(_, what)| is_open(what)).then(|| never_closed(text, rest)).flatten();
    let open = open.or_else(|| open_before_a_key(text, rest, &said));
    let mut twice = None;
    for (at, what) in said {
        if open.is_some_and(|(open, _)| at.start as usize >= open) {
            break;
        }
        let here = Line::of(text, at.start);
        if what == "duplicate key" && twice == Some(here.table()) || is_open(&what) && open.is_some() {
            continue;
        }
        let header = what == "duplicate key" && here.text.trim_start().starts_with('[');
        twice = header.then(|| here.table()).or(twice);
        let is_lost = is_header(&what);
        found.push(told(&here, at, what));
        if is_lost {
            return Some(here.start + here.text.len() + 1).filter(|next| *next < text.len());
        }
    }
    let (open, after) = open?;
    found.push(unclosed(text, open, after));
    after
}

fn told(here: &Line<'_>, at: Span, what: String) -> Diagnostic {
    if what == "duplicate key" {
        return duplicate(here, at, what);
    }
    if what.starts_with("invalid multi-line") {
        let open = here.whole.get(..at.start as usize).and_then(|text| text.rfind("\"\"\"").max(text.rfind("'''")));
        let finding = Diagnostic::new(codes::AZ0001, at, what).label("the text ends here");
        return open.into_iter().fold(finding, |finding, open| finding.also((open..open + 3).into(), "opened here"));
    }
    if at.start == at.end && what.starts_with("string values") {
        return Diagnostic::new(codes::AZ0001, at, "a value is missing");
    }
    let at = if what.starts_with("missing comma") { here.end_of_what_is_before(at) } else { at };
    let (word, rest) = (here.word(at), here.rest(at));
    let is_value = what.starts_with("string values") || what.starts_with("invalid ");
    let is_key = rest.get(word.len()..).is_some_and(|rest| rest.trim_start().starts_with('='));
    let (what, help) = if odd_quotes(here.text) {
        (what, Some("a quote is missing on this line, or there is one too many".to_owned()))
    } else if rest.starts_with(':') {
        (what, Some("a key and its value are joined by `=`".to_owned()))
    } else if !is_value || !is_name(word) {
        (what, None)
    } else if is_key {
        let help = format!("keys and values stand in braces: `{{ {word} = ... }}`");
        ("a key where a value is expected".to_owned(), Some(help))
    } else {
        let help = format!("a string stands in quotes: `\"{word}\"`");
        ("string values must be quoted, expected literal string".to_owned(), Some(help))
    };
    Diagnostic { help, ..Diagnostic::new(codes::AZ0001, at, what) }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn duplicate(here: &Line<'_>, at: Span, what: String) -> Diagnostic {
    let key = here.word(at);
    let header = Some(here.text.trim()).filter(|text| text.starts_with('['));
    let begins =
        |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    let is_first = |line: &str| header.map_or_else(|| begins(line), |header| line.trim() == header);
    let mut finding = Diagnostic::new(codes::AZ0001, at, what).label("a second time here");
    let mut start = if header.is_some() { 0 } else { here.table() };
    for line in here.whole[start..here.start].split_inclusive('\n') {
        if is_first(line) {
            let column = if header.is_some() { line.rfind(key) } else { line.find(key) };
            let first = start + column.unwrap_or(0);
            finding = finding.also((first..first + key.len()).into(), "first here");
            break;
        }
        start += line.len();
    }
    finding.help(match header {
        Some(header) => format!("rename one of them; two lives of one thing are both written `[{header}]`"),
        None => "leave one of them out".to_owned(),
    })
}

fn unclosed(text: &str, open: usize, after: Option<usize>) -> Diagnostic {
    let (what, close) = if text.as_bytes().get(open) == Some(&b'{') { ("inline table", "}") } else { ("array", "]") };
    let at = Span::from(open..open + 1);
    let finding =
        Diagnostic::new(codes::AZ0001, at, format!("unclosed {what}, expected `{close}`")).label("opened here");
    let finding = match after {
        Some(after) => {
            let line = text[after..].lines().next().unwrap_or("").trim_end().len();
            finding.also((after..after + line).into(), "here it is still open")
        }
        None => finding,
    };
    finding.help(format!("close it with `{close}`; what comes after it is read once it is closed"))
}

/// The outermost bracket that nothing closes, and the line after it that is no part of what it opens: a table's
/// header, or a key at the beginning of a line.
fn never_closed(text: &str, bytes: &[u8]) -> Option<(usize, Option<usize>)> {
    let mut open = Vec::new();
    let (mut at, mut header) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at += bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len() - at, |end| end - 1),
            b'"' | b'\'' => at = end_of_string(bytes, at),
            b'[' if open.is_empty() && begins_a_line(&bytes[..at]) => header = true,
            b'[' | b'{' if !header => open.push(at),
            close @ (b']' | b'}') if !header => match open.pop() {
                // In ASCII a bracket is two before the one that closes it.
                Some(last) if bytes[last] != close - 2 => {
                    let left = |open: &&usize| next_line(text, **open).is_some_and(|next| next < at);
                    let blame = open.iter().find(left).copied().unwrap_or(last);
                    return Some((blame, next_line(text, blame)));
                }
                _ => {}
            },
            _ => {}
        }
        header &= bytes.get(at) != Some(&b'\n');
        at += 1;
    }
    let first = *open.first()?;
    Some((first, next_line(text, first)))
}

/// A bracket that is open where a line begins with a key, in which the parser saw none: what closes it comes too late.
fn open_before_a_key(text: &str, rest: &[u8], said: &[Said]) -> Option<(usize, Option<usize>)> {
    let lines = said.iter().map(|(at, _)| (at.start as usize, Line::of(text, at.start)));
    let mut keys = lines.filter(|(at, line)| *at == line.start && line.start > 0 && begins_with_a_key(line.text));
    let (at, _) = keys.next()?;
    never_closed(text, rest.get(..at)?)
}

/// Whether a line begins with `key =` or is the header of a table.
fn begins_with_a_key(line: &str) -> bool {
    let key = line.split_once('=').map_or("", |(key, _)| key.trim_end());
    line.starts_with('[') || !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether there is nothing before on the line.
fn begins_a_line(before: &[u8]) -> bool {
    before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t')).is_none_or(|byte| *byte == b'\n')
}

/// The first line behind a place that begins with a key or a table's header.
fn next_line(text: &str, open: usize) -> Option<usize> {
    let mut start = text[..open].rfind('\n').map_or(0, |end| end + 1);
    for line in text[start..].split_inclusive('\n') {
        if start > open && begins_with_a_key(line) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

/// A line of a text.
struct Line<'t> {
    whole: &'t str,
    start: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn of(whole: &'t str, at: u32) -> Self {
        let mut at = (at as usize).min(whole.len());
        while !whole.is_char_boundary(at) {
            at -= 1;
        }
        let start = whole[..at].rfind('\n').map_or(0, |end| end + 1);
        Self { whole, start, text: whole[start..].lines().next().unwrap_or("") }
    }

    /// Where the table begins that the line is in.
    fn table(&self) -> usize {
        if self.text.starts_with('[') {
            return self.start;
        }
        self.whole[..self.start].rfind("\n[").map_or(0, |end| end + 1)
    }

    /// The text of a place, where it is one on this line.
    fn word(&self, at: Span) -> &'t str {
        self.whole.get(std::ops::Range::from(at)).unwrap_or("")
    }

    /// The rest of the line from a place on.
    fn rest(&self, at: Span) -> &'t str {
        let from = at.start as usize;
        self.text.get(from.saturating_sub(self.start)..).unwrap_or("")
    }

    /// A comma that is missing at the beginning of a line is missing at the end of the one before.
    fn end_of_what_is_before(&self, at: Span) -> Span {
        let before = self.whole.get(..at.start as usize).unwrap_or("");
        let end = before.trim_end().len();
        let line = before[..end].rfind('\n').map_or(0, |line| line + 1);
        if end > self.start || end == 0 || before[line..end].contains('#') { at } else { (end..end).into() }
    }
}

/// Whether a quote of a line is missing: one that neither a backslash nor another kind of quote nor a comment hides.
fn odd_quotes(line: &str) -> bool {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => return false,
            b'"' | b'\'' => {
                at = end_of_string(bytes, at);
                if at >= bytes.len() {
                    return true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    false
}
