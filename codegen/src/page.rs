//! Pages of tables, as Markdown and as one file of HTML that needs no network.
//!
//! Text in them is plain, with `code` between backticks.

use std::borrow::Cow;
use std::fmt::Write as _;

/// A title and its sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    /// Lines of a comment at the head of the file.
    pub(crate) banner: Vec<String>,
    pub(crate) sections: Vec<Section>,
}

/// A table and what it is about; without rows, the words alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) title: Cow<'static, str>,
    /// A part of the section before it.
    pub(crate) inner: bool,
    pub(crate) about: Cow<'static, str>,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Section {
    /// A table without rows yet.
    pub(crate) fn new(title: impl Into<Cow<'static, str>>, about: impl Into<Cow<'static, str>>, head: &[&str]) -> Self {
        let head = head.iter().map(|cell| (*cell).to_owned()).collect();
        Self { title: title.into(), about: about.into(), head, ..Self::default() }
    }
}

impl Page {
    pub(crate) fn markdown(&self) -> String {
        let mut text = match self.banner.as_slice() {
            [] => String::new(),
            lines => format!("<!-- {} -->\n\n", lines.join("\n     ")),
        };
        let _ = writeln!(text, "# {}", self.title);
        let row = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
            format!("| {} |\n", cells.join(" | "))
        };
        for section in &self.sections {
            let _ = writeln!(text, "\n{} {}", if section.inner { "###" } else { "##" }, section.title);
            if !section.about.is_empty() {
                let _ = writeln!(text, "\n{}", section.about);
            }
            if !section.rows.is_empty() {
                let _ = writeln!(text, "\n{}|{}", row(&section.head), "---|".repeat(section.head.len()));
                section.rows.iter().for_each(|cells| text.push_str(&row(cells)));
            }
        }
        text
    }

    pub(crate) fn html(&self) -> String {
        let mut text = "<!doctype html>\n".to_owned();
        if !self.banner.is_empty() {
            let _ = writeln!(text, "<!-- {} -->", self.banner.join("\n     "));
        }
        let title = inline(&self.title);
        let bare = escaped(&self.title.replace('`', ""));
        let _ = write!(
            text,
            "<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>{bare}</title>\n<style>\n{STYLE}</style>\n<h1>{title}</h1>\n"
        );
        let row = |cells: &[String], tag: &str| {
            let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", inline(cell))).collect();
            format!("<tr>{cells}</tr>\n")
        };
        for section in &self.sections {
            let level = if section.inner { "h3" } else { "h2" };
            let _ = writeln!(text, "<{level}>{}</{level}>", inline(&section.title));
            if !section.about.is_empty() {
                let _ = writeln!(text, "<p>{}</p>", inline(&section.about));
            }
            if !section.rows.is_empty() {
                text.push_str("<div><table>\n");
                text.push_str(&row(&section.head, "th"));
                section.rows.iter().for_each(|cells| text.push_str(&row(cells, "td")));
                text.push_str("</table></div>\n");
            }
        }
        text.push_str("</html>\n");
        text
    }
}

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
p { max-width: 46rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
code { font-size: .9em; }
@media (max-width: 45rem) { table { min-width: 44rem; } }
";

/// Text that stands in HTML or XML for itself.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with its code marked.
fn inline(text: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    text.split('`').enumerate().map(part).collect()
}
