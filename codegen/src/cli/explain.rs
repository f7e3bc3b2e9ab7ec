//! `argsz explain`.

use std::fmt::Write as _;

use argsz_schema::codes::{self, Code};
use argsz_schema::diag::Severity;
use argsz_schema::nearest::nearest;

use super::args::Explain;
use super::term::{BOLD, CODE, DIM, paint, print};
use super::{Done, Failure};

pub(crate) fn run(options: &Explain) -> Done {
    match &options.code {
        Some(asked) if !options.list && super::compat::explain(asked).is_some() => {
            print(&super::compat::explain(asked).unwrap_or_default())
        }
        Some(asked) if !options.list => print(&terminal(find(asked)?.0.page)),
        _ => print(&list()),
    }
}

/// `AZ0042`, `az0042`, `42`.
fn find(asked: &str) -> Result<Code, Failure> {
    let long = asked.parse::<u16>().map_or_else(|_| asked.to_owned(), |number| format!("AZ{number:04}"));
    codes::find(&long).ok_or_else(|| {
        let near = nearest(&long.to_uppercase(), codes::ALL.iter().map(|code| code.0.id));
        let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
        Failure::Usage(format!(
            "error: no diagnostic is called `{asked}`\nhelp: {near}`argsz explain --list` has all of them"
        ))
    })
}

fn list() -> String {
    let mut text = String::new();
    for code in codes::ALL {
        let kind = match code.0.severity {
            Severity::Error => "error",
            Severity::Lint => "lint ",
        };
        let _ = writeln!(text, "{}  {}  {}", paint(BOLD, code.0.id), paint(DIM, kind), code.0.title);
    }
    text
}

/// A page as a terminal shows it: the title bold, code coloured and set in.
fn terminal(page: &str) -> String {
    let mut text = String::new();
    let mut in_code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        } else if in_code {
            let _ = writeln!(text, "    {}", paint(CODE, line));
        } else if let Some(title) = line.strip_prefix("# ") {
            let _ = writeln!(text, "{}", paint(BOLD, title));
        } else {
            let _ = writeln!(text, "{}", inline(line));
        }
    }
    text
}

fn inline(line: &str) -> String {
    let parts = line.split('`').enumerate();
    parts.map(|(n, part)| if n % 2 == 1 { paint(CODE, part) } else { part.to_owned() }).collect()
}
