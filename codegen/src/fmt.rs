//! One shape for schemas: what is said stays, comments included, and blanks are where they always are.
//!
//! Keys of a table are aligned; one field, bit or rule stands on a line of its own, two spaces in; an array that was
//! written on one line stays on one. Between tables is one empty line, nowhere is more than one.

use std::collections::HashMap;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Key, RawString, Table, Value};

/// Why a text has no shape.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Shapeless {
    /// Loading it says all that is wrong with it.
    #[error("{0}")]
    NotToml(String),
    /// A comment would be lost.
    #[error("{0}")]
    Comment(String),
}

/// The text in its one shape.
///
/// # Errors
/// If it is no TOML, or has a comment that cannot be kept.
pub fn format(text: &str) -> Result<String, Shapeless> {
    let document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| Shapeless::NotToml(error.to_string()))?;
    let mut out = String::new();
    let mut tables = Vec::new();
    collect(document.as_table(), &mut Vec::new(), false, &mut tables);
    tables.sort_by_key(|one| one.table.position().unwrap_or(-1));
    for one in &tables {
        header(&mut out, one);
        entries(&mut out, one.table);
    }
    comments(&mut out, raw(Some(document.trailing())), "");
    let out = out.trim_start_matches('\n').trim_end().to_owned() + "\n";
    match lost(text, &out) {
        Some(why) => Err(Shapeless::Comment(why)),
        None => Ok(out),
    }
}

/// What is said of the first comment line of `text` that is not in `out`: the editor of TOML forgets those above the
/// second of two dotted keys (`A.X`, `A.Y`).
pub(crate) fn lost(text: &str, out: &str) -> Option<String> {
    let is_comment = |line: &&str| line.starts_with('#');
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for line in out.lines().map(str::trim) {
        if let Some(at) = line.find('#') {
            *kept.entry(&line[at..]).or_default() += 1;
        }
    }
    let (at, line) =
        text.lines().map(str::trim).enumerate().filter(|(_, line)| is_comment(line)).find(|(_, line)| {
            let left = kept.entry(line).or_default();
            let gone = *left == 0;
            *left = left.saturating_sub(1);
            gone
        })?;
    let line_number = at + 1;
    Some(format!(
        "line {line_number}: the comment `{line}` cannot be kept above a dotted key: write it beside the value"
    ))
}

/// A table with a header of its own, or the one at the top.
struct Headed<'d> {
    table: &'d Table,
    path: Vec<String>,
    is_life: bool,
}

fn collect<'d>(table: &'d Table, path: &mut Vec<String>, is_life: bool, found: &mut Vec<Headed<'d>>) {
    if path.is_empty() || !table.is_implicit() || is_life {
        found.push(Headed { table, path: path.clone(), is_life });
    }
    for (name, item) in table {
        let key = table.key(name).map_or_else(|| name.to_owned(), |key| key.display_repr().into_owned());
        path.push(key);
        match item {
            Item::Table(inner) if !inner.is_dotted() => collect(inner, path, false, found),
            Item::ArrayOfTables(lives) => lives.iter().for_each(|life| collect(life, path, true, found)),
            _ => {}
        }
        path.pop();
    }
}

fn raw(text: Option<&RawString>) -> &str {
    text.and_then(RawString::as_str).unwrap_or("")
}

fn header(out: &mut String, one: &Headed<'_>) {
    if one.path.is_empty() {
        return;
    }
    // What stands above belongs to the table; it is apart from the table before.
    let before = raw(one.table.decor().prefix());
    if !out.is_empty() {
        out.push('\n');
    }
    comments(out, before, "");
    let path = one.path.join(".");
    out.push_str(&if one.is_life { format!("[[{path}]]") } else { format!("[{path}]") });
    beside(out, raw(one.table.decor().suffix()));
    out.push('\n');
}

/// Comment lines, with at most one empty line between them and none twice.
fn comments(out: &mut String, text: &str, indent: &str) {
    if !text.contains('#') {
        // An empty line between keys stays.
        if text.matches('\n').count() > 0 && !out.ends_with("\n\n") && !out.ends_with("[\n") && !out.ends_with("]\n") {
            blank(out);
        }
        return;
    }
    let mut lines: Vec<&str> = text.split('\n').map(str::trim).collect();
    // The last piece is what stands before the next thing on its own line.
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    for line in lines {
        if line.is_empty() {
            blank(out);
        } else {
            out.push_str(indent);
            out.push_str(line);
            out.push('\n');
        }
    }
}

fn blank(out: &mut String) {
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
}

/// A comment at the end of a line.
fn beside(out: &mut String, text: &str) {
    let comment = text.trim();
    if comment.starts_with('#') {
        out.push_str("  ");
        out.push_str(comment);
    }
}

/// The keys of a table, one below the other.
fn entries(out: &mut String, table: &Table) {
    let pairs: Vec<(Vec<&Key>, &Value)> = table.get_values();
    let names: Vec<String> = pairs.iter().map(|(path, _)| dotted(path)).collect();
    // What a struct says after its fields does not move what it says before.
    let fields = names.iter().position(|name| matches!(name.as_str(), "fields" | "arms"));
    let width = names[..fields.map_or(names.len(), |at| at + 1)].iter().map(String::len).max().unwrap_or(0);
    for ((path, value), name) in pairs.iter().zip(&names) {
        let above = path.first().map_or("", |key| raw(key.leaf_decor().prefix()));
        let first = out.ends_with("]\n") || out.is_empty();
        comments(out, if first { above.trim_start_matches('\n') } else { above }, "");
        out.push_str(&format!("{name:width$} = "));
        self::value(out, value, 0);
        beside(out, raw(value.decor().suffix()));
        out.push('\n');
    }
}

