//! A cursor over a TOML table that notes every key it was asked for, so that what nobody asked for is reported.

use super::kept::{Spanned, Tree, Value};
use super::named::Named;
use super::parts::Part;
use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::hash::IndexMap;
use crate::language::{self, Shape};
use crate::model::{Errno, Life, Release};
use crate::nearest::{did_you_mean, did_you_mean_or, nearest};
use crate::source::Span;

/// What lowering knows of all parts of a text.
#[derive(Default)]
pub(super) struct Known {
    /// Releases by name.
    pub(super) releases: IndexMap<String, Release>,
    /// Values of constants and members by C name.
    pub(super) values: Named,
}

/// What lowering one part of a text shares.
#[derive(Clone, Copy)]
pub(super) struct Cx<'a> {
    pub(super) ctxt: &'a Ctxt,
    pub(super) part: &'a Part<'a>,
    pub(super) releases: &'a IndexMap<String, Release>,
    pub(super) values: &'a Named,
}

impl<'a> Cx<'a> {
    pub(super) fn new(ctxt: &'a Ctxt, part: &'a Part<'a>, known: &'a Known) -> Self {
        Self { ctxt, part, releases: &known.releases, values: &known.values }
    }

    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.ctxt.report(diagnostic);
    }

    /// C names of constants and members.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().filter(|name| !name.contains('.'))
    }

    /// The place of a key or a value.
    pub(super) fn at<T>(&self, value: &Spanned<T>) -> Span {
        self.part.at(value)
    }

    /// The place of a string's text: inside its quotes where nothing is escaped, otherwise the whole value.
    pub(super) fn inside(&self, value: &Spanned<Value<'_>>, text: &str) -> Span {
        self.part.inside(value, text)
    }
}

/// A string of the schema and its place.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) at: Span,
}

/// A table, and which of its keys were asked for.
pub(super) struct Table<'a, 't> {
    pub(super) cx: &'a Cx<'a>,
    /// The place that stands for the whole: the key it is the value of.
    pub(super) at: Span,
    map: &'t Tree<'t>,
    /// Keys that were asked for, which the shape must have: of interest to those who change the language.
    #[cfg(debug_assertions)]
    asked: std::cell::RefCell<Vec<&'static str>>,
}

