//! Names: what C and Rust can say, and that no two things have the same one.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use super::{Check, each_field};
use crate::bits::Bits;
use crate::codes;
use crate::constants::{self, Number};
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::model::{Enum, Field, Flags, Item, Life, Meta, Struct};
use crate::rust_name;
use crate::source::Span;

/// Words that C (with the kernel's dialect) keeps for itself.
const C_KEYWORDS: &[&str] = &[
    "_Alignas",
    "_Alignof",
    "_Atomic",
    "_Bool",
    "_Complex",
    "_Generic",
    "_Noreturn",
    "_Static_assert",
    "asm",
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "typedef",
    "typeof",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
];
/// Words that C++ keeps besides; headers are included there too.
const CXX_KEYWORDS: &[&str] = &[
    "and",
    "bool",
    "catch",
    "class",
    "compl",
    "concept",
    "delete",
    "explicit",
    "export",
    "false",
    "friend",
    "mutable",
    "namespace",
    "new",
    "not",
    "nullptr",
    "operator",
    "or",
    "private",
    "protected",
    "public",
    "requires",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typeid",
    "typename",
    "using",
    "virtual",
    "xor",
];

/// Who has a name: when, where, and its name in C.
type Holder<'m> = (Life, Span, &'m str);

/// Things of one namespace, and when each has which name. Nearly every name has one holder.
#[derive(Default)]
struct Names<'m>(HashMap<Cow<'m, str>, (Holder<'m>, Vec<Holder<'m>>)>);

impl<'m> Names<'m> {
    /// Takes a name; gives what has it already at the same time: its place and its C name.
    fn take(&mut self, name: impl Into<Cow<'m, str>>, meta: &'m Meta) -> Option<(Span, &'m str)> {
        let own = (meta.life, meta.span, meta.name.as_str());
        let (first, others) = match self.0.entry(name.into()) {
            Entry::Vacant(free) => {
                free.insert((own, Vec::new()));
                return None;
            }
            Entry::Occupied(held) => held.into_mut(),
        };
        let mut holders = std::iter::once(&*first).chain(&*others);
        let taken = holders.find(|(life, ..)| life.overlaps(meta.life)).map(|(_, span, name)| (*span, *name));
        if taken.is_none() {
            others.push(own);
        }
        taken
    }
}

pub(super) fn check(check: &Check<'_>) {
    let (mut tags, mut words, mut types) = (Names::default(), Names::default(), Names::default());
    for item in &check.model.items {
        let meta = item.meta();
        spelling(check, meta);
        let space = match item {
            Item::Const(_) | Item::Ioctl(_) => &mut words,
            _ => &mut tags,
        };
        if let Some((first, _)) = space.take(meta.name.as_str(), meta) {
            duplicate(check, meta, first);
        } else if !matches!(item, Item::Const(_) | Item::Ioctl(_)) {
            type_name(check, &mut types, meta);
        }
        match item {
            Item::Const(_) | Item::Ioctl(_) | Item::CellTable(_) | Item::Chain(_) => {}
            Item::Bits(bits) => bit_fields(check, &mut words, bits),
            Item::Flags(flags) => flag_members(check, &mut words, flags),
            Item::Enum(values) => enum_members(check, &mut words, values),
            Item::Struct(def) => fields(check, def),
        }
    }
}

fn duplicate(check: &Check<'_>, meta: &Meta, first: Span) {
    let finding = Diagnostic::new(codes::AZ0120, meta.span, format!("the name `{}` is taken", meta.name));
    let finding = finding.label("a second time here").also(first, "first here");
    check.report(finding.help("rename one of them, or give them lives (`since`, `until`) that do not overlap"));
}

fn flag_members<'m>(check: &Check<'_>, words: &mut Names<'m>, flags: &'m Flags) {
    let members = flags.members.iter().map(|member| (&member.meta, member.key.as_str()));
    self::members(check, words, members);
}

