//! Reserved bytes.

use super::{GATE, N, O, Rule, S, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        include_str!("../witnesses/R01.diff"),
        [
            "R01",
            "reserved bytes that were checked are taken, with a flag",
            "Old users left zeros; old kernels refuse the rest.",
            "Nothing to mend.",
        ],
        &[S],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/R02.diff"),
        [
            "R02",
            "reserved bytes that nobody checked are taken",
            "Old users left garbage there.",
            "Let a new flag say that the bytes count, or take others.",
        ],
        &[O],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/R03.diff"),
        [
            "R03",
            "reserved bytes must now be zero",
            "Old users left garbage there.",
            "Check them from the first release on, or never.",
        ],
        &[O],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/R04.diff"),
        [
            "R04",
            "reserved bytes need no longer be zero",
            "New users may leave garbage, and old kernels refuse it.",
            "Go on checking them.",
        ],
        &[N],
        &[],
        true,
    ),
    rule(
        include_str!("../witnesses/R05.diff"),
        [
            "R05",
            "the history of reserved bytes was deleted",
            "Nothing else proves that the bytes were free to take.",
            "End the reserved field with `until`; do not delete it.",
        ],
        &[GATE],
        &[],
        false,
    ),
];