/// What a value is, in words.
pub(super) fn kind(value: &Value<'_>) -> &'static str {
    match value {
        Value::String(_) => "a string",
        Value::Integer(_) => "an integer",
        Value::Float => "a float",
        Value::Boolean(_) => "a boolean",
        Value::Datetime => "a date",
        Value::Array(_) => "an array",
        Value::Table(_) => "a table",
    }
}

/// The number of an integer as TOML has it.
pub(super) fn integer(value: &Value<'_>) -> Option<i128> {
    let Value::Integer(number) = value else { return None };
    i128::from_str_radix(&number.digits, number.radix).ok()
}

impl<'a, 't> Table<'a, 't> {
    pub(super) fn new(cx: &'a Cx<'a>, map: &'t Tree<'t>, at: Span) -> Self {
        Self {
            cx,
            at,
            map,
            #[cfg(debug_assertions)]
            asked: std::cell::RefCell::default(),
        }
    }

    /// A value that must be a table.
    pub(super) fn of(cx: &'a Cx<'a>, value: &'t Spanned<Value<'t>>, at: Span) -> Option<Self> {
        if let Value::Table(map) = value.get_ref() {
            return Some(Self::new(cx, map, at));
        }
        wrong_kind(cx, value, "a table");
        None
    }

    /// The value of a key, which is known from now on.
    pub(super) fn get(&self, key: &'static str) -> Option<&'t Spanned<Value<'t>>> {
        #[cfg(debug_assertions)]
        self.asked.borrow_mut().push(key);
        self.map.get(key)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// All entries: the key, its place, the value; in the order of the text.
    pub(super) fn entries(&self) -> Vec<(&'t str, Span, &'t Spanned<Value<'t>>)> {
        let mut all: Vec<_> =
            self.map.iter().map(|(key, value)| (key.get_ref().as_ref(), self.cx.at(key), value)).collect();
        all.sort_by_key(|(_, span, _): &(&str, Span, _)| *span);
        all
    }

    /// A string.
    pub(super) fn text(&self, key: &'static str) -> Option<Text> {
        let value = self.get(key)?;
        string(self.cx, value)
    }

    /// A string that must be there.
    pub(super) fn must_text(&self, key: &'static str) -> Option<Text> {
        if !self.has(key) {
            self.missing(key);
        }
        self.text(key)
    }

    /// Whether a key is there that the table cannot have, and that was meant to be one of these: it is reported by
    /// itself.
    pub(super) fn is_misspelt(&self, keys: &[&str], shape: &Shape) -> bool {
        self.misspelt(keys, |name| shape.has(name)).is_some()
    }

    fn misspelt(&self, keys: &[&str], known: impl Fn(&str) -> bool) -> Option<(&'t str, Span)> {
        let written = self.map.iter().map(|(key, _)| (key.get_ref().as_ref(), self.cx.at(key)));
        written.filter(|(name, _)| !known(name)).find(|(name, _)| nearest(name, keys.iter().copied()).is_some())
    }

    /// Reports that a key is not there, of a table whose other keys will not be looked at.
    pub(super) fn lost(&self, key: &str, missing: Diagnostic) {
        self.cx.report(match self.misspelt(&[key], language::is_key) {
            Some((name, at)) => {
                let finding = Diagnostic::new(codes::AZ0002, at, format!("unknown key `{name}`"));
                finding.help(format!("did you mean `{key}`?"))
            }
            None => missing,
        });
    }

    pub(super) fn missing(&self, key: &str) {
        if self.misspelt(&[key], language::is_key).is_some() {
            return;
        }
        let message = format!("`{key}` is missing");
        self.cx.report(Diagnostic::new(codes::AZ0004, self.at, message).help(format!("add `{key} = ...`")));
    }

    /// A boolean; absent is false.
    pub(super) fn flag(&self, key: &'static str) -> bool {
        match self.get(key) {
            None => false,
            Some(value) => {
                if let Value::Boolean(is) = value.get_ref() {
                    return *is;
                }
                wrong_kind(self.cx, value, "a boolean");
                false
            }
        }
    }

    /// An integer within bounds.
    pub(super) fn number(&self, key: &'static str, low: i128, high: i128) -> Option<i128> {
        let value = self.get(key)?;
        number(self.cx, value, low, high)
    }

    /// The elements of an array.
    pub(super) fn array(&self, key: &'static str) -> Vec<&'t Spanned<Value<'t>>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        if let Value::Array(elements) = value.get_ref() {
            return elements.iter().collect();
        }
        wrong_kind(self.cx, value, "an array");
        Vec::new()
    }

    /// How many elements an array has, if it is one.
    pub(super) fn array_len(&self, key: &'static str) -> Option<usize> {
        match self.get(key)?.get_ref() {
            Value::Array(elements) => Some(elements.len()),
            _ => None,
        }
    }

    /// An array of strings.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Text> {
        self.array(key).into_iter().filter_map(|value| string(self.cx, value)).collect()
    }

    /// A string or an array of strings.
    pub(super) fn one_or_more(&self, key: &'static str) -> Vec<Text> {
        match self.get(key).map(|value| (value, value.get_ref())) {
            Some((_, Value::Array(_))) => self.texts(key),
            Some((value, _)) => string(self.cx, value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// An array of tables.
    pub(super) fn tables(&self, key: &'static str) -> Vec<Table<'a, 't>> {
        self.array(key).into_iter().filter_map(|value| Table::of(self.cx, value, self.cx.at(value))).collect()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text.text);
        if found.is_none() {
            let all: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            let help = match text.text.as_str() {
                word @ ("true" | "false") if key == "reserved" => format!("it stands without quotes: `{word}`"),
                _ => format!("it is one of {}", all.join(", ")),
            };
            self.cx.report(
                Diagnostic::new(codes::AZ0006, text.at, format!("`{key}` cannot be `{}`", text.text))
                    .label("not one of its words")
                    .help(help),
            );
        }
        found.map(|(_, meaning)| *meaning)
    }

    /// An errno by name.
    pub(super) fn errno(&self, key: &'static str) -> Option<Errno> {
        if let Some(Value::Integer(_)) = self.get(key).map(Spanned::get_ref) {
            let at = self.cx.at(self.get(key)?);
            let finding = Diagnostic::new(codes::AZ0003, at, "expected a string, found an integer");
            self.cx.report(finding.help("an errno goes by its name: `\"EINVAL\"`"));
            return None;
        }
        let text = self.text(key)?;
        let found = crate::errno::find(&text.text);
        if found.is_none() {
            let known = crate::errno::NAMES.iter().copied();
            let help = did_you_mean(&text.text, known).unwrap_or_else(|| "names are those of errno(3)".into());
            let message = format!("there is no errno `{}`", text.text);
            self.cx.report(Diagnostic::new(codes::AZ0102, text.at, message).help(help));
        }
        found
    }

    /// A release by name.
    fn release(&self, key: &'static str) -> Option<(Release, Span)> {
        let text = self.text(key)?;
        let found = self.cx.releases.get(&text.text).copied();
        if found.is_none() {
            let known = self.cx.releases.keys().map(String::as_str);
            // Of few releases all are said: `1.2` is as near to `1.0` as to `1.1`.
            let wrong = if self.cx.releases.len() <= 8 { "" } else { &*text.text };
            let help = did_you_mean_or(wrong, "the releases are", known);
            let message = format!("`{key}` names no release of this header: `{}`", text.text);
            self.cx.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0601, text.at, message) });
        }
        found.map(|release| (release, text.at))
    }

    /// When something exists; a life that is open at both ends is its owner's.
    pub(super) fn life(&self, owner: Life) -> Life {
        let since = self.release("since");
        let until = self.release("until");
        if let (Some((since, _)), Some((until, at))) = (since, until)
            && until <= since
        {
            self.cx.report(
                Diagnostic::new(codes::AZ0602, at, "`until` is not after `since`")
                    .label("it would never exist")
                    .help("`until` names the first release that no longer has it"),
            );
        }
        Life {
            since: since.map_or(owner.since, |(release, _)| release),
            until: until.map(|(release, _)| release).or(owner.until),
        }
    }

    /// A condition.
    pub(super) fn condition(&self, key: &'static str) -> Option<crate::expr::Expr> {
        let text = self.text(key)?;
        crate::expr::parse(&text.text, text.at, self.cx.ctxt)
    }

    /// Reports every key that the language does not have here.
    pub(super) fn finish(self, shape: &Shape) {
        #[cfg(debug_assertions)]
        for asked in self.asked.into_inner() {
            assert!(shape.has(asked), "`{asked}` is asked of a table that has no such key: {}", shape.name);
        }
        for key in self.map.keys() {
            let name = key.get_ref().as_ref();
            if shape.has(name) {
                continue;
            }
            let at = self.cx.at(key);
            let diagnostic = Diagnostic::new(codes::AZ0002, at, format!("unknown key `{name}`"));
            let mut known: Vec<&str> = shape.keys().map(|key| key.name).collect();
            known.sort_unstable();
            let help = did_you_mean(name, known.iter().copied()).unwrap_or_else(|| {
                format!(
                    "the keys known here are {}",
                    known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ")
                )
            });
            self.cx.report(diagnostic.help(help));
        }
    }
}

