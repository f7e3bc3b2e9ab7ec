//! What the compiler says of the header's types.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::dwarf::{Die, Dies, Tag};
use super::text::Text;

/// A struct or union.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) is_union: bool,
    pub(super) size: u64,
    pub(super) fields: Vec<Member>,
}

/// A member of one.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// Empty for an anonymous struct or union.
    pub(super) name: String,
    pub(super) ty: Ty,
    /// Bytes from the beginning of what it is in.
    pub(super) offset: u64,
    pub(super) line: u32,
    /// Of a bit-field: width and first bit.
    pub(super) bits: Option<(u64, u64)>,
    /// Of a number made of bit-fields: names and widths.
    pub(super) parts: Vec<(String, u64)>,
}

/// A type as the language has it.
#[derive(Debug, Clone)]
pub(super) enum Ty {
    /// A number: its word in the language, and bytes.
    Number(String, u64),
    Named(String),
    /// A number whose values are those of an enum, by place.
    Enum(usize, Box<Ty>),
    Inline(Box<Body>),
    Array(Box<Ty>, u64),
    Flex(Box<Ty>),
    /// What the language cannot say.
    Unknown(String),
}

/// A named struct or union.
#[derive(Debug, Clone)]
pub(super) struct Struct {
    pub(super) name: String,
    pub(super) body: Body,
    /// Bytes.
    pub(super) align: u64,
    /// Whether a declaration asks for it, so that every machine has it.
    pub(super) asked: bool,
    pub(super) line: u32,
    /// The header it is defined in, if it is not the one that is imported.
    pub(super) from: Option<PathBuf>,
    /// Whether only a `typedef` names it.
    pub(super) is_typedef: bool,
}

/// An enum of the header.
#[derive(Debug, Clone)]
pub(super) struct Enum {
    /// Empty for an anonymous one.
    pub(super) name: String,
    pub(super) members: Vec<(String, i128)>,
    pub(super) line: u32,
}

/// All types of a header.
#[derive(Debug, Default)]
pub(super) struct Types {
    pub(super) structs: Vec<Struct>,
    pub(super) enums: BTreeMap<usize, Enum>,
    /// What a `typedef` of a number or struct is in the language.
    pub(super) words: HashMap<String, String>,
}

/// Reads the types of `header`, and those of other headers that they contain.
/// `mentioned` are tags that its macros name.
pub(super) fn read(
    dies: &Dies,
    header: &Path,
    pointer: u8,
    mentioned: &HashSet<String>,
    align: &dyn Fn(&str) -> Option<u64>,
    text: &Text,
) -> Types {
    let header = header.canonicalize().unwrap_or_else(|_| header.to_owned());
    let mut reader =
        Reader { dies, header, text, pointer, own: HashMap::new(), typedefs: HashMap::new(), wanted: Vec::new() };
    let mut types = Types::default();
    for (place, die) in dies.all.iter().enumerate() {
        let is_own = reader.is_own(die);
        if die.tag == Tag::Enum && is_own {
            types.enums.insert(place, enumeration(dies, die));
        }
        let names = |target: &usize| die.tag == Tag::Typedef && is_own && dies.all[*target].name.is_empty();
        if let Some(target) = die.ty.filter(names) {
            reader.typedefs.insert(target, die.name.clone());
        }
    }
    for die in dies.all.iter().filter(|die| die.tag == Tag::Typedef) {
        let word = match die.ty.map(|ty| reader.ty(ty, die.align, 0)) {
            Some(Ty::Number(word, _)) => number_of_kernel(&die.name, None).map_or(word, |number| match number {
                Ty::Number(word, _) => word,
                _ => String::new(),
            }),
            Some(Ty::Named(name)) => name,
            _ => continue,
        };
        types.words.insert(die.name.clone(), word);
    }
    reader.wanted.clear();
    let mut places: Vec<usize> = (0..dies.all.len()).filter(|at| reader.is_item(*at)).collect();
    let complete = |die: &Die| matches!(die.tag, Tag::Struct | Tag::Union) && die.size.is_some();
    let named = |die: &Die| complete(die) && mentioned.contains(&die.name);
    places.extend((0..dies.all.len()).filter(|at| named(&dies.all[*at])));
    let mut done = HashSet::new();
    let mut next = 0;
    while next < places.len() {
        let place = places[next];
        next += 1;
        if !done.insert(reader.name(place)) {
            continue;
        }
        types.structs.push(reader.item(place, align));
        places.append(&mut reader.wanted);
    }
    types.structs.sort_by_key(|one| (one.from.is_none(), one.line));
    types
}

/// An unnamed struct of an empty one and a flexible array is how C has the array where it may not stand alone.
fn flexible(member: Member) -> Member {
    let Ty::Inline(body) = &member.ty else { return member };
    let is_empty = |ty: &Ty| matches!(ty, Ty::Inline(body) if body.fields.is_empty());
    match body.fields.as_slice() {
        [first, array] if member.name.is_empty() && is_empty(&first.ty) && matches!(array.ty, Ty::Flex(_)) => {
            Member { offset: member.offset, ..array.clone() }
        }
        _ => member,
    }
}

