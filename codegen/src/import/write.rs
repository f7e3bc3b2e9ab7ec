//! Items as the text of a schema.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::draft::{Draft, How, Kind, Level, Member, Set};
use super::foreign;
use super::macros::Value;
use super::text::Text;
use super::types::{Body, Member as Field, Struct, Ty};
use super::units::HOLE;

/// The word that marks what a person has to decide.
pub const DECIDE: &str = "DECIDE";

/// What is said of the header as a whole.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) path: String,
    pub(super) guard: String,
    /// What the header says itself.
    pub(super) license: Option<String>,
    pub(super) includes: Vec<String>,
    pub(super) release: String,
    /// What is not in the schema, and why.
    pub(super) missing: Vec<String>,
}

/// The whole text.
pub(super) struct Writer<'a> {
    pub(super) head: &'a Head,
    pub(super) items: &'a [Draft],
    pub(super) text: &'a Text,
    /// Include names of other headers, by file.
    pub(super) from: &'a dyn Fn(&std::path::Path) -> String,
    /// Alignment of named structs.
    pub(super) natural: &'a dyn Fn(&str) -> u64,
    /// Highest alignment of a number.
    pub(super) scalar: u64,
    /// The place of the first type that has a name in Rust.
    pub(super) rust: HashMap<String, usize>,
}

/// The types of a draft by their names in Rust, each by the place of the first that has it.
pub(super) fn rust_names(items: &[Draft]) -> HashMap<String, usize> {
    let mut found = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        if matches!(item.kind, Kind::Set(_) | Kind::Struct(_)) && item.level <= Level::Plain {
            found.entry(argsz_schema::rust_name::camel(&item.name)).or_insert(place);
        }
    }
    found
}

