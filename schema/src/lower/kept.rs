//! The tree of a text as it is kept while its items are lowered.
//!
//! The parser's own tree has room in each table for eleven keys. Most have five, and of a long text all are kept until
//! the last item is lowered: memory is what such a text costs. This tree has room for what there is.

use std::borrow::Cow;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// Something and its place, in bytes of the text it was parsed from.
#[derive(Debug, Default)]
pub(super) struct Spanned<T> {
    is: T,
    start: u32,
    end: u32,
}

impl<T> Spanned<T> {
    fn new<U>(from: toml::Spanned<U>, keep: impl FnOnce(U) -> T) -> Self {
        let span = from.span();
        Self::at(keep(from.into_inner()), span)
    }

    /// Something at a place.
    pub(super) fn at(is: T, span: Range<usize>) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { is, start: clamp(span.start), end: clamp(span.end) }
    }

    /// What it is.
    pub(super) fn get_ref(&self) -> &T {
        &self.is
    }

    /// Its place.
    pub(super) fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value of TOML. What no schema has is known by its kind alone.
#[derive(Debug)]
pub(super) enum Value<'t> {
    String(Cow<'t, str>),
    Integer(Integer<'t>),
    Float,
    Boolean(bool),
    Datetime,
    Array(Box<[Spanned<Value<'t>>]>),
    Table(Tree<'t>),
}

/// An integer as it is written, in digits that `from_str_radix` takes.
#[derive(Debug)]
pub(super) struct Integer<'t> {
    pub(super) digits: Cow<'t, str>,
    pub(super) radix: u32,
}

impl<'t> Value<'t> {
    fn keep(value: DeValue<'t>) -> Self {
        match value {
            DeValue::String(text) => Self::String(text),
            DeValue::Integer(number) => {
                Self::Integer(Integer { radix: number.radix(), digits: number.as_str().to_owned().into() })
            }
            DeValue::Float(_) => Self::Float,
            DeValue::Boolean(is) => Self::Boolean(is),
            DeValue::Datetime(_) => Self::Datetime,
            DeValue::Array(elements) => {
                Self::Array(elements.into_iter().map(|element| Spanned::new(element, Self::keep)).collect())
            }
            DeValue::Table(table) => Self::Table(Tree::keep(table)),
        }
    }
}

/// A table: keys in their alphabetical order, as the parser has them, with their values.
#[derive(Debug, Default)]
pub(super) struct Tree<'t>(Box<[Entry<'t>]>);

pub(super) type Entry<'t> = (Spanned<Cow<'t, str>>, Spanned<Value<'t>>);

impl<'t> Tree<'t> {
    /// What the parser read.
    pub(super) fn keep(table: DeTable<'t>) -> Self {
        let entries =
            table.into_iter().map(|(key, value)| (Spanned::new(key, |key| key), Spanned::new(value, Value::keep)));
        Self::of(entries.collect()).unwrap_or_default()
    }

    /// These entries; `None` if a key stands twice.
    pub(super) fn of(mut entries: Box<[Entry<'t>]>) -> Option<Self> {
        fn name<'e>(entry: &'e Entry<'_>) -> &'e str {
            entry.0.get_ref()
        }
        // Whoever builds the parser with `preserve_order` has them in that of the text.
        if !entries.is_sorted_by_key(name) {
            entries.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        }
        entries.array_windows().all(|[a, b]| name(a) != name(b)).then_some(Self(entries))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Spanned<Value<'t>>> {
        // Nearly all keys that are asked for are not there, and have another length than those that are.
        const FEW: usize = 16;
        let at = match self.0.len() {
            0..=FEW => self.0.iter().position(|(name, _)| name.get_ref() == key),
            _ => self.0.binary_search_by(|(name, _)| name.get_ref().as_ref().cmp(key)).ok(),
        };
        self.0.get(at?).map(|(_, value)| value)
    }

    /// Whether there is such a key.
    pub(super) fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Keys and values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Spanned<Cow<'t, str>>, &Spanned<Value<'t>>)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// The keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &Spanned<Cow<'t, str>>> {
        self.0.iter().map(|(key, _)| key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parser_read_is_kept_with_its_places() {
        let text = "z = 1\na = [true, 'x']\nm = { k = 0x10, \"b\\u0062\" = 1.5 }\n";
        let tree = Tree::keep(DeTable::parse(text).expect("TOML").into_inner());
        assert_eq!(tree.keys().map(|key| key.get_ref().as_ref()).collect::<Vec<_>>(), ["a", "m", "z"]);
        let Some(Value::Table(inner)) = tree.get("m").map(Spanned::get_ref) else { panic!("a table") };
        let Some(number) = inner.get("k") else { panic!("a key") };
        assert_eq!(&text[number.span()], "0x10");
        assert!(matches!(number.get_ref(), Value::Integer(number) if number.radix == 16));
        assert!(matches!(inner.get("bb").map(Spanned::get_ref), Some(Value::Float)));
        let Some(Value::Array(elements)) = tree.get("a").map(Spanned::get_ref) else { panic!("an array") };
        assert!(matches!(elements[0].get_ref(), Value::Boolean(true)));
        assert!(matches!(elements[1].get_ref(), Value::String(text) if text == "x"));
        assert!(!tree.contains_key("k"));
    }
}
