//! `argsz layout STRUCT --checks`: which rule looks at each byte, and all rules in their order.

use std::fmt::Write as _;

use argsz_codegen::judged::{self, Unjudged};
use argsz_schema::checklist::CheckList;
use argsz_schema::layout::Layouts;

use super::term::{BAD, BOLD, CODE, DIM, paint};

/// The whole report.
pub(crate) fn report(layouts: &Layouts<'_>, name: &str, list: &CheckList) -> String {
    let mut text = String::new();
    for bytes in judged::bytes(layouts, name, list) {
        let place = format!("{:>5}..{:<5}", bytes.at.0, bytes.at.1);
        let _ = writeln!(text, "{} {}", paint(CODE, place), paint(BOLD, &bytes.path));
        for step in &bytes.rules {
            let _ = writeln!(text, "            {}", step.id);
        }
        if let Some(why) = &bytes.unjudged {
            let said = if *why == Unjudged::NoReason { paint(BAD, why) } else { why.to_string() };
            let _ = writeln!(text, "            {said}");
        }
    }
    text.push_str("\nin this order:\n");
    for (n, step) in list.steps.iter().enumerate() {
        let after = if step.after_lookup { ", after look-ups" } else { "" };
        let _ = writeln!(text, "{:>3}. {} {}{after}", n + 1, paint(BOLD, &step.id), paint(DIM, step.errno.0));
        let _ = writeln!(text, "     {}", step.why);
    }
    text
}
