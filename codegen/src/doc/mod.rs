//! The document of a header: what the interface is for, how its structs grow, every struct with its rules in the order
//! they are applied, and what nobody checks. One page of blocks, printed as reStructuredText and as Markdown.

mod growth;
mod markdown;
mod page;
mod rst;
mod structs;

use crate::{EmitError, Unit};

/// As reStructuredText, for Sphinx.
pub fn rst(unit: &Unit<'_>) -> Result<String, EmitError> {
    Ok(rst::print(unit, &page::page(unit)?))
}

/// As Markdown.
pub fn markdown(unit: &Unit<'_>) -> Result<String, EmitError> {
    Ok(markdown::print(unit, &page::page(unit)?))
}

/// A part of a page. Text in it is CommonMark with no more than `code`.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Block {
    /// A heading; 1 is the title of the page.
    Heading(u8, String),
    Paragraph(String),
    List(Vec<String>),
    /// A head, and rows of as many cells.
    Table(Vec<String>, Vec<Vec<String>>),
    /// A language's name and lines.
    Code(&'static str, String),
}

impl Block {
    fn heading(level: u8, text: impl Into<String>) -> Self {
        Self::Heading(level, text.into())
    }

    fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> Self {
        Self::Table(head.map(str::to_owned).to_vec(), rows.into_iter().map(Vec::from).collect())
    }
}

/// The docs of an item as blocks: paragraphs, lists and tables, as schemas write them.
fn blocks(doc: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in doc.trim().split("\n\n").filter(|part| !part.trim().is_empty()) {
        let lines: Vec<&str> = part.lines().map(str::trim).collect();
        if lines.iter().all(|line| line.starts_with('|')) {
            let cells = |line: &&str| -> Vec<String> {
                line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
            };
            let rule = |line: &&&str| !line.chars().all(|c| matches!(c, '|' | '-' | ' ' | ':'));
            let mut rows = lines.iter().filter(rule).map(cells);
            blocks.push(Block::Table(rows.next().unwrap_or_default(), rows.collect()));
        } else if lines.first().is_some_and(|line| line.starts_with("- ")) {
            let mut items: Vec<String> = Vec::new();
            for line in lines {
                match (line.strip_prefix("- "), items.last_mut()) {
                    (Some(item), _) => items.push(item.to_owned()),
                    (None, Some(last)) => *last = format!("{last} {line}"),
                    (None, None) => {}
                }
            }
            blocks.push(Block::List(items));
        } else {
            blocks.push(Block::Paragraph(lines.join(" ")));
        }
    }
    blocks
}

/// A doc in one line, for a cell of a table.
fn line(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as code.
fn code(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

#[cfg(test)]
mod tests {
    use super::{Block, blocks};

    #[test]
    fn docs_are_paragraphs_lists_and_tables() {
        let found = blocks("One\nline.\n\n- a\n  b\n- c\n\n| h | i |\n|---|---|\n| 1 | 2 |\n");
        let text = |text: &str| text.to_owned();
        assert_eq!(
            found,
            [
                Block::Paragraph(text("One line.")),
                Block::List(vec![text("a b"), text("c")]),
                Block::table(["h", "i"], [[text("1"), text("2")]]),
            ]
        );
    }
}
