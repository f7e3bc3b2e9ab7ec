//! The rules, as data: what each says, whom its breach breaks, and the way out.

use super::Effect;

/// A rule of compatibility.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable: `L02`.
    pub id: &'static str,
    /// The change it is about, without a full stop.
    pub title: &'static str,
    /// Whom it may break; the first is what it does if nothing else is known.
    pub effects: &'static [Effect],
    /// Diagnostics of the language that refuse such a schema before it can be compared.
    pub codes: &'static [&'static str],
    /// Whether payloads can show it: it is about what a reader takes in.
    pub runs: bool,
    /// Why.
    pub why: &'static str,
    /// The way out.
    pub mend: &'static str,
}

impl Rule {
    /// Its place in `docs/compat.md`.
    #[must_use]
    pub fn anchor(&self) -> String {
        self.id.to_lowercase()
    }
}

/// The rule of that id, in any case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

const S: Effect = Effect::SAFE;
const O: Effect = Effect::OLD;
const N: Effect = Effect::NEW;
const B: Effect = Effect::BOTH;
const SRC: Effect = Effect::SOURCE;
const O_SRC: Effect = Effect::OLD_SOURCE;
const GATE: Effect = Effect::GATE;

/// A row of the table.
const fn rule(
    [id, title, why, mend]: [&'static str; 4],
    effects: &'static [Effect],
    codes: &'static [&'static str],
    runs: bool,
) -> Rule {
    Rule { id, title, effects, codes, runs, why, mend }
}

