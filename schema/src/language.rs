//! The words of the language: which keys each table has, and what kind of value each key. Lowering refuses what is not
//! here, and `argsz json-schema` prints it for editors.

use crate::lower::GRAMMAR;
use crate::words::{self, only};

/// A table of the language.
#[derive(Debug)]
pub struct Shape {
    /// What it is called, in one word.
    pub name: &'static str,
    /// Its keys, in groups.
    pub keys: &'static [&'static [Key]],
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether it must be there.
    pub must: bool,
}

/// What a value is.
#[derive(Debug)]
pub enum Kind {
    /// A string.
    Text,
    /// One of a few strings.
    Word(&'static [&'static str]),
    /// A boolean.
    Bool,
    /// An integer.
    Int,
    /// This integer.
    Exactly(i64),
    /// A table.
    Table(&'static Shape),
    /// A table with names of its own.
    Map(&'static Kind),
    /// An array.
    List(&'static Kind),
    /// One of several kinds.
    Either(&'static [Kind]),
    /// Kept for a later grammar.
    Later,
}

impl Shape {
    /// All keys that may be written.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.keys.iter().copied().flatten().filter(|key| !matches!(key.kind, Kind::Later))
    }

    /// Whether the key is of the language, if only for later.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.keys.iter().copied().flatten().any(|key| key.name == name)
    }
}

/// Whether any table of the language has the key.
pub(crate) fn is_key(name: &str) -> bool {
    let mut tables = vec![&TOP];
    let mut at = 0;
    while let Some(table) = tables.get(at).copied() {
        if table.has(name) {
            return true;
        }
        table.keys().for_each(|key| inside(&key.kind, &mut tables));
        at += 1;
    }
    false
}

/// Adds the tables that a value may have in it.
fn inside(kind: &'static Kind, tables: &mut Vec<&'static Shape>) {
    match kind {
        Kind::Table(shape) if !tables.iter().any(|known| std::ptr::eq(*known, *shape)) => tables.push(shape),
        Kind::Map(of) | Kind::List(of) => inside(of, tables),
        Kind::Either(kinds) => kinds.iter().for_each(|kind| inside(kind, tables)),
        _ => {}
    }
}

/// A key that may be there.
macro_rules! may {
    ($name:literal, $kind:expr) => {
        Key { name: $name, kind: $kind, must: false }
    };
}

/// A key that must be there.
macro_rules! must {
    ($name:literal, $kind:expr) => {
        Key { name: $name, kind: $kind, must: true }
    };
}

const TEXTS: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Text)]);
const NUMBER: Kind = Kind::Either(&[Kind::Int, Kind::Text]);
static LIFE: &[Key] = &[may!("since", Kind::Text), may!("until", Kind::Text)];
static META: &[Key] = &[may!("doc", Kind::Text), may!("deprecated", Kind::Text), may!("rust", Kind::Text)];
const DIR: Kind = Kind::Word(&only(&words::DIR));
const WIDTH: Kind = Kind::Word(&only(&words::WIDTH));
const STYLE: Kind = Kind::Word(&only(&words::STYLE));
const GROWS: Kind = Kind::Word(&only(&words::GROWS));
const AFTER: Kind = Kind::Word(&only(&words::AFTER));

/// A table by name, or its lives.
macro_rules! lives {
    ($shape:ident) => {
        Kind::Map(&Kind::Either(&[Kind::Table(&$shape), Kind::List(&Kind::Table(&$shape))]))
    };
}

/// The whole file.
pub static TOP: Shape = Shape {
    name: "schema",
    keys: &[&[
        must!("grammar", Kind::Exactly(GRAMMAR)),
        must!("header", Kind::Table(&HEADER)),
        may!("const", lives!(CONST)),
        may!("flags", lives!(FLAGS)),
        may!("enum", lives!(ENUM)),
        may!("struct", lives!(STRUCT)),
        may!("union", lives!(UNION)),
        may!("ioctl", lives!(IOCTL)),
        may!("layer", Kind::Map(&Kind::Table(&LAYER))),
        may!("entry", lives!(ENTRY)),
        may!("descriptor", lives!(ENTRY)),
        may!("register", lives!(REGISTER)),
        may!("table", lives!(CELLS)),
        may!("chain", lives!(CHAIN)),
        may!("macro", Kind::Later),
    ]],
};

pub(crate) static HEADER: Shape = Shape {
    name: "header",
    keys: &[&[
        must!("path", Kind::Text),
        must!("guard", Kind::Text),
        must!("releases", Kind::List(&Kind::Text)),
        may!("includes", Kind::List(&Kind::Text)),
        may!("license", Kind::Text),
        may!("prefix", Kind::Text),
        may!("doc", Kind::Text),
        may!("errno", Kind::Table(&ERRNO)),
    ]],
};

