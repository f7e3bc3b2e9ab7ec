//! Grouping: which `#define`s are flags, which are values of an enum, by their names, their values, and the place they
//! stand next to a field.

use std::collections::{HashMap, HashSet};

use super::draft::{Draft, How, Kind, Level, Member, Set};
use super::macros::{Macro, Value};
use super::text::Text;
use super::types::{Body, Enum, Struct, Ty, Types};

/// Lines between two `#define`s of one group whose prefix is a single word.
const NEAR: u32 = 3;

/// A `#define` with a number, and the field it stands next to.
#[derive(Clone)]
struct Number<'m> {
    one: &'m Macro,
    value: i128,
    /// Line of the field.
    field: Option<u32>,
}

/// Everything the header defines, in its order.
pub(super) fn items(types: &Types, macros: &[Macro], text: &Text) -> Vec<Draft> {
    let mut names = Names::new(types);
    let mut found: Vec<Draft> =
        types.structs.iter().map(|one| draft(&one.name, one.line, Kind::Struct(one.clone()))).collect();
    for (place, one) in &types.enums {
        found.extend(of_enum(*place, one, text, &mut names));
    }
    let members: HashSet<&str> =
        types.enums.values().flat_map(|one| &one.members).map(|(name, _)| name.as_str()).collect();
    let fields = Fields::new(types, text);
    let mut numbers = Vec::new();
    for one in macros.iter().filter(|one| !members.contains(one.name.as_str())) {
        let Some(value) = &one.value else { continue };
        let number = if let Value::Int(value) = value { ioctl(*value, spelt(one, macros), types) } else { None };
        if let Some(ioctl) = number {
            found.push(draft(&one.name, one.line, ioctl));
        } else if let Value::Int(value) = value {
            numbers.push(Number { one, value: *value, field: fields.at(one.line) });
        } else {
            found.push(constant(one, value.clone(), &HashSet::new()));
        }
    }
    let known: HashSet<&str> = numbers.iter().map(|number| number.one.name.as_str()).collect();
    for group in groups(&numbers) {
        match set(&group, &fields, &mut names) {
            Some(set) => found.push(set),
            None => found.extend(group.iter().map(|n| constant(n.one, Value::Int(n.value), &known))),
        }
    }
    found.sort_by_key(|one| (one.line, matches!(one.kind, Kind::Ioctl { .. })));
    found
}

fn draft(name: &str, line: u32, kind: Kind) -> Draft {
    Draft { name: name.to_owned(), line, kind, level: Level::Full, waived: Vec::new() }
}

/// A lone `#define`; one that only names another, or is a character, stays what it is.
fn constant(one: &Macro, value: Value, known: &HashSet<&str>) -> Draft {
    let body = one.body.trim_start_matches('(').trim_end_matches(')').trim();
    let character = body.len() == 3 && body.starts_with('\'') && body.ends_with('\'') && body != "'\\'";
    let text = (known.contains(body) || character).then(|| body.to_owned());
    let hex = body.starts_with("0x") || body.starts_with("0X");
    draft(&one.name, one.line, Kind::Const { value, text, hex })
}

/// Names of types and sets that are taken.
struct Names(HashSet<String>);

impl Names {
    fn new(types: &Types) -> Self {
        let tags = types.structs.iter().map(|one| &one.name).chain(types.enums.values().map(|one| &one.name));
        Self(tags.map(|name| simple(name)).collect())
    }

    fn take(&mut self, wanted: &str, flags: bool) -> String {
        let ends = ["", if flags { "_flags" } else { "_values" }];
        let candidates = ends.iter().map(|end| format!("{wanted}{end}")).chain((2..).map(|n| format!("{wanted}_{n}")));
        let free = candidates.into_iter().find(|name| !self.0.contains(&simple(name))).unwrap_or_default();
        self.0.insert(simple(&free));
        free
    }
}

/// What two names in camel case have in common.
fn simple(name: &str) -> String {
    name.replace('_', "").to_ascii_lowercase()
}

/// A field, by its place.
struct Spot {
    line: u32,
    name: String,
    /// Word and bytes, if it is a number.
    number: Option<(String, u64)>,
}

/// A struct's lines and fields.
struct Lines {
    first: u32,
    last: u32,
    name: String,
    fields: Vec<Spot>,
}

/// Which field stands before a line.
struct Fields(Vec<Lines>);

/// A member to be of a set.
#[derive(Clone, Copy)]
struct Raw<'n> {
    name: &'n str,
    value: i128,
    line: u32,
    hex: bool,
}

