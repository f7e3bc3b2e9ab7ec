//! Numbers by name: every constant and member, worked out whatever the order they are written in.

use super::arith::{self, Program};
use super::kept::{Spanned, Tree, Value};
use super::parts::Part;
use super::tree::integer;
use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::hash::{HashMap, HashSet, IndexMap};
use crate::source::Span;

/// Numbers of constants and members by C name; of members also by `TYPE.KEY`, which is how the fields of that type
/// name them.
#[derive(Default)]
pub(super) struct Named {
    values: IndexMap<String, i128>,
    /// Names without a number; whatever took it from them is reported at their own place.
    broken: HashSet<String>,
}

impl Named {
    /// The number of that name.
    pub(super) fn get(&self, name: &str) -> Option<i128> {
        self.values.get(name).copied()
    }

    /// Whether the name exists, though a mistake that is reported elsewhere leaves it without a number.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        self.broken.contains(name)
    }

    /// Every name with a number, in a fixed order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

/// What a name stands for before it is worked out.
enum Raw {
    Int(i128),
    Text(Program),
    /// Bits of other members: `TYPE.KEY`, or else a C name.
    Of(Vec<[String; 2]>),
    /// The same as another member, by `TYPE.KEY`.
    Alias(String),
    /// Something that `constant` reports.
    Broken,
}

/// Bytes of text for each name, about: what is reserved is not there until it is written.
const EACH: usize = 160;

type Raws = IndexMap<String, (Raw, Span)>;

impl Raw {
    /// The names it is made of.
    fn parts<'r>(&'r self, raws: &Raws) -> Vec<&'r str> {
        let mut parts = match self {
            Self::Int(_) | Self::Broken => Vec::new(),
            Self::Text(program) => program.names().collect(),
            Self::Of(parts) => {
                parts.iter().map(|[key, c]| if raws.contains_key(key) { key.as_str() } else { c }).collect()
            }
            Self::Alias(of) => vec![of.as_str()],
        };
        parts.sort_unstable();
        parts.dedup();
        parts
    }

    fn value(&self, parts: &[&str], named: &Named) -> Option<i128> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Text(program) => program.run(|name| named.get(name)).ok(),
            Self::Of(_) => Some(parts.iter().filter_map(|part| named.get(part)).fold(0, |mask, bits| mask | bits)),
            Self::Alias(of) => named.get(of),
            Self::Broken => None,
        }
    }
}

/// Works all names of a text out. Cycles are reported here; other mistakes when each item is lowered.
pub(super) fn evaluate(parts: &[Part<'_>], ctxt: &Ctxt) -> Named {
    let mut raws = Raws::default();
    raws.reserve(parts.iter().map(|part| part.text.len()).sum::<usize>() / EACH);
    for (kind, members) in [("flags", "bits"), ("enum", "values")] {
        for (part, owner, item) in of_kind(parts, kind) {
            let prefix = text_of(item, "prefix").unwrap_or_default();
            let Some(Value::Table(found)) = item.get(members).map(Spanned::get_ref) else { continue };
            for (key, value) in found.iter() {
                member([owner, prefix, key.get_ref()], kind == "flags", (value, part.at(value)), &mut raws);
            }
        }
    }
    for (part, name, item) in of_kind(parts, "const") {
        let Some(value) = item.get("value") else {
            if item.get("string").is_none() {
                raws.insert(name.to_owned(), (Raw::Broken, Span::default()));
            }
            continue;
        };
        let at = match value.get_ref() {
            Value::String(text) => part.inside(value, text),
            _ => part.at(value),
        };
        raws.insert(name.to_owned(), (constant(value), at));
    }
    let mut named = Named::default();
    named.values.reserve(raws.len());
    let mut seen = HashMap::default();
    for (name, (raw, _)) in &raws {
        match raw {
            // Nearly all are numbers already.
            Raw::Int(number) => drop(named.values.insert(name.clone(), *number)),
            _ => walk(ctxt, name, &raws, &mut seen, &mut named),
        }
    }
    named
}

/// The tables of all items of a kind, with their names: one for each life.
fn of_kind<'t>(
    parts: &'t [Part<'t>],
    kind: &'static str,
) -> impl Iterator<Item = (&'t Part<'t>, &'t str, &'t Tree<'t>)> {
    let items = parts.iter().filter_map(move |part| match part.table.get(kind).map(Spanned::get_ref) {
        Some(Value::Table(items)) => Some((part, items)),
        _ => None,
    });
    let named = items.flat_map(|(part, items)| items.iter().map(move |(name, item)| (part, name.get_ref(), item)));
    named.flat_map(|(part, name, item)| tables(item).map(move |item| (part, name.as_ref(), item)))
}

