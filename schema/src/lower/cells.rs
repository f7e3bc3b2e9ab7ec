//! `[table.NAME]`: what becomes of each pair of values.

use super::kept::{Spanned, Value};
use super::tree::{Cx, Table};
use super::{FOREVER, bits, meta};
use crate::bits::{Bits, Cell, CellTable, Fixed, Says};
use crate::codes;
use crate::diag::Diagnostic;
use crate::language;
use crate::model::Item;
use crate::nearest::did_you_mean_or;
use crate::source::Span;

pub(super) fn lower(name: &str, at: Span, table: Table<'_, '_>, items: &[Item]) -> Option<CellTable> {
    let meta = meta(&table, name, at, FOREVER);
    let rows = table.must_text("rows");
    let columns = table.must_text("columns");
    if !table.has("cells") {
        table.missing("cells");
    }
    let mut cells = Vec::new();
    let written = table.get("cells").and_then(|value| Table::of(table.cx, value, table.cx.at(value)));
    for (row, at, value) in written.iter().flat_map(Table::entries) {
        let Some(columns) = Table::of(table.cx, value, at) else { continue };
        for (column, at, value) in columns.entries() {
            let says = Table::of(table.cx, value, at).and_then(|cell| says(cell, items));
            cells.extend(says.map(|says| Cell { row: row.to_owned(), column: column.to_owned(), says, span: at }));
        }
    }
    table.finish(&language::CELLS);
    let (rows, columns) = (rows?, columns?);
    Some(CellTable { meta, rows: (rows.text, rows.at), columns: (columns.text, columns.at), cells })
}

/// `{ becomes = "...", with = { ... } }`, `{ nothing = "why" }` or `{ refused = "why" }`.
fn says(cell: Table<'_, '_>, items: &[Item]) -> Option<Says> {
    let said = ["becomes", "nothing", "refused"].iter().filter(|key| cell.has(key)).count();
    if said != 1 {
        let message = "a cell says exactly one of `becomes`, `nothing` and `refused`";
        cell.cx.report(Diagnostic::new(codes::AZ0004, cell.at, message));
    }
    let nothing = cell.text("nothing").map(|why| Says::Nothing(why.text));
    let refused = cell.text("refused").map(|why| Says::Refused(why.text));
    let item = cell.text("becomes");
    let with = cell.get("with");
    let becomes = item.map(|item| {
        let of = items.iter().find_map(|known| match known {
            Item::Bits(bits) if bits.meta.name == item.text => Some(bits),
            _ => None,
        });
        let with = match (of, with) {
            (Some(of), Some(with)) => values(cell.cx, with, of),
            // That there is no such thing is said by `check`.
            _ => Vec::new(),
        };
        Says::Becomes { item: (item.text, item.at), with }
    });
    cell.finish(&language::CELL);
    if said == 1 { becomes.or(nothing).or(refused) } else { None }
}

fn values(cx: &Cx<'_>, with: &Spanned<Value<'_>>, of: &Bits) -> Vec<(String, Fixed)> {
    let Some(with) = Table::of(cx, with, cx.at(with)) else { return Vec::new() };
    let mut found = Vec::new();
    for (name, at, value) in with.entries() {
        let Some(field) = of.field(name) else {
            let message = format!("`{}` has no field `{name}`", of.meta.name);
            let fields = of.fields.iter().map(|field| field.meta.name.as_str());
            let help = did_you_mean_or(name, "its fields are", fields);
            cx.report(Diagnostic { help, ..Diagnostic::new(codes::AZ1032, at, message) });
            continue;
        };
        let value = bits::fixed(cx, Some(value), field.values.as_ref());
        found.extend(value.map(|value| (name.to_owned(), value)));
    }
    found
}
