//! Rust as text. Its shapes are few and regular: to build tokens, parse and print them cost most of a run.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Columns of a line.
const WIDTH: usize = 100;
/// What stands before a line: four for each brace, as far as it goes.
const SPACES: &str = "                                                                ";

/// Bytes that most pieces of code do not exceed.
const ROOM: usize = 512;

/// What a line is made of. What is formatted is written where it stays.
pub(super) trait Piece {
    /// Writes it behind what there is.
    fn put(self, text: &mut String);
}

impl Piece for &str {
    fn put(self, text: &mut String) {
        text.push_str(self);
    }
}

impl Piece for &String {
    fn put(self, text: &mut String) {
        text.push_str(self);
    }
}

impl<const N: usize> Piece for [&str; N] {
    fn put(self, text: &mut String) {
        text.extend(self);
    }
}

impl Piece for fmt::Arguments<'_> {
    fn put(self, text: &mut String) {
        // A String takes everything.
        let _ = text.write_fmt(self);
    }
}

/// A string as Rust writes it between quotes.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    // Nearly all have nothing that wants to be escaped.
    let odd = |byte: &u8| !matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~');
    if text.bytes().filter(odd).count() == 0 {
        return Cow::Borrowed(text);
    }
    let quoted = format!("{text:?}");
    Cow::Owned(quoted[1..quoted.len() - 1].to_owned())
}