fn constant(value: &Spanned<Value<'_>>) -> Raw {
    match value.get_ref() {
        Value::String(text) => arith::parse(text).map_or(Raw::Broken, Raw::Text),
        value => integer(value).map_or(Raw::Broken, Raw::Int),
    }
}

fn text_of<'t>(table: &'t Tree<'_>, key: &str) -> Option<&'t str> {
    match table.get(key)?.get_ref() {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The tables of an item: one, or one for each life.
fn tables<'t>(value: &'t Spanned<Value<'t>>) -> impl Iterator<Item = &'t Tree<'t>> {
    let all = match value.get_ref() {
        Value::Array(elements) => elements.iter().collect(),
        _ => vec![value],
    };
    all.into_iter().filter_map(|value| match value.get_ref() {
        Value::Table(table) => Some(table),
        _ => None,
    })
}

/// Notes one member under both its names, each of its lives over the one before.
fn member([owner, prefix, key]: [&str; 3], flags: bool, (value, at): (&Spanned<Value<'_>>, Span), raws: &mut Raws) {
    let twin = [owner, ".", key].concat();
    let mut note = |name: String, raw: Option<Raw>| {
        let Some(raw) = raw else { return };
        let same = if let Raw::Int(number) = raw { Raw::Int(number) } else { Raw::Alias(twin.clone()) };
        raws.insert(name, (same, at));
        raws.insert(twin.clone(), (raw, at));
    };
    if let Some(number) = integer(value.get_ref()) {
        note([prefix, key].concat(), if flags { bit(number) } else { Some(Raw::Int(number)) });
    }
    for table in tables(value) {
        let name = text_of(table, "c").map_or_else(|| [prefix, key].concat(), str::to_owned);
        note(name, written(owner, table));
    }
}

fn bit(number: i128) -> Option<Raw> {
    u32::try_from(number).ok().filter(|bit| *bit < 64).map(|bit| Raw::Int(1 << bit))
}

/// What the table of a member says its number is.
fn written(owner: &str, table: &Tree<'_>) -> Option<Raw> {
    let number = |key: &str| table.get(key).and_then(|value| integer(value.get_ref()));
    let plain = ["value", "count", "mask"].into_iter().find_map(number).map(Raw::Int);
    let of = || match table.get("of").map(Spanned::get_ref) {
        Some(Value::Array(of)) => {
            let parts = of.iter().filter_map(|part| match part.get_ref() {
                Value::String(part) => Some([format!("{owner}.{part}"), part.to_string()]),
                _ => None,
            });
            Some(Raw::Of(parts.collect()))
        }
        _ => None,
    };
    let alias = || text_of(table, "alias").map(|alias| Raw::Alias(format!("{owner}.{alias}")));
    plain.or_else(|| number("bit").and_then(bit)).or_else(of).or_else(alias)
}

/// Works one name out, and before it all it is made of. The way down is kept in a list of its own, so that no chain
/// of constants is too long.
fn walk<'r>(ctxt: &Ctxt, name: &'r str, raws: &'r Raws, seen: &mut HashMap<&'r str, bool>, named: &mut Named) {
    let mut way: Vec<(&str, Vec<&str>, usize)> = Vec::new();
    let mut next = Some(name);
    loop {
        if let Some((name, (raw, _))) = next.take().and_then(|name| raws.get_key_value(name)) {
            match seen.get(name.as_str()) {
                None => {
                    seen.insert(name, false);
                    way.push((name, raw.parts(raws), 0));
                }
                Some(false) => lead_back(ctxt, name, &way, raws),
                Some(true) => {}
            }
        }
        let Some((name, parts, at)) = way.last_mut() else { return };
        if let Some(part) = parts.get(*at) {
            *at += 1;
            next = Some(part);
            continue;
        }
        match raws[*name].0.value(parts, named) {
            Some(value) => drop(named.values.insert((*name).to_owned(), value)),
            None => drop(named.broken.insert((*name).to_owned())),
        }
        seen.insert(name, true);
        way.pop();
    }
}

/// Reports that what is being worked out needs itself.
fn lead_back(ctxt: &Ctxt, name: &str, way: &[(&str, Vec<&str>, usize)], raws: &Raws) {
    let circle: Vec<&str> = way.iter().map(|(name, ..)| *name).skip_while(|known| *known != name).collect();
    let short = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let mut shown: Vec<String> = circle.iter().take(8).map(|name| format!("`{}`", short(name))).collect();
    if circle.len() > shown.len() {
        shown.push("...".into());
    }
    let message = format!("`{}` leads back to itself", short(name));
    let diagnostic = Diagnostic::new(codes::AZ0202, raws[name].1, message);
    ctxt.report(diagnostic.label(format!("through {}", shown.join(", "))).help("a constant ends in a number"));
}

#[cfg(test)]
mod tests {
    use crate::model::ConstValue;
    use crate::source::Source;
    use crate::{Rejected, Schema};

    fn parse(items: &str) -> Result<Schema, Rejected> {
        let header = "grammar = 1\n[header]\npath = \"linux/x.h\"\nguard = \"X_H\"\nreleases = [\"1.0\"]\n";
        Schema::parse(Source::new("<named>", format!("{header}{items}")))
    }

    fn codes(items: &str) -> Vec<&'static str> {
        parse(items).expect_err("a mistake").found.iter().map(|found| found.code.0.id).collect()
    }

    #[test]
    fn long_chains_of_constants_end() {
        let link = |n: u32| format!("[const.C{n}]\nvalue = \"C{} + 1\"\n", n + 1);
        let chain: String = (0..5000).map(link).collect::<String>() + "[const.C5000]\nvalue = 1\n";
        let schema = parse(&chain).expect("no mistakes");
        assert_eq!(schema.model().find_const("C0").map(|c| c.value.clone()), Some(ConstValue::Int(5001)));
    }

    #[test]
    fn a_circle_is_reported_once_at_a_fixed_place() {
        let circle = "[const.A]\nvalue = \"B\"\n[const.B]\nvalue = \"C + C\"\n[const.C]\nvalue = \"A\"\n[const.D]\nvalue = \"A\"\n";
        assert_eq!(codes(circle), ["AZ0202"]);
        let masks = "[flags.f]\ntype = \"u32\"\n[flags.f.bits]\nX = 0\nA = { of = [\"B\", \"B\"] }\nB = { of = [\"A\", \"A\"] }\n";
        assert_eq!(codes(masks), ["AZ0202"]);
    }

    #[test]
    fn masks_are_made_of_masks() {
        let masks = "[flags.f]\ntype = \"u32\"\n[flags.f.bits]\nALL = { of = [\"LOW\", \"Z\"] }\nLOW = { of = [\"X\", \"Y\"] }\nX = 0\nY = 1\nZ = 2\n";
        let schema = parse(masks).expect("no mistakes");
        assert_eq!(schema.model().find_flags("f").and_then(|f| f.members.first()).map(|all| all.value), Some(7));
    }

    #[test]
    fn no_expression_is_too_deep_for_the_stack() {
        for deep in ["(", "!", "-", "&", "1+"] {
            assert_eq!(codes(&format!("[const.A]\nvalue = \"{}1\"\n", deep.repeat(100_000))), ["AZ0201"]);
        }
    }
}
