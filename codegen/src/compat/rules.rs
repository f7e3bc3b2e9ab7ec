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
    /// An edit that breaks it, as a difference of two schemas without their heads: see [`Rule::pair`].
    pub shown: &'static str,
}

impl Rule {
    /// Its place in `docs/compat.md`.
    #[must_use]
    pub fn anchor(&self) -> String {
        self.id.to_lowercase()
    }

    /// Two schemas that show it, before and after the edit. The newest release of the first is `1`, that of the second
    /// is `2`.
    #[must_use]
    pub fn pair(&self) -> [String; 2] {
        let side = |releases: &str, other: char| {
            let lines =
                self.shown.lines().filter(|line| !line.starts_with(other)).map(|line| line.get(1..).unwrap_or(line));
            let head =
                "grammar = 1\n\n[header]\npath = \"linux/t.h\"\nguard = \"_UAPI_LINUX_T_H\"\nlicense = \"MIT\"\n";
            let body: String = lines.map(|line| format!("{line}\n")).collect();
            format!("{head}includes = [\"linux/types.h\"]\nreleases = [{releases}]\n\n{body}")
        };
        [side("\"0\", \"1\"", '+'), side("\"0\", \"1\", \"2\"", '-')]
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
    shown: &'static str,
    [id, title, why, mend]: [&'static str; 4],
    effects: &'static [Effect],
    codes: &'static [&'static str],
    runs: bool,
) -> Rule {
    Rule { id, title, effects, codes, runs, why, mend, shown }
}

/// Every rule, by family: layout, extension, flags and values, reserved bytes, interface.
pub const ALL: &[Rule] = &[
    rule(
        include_str!("witnesses/L01.diff"),
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
        include_str!("witnesses/L02.diff"),
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
        include_str!("witnesses/L03.diff"),
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
        include_str!("witnesses/L04.diff"),
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
        include_str!("witnesses/L05.diff"),
        [
            "L05",
            "a field was deleted without leaving a reserved slot",
            "What follows moves, or bytes that users fill in lose their meaning, and what others leave there is read.",
            "Keep it, say `deprecated`, and go on reading it.",
        ],
        &[B],
        &[],
        true,
    ),
    rule(
        include_str!("witnesses/L06.diff"),
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
        include_str!("witnesses/L07.diff"),
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
        include_str!("witnesses/L08.diff"),
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
        include_str!("witnesses/L09.diff"),
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
        include_str!("witnesses/L10.diff"),
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
        include_str!("witnesses/L11.diff"),
        [
            "L11",
            "only the alignment changed",
            "Where the struct is embedded, its place and what follows move.",
            "Keep the alignment: `packed` and `align` are part of the ABI.",
        ],
        &[B, S],
        &[],
        false,
    ),
    rule(
        include_str!("witnesses/L12.diff"),
        ["L12", "packed was toggled", "Places or alignment of fields change.", "Keep it as it was published."],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("witnesses/L13.diff"),
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
        include_str!("witnesses/L14.diff"),
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
        include_str!("witnesses/L15.diff"),
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
        include_str!("witnesses/L16.diff"),
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
        include_str!("witnesses/E01.diff"),
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
        include_str!("witnesses/E02.diff"),
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
        include_str!("witnesses/E03.diff"),
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
        include_str!("witnesses/E04.diff"),
        [
            "E04",
            "an extension without a flag",
            "An old kernel goes on without seeing the new bytes.",
            "Guard the bytes by a flag that old kernels check and refuse.",
        ],
        &[N],
        &["AZ0431"],
        true,
    ),
    rule(
        include_str!("witnesses/E05.diff"),
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
        include_str!("witnesses/E06.diff"),
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
        include_str!("witnesses/E07.diff"),
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
        include_str!("witnesses/E08.diff"),
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
        include_str!("witnesses/E09.diff"),
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
        include_str!("witnesses/E10.diff"),
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
        include_str!("witnesses/E11.diff"),
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
        include_str!("witnesses/E12.diff"),
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
        include_str!("witnesses/E13.diff"),
        ["E13", "a union that is not last grows", "What follows moves.", "Put unions that grow last."],
        &[B],
        &[],
        true,
    ),
    rule(
        include_str!("witnesses/E14.diff"),
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
        include_str!("witnesses/E15.diff"),
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
        include_str!("witnesses/E16.diff"),
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
        include_str!("witnesses/E17.diff"),
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
        include_str!("witnesses/E18.diff"),
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
        include_str!("witnesses/E19.diff"),
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
        include_str!("witnesses/E20.diff"),
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
        include_str!("witnesses/F01.diff"),
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
        include_str!("witnesses/F02.diff"),
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
        include_str!("witnesses/F03.diff"),
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
        include_str!("witnesses/F04.diff"),
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
        include_str!("witnesses/F05.diff"),
        ["F05", "a new flag in bits that are checked", "An old kernel refuses it cleanly.", "Nothing to mend."],
        &[S],
        &[],
        true,
    ),
    rule(
        include_str!("witnesses/F06.diff"),
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
        include_str!("witnesses/F07.diff"),
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
        include_str!("witnesses/F08.diff"),
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
        include_str!("witnesses/F09.diff"),
        ["F09", "an input value was added", "An old kernel refuses it cleanly.", "Nothing to mend."],
        &[S],
        &[],
        true,
    ),
    rule(
        include_str!("witnesses/F10.diff"),
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
        include_str!("witnesses/F11.diff"),
        ["F11", "a counter moved", "A declared counter is no value.", "Nothing to mend."],
        &[S],
        &[],
        false,
    ),
    rule(
        include_str!("witnesses/F12.diff"),
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
        include_str!("witnesses/R01.diff"),
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
        include_str!("witnesses/R02.diff"),
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
        include_str!("witnesses/R03.diff"),
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
        include_str!("witnesses/R04.diff"),
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
        include_str!("witnesses/R05.diff"),
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
        include_str!("witnesses/I01.diff"),
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
        include_str!("witnesses/I02.diff"),
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
        include_str!("witnesses/I03.diff"),
        ["I03", "two ioctls with one number", "Only one of them is reached.", "Give each a number of its own."],
        &[B],
        &["AZ0234"],
        false,
    ),
    rule(
        include_str!("witnesses/I04.diff"),
        ["I04", "a type was removed", "Its users have nobody to talk to.", "Keep it, and say `deprecated`."],
        &[B],
        &[],
        false,
    ),
    rule(
        include_str!("witnesses/I05.diff"),
        ["I05", "the errno of a refusal changed", "Users probe for features by errno.", "Keep the errno of each rule."],
        &[O],
        &[],
        false,
    ),
    rule(
        include_str!("witnesses/I06.diff"),
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
        include_str!("witnesses/I07.diff"),
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
        include_str!("witnesses/I08.diff"),
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
