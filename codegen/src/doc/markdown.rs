//! Blocks as Markdown.

use std::fmt::Write as _;

use super::Block;
use crate::Unit;

pub(super) fn print(unit: &Unit<'_>, page: &[Block]) -> String {
    let [first, second] = unit.banner();
    let mut text = format!("<!-- {first}\n     {second} -->\n");
    for block in page {
        text.push('\n');
        match block {
            Block::Heading(level, title) => {
                let _ = writeln!(text, "{} {}", "#".repeat(usize::from(*level)), escaped(title));
            }
            Block::Paragraph(paragraph) => {
                let _ = writeln!(text, "{}", escaped(paragraph));
            }
            Block::List(items) => items.iter().for_each(|item| _ = writeln!(text, "- {}", escaped(item))),
            Block::Table(head, rows) => table(&mut text, head, rows),
            Block::Code(language, lines) => {
                let _ = writeln!(text, "```{language}\n{}\n```", lines.trim_end());
            }
        }
    }
    text
}

fn table(text: &mut String, head: &[String], rows: &[Vec<String>]) {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell).replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    text.push_str(&row(head));
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    for cells in rows {
        text.push_str(&row(cells));
    }
}

/// Text with what Markdown would take for its own marked, outside of code.
fn escaped(text: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => part.replace('<', "\\<").replace("__", "\\_\\_"),
        _ => part.to_owned(),
    };
    text.split('`').enumerate().map(part).collect::<Vec<_>>().join("`")
}
