//! `argsz import --merge`: a new release in a schema that exists. What is new gets `since`, what left gets `until`, and
//! every byte that a person wrote stays. What cannot both be true is named, with its place on both sides.

use std::collections::{HashMap, HashSet};

use argsz_schema::model::{ConstValue, EnumKind, FlagKind, Item, Model, Release, Type};
use argsz_schema::source::{Source, Span};
use argsz_schema::{Schema, constants, layout, target};
use toml_edit::{Array, DocumentMut, InlineTable, Item as Toml, Table, Value};

use super::merge_fields::Fields;
use super::{Imported, Request};

/// A schema with one release more.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The whole text.
    pub text: String,
    /// What got `since`.
    pub added: Vec<String>,
    /// What got `until`.
    pub ended: Vec<String>,
}

/// Why nothing was merged.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MergeError {
    /// The schema and the header cannot both be true; each contradiction with both places.
    #[error("{} contradict each other:\n{}", if found.len() == 1 { "one thing:" } else { "the schema and the header" }, found.join("\n"))]
    Contradiction {
        /// One line each.
        found: Vec<String>,
    },
    /// The schema is not TOML that can be edited.
    #[error("the schema cannot be edited: {0}")]
    Edit(String),
}

/// What is being merged.
pub(super) struct Merge<'a> {
    pub(super) source: &'a Source,
    pub(super) header: String,
    pub(super) release: &'a str,
    /// Whether the schema has the release already: then it is only compared.
    pub(super) known: bool,
    pub(super) lines: &'a HashMap<String, u32>,
    /// Each with its line in the schema and in the header, by which they are sorted.
    pub(super) contradictions: Vec<((usize, u32), String)>,
    pub(super) added: Vec<String>,
    pub(super) ended: Vec<String>,
}

/// Adds the release of `request` to a schema.
pub fn merge(schema: &Schema, imported: &Imported, draft: &Schema, request: &Request) -> Result<Merged, MergeError> {
    let edit = |text: &str| text.parse::<DocumentMut>().map_err(|error| MergeError::Edit(error.to_string()));
    let mut document = edit(&schema.source().text)?;
    if let Some(why) = crate::fmt::lost(&schema.source().text, &document.to_string()) {
        return Err(MergeError::Edit(why));
    }
    let theirs = edit(&imported.text)?;
    let known = schema.release(&request.release);
    let base = known.or_else(|| schema.releases().last()).unwrap_or(Release(0));
    let (old, new) = (schema.at(base), draft.at(Release(0)));
    let mut merge = Merge {
        source: schema.source(),
        header: request.header.display().to_string(),
        release: &request.release,
        known: known.is_some(),
        lines: &imported.lines,
        contradictions: Vec::new(),
        added: Vec::new(),
        ended: Vec::new(),
    };
    merge.numbers(&mut document, &theirs, &old, &new);
    merge.structs(&mut document, &theirs, &old, &new);
    merge.agrees()?;
    if known.is_none() {
        let releases = document.get_mut("header").and_then(|header| header.get_mut("releases"));
        if let Some(releases) = releases.and_then(Toml::as_array_mut) {
            // The blanks before the bracket stay before it.
            let last = releases.len().saturating_sub(1);
            let blanks = releases.get_mut(last).map(take_suffix).unwrap_or_default();
            releases.push_formatted(Value::from(request.release.as_str()).decorated(" ", blanks));
        }
    }
    merge.places(&document.to_string(), &old, &new);
    merge.agrees()?;
    Ok(Merged { text: document.to_string(), added: merge.added, ended: merge.ended })
}

/// The set and key that a name of C is a member of.
struct Owner<'m> {
    item: &'m Item,
    key: Option<&'m str>,
    counter: bool,
    span: Span,
}

fn owners(model: &Model) -> HashMap<&str, Owner<'_>> {
    let mut found = HashMap::new();
    for item in &model.items {
        match item {
            Item::Const(_) | Item::Ioctl(_) => {
                let (key, counter, span) = (None, false, item.meta().span);
                found.insert(item.meta().name.as_str(), Owner { item, key, counter, span });
            }
            Item::Flags(flags) => found.extend(flags.members.iter().map(|m| {
                let (key, span) = (Some(m.key.as_str()), m.meta.span);
                (m.meta.name.as_str(), Owner { item, key, counter: false, span })
            })),
            Item::Enum(values) => found.extend(values.members.iter().map(|m| {
                let (key, span) = (Some(m.key.as_str()), m.meta.span);
                (m.meta.name.as_str(), Owner { item, key, counter: m.kind == EnumKind::Counter, span })
            })),
            _ => {}
        }
    }
    found
}