fn enumeration(dies: &Dies, die: &Die) -> Enum {
    let members = die.children.iter().map(|child| &dies.all[*child]).filter(|child| child.tag == Tag::Enumerator);
    let members = members.map(|member| (member.name.clone(), member.value)).collect();
    Enum { name: die.name.clone(), members, line: die.line }
}

struct Reader<'a> {
    dies: &'a Dies,
    header: PathBuf,
    text: &'a Text,
    pointer: u8,
    /// Whether a file is the header.
    own: HashMap<PathBuf, bool>,
    /// Names that only a typedef gives.
    typedefs: HashMap<usize, String>,
    /// Types of other headers that were met.
    wanted: Vec<usize>,
}

impl Reader<'_> {
    fn is_own(&mut self, die: &Die) -> bool {
        let Some(file) = &die.file else { return false };
        if let Some(known) = self.own.get(file) {
            return *known;
        }
        let is = file.canonicalize().is_ok_and(|file| file == self.header);
        self.own.insert(file.clone(), is);
        is
    }

    /// Whether it is a complete struct or union of the header, with a name.
    fn is_item(&mut self, place: usize) -> bool {
        let dies = self.dies;
        let die = &dies.all[place];
        matches!(die.tag, Tag::Struct | Tag::Union)
            && die.size.is_some()
            && !self.name(place).is_empty()
            && self.is_own(die)
    }

    fn name(&self, place: usize) -> String {
        let name = &self.dies.all[place].name;
        if name.is_empty() { self.typedefs.get(&place).cloned().unwrap_or_default() } else { name.clone() }
    }

    fn item(&mut self, place: usize, align: &dyn Fn(&str) -> Option<u64>) -> Struct {
        let dies = self.dies;
        let die = &dies.all[place];
        let body = self.body(die);
        let is_typedef = die.name.is_empty();
        let name = self.name(place);
        let keyword = if body.is_union { "union" } else { "struct" };
        let said = align(&if is_typedef { name.clone() } else { format!("{keyword} {name}") });
        Struct {
            align: said.or(die.align).unwrap_or(1),
            asked: die.align.is_some(),
            line: die.line,
            from: if self.is_own(die) { None } else { die.file.clone() },
            name,
            body,
            is_typedef,
        }
    }

    fn body(&mut self, die: &Die) -> Body {
        let dies = self.dies;
        let members = die.children.iter().map(|child| &dies.all[*child]).filter(|child| child.tag == Tag::Member);
        let fields = members.map(|member| Member {
            name: member.name.clone(),
            ty: member.ty.map_or_else(|| Ty::Unknown("nothing".to_owned()), |ty| self.ty(ty, member.align, 0)),
            offset: member.offset,
            line: member.line,
            bits: member.bits,
            parts: Vec::new(),
        });
        let fields: Vec<Member> = fields.map(flexible).collect();
        let (own, text) = (self.is_own(die), self.text);
        let skips = |last: u32, next: u32| own && text.skips_bits(last, next);
        let fields = if die.tag == Tag::Union { fields } else { super::units::ordered(fields, &skips) };
        let fields = super::units::gather(fields, die.size.unwrap_or(0));
        let mut body = Body { is_union: die.tag == Tag::Union, size: die.size.unwrap_or(0), fields };
        super::units::nameless(&mut body, die.align);
        body
    }

    /// `align` is what the declaration asks for.
    fn ty(&mut self, place: usize, align: Option<u64>, depth: u8) -> Ty {
        let dies = self.dies;
        let die = &dies.all[place];
        if depth > 64 {
            return Ty::Unknown("a type of endless depth".to_owned());
        }
        let inner = |this: &mut Self, align| {
            die.ty.map_or_else(|| Ty::Unknown("`void`".to_owned()), |ty| this.ty(ty, align, depth + 1))
        };
        match die.tag {
            Tag::Typedef => {
                let align = align.or(die.align);
                match number_of_kernel(&die.name, align) {
                    Some(number) => number,
                    None => inner(self, align),
                }
            }
            Tag::Qualifier => inner(self, align),
            Tag::Base => number(die, align),
            Tag::Pointer => Ty::Number("ptr".to_owned(), self.pointer.into()),
            Tag::Enum => {
                let size = die.size.unwrap_or(4);
                let negative = enumeration(dies, die).members.iter().any(|(_, value)| *value < 0);
                let letter = if negative { 's' } else { 'u' };
                let number = Ty::Number(format!("{letter}{}", size * 8), size);
                if self.is_own(die) { Ty::Enum(place, Box::new(number)) } else { number }
            }
            Tag::Array => self.array(die, align, depth),
            // An alignment asked for here shows in where fields lie, which is compared in the end.
            Tag::Struct | Tag::Union => self.composite(place),
            _ => Ty::Unknown("no type of C".to_owned()),
        }
    }

    fn composite(&mut self, place: usize) -> Ty {
        let dies = self.dies;
        let die = &dies.all[place];
        let name = self.name(place);
        if name.is_empty() {
            return Ty::Inline(Box::new(self.body(die)));
        }
        if die.size.is_none() {
            return Ty::Unknown(format!("`{name}`, which is declared and not defined"));
        }
        if !self.is_own(die) {
            self.wanted.push(place);
        }
        Ty::Named(name)
    }

    fn array(&mut self, die: &Die, align: Option<u64>, depth: u8) -> Ty {
        let dies = self.dies;
        let element = die.ty.map_or_else(|| Ty::Unknown("`void`".to_owned()), |ty| self.ty(ty, align, depth + 1));
        let dimensions = die.children.iter().map(|child| &dies.all[*child]);
        let dimensions: Vec<Option<u64>> =
            dimensions.filter(|child| child.tag == Tag::Subrange).map(|child| child.count).collect();
        dimensions.iter().rev().fold(element, |of, count| match count {
            Some(0) | None => Ty::Flex(Box::new(of)),
            Some(count) => Ty::Array(Box::new(of), *count),
        })
    }
}