impl Writer<'_> {
    /// The text, and where each item begins in it.
    pub(super) fn write(&self) -> (String, Vec<usize>) {
        let mut out = self.header();
        let mut places = Vec::new();
        for item in self.items {
            places.push(out.len());
            let written = match (&item.kind, &item.level) {
                (Kind::Const { .. } | Kind::Struct(_), Level::Out(_)) => continue,
                (Kind::Const { value, text, hex }, _) => self.constant(item, value, text.as_deref(), *hex),
                (Kind::Set(set), Level::Full) => self.set(item, set),
                (Kind::Set(set), _) => set.members.iter().map(|member| self.lone(member)).collect(),
                (Kind::Struct(one), _) => self.composite(item, one),
                (Kind::Ioctl { value, .. }, Level::Out(_)) => {
                    let note = format!("# {DECIDE}: the number of an ioctl, as this machine has it\n");
                    format!("{note}{}", self.constant(item, &Value::Int(*value), None, true))
                }
                (Kind::Ioctl { .. }, _) => self.ioctl(item),
            };
            out.push('\n');
            out.push_str(&written);
        }
        (out, places)
    }

    fn header(&self) -> String {
        let Head { path, guard, license, includes, release, missing } = self.head;
        let mut out = format!(
            "# A draft by `argsz import` of {path}: what is marked {DECIDE} is for a person to decide.\ngrammar = 1\n\n"
        );
        for one in missing {
            let _ = writeln!(out, "# {DECIDE}: left out: {}", one.replace('\n', " "));
        }
        let license = license.as_deref().unwrap_or_else(|| {
            let _ = writeln!(out, "# {DECIDE}: the license, as the header names none");
            "GPL-2.0 WITH Linux-syscall-note"
        });
        let list = |all: &[String]| all.iter().map(|one| quoted(one)).collect::<Vec<_>>().join(", ");
        let _ = write!(
            out,
            "[header]\npath = {}\nguard = {}\nlicense = {}\nincludes = [{}]\nreleases = [{}]\n",
            quoted(path),
            quoted(guard),
            quoted(license),
            list(includes),
            quoted(release),
        );
        out
    }

    fn constant(&self, item: &Draft, value: &Value, text: Option<&str>, hex: bool) -> String {
        let mut out = format!("[const.{}]\n", item.name);
        let _ = match (value, text.filter(|_| item.level == Level::Full)) {
            (Value::Str(text), _) => writeln!(out, "string = {}", quoted(text)),
            (_, Some(text)) => writeln!(out, "value = {}", quoted(text)),
            (Value::Int(value), None) => writeln!(out, "value = {}", number(*value, hex)),
        };
        doc(&mut out, &self.text.doc(item.line));
        out
    }

    fn lone(&self, member: &Member) -> String {
        let mut out = format!("\n[const.{}]\nvalue = {}\n", member.name, number(member.value, member.hex));
        doc(&mut out, &self.text.doc(member.line));
        out.trim_start().to_owned() + "\n"
    }

    fn set(&self, item: &Draft, set: &Set) -> String {
        let mut out = String::new();
        let word = if set.flags { "flags" } else { "enum" };
        if set.unsure {
            let other = if set.flags { "values of an enum" } else { "flags" };
            let _ = writeln!(out, "# {DECIDE}: {word}, or {other}?");
        }
        let _ =
            write!(out, "[{word}.{}]\ntype = \"u{}\"\nprefix = {}\n", item.name, set.width * 8, quoted(&set.prefix));
        if set.style != if set.flags { "define" } else { "enum" } {
            let _ = writeln!(out, "style = \"{}\"", set.style);
        }
        if let Some(rust) = self.rust_type(item) {
            let _ = writeln!(out, "rust = \"{rust}\"");
        }
        doc(&mut out, &self.about(item));
        let _ = writeln!(out, "\n[{word}.{}.{}]", item.name, if set.flags { "bits" } else { "values" });
        let mut seen: HashMap<String, usize> = HashMap::new();
        for member in &set.members {
            let again = seen.entry(member.key.to_ascii_uppercase()).or_insert(0);
            *again += 1;
            let rust = (*again > 1).then(|| format!("{}_{again}", member.key.to_ascii_uppercase()));
            let kernel = self.text.kernel_doc_of(item.line, &member.name);
            let text = if kernel.is_empty() { self.text.doc(member.line) } else { kernel };
            let _ = writeln!(out, "{} = {}", member.key, how(member, rust.as_deref(), &one_line(&text)));
        }
        out
    }

    /// What the comment above says of an item.
    fn about(&self, item: &Draft) -> String {
        let kernel = self.text.kernel_doc(item.line);
        let style = match &item.kind {
            Kind::Set(set) => set.style,
            _ => "",
        };
        // The comment above the first of several `#define`s is that one's.
        if kernel.is_empty() && style != "define" { self.text.doc(item.line) } else { kernel }
    }

    /// A name for Rust, where two items have the same.
    fn rust_type(&self, item: &Draft) -> Option<String> {
        let camel = argsz_schema::rust_name::camel(&item.name);
        if self.rust.get(&camel).is_none_or(|first| std::ptr::eq(&raw const self.items[*first], item)) {
            return None;
        }
        let end = match &item.kind {
            Kind::Set(set) if set.flags => "Flags",
            Kind::Set(_) => "Values",
            _ => "Struct",
        };
        Some(format!("{camel}{end}"))
    }

    fn ioctl(&self, item: &Draft) -> String {
        let Kind::Ioctl { kind, magic, nr, arg, value } = &item.kind else { return String::new() };
        let plain = (format!("{}", value >> 8 & 0xff), format!("{:#x}", value & 0xff));
        let (magic, nr) = if item.level == Level::Full { (magic, nr) } else { (&plain.0, &plain.1) };
        let mut out = format!("[ioctl.{}]\nkind = \"{kind}\"\nmagic = {magic}\nnr = {nr}\n", item.name);
        if let Some(arg) = arg {
            let _ = writeln!(out, "arg = \"{arg}\"");
        }
        doc(&mut out, &self.text.doc(item.line));
        waivers(&mut out, item);
        out
    }

    fn composite(&self, item: &Draft, one: &Struct) -> String {
        let word = if one.body.is_union { "union" } else { "struct" };
        let mut out = String::new();
        let mut head = format!("[{word}.{}]\n", one.name);
        if let Some(file) = &one.from {
            let _ = writeln!(head, "from = {}", quoted(&(self.from)(file)));
        }
        if one.is_typedef {
            head.push_str("typedef = true\n");
        }
        if let Some(rust) = self.rust_type(item) {
            let _ = writeln!(head, "rust = \"{rust}\"");
        }
        if one.from.is_none() {
            doc(&mut head, &self.about(item));
        }
        let shape = self.shape(item, one);
        if shape.packed {
            head.push_str("packed = true\n");
        }
        if let Some(align) = shape.align {
            let _ = writeln!(head, "align = {align}");
        }
        if let Some((grows, last)) = self.growth(item, one) {
            let _ =
                writeln!(out, "# {DECIDE}: which minimum size every user has had, and which flag guards which field");
            let _ = write!(head, "grows = \"{grows}\"\nmin = \"{last}\"\n");
        }
        if self.is_answer(item) {
            head.push_str("dir = \"out\"\n");
        }
        let _ = writeln!(head, "{} = [", if one.body.is_union { "arms" } else { "fields" });
        if self.is_opaque(item, one) {
            let word = foreign::opaque(one, self.natural, self.scalar);
            let _ = writeln!(head, "  {{ name = \"opaque\", type = \"{word}\" }},");
        } else {
            let full = item.level == Level::Full && one.from.is_none();
            let context = Context { item, grows: out.contains(DECIDE), full };
            self.fields(&mut head, &one.body, 1, &context);
        }
        head.push_str("]\n");
        waivers(&mut head, item);
        out + &head
    }

    /// Whether a struct of another header is as many bytes: all that matters of it, if every machine has as many.
    fn is_opaque(&self, item: &Draft, one: &Struct) -> bool {
        one.from.is_some() && !(item.level == Level::Full && foreign::varies(&one.body, self.items))
    }

    /// What has to be said of a struct beside its fields, for them to lie where they do.
    fn shape(&self, item: &Draft, one: &Struct) -> Shape {
        let natural = |field: &Field| field.ty.natural(self.natural, self.scalar);
        let most = one.body.fields.iter().map(natural).max().unwrap_or(1);
        // Eight bytes alone have no more than this everywhere.
        let everywhere = one.body.fields.iter().map(|field| field.ty.natural(self.natural, 4)).max().unwrap_or(1);
        if self.is_opaque(item, one) {
            return Shape { packed: false, align: None };
        }
        let crooked = one.body.fields.iter().any(|field| field.offset % natural(field) != 0);
        let packed = crooked || one.align < most;
        let least = match (packed, one.asked) {
            (true, _) => 1,
            (false, true) => everywhere,
            (false, false) => most,
        };
        Shape { packed, align: (one.align > least).then_some(one.align) }
    }

    /// Who says the size: the first field, if it is one of those that do.
    fn growth(&self, item: &Draft, one: &Struct) -> Option<(&'static str, String)> {
        if item.level != Level::Full || one.body.is_union || one.from.is_some() {
            return None;
        }
        let first = one.body.fields.first().filter(|field| field.offset == 0)?;
        let is_u32 = matches!(&first.ty, Ty::Number(word, _) if word == "u32");
        let word = match first.name.as_str() {
            "argsz" if is_u32 => "argsz",
            "size" if is_u32 && self.kinds_of(&item.name).any(|kind| kind == "_IO") => "size",
            _ => return None,
        };
        let fixed = |field: &&Field| !field.name.is_empty() && !matches!(field.ty, Ty::Flex(_));
        Some((word, one.body.fields.iter().rev().find(fixed)?.name.clone()))
    }

    fn kinds_of(&self, name: &str) -> impl Iterator<Item = &'static str> {
        self.items.iter().filter_map(move |other| match &other.kind {
            Kind::Ioctl { kind, arg: Some(arg), .. } if arg == name => Some(*kind),
            _ => None,
        })
    }

    /// Whether the kernel writes it and nobody else: an argument of `_IOR` alone, that does not say its own size.
    fn is_answer(&self, item: &Draft) -> bool {
        if matches!(&item.kind, Kind::Struct(one) if self.growth(item, one).is_some()) {
            return false;
        }
        let mut kinds = self.kinds_of(&item.name).peekable();
        kinds.peek().is_some() && kinds.all(|kind| kind == "_IOR")
    }

    fn fields(&self, out: &mut String, body: &Body, depth: usize, context: &Context<'_>) {
        for field in &body.fields {
            self.field(out, field, depth, context);
        }
    }

    fn field(&self, out: &mut String, field: &Field, depth: usize, context: &Context<'_>) {
        let indent = "  ".repeat(depth);
        let full = context.full;
        let mut keys = Vec::new();
        if !field.name.is_empty() {
            keys.push(format!("name = \"{}\"", field.name));
        }
        let (inner, dimensions) = stripped(&field.ty);
        let inline = if let Ty::Inline(body) = inner { Some(body) } else { None };
        if inline.is_none() {
            keys.push(format!("type = \"{}{dimensions}\"", plain_word(inner)));
        } else if !dimensions.is_empty() {
            keys.push(format!("times = \"{dimensions}\""));
        }
        if argsz_schema::rust_name::is_keyword(&field.name) {
            keys.push(format!("rust = \"{}_\"", field.name));
        }
        if field.name.starts_with(HOLE) {
            let _ = writeln!(out, "{indent}# {DECIDE}: bytes that have no name in the header");
        }
        let number = matches!(inner, Ty::Number(..) | Ty::Enum(..)) && !dimensions.starts_with("[]");
        let out_only = self.is_answer(context.item);
        if full && depth == 1 && context.grows && field.offset == 0 && matches!(field.name.as_str(), "argsz" | "size") {
            keys.push(format!("role = \"{}\"", field.name));
        } else if full && number && is_reserved(&field.name) && !out_only {
            keys.push("reserved = true".to_owned());
        } else if let Some((word, set)) = self.values(field, inner).filter(|_| full && dimensions.is_empty()) {
            let _ = writeln!(out, "{indent}# {DECIDE}: which of these a reader takes");
            keys.push(format!("{word} = \"{set}\""));
        }
        let kernel = self.text.kernel_doc_of(context.item.line, &field.name);
        let text = one_line(&if kernel.is_empty() { self.text.doc(field.line) } else { kernel });
        if !text.is_empty() && !context.foreign() {
            keys.push(format!("doc = {}", quoted(&text)));
        }
        if !field.parts.is_empty() {
            let part = |(name, width): &(String, u64)| match name.as_str() {
                "" => format!("{{ width = {width} }}"),
                name => format!("{{ name = \"{name}\", width = {width} }}"),
            };
            keys.push(format!("bits = [{}]", field.parts.iter().map(part).collect::<Vec<_>>().join(", ")));
        }
        let Some(body) = inline else {
            let _ = writeln!(out, "{indent}{{ {} }},", keys.join(", "));
            return;
        };
        keys.push(format!("{} = [", if body.is_union { "union" } else { "struct" }));
        let _ = writeln!(out, "{indent}{{ {}", keys.join(", "));
        self.fields(out, body, depth + 1, context);
        let _ = writeln!(out, "{indent}] }},");
    }

    /// The set that gives a field's values a meaning.
    fn values(&self, field: &Field, ty: &Ty) -> Option<(&'static str, &str)> {
        let of = |item: &&Draft| match &item.kind {
            Kind::Set(set) if item.level == Level::Full => match ty {
                Ty::Enum(place, of) => set.place == Some(*place) && of.number().is_some_and(|n| fits(set, n)),
                Ty::Number(word, size) => set.field == Some(field.line) && fits(set, (word, *size)),
                _ => false,
            },
            _ => false,
        };
        let item = self.items.iter().find(of)?;
        let Kind::Set(set) = &item.kind else { return None };
        Some((if set.flags { "flags" } else { "enum" }, &item.name))
    }
}

