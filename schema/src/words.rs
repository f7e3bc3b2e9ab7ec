//! The words that a key may have for its value, and what each means. Lowering takes the meaning, the language and
//! suggestions the words.

use crate::model::{ByteOrder, Dir, Grows, IoctlKind, Prim, PrimKind, Reserved, Role, Style, Tail};

type Words<T, const N: usize> = [(&'static str, T); N];

pub(crate) const GROWS: Words<Grows, 5> = [
    ("argsz", Grows::Argsz),
    ("size", Grows::Size),
    ("length", Grows::Length),
    ("ioctl-size", Grows::IoctlSize),
    ("fixed", Grows::Fixed),
];
pub(crate) const TAIL: Words<Tail, 3> = [("ignored", Tail::Ignored), ("zero", Tail::Zero), ("refused", Tail::Refused)];
pub(crate) const DIR: Words<Dir, 3> = [("in", Dir::In), ("out", Dir::Out), ("inout", Dir::InOut)];
pub(crate) const ROLE: Words<Role, 3> = [("argsz", Role::Argsz), ("size", Role::Size), ("version", Role::Version)];
pub(crate) const RESERVED: Words<Reserved, 2> = [("ignored", Reserved::Ignored), ("zero", Reserved::Zero)];
pub(crate) const STYLE: Words<Style, 3> =
    [("define", Style::Define), ("enum", Style::Enum), ("anonymous-enum", Style::AnonymousEnum)];
pub(crate) const IOCTL: Words<IoctlKind, 4> =
    [("_IO", IoctlKind::Io), ("_IOR", IoctlKind::Ior), ("_IOW", IoctlKind::Iow), ("_IOWR", IoctlKind::Iowr)];
/// Bytes of a set of flags or values.
pub(crate) const WIDTH: Words<u8, 4> = [("u8", 1), ("u16", 2), ("u32", 4), ("u64", 8)];
/// Whether a struct was copied whole before it is read.
pub(crate) const READ: Words<bool, 2> = [("copied", true), ("user", false)];
/// Whether only what minimum sizes cover is copied.
pub(crate) const COPY: Words<bool, 2> = [("covered", true), ("all", false)];
/// Whether a check comes after look-ups.
pub(crate) const AFTER: Words<bool, 1> = [("lookup", true)];

/// The words without their meaning.
pub(crate) const fn only<T: Copy, const N: usize>(words: &Words<T, N>) -> [&'static str; N] {
    let mut only = [""; N];
    let mut at = 0;
    while at < N {
        only[at] = words[at].0;
        at += 1;
    }
    only
}

/// The primitive of that name.
pub(crate) fn primitive(name: &str) -> Option<Prim> {
    PRIMITIVES.iter().find(|(known, _)| *known == name).map(|(_, prim)| *prim)
}

const fn prim(kind: PrimKind, width: u8, order: ByteOrder, aligned: bool) -> Prim {
    Prim { kind, width, order, aligned }
}

pub(crate) const PRIMITIVES: &[(&str, Prim)] = &[
    ("u8", prim(PrimKind::Unsigned, 1, ByteOrder::Native, false)),
    ("u16", prim(PrimKind::Unsigned, 2, ByteOrder::Native, false)),
    ("u32", prim(PrimKind::Unsigned, 4, ByteOrder::Native, false)),
    ("u64", prim(PrimKind::Unsigned, 8, ByteOrder::Native, false)),
    ("s8", prim(PrimKind::Signed, 1, ByteOrder::Native, false)),
    ("s16", prim(PrimKind::Signed, 2, ByteOrder::Native, false)),
    ("s32", prim(PrimKind::Signed, 4, ByteOrder::Native, false)),
    ("s64", prim(PrimKind::Signed, 8, ByteOrder::Native, false)),
    ("char", prim(PrimKind::Char, 1, ByteOrder::Native, false)),
    ("le16", prim(PrimKind::Unsigned, 2, ByteOrder::Little, false)),
    ("le32", prim(PrimKind::Unsigned, 4, ByteOrder::Little, false)),
    ("le64", prim(PrimKind::Unsigned, 8, ByteOrder::Little, false)),
    ("be16", prim(PrimKind::Unsigned, 2, ByteOrder::Big, false)),
    ("be32", prim(PrimKind::Unsigned, 4, ByteOrder::Big, false)),
    ("be64", prim(PrimKind::Unsigned, 8, ByteOrder::Big, false)),
    ("aligned_u64", prim(PrimKind::Unsigned, 8, ByteOrder::Native, true)),
    ("aligned_s64", prim(PrimKind::Signed, 8, ByteOrder::Native, true)),
    ("aligned_le64", prim(PrimKind::Unsigned, 8, ByteOrder::Little, true)),
    ("aligned_be64", prim(PrimKind::Unsigned, 8, ByteOrder::Big, true)),
    ("ptr", prim(PrimKind::Pointer, 0, ByteOrder::Native, false)),
    ("long", prim(PrimKind::Long, 0, ByteOrder::Native, false)),
    ("ulong", prim(PrimKind::ULong, 0, ByteOrder::Native, false)),
];

/// The primitive that a type of C or Rust is by another name.
pub(crate) fn number_of_c(name: &str) -> Option<&'static str> {
    let plain = name.trim().trim_start_matches("__");
    let plain = plain.strip_suffix("_t").unwrap_or(plain);
    let other = match plain {
        "uint8" | "uchar" | "unsigned char" | "bool" | "_Bool" | "byte" => "u8",
        "uint16" | "ushort" | "unsigned short" => "u16",
        "uint32" | "uint" | "unsigned int" | "unsigned" => "u32",
        "uint64" | "unsigned long long" | "size" | "usize" | "uintptr" => "u64",
        "int8" | "i8" | "signed char" => "s8",
        "int16" | "i16" | "short" => "s16",
        "int32" | "i32" | "int" => "s32",
        "int64" | "i64" | "long long" | "ssize" | "isize" => "s64",
        "unsigned long" => "ulong",
        plain => plain,
    };
    PRIMITIVES.iter().map(|(known, _)| *known).find(|known| *known == other)
}
