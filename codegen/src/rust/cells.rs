//! Tables: what becomes of a pair of values, as an enum whose variants are the items with the cell's values in them.

use argsz_schema::bits::{CellTable, Says};
use argsz_schema::model::{Enum, EnumKind, EnumMember, Model};

use super::docs::Docs;
use super::text::Lines;
use super::{bits, names};
use crate::EmitError;

pub(super) fn emit(table: &CellTable, model: &Model, code: &mut Lines) -> Result<(), EmitError> {
    let unknown = |name: &str| EmitError::Unknown { item: table.meta.name.clone(), name: name.to_owned() };
    let set = |name: &str| model.find_enum(name).ok_or_else(|| unknown(name));
    let (rows, columns) = (set(&table.rows.0)?, set(&table.columns.0)?);
    let name = names::type_name(&table.meta);
    Docs::item(&table.meta, &name, &[]).print(code);
    code.line("#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
    code.open(format_args!("pub enum {name} {{"));
    code.docs(&["It is refused, and why."]);
    code.line("Refused(&'static str),");
    code.docs(&["It is accepted, and nothing is done, and why."]);
    code.line("Nothing(&'static str),");
    let mut known = Vec::new();
    for cell in &table.cells {
        if let Says::Becomes { item, .. } = &cell.says
            && !known.contains(&&item.0)
        {
            let of = model.find_bits(&item.0).ok_or_else(|| unknown(&item.0))?;
            let ty = names::type_name(&of.meta);
            code.docs(&[format!("It becomes this, with values of its own in it: `{}`.", of.meta.name)]);
            code.line(format_args!("{ty}({ty}),"));
            known.push(&item.0);
        }
    }
    code.close();
    code.gap();
    code.open(format_args!("impl {name} {{"));
    methods(table, model, (rows, columns), code)?;
    code.close();
    Ok(())
}

fn values(set: &Enum) -> Vec<&EnumMember> {
    set.members.iter().filter(|member| member.kind == EnumKind::Value).collect()
}

fn methods(
    table: &CellTable,
    model: &Model,
    (rows, columns): (&Enum, &Enum),
    code: &mut Lines,
) -> Result<(), EmitError> {
    let missing = |name: String| EmitError::Unknown { item: table.meta.name.clone(), name };
    let (row_type, column_type) = (names::type_name(&rows.meta), names::type_name(&columns.meta));
    let (rows, columns) = (values(rows), values(columns));
    code.docs(&[format!("A row for each value of [`{row_type}`], a column for each of [`{column_type}`].")]);
    code.open(format_args!("pub const TABLE: [[Self; {}]; {}] = [", columns.len(), rows.len()));
    for row in &rows {
        code.open("[");
        for column in &columns {
            let cell = table.cell(&row.key, &column.key);
            let cell = cell.ok_or_else(|| missing(format!("{}.{}", row.key, column.key)))?;
            let [variant, value] = says(&cell.says, model).ok_or_else(|| missing(cell.row.clone()))?;
            code.call(["Self::", &variant], None::<&str>, &value, ",");
        }
        code.close_with("],");
    }
    code.close_with("];");
    code.gap();
    code.docs(&["The cell of a pair; none where one of the two has no name."]);
    code.line("#[must_use]");
    code.open(format_args!("pub const fn of(row: {row_type}, column: {column_type}) -> Option<Self> {{"));
    code.open("match (row, column) {");
    for (y, row) in rows.iter().enumerate() {
        for (x, column) in columns.iter().enumerate() {
            let (row, column) = (names::member(&row.meta, &row.key), names::member(&column.meta, &column.key));
            code.line(format_args!("({row_type}::{row}, {column_type}::{column}) => Some(Self::TABLE[{y}][{x}]),"));
        }
    }
    code.line("_ => None,");
    code.close();
    code.close();
    Ok(())
}

/// The variant, and what is in it.
fn says(says: &Says, model: &Model) -> Option<[String; 2]> {
    match says {
        Says::Refused(why) => Some(["Refused".to_owned(), format!("{why:?}")]),
        Says::Nothing(why) => Some(["Nothing".to_owned(), format!("{why:?}")]),
        Says::Becomes { item, with } => {
            let item = model.find_bits(&item.0)?;
            let ty = names::type_name(&item.meta);
            let with = with.iter().map(|(name, value)| {
                let field = item.field(name)?;
                let method = names::field(&field.meta).to_lowercase();
                Some(format!(".with_{method}({})", bits::value(field, value, model)))
            });
            let with = with.collect::<Option<String>>()?;
            let value = format!("{ty}::new(){with}");
            Some([ty, value])
        }
    }
}