struct Shape {
    packed: bool,
    align: Option<u64>,
}

/// The struct that a field is written for.
struct Context<'a> {
    item: &'a Draft,
    grows: bool,
    /// Whether meanings are said beside the layout.
    full: bool,
}

impl Context<'_> {
    /// Whether it is a struct of another header: lines and comments of this one say nothing of it.
    fn foreign(&self) -> bool {
        matches!(&self.item.kind, Kind::Struct(one) if one.from.is_some())
    }
}

/// Whether a set can be that of a number of this kind.
fn fits(set: &Set, (word, size): (&str, u64)) -> bool {
    let unsigned = word.trim_start_matches("aligned_").starts_with('u') && word != "ulong";
    let values = || set.members.iter().all(|m| (0..1_i128 << (size * 8)).contains(&m.value));
    unsigned && if set.flags { set.width == size } else { values() }
}

/// A type without dimensions, and those as text.
pub(super) fn stripped(mut ty: &Ty) -> (&Ty, String) {
    let mut dimensions = String::new();
    loop {
        ty = match ty {
            Ty::Array(of, count) => {
                let _ = write!(dimensions, "[{count}]");
                of
            }
            Ty::Flex(of) => {
                dimensions.push_str("[]");
                of
            }
            other => return (other, dimensions),
        };
    }
}

