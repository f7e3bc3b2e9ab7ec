//! Merging the fields of one struct: those that both sides have stay, what is new is put where the header has it.

use argsz_schema::layout::base;
use argsz_schema::model::{Field, Inline, Release, Type};
use toml_edit::{Array, InlineTable, Value};

use super::merge::{Merge, put};

/// The struct whose fields are merged.
pub(super) struct Fields<'a, 'm> {
    pub(super) merge: &'a mut Merge<'m>,
    pub(super) owner: &'a str,
    /// Names of the releases.
    pub(super) releases: &'a [String],
    /// The release that the fields are compared at.
    pub(super) at: Option<Release>,
}

impl Fields<'_, '_> {
    /// `ours` are the fields of `array` that live, `theirs` all of `drafted`.
    pub(super) fn merge(&mut self, array: &mut Array, ours: &[Field], theirs: &[Field], drafted: &Array, depth: usize) {
        let mut place = 0;
        let mut matched = vec![false; ours.len()];
        for (at, is) in theirs.iter().enumerate() {
            let Some(draft) = drafted.get(at) else { continue };
            let same = |(n, field): &(usize, &Field)| !matched[*n] && same_name(field, is);
            let Some((n, field)) = ours.iter().enumerate().find(same) else {
                self.add(array, &mut place, is, draft, depth);
                continue;
            };
            matched[n] = true;
            let Some(index) = self.index(array, n) else { continue };
            if let (Some(inner), Some(drafted)) = (inline(field), inner_array(draft)) {
                place = index + 1;
                let nested = array.get_mut(index).and_then(inner_array_mut);
                if let (Some(nested), Some(is)) = (nested, inline(is)) {
                    self.merge(nested, &inner.fields, &is.fields, drafted, depth + 1);
                }
            } else if shape(&field.ty) == shape(&is.ty) {
                place = index + 1;
            } else if !self.merge.known && (field.reserved.is_some() || as_wide(&field.ty, &is.ty)) {
                // Room that was used up, of which the rest is another field; or a number of the same bytes.
                self.end(array, index, field);
                place = index + 1;
                self.add(array, &mut place, is, draft, depth);
            } else {
                let what = format!("{}.{}", self.owner, is.meta.name);
                self.merge.contradiction(&what, field.meta.span, &shape(&field.ty), &shape(&is.ty));
            }
        }
        for (n, field) in ours.iter().enumerate().filter(|(n, _)| !matched[*n]) {
            if let Some(index) = self.index(array, n) {
                let what = format!("{}.{}", self.owner, field.meta.name);
                if self.merge.may_end(&what, field.meta.span) {
                    until(array, index, self.merge.release);
                }
            }
        }
    }

    fn end(&mut self, array: &mut Array, index: usize, field: &Field) {
        self.merge.ended.push(format!("{}.{}", self.owner, field.meta.name));
        until(array, index, self.merge.release);
    }

    fn add(&mut self, array: &mut Array, place: &mut usize, is: &Field, draft: &Value, depth: usize) {
        let what = format!("{}.{}", self.owner, is.meta.name);
        if !self.merge.may_add(&what) {
            return;
        }
        let mut added = draft.clone();
        if let Value::InlineTable(table) = &mut added {
            put(table, "since", self.merge.release);
        }
        let indent = "  ".repeat(depth);
        let above = draft.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("");
        let comments: String = above
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with('#'))
            .map(|line| format!("\n{indent}{line}"))
            .collect();
        let beside = beside(array, *place);
        added.decor_mut().set_prefix(format!("{beside}{comments}\n{indent}"));
        added.decor_mut().set_suffix("");
        // An array on one line has no comma after its last element.
        if *place >= array.len() && !array.trailing_comma() {
            array.set_trailing_comma(true);
            array.set_trailing(format!("\n{}", "  ".repeat(depth - 1)));
        }
        array.insert_formatted((*place).min(array.len()), added);
        *place += 1;
    }

    /// Where the `n`-th field that lives stands in the array.
    fn index(&self, array: &Array, n: usize) -> Option<usize> {
        let position = |name: &str| self.releases.iter().position(|release| release == name);
        let now = usize::from(self.at.unwrap_or(Release(0)).0);
        let lives = |table: &InlineTable| {
            let of = |key: &str| table.get(key).and_then(Value::as_str);
            // What was added here has a release that is not there yet.
            let since = of("since").map_or(Some(0), position);
            // What was ended here ends at a release that is not there yet.
            let until = of("until").and_then(position);
            since.is_some_and(|since| since <= now) && until.is_none_or(|until| now < until)
        };
        let alive = array.iter().enumerate().filter(|(_, one)| one.as_inline_table().is_some_and(lives));
        alive.map(|(index, _)| index).nth(n)
    }
}

/// Takes the comment at the end of the line before a place: it stays with what it is beside.
fn beside(array: &mut Array, place: usize) -> String {
    let gap = match array.get(place) {
        Some(next) => next.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or("").to_owned(),
        None => array.trailing().as_str().unwrap_or("").to_owned(),
    };
    let Some((first, rest)) = gap.split_once('\n').filter(|(first, _)| first.contains('#')) else {
        return String::new();
    };
    let rest = format!("\n{rest}");
    match array.get_mut(place) {
        Some(next) => next.decor_mut().set_prefix(rest),
        None => array.set_trailing(rest),
    }
    first.to_owned()
}

fn until(array: &mut Array, index: usize, release: &str) {
    if let Some(Value::InlineTable(table)) = array.get_mut(index) {
        put(table, "until", release);
    }
}

/// Names are equal, or neither has one and both are of one kind.
fn same_name(a: &Field, b: &Field) -> bool {
    let kind = |field: &Field| inline(field).map(|inline| inline.is_union);
    a.meta.name == b.meta.name && (!a.meta.name.is_empty() || kind(a) == kind(b))
}

fn inline(field: &Field) -> Option<&Inline> {
    match base(&field.ty) {
        Type::Inline(inline) => Some(inline),
        _ => None,
    }
}

fn inner_array(value: &Value) -> Option<&Array> {
    let table = value.as_inline_table()?;
    table.get("union").or_else(|| table.get("struct"))?.as_array()
}

fn inner_array_mut(value: &mut Value) -> Option<&mut Array> {
    let table = value.as_inline_table_mut()?;
    let key = if table.contains_key("union") { "union" } else { "struct" };
    table.get_mut(key)?.as_array_mut()
}

/// Whether both are numbers of the same width.
fn as_wide(a: &Type, b: &Type) -> bool {
    matches!((a, b), (Type::Prim(a), Type::Prim(b)) if a.width == b.width && a.width != 0)
}

/// A type as text, as far as a header shows it.
fn shape(ty: &Type) -> String {
    match ty {
        Type::Prim(number) => crate::c_type::prim(*number),
        Type::Named(name) => format!("struct {name}"),
        Type::Array(of, count) => format!("{}[{count}]", shape(of)),
        Type::Flex(of) => format!("{}[]", shape(of)),
        Type::Inline(inline) => if inline.is_union { "a union" } else { "a struct" }.to_owned(),
    }
}
