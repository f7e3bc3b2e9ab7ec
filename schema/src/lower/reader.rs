//! The tree of a part, built while it is parsed.
//!
//! The parser's own tree has to have room for whatever TOML allows. What nearly all schemas are made of is less: tables
//! under heads of up to three words, in their order, and values. That is read here, from the same lexer and the same
//! events; whatever else a text has, a mistake included, is nothing to this reader, and the parser's own says what it is.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{EventReceiver, RecursionGuard, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source, Span};

use super::kept::{Entry, Integer, Spanned, Tree, Value};

/// As deep as the parser goes: what is deeper is its mistake to report.
const DEPTH: u32 = 80;

type Key<'t> = Spanned<Cow<'t, str>>;

/// The tree of a text; `None` if it has to be read by the parser.
pub(super) fn read(text: &str) -> Option<Tree<'_>> {
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut error: Option<ParseError> = None;
    let mut reader = Reader { text, ..Reader::default() };
    let mut checked = ValidateWhitespace::new(&mut reader, source);
    parse_document(&tokens, &mut RecursionGuard::new(&mut checked, DEPTH), &mut error);
    if error.is_some() { None } else { reader.finish() }
}

/// What was read of a text so far.
#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    /// It has something that is not for this reader.
    odd: bool,
    /// Tables and values of the whole, but for what is in `kinds`.
    top: Vec<Entry<'t>>,
    /// `struct` of `[struct.a]`, with what it has.
    kinds: Vec<Kind<'t>>,
    /// The head that is being read: where it begins, and its words so far.
    head: Option<(usize, Vec<Key<'t>>)>,
    /// The table under the last head of one or two words.
    item: Option<Item<'t>>,
    /// The table under the last head of three words, which is in that.
    inner: Option<Frame<'t>>,
    /// Tables and arrays that are open, the outermost first.
    open: Vec<(Frame<'t>, Bracket)>,
    /// Entries of all tables that are open, those of the outermost first.
    entries: Vec<Entry<'t>>,
    /// Elements of all arrays that are open.
    elements: Vec<Spanned<Value<'t>>>,
    /// The key whose value comes next.
    key: Option<Key<'t>>,
}

#[derive(Default)]
struct Kind<'t> {
    entries: Vec<Entry<'t>>,
    key: Key<'t>,
    /// `[[struct.a]]`, until something else comes.
    many: Option<(Key<'t>, Span, Vec<Spanned<Value<'t>>>)>,
}

/// A table under a head.
struct Item<'t> {
    words: Vec<Key<'t>>,
    span: Span,
    many: bool,
    first: usize,
}

/// Something that is open.
struct Frame<'t> {
    key: Option<Key<'t>>,
    span: Span,
    /// Where its entries or elements begin.
    first: usize,
}

#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Table,
    Array,
}

