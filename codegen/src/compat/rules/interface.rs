//! The interface: ioctls, rules of readers, releases.

use super::{B, GATE, O, Rule, rule};

pub(super) const RULES: &[Rule] = &[
    rule(
        include_str!("../witnesses/I01.diff"),
        [
            "I01",
            "number, magic or direction of an ioctl changed",
            "The call reaches nobody, or somebody else.",
            "Add another ioctl.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I02.diff"),
        [
            "I02",
            "a struct grew whose size is in an ioctl number",
            "The number changes with the size.",
            "Use `_IO` and a size of its own, or dispatch by the number alone and waive it.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I03.diff"),
        ["I03", "two ioctls with one number", "Only one of them is reached.", "Give each a number of its own."],
        &[B],
        &["AZ0234"],
        false,
    ),
    rule(
        include_str!("../witnesses/I04.diff"),
        ["I04", "a type was removed", "Its users have nobody to talk to.", "Keep it, and say `deprecated`."],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I05.diff"),
        ["I05", "the errno of a refusal changed", "Users probe for features by errno.", "Keep the errno of each rule."],
        &[O],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I06.diff"),
        [
            "I06",
            "the meaning of zero changed",
            "Whoever left a field alone now asks for something.",
            "Keep zero for what it meant.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I07.diff"),
        [
            "I07",
            "one revision adds to a struct and takes from it",
            "Neither side can be called the newer one.",
            "Do the one in this release, the other in another.",
        ],
        &[GATE],
        &[],
        false,
    ),
    rule(
        include_str!("../witnesses/I08.diff"),
        [
            "I08",
            "a published release was edited",
            "What was shipped cannot change any more.",
            "Give what is new a `since`, and what ends an `until`.",
        ],
        &[GATE],
        &[],
        false,
    ),
];