/// Whether both are one ioctl over one struct: its number changes with the size of the struct, which is compared itself.
fn follows(a: &Owner<'_>, b: &Owner<'_>) -> bool {
    match (a.item, b.item) {
        (Item::Ioctl(a), Item::Ioctl(b)) => {
            let named = |arg: &Option<Type>| match arg {
                Some(Type::Named(name)) => Some(name.clone()),
                _ => None,
            };
            (a.kind, a.magic.0, a.nr.0) == (b.kind, b.magic.0, b.nr.0)
                && named(&a.arg).is_some()
                && named(&a.arg) == named(&b.arg)
        }
        _ => false,
    }
}

fn values(model: &Model) -> HashMap<String, ConstValue> {
    let laid = layout::layout(model, target::ALL[0]);
    laid.map(|laid| constants::all(model, &laid).into_iter().collect()).unwrap_or_default()
}

/// Kind of a table, its name, and the table of its members.
fn table_of(item: &Item) -> (&'static str, &str, &'static str) {
    let (kind, members) = match item {
        Item::Const(_) => ("const", ""),
        Item::Ioctl(_) => ("ioctl", ""),
        Item::Flags(_) => ("flags", "bits"),
        Item::Enum(_) => ("enum", "values"),
        Item::Struct(def) if def.is_union => ("union", ""),
        _ => ("struct", ""),
    };
    (kind, &item.meta().name, members)
}

