//! Comments: CommonMark in, the kernel's comment style out, at most 80 columns wide.

use argsz_schema::hash::HashMap;
use argsz_schema::model::{Item, Meta, Model};

const WIDTH: usize = 80;
const TAB: usize = 8;

/// How kernel-doc marks the names of a header: `&struct x`, `%X`.
pub(super) struct Marks<'m>(HashMap<&'m str, &'static str>);

impl<'m> Marks<'m> {
    pub(super) fn new(model: &'m Model) -> Self {
        let mut marks = HashMap::default();
        for item in &model.items {
            let name = item.meta().name.as_str();
            match item {
                Item::Const(_) | Item::Ioctl(_) => _ = marks.insert(name, "%"),
                Item::Flags(flags) => marks.extend(flags.members.iter().map(|m| (m.meta.name.as_str(), "%"))),
                Item::Enum(values) => {
                    marks.extend(values.members.iter().map(|m| (m.meta.name.as_str(), "%")));
                    marks.insert(name, "&enum ");
                }
                // What they are in C is macros and functions, which are printed with their names already.
                Item::Bits(_) | Item::CellTable(_) | Item::Chain(_) => {}
                Item::Struct(def) => _ = marks.insert(name, if def.is_union { "&union " } else { "&struct " }),
            }
        }
        Self(marks)
    }

    /// The text for kernel-doc, where `fields` are the parameters that may be named.
    pub(super) fn kernel_doc(&self, text: &str, fields: &[&str]) -> String {
        spans(text, |out, code| match self.0.get(code) {
            Some(mark) => out.extend([mark, code]),
            None if fields.contains(&code) => out.extend(["@", code]),
            None => out.extend(["``", code, "``"]),
        })
    }
}

/// The text for a comment that no tool reads: code spans are bare.
pub(super) fn plain(text: &str) -> String {
    spans(text, String::push_str)
}

/// Rewrites the code spans of a text, and takes out what would end a comment or turn its direction.
fn spans(text: &str, mut code: impl FnMut(&mut String, &str)) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (at, part) in text.split('`').enumerate() {
        // Fences are runs of backticks: their empty spans vanish.
        match (at % 2 == 1, part) {
            (true, "") => {}
            (true, part) => code(&mut out, part),
            (false, part) => out.push_str(part),
        }
    }
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\r');
    if !out.is_ascii() || out.contains('\r') {
        out.retain(|c| !turns(c));
    }
    // Few texts have any of these letters.
    if out.contains('*') {
        out = out.replace("*/", "* /").replace("/*", "/ *");
    }
    if out.contains('?') { out.replace("??/", "? ?/") } else { out }
}

/// Everything that is said of an item, with its deprecation.
pub(super) fn doc(meta: &Meta) -> String {
    let text = meta.doc.trim();
    match &meta.deprecated {
        None => text.to_owned(),
        Some(reason) if text.is_empty() => format!("Deprecated: {reason}"),
        Some(reason) => format!("{text}\n\nDeprecated: {reason}"),
    }
}

/// The first sentence without its full stop, and the rest.
pub(super) fn brief(text: &str) -> (String, &str) {
    let paragraph = text.find("\n\n").unwrap_or(text.len());
    let sentence = text[..paragraph].find(". ").or_else(|| text[..paragraph].find(".\n"));
    let end = sentence.map_or(paragraph, |at| at + 1);
    let first = text[..end].split_whitespace().collect::<Vec<_>>().join(" ");
    (first.trim_end_matches('.').to_owned(), text[end..].trim())
}