/// Lines of code, each under the braces that are open.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    /// No line yet, inside `depth` braces.
    pub(super) fn new(depth: usize) -> Self {
        Self { text: String::with_capacity(ROOM), depth }
    }

    /// Lines behind a text.
    pub(super) fn behind(text: String) -> Self {
        Self { text, depth: 0 }
    }

    /// How many braces are open.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// One line.
    pub(super) fn line(&mut self, line: impl Piece) {
        let before = self.text.len();
        self.indent();
        let begins = self.text.len();
        line.put(&mut self.text);
        if self.text.len() == begins {
            self.text.truncate(before);
        }
        self.text.push('\n');
    }

    /// A line with a doc comment for each of `docs`.
    pub(super) fn docs<S: AsRef<str>>(&mut self, docs: &[S]) {
        for doc in docs {
            self.indent();
            self.text.push_str("/// ");
            self.text.push_str(doc.as_ref());
            self.text.truncate(self.text.trim_end().len());
            self.text.push('\n');
        }
    }

    /// A line that ends in `{`: what follows is inside of it.
    pub(super) fn open(&mut self, line: impl Piece) {
        self.line(line);
        self.depth += 1;
    }

    /// The `}` of the last [`Lines::open`].
    pub(super) fn close(&mut self) {
        self.close_with("}");
    }

    /// As [`Lines::close`], with what else has to stand there.
    pub(super) fn close_with(&mut self, end: impl Piece) {
        self.depth = self.depth.saturating_sub(1);
        self.line(end);
    }

    /// An empty line, unless a brace was just opened or nothing stands before it.
    pub(super) fn gap(&mut self) {
        let at_start = matches!(&*self.text, "" | "\n");
        if !(at_start || self.text.ends_with("{\n") || self.text.ends_with("\n\n")) {
            self.text.push('\n');
        }
    }

    /// `impl NAME { }` around methods, each printed inside one brace; nothing without methods.
    pub(super) fn methods(&mut self, name: &str, methods: &[String]) {
        if methods.iter().all(String::is_empty) {
            return;
        }
        self.gap();
        self.open(format_args!("impl {name} {{"));
        for method in methods.iter().filter(|method| !method.is_empty()) {
            self.gap();
            self.verbatim(method);
        }
        self.close();
    }

    /// `HEAD VALUE`, the value on a line of its own if one is too short.
    pub(super) fn assign(&mut self, head: &str, value: &str) {
        if self.depth * 4 + head.len() + 1 + value.len() <= WIDTH {
            self.line(format_args!("{head} {value}"));
        } else {
            self.line(head);
            self.line(format_args!("    {value}"));
        }
    }

    /// `HEAD[NUMBERS]TAIL`, with so many numbers on a line as are read well if one line is too short.
    pub(super) fn array(&mut self, head: &str, numbers: &[String], tail: &str) {
        let flat = format!("{head}[{}]{tail}", numbers.join(", "));
        if self.depth * 4 + flat.len() <= WIDTH {
            self.line(&flat);
            return;
        }
        self.open(format_args!("{head}["));
        numbers.chunks(4).for_each(|some| self.line(format_args!("{},", some.join(", "))));
        self.close_with(format_args!("]{tail}"));
    }

    /// `PATTERN | PATTERN => VALUE,`, on lines of their own if one is too short.
    pub(super) fn arm(&mut self, patterns: &[String], value: &str) {
        let Some((last, first)) = patterns.split_last() else { return };
        let flat = format!("{} => {value},", patterns.join(" | "));
        if self.depth * 4 + flat.len() <= WIDTH {
            self.line(&flat);
            return;
        }
        for (at, pattern) in first.iter().enumerate() {
            self.line(format_args!("{}{pattern}", if at == 0 { "" } else { "| " }));
        }
        self.open(format_args!("{}{last} => {{", if first.is_empty() { "" } else { "| " }));
        self.line(value);
        self.close();
    }

    /// `HEAD(ARGUMENTS)RESULT {`, each argument on a line of its own if one is too short.
    pub(super) fn open_fn(&mut self, head: &str, arguments: &[&str], result: &str) {
        let before = self.text.len();
        self.open([head, "(", &arguments.join(", "), ")", result, " {"]);
        if self.is_short(before) {
            return;
        }
        self.take_back(before);
        self.line([head, "("]);
        for argument in arguments {
            self.line(format_args!("    {argument},"));
        }
        self.open(format_args!("){result} {{"));
    }

    /// `if CONDITION {`: what follows is inside of it.
    pub(super) fn open_if(&mut self, condition: &Code) {
        let before = self.text.len();
        self.open(["if ", &*condition.flat(), " {"]);
        let (Code::Any(_) | Code::All(_)) = condition else { return };
        if self.is_short(before) {
            return;
        }
        self.take_back(before);
        let operator = if matches!(condition, Code::Any(_)) { "||" } else { "&&" };
        for (at, part) in condition.parts().iter().enumerate() {
            if at == 0 {
                self.line(["if ", &**part]);
            } else {
                self.line(["    ", operator, " ", &**part]);
            }
        }
        self.open("{");
    }

    /// `HEAD(FIRST, LAST)TAIL`, with the arguments on lines of their own if one is too short: the first of them, if
    /// there are more than one, and then the last.
    pub(super) fn call(&mut self, head: [&str; 2], first: Option<impl Piece>, last: impl Piece, tail: &str) {
        let before = self.text.len();
        self.indent();
        self.text.extend(head);
        self.text.push('(');
        let begins = self.text.len();
        if let Some(first) = first {
            first.put(&mut self.text);
            self.text.push_str(", ");
        }
        let last_begins = self.text.len();
        last.put(&mut self.text);
        let ends = self.text.len();
        self.text.extend([")", tail, "\n"]);
        if self.is_short(before) {
            return;
        }
        let (first, last) = (self.text[begins..last_begins].to_owned(), self.text[last_begins..ends].to_owned());
        self.text.truncate(begins);
        self.text.push('\n');
        self.depth += 1;
        if !first.is_empty() {
            self.line(first.trim_end());
        }
        self.line(&last);
        self.depth -= 1;
        self.line(format_args!("){tail}"));
    }

    /// Whether the line that begins there, the last one, is not too long.
    fn is_short(&self, begins: usize) -> bool {
        self.text.len() - begins <= WIDTH + "\n".len()
    }

    /// Takes back the [`Lines::open`] that began there.
    fn take_back(&mut self, begins: usize) {
        self.text.truncate(begins);
        self.depth -= 1;
    }

    /// Another piece of code, whose lines are taken as they are.
    pub(super) fn verbatim(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// All lines.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn indent(&mut self) {
        self.text.push_str(&SPACES[..(self.depth * 4).min(SPACES.len())]);
    }
}

/// A condition, which knows what stands where without parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// Known before any byte is read.
    Const(bool),
    /// Joined by `||`.
    Any(Vec<Code>),
    /// Joined by `&&`.
    All(Vec<Code>),
    /// A comparison: stands anywhere but under `!`.
    Plain(String),
    /// A call: stands anywhere.
    Atom(String),
}

