//! Flags and values.

use super::{B, N, O, O_SRC, Rule, S, SRC, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        include_str!("../witnesses/F01.diff"),
        [
            "F01",
            "the value of a flag changed",
            "The same bit means something else.",
            "Give the flag a new name with the new value.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F02.diff"),
        [
            "F02",
            "a flag was deleted",
            "Its users are refused, and no longer compile.",
            "Keep it, and say `deprecated`.",
        ],
        &[O_SRC],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F03.diff"),
        [
            "F03",
            "a retired bit was used again",
            "Those who still set it mean the old flag.",
            "Take a bit that nobody ever had.",
        ],
        &[B],
        &["AZ0228", "AZ0229"],
        false,
    ),
    rule(
        include_str!("../witnesses/F04.diff"),
        [
            "F04",
            "a new flag in bits that old kernels never checked",
            "It is ignored without a word.",
            "Take a word that is checked; or report the feature, and let users ask first.",
        ],
        &[N],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F05.diff"),
        ["F05", "a new flag in bits that are checked", "An old kernel refuses it cleanly.", "Nothing to mend."],
        &[S],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F06.diff"),
        [
            "F06",
            "overlapping bits, or a flag missing from its mask",
            "Two meanings for one bit, or a flag that cannot be used.",
            "Give each flag bits of its own within its word.",
        ],
        &[B],
        &["AZ0221", "AZ0222", "AZ0226"],
        false,
    ),
    rule(
        include_str!("../witnesses/F07.diff"),
        [
            "F07",
            "the value of an enumerator or a constant changed",
            "The same number means something else.",
            "Add an enumerator instead.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F08.diff"),
        [
            "F08",
            "an enumerator was deleted or renamed",
            "Deleted: its users are refused. Renamed: they no longer compile.",
            "Keep it; an alias keeps an old name.",
        ],
        &[O_SRC, SRC],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F09.diff"),
        ["F09", "an input value was added", "An old kernel refuses it cleanly.", "Nothing to mend."],
        &[S],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/F10.diff"),
        [
            "F10",
            "an output value was added where users know only the old ones",
            "An old user meets a value that it was told cannot be.",
            "Declare the enum `open` from the first release; report new values only on request.",
        ],
        &[O],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/F11.diff"),
        ["F11", "a counter moved", "A declared counter is no value.", "Nothing to mend."],
        &[S],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/F12.diff"),
        [
            "F12",
            "what is asked of flags and values was tightened or relaxed",
            "Tightened: old users are refused. Relaxed: new users rely on what old kernels refuse.",
            "Tie new demands to new flags.",
        ],
        &[O, N],
        &[],
        false,
    ),
];
