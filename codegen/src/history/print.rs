//! Sections as Markdown, and as a page of HTML.

use std::fmt::Write as _;

use super::Section;
use crate::Unit;

pub(super) fn markdown(unit: &Unit<'_>, sections: &[Section]) -> String {
    let [first, second] = unit.banner();
    let path = &unit.model.header.path;
    let mut text = format!("<!-- {first}\n     {second} -->\n\n# {path} between its releases\n");
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    for section in sections {
        let _ = write!(text, "\n## {}\n\n{}\n\n{}", section.title, section.about, row(&section.head));
        let _ = writeln!(text, "|{}", "---|".repeat(section.head.len()));
        section.rows.iter().for_each(|cells| text.push_str(&row(cells)));
    }
    text
}

pub(super) fn html(unit: &Unit<'_>, sections: &[Section]) -> String {
    let [first, second] = unit.banner();
    let title = format!("{} between its releases", escaped(&unit.model.header.path));
    let mut text = format!(
        "<!doctype html>\n<!-- {first}\n     {second} -->\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n\
         <h1>{title}</h1>\n"
    );
    let row = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", inline(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    for section in sections {
        let _ = write!(text, "<h2>{}</h2>\n<p>{}</p>\n<div><table>\n", section.title, inline(section.about));
        text.push_str(&row(&section.head, "th"));
        section.rows.iter().for_each(|cells| text.push_str(&row(cells, "td")));
        text.push_str("</table></div>\n");
    }
    text.push_str("</html>\n");
    text
}

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
p { max-width: 46rem; }
div { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; }
code { font-size: .9em; }
";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text with its code marked.
fn inline(text: &str) -> String {
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    text.split('`').enumerate().map(part).collect()
}