/// Every rule, by family: layout, extension, flags and values, reserved bytes, interface.
pub const ALL: &[Rule] = &[
    rule(
        [
            "L01",
            "the offset of a field moved",
            "One side writes where the other does not read.",
            "Leave every field where it was; new fields take reserved bytes or the end.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L02",
            "the width of a field changed",
            "One side writes fewer bytes than the other reads.",
            "Add a field of the new width under a flag, and let the old one stay.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L03",
            "the signedness of a field changed",
            "The same bytes are another number.",
            "Keep the type, or waive the rule with the values that occur.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        [
            "L04",
            "the byte order of a field changed",
            "The same bytes are another number.",
            "Keep the order, or add a field under a flag.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L05",
            "a field was deleted without leaving a reserved slot",
            "What follows moves, or bytes that users fill in lose their meaning.",
            "Turn it into a reserved field of the same size that nobody looks at.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L06",
            "a field or member was renamed",
            "Programs run as before, but no longer compile.",
            "Keep the old name as an alias, or tell users to follow.",
        ],
        &[SRC],
        &[],
        false,
    ),
    rule(
        [
            "L07",
            "the length of an array changed",
            "What follows shifts, or one side overruns the other.",
            "Add a second array under a flag, or let a pointer carry the elements.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L08",
            "order or width of a bit-field changed",
            "The same bits mean something else.",
            "Leave every range where it was; use bits that were reserved.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        [
            "L09",
            "something was inserted in the middle",
            "Everything behind it moves.",
            "Take reserved bytes, or append.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "L10",
            "a struct shrinks",
            "Sizes are checked, and may be part of an ioctl number.",
            "Leave reserved bytes where something was taken away.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        [
            "L11",
            "only the alignment changed",
            "Where the struct is embedded, its place and what follows move.",
            "Keep the alignment: `packed` and `align` are part of the ABI.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        ["L12", "packed was toggled", "Places or alignment of fields change.", "Keep it as it was published."],
        &[B],
        &[],
        false,
    ),
    rule(
        [
            "L13",
            "hidden padding was made explicit",
            "The bytes are the same. If a reader now wants zero there, it meets what old users left.",
            "Reserve it with `reserved = \"ignored\"`.",
        ],
        &[S, O],
        &[],
        true,
    ),
    rule(
        [
            "L14",
            "the layout differs between 32 and 64 bit",
            "A 32-bit task on a 64-bit kernel writes another layout.",
            "Use `aligned_u64`, and name the padding.",
        ],
        &[B],
        &["AZ0322"],
        false,
    ),
    rule(
        [
            "L15",
            "a member whose width the machine decides",
            "`long`, pointers, `bool` and C enums have no fixed width.",
            "Use a type of fixed width; carry pointers in `aligned_u64`.",
        ],
        &[GATE],
        &["AZ0323"],
        false,
    ),
    rule(
        [
            "L16",
            "an array of one became a flexible array",
            "`sizeof` shrinks: programs that use it compile to something else, and so does an ioctl number with the size in it.",
            "Keep `[1]`, or say so to users; never in a struct whose size is in an ioctl number.",
        ],
        &[SRC, B],
        &[],
        false,
    ),
    rule(
        [
            "E01",
            "a field was appended with a flag and a minimum size",
            "Old users never set the flag; old kernels refuse it.",
            "Nothing to mend.",
        ],
        &[S],
        &[],
        true,
    ),
    rule(
        [
            "E02",
            "a field was appended after a trailing union",
            "It moves when the union grows.",
            "Add an arm to the union, or take reserved bytes before it.",
        ],
        &[B],
        &[],
        false,
    ),
    rule(
        [
            "E03",
            "a field was appended to a fixed struct",
            "A kernel that knows the field reads beyond the memory of old users.",
            "Make a new struct with a size of its own (`argsz`).",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "E04",
            "an extension without a flag",
            "An old kernel goes on without seeing the new bytes.",
            "Guard the bytes by a flag that old kernels check and refuse.",
        ],
        &[N],
        &[],
        true,
    ),
    rule(
        [
            "E05",
            "a flag without its minimum size",
            "A kernel reads beyond what `argsz` says there is.",
            "Add a `min_size` with the flag and what it covers.",
        ],
        &[O],
        &[],
        false,
    ),
    rule(
        [
            "E06",
            "the minimum size of a flag was raised",
            "Users of the flag with the old size are refused.",
            "Leave it, and give the new bytes a flag of their own.",
        ],
        &[O],
        &[],
        true,
    ),
    rule(
        [
            "E07",
            "the minimum size of a flag was lowered",
            "A new user sends less than an old kernel wants.",
            "Let users keep sending the larger size.",
        ],
        &[N],
        &[],
        true,
    ),
    rule(
        [
            "E08",
            "a minimum size before the end of what it guards, or beyond the struct",
            "The kernel reads what nobody promised, or refuses everybody.",
            "Let `covers` name the last field that the flag brings.",
        ],
        &[B],
        &["AZ0427", "AZ0428", "AZ0429"],
        false,
    ),
    rule(
        [
            "E09",
            "the size field moved or changed its type",
            "A reader must find the size before it knows anything else.",
            "Leave it first, as a `u32`.",
        ],
        &[B],
        &["AZ0421", "AZ0422", "AZ0423"],
        false,
    ),
    rule(
        [
            "E10",
            "the base size was raised or lowered",
            "Raised: old users are too small. Lowered: new users are too small for old kernels.",
            "Keep the base minimum of the first release: `min`.",
        ],
        &[O, N],
        &[],
        true,
    ),
    rule(
        [
            "E11",
            "a new arm of a union that fits, with a selector value",
            "Old kernels refuse the value.",
            "Nothing to mend.",
        ],
        &[S],
        &[],
        true,
    ),
    rule(
        [
            "E12",
            "the last union grows, with a selector or flag and a size",
            "Old kernels refuse the value; old users never ask for it.",
            "Nothing to mend.",
        ],
        &[S],
        &[],
        true,
    ),
    rule(
        ["E13", "a union that is not last grows", "What follows moves.", "Put unions that grow last."],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "E14",
            "an arm of a union was removed or resized",
            "Users of the arm are refused, or misread.",
            "Leave it, and add another arm.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "E15",
            "a selector value leads to another arm",
            "The same bytes are read as something else.",
            "Give the new arm a value of its own.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "E16",
            "the reader wants exactly its own size",
            "Users that are older send less.",
            "Ask for the minimum only; let the tail be ignored, or zero.",
        ],
        &[O],
        &[],
        true,
    ),
    rule(
        [
            "E17",
            "a larger tail of zeros is now refused",
            "Who recompiles with a later, larger header is refused, though it asks for nothing new.",
            "Let `tail` be `zero` or `ignored`.",
        ],
        &[N],
        &[],
        false,
    ),
    rule(
        [
            "E18",
            "output is written beyond the size that the user gave",
            "It overwrites what lies behind the struct.",
            "Write it only if a minimum size covers it.",
        ],
        &[O],
        &[],
        false,
    ),
    rule(
        [
            "E19",
            "the tail of an output is not filled with zeros",
            "A new user takes what an old kernel left untouched for an answer.",
            "Say by a flag which outputs are valid.",
        ],
        &[N],
        &[],
        false,
    ),
    rule(
        [
            "E20",
            "an input became an output as well",
            "Memory that old users only lent for reading is written.",
            "Use a new field for the answer.",
        ],
        &[O],
        &[],
        false,
    ),
    rule(
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
        ["F05", "a new flag in bits that are checked", "An old kernel refuses it cleanly.", "Nothing to mend."],
        &[S],
        &[],
        true,
    ),
    rule(
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
        [
            "F07",
            "the value of an enumerator changed",
            "The same number means something else.",
            "Add an enumerator instead.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        [
            "F08",
            "an enumerator was deleted or renamed",
            "Deleted: its users are refused. Renamed: they no longer compile.",
            "Keep it; an alias keeps an old name.",
        ],
        &[O, SRC],
        &[],
        true,
    ),
    rule(["F09", "an input value was added", "An old kernel refuses it cleanly.", "Nothing to mend."], &[S], &[], true),
    rule(
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
    rule(["F11", "a counter moved", "A declared counter is no value.", "Nothing to mend."], &[S], &[], false),
    rule(
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
    rule(
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
    rule(
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
        ["I03", "two ioctls with one number", "Only one of them is reached.", "Give each a number of its own."],
        &[B],
        &["AZ0234"],
        false,
    ),
    rule(
        ["I04", "a type was removed", "Its users have nobody to talk to.", "Keep it, and say `deprecated`."],
        &[B],
        &[],
        false,
    ),
    rule(
        ["I05", "the errno of a refusal changed", "Users probe for features by errno.", "Keep the errno of each rule."],
        &[O],
        &[],
        false,
    ),
    rule(
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