impl Merge<'_> {
    /// All contradictions so far, as an error.
    fn agrees(&mut self) -> Result<(), MergeError> {
        if self.contradictions.is_empty() {
            return Ok(());
        }
        self.contradictions.sort_unstable();
        let found = std::mem::take(&mut self.contradictions);
        Err(MergeError::Contradiction { found: found.into_iter().map(|(_, one)| one).collect() })
    }

    pub(super) fn contradiction(&mut self, what: &str, at: Span, ours: &str, theirs: &str) {
        let line = self.source.position(at.start).0;
        let there = self.lines.get(what).copied();
        let header = there.map_or_else(|| self.header.clone(), |line| format!("{}:{line}", self.header));
        let schema = self.source.name.display();
        let text = format!("  `{what}`: {schema}:{line} says {ours}, {header} says {theirs}");
        self.contradictions.push(((line, there.unwrap_or_default()), text));
    }

    /// Whether something new may be added; if the release is in the schema already it is a contradiction.
    pub(super) fn may_add(&mut self, what: &str) -> bool {
        if self.known {
            self.contradiction(what, Span::default(), "nothing of it", "that it is there");
        } else {
            self.added.push(what.to_owned());
        }
        !self.known
    }

    pub(super) fn may_end(&mut self, what: &str, at: Span) -> bool {
        if self.known {
            self.contradiction(what, at, "that it is there", "nothing of it");
        } else {
            self.ended.push(what.to_owned());
        }
        !self.known
    }

    fn numbers(&mut self, document: &mut DocumentMut, theirs: &DocumentMut, old: &Model, new: &Model) {
        let (ours, new_owners) = (owners(old), owners(new));
        let (before, after) = (values(old), values(new));
        for (name, owner) in &ours {
            match (before.get(*name), after.get(*name)) {
                (Some(was), Some(is)) if was != is && owner.counter && !self.known => {
                    self.counted(document, owner, is, name);
                }
                (Some(was), Some(is)) if was != is && !new_owners.get(name).is_some_and(|new| follows(owner, new)) => {
                    self.contradiction(name, owner.span, &shown(was), &shown(is));
                }
                (Some(_), None) if self.may_end(name, owner.span) => self.end_number(document, owner),
                _ => {}
            }
        }
        // In the order of the header, so that what is added reads like it.
        let mut whole = HashSet::new();
        for (name, owner) in new.items.iter().flat_map(|item| members(item, &new_owners)) {
            if ours.contains_key(name) || !self.may_add(name) {
                continue;
            }
            let sibling = members(owner.item, &new_owners).find_map(|(other, _)| ours.get(other));
            match sibling.filter(|sibling| owner.key.is_some() && sibling.key.is_some()) {
                Some(sibling) => self.add_member(document, sibling, owner, name, after.get(name)),
                None if whole.insert(&owner.item.meta().name) => self.add_item(document, theirs, owner.item),
                None => {}
            }
        }
        self.added.sort_unstable();
        self.ended.sort_unstable();
    }

    /// A counter that moved: the value it had ends, the next begins.
    fn counted(&mut self, document: &mut DocumentMut, owner: &Owner<'_>, is: &ConstValue, name: &str) {
        let (Some(entry), ConstValue::Int(is)) = (entry(document, owner), is) else { return };
        let Ok(is) = i64::try_from(*is) else { return };
        let mut next = InlineTable::new();
        next.insert("value", is.into());
        next.insert("counter", true.into());
        next.insert("since", self.release.into());
        let mut lives = entry.as_array().cloned().unwrap_or_else(|| {
            let mut lives = Array::new();
            lives.push_formatted(entry.clone().decorated("", ""));
            lives
        });
        let last = lives.len().saturating_sub(1);
        if let Some(last) = lives.get_mut(last) {
            end(last, "value", self.release);
        }
        lives.push(Value::InlineTable(next));
        *entry = Value::Array(lives).decorated(" ", "");
        self.added.push(format!("{name} = {is}"));
    }

    fn end_number(&self, document: &mut DocumentMut, owner: &Owner<'_>) {
        if owner.key.is_some() {
            let word = if matches!(owner.item, Item::Flags(_)) { "bit" } else { "value" };
            if let Some(entry) = entry(document, owner) {
                end(entry, word, self.release);
            }
            return;
        }
        let (kind, name, _) = table_of(owner.item);
        if let Some(table) = document.get_mut(kind).and_then(|all| alive(all.get_mut(name)?)) {
            table.insert("until", toml_edit::value(self.release));
        }
    }

    fn add_member(
        &self,
        document: &mut DocumentMut,
        sibling: &Owner<'_>,
        owner: &Owner<'_>,
        name: &str,
        is: Option<&ConstValue>,
    ) {
        let (kind, set, members) = table_of(sibling.item);
        let prefix = match sibling.item {
            Item::Flags(flags) => &flags.prefix,
            Item::Enum(values) => &values.prefix,
            _ => return,
        };
        let Some(ConstValue::Int(is)) = is else { return };
        let mut table = InlineTable::new();
        let key = name.strip_prefix(prefix.as_str()).filter(|key| !key.is_empty());
        if key.is_none() {
            table.insert("c", name.into());
        }
        let (word, value) = match (sibling.item, parts(owner), is) {
            (Item::Flags(_), Some(parts), _) => ("of", parts.iter().map(String::as_str).collect::<Array>().into()),
            (Item::Flags(_), None, is) if is.count_ones() == 1 => ("bit", Value::from(i64::from(is.trailing_zeros()))),
            (Item::Flags(_), None, is) => ("mask", Value::from(i64::try_from(*is).unwrap_or(i64::MAX))),
            (_, _, is) => ("value", Value::from(i64::try_from(*is).unwrap_or(i64::MAX))),
        };
        table.insert(word, value);
        if owner.counter {
            table.insert("counter", true.into());
        }
        table.insert("since", self.release.into());
        let all = document.get_mut(kind).and_then(|all| alive(all.get_mut(set)?));
        if let Some(all) = all.and_then(|table| table.get_mut(members)).and_then(Toml::as_table_like_mut) {
            all.insert(key.or(owner.key).unwrap_or(name), Toml::Value(Value::InlineTable(table)));
        }
    }

    /// An item that the schema has not, as it was drafted.
    pub(super) fn add_item(&self, document: &mut DocumentMut, theirs: &DocumentMut, item: &Item) {
        let (kind, name, _) = table_of(item);
        let Some(mut added) = theirs.get(kind).and_then(|all| all.get(name)).cloned() else { return };
        if let Some(table) = added.as_table_mut() {
            table.insert("since", toml_edit::value(self.release));
            // Behind all that is there.
            forget_places(table);
        }
        let root = document.as_table_mut();
        if !root.contains_key(kind) {
            let mut all = Table::new();
            all.set_implicit(true);
            root.insert(kind, Toml::Table(all));
        }
        if let Some(all) = root.get_mut(kind).and_then(Toml::as_table_mut) {
            all.insert(name, added);
        }
    }

    fn structs(&mut self, document: &mut DocumentMut, theirs: &DocumentMut, old: &Model, new: &Model) {
        for ours in old.structs() {
            let name = ours.meta.name.as_str();
            let (kind, fields) = if ours.is_union { ("union", "arms") } else { ("struct", "fields") };
            let table = document.get_mut(kind).and_then(|all| alive(all.get_mut(name)?));
            match (new.find_struct(name), table) {
                (None, Some(table)) if self.may_end(name, ours.meta.span) => {
                    table.insert("until", toml_edit::value(self.release));
                }
                (Some(is), _) if is.is_union != ours.is_union => {
                    let word = |is_union| if is_union { "a union" } else { "a struct" };
                    self.contradiction(name, ours.meta.span, word(ours.is_union), word(is.is_union));
                }
                (Some(is), Some(table)) if is.from.is_none() => {
                    let drafted = theirs.get(kind).and_then(|all| all.get(name)?.get(fields)?.as_array());
                    let array = table.get_mut(fields).and_then(Toml::as_array_mut);
                    if let (Some(array), Some(drafted)) = (array, drafted) {
                        let known = old.header.releases.clone();
                        Fields { merge: self, owner: name, releases: &known, at: old.release }.merge(
                            array,
                            &ours.fields,
                            &is.fields,
                            drafted,
                            1,
                        );
                    }
                }
                _ => {}
            }
        }
        for is in new.items.iter().filter(|item| matches!(item, Item::Struct(_))) {
            let name = &is.meta().name;
            if old.find_struct(name).is_none() && self.may_add(name) {
                self.add_item(document, theirs, is);
            }
        }
    }
}

