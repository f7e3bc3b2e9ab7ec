//! How far types are aligned. Debug information says it only where `aligned` asks for more, so the compiler is asked by
//! the types' names: first those that are easy to find in the text, then those that turn out to have no answer.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::ImportError;
use super::cc::Compiler;
use super::macros::Macro;
use super::object::Answers;
use super::types::Types;

/// What knows how far a type is aligned, by `struct demo` or the name of a `typedef`.
pub(super) type Aligned<'a> = dyn Fn(&str) -> Option<u64> + 'a;

/// The questions about `tags`, one a line.
pub(super) fn questions(tags: &BTreeSet<String>, macros: &[Macro]) -> Vec<String> {
    // A macro may have the name of a type, and is in its way from here on.
    let hidden = |name: &&str| macros.iter().any(|one| one.name == *name);
    let names = tags.iter().filter_map(|tag| tag.rsplit(' ').next()).filter(hidden);
    let mut questions: Vec<String> = names.map(|name| format!("#undef {name}")).collect();
    questions.extend(tags.iter().map(|tag| format!("const unsigned long long {} = _Alignof({tag});", name(tag))));
    questions
}

/// Reads types with `read`, which asks for the alignment of each; what `answers` does not have is asked for once more.
pub(super) fn read(
    compiler: &Compiler<'_>,
    macros: &[Macro],
    answers: &Answers<'_>,
    read: &dyn Fn(&Aligned<'_>) -> Types,
) -> Result<Types, ImportError> {
    let unknown = RefCell::new(BTreeSet::new());
    let types = read(&|tag| {
        let known = answers.number(&name(tag));
        if known.is_none() && !tag.ends_with(' ') && !tag.is_empty() {
            unknown.borrow_mut().insert(tag.to_owned());
        }
        known
    });
    let unknown = unknown.into_inner();
    if unknown.is_empty() {
        return Ok(types);
    }
    let object = compiler.compile(&mut questions(&unknown, macros))?;
    let more = Answers::new(&object)?;
    Ok(read(&|tag| answers.number(&name(tag)).or_else(|| more.number(&name(tag)))))
}

fn name(tag: &str) -> String {
    format!("argsz_a_{}", tag.replace(' ', "_"))
}
