//! Bits as a table, a row for each range; and the same table with values in it.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use argsz_schema::bits::{BitField, Place};
use argsz_schema::model::ValueType;

use super::{Decoded, Layout, Row, What};

const PLACE: Style = AnsiColor::Cyan.on_default();
const NOTE: Style = AnsiColor::Green.on_default();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NAME: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The table of all words, from bit 0 up.
#[must_use]
pub fn layout(layout: Layout<'_>) -> String {
    let mut text = head(layout);
    let mut word = 0;
    while word < layout.bits.words {
        let rows = layout.rows(word);
        let last = last_like(layout, word, &rows);
        if layout.bits.words > 1 {
            let words = if last == word { format!("word {word}") } else { format!("words {word} to {last}") };
            let _ = writeln!(text, "\n  {DIM}{words}{DIM:#}");
        } else {
            text.push('\n');
        }
        let columns: Vec<[String; 4]> = rows.iter().map(|row| columns(layout, row)).collect();
        table(&mut text, &columns);
        word = last + 1;
    }
    text
}

/// The last of the words from `word` on that are reserved or ignored as a whole, as this one is.
fn last_like(layout: Layout<'_>, word: u32, rows: &[Row<'_>]) -> u32 {
    let whole = |rows: &[Row<'_>]| match rows {
        [Row { range, what: What::Reserved }] if range.count() == layout.bits.width => Some("reserved"),
        [Row { range, what: What::Ignored }] if range.count() == layout.bits.width => Some("ignored"),
        _ => None,
    };
    let mut last = word;
    while whole(rows).is_some() && last + 1 < layout.bits.words && whole(&layout.rows(last + 1)) == whole(rows) {
        last += 1;
    }
    last
}

fn head(layout: Layout<'_>) -> String {
    let bits = layout.bits;
    let size = match (bits.place, bits.words) {
        (Place::Register(offset), _) => format!("{} bits at {offset:#x}", bits.width),
        (_, 1) => format!("{} bits", bits.width),
        (_, words) => format!("{words} words of {} bits", bits.width),
    };
    let header = &layout.model.header.path;
    format!(
        "{} {NAME}{}{NAME:#} {DIM}{header} at {}: {size}, little-endian{DIM:#}\n",
        bits.place.word(),
        bits.meta.name,
        layout.release()
    )
}

/// Bits, name, kind, what is said of it.
fn columns(layout: Layout<'_>, row: &Row<'_>) -> [String; 4] {
    let place = row.range.within(layout.bits.width);
    match row.what {
        What::Reserved => [place, "-".to_owned(), "reserved".to_owned(), "must be 0".to_owned()],
        What::Ignored => [place, "-".to_owned(), "ignored".to_owned(), String::new()],
        What::Field(field, at) => {
            let name = if field.parts.len() == 1 {
                field.meta.name.clone()
            } else {
                format!("{}[{}:{at}]", field.meta.name, at + row.range.count() - 1)
            };
            let doc = field.meta.doc.lines().next().unwrap_or_default();
            [place, name, kind(field), doc.to_owned()]
        }
    }
}

/// What kind of value a field has; nothing for a plain number.
fn kind(field: &BitField) -> String {
    let mut kinds = Vec::new();
    if field.address {
        kinds.push("address".to_owned());
    }
    kinds.extend(field.values.as_ref().map(|(values, _)| match values {
        ValueType::Flags(name) => format!("flags {name}"),
        ValueType::Enum(name) => format!("enum {name}"),
    }));
    kinds.extend(field.fixed.as_ref().map(|fixed| format!("= {}", fixed.text)));
    kinds.join(" ")
}

/// Rows with aligned columns: bits, name, and two notes.
fn table(text: &mut String, rows: &[[String; 4]]) {
    let widest = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
    let (places, names, kinds) = (widest(0).max(5), widest(1), widest(2));
    for [place, name, kind, doc] in rows {
        let style = if name == "-" { DIM } else { NAME };
        let mut row = format!("  {PLACE}{place:>places$}{PLACE:#}  {style}{name}{style:#}");
        // What is empty at the end of a row leaves no spaces there.
        let gap = names - name.chars().count() + 2;
        let gap = if kind.is_empty() {
            gap + if kinds == 0 { 0 } else { kinds + 2 }
        } else {
            let _ = write!(row, "{:gap$}{NOTE}{kind}{NOTE:#}", "");
            kinds - kind.chars().count() + 2
        };
        if !doc.is_empty() {
            let _ = write!(row, "{:gap$}{DIM}{doc}{DIM:#}", "");
        }
        let _ = writeln!(text, "{row}");
    }
}

/// The table of all fields with their values, the words, and what is wrong with them.
#[must_use]
pub fn decoded(decoded: &Decoded<'_>) -> String {
    let layout = decoded.layout;
    let mut text = head(layout);
    text.push('\n');
    let digits = layout.bits.width as usize / 4;
    for (at, word) in decoded.words.iter().enumerate() {
        let _ = writeln!(text, "  {DIM}word {at}{DIM:#}  {word:#0width$x}", width = digits + 2);
    }
    text.push('\n');
    let rows = decoded.lines.iter().map(|line| {
        let flags = matches!(line.field.values, Some((ValueType::Flags(_), _)));
        let value = if line.field.address || flags || line.value >= 1024 {
            format!("{:#x}", line.value)
        } else {
            line.value.to_string()
        };
        let doc = line.field.meta.doc.lines().next().unwrap_or_default();
        let note = if line.meaning.is_empty() { value } else { format!("{value} {}", line.meaning) };
        [line.place.clone(), line.field.meta.name.clone(), note, doc.to_owned()]
    });
    table(&mut text, &rows.collect::<Vec<_>>());
    text.push('\n');
    if decoded.wrong.is_empty() {
        let _ = writeln!(text, "{GOOD}well-formed{GOOD:#}: no reserved bit is set");
    }
    for wrong in &decoded.wrong {
        let _ = writeln!(text, "{BAD}wrong{BAD:#}: {wrong}");
    }
    text
}