pub(crate) static ERRNO: Shape = Shape {
    name: "errno",
    keys: &[&[
        may!("size", Kind::Text),
        may!("tail", Kind::Text),
        may!("version", Kind::Text),
        may!("flags", Kind::Text),
        may!("enum", Kind::Text),
        may!("reserved", Kind::Text),
        may!("range", Kind::Text),
        may!("rule", Kind::Text),
    ]],
};

pub(crate) static CONST: Shape =
    Shape { name: "const", keys: &[META, LIFE, &[may!("value", NUMBER), may!("string", Kind::Text)]] };

static SET: &[Key] = &[may!("prefix", Kind::Text), may!("style", STYLE)];

pub(crate) static FLAGS: Shape =
    Shape { name: "flags", keys: &[META, LIFE, SET, &[must!("type", WIDTH), may!("bits", MEMBERS_OF_FLAGS)]] };

const MEMBERS_OF_FLAGS: Kind = Kind::Map(&Kind::Either(&[Kind::Int, Kind::Table(&FLAG), Kind::List(&FLAG_LIFE)]));
const FLAG_LIFE: Kind = Kind::Either(&[Kind::Int, Kind::Table(&FLAG)]);

pub(crate) static FLAG: Shape = Shape {
    name: "flag",
    keys: &[
        META,
        LIFE,
        &[
            may!("c", Kind::Text),
            may!("bit", Kind::Int),
            may!("mask", Kind::Int),
            may!("count", Kind::Int),
            may!("of", Kind::List(&Kind::Text)),
        ],
    ],
};

pub(crate) static ENUM: Shape = Shape {
    name: "enum",
    keys: &[META, LIFE, SET, &[may!("type", WIDTH), may!("open", Kind::Bool), may!("values", MEMBERS_OF_ENUM)]],
};

const MEMBERS_OF_ENUM: Kind = Kind::Map(&Kind::Either(&[Kind::Int, Kind::Table(&VALUE), Kind::List(&VALUE_LIFE)]));
const VALUE_LIFE: Kind = Kind::Either(&[Kind::Int, Kind::Table(&VALUE)]);

pub(crate) static VALUE: Shape = Shape {
    name: "value",
    keys: &[
        META,
        LIFE,
        &[may!("c", Kind::Text), may!("value", Kind::Int), may!("alias", Kind::Text), may!("counter", Kind::Bool)],
    ],
};

static COMPOSITE: &[Key] = &[
    may!("grows", Kind::Either(&[GROWS, Kind::List(&Kind::Table(&GROWTH))])),
    may!("min", Kind::Text),
    may!("tail", Kind::Word(&only(&words::TAIL))),
    may!("dir", DIR),
    may!("read", Kind::Word(&only(&words::READ))),
    may!("copy", Kind::Word(&only(&words::COPY))),
    may!("eager", Kind::Bool),
    may!("packed", Kind::Bool),
    may!("align", Kind::Int),
    may!("from", Kind::Text),
    may!("typedef", Kind::Bool),
    may!("min_size", Kind::List(&Kind::Table(&MIN_SIZE))),
    may!("rules", Kind::List(&Kind::Table(&RULE))),
    may!("waive", Kind::List(&Kind::Table(&WAIVER))),
];

pub(crate) static STRUCT: Shape =
    Shape { name: "struct", keys: &[META, LIFE, COMPOSITE, &[must!("fields", Kind::List(&Kind::Table(&FIELD)))]] };
pub(crate) static UNION: Shape =
    Shape { name: "union", keys: &[META, LIFE, COMPOSITE, &[must!("arms", Kind::List(&Kind::Table(&ARM)))]] };
pub(crate) static GROWTH: Shape = Shape { name: "growth", keys: &[LIFE, &[must!("is", GROWS)]] };

static MEMBER: &[Key] = &[
    may!("name", Kind::Text),
    may!("type", Kind::Text),
    may!("struct", Kind::List(&Kind::Table(&FIELD))),
    may!("union", Kind::List(&Kind::Table(&ARM))),
    may!("times", Kind::Text),
    may!("role", Kind::Word(&only(&words::ROLE))),
    may!("accepts", Kind::List(&NUMBER)),
    may!("flags", Kind::Text),
    may!("enum", Kind::Text),
    may!("reserved", Kind::Either(&[Kind::Bool, Kind::Word(&only(&words::RESERVED))])),
    may!("unchecked", Kind::Text),
    may!("dir", DIR),
    may!("range", Kind::Text),
    may!("align", Kind::Int),
    may!("len", Kind::Text),
    may!("points_to", Kind::Table(&POINTS_TO)),
    may!("selector", Kind::Text),
    may!("none", Kind::List(&Kind::Text)),
    may!("errno", Kind::Text),
    may!("after", AFTER),
    may!("bits", Kind::List(&Kind::Table(&BIT_OF_UNIT))),
];

pub(crate) static FIELD: Shape = Shape { name: "field", keys: &[META, LIFE, MEMBER, &[may!("when", Kind::Text)]] };
pub(crate) static ARM: Shape =
    Shape { name: "arm", keys: &[META, LIFE, MEMBER, &[may!("when", TEXTS), may!("default", Kind::Bool)]] };