/// A string.
pub(super) fn string(cx: &Cx<'_>, value: &Spanned<Value<'_>>) -> Option<Text> {
    if let Value::String(text) = value.get_ref() {
        return Some(Text { text: text.to_string(), at: cx.inside(value, text) });
    }
    wrong_kind(cx, value, "a string");
    None
}

/// An integer within bounds.
pub(super) fn number(cx: &Cx<'_>, value: &Spanned<Value<'_>>, low: i128, high: i128) -> Option<i128> {
    let Some(number) = integer(value.get_ref()) else {
        if let Value::Integer(huge) = value.get_ref() {
            let message = format!("an integer of {} digits is not between {low} and {high}", huge.digits.len());
            cx.report(Diagnostic::new(codes::AZ0007, cx.at(value), message));
            return None;
        }
        wrong_kind(cx, value, "an integer");
        return None;
    };
    if (low..=high).contains(&number) {
        return Some(number);
    }
    let message = format!("{number} is not between {low} and {high}");
    cx.report(Diagnostic::new(codes::AZ0007, cx.at(value), message));
    None
}

pub(super) fn wrong_kind(cx: &Cx<'_>, value: &Spanned<Value<'_>>, wanted: &str) {
    let message = format!("expected {wanted}, found {}", kind(value.get_ref()));
    let help = match (wanted, value.get_ref()) {
        ("a string", Value::Integer(_) | Value::Float | Value::Datetime) => Some("put it in quotes".to_owned()),
        ("a string", Value::Boolean(_)) => Some("say it in words, in quotes".to_owned()),
        ("a table", Value::String(_) | Value::Array(_)) => Some("a table is `{ key = value }`".to_owned()),
        ("an integer", Value::String(text)) if text.parse::<i128>().is_ok() => {
            Some(format!("it stands without quotes: `{text}`"))
        }
        ("a boolean", Value::String(text)) if matches!(&**text, "true" | "false") => {
            Some(format!("it stands without quotes: `{text}`"))
        }
        ("an array", Value::String(_) | Value::Table(_)) => Some("put it in brackets: `[...]`".to_owned()),
        _ => None,
    };
    cx.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0003, cx.at(value), message) });
}