impl Code {
    /// All of them, left to right; constants are folded.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        Self::join(parts, false)
    }

    /// Any of them, left to right; constants are folded.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        Self::join(parts, true)
    }

    fn join(parts: Vec<Self>, any: bool) -> Self {
        if parts.iter().any(|part| matches!(part, Self::Const(value) if *value == any)) {
            return Self::Const(any);
        }
        let mut parts: Vec<Self> = parts.into_iter().filter(|part| !matches!(part, Self::Const(_))).collect();
        match parts.len() {
            0 | 1 => parts.pop().unwrap_or(Self::Const(!any)),
            _ if any => Self::Any(parts),
            _ => Self::All(parts),
        }
    }

    /// The opposite.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Const(value) => Self::Const(!value),
            Self::Atom(text) => Self::Atom(["!", &*text].concat()),
            other => Self::Atom(["!(", &*other.flat(), ")"].concat()),
        }
    }

    /// On one line.
    pub(super) fn flat(&self) -> String {
        match self {
            Self::Const(value) => value.to_string(),
            Self::Plain(text) | Self::Atom(text) => text.clone(),
            Self::Any(_) => self.parts().join(" || "),
            Self::All(_) => self.parts().join(" && "),
        }
    }

    /// Its operands, in parentheses where they need some.
    fn parts(&self) -> Vec<String> {
        let (Self::Any(parts) | Self::All(parts)) = self else { return vec![self.flat()] };
        let other = |part: &Self| matches!((self, part), (Self::Any(_), Self::All(_)) | (Self::All(_), Self::Any(_)));
        parts.iter().map(|part| if other(part) { ["(", &*part.flat(), ")"].concat() } else { part.flat() }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Lines, escaped};

    fn plain(text: &str) -> Code {
        Code::Plain(text.to_owned())
    }

    #[test]
    fn constants_fold_and_parentheses_stand_where_they_must() {
        let either = Code::any(vec![plain("a == 1"), plain("b == 2")]);
        assert_eq!(Code::all(vec![either.clone(), plain("c < 3")]).flat(), "(a == 1 || b == 2) && c < 3");
        assert_eq!(Code::all(vec![plain("a == 1"), Code::Const(false)]), Code::Const(false));
        assert_eq!(Code::any(vec![Code::Const(false), plain("a == 1")]), plain("a == 1"));
        assert_eq!(Code::all(vec![]), Code::Const(true));
        assert_eq!(either.not().flat(), "!(a == 1 || b == 2)");
        assert_eq!(Code::Atom("f()".to_owned()).not().flat(), "!f()");
    }

    #[test]
    fn gaps_stand_between_parts_alone() {
        let mut lines = Lines::new(0);
        lines.gap();
        lines.methods("A", &[String::new()]);
        lines.methods("A", &["    fn a() {}\n".to_owned(), String::new(), "    fn b() {}\n".to_owned()]);
        lines.gap();
        lines.gap();
        lines.line("b");
        assert_eq!(lines.into_text(), "impl A {\n    fn a() {}\n\n    fn b() {}\n}\n\nb\n");
    }

    #[test]
    fn what_is_too_long_for_a_line_breaks_where_people_would() {
        let mut lines = Lines::new(0);
        let (name, ty) = ("n".repeat(40), "T".repeat(60));
        lines.assign(&format!("const {name}: u32 ="), &format!("{ty};"));
        lines.open_fn(&format!("fn {name}"), &["&self", &format!("of: {ty}")], " -> u8");
        lines.arm(&[ty.clone(), ty.clone()], "1");
        lines.array("x = ", &vec!["0xffff_ffff_ffff_ffff".to_owned(); 5], ";");
        lines.close();
        let four = ["0xffff_ffff_ffff_ffff"; 4].join(", ");
        let expected = format!(
            "const {name}: u32 =\n    {ty};\nfn {name}(\n    &self,\n    of: {ty},\n) -> u8 {{\n    {ty}\n    | {ty} \
             => {{\n        1\n    }}\n    x = [\n        {four},\n        0xffff_ffff_ffff_ffff,\n    ];\n}}\n"
        );
        assert_eq!(lines.into_text(), expected);
    }

    #[test]
    fn long_conditions_and_calls_break_between_their_parts() {
        let mut lines = Lines::new(1);
        let long = |c: char| plain(&format!("{} == 1", String::from(c).repeat(40)));
        lines.open_if(&Code::all(vec![long('a'), long('b')]));
        lines.call(["return ", "f"], Some("1, 2"), &"x".repeat(90), ";");
        lines.call(["", "g"], Some(["\"", &escaped("a"), "\""]), ["\"", &escaped("\"\\\n"), "\""], "");
        lines.close();
        let (a, b, x) = ("a".repeat(40), "b".repeat(40), "x".repeat(90));
        let expected = format!(
            "    if {a} == 1\n        && {b} == 1\n    {{\n        return f(\n            1, 2,\n            \
             {x}\n        );\n        g(\"a\", \"\\\"\\\\\\n\")\n    }}\n"
        );
        assert_eq!(lines.into_text(), expected);
    }
}