/// A number of C.
fn number(die: &Die, align: Option<u64>) -> Ty {
    let size = die.size.unwrap_or(0);
    let word = match (die.name.as_str(), size) {
        ("char", _) => "char".to_owned(),
        ("long int" | "long", _) => "long".to_owned(),
        ("long unsigned int" | "unsigned long", _) => "ulong".to_owned(),
        // DW_ATE_boolean, unsigned, unsigned_char; signed, signed_char.
        (_, 1 | 2 | 4 | 8) if matches!(die.encoding, 2 | 7 | 8) => format!("u{}", size * 8),
        (_, 1 | 2 | 4 | 8) if matches!(die.encoding, 5 | 6) => format!("s{}", size * 8),
        (name, _) => return Ty::Unknown(format!("`{name}`")),
    };
    aligned(word, size, align)
}

/// A number whose declaration asks for an alignment.
fn aligned(word: String, size: u64, align: Option<u64>) -> Ty {
    match align {
        None => Ty::Number(word, size),
        Some(align) if align == size && matches!(word.as_str(), "u64" | "s64" | "le64" | "be64") => {
            Ty::Number(format!("aligned_{word}"), size)
        }
        // What asks for the alignment it has anyway, or lies further on, which `ordered` makes up for.
        Some(align) if align >= size => Ty::Number(word, size),
        Some(align) => Ty::Unknown(format!("`{word}` aligned to {align}")),
    }
}

/// The kernel's names for numbers in a fixed byte order.
fn number_of_kernel(name: &str, align: Option<u64>) -> Option<Ty> {
    let word = match name {
        "__le16" | "__be16" | "__le32" | "__be32" | "__le64" | "__be64" => name.trim_start_matches('_'),
        // What C calls these is `long` on one machine and `long long` on another.
        "uint64_t" | "u_int64_t" => "u64",
        "int64_t" => "s64",
        "__aligned_be64" => "aligned_be64",
        "__aligned_le64" => "aligned_le64",
        "__aligned_u64" => "aligned_u64",
        "__aligned_s64" => "aligned_s64",
        _ => return None,
    };
    let size = word.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<u64>().ok()? / 8;
    Some(if word.starts_with("aligned") {
        Ty::Number(word.to_owned(), size)
    } else {
        aligned(word.to_owned(), size, align)
    })
}

impl Ty {
    /// The number under dimensions and meaning.
    pub(super) fn number(&self) -> Option<(&str, u64)> {
        match self {
            Self::Number(word, size) => Some((word, *size)),
            Self::Enum(_, of) | Self::Array(of, _) | Self::Flex(of) => of.number(),
            _ => None,
        }
    }

    /// What the language cannot say of it.
    pub(super) fn unknown(&self) -> Option<String> {
        match self {
            Self::Unknown(what) => Some(what.clone()),
            Self::Enum(_, of) | Self::Array(of, _) | Self::Flex(of) => of.unknown(),
            Self::Inline(body) => body.unknown(),
            Self::Number(..) | Self::Named(_) => None,
        }
    }

    /// Alignment without `packed`; `named` knows that of structs, `scalar` is the highest of a number.
    pub(super) fn natural(&self, named: &dyn Fn(&str) -> u64, scalar: u64) -> u64 {
        match self {
            Self::Number(word, size) if word.starts_with("aligned") => *size,
            Self::Number(_, size) => (*size).min(scalar),
            Self::Named(name) => named(name),
            Self::Enum(_, of) | Self::Array(of, _) | Self::Flex(of) => of.natural(named, scalar),
            Self::Inline(body) => body.fields.iter().map(|field| field.ty.natural(named, scalar)).max().unwrap_or(1),
            Self::Unknown(_) => 1,
        }
    }
}

impl Body {
    /// What the language cannot say of a member.
    pub(super) fn unknown(&self) -> Option<String> {
        self.fields.iter().find_map(|field| {
            let bits = || field.bits.map(|_| format!("the bit-field `{}`", field.name));
            field.ty.unknown().map(|what| format!("`{}` is {what}", field.name)).or_else(bits)
        })
    }
}
