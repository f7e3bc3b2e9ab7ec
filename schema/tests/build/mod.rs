//! Models built by hand: tests of layout and emitters must not lean on the lowering that they check.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "shared by test files, each of which uses its part")]

use argsz_schema::model::{
    ByteOrder, Const, ConstValue, Dir, Errno, ErrnoDefaults, Field, Grows, Header, Inline, Ioctl, IoctlKind, Item,
    Life, Meta, Model, Prim, PrimKind, Release, Struct, Tail, Type,
};
use argsz_schema::project::Lookup;
use argsz_schema::source::Span;

pub const ALWAYS: Life = Life { since: Release(0), until: None };

pub fn meta(name: &str) -> Meta {
    let doc = if name.is_empty() { String::new() } else { format!("What `{name}` is for.") };
    Meta { name: name.to_owned(), doc, life: ALWAYS, deprecated: None, rust: None, span: Span::default() }
}

pub fn model(items: Vec<Item>) -> Model {
    let inval = Errno("EINVAL");
    let header = Header {
        path: "linux/hand.h".to_owned(),
        guard: "_UAPI_LINUX_HAND_H".to_owned(),
        prefix: String::new(),
        license: "GPL-2.0 WITH Linux-syscall-note".to_owned(),
        includes: vec!["linux/types.h".to_owned()],
        releases: vec!["1".to_owned(), "2".to_owned(), "3".to_owned()],
        doc: "A header made by hand.\n\n| a | table |\n|---|---|\n\n- and */ traps /* in a list".to_owned(),
        errno: ErrnoDefaults {
            size: inval,
            tail: inval,
            version: inval,
            flags: inval,
            enumeration: inval,
            reserved: inval,
            range: inval,
            rule: inval,
        },
    };
    Model { header, release: None, items, layers: indexmap::IndexMap::default(), lookup: Lookup::default() }
}

/// The type of that name: a primitive of the language, or a struct.
pub fn ty(name: &str) -> Type {
    let number = |kind, bits: &str, order, aligned| {
        let width = bits.parse::<u8>().ok()? / 8;
        Some(Type::Prim(Prim { kind, width, order, aligned }))
    };
    let (text, aligned) = name.strip_prefix("aligned_").map_or((name, false), |rest| (rest, true));
    let native = ByteOrder::Native;
    match text {
        "char" => number(PrimKind::Char, "8", native, false),
        "ptr" => number(PrimKind::Pointer, "0", native, false),
        "long" => number(PrimKind::Long, "0", native, false),
        "ulong" => number(PrimKind::ULong, "0", native, false),
        _ => None,
    }
    .or_else(|| number(PrimKind::Unsigned, text.strip_prefix('u')?, native, aligned))
    .or_else(|| number(PrimKind::Signed, text.strip_prefix('s')?, native, aligned))
    .or_else(|| number(PrimKind::Unsigned, text.strip_prefix("le")?, ByteOrder::Little, aligned))
    .or_else(|| number(PrimKind::Unsigned, text.strip_prefix("be")?, ByteOrder::Big, aligned))
    .unwrap_or_else(|| Type::Named(name.to_owned()))
}

pub fn array(of: Type, count: u64) -> Type {
    Type::Array(Box::new(of), count)
}

pub fn flex(of: Type) -> Type {
    Type::Flex(Box::new(of))
}

pub fn field(name: &str, ty: Type) -> Field {
    Field {
        meta: meta(name),
        ty,
        ty_at: Span::default(),
        bits: Vec::new(),
        role: None,
        values: None,
        accepts: None,
        reserved: None,
        unchecked: None,
        dir: Dir::In,
        when: None,
        range: None,
        align: None,
        len: None,
        points_to: None,
        selector: None,
        none: Vec::new(),
        arm: None,
        errno: None,
        after_lookup: false,
    }
}

/// Fields as `"u32 size"`.
pub fn fields<const N: usize>(declared: [&str; N]) -> Vec<Field> {
    declared.iter().filter_map(|text| text.split_once(' ')).map(|(of, name)| field(name, ty(of))).collect()
}

/// A field that is a struct (or union) written in place; no name: unnamed.
pub fn inline(is_union: bool, name: &str, fields: Vec<Field>) -> Field {
    field(name, Type::Inline(Box::new(Inline { is_union, fields })))
}

pub fn struct_of(name: &str, fields: Vec<Field>) -> Struct {
    Struct {
        meta: meta(name),
        is_union: false,
        from: None,
        typedef: false,
        grows: vec![(Grows::Fixed, ALWAYS)],
        min: None,
        tail: Tail::Refused,
        copied: false,
        eager: false,
        copy_covered: false,
        packed: false,
        align: None,
        fields,
        min_sizes: Vec::new(),
        rules: Vec::new(),
        waivers: Vec::new(),
    }
}

pub fn item(name: &str, fields: Vec<Field>) -> Item {
    Item::Struct(struct_of(name, fields).into())
}

pub fn union(name: &str, fields: Vec<Field>) -> Item {
    Item::Struct(Struct { is_union: true, ..struct_of(name, fields) }.into())
}

pub fn constant(name: &str, value: i128, c_text: Option<&str>) -> Item {
    Item::Const(Const { meta: meta(name), value: ConstValue::Int(value), c_text: c_text.map(str::to_owned) }.into())
}

pub fn string(name: &str, value: &str) -> Item {
    Item::Const(Const { meta: meta(name), value: ConstValue::Str(value.to_owned()), c_text: None }.into())
}

pub fn ioctl(name: &str, kind: IoctlKind, nr: u8, arg: Option<Type>) -> Item {
    Item::Ioctl(std::sync::Arc::new(Ioctl {
        meta: meta(name),
        kind,
        magic: (b';', "';'".to_owned()),
        nr: (nr, nr.to_string()),
        arg,
        arg_at: Span::default(),
        waivers: vec![],
    }))
}