impl Fields {
    fn new(types: &Types, text: &Text) -> Self {
        let own = types.structs.iter().filter(|one| one.from.is_none());
        let lines = own.map(|one: &Struct| {
            let mut fields = Vec::new();
            collect(&one.body, &mut fields);
            fields.sort_by_key(|field| field.line);
            Lines { first: one.line, last: text.end_of_block(one.line), name: one.name.clone(), fields }
        });
        Self(lines.collect())
    }

    /// Line of the field before a line inside a struct.
    fn at(&self, line: u32) -> Option<u32> {
        let inside = |one: &&Lines| one.first < line && line < one.last;
        // The innermost struct is the one that begins last.
        let one = self.0.iter().filter(inside).max_by_key(|one| one.first)?;
        one.fields.iter().rfind(|field| field.line < line).map(|field| field.line)
    }

    /// The field on a line, and the struct it is of.
    fn find(&self, line: u32) -> Option<(&Lines, &Spot)> {
        let of = |one: &&Lines| one.first <= line && line <= one.last;
        let one = self.0.iter().filter(of).max_by_key(|one| one.first)?;
        Some((one, one.fields.iter().find(|field| field.line == line)?))
    }
}

fn collect(body: &Body, found: &mut Vec<Spot>) {
    for field in &body.fields {
        let number = match &field.ty {
            Ty::Number(word, size) => Some((word.clone(), *size)),
            _ => None,
        };
        found.push(Spot { line: field.line, name: field.name.clone(), number });
        if let Ty::Inline(inner) = &field.ty {
            collect(inner, found);
        }
    }
}

/// Runs of numbers that belong together.
fn groups<'m>(numbers: &[Number<'m>]) -> Vec<Vec<Number<'m>>> {
    let mut found: Vec<(String, Vec<Number<'m>>)> = Vec::new();
    for number in numbers {
        let joined = found.last_mut().and_then(|(prefix, group)| {
            let last = group.last()?;
            let common = common(prefix, &number.one.name);
            let words = common.matches('_').count();
            let near = words == 1 && number.one.line - last.one.line <= NEAR;
            (last.field == number.field && (words >= 2 || near)).then_some((prefix, group, common))
        });
        if let Some((prefix, group, common)) = joined {
            *prefix = common;
            group.push(number.clone());
        } else {
            found.push((format!("{}_", number.one.name), vec![number.clone()]));
        }
    }
    found.into_iter().map(|(_, group)| group).collect()
}

/// What both begin with, up to the last `_` that is not their first letter.
fn common(a: &str, b: &str) -> String {
    let length = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let length = a[..length].rfind('_').map_or(0, |at| at + 1);
    if a[..length].trim_matches('_').is_empty() { String::new() } else { a[..length].to_owned() }
}

/// What all begin with, so that what is left of each is a name of its own.
fn prefix(members: &[Raw<'_>]) -> String {
    let names = || members.iter().map(|member| member.name);
    let mut prefix = names().next().unwrap_or("").to_owned();
    for name in names() {
        prefix = common(&format!("{prefix}_"), &format!("{name}_"));
    }
    let unfit = |prefix: &str| {
        names().any(|name| {
            let key = name.get(prefix.len()..).unwrap_or("");
            key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) || key.starts_with('_')
        })
    };
    while !prefix.is_empty() && unfit(&prefix) {
        let shorter = prefix.trim_end_matches('_');
        prefix.truncate(shorter.rfind('_').map_or(0, |at| at + 1));
    }
    prefix
}

