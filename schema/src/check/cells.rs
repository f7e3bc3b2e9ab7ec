//! Tables of cells: that every pair of values has one, and that what it becomes exists.

use super::{Check, bits, list};
use crate::bits::{BitField, Bits, CellTable, Fixed, Says};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{Enum, EnumKind, Release};
use crate::nearest::did_you_mean_or;
use crate::rust_name;
use crate::source::Span;

/// Names that the Rust of every table has.
const TAKEN: &[&str] = &["Nothing", "Refused"];

pub(super) fn check(check: &Check<'_>) {
    for table in check.model.tables() {
        // That they exist is the business of `refs`.
        let (rows, columns) = (check.model.find_enum(&table.rows.0), check.model.find_enum(&table.columns.0));
        if let (Some(rows), Some(columns)) = (rows, columns) {
            pairs(check, table, rows, columns);
        }
        for cell in &table.cells {
            if let Says::Becomes { item: (name, at), with } = &cell.says {
                for item in check.model.bits().filter(|item| item.meta.name == *name) {
                    becomes(check, table, item, with);
                    taken(check, item, *at);
                }
            }
        }
    }
}

/// At every release that has both, the item has the fields, and they hold the values.
fn becomes(check: &Check<'_>, table: &CellTable, item: &Bits, with: &[(String, Fixed)]) {
    let both = |release: &Release| table.meta.life.has(*release) && item.meta.life.has(*release);
    let releases = (0..check.model.header.releases.len()).filter_map(|at| u16::try_from(at).ok()).map(Release);
    for release in releases.filter(both) {
        for (name, value) in with {
            let alive = |field: &&BitField| field.meta.name == *name && field.meta.life.has(release);
            if let Some(field) = item.fields.iter().find(alive) {
                bits::fits(check, field, value);
                continue;
            }
            let message = format!("`{}` has no field `{name}`{}", item.meta.name, check.when(release));
            let finding = Diagnostic::new(codes::AZ1032, value.span, message).also(item.meta.span, "it begins here");
            check.report(finding.help("give the table a life inside that of the field"));
        }
    }
}

/// Names of what all tables say are not those of an item.
fn taken(check: &Check<'_>, item: &Bits, at: Span) {
    let name = rust_name::of_type(&item.meta);
    if TAKEN.contains(&name.as_str()) {
        let message =
            format!("`{}` and what a table says of other cells are both called `{name}` in Rust", item.meta.name);
        let finding = Diagnostic::new(codes::AZ0129, item.meta.span, message).also(at, "this cell becomes it");
        check.report(finding.help("name it for Rust alone: `rust = \"...\"`"));
    }
}

/// Keys of the values of an enum.
fn keys(of: &Enum) -> impl Iterator<Item = &str> + Clone {
    of.members.iter().filter(|member| member.kind == EnumKind::Value).map(|member| member.key.as_str())
}

fn pairs(check: &Check<'_>, table: &CellTable, rows: &Enum, columns: &Enum) {
    for cell in &table.cells {
        for (key, of) in [(&cell.row, rows), (&cell.column, columns)] {
            if !keys(of).any(|known| known == key) {
                let message = format!("`{}` has no value `{key}`", of.meta.name);
                let help = did_you_mean_or(key, "its values are", keys(of));
                check.report(Diagnostic { help, ..Diagnostic::new(codes::AZ1030, cell.span, message) });
            }
        }
    }
    let pairs = keys(rows).flat_map(|row| keys(columns).map(move |column| (row, column)));
    let missing: Vec<String> = pairs
        .filter(|(row, column)| table.cell(row, column).is_none())
        .map(|(row, column)| format!("{row}.{column}"))
        .collect();
    if !missing.is_empty() {
        let message = format!("the table `{}` says nothing of {}", table.meta.name, list(&missing));
        let finding = Diagnostic::new(codes::AZ1031, table.meta.span, message);
        check.report(finding.help(format!("add it: `{} = {{ refused = \"why\" }}`", missing[0])));
    }
}
