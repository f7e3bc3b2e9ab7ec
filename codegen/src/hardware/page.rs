//! A page of Markdown over the hardware of a header: entries, descriptors, registers, what becomes of what, values.

use std::fmt::Write as _;

use argsz_schema::bits::{Bits, CellTable, Place, Says};
use argsz_schema::model::{Enum, EnumKind, EnumMember, Flags, Meta, Model, ValueType};

use super::{Layout, What};
use crate::{EmitError, Unit};

/// The page at the unit's release.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    let model = unit.model;
    let [first, second] = unit.banner();
    let mut text = format!("<!-- {first}\n     {second} -->\n\n# {}\n\n", model.header.path);
    let doc = model.header.doc.trim();
    if !doc.is_empty() {
        let _ = writeln!(text, "{doc}\n");
    }
    text.push_str(
        "Bits are written high to low; `w1` before them is the second word. Words are little-endian in memory. Bits that \
         are reserved must be 0.\n",
    );
    for (title, word) in [("Entries of tables in memory", "entry"), ("Descriptors in queues", "descriptor")] {
        let of_kind: Vec<&Bits> = model.bits().filter(|bits| bits.place.word() == word).collect();
        section(&mut text, title, &of_kind, model);
    }
    let registers: Vec<&Bits> = model.bits().filter(|bits| matches!(bits.place, Place::Register(_))).collect();
    section(&mut text, "Registers", &registers, model);
    tables(&mut text, unit)?;
    values(&mut text, model);
    Ok(text)
}

fn section(text: &mut String, title: &str, items: &[&Bits], model: &Model) {
    if items.is_empty() {
        return;
    }
    let _ = write!(text, "\n## {title}\n");
    let list = items.iter().map(|bits| {
        let place = match bits.place {
            Place::Register(offset) => format!("{offset:#x}"),
            Place::Entry | Place::Descriptor => format!("{} bytes", bits.count() / 8),
        };
        [format!("[`{0}`](#{0})", bits.meta.name), place, line(&bits.meta.doc)]
    });
    let offset = if items.iter().any(|bits| matches!(bits.place, Place::Register(_))) { "offset" } else { "size" };
    table(text, ["", offset, ""], list);
    for bits in items {
        let what = match bits.words {
            1 => format!("{} bits.", bits.width),
            words => format!("{words} words of {} bits.", bits.width),
        };
        heading(text, &bits.meta);
        let _ = writeln!(text, "\n{what}");
        let rows = (0..bits.words).flat_map(|word| rows(Layout { bits, model }, word));
        table(text, ["bits", "field", ""], rows);
    }
}

/// The rows of one word.
fn rows(layout: Layout<'_>, word: u32) -> Vec<[String; 3]> {
    let width = layout.bits.width;
    let place = |within: String| if word == 0 { within } else { format!("w{word} {within}") };
    let row = |row: super::Row<'_>| {
        let bits = place(row.range.within(width));
        match row.what {
            What::Reserved => [bits, String::new(), "reserved".to_owned()],
            What::Ignored => [bits, String::new(), "ignored".to_owned()],
            What::Field(field, at) => {
                let part = match field.parts.len() {
                    1 => String::new(),
                    _ => format!(", bits {}:{at} of it", at + row.range.count() - 1),
                };
                let mut notes = vec![line(&field.meta.doc)];
                if field.address {
                    notes.push("An address, in place.".to_owned());
                }
                notes.extend(field.values.as_ref().map(|(values, _)| match values {
                    ValueType::Enum(name) => format!("One of [`{name}`](#{name})."),
                    ValueType::Flags(name) => format!("Some of [`{name}`](#{name})."),
                }));
                notes.extend(field.fixed.as_ref().map(|fixed| format!("Always `{}`.", fixed.text)));
                notes.extend(field.meta.deprecated.as_ref().map(|why| format!("Deprecated: {}", line(why))));
                notes.retain(|note| !note.is_empty());
                [bits, format!("`{}`{part}", field.meta.name), notes.join(" ")]
            }
        }
    };
    layout.rows(word).into_iter().map(row).collect()
}