/// Fills paragraphs to `width`; tables, code and list items keep their lines.
fn fill(text: &str, width: usize) -> Vec<String> {
    let text = text.trim();
    // Most texts are a line as they are.
    if (1..=width).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.contains("  ")
    {
        return vec![text.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    // Columns of the last line, if words may follow it.
    let mut open = None;
    let mut hang = "";
    for line in text.lines() {
        let (body, trimmed) = (line.trim_end(), line.trim());
        let kept = trimmed.starts_with('|') || trimmed.starts_with('#') || body.starts_with("    ");
        let item = trimmed.starts_with("- ") || trimmed.starts_with("* ");
        if trimmed.is_empty() || kept {
            lines.push(body.to_owned());
            (open, hang) = (None, "");
            continue;
        }
        if item || open.is_none() {
            hang = if item { "  " } else { "" };
            open = None;
        }
        for word in trimmed.split_whitespace() {
            let columns = if word.is_ascii() { word.len() } else { word.chars().count() };
            match (open, lines.last_mut()) {
                (Some(used), Some(last)) if used + 1 + columns <= width => {
                    last.extend([" ", word]);
                    open = Some(used + 1 + columns);
                }
                _ => {
                    let hang = if open.is_some() { hang } else { "" };
                    let mut line = String::with_capacity(width + 8);
                    line.extend([hang, word]);
                    lines.push(line);
                    open = Some(hang.len() + columns);
                }
            }
        }
    }
    lines
}

/// A comment of its own line or lines, indented by tabs; nothing for no text.
pub(super) fn block(tabs: usize, text: &str) -> String {
    let indent = "\t".repeat(tabs);
    let lines = fill(text, WIDTH - tabs * TAB - 3);
    match lines.as_slice() {
        [] => String::new(),
        [line] if tabs * TAB + line.chars().count() + 6 <= WIDTH => [&*indent, "/* ", line, " */\n"].concat(),
        lines => [&*indent, "/*\n", &starred(&indent, lines), &indent, " */\n"].concat(),
    }
}

/// Lines as they are, in a comment.
pub(super) fn lines(lines: &[String]) -> String {
    format!("/*\n{} */\n", starred("", lines))
}

/// The lines of a text, as they stand in a comment at the left margin.
pub(super) fn filled(text: &str) -> Vec<String> {
    fill(&plain(text.trim()), WIDTH - 3)
}

/// A kernel-doc comment: title, members, and the rest of the text.
pub(super) fn kernel_doc(title: &str, members: &[(&str, String)], rest: &str) -> String {
    let mut text = "/**\n".to_owned();
    hanging(&mut text, title);
    for (name, said) in members {
        hanging(&mut text, &["@", name, ": ", said].concat());
    }
    if !rest.is_empty() {
        text.push_str(" *\n");
        stars(&mut text, "", &fill(rest, WIDTH - 3));
    }
    text + " */\n"
}

/// Lines of which all but the first are indented.
fn hanging(into: &mut String, text: &str) {
    for (at, line) in fill(text, WIDTH - 7).iter().enumerate() {
        let indent = if at > 0 && !line.is_empty() { "    " } else { "" };
        into.extend([" *", if line.is_empty() { "" } else { " " }, indent, line, "\n"]);
    }
}

fn stars(into: &mut String, indent: &str, lines: &[String]) {
    for line in lines {
        into.extend([indent, " *", if line.is_empty() { "" } else { " " }, line, "\n"]);
    }
}

fn starred(indent: &str, lines: &[String]) -> String {
    let mut text = String::new();
    stars(&mut text, indent, lines);
    text
}

/// A row of a list: what C reads, from which column on the value stands, and the comment.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) doc: String,
}

/// Rows with aligned values; comments stand behind them if all fit there, above them if not.
pub(super) fn rows(rows: &[Row], lead: &str, between: &str, end: &str) -> String {
    let column = |row: &Row| lead.replace('\t', "        ").len() + row.name.chars().count();
    let widest = rows.iter().map(column).max().unwrap_or(0) / TAB * TAB + TAB;
    let code = |row: &Row| {
        if lead.starts_with('#') && widest + row.value.len() > WIDTH && row.value.contains(" | ") {
            return format!("{lead}{} \\\n\t{}", row.name, row.value.replace(" | ", " | \\\n\t "));
        }
        let tabs = (widest - column(row)).div_ceil(TAB);
        [lead, &row.name, &"\t".repeat(tabs), between, &row.value, end].concat()
    };
    let length = |row: &Row| widest + between.len() + row.value.len() + end.len();
    let fits =
        |row: &Row| row.doc.is_empty() || !row.doc.contains('\n') && length(row) + row.doc.chars().count() + 7 <= WIDTH;
    let behind = rows.iter().all(fits);
    // Comments above the rows must not run into that of the whole.
    let mut text = if behind || !lead.starts_with('#') { String::new() } else { "\n".to_owned() };
    for row in rows {
        let code = code(row);
        match (row.doc.is_empty(), behind) {
            (true, _) => text.extend([&*code, "\n"]),
            (false, true) => text.extend([&*code, " /* ", &row.doc, " */\n"]),
            (false, false) => {
                let tabs = lead.chars().filter(|c| *c == '\t').count();
                text.extend([&*block(tabs, &row.doc), &code, "\n"]);
            }
        }
    }
    text
}
