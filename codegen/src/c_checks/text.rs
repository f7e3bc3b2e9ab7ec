//! C text in kernel style: tabs, 80 columns where it is possible.

/// Columns of a tab.
const TAB: usize = 8;
/// Columns of a line.
const WIDTH: usize = 80;
/// As many as any line begins with.
const TABS: &str = "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t";
const SPACES: &str = "        ";

/// A condition in C, to be broken into lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cexpr {
    /// Known before any byte is read.
    Const(bool),
    /// An expression that binds tighter than `&&`.
    Atom(String),
    /// `a & b`: needs parentheses beside `&&`.
    Bare(String),
    /// Operands joined by `&&` or `||`.
    Chain(&'static str, Vec<Cexpr>),
}

impl Cexpr {
    /// `&&` of all, constants folded.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        Self::chain("&&", true, parts)
    }

    /// `||` of all, constants folded.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        Self::chain("||", false, parts)
    }

    fn chain(op: &'static str, neutral: bool, parts: Vec<Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Const(value) if value == neutral => {}
                Self::Const(value) => return Self::Const(value),
                Self::Chain(inner, parts) if inner == op => kept.extend(parts),
                other => kept.push(other),
            }
        }
        match (kept.pop(), kept.is_empty()) {
            (None, _) => Self::Const(neutral),
            (Some(only), true) => only,
            (Some(last), false) => {
                kept.push(last);
                Self::Chain(op, kept)
            }
        }
    }

    /// On one line, as an operand of `&&` or `||` if `operand`.
    fn flat(&self, operand: bool) -> String {
        match self {
            Self::Const(value) => u8::from(*value).to_string(),
            Self::Bare(text) if operand => ["(", text, ")"].concat(),
            Self::Atom(text) | Self::Bare(text) => text.clone(),
            Self::Chain(op, parts) => {
                let parts: Vec<String> = parts.iter().map(|part| part.flat(true)).collect();
                let text = parts.join(&format!(" {op} "));
                if operand { format!("({text})") } else { text }
            }
        }
    }

    /// Lines of it, the first of which begins at `column`, with `after` columns needed behind the last.
    fn lines(&self, column: usize, after: usize, operand: bool) -> Vec<String> {
        let flat = self.flat(operand);
        let Self::Chain(op, parts) = self else { return vec![flat] };
        if column + flat.len() + after <= WIDTH {
            return vec![flat];
        }
        let inner = column + usize::from(operand);
        let mut lines = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let more = if i + 1 < parts.len() { op.len() + 1 } else { after + usize::from(operand) };
            let mut part = part.lines(inner, more, true);
            if let (Some(last), true) = (part.last_mut(), i + 1 < parts.len()) {
                last.push(' ');
                last.push_str(op);
            }
            lines.extend(part.into_iter().map(|line| format!("{}{line}", if operand { " " } else { "" })));
        }
        if let (Some(first), true) = (lines.first_mut(), operand) {
            first.replace_range(..1, "(");
        }
        if let (Some(last), true) = (lines.last_mut(), operand) {
            last.push(')');
        }
        lines
    }
}

/// `if (cond)` behind one tab.
pub(super) fn if_line(cond: &Cexpr, tabs: usize) -> String {
    let column = tabs * TAB + "if (".len();
    let mut text = String::with_capacity(WIDTH);
    text.extend([&TABS[..tabs], "if ("]);
    for (i, line) in cond.lines(column, 1, false).iter().enumerate() {
        if i > 0 {
            text.push('\n');
            indent_to(&mut text, column);
        }
        text.push_str(line);
    }
    text.push_str(")\n");
    text
}

/// `NAME(a, b, c);` or a prototype: arguments are broken below the first.
pub(super) fn call(tabs: usize, head: &str, args: &[String], end: &str) -> String {
    let mut text = String::with_capacity(WIDTH);
    text.extend([&TABS[..tabs], head, "("]);
    let column = tabs * TAB + head.len() + 1;
    let mut at = column;
    for (i, arg) in args.iter().enumerate() {
        let last = i + 1 == args.len();
        let need = arg.len() + if last { 1 + end.len() } else { 1 };
        if i > 0 {
            if at + 1 + need > WIDTH {
                text.push('\n');
                indent_to(&mut text, column);
                at = column;
            } else {
                text.push(' ');
                at += 1;
            }
        }
        text.push_str(arg);
        text.push_str(if last { ")" } else { "," });
        at += arg.len() + 1;
    }
    text.push_str(end);
    text.push('\n');
    text
}

