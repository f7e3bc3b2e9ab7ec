//! What random schemas have found: each was accepted, and its output was not what it should be.

/// What was wrong, and items in which it was.
pub(crate) const FOUND: &[(&str, &str)] = &[
    (
        "padding at the end of each element of an array written in place was no hole, and so no -Wpadded was expected",
        r#"
[struct.elements]
waive = [{ lint = "AZ0321", reason = "As it was published." }]
fields = [{ name = "pairs", times = "[2]", struct = [{ name = "a", type = "u32" }, { name = "b", type = "u16" }] }]
"#,
    ),
    (
        "members that Rust calls as C does had an alias that is their own name, which rustdoc refuses",
        r#"
[flags.bare_flags]
type = "u32"
bits = { BARE = 0, NUMBER = { count = 1 } }
[enum.bare_values]
values = { ALONE = 1 }
[struct.Same]
fields = [{ name = "flags", type = "u32", flags = "bare_flags" }, { name = "kind", type = "u32", enum = "bare_values" }]
"#,
    ),
    (
        "builders set a selector that is not stored as its enum as if it were",
        r#"
[enum.picked]
prefix = "PICKED_"
values = { A = 1, B = 2, C = 3, D = 4 }
[struct.wider]
grows = "size"
min = "kind"
fields = [
  { name = "size", type = "u32", role = "size" },
  { name = "padding", type = "u32", reserved = true },
  { name = "kind", type = "u64", enum = "picked" },
  { name = "u", selector = "kind", none = ["D"], union = [
    { name = "a", when = "A", type = "u64" },
    { name = "b", when = ["B", "C"], type = "u32[2]" },
  ] },
]
[struct.swapped]
fields = [
  { name = "kind", type = "be32", enum = "picked" },
  { name = "u", selector = "kind", none = ["D"], union = [
    { name = "a", when = "A", type = "u32" },
    { name = "b", when = ["B", "C"], type = "u16[2]" },
  ] },
]
[struct.narrower]
fields = [
  { name = "kind", type = "u8", enum = "picked" },
  { name = "u", selector = "kind", none = ["D"], union = [
    { name = "a", when = "A", type = "u8" },
    { name = "b", when = ["B", "C"], type = "u8[1]" },
  ] },
]
"#,
    ),
    (
        "what only validators need was imported where no struct has them",
        r#"
[struct.words]
waive = [{ lint = "AZ0323", reason = "As it was published." }]
fields = [{ name = "address", type = "ptr" }, { name = "kind", type = "ulong", range = "0..=3" }]
"#,
    ),
    (
        "a union that is no multiple of u64 on i386 lost its end there",
        r#"
[union.uneven]
waive = [{ lint = "AZ0320", reason = "As it was published." }, { lint = "AZ0322", reason = "As it was published." }]
arms = [{ name = "a", struct = [{ name = "b", type = "u16" }, { name = "c", type = "be64" }] }]
"#,
    ),
    (
        "a union of longs was aligned as u64 on ARM, and a struct of few bytes as on 64-bit machines",
        r#"
[union.longs]
waive = [{ lint = "AZ0323", reason = "As it was published." }]
arms = [{ name = "a", type = "long[3]" }, { name = "b", type = "ptr" }]
[struct.asked]
align = 4
fields = [{ name = "a", type = "u64" }, { name = "b", type = "u32" }, { name = "c", type = "u32" }]
"#,
    ),
    (
        "elements of a flexible array that are written in place had no size in Rust, and were judged beyond the struct",
        r#"
[struct.records]
fields = [
  { name = "count", type = "u64" },
  { name = "records", times = "[]", len = "count", struct = [
    { name = "a", type = "u32" },
    { name = "padding", type = "u32", reserved = true },
  ] },
]
"#,
    ),
    (
        "arms of a packed union were read where they are not aligned",
        r#"
[union.tight]
packed = true
arms = [{ name = "a", type = "u64" }, { name = "b", type = "u8[9]" }, { name = "c", type = "le32[2]" }]
"#,
    ),
    (
        "structs that are packed and have an alignment: their size, version, count and array were taken for aligned ones",
        r#"
[const.TIED_VERSION]
value = 1
[struct.tied]
packed = true
align = 2
grows = "size"
fields = [
  { name = "size", type = "u32", role = "size" },
  { name = "version", type = "u32", role = "version", accepts = ["TIED_VERSION"] },
  { name = "count", type = "u64" },
  { name = "rest", type = "u64[]", len = "count" },
]
[struct.counted]
fields = [{ name = "count", type = "be32" }, { name = "rest", type = "u32[]", len = "count" }]
"#,
    ),
    (
        "what is written in place in a packed struct was taken for packed",
        r#"
[struct.around]
packed = true
fields = [{ name = "a", type = "u8" }, { name = "b", struct = [{ name = "c", type = "u32" }, { name = "d", type = "u32" }] }]
"#,
    ),
    (
        "elements of arrays of arrays had variables that are no names in snake case",
        r#"
[enum.judged_kind]
prefix = "JUDGED_"
values = { A = 1 }
[struct.judged_one]
fields = [{ name = "kind", type = "u32", enum = "judged_kind" }]
[struct.judged_all]
fields = [{ name = "all", type = "judged_one[2][2]" }]
"#,
    ),
    (
        "a view of arms that are all numbers had a lifetime of nothing",
        r#"
[enum.seen_kind]
prefix = "SEEN_"
values = { A = 1, B = 2 }
[struct.seen]
fields = [
  { name = "kind", type = "u32", enum = "seen_kind" },
  { name = "u", selector = "kind", none = ["B"], union = [{ name = "a", when = "A", type = "u32" }] },
]
"#,
    ),
];

/// The schema of an entry.
pub(crate) fn text(number: u64, what: &str, items: &str) -> String {
    format!(
        "# {what}\ngrammar = 1\n[header]\npath = \"linux/n{number}.h\"\nguard = \"N{number}_H\"\nlicense = \"MIT\"\n\
         includes = [\"linux/types.h\"]\nreleases = [\"1\"]\n{items}"
    )
}
