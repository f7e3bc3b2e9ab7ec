//! The tables of a header through its releases: they tell what is known of it, and what they say of an older kernel is
//! what its check list does.

use argsz_codegen::{Shared, Unit, history, vectors_for};
use argsz_schema::checklist::{self, Op};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::source::Source;
use argsz_schema::{Schema, target};

fn load(name: &str) -> Schema {
    let path = format!("{}/../schema/linux/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the schema is there");
    Schema::parse(Source::new(&path, &text)).unwrap_or_else(|rejected| panic!("{}", rejected.render(false)))
}

fn markdown(schema: &Schema) -> String {
    let release = schema.releases().next_back().expect("a release");
    let model = schema.at(release);
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem: "x",
        source_name: "x.toml",
        input_hash: "0",
        shared: Shared::default(),
    };
    history::markdown(&unit).expect("tables")
}

/// The rows under a heading, as cells.
fn rows(text: &str, heading: &str) -> Vec<Vec<String>> {
    let section = text.split("\n## ").find(|section| section.starts_with(heading)).unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    lines.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// `argsz` went in front of all that travels inwards, in the series that brought it.
#[test]
fn from_5_9_to_5_10_all_that_travels_inwards_moved() {
    let moved = rows(&markdown(&load("iommu")), "What moved");
    assert!(moved.iter().all(|row| row[0] == "5.10"));
    for (strct, version) in [
        ("`iommu_page_response`", "`version` 0..4 → 4..8"),
        ("`iommu_cache_invalidate_info`", "`version` 0..4 → 4..8"),
        ("`iommu_gpasid_bind_data`", "`version` 0..4 → 4..8"),
    ] {
        let row = moved.iter().find(|row| row[1] == strct).unwrap_or_else(|| panic!("{strct} did not move"));
        assert!(row[2].starts_with(version), "{}", row[2]);
    }
}

/// Each flag and value that came is sent to a kernel of the release before, in a payload that it takes without it.
#[test]
fn a_new_flag_on_an_old_kernel_is_refused_as_the_table_says() {
    let schema = load("iommufd");
    let text = markdown(&schema);
    let old = schema.at(schema.release("6.12").expect("a release"));
    let new = schema.at(schema.releases().next_back().expect("a release"));
    let layouts = layout(&old, target::ALL[0]).expect("a layout");
    let mut tried = 0;
    for row in rows(&text, "What came").iter().filter(|row| row[1].contains("` in `")) {
        let [name, path, strct] = quoted(&row[1])[..] else { panic!("{}", row[1]) };
        let bit = new.flags().flat_map(|set| &set.members).find(|member| member.meta.name == name).expect(name).value;
        let list = checklist::compile(&layouts, strct, None).expect("a list");
        let slot = list.steps.iter().find_map(|step| match &step.op {
            Op::Mask { slot, .. } | Op::OneOf { slot, .. } if slot.path == path => Some(slot),
            _ => None,
        });
        let slot = slot.expect("the older release judges the word");
        let made = vectors_for::make(&layouts, &list);
        let valid = made.vectors.iter().find(|made| matches!(made.verdict, Verdict::Accepted(_))).expect("a payload");
        let mut user = valid.input.user.clone();
        for at in 0..usize::from(slot.width) {
            user[slot.offset as usize + at] |= bit.to_le_bytes()[at];
        }
        let Verdict::Refused(refusal) = interp::run(&list, target::ALL[0], &user, valid.input.size) else {
            panic!("{name} is accepted");
        };
        assert_eq!(row[2], format!("{} by `{}`", refusal.errno.0, refusal.rule), "{name}");
        tried += 1;
    }
    assert_eq!(tried, 2, "HWPT_ALLOC_PASID and HW_INFO_FLAG_INPUT_TYPE came after 6.12");
}

fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// `argsz` came in front of `version` in 5.10, and nobody knew both layouts: the series changed them before there were
/// users. What iommufd got in 7.3, an older kernel refuses, and all that there was before goes on working.
#[test]
fn programs_on_kernels_tell_the_story_of_each_header() {
    let text = markdown(&load("iommu"));
    let rows_of = |text: &str, strct: &str, program: &str| -> Vec<String> {
        let all = rows(text, "Programs on kernels");
        let found = all.iter().find(|row| row[0] == format!("`{strct}`") && row[1] == program);
        found.unwrap_or_else(|| panic!("{strct} of {program}"))[2..].to_vec()
    };
    let page = rows_of(&text, "iommu_page_response", "5.10");
    assert_eq!(page[..2], ["nothing works; EINVAL by `version`", "nothing works; EINVAL by `version`"]);
    assert_eq!(page[3..], ["works", "works"]);
    assert_eq!(rows_of(&text, "iommu_cache_invalidate_info", "5.9")[3], "nothing works; EINVAL by `size`");
    let text = markdown(&load("iommufd"));
    for row in rows(&text, "Programs on kernels") {
        let (old, new) = (row.get(2).map(String::as_str), row.get(3).map(String::as_str));
        if row[1] == "6.12" {
            assert_eq!((old, new), (Some("works"), Some("works")), "{row:?}");
        } else {
            let clean = |cell: &str| !cell.contains("MISREAD") && !cell.starts_with("nothing");
            assert!(old.is_some_and(|cell| cell == "not there" || clean(cell)), "{row:?}");
        }
    }
    assert!(text.contains("EOPNOTSUPP by"), "as iommufd refuses what it does not know");
}