/// A comment, in one line if it fits; its text comes in pieces.
pub(super) fn comment(into: &mut String, tabs: usize, pieces: &[&str]) {
    let text = clean(&pieces.concat());
    let tab = &TABS[..tabs];
    if tabs * TAB + text.len() + 6 <= WIDTH {
        into.extend([tab, "/* ", &text, " */\n"]);
        return;
    }
    into.extend([tab, "/*\n"]);
    let star = format!("{tab} * ");
    fill(into, [&star, &star], [text.as_str()], WIDTH - tabs * TAB - 3);
    into.extend([tab, " */\n"]);
}

/// Text that may stand in a comment: on one line, and unable to end it.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    // What begins or ends a comment has a star in it; few texts have one.
    if out.contains('*') { out.replace("*/", "* /").replace("/*", "/ *") } else { out }
}

/// The words of a text in pieces, in lines of at most `width` columns where words allow it. What stands before the
/// first line, and before the others, counts nothing. A word in several pieces stands on one line, however long.
pub(super) fn fill<'p>(
    into: &mut String,
    [first, others]: [&str; 2],
    pieces: impl IntoIterator<Item = &'p str>,
    width: usize,
) {
    let mut column = 0;
    // Whether the last piece ended within a word.
    let mut open = false;
    for piece in pieces {
        for (at, word) in piece.split_ascii_whitespace().enumerate() {
            if open && at == 0 && !piece.starts_with(|c: char| c.is_ascii_whitespace()) {
                into.push_str(word);
                column += word.len();
                continue;
            }
            if column > 0 && column + 1 + word.len() <= width {
                into.push(' ');
                column += 1 + word.len();
            } else {
                into.push_str(if column == 0 { first } else { "\n" });
                into.push_str(if column == 0 { "" } else { others });
                column = word.len();
            }
            into.push_str(word);
        }
        open = !piece.ends_with(|c: char| c.is_ascii_whitespace());
    }
    if column > 0 {
        into.push('\n');
    }
}

fn indent_to(text: &mut String, column: usize) {
    text.push_str(&TABS[..(column / TAB).min(TABS.len())]);
    text.push_str(&SPACES[..column % TAB]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_fold_constants_and_flatten() {
        let a = || Cexpr::Atom("a".into());
        let b = || Cexpr::Atom("b".into());
        assert_eq!(Cexpr::all(vec![Cexpr::Const(true), a()]), a());
        assert_eq!(Cexpr::all(vec![Cexpr::Const(false), a()]), Cexpr::Const(false));
        assert_eq!(Cexpr::any(vec![]), Cexpr::Const(false));
        let nested = Cexpr::any(vec![a(), Cexpr::any(vec![b(), a()])]);
        assert_eq!(if_line(&nested, 1), "\tif (a || b || a)\n");
        let mixed = Cexpr::all(vec![Cexpr::any(vec![a(), b()]), Cexpr::Bare("x & 1".into())]);
        assert_eq!(if_line(&mixed, 1), "\tif ((a || b) && (x & 1))\n");
    }

    #[test]
    fn long_conditions_break_after_operators() {
        let long = |c: char| Cexpr::Atom(format!("{} == 1", String::from(c).repeat(30)));
        let cond = Cexpr::any(vec![Cexpr::all(vec![long('a'), long('b')]), long('c')]);
        let text = if_line(&cond, 1);
        let expected = format!(
            "\tif (({a} == 1 &&\n\t     {b} == 1) ||\n\t    {c} == 1)\n",
            a = "a".repeat(30),
            b = "b".repeat(30),
            c = "c".repeat(30)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn comments_cannot_be_ended_by_their_text() {
        let comment = |tabs, text: &str| {
            let mut out = String::new();
            comment(&mut out, tabs, &[text]);
            out
        };
        assert_eq!(comment(0, "a */ b"), "/* a * / b */\n");
        assert!(comment(1, &"word ".repeat(30)).lines().all(|line| line.len() + 7 <= WIDTH));
    }

    #[test]
    fn pieces_of_a_text_are_filled_as_one() {
        let filled = |pieces: &[&str], width| {
            let mut out = String::new();
            fill(&mut out, ["* ", "*   "], pieces.iter().copied(), width);
            out
        };
        assert_eq!(filled(&["@", "held", ": is", " over", "written"], 80), "* @held: is overwritten\n");
        assert_eq!(filled(&["one two three"], 7), "* one two\n*   three\n");
        assert_eq!(filled(&[" ", ""], 7), "");
    }

    #[test]
    fn calls_break_between_arguments() {
        let args = ["a".repeat(40), "b".repeat(40)];
        assert_eq!(call(1, "f", &args, ";"), format!("\tf({},\n\t  {});\n", args[0], args[1]));
    }
}