fn tables(text: &mut String, unit: &Unit<'_>) -> Result<(), EmitError> {
    let model = unit.model;
    for (at, of) in model.tables().enumerate() {
        if at == 0 {
            text.push_str("\n## What becomes of what\n");
        }
        let unknown = |name: &str| EmitError::Unknown { item: of.meta.name.clone(), name: name.to_owned() };
        let set = |name: &str| model.find_enum(name).ok_or_else(|| unknown(name));
        let (rows, columns) = (set(&of.rows.0)?, set(&of.columns.0)?);
        heading(text, &of.meta);
        text.push('\n');
        let names: Vec<String> = members(columns).map(|column| format!("`{}`", column.key)).collect();
        let corner = format!("[`{0}`](#{0}) of [`{1}`](#{1})", rows.meta.name, columns.meta.name);
        let _ = writeln!(text, "| {corner} | {} |", names.join(" | "));
        let _ = writeln!(text, "|---|{}", "---|".repeat(names.len()));
        for row in members(rows) {
            let cells: Vec<String> = members(columns).map(|column| cell(of, &row.key, &column.key)).collect();
            let _ = writeln!(text, "| `{}` | {} |", row.key, cells.join(" | "));
        }
    }
    Ok(())
}

fn cell(of: &CellTable, row: &str, column: &str) -> String {
    match of.cell(row, column).map(|cell| &cell.says) {
        None => String::new(),
        Some(Says::Refused(why)) => format!("refused: {}", line(why)),
        Some(Says::Nothing(why)) => format!("nothing: {}", line(why)),
        Some(Says::Becomes { item: (name, _), with }) => {
            let with: Vec<String> =
                with.iter().map(|(field, value)| format!("`{field}` = {}", shown(&value.text))).collect();
            let with = if with.is_empty() { String::new() } else { format!(", {}", with.join(", ")) };
            format!("[`{name}`](#{name}){with}")
        }
    }
}

/// A value as people read it: large numbers in hexadecimal.
fn shown(text: &str) -> String {
    text.parse::<u64>()
        .ok()
        .filter(|value| *value >= 1024)
        .map_or_else(|| format!("`{text}`"), |value| format!("`{value:#x}`"))
}

fn members(of: &Enum) -> impl Iterator<Item = &EnumMember> {
    of.members.iter().filter(|member| member.kind == EnumKind::Value)
}

/// Values that fields have, and tables.
fn values(text: &mut String, model: &Model) {
    let mut used: Vec<&str> = Vec::new();
    for field in model.bits().flat_map(|bits| &bits.fields) {
        if let Some((ValueType::Enum(name) | ValueType::Flags(name), _)) = &field.values {
            used.push(name);
        }
    }
    used.extend(model.tables().flat_map(|table| [table.rows.0.as_str(), table.columns.0.as_str()]));
    let enums: Vec<&Enum> = model.enums().filter(|set| used.contains(&set.meta.name.as_str())).collect();
    let flags: Vec<&Flags> = model.flags().filter(|set| used.contains(&set.meta.name.as_str())).collect();
    if enums.is_empty() && flags.is_empty() {
        return;
    }
    text.push_str("\n## Values\n");
    for set in enums {
        heading(text, &set.meta);
        let hex = members(set).any(|member| member.value > 15);
        let number = |value: i64| if hex { format!("{value:#x}") } else { value.to_string() };
        let rows = members(set).map(|m| [number(m.value), format!("`{}`", m.key), line(&m.meta.doc)]);
        table(text, ["value", "", ""], rows);
    }
    for set in flags {
        heading(text, &set.meta);
        let rows = set.members.iter().map(|m| [format!("{:#x}", m.value), format!("`{}`", m.key), line(&m.meta.doc)]);
        table(text, ["bits", "", ""], rows);
    }
}

/// The name, which is what links lead to, and what is said of it.
fn heading(text: &mut String, meta: &Meta) {
    let _ = write!(text, "\n### `{}`\n", meta.name);
    if !meta.doc.is_empty() {
        let _ = write!(text, "\n{}\n", meta.doc.trim());
    }
    if let Some(why) = &meta.deprecated {
        let _ = write!(text, "\nDeprecated: {why}\n");
    }
}

fn table(text: &mut String, head: [&str; 3], rows: impl Iterator<Item = [String; 3]>) {
    let _ = write!(text, "\n| {} |\n|---|---|---|\n", head.join(" | "));
    for row in rows {
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}

/// The first paragraph of a text in one line, as a cell of a table takes it.
fn line(text: &str) -> String {
    let first = text.trim().split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}
