//! The page of the rules.

use std::fmt::Write as _;

use crate::compat::rules;

/// `docs/compat.md`: a section for each rule, under the anchor that findings link to.
#[must_use]
pub fn rules_page() -> String {
    let mut text = "# Rules of compatibility\n\nWhat `argsz compat` judges by. This page is printed from the table of rules; a test compares it.\n\n\
        O: an old user breaks on a new kernel. N: a new user breaks on an old kernel. B: both. src: only source breaks.\n\
        gate: the edit is refused. S: safe. Where a rule has two, it depends on the direction of the change.\n\n\
        Under each rule stands an edit that breaks it, without the heads of the schemas; a test runs it.\n".to_owned();
    for rule in rules::all() {
        let letters = rule.effects.iter().map(|effect| effect.letters()).collect::<Vec<_>>().join(" or ");
        let _ = write!(
            text,
            "\n<a id=\"{}\"></a>\n\n## {}: {} ({letters})\n\n{}\n\n{}\n",
            rule.anchor(),
            rule.id,
            rule.title,
            rule.why,
            rule.mend
        );
        let _ = write!(text, "\n```diff\n{}```\n", rule.shown);
        if !rule.codes.is_empty() {
            let _ = writeln!(text, "\n`argsz check` refuses such a schema already: {}.", rule.codes.join(", "));
        }
    }
    text
}
