//! Blocks as reStructuredText that Sphinx builds without a warning.

use std::fmt::Write as _;

use super::Block;
use crate::Unit;

pub(super) fn print(unit: &Unit<'_>, page: &[Block]) -> String {
    let [first, second] = unit.banner();
    let mut text = format!(".. {first}\n   {second}\n");
    for block in page {
        text.push('\n');
        match block {
            Block::Heading(level, title) => heading(&mut text, *level, &inline(title)),
            Block::Paragraph(paragraph) => {
                let _ = writeln!(text, "{}", inline(paragraph));
            }
            Block::List(items) => items.iter().for_each(|item| _ = writeln!(text, "- {}", inline(item))),
            Block::Table(head, rows) => table(&mut text, head, rows),
            Block::Code(language, lines) => {
                let language = if language.is_empty() { "text" } else { language };
                let _ = writeln!(text, ".. code-block:: {language}\n");
                for line in lines.trim_end().lines() {
                    let _ = writeln!(text, "{}", format!("   {line}").trim_end());
                }
            }
        }
    }
    text
}

fn heading(text: &mut String, level: u8, title: &str) {
    let mark = match level {
        1 => '=',
        2 => '-',
        3 => '~',
        _ => '^',
    };
    let under = mark.to_string().repeat(title.chars().count());
    if level == 1 {
        let _ = writeln!(text, "{under}");
    }
    let _ = writeln!(text, "{title}\n{under}");
}

/// A list table: cells may be of any length.
fn table(text: &mut String, head: &[String], rows: &[Vec<String>]) {
    text.push_str(".. list-table::\n   :header-rows: 1\n   :widths: auto\n\n");
    for row in std::iter::once(head).chain(rows.iter().map(Vec::as_slice)) {
        for (at, cell) in row.iter().enumerate() {
            let mark = if at == 0 { "* -" } else { "  -" };
            let _ = writeln!(text, "{}", format!("   {mark} {}", inline(cell)).trim_end());
        }
    }
}

/// CommonMark's code becomes a literal; all that rst would take for its own is escaped.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split('`').enumerate().peekable();
    while let Some((at, part)) = parts.next() {
        if at % 2 == 1 && parts.peek().is_some() && !part.trim().is_empty() {
            // What touches a literal would be taken for a part of it.
            if out.chars().next_back().is_some_and(|c| !c.is_whitespace() && !"([{<-/'\":".contains(c)) {
                out.push_str("\\ ");
            }
            let _ = write!(out, "``{}``", part.trim());
            if parts.peek().and_then(|(_, next)| next.chars().next()).is_some_and(|c| c.is_alphanumeric() || c == '(') {
                out.push_str("\\ ");
            }
            continue;
        }
        for c in part.chars() {
            if matches!(c, '\\' | '*' | '|' | '_') {
                out.push('\\');
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::inline;

    #[test]
    fn code_is_literal_and_the_rest_is_escaped() {
        assert_eq!(inline("`argsz`s of *all* a_b_ | c"), "``argsz``\\ s of \\*all\\* a\\_b\\_ \\| c");
        assert_eq!(inline("x`y`, (`z`)"), "x\\ ``y``, (``z``)");
    }
}