/// The set that a group is, if it is one.
fn set(group: &[Number<'_>], fields: &Fields, names: &mut Names) -> Option<Draft> {
    let field = group.first()?.field;
    if group.len() < if field.is_some() { 1 } else { 3 } {
        return None;
    }
    let shifted = group.iter().any(|number| number.one.body.contains("<<") || number.one.body.contains("BIT"));
    let members: Vec<Raw<'_>> = group
        .iter()
        .map(|n| Raw {
            name: &n.one.name,
            value: n.value,
            line: n.one.line,
            hex: n.one.body.contains("0x") || n.one.body.contains("0X"),
        })
        .collect();
    let kind = judge(&members, shifted)?;
    let about = field.and_then(|line| fields.find(line));
    // A lone number next to a field is a value of it only if it is a bit.
    if group.len() == 1 && !kind.flags {
        return None;
    }
    let prefix = prefix(&members);
    let largest = members.iter().map(|member| member.value).max()?;
    let least = if largest > i128::from(u32::MAX) { 8 } else { 4 };
    let attached = about.and_then(|(_, field)| field.number.as_ref()).filter(|(word, size)| {
        word.trim_start_matches("aligned_").starts_with('u') && word != "ulong" && largest >> (size * 8) == 0
    });
    let name = match about.filter(|_| attached.is_some()) {
        Some((owner, field)) => format!("{}_{}", owner.name, field.name),
        None => prefix.trim_matches('_').to_ascii_lowercase(),
    };
    if name.is_empty() {
        return None;
    }
    let set = Set {
        flags: kind.flags,
        style: "define",
        width: attached.map_or(least, |(_, size)| *size),
        field: field.filter(|_| attached.is_some()),
        place: None,
        unsure: kind.unsure,
        members: written(&members, &prefix, kind.flags)?,
        prefix,
    };
    let line = group.first()?.one.line;
    Some(draft(&names.take(&name, kind.flags), line, Kind::Set(set)))
}

/// An enum of C.
fn of_enum(place: usize, one: &Enum, text: &Text, names: &mut Names) -> Option<Draft> {
    let end = text.end_of_block(one.line);
    let mut lines = HashMap::new();
    for line in one.line..=end {
        for word in text.code(line).split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
            lines.entry(word.to_owned()).or_insert(line);
        }
    }
    let code: Vec<&str> = (one.line..=end).map(|line| text.code(line)).collect();
    let shifted = code.iter().any(|line| line.contains("<<") || line.contains("BIT("));
    let members: Vec<Raw<'_>> = one
        .members
        .iter()
        .map(|(name, value)| {
            let line = lines.get(name).copied().unwrap_or(one.line);
            Raw { name, value: *value, line, hex: text.code(line).contains("0x") }
        })
        .collect();
    let kind = judge(&members, shifted || one.name.contains("flag"))?;
    let prefix = prefix(&members);
    let largest = members.iter().map(|member| member.value.abs()).max()?;
    let (name, style) = if one.name.is_empty() {
        let about = prefix.trim_matches('_').to_ascii_lowercase();
        let about = if about.is_empty() { members.first()?.name.to_ascii_lowercase() } else { about };
        (names.take(&about, kind.flags), "anonymous-enum")
    } else {
        (one.name.clone(), "enum")
    };
    let set = Set {
        flags: kind.flags,
        style,
        width: if largest > i128::from(u32::MAX) { 8 } else { 4 },
        field: None,
        place: Some(place),
        unsure: kind.unsure,
        members: written(&members, &prefix, kind.flags)?,
        prefix,
    };
    Some(draft(&name, one.line, Kind::Set(set)))
}

struct Judged {
    flags: bool,
    unsure: bool,
}

