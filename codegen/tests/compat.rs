//! Verdicts of `argsz compat`: small changes in each direction, and the schemas of this repository.
#![cfg(feature = "cli")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use argsz_codegen::compat::run::Cell;
use argsz_codegen::compat::{Effect, Pair, Report, Side, compare, print, rules};
use argsz_schema::Schema;
use argsz_schema::source::Source;

const OLD: &str = include_str!("compat/base.toml");

fn schema(text: &str) -> Schema {
    Schema::parse(Source::new("t.toml", text)).unwrap_or_else(|rejected| panic!("{rejected}"))
}

/// Compares the base with a copy in which each left text stands as the right one.
fn edited(edits: &[(&str, &str)]) -> Report {
    let mut text = OLD.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    between(&schema(OLD), &schema(&text))
}

fn between(old: &Schema, new: &Schema) -> Report {
    let side = |schema: &Schema, label: &str| Side::new(schema, schema.releases().last().unwrap(), label);
    compare(&Pair { old: side(old, "old"), new: side(new, "new") }).unwrap()
}

/// The verdict, and that the rule is among those that say so.
#[track_caller]
fn verdict(report: &Report, rule: &str, effect: Effect) {
    let found: Vec<String> =
        report.findings.iter().map(|f| format!("{} {}: {}", f.rule.id, f.effect, f.message)).collect();
    assert!(report.findings.iter().any(|finding| finding.rule.id == rule), "{rule}: {found:#?}");
    assert_eq!(report.effect(), effect, "{found:#?}");
    assert!(report.unforetold.is_empty(), "{:#?}", report.unforetold);
}

#[test]
fn an_append_with_a_flag_and_a_size_is_safe() {
    let report = edited(&[
        ("B = 1 }", "B = 1, C = 2 }"),
        ("  # end", "  { name = \"extra\", type = \"u64\" },"),
        ("min_size = []", "min_size = [{ when = \"flags.has(C)\", covers = \"extra\" }]"),
    ]);
    verdict(&report, "E01", Effect::SAFE);
    let row = report.rows.iter().find(|row| row.strct == "call").unwrap();
    assert!(row.old_user.iter().all(|sent| sent.cell == Cell::Works));
    let refused = |cell: &Cell| matches!(cell, Cell::Refused { errno: "EINVAL", rule, .. } if rule == "call/flags");
    assert!(row.new_user.iter().any(|sent| refused(&sent.cell)), "{:#?}", row.new_user);
}

#[test]
fn an_append_without_a_flag_breaks_new_users() {
    let report = edited(&[("  # end", "  { name = \"extra\", type = \"u64\" },")]);
    verdict(&report, "E04", Effect::NEW);
}

#[test]
fn an_append_to_a_fixed_struct_breaks_both() {
    verdict(&edited(&[("  # last", "  { name = \"more\", type = \"u64\" },")]), "E03", Effect::BOTH);
}

#[test]
fn use_of_reserved_bytes_depends_on_who_checked_them() {
    let flag = ("B = 1 }", "B = 1, C = 2 }");
    let taken = (
        "{ name = \"checked\", type = \"u32\", reserved = true }",
        "{ name = \"taken\", type = \"u32\", when = \"flags.has(C)\" }",
    );
    verdict(&edited(&[flag, taken]), "R01", Effect::SAFE);
    let garbage =
        ("{ name = \"loose\", type = \"u32\", reserved = \"ignored\" }", "{ name = \"loose\", type = \"u32\" }");
    verdict(&edited(&[garbage]), "R02", Effect::BOTH);
}

#[test]
fn a_reorder_breaks_both() {
    let swap = (
        "{ name = \"first\", type = \"u64\" },\n  { name = \"second\", type = \"u64\" }",
        "{ name = \"second\", type = \"u64\" },\n  { name = \"first\", type = \"u64\" }",
    );
    verdict(&edited(&[swap]), "L01", Effect::BOTH);
}

#[test]
fn a_width_breaks_both() {
    verdict(
        &edited(&[
            ("\"narrow\", type = \"u16\"", "\"narrow\", type = \"u32\""),
            ("\"room\", type = \"u8[6]\"", "\"room\", type = \"u8[4]\""),
        ]),
        "L02",
        Effect::BOTH,
    );
}

#[test]
fn an_enum_value_added_is_safe_where_values_are_checked() {
    verdict(
        &edited(&[("TWO = 2 }", "TWO = 2, THREE = 3 }"), ("none = [\"ONE\"]", "none = [\"ONE\", \"THREE\"]")]),
        "F09",
        Effect::SAFE,
    );
}

#[test]
fn an_enum_value_changed_breaks_both() {
    verdict(&edited(&[("TWO = 2 }", "TWO = 5 }")]), "F07", Effect::BOTH);
}

#[test]
fn the_last_union_may_grow_with_a_selector_and_a_size() {
    let report = edited(&[
        ("TWO = 2 }", "TWO = 2, BIG = 3 }"),
        ("# arms", "{ when = \"BIG\", name = \"big\", type = \"u64[4]\" },"),
        ("min_size = [ # sizes", "min_size = [{ when = \"kind == BIG\", covers = \"body.big\" },"),
    ]);
    verdict(&report, "E12", Effect::SAFE);
}

