//! What a struct's user pointers lead to, resolved: so that what lies there can be judged by its own check list.

use crate::checklist::{Cond, Slot};
use crate::codes;
use crate::compile_fields::one_of;
use crate::diag::Diagnostic;
use crate::layout::Layouts;
use crate::model::{Dir, Path, Pointee, Type};
use crate::resolve::{Scope, Word};
use crate::source::Span;

/// A user pointer in a struct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    /// The word that carries it.
    pub word: Slot,
    /// The structs it can lead to, each with the condition under which it does.
    pub to: Vec<(Cond, String)>,
    /// The number of elements.
    pub count: Option<Slot>,
    /// The number of bytes of the whole.
    pub bytes: Option<Slot>,
    /// The number of bytes of one element.
    pub stride: Option<Slot>,
    /// Who writes there.
    pub dir: Dir,
}

/// The pointers of a struct that lead to structs, in the order of its fields.
pub fn pointers(layouts: &Layouts<'_>, name: &str) -> Result<Vec<Pointer>, Diagnostic> {
    let scope = Scope { layouts, strct: name, prefix: String::new(), base: 0 };
    let word = |path: &Path, at: Span| -> Result<Word, Diagnostic> {
        let message = || format!("`{path}` is no number of `{name}`");
        scope.word(path).ok_or_else(|| Diagnostic::new(codes::AZ0502, at, message()))
    };
    let split = |path: &str| Path(path.split('.').map(str::to_owned).collect());
    let mut found = Vec::new();
    let fields = layouts.structs.get(name).into_iter().flat_map(|laid| &laid.fields);
    for placed in fields {
        let Some(points_to) = &placed.field.points_to else { continue };
        let number = |field: &Option<String>| {
            field.as_ref().map(|field| word(&split(field), points_to.span).map(|word| word.slot)).transpose()
        };
        let to = match &points_to.target {
            Pointee::Type(Type::Named(name), _) => vec![(Cond::True, name.clone())],
            Pointee::Type(..) => Vec::new(),
            Pointee::Select { selector, arms } => {
                let selector = word(selector, points_to.span)?;
                let arm = |(names, to): &(Vec<_>, String)| Ok((one_of(&scope, &selector, names)?, to.clone()));
                arms.iter().map(arm).collect::<Result<_, Diagnostic>>()?
            }
        };
        found.push(Pointer {
            word: word(&split(&placed.path), placed.field.meta.span)?.slot,
            to,
            count: number(&points_to.count)?,
            bytes: number(&points_to.bytes)?,
            stride: number(&points_to.stride)?,
            dir: points_to.dir,
        });
    }
    Ok(found)
}
