//! The words that a key may have for its value, and what each means. Lowering takes the meaning, the language the words.

use crate::model::{Dir, Grows, IoctlKind, Reserved, Role, Style, Tail};

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