/// A bit-field of C.
pub(crate) static BIT_OF_UNIT: Shape =
    Shape { name: "bit_of_unit", keys: &[&[may!("name", Kind::Text), must!("width", Kind::Int)]] };

pub(crate) static POINTS_TO: Shape = Shape {
    name: "points_to",
    keys: &[&[
        may!("type", Kind::Text),
        may!("count", Kind::Text),
        may!("bytes", Kind::Text),
        may!("stride", Kind::Text),
        may!("dir", DIR),
        may!("selector", Kind::Text),
        may!("arms", Kind::List(&Kind::Table(&POINTED))),
    ]],
};
pub(crate) static POINTED: Shape =
    Shape { name: "pointed", keys: &[&[may!("when", TEXTS), must!("type", Kind::Text)]] };

pub(crate) static MIN_SIZE: Shape = Shape {
    name: "min_size",
    keys: &[
        LIFE,
        &[may!("when", Kind::Text), must!("covers", Kind::Text), may!("errno", Kind::Text), may!("why", Kind::Text)],
    ],
};

pub(crate) static RULE: Shape = Shape {
    name: "rule",
    keys: &[
        LIFE,
        &[
            may!("id", Kind::Text),
            may!("refuse", Kind::Text),
            may!("require", Kind::Text),
            may!("when", Kind::Text),
            may!("combine", Kind::List(&Kind::Text)),
            may!("allowed", Kind::Map(&Kind::List(&Kind::Text))),
            may!("covers", Kind::Text),
            must!("why", Kind::Text),
            may!("errno", Kind::Text),
            may!("after", AFTER),
        ],
    ],
};

pub(crate) static WAIVER: Shape =
    Shape { name: "waiver", keys: &[&[must!("lint", Kind::Text), may!("at", Kind::Text), may!("reason", Kind::Text)]] };

pub(crate) static IOCTL: Shape = Shape {
    name: "ioctl",
    keys: &[
        META,
        LIFE,
        &[
            must!("kind", Kind::Word(&only(&words::IOCTL))),
            must!("magic", NUMBER),
            must!("nr", NUMBER),
            may!("arg", Kind::Text),
            may!("waive", Kind::List(&Kind::Table(&WAIVER))),
        ],
    ],
};

pub(crate) static LAYER: Shape =
    Shape { name: "layer", keys: &[META, LIFE, &[may!("on", Kind::Map(&Kind::Table(&LAYER_ON)))]] };
pub(crate) static LAYER_ON: Shape =
    Shape { name: "layer_on", keys: &[&[may!("rules", Kind::List(&Kind::Table(&RULE)))]] };

static BITS: &[Key] = &[
    may!("width", Kind::Int),
    must!("bits", Kind::Map(&Kind::Either(&[Kind::Text, Kind::Table(&BIT_FIELD), Kind::List(&BIT_FIELD_LIFE)]))),
    may!("reserved", TEXTS),
    may!("ignored", TEXTS),
    may!("waive", Kind::List(&Kind::Table(&WAIVER))),
];
const BIT_FIELD_LIFE: Kind = Kind::Either(&[Kind::Text, Kind::Table(&BIT_FIELD)]);

pub(crate) static ENTRY: Shape = Shape { name: "entry", keys: &[META, LIFE, BITS, &[may!("words", Kind::Int)]] };
pub(crate) static REGISTER: Shape =
    Shape { name: "register", keys: &[META, LIFE, BITS, &[must!("offset", Kind::Int)]] };
pub(crate) static BIT_FIELD: Shape = Shape {
    name: "bit_field",
    keys: &[
        META,
        LIFE,
        &[
            must!("at", TEXTS),
            may!("address", Kind::Bool),
            may!("flags", Kind::Text),
            may!("enum", Kind::Text),
            may!("is", NUMBER),
        ],
    ],
};

pub(crate) static CELLS: Shape = Shape {
    name: "table",
    keys: &[
        META,
        LIFE,
        &[
            must!("rows", Kind::Text),
            must!("columns", Kind::Text),
            must!("cells", Kind::Map(&Kind::Map(&Kind::Table(&CELL)))),
        ],
    ],
};
pub(crate) static CELL: Shape = Shape {
    name: "cell",
    keys: &[&[
        may!("becomes", Kind::Text),
        may!("with", Kind::Map(&NUMBER)),
        may!("nothing", Kind::Text),
        may!("refused", Kind::Text),
    ]],
};
pub(crate) static CHAIN: Shape = Shape {
    name: "chain",
    keys: &[
        META,
        LIFE,
        &[
            must!("of", Kind::Text),
            may!("when", Kind::Text),
            must!("first", Kind::Text),
            must!("head", Kind::Text),
            must!("next", Kind::Text),
            must!("id", Kind::Text),
            must!("enum", Kind::Text),
            must!("links", Kind::Map(&Kind::Text)),
            may!("none", Kind::List(&Kind::Text)),
        ],
    ],
};
