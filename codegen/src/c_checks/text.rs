//! C text in kernel style: tabs, 80 columns where it is possible.

/// Columns of a tab.
const TAB: usize = 8;
/// Columns of a line.
const WIDTH: usize = 80;

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
            Self::Bare(text) if operand => format!("({text})"),
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
    let mut text = format!("{}if (", "\t".repeat(tabs));
    for (i, line) in cond.lines(column, 1, false).iter().enumerate() {
        if i > 0 {
            text.push('\n');
            text.push_str(&indent_to(column));
        }
        text.push_str(line);
    }
    text.push_str(")\n");
    text
}

/// `NAME(a, b, c);` or a prototype: arguments are broken below the first.
pub(super) fn call(tabs: usize, head: &str, args: &[String], end: &str) -> String {
    let mut text = format!("{}{head}(", "\t".repeat(tabs));
    let column = tabs * TAB + head.len() + 1;
    let mut at = column;
    for (i, arg) in args.iter().enumerate() {
        let last = i + 1 == args.len();
        let need = arg.len() + if last { 1 + end.len() } else { 1 };
        if i > 0 {
            if at + 1 + need > WIDTH {
                text.push('\n');
                text.push_str(&indent_to(column));
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

/// A comment, in one line if it fits.
pub(super) fn comment(tabs: usize, text: &str) -> String {
    let text = clean(text);
    let tab = "\t".repeat(tabs);
    if tabs * TAB + text.len() + 6 <= WIDTH {
        return format!("{tab}/* {text} */\n");
    }
    let lines = wrap(&text, WIDTH - tabs * TAB - 3).join(&format!("\n{tab} * "));
    format!("{tab}/*\n{tab} * {lines}\n{tab} */\n")
}

/// Text that may stand in a comment: on one line, and unable to end it.
pub(super) fn clean(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /").replace("/*", "/ *")
}

/// Words in lines of at most `width` columns, where words allow it.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn indent_to(column: usize) -> String {
    "\t".repeat(column / TAB) + &" ".repeat(column % TAB)
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
        assert_eq!(comment(0, "a */ b"), "/* a * / b */\n");
        assert!(comment(1, &"word ".repeat(30)).lines().all(|line| line.len() + 7 <= WIDTH));
    }

    #[test]
    fn calls_break_between_arguments() {
        let args = ["a".repeat(40), "b".repeat(40)];
        assert_eq!(call(1, "f", &args, ";"), format!("\tf({},\n\t  {});\n", args[0], args[1]));
    }
}