#[test]
fn a_rename_breaks_source_alone() {
    verdict(&edited(&[("\"second\"", "\"other\"")]), "L06", Effect::SOURCE);
}

#[test]
fn a_rename_inside_an_anonymous_union_breaks_source_alone() {
    verdict(&edited(&[("\"inner\"", "\"within\"")]), "L06", Effect::SOURCE);
}

#[test]
fn a_flag_value_changed_breaks_both() {
    verdict(&edited(&[("B = 1 }", "B = 4 }")]), "F01", Effect::BOTH);
}

#[test]
fn signedness_breaks_both() {
    verdict(&edited(&[("\"second\", type = \"u64\"", "\"second\", type = \"s64\"")]), "L03", Effect::BOTH);
}

#[test]
fn padding_made_explicit_is_safe_unless_it_is_checked() {
    let named = |how: &str| {
        let field = format!("{{ name = \"pad\", type = \"u32\", reserved = {how} }},");
        edited(&[("# hidden", &field), ("waive = [{ lint = \"AZ0320\", reason = \"test\" }]\n", "")])
    };
    verdict(&named("\"ignored\""), "L13", Effect::SAFE);
    verdict(&named("true"), "L13", Effect::OLD);
}

#[test]
fn alignment_breaks_both_where_the_struct_is_a_part() {
    let embeds = "[struct.embeds]\ngrows = \"fixed\"\nfields = [{ name = \"part\", type = \"holed\" }]\n";
    let [old, new] = [OLD.to_owned(), OLD.replace("align = 8 # aligned", "align = 16")].map(|text| text + embeds);
    verdict(&between(&schema(&old), &schema(&new)), "L11", Effect::BOTH);
    // By itself it lies where it is handed in.
    verdict(&edited(&[("align = 8 # aligned", "align = 16")]), "L11", Effect::SAFE);
}

#[test]
fn layers_are_compared_beyond_the_generic_rules() {
    let layer = |most: u32| {
        format!(
            "\n[layer.vendor]\ndoc = \"A vendor's.\"\n[layer.vendor.on.call]\nrules = [\n  \
             {{ id = \"most\", require = \"first <= {most}\", why = \"the device takes so many\" }},\n]\n"
        )
    };
    let [old, new] = [100, 50].map(|most| schema(&format!("{OLD}{}", layer(most))));
    let report = between(&old, &new);
    let [found] = &report.findings[..] else { panic!("{:#?}", report.findings) };
    assert_eq!((found.rule.id, found.item.as_str(), found.effect), ("F12", "call", Effect::BOTH));
    assert!(found.message.starts_with("layer `vendor`: "), "{}", found.message);
    // What is generic is said once.
    let edit = |schema: &str| schema.replace("reserved = \"ignored\"", "reserved = true");
    let new = schema(&edit(&format!("{OLD}{}", layer(100))));
    let report = between(&old, &new);
    assert_eq!(report.findings.iter().filter(|found| found.item == "call" && found.rule.id == "R03").count(), 1);
    assert!(report.findings.iter().all(|found| !found.message.contains("layer")), "{:#?}", report.findings);
}

#[test]
fn constants_and_chains_are_compared() {
    let aside = r#"
[const.T_LIMIT]
value = 7

[const.T_GONE]
value = 1

[enum.cap_ids]
type = "u32"
prefix = "CAP_"
values = { ONE = 1, TWO = 2 }

[struct.cap]
fields = [{ name = "id", type = "u32" }, { name = "next", type = "u32" }]

[struct.cap_one]
fields = [{ name = "head", type = "cap" }, { name = "a", type = "u32" }]

[struct.cap_two]
fields = [{ name = "head", type = "cap" }, { name = "b", type = "u32" }]

[struct.answer]
grows = "argsz"
min = "argsz"
fields = [{ name = "argsz", type = "u32", role = "argsz" }, { name = "first", type = "u32", dir = "out" }]

[chain.caps]
of = "answer"
first = "first"
head = "cap"
next = "next"
id = "id"
enum = "cap_ids"
links = { ONE = "cap_one", TWO = "cap_two" }
"#;
    let old = schema(&format!("{OLD}{aside}"));
    let new = schema(&format!(
        "{OLD}{}",
        aside
            .replace("value = 7", "value = 8")
            .replace("[const.T_GONE]\nvalue = 1\n", "")
            .replace("TWO = \"cap_two\"", "TWO = \"cap_one\"")
    ));
    let report = between(&old, &new);
    let said =
        |rule: &str, path: &str| report.findings.iter().any(|found| found.rule.id == rule && found.full_path() == path);
    assert!(said("F07", "T_LIMIT") && said("F08", "T_GONE") && said("E15", "caps.TWO"), "{:#?}", report.findings);
    assert_eq!(report.findings.len(), 3);
}