fn enum_members<'m>(check: &Check<'_>, words: &mut Names<'m>, values: &'m Enum) {
    self::members(check, words, values.members.iter().map(|member| (&member.meta, member.key.as_str())));
}

fn members<'m>(check: &Check<'_>, words: &mut Names<'m>, members: impl Iterator<Item = (&'m Meta, &'m str)>) {
    let mut rust = Names::default();
    for (meta, key) in members {
        spelling(check, meta);
        if let Some((first, _)) = words.take(meta.name.as_str(), meta) {
            duplicate(check, meta, first);
            continue;
        }
        let name = rust_name::of_member(meta, key);
        if !rust_spelling(check, meta, &name) {
            continue;
        }
        if let Some((first, other)) = rust.take(name.clone(), meta) {
            collision(check, meta, &name, first, other);
        }
    }
}

/// Methods and constants that the Rust of every entry, descriptor and register has.
const METHODS: &[&str] =
    &["from_le_bytes", "from_word", "from_words", "new", "reserved_bits", "to_le_bytes", "word", "words"];

/// Constants of the same kind.
const CONSTANTS: &[&str] = &["OFFSET", "RESERVED", "WORDS"];

fn bit_fields<'m>(check: &Check<'_>, words: &mut Names<'m>, bits: &'m Bits) {
    let (mut names, mut rust) = (Names::default(), Names::default());
    let prefix = &check.model.header.prefix;
    numbers(check, words, &bits.meta, constants::of_item(prefix, bits));
    for field in &bits.fields {
        let meta = &field.meta;
        if let Some((first, _)) = names.take(meta.name.as_str(), meta) {
            let message = format!("`{}` has two fields `{}`", bits.meta.name, meta.name);
            let finding = Diagnostic::new(codes::AZ0121, meta.span, message).label("a second time here");
            let help = "rename one of them, or give them lives (`since`, `until`) that do not overlap";
            check.report(finding.also(first, "first here").help(help));
            continue;
        }
        numbers(check, words, meta, constants::of_field(prefix, bits, field));
        let name = rust_name::of_field(meta).to_ascii_lowercase();
        if !rust_spelling(check, meta, &name) {
            continue;
        }
        // A value that is always the same is a constant beside these.
        let constant = meta.name.to_ascii_uppercase();
        if field.fixed.is_some() && CONSTANTS.contains(&constant.as_str()) {
            let message = format!("`{}` has one value, and its constant `{constant}` is one that all have", meta.name);
            check.report(Diagnostic::new(codes::AZ0129, meta.span, message).help("rename the field"));
        }
        let setters = [format!("with_{name}"), format!("set_{name}")];
        for method in std::iter::once(name.clone()).chain(setters) {
            if METHODS.contains(&method.as_str()) {
                collision(check, meta, &method, bits.meta.span, "a method that all have");
            } else if let Some((first, other)) = rust.take(method.clone(), meta) {
                collision(check, meta, &method, first, other);
                break;
            }
        }
    }
}

/// What C calls the bits is nothing else's name.
fn numbers<'m>(check: &Check<'_>, words: &mut Names<'m>, meta: &'m Meta, numbers: Vec<Number>) {
    for number in numbers {
        if let Some((first, _)) = words.take(number.name.clone(), meta) {
            let finding = Diagnostic::new(codes::AZ0120, meta.span, format!("the name `{}` is taken", number.name));
            check.report(finding.label("a second time here").also(first, "first here").help("rename one of them"));
            return;
        }
    }
}