impl<'t> Reader<'t> {
    fn raw(&self, span: Span, encoding: Option<Encoding>) -> Raw<'t> {
        Raw::new_unchecked(self.text.get(span.start()..span.end()).unwrap_or_default(), encoding, span)
    }

    /// The entries from one on, as a table; none of their keys may stand twice.
    fn table(&mut self, first: usize) -> Value<'t> {
        // A head behind brackets that nobody closed has taken them already.
        let first = first.min(self.entries.len());
        let tree = Tree::of(self.entries.drain(first..).collect());
        self.odd |= tree.is_none();
        tree.map_or(Value::Boolean(false), Value::Table)
    }

    fn value(&mut self, value: Value<'t>, span: Span) {
        let value = Spanned::at(value, span.start()..span.end());
        if let Some((_, Bracket::Array)) = self.open.last() {
            self.elements.push(value);
        } else if let Some(key) = self.key.take() {
            self.entries.push((key, value));
        } else {
            self.odd = true;
        }
    }

    fn open(&mut self, bracket: Bracket, span: Span) -> bool {
        let first = if bracket == Bracket::Table { self.entries.len() } else { self.elements.len() };
        self.open.push((Frame { key: self.key.take(), span, first }, bracket));
        true
    }

    fn close(&mut self, bracket: Bracket, span: Span) {
        let Some((frame, _)) = self.open.pop().filter(|(_, open)| *open == bracket) else {
            self.odd = true;
            return;
        };
        let value = match bracket {
            Bracket::Table => self.table(frame.first),
            Bracket::Array => {
                let first = frame.first.min(self.elements.len());
                Value::Array(self.elements.drain(first..).collect())
            }
        };
        self.key = frame.key;
        self.value(value, frame.span.append(span));
    }

    fn begin_head(&mut self, span: Span) {
        self.head = Some((span.start(), Vec::new()));
    }

    /// The table that a head opens.
    fn end_head(&mut self, end: Span, many: bool) {
        self.odd |= !self.open.is_empty();
        let Some((start, mut words)) = self.head.take() else { return self.odd = true };
        let span = Span::new_unchecked(start, end.end());
        match (words.len(), many) {
            (1, false) | (2, _) => {
                self.end_item();
                self.item = Some(Item { words, span, many, first: self.entries.len() });
            }
            (3, false) => {
                self.end_inner();
                let first = self.entries.len();
                let of = self.item.as_ref().map_or(&[][..], |item| &item.words);
                let same = of.len() == 2 && of.iter().zip(&words).all(|(a, b)| a.get_ref() == b.get_ref());
                self.odd |= !same;
                self.inner = Some(Frame { key: words.pop(), span, first });
            }
            _ => self.odd = true,
        }
    }

    fn end_inner(&mut self) {
        if let Some(frame) = self.inner.take() {
            let value = self.table(frame.first);
            self.key = frame.key;
            self.value(value, frame.span);
        }
    }

    /// Puts the table of the last head where it belongs.
    fn end_item(&mut self) {
        self.end_inner();
        let Some(Item { mut words, span, many, first }) = self.item.take() else {
            self.top.append(&mut self.entries);
            return;
        };
        let value = self.table(first);
        let value = Spanned::at(value, span.start()..span.end());
        let Some(key) = words.pop() else { return };
        match words.pop() {
            None => self.top.push((key, value)),
            Some(kind) => self.kind(kind).push(key, span, many, value),
        }
    }

    fn kind(&mut self, key: Key<'t>) -> &mut Kind<'t> {
        let at = self.kinds.iter().position(|kind| kind.key.get_ref() == key.get_ref()).unwrap_or(self.kinds.len());
        if at == self.kinds.len() {
            self.kinds.push(Kind { key, ..Kind::default() });
        }
        &mut self.kinds[at]
    }

    fn finish(mut self) -> Option<Tree<'t>> {
        self.end_item();
        for mut kind in std::mem::take(&mut self.kinds) {
            kind.end_many();
            let tree = Tree::of(kind.entries.into())?;
            let span = kind.key.span();
            self.top.push((kind.key, Spanned::at(Value::Table(tree), span)));
        }
        if self.odd { None } else { Tree::of(self.top.into()) }
    }
}

impl<'t> Kind<'t> {
    fn push(&mut self, key: Key<'t>, span: Span, many: bool, value: Spanned<Value<'t>>) {
        match &mut self.many {
            Some((open, _, values)) if many && open.get_ref() == key.get_ref() => values.push(value),
            _ => {
                self.end_many();
                if many {
                    self.many = Some((key, span, vec![value]));
                } else {
                    self.entries.push((key, value));
                }
            }
        }
    }

    fn end_many(&mut self) {
        if let Some((key, span, values)) = self.many.take() {
            self.entries.push((key, Spanned::at(Value::Array(values.into()), span.start()..span.end())));
        }
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.begin_head(span);
    }