fn dotted(path: &[&Key]) -> String {
    path.iter().map(|key| key.display_repr().into_owned()).collect::<Vec<_>>().join(".")
}

/// A value on a line that is `depth` levels in.
fn value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Array(array) => self::array(out, array, depth),
        Value::InlineTable(table) => self::inline(out, table, depth),
        other => out.push_str(other.clone().decorated("", "").to_string().trim()),
    }
}

/// An array on one line, or one element a line.
fn array(out: &mut String, array: &Array, depth: usize) {
    let mut line = String::new();
    for (at, element) in array.iter().enumerate() {
        line.push_str(if at == 0 { "" } else { ", " });
        value(&mut line, element, depth);
    }
    let spread = gaps(array).iter().any(|gap| gap.contains('\n') || gap.contains('#'));
    if !spread && !line.contains('\n') || array.is_empty() && !gaps(array).iter().any(|gap| gap.contains('#')) {
        out.push('[');
        out.push_str(&line);
        out.push(']');
        return;
    }
    let indent = "  ".repeat(depth + 1);
    out.push_str("[\n");
    for element in array {
        let before = raw(element.decor().prefix());
        above(out, before, &indent);
        out.push_str(&indent);
        value(out, element, depth + 1);
        out.push_str(",\n");
        above(out, raw(element.decor().suffix()), &indent);
    }
    above(out, raw(Some(array.trailing())), &indent);
    out.push_str(&"  ".repeat(depth));
    out.push(']');
}

/// All that stands between the elements of an array.
fn gaps(array: &Array) -> Vec<&str> {
    let mut gaps: Vec<&str> =
        array.iter().flat_map(|one| [raw(one.decor().prefix()), raw(one.decor().suffix())]).collect();
    gaps.push(raw(Some(array.trailing())));
    gaps
}

/// What stands between two elements: the end of the line before, then comments of their own.
fn above(out: &mut String, gap: &str, indent: &str) {
    let (first, rest) = gap.split_once('\n').unwrap_or((gap, ""));
    if first.trim().starts_with('#') && out.ends_with('\n') {
        out.pop();
        beside(out, first);
        out.push('\n');
    }
    for line in rest.split('\n').map(str::trim).filter(|line| line.starts_with('#')) {
        out.push_str(indent);
        out.push_str(line);
        out.push('\n');
    }
}

/// A table on one line; only an array in it may take several.
fn inline(out: &mut String, table: &InlineTable, depth: usize) {
    if table.is_empty() {
        out.push_str("{}");
        return;
    }
    out.push_str("{ ");
    for (at, (path, one)) in table.get_values().into_iter().enumerate() {
        out.push_str(if at == 0 { "" } else { ", " });
        out.push_str(&dotted(&path));
        out.push_str(" = ");
        value(out, one, depth);
    }
    out.push_str(" }");
}

#[cfg(test)]
mod tests {
    use super::format;

    fn assert_shape(text: &str, shape: &str) {
        let formatted = format(text).expect("TOML");
        assert_eq!(formatted, shape);
        assert_eq!(format(&formatted).expect("TOML"), shape, "a second time");
    }

    #[test]
    fn keys_are_aligned_and_tables_apart() {
        assert_shape(
            "grammar=1\n\n\n[header]\npath='a'\nguard = \"B\"  # why\n[const.A]\nvalue=0x10\n\n\n\n[const.B]\nvalue = \"A\"\n",
            "grammar = 1\n\n[header]\npath  = 'a'\nguard = \"B\"  # why\n\n[const.A]\nvalue = 0x10\n\n[const.B]\nvalue = \"A\"\n",
        );
    }

    #[test]
    fn comments_stay_where_they_are() {
        assert_shape(
            "# top\ngrammar = 1\n# of s\n\n  # of s too\n[struct.s]\nfields = [ # first\n{name=\"a\",type=\"u8\"}, # of a\n# of b\n{ name = \"b\", type = \"u8\" }\n# end\n]\n# last\n",
            "# top\ngrammar = 1\n\n# of s\n\n# of s too\n[struct.s]\nfields = [  # first\n  { name = \"a\", type = \"u8\" },  # of a\n  # of b\n  { name = \"b\", type = \"u8\" },\n  # end\n]\n# last\n",
        );
    }

    #[test]
    fn what_comes_after_fields_does_not_widen() {
        assert_shape(
            "[struct.s]\ndoc=\"\"\"\nx\n\"\"\"\nfields=[{ name = \"a\", type = \"u8\" }]\nmin_size=[]\nwaive=[\n{ lint = \"A\" }]\n",
            "[struct.s]\ndoc    = \"\"\"\nx\n\"\"\"\nfields = [{ name = \"a\", type = \"u8\" }]\nmin_size = []\nwaive  = [\n  { lint = \"A\" },\n]\n",
        );
    }

    #[test]
    fn unions_in_place_are_indented() {
        assert_shape(
            "[struct.s]\nfields = [\n{ union = [\n{ name = \"a\", type = \"u8\" },\n] },\n]\n",
            "[struct.s]\nfields = [\n  { union = [\n    { name = \"a\", type = \"u8\" },\n  ] },\n]\n",
        );
    }

    #[test]
    fn what_is_no_toml_is_refused() {
        assert!(format("[header\n").is_err());
    }
}