fn plain_word(ty: &Ty) -> &str {
    match ty {
        Ty::Number(word, _) => word,
        Ty::Enum(_, of) => plain_word(of),
        Ty::Named(name) => name,
        _ => "",
    }
}

/// `__reserved2`, `pad`, `spare`, `mbz`, ...
fn is_reserved(name: &str) -> bool {
    let word = name.trim_matches('_').trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
    matches!(word, "reserved" | "resv" | "rsvd" | "rsv" | "pad" | "padding" | "unused" | "spare" | "mbz")
}

fn how(member: &Member, rust: Option<&str>, doc: &str) -> String {
    let list = |keys: &[String]| keys.iter().map(|key| quoted(key)).collect::<Vec<_>>().join(", ");
    let (key, value) = match &member.how {
        How::Bit(bit) => ("bit", bit.to_string()),
        How::Of(of) => ("of", format!("[{}]", list(of))),
        How::Value | How::Counter => ("value", number(member.value, member.hex)),
        How::Alias(of) => ("alias", quoted(of)),
    };
    let counter = member.how == How::Counter;
    if matches!(key, "bit" | "value") && !counter && rust.is_none() && doc.is_empty() {
        return value;
    }
    let mut keys = vec![format!("{key} = {value}")];
    keys.extend(counter.then(|| "counter = true".to_owned()));
    keys.extend(rust.map(|rust| format!("rust = \"{rust}\"")));
    keys.extend((!doc.is_empty()).then(|| format!("doc = {}", quoted(doc))));
    format!("{{ {} }}", keys.join(", "))
}

