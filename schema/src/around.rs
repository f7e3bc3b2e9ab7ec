//! What can be judged of a schema in whose text there are mistakes: the items that neither have one nor name one that
//! has. Of those, a finding is true whatever becomes of the others.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::check;
use crate::diag::{Ctxt, Diagnostic};
use crate::hash::HashSet;
use crate::model::Model;
use crate::source::Source;

/// Where more items than this have mistakes, little is left to judge.
const MOST_BROKEN: usize = 64;

/// Adds to what was found in lowering what the checks find around it.
pub(crate) fn check(source: &Source, model: &Model, ctxt: &Ctxt, found: &[Diagnostic]) {
    let items = Items::of(&source.text);
    let mut broken = BTreeSet::new();
    for mistake in found {
        // A mistake of the header, or in what no table names, may be about everything.
        let Some(item) = items.at(mistake.at.start) else { return };
        broken.insert(item);
        if broken.len() > MOST_BROKEN {
            return;
        }
    }
    let words = Words::new(broken.iter().flat_map(|item| items.words(item)));
    let sound = |item: &&str| !broken.contains(item) && !items.mentions(item, &words);
    let second = Ctxt::new();
    check::check(model, &second);
    for finding in second.finish() {
        if items.at(finding.at.start).as_ref().is_some_and(sound) {
            ctxt.report(finding);
        }
    }
}

/// The tables of a text by the item they are of: `struct.x` has `[struct.x]`, `[[struct.x]]` and `[struct.x.y]`.
struct Items<'t> {
    text: &'t str,
    of: BTreeMap<&'t str, Vec<Range<usize>>>,
    /// Where each table begins, and of which item it is.
    starts: Vec<(usize, Option<&'t str>)>,
}

impl<'t> Items<'t> {
    fn of(text: &'t str) -> Self {
        let mut starts = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if let Some(path) = line.trim_start().strip_prefix('[') {
                starts.push((at, name(path.trim_start_matches('['))));
            }
            at += line.len();
        }
        let mut of: BTreeMap<&str, Vec<Range<usize>>> = BTreeMap::new();
        for (index, (start, item)) in starts.iter().enumerate() {
            let end = starts.get(index + 1).map_or(text.len(), |(next, _)| *next);
            of.entry(item.unwrap_or_default()).or_default().push(*start..end);
        }
        Self { text, of, starts }
    }

    /// The item whose table has this byte; `None` in the header, or where no table names an item.
    fn at(&self, byte: u32) -> Option<&'t str> {
        let byte = byte as usize;
        let before = self.starts.partition_point(|(start, _)| *start <= byte);
        self.starts[..before].last()?.1
    }

    fn texts(&self, item: &str) -> impl Iterator<Item = &'t str> {
        self.of.get(item).into_iter().flatten().filter_map(|range| self.text.get(range.clone()))
    }

    /// What another item may say of this one: its name, the names it defines, and what C's names of them begin with.
    fn words(&self, item: &str) -> Vec<Word<'t>> {
        let name = self.of.get_key_value(item).and_then(|(item, _)| item.split_once('.')).map(|(_, name)| name);
        let pairs: Vec<(&str, &str)> =
            self.texts(item).flat_map(str::lines).filter_map(|line| line.split_once('=')).collect();
        let keys =
            pairs.iter().map(|(key, _)| key.trim()).filter(|key| key.starts_with(|c: char| c.is_ascii_uppercase()));
        let begins =
            pairs.iter().filter(|(key, _)| key.trim() == "prefix").map(|(_, value)| value.trim().trim_matches('"'));
        let words = name.into_iter().chain(keys).map(Word::Is).chain(begins.map(Word::Begins));
        words.filter(|word| !matches!(word, Word::Is("") | Word::Begins(""))).collect()
    }

    fn mentions(&self, item: &str, words: &Words<'_>) -> bool {
        let mut tokens = self.texts(item).flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_'));
        tokens.any(|token| words.names.contains(token) || words.prefixes.iter().any(|prefix| token.starts_with(prefix)))
    }
}

/// What names some items.
#[derive(Default)]
struct Words<'t> {
    names: HashSet<&'t str>,
    prefixes: Vec<&'t str>,
}

impl<'t> Words<'t> {
    fn new(words: impl Iterator<Item = Word<'t>>) -> Self {
        let mut all = Self::default();
        for word in words {
            match word {
                Word::Is(name) => _ = all.names.insert(name),
                Word::Begins(prefix) => all.prefixes.push(prefix),
            }
        }
        all
    }
}

/// Something that names an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'t> {
    Is(&'t str),
    Begins(&'t str),
}

/// `struct.x` of `struct.x.fields]`.
fn name(path: &str) -> Option<&str> {
    let path = &path[..path.find([']', '\n']).unwrap_or(path.len())];
    let (kind, rest) = path.split_once('.')?;
    let name = rest.split('.').next()?.trim();
    (!kind.trim().is_empty() && !name.is_empty())
        .then(|| &path[..kind.len() + 1 + rest.find('.').unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::{Items, Word, Words};

    #[test]
    fn tables_belong_to_items() {
        let text = "grammar = 1\n[header]\npath = 1\n[flags.f]\nprefix = \"F_\"\n[flags.f.bits]\nUP = 1\n[[struct.s]]\nx = 1\n";
        let items = Items::of(text);
        let at = |what: &str| items.at(u32::try_from(text.find(what).unwrap_or_default()).unwrap_or_default());
        assert_eq!((at("grammar"), at("path")), (None, None));
        assert_eq!((at("prefix"), at("UP"), at("x = 1")), (Some("flags.f"), Some("flags.f"), Some("struct.s")));
        assert_eq!(items.words("flags.f"), [Word::Is("f"), Word::Is("UP"), Word::Begins("F_")]);
        let mentions = |item: &str, word| items.mentions(item, &Words::new(std::iter::once(word)));
        assert!(mentions("flags.f", Word::Is("UP")) && !mentions("struct.s", Word::Is("UP")));
        assert!(!mentions("flags.f", Word::Is("U")) && mentions("flags.f", Word::Begins("U")));
    }
}