    fn std_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.end_head(span, false);
    }

    fn array_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.begin_head(span);
    }

    fn array_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.end_head(span, true);
    }

    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(Bracket::Table, span)
    }

    fn inline_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close(Bracket::Table, span);
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(Bracket::Array, span)
    }

    fn array_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.close(Bracket::Array, span);
    }

    fn simple_key(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut name = Cow::Borrowed("");
        self.raw(span, encoding).decode_key(&mut name, error);
        let key = Spanned::at(name, span.start()..span.end());
        match &mut self.head {
            Some((_, words)) => words.push(key),
            None => self.key = Some(key),
        }
    }

    fn key_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        // `a.b = 1`
        self.odd |= self.head.is_none();
    }

    fn scalar(&mut self, span: Span, encoding: Option<Encoding>, error: &mut dyn ErrorSink) {
        let mut text = Cow::Borrowed("");
        let value = match self.raw(span, encoding).decode_scalar(&mut text, error) {
            ScalarKind::String => Value::String(text),
            ScalarKind::Boolean(is) => Value::Boolean(is),
            ScalarKind::Integer(radix) => Value::Integer(Integer { digits: text, radix: radix.value() }),
            ScalarKind::Float => Value::Float,
            ScalarKind::DateTime => {
                // It may be none.
                self.odd = true;
                Value::Datetime
            }
        };
        self.value(value, span);
    }

    fn error(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.odd = true;
    }
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::{Tree, read};

    /// What the parser reads, in words.
    fn parsed(text: &str) -> Option<String> {
        Some(format!("{:?}", Tree::keep(DeTable::parse(text).ok()?.into_inner())))
    }

    /// Whether it is read here, and then as the parser reads it.
    fn agrees(text: &str) -> bool {
        let Some(tree) = read(text) else { return false };
        assert_eq!(Some(format!("{tree:?}")), parsed(text), "{text}");
        true
    }

    /// Random texts that are read.
    const TEXTS: usize = 20_000;

    const ALL: &str = "a = 1\n'b c' = \"x\\n\"\n[header] # here\nx = [1, [0x1f, true], { y = 1.5, z = [] }]\n\
                       [struct.a]\nf = '''\nlong'''\n[struct.a.rest]\ng = 1\n[struct.a.more]\n[[struct.b]]\nx = 1\n\
                       [[struct.b]]\nx = 2\n[struct.b.in]\n[\"enum\".'v']\nq = -1_0\n[struct.c]\n";

    #[test]
    fn schemas_are_read_as_the_parser_reads_them() {
        for text in [ALL, include_str!("../../linux/iommufd.toml"), include_str!("../../linux/vfio.toml"), "", "\n#\n"]
        {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_left_to_the_parser() {
        for odd in [
            "a.b = 1\n",
            "a = { b.c = 1 }\n",
            "a = 1\na = 2\n",
            "a = { b = 1, b = 2 }\n",
            "[a]\n[a]\n",
            "[a]\n[a.b]\n",
            "[a.b]\n[a.b]\n",
            "[a.b]\n[a.b.c]\n[a.b.c]\n",
            "[[a.b]]\n[a.b]\n",
            "[[a.b]]\n[a.c]\n[[a.b]]\n",
            "[[a]]\n",
            "[a.b.c]\n",
            "[a.b.c.d]\n",
            "a = 1979-05-27\n",
            "a = 1979-99-27\n",
            "a = \n",
            "[a\n",
            "a = [1\n",
            "a = \"\\q\"\n",
            "a = 1 b = 2\n",
            "a = 00\n",
            "= 1\n",
            "a = 1\rb = 2\n",
            "[a]\nb = { c = 1, d = [ 2, { e = 3\n[f]\ng = 1 } ] }\n",
            "[a]\nb = [ 1, 2\n[f.h]\ng = 1 ]\nx = }\n",
        ] {
            assert!(read(odd).is_none(), "{odd}");
        }
        let deep = format!("a = {}1{}\n", "[".repeat(200), "]".repeat(200));
        assert!(read(&deep).is_none());
    }

    #[test]
    fn texts_with_a_byte_changed_are_read_as_the_parser_reads_them() {
        let mut read = 0;
        for at in 0..ALL.len() {
            for byte in *b"a.\"'[]{}=,\n #1_-\\" {
                let mut bytes = ALL.as_bytes().to_vec();
                bytes[at] = byte;
                read += usize::from(agrees(std::str::from_utf8(&bytes).expect("ASCII")));
            }
            read += usize::from(agrees(&ALL[at..])) + usize::from(agrees(&ALL[..at]));
        }
        assert!(read > 500, "{read}");
    }

    #[test]
    fn random_tokens_are_read_as_the_parser_reads_them() {
        const TOKENS: [&str; 24] = [
            "[",
            "]",
            "[[",
            "]]",
            "{",
            "}",
            "{ a = 1",
            ", b = 2 }",
            "[a]\n",
            "[a.b]\n",
            "[[a.c]]\n",
            "[a.b.d]\n",
            "a = ",
            "b = ",
            "'c' = ",
            ".",
            ",",
            "=",
            "\n",
            "\n",
            "1",
            "\"x\"",
            "[ 1, 2 ]",
            " # c\n",
        ];
        // Numbers as random as need be, and the same ones every time.
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("31 bits")
        };
        let mut read = 0;
        for _ in 0..TEXTS {
            let length = 1 + next() % 12;
            let text: String = (0..length).map(|_| TOKENS[next() % TOKENS.len()]).collect();
            read += usize::from(agrees(&text));
        }
        assert!(read > TEXTS / 100, "{read}");
    }
}