fn fields<'m>(check: &Check<'_>, def: &'m Struct) {
    // The fields of the struct itself, in C and in Rust, and those of what is written in place in it.
    let (mut own, mut own_rust) = (Names::default(), Names::default());
    let (mut spaces, mut rust): (HashMap<String, Names<'m>>, HashMap<String, Names<'m>>) = Default::default();
    each_field(&def.fields, &mut |field: &'m Field, path| {
        let meta = &field.meta;
        if meta.name.is_empty() {
            return;
        }
        spelling(check, meta);
        let (space, rust) = match path.strip_suffix(meta.name.as_str()).unwrap_or(path) {
            "" => (&mut own, &mut own_rust),
            parent => (spaces.entry(parent.to_owned()).or_default(), rust.entry(parent.to_owned()).or_default()),
        };
        if let Some((first, _)) = space.take(meta.name.as_str(), meta) {
            let finding =
                Diagnostic::new(codes::AZ0121, meta.span, format!("`{}` has two fields `{path}`", def.meta.name));
            let finding = finding.label("a second time here").also(first, "first here");
            check.report(finding.help("rename one of them, or give them lives (`since`, `until`) that do not overlap"));
            return;
        }
        for (bit, _) in field.bits.iter().filter(|(bit, _)| !bit.is_empty()) {
            if let Some((first, _)) = space.take(bit.as_str(), meta) {
                let message = format!("`{}` has two fields `{bit}`", def.meta.name);
                let finding = Diagnostic::new(codes::AZ0121, meta.span, message).label("a second time in here");
                check.report(finding.also(first, "first here").help("rename one of them"));
            }
        }
        cxx(check, def, field, path);
        let name = rust_name::of_field(meta);
        if rust_spelling(check, meta, name)
            && let Some((first, other)) = rust.take(name, meta)
        {
            collision(check, meta, name, first, other);
        }
    });
}

/// Whether C can say the name.
fn spelling(check: &Check<'_>, meta: &Meta) {
    let name = meta.name.as_str();
    if C_KEYWORDS.binary_search(&name).is_ok() {
        let finding = Diagnostic::new(codes::AZ0123, meta.span, format!("`{name}` is a keyword of C"));
        check.report(finding.help(format!("the C header cannot have it: rename it, say to `{name}_`")));
    }
}

/// Whether C++ can say a field's name.
fn cxx(check: &Check<'_>, def: &Struct, field: &Field, path: &str) {
    let name = field.meta.name.as_str();
    if CXX_KEYWORDS.binary_search(&name).is_ok() {
        let finding = Diagnostic::new(codes::AZ0125, field.meta.span, format!("`{name}` is a keyword of C++"));
        check.lint(def, path, finding.help("programs in C++ include the header too: rename the field"));
    }
}

/// Whether Rust can say the name.
fn rust_spelling(check: &Check<'_>, meta: &Meta, name: &str) -> bool {
    let help = "name it for Rust alone: `rust = \"...\"`";
    if rust_name::is_keyword(name) {
        let finding = Diagnostic::new(codes::AZ0126, meta.span, format!("`{name}` is a keyword of Rust"));
        check.report(finding.help(help));
        false
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        let finding = Diagnostic::new(codes::AZ0127, meta.span, format!("`{name}` begins with a digit in Rust"));
        check.report(finding.help(help));
        false
    } else if meta.rust.is_some() && !rust_name::is_identifier(name) {
        let finding = Diagnostic::new(codes::AZ0128, meta.span, format!("`{name}` is not a name in Rust"));
        check.report(finding.label("its `rust`").help("a name has ASCII letters, digits and underscores"));
        false
    } else {
        true
    }
}

fn type_name<'m>(check: &Check<'_>, types: &mut Names<'m>, meta: &'m Meta) {
    let name = rust_name::of_type(meta);
    if rust_spelling(check, meta, &name)
        && let Some((first, other)) = types.take(name.clone(), meta)
    {
        collision(check, meta, &name, first, other);
    }
}

fn collision(check: &Check<'_>, meta: &Meta, name: &str, first: Span, other: &str) {
    let message = format!("`{}` and `{other}` are both called `{name}` in Rust", meta.name);
    let finding = Diagnostic::new(codes::AZ0129, meta.span, message).label("this one").also(first, "and this one");
    check.report(finding.help("name one of them for Rust alone: `rust = \"...\"`"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(C_KEYWORDS.is_sorted());
        assert!(CXX_KEYWORDS.is_sorted());
    }
}