#[test]
fn rules_are_a_table_with_a_page() {
    let ids: Vec<&str> = rules::all().map(|rule| rule.id).collect();
    for (family, count) in [('L', 16), ('E', 20), ('F', 12), ('R', 5), ('I', 8)] {
        for n in 1..=count {
            assert!(ids.contains(&format!("{family}{n:02}").as_str()), "{family}{n:02}");
        }
    }
    let path = Path::new("../docs/compat.md");
    let page = print::rules_page();
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert!(
        std::fs::read_to_string(path).unwrap() == page,
        "docs/compat.md is not the table: UPDATE_PAGES=1 writes it again"
    );
}

#[test]
fn nothing_unforetold_happens_between_releases() {
    for header in ["linux/iommu", "linux/iommufd", "linux/vfio"] {
        let schema = Schema::load(&Path::new("../schema").join(format!("{header}.toml"))).unwrap();
        let releases: Vec<_> = schema.releases().collect();
        let mut run = 0;
        for two in releases.windows(2) {
            let side = |release| Side::new(&schema, release, schema.release_name(release));
            let report = compare(&Pair { old: side(two[0]), new: side(two[1]) }).unwrap();
            assert!(report.unforetold.is_empty(), "{header}: {:#?}", report.unforetold);
            run += report.rows.iter().map(|row| row.old_user.len()).sum::<usize>();
        }
        assert!(run > 0, "{header}");
    }
}

/// Histories of `evolution.rs` that were judged wrongly once.
mod found_by_histories {
    use super::*;

    /// A struct of its own, `t`, before and after the edit.
    fn of(growth: &str, old: &str, new: &str) -> Report {
        let head = &OLD[..OLD.find("[flags.").unwrap()];
        let text = |body: &str| {
            format!(
                "{head}[flags.f]\ntype = \"u32\"\nprefix = \"F_\"\nbits = {{ A = 0, B = 1 }}\n\n[struct.t]\n{growth}{body}"
            )
        };
        between(&schema(&text(old)), &schema(&text(new)))
    }

    const SIZED: &str = "grows = \"size\"\nmin = \"flags\"\n";
    const HEAD: &str = "fields = [{ name = \"size\", type = \"u32\", role = \"size\" },\n\
                        { name = \"flags\", type = \"u32\", flags = \"f\" },\n";

    #[test]
    fn an_append_that_needs_more_alignment_is_safe_behind_a_pointer() {
        let report = of(SIZED, &format!("{HEAD}]"), &format!("{HEAD}{{ name = \"a\", type = \"u64\" }}]"));
        verdict(&report, "E01", Effect::SAFE);
    }

    #[test]
    fn what_nobody_looks_at_any_more_keeps_its_name_and_breaks_both() {
        let field = |reserved: &str| format!("{HEAD}{{ name = \"a\", type = \"u64\"{reserved} }}]");
        verdict(&of(SIZED, &field(""), &field(", reserved = \"ignored\"")), "L05", Effect::BOTH);
        verdict(&of(SIZED, &field(""), &field(", reserved = true")), "R03", Effect::OLD);
    }

    #[test]
    fn who_was_only_compiled_again_is_harmed_where_a_field_stands_between() {
        let last = "{ name = \"a\", type = \"u64\" }, { name = \"b\", type = \"u64\" }]";
        let between = format!("{HEAD}{{ name = \"c\", type = \"u64\" }}, {last}");
        let report = of(SIZED, &format!("{HEAD}{last}"), &between);
        verdict(&report, "L09", Effect::BOTH);
        assert!(report.rows[0].new_user.iter().any(|sent| sent.cell.harms()));
    }

    #[test]
    fn a_base_minimum_that_covers_what_a_flag_asked_for_lowers_nothing() {
        let text = |min: &str, sizes: &str| {
            format!(
                "grows = \"argsz\"\nmin = \"{min}\"\nfields = [{{ name = \"argsz\", type = \"u32\", role = \"argsz\" }},\n\
                 {{ name = \"flags\", type = \"u32\", flags = \"f\" }},\n{{ name = \"a\", type = \"u64\" }},\n\
                 {{ name = \"b\", type = \"u64\" }}]\nmin_size = [{sizes}]"
            )
        };
        let sized = text("flags", "{ when = \"flags.has(A)\", covers = \"a\" }");
        verdict(&of("", &sized, &text("b", "")), "E10", Effect::OLD);
    }

    #[test]
    fn a_minimum_that_is_not_asked_any_more_is_shown_in_the_fewest_bytes() {
        let sized = |sizes: &str| {
            format!(
                "grows = \"argsz\"\nmin = \"flags\"\n{}{{ name = \"a\", type = \"u64\" }}]\nmin_size = [{sizes}]",
                HEAD.replace("size", "argsz")
            )
        };
        let report = of("", &sized("{ when = \"flags.has(A)\", covers = \"a\" }"), &sized(""));
        verdict(&report, "E07", Effect::NEW);
        assert!(report.rows[0].new_user.iter().any(|sent| sent.cell.harms() && sent.bytes.len() == 8));
    }
}