/// The members of an item, or itself.
fn members<'m>(
    item: &'m Item,
    owners: &'m HashMap<&'m str, Owner<'m>>,
) -> impl Iterator<Item = (&'m str, &'m Owner<'m>)> {
    let names: Vec<&str> = match item {
        Item::Const(_) | Item::Ioctl(_) => vec![&item.meta().name],
        Item::Flags(set) => set.members.iter().map(|m| m.meta.name.as_str()).collect(),
        Item::Enum(set) => set.members.iter().map(|m| m.meta.name.as_str()).collect(),
        _ => Vec::new(),
    };
    names.into_iter().filter_map(|name| Some((name, owners.get(name)?)))
}

/// What a member of flags is made of, by key.
fn parts<'m>(owner: &Owner<'m>) -> Option<&'m [String]> {
    let Item::Flags(set) = owner.item else { return None };
    let member = set.members.iter().find(|member| Some(member.key.as_str()) == owner.key)?;
    match &member.kind {
        FlagKind::Of(parts) => Some(parts),
        _ => None,
    }
}

fn shown(value: &ConstValue) -> String {
    match value {
        ConstValue::Int(number) => format!("{number:#x}"),
        ConstValue::Str(text) => format!("{text:?}"),
    }
}

/// The table of an item that lives, of several lives the last.
fn alive(item: &mut Toml) -> Option<&mut Table> {
    match item {
        Toml::Table(table) => Some(table),
        Toml::ArrayOfTables(lives) => {
            let last = lives.len().checked_sub(1)?;
            lives.get_mut(last)
        }
        _ => None,
    }
}

/// What a set says of a member.
fn entry<'d>(document: &'d mut DocumentMut, owner: &Owner<'_>) -> Option<&'d mut Value> {
    let (kind, name, members) = table_of(owner.item);
    let table = alive(document.get_mut(kind)?.get_mut(name)?)?;
    table.get_mut(members)?.get_mut(owner.key?)?.as_value_mut()
}

/// Ends a member, of several lives the last.
fn end(entry: &mut Value, word: &str, release: &str) {
    match entry {
        Value::InlineTable(table) => put(table, "until", release),
        Value::Array(lives) => {
            let last = lives.len().saturating_sub(1);
            if let Some(last) = lives.get_mut(last) {
                end(last, word, release);
            }
        }
        number => {
            let mut table = InlineTable::new();
            let decor = number.decor().clone();
            table.insert(word, number.clone().decorated(" ", ""));
            table.insert("until", release.into());
            *number = Value::InlineTable(table);
            *number.decor_mut() = decor;
        }
    }
}

/// Adds a key at the end of a table on one line; the blanks before the brace stay before it.
pub(super) fn put(table: &mut InlineTable, key: &str, text: &str) {
    let blanks = table.iter_mut().last().map(|(_, value)| take_suffix(value)).unwrap_or_default();
    table.insert(key, Value::from(text).decorated(" ", blanks));
}

fn take_suffix(value: &mut Value) -> String {
    let suffix = value.decor().suffix().and_then(|suffix| suffix.as_str()).unwrap_or("").to_owned();
    value.decor_mut().set_suffix("");
    suffix
}

fn forget_places(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        if let Toml::Table(inner) = item {
            forget_places(inner);
        }
    }
}
