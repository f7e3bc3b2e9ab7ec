//! A mistake that lowering finds hides nothing in items that have none of their own and do not name what is broken.

use argsz_schema::Schema;
use argsz_schema::source::Source;

const HEAD: &str = "grammar = 1\n\n[header]\npath = \"linux/t.h\"\nguard = \"_T_H\"\nlicense = \"MIT\"\n\
    includes = [\"linux/types.h\"]\nreleases = [\"1\"]\n\n";

/// Codes and lines of all mistakes.
fn found(body: &str) -> Vec<(&'static str, usize)> {
    let text = format!("{HEAD}{body}");
    let rejected = Schema::parse(Source::new("t.toml", &text)).expect_err("mistakes");
    let head = HEAD.lines().count();
    rejected.found.iter().map(|one| (one.code.0.id, rejected.source.position(one.at.start).0 - head)).collect()
}

const HOLED: &str =
    "[struct.holed]\nfields = [\n  { name = \"x\", type = \"u32\" },\n  { name = \"y\", type = \"u64\" },\n]\n";

#[test]
fn a_mistake_of_one_item_does_not_hide_those_of_another() {
    let broken = "[struct.broken]\nfields = [{ name = \"x\", typ = \"u32\" }]\n";
    assert_eq!(found(&format!("{broken}{HOLED}")), [("AZ0002", 2), ("AZ0320", 6)]);
}

#[test]
fn what_names_something_broken_is_not_judged() {
    // The hole in `holed` is certain; that `outer` has a type that does not exist is not.
    let broken = "[struct.broken]\nfields = 3\n";
    let outer = "[struct.outer]\nfields = [{ name = \"b\", type = \"broken\" }]\n";
    let all = found(&format!("{broken}{outer}{HOLED}"));
    assert!(all.iter().all(|(code, _)| ["AZ0003", "AZ0320"].contains(code)), "{all:?}");
    assert!(all.contains(&("AZ0320", 8)), "{all:?}");
    // By a member of a set that is broken, and by what C calls its members.
    let flags = "[flags.f]\ntype = \"u32\"\nprefix = \"F_\"\nbits = { UP = true }\n";
    let user = "[struct.user]\nfields = [\n  { name = \"flags\", type = \"u32\", flags = \"f\" },\n  { name = \"x\", type = \"u64\", when = \"flags.has(UP)\" },\n]\n";
    let all = found(&format!("{flags}{user}"));
    assert!(all.iter().all(|(_, line)| *line <= 4), "{all:?}");
}

#[test]
fn a_mistake_of_the_header_is_about_everything() {
    let text = format!("{HEAD}{HOLED}").replace("guard = \"_T_H\"", "guard = 3");
    let rejected = Schema::parse(Source::new("t.toml", &text)).expect_err("mistakes");
    assert!(rejected.found.iter().all(|one| one.code.0.id != "AZ0320"), "{rejected}");
}