fn number(value: i128, hex: bool) -> String {
    match value {
        // TOML has no larger integers.
        value if value > i128::from(i64::MAX) => format!("\"{value:#x}\""),
        value if hex && value >= 0 => format!("{value:#x}"),
        value => value.to_string(),
    }
}

fn waivers(out: &mut String, item: &Draft) {
    if item.waived.is_empty() {
        return;
    }
    out.push_str("waive = [\n");
    for (lint, at) in &item.waived {
        let at = at.as_ref().map(|at| format!("at = \"{at}\", ")).unwrap_or_default();
        let _ = writeln!(out, "  {{ lint = \"{lint}\", {at}reason = \"Published like this.\" }},");
    }
    out.push_str("]\n");
}

fn doc(out: &mut String, text: &str) {
    let text = clean(text);
    if text.contains('\n') {
        let body = text.replace('\\', "\\\\").replace("\"\"\"", "\"\"\\\"");
        let _ = write!(out, "doc = \"\"\"\n{body}\n\"\"\"\n");
    } else if !text.is_empty() {
        let _ = writeln!(out, "doc = {}", quoted(&text));
    }
}

fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that may stand in a comment of C again.
fn clean(text: &str) -> String {
    let text = text.replace("*/", "* /").replace("/*", "/ *").replace('\t', " ");
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
