//! What to write in place of what conditions do not have.

use crate::nearest::did_you_mean;

/// What the language has, for those who ask for something else.
pub(crate) const FORMS: &str = "conditions know paths, numbers, == != < <= > >= && || ! + - * &, has(), any(), only(), \
                                known(), one_of(), overflows() and fits_ulong()";

/// The test or function that was meant, or what there is.
pub(crate) fn near_or_all(name: &str, known: &[&str]) -> String {
    match name {
        "contains" | "contain" | "is_set" | "intersects" | "test" => "did you mean `has`?".to_owned(),
        "none" => "none of them is `!flags.any(A | B)`".to_owned(),
        _ => did_you_mean(name, known.iter().copied()).unwrap_or_else(|| FORMS.to_owned()),
    }
}

/// What is wrong with a sign behind an expression, and the way out.
pub(crate) fn sign(sign: &str) -> (&'static str, &'static str) {
    let nothing = "this operator means nothing in a condition";
    match sign {
        ")" => ("this is no expression", "parentheses come in pairs"),
        "=" => (nothing, "compare by `==`"),
        "|" => (nothing, "conditions are joined by `||`; only members of flags by `|`"),
        _ => (nothing, FORMS),
    }
}

/// What is wrong with a word behind an expression, and the way out.
pub(crate) fn word(word: &str) -> (&'static str, &'static str) {
    match word {
        "and" => ("`and` is no operator here", "conditions are joined by `&&`"),
        "or" => ("`or` is no operator here", "conditions are joined by `||`"),
        _ => ("this is no expression: an operator is missing before it", FORMS),
    }
}