/// Whether numbers are flags or values; `None`: neither.
fn judge(members: &[Raw<'_>], shifted: bool) -> Option<Judged> {
    let singles: i128 =
        members.iter().map(|m| m.value).filter(|v| *v > 0 && v & (v - 1) == 0).fold(0, |all, v| all | v);
    let composed = |value: i128| value > 0 && (value & (value - 1) == 0 || value & !singles == 0);
    let bits = members.iter().all(|m| composed(m.value)) && singles != 0 && singles <= i128::from(u64::MAX);
    if members.iter().any(|m| m.value < -i128::from(i32::MAX) || m.value > i128::from(i64::MAX)) && !bits {
        return None;
    }
    if !bits {
        return Some(Judged { flags: false, unsure: false });
    }
    // 1, 2 and 4, 8, ... are flags; 1, 2, 3, or 1 alone may be either.
    let plain = members.iter().any(|m| m.value & (m.value - 1) != 0) || members.len() < 3;
    Some(Judged { flags: shifted || !plain, unsure: !shifted })
}

/// Members as a schema writes them; `None` if bits overlap in a way that it cannot say.
fn written(members: &[Raw<'_>], prefix: &str, flags: bool) -> Option<Vec<Member>> {
    let mut found: Vec<Member> = Vec::new();
    let single = |value: i128| value > 0 && value & (value - 1) == 0;
    let singles: Vec<(i128, &str)> =
        members.iter().filter(|m| single(m.value)).map(|m| (m.value, &m.name[prefix.len()..])).collect();
    for (at, Raw { name, value, line, hex }) in members.iter().enumerate() {
        let key = name[prefix.len()..].to_owned();
        let first = found.iter().find(|other| other.value == *value && !matches!(other.how, How::Counter));
        let how = match (flags, first) {
            (true, Some(first)) => How::Of(vec![first.key.clone()]),
            (false, Some(first)) => How::Alias(root(&found, first)),
            (true, None) if single(*value) => How::Bit(value.trailing_zeros()),
            (true, None) => {
                let parts: Vec<(i128, &str)> = singles.iter().filter(|(bit, _)| bit & value != 0).copied().collect();
                if parts.iter().fold(0, |all, (bit, _)| all | bit) != *value {
                    return None;
                }
                let mut keys: Vec<String> = Vec::new();
                let mut seen = 0;
                for (bit, key) in parts.iter().filter(|(_, other)| *other != key) {
                    if seen & bit == 0 {
                        keys.push((*key).to_owned());
                    }
                    seen |= bit;
                }
                How::Of(keys)
            }
            (false, None) if at + 1 == members.len() && at > 0 && counts(name) => How::Counter,
            (false, None) => How::Value,
        };
        found.push(Member { name: (*name).to_owned(), key, value: *value, line: *line, how, hex: *hex });
    }
    Some(found)
}

/// The member that a chain of aliases leads to.
fn root(found: &[Member], first: &Member) -> String {
    match &first.how {
        How::Alias(of) => found.iter().find(|other| other.key == *of).map_or_else(|| of.clone(), |m| m.key.clone()),
        _ => first.key.clone(),
    }
}

/// Whether a last member only counts the others.
fn counts(name: &str) -> bool {
    let name = name.trim_end_matches('_');
    name.contains("_NUM_")
        || ["_MAX", "_NR", "_LAST", "_COUNT", "_NUM", "_CNT", "_END"].iter().any(|end| name.ends_with(end))
}

/// What a macro is made of; one that only names another is made of what that is.
fn spelt<'m>(one: &'m Macro, macros: &'m [Macro]) -> &'m str {
    let named = |body: &str| macros.iter().find(|other| other.name == body && other.name != one.name);
    let chain = std::iter::successors(Some(one), |one| named(&one.body));
    // C does not expand a name within itself.
    chain.take(macros.len()).last().map_or(&one.body, |last| &last.body)
}

/// `_IOWR(MAGIC, NR, TYPE)`.
fn ioctl(value: i128, body: &str, types: &Types) -> Option<Kind> {
    let body = body.strip_prefix('(').and_then(|body| body.strip_suffix(')')).unwrap_or(body).trim();
    let (kind, rest) = body.split_once('(')?;
    let kind = ["_IO", "_IOR", "_IOW", "_IOWR"].into_iter().find(|known| *known == kind.trim())?;
    let inner = rest.trim_end().strip_suffix(')')?;
    let mut parts = inner.splitn(3, ',').map(str::trim);
    let (magic, nr, arg) = (parts.next()?, parts.next()?, parts.next());
    let arg = match arg {
        Some(arg) => Some(word(arg, types)?),
        None => None,
    };
    if arg.is_none() && kind != "_IO" {
        return None;
    }
    // Names and numbers as C has them where they are words; what they are in numbers otherwise.
    let (byte, number) = (value >> 8 & 0xff, value & 0xff);
    let magic = if is_word(magic) { format!("{magic:?}") } else { byte.to_string() };
    let nr = if is_word(nr) { format!("{nr:?}") } else { format!("{number:#x}") };
    Some(Kind::Ioctl { kind, magic, nr, arg, value })
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        || text.len() == 3 && text.starts_with('\'') && text.ends_with('\'') && !text.contains(['\\', '"'])
}

/// A type as the argument of an ioctl, in the language.
fn word(text: &str, types: &Types) -> Option<String> {
    let (name, dimensions) =
        text.split_once('[').map_or((text, String::new()), |(name, rest)| (name, format!("[{rest}")));
    let name = name.trim();
    let word = match name {
        "int" | "signed int" => "s32",
        "unsigned" | "unsigned int" => "u32",
        "short" => "s16",
        "unsigned short" => "u16",
        "char" => "char",
        "unsigned char" => "u8",
        "long" | "long int" => "long",
        "unsigned long" => "ulong",
        "long long" => "s64",
        "unsigned long long" => "u64",
        _ if name.ends_with('*') => "ptr",
        _ => match name.split_once(' ') {
            Some(("struct" | "union", tag)) => {
                let tag = tag.trim();
                return types.structs.iter().any(|one| one.name == tag).then(|| format!("{tag}{dimensions}"));
            }
            _ => types.words.get(name)?,
        },
    };
    Some(format!("{word}{dimensions}"))
}
