//! Types as they are written: `u32`, `aligned_u64`, `iommu_inv_addr_info`, `u8[6]`, `u64[N][2]`, `s32[]`.

use super::tree::{Cx, Text};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::Type;
use crate::nearest::did_you_mean;
use crate::words::{PRIMITIVES, number_of_c, primitive};

/// Most elements of one dimension.
const MAX_ELEMENTS: u64 = 1 << 31;
/// Most dimensions.
const MAX_DIMENSIONS: usize = 8;

/// Parses a type; reports what is wrong with it.
pub(super) fn parse(cx: &Cx<'_>, text: &Text) -> Option<Type> {
    let (name, rest) = text.text.split_at(text.text.find('[').unwrap_or(text.text.len()));
    let name = name.trim();
    let ty = if let Some(prim) = primitive(name) { Type::Prim(prim) } else { named(cx, text, name)? };
    if rest.is_empty() { Some(ty) } else { dimensions(cx, text, rest, ty) }
}

/// An array of `ty`, with dimensions as C has them: `[4][]`.
pub(super) fn dimensions(cx: &Cx<'_>, text: &Text, written: &str, mut ty: Type) -> Option<Type> {
    let Some(inner) = written.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        return malformed(cx, text, "a dimension begins with `[` and ends with `]`");
    };
    let dimensions: Vec<&str> = inner.split("][").map(str::trim).collect();
    if dimensions.len() > MAX_DIMENSIONS {
        return malformed(cx, text, "that many dimensions are not read");
    }
    // C reads dimensions from the outside; the innermost is the last.
    for (position, dimension) in dimensions.iter().enumerate().rev() {
        ty = if dimension.is_empty() {
            if position != 0 {
                return malformed(cx, text, "only the first dimension may be open");
            }
            Type::Flex(Box::new(ty))
        } else {
            Type::Array(Box::new(ty), elements(cx, text, dimension)?)
        };
    }
    Some(ty)
}

fn elements(cx: &Cx<'_>, text: &Text, dimension: &str) -> Option<u64> {
    let number = match dimension.parse::<u64>() {
        Ok(number) => Some(i128::from(number)),
        Err(_) => super::values::expression(cx, &Text { text: dimension.to_owned(), at: text.at }),
    }?;
    let number = u64::try_from(number).ok().filter(|n| *n <= MAX_ELEMENTS);
    if number.is_none() {
        let message = format!("an array cannot have `{dimension}` elements");
        let help = format!("elements are counted from 0 to {MAX_ELEMENTS}");
        cx.report(Diagnostic::new(codes::AZ0007, text.at, message).help(help));
    }
    number
}

fn malformed(cx: &Cx<'_>, text: &Text, why: &str) -> Option<Type> {
    let diagnostic = Diagnostic::new(codes::AZ0101, text.at, format!("`{}` is not a type", text.text));
    cx.report(diagnostic.label(why).help("an array is `u8[6]`, a flexible one `u8[]`"));
    None
}

fn named(cx: &Cx<'_>, text: &Text, name: &str) -> Option<Type> {
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name {
        return Some(Type::Named(name.to_owned()));
    }
    let mut diagnostic = Diagnostic::new(codes::AZ0101, text.at, format!("`{}` is not a type", text.text));
    let words = name.rsplit([' ', '*']).find(|word| !word.is_empty()).unwrap_or("");
    diagnostic.help = if name.ends_with('*') {
        Some("a user pointer is carried in an `aligned_u64` with `points_to`; a bare one is `ptr`".into())
    } else if let Some(number) = number_of_c(name) {
        Some(format!("that is `{number}` here"))
    } else if text.text.contains(['(', '[', ';']) {
        Some("an array is `u8[6]`, a flexible one `u8[]`".into())
    } else if name.contains(' ') {
        Some(format!("write the name alone: `{words}`"))
    } else {
        did_you_mean(name, PRIMITIVES.iter().map(|(name, _)| *name))
    };
    cx.report(diagnostic);
    None
}
