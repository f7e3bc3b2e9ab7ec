//! Small edits of the schemas: each changes exactly the outputs it should, and what the compiler sees of the header
//! changes exactly as much.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use argsz_codegen::{Shared, Unit, emitters, layout_json};
use argsz_schema::Schema;
use argsz_schema::checklist::compile;
use argsz_schema::layout::{Layouts, layout};
use argsz_schema::source::{Source, Span};
use argsz_schema::target;
use argsz_tests::real::{self, Facts};

const IOMMU: &str = "schema/linux/iommu.toml";
const IOMMUFD: &str = "schema/linux/iommufd.toml";

/// Outputs without check lists in them.
const JUDGED: [&str; 5] = ["rust", "c-header", "c-asserts", "layout", "checks"];

/// One edit.
struct Edit {
    /// What it does, for people.
    name: &'static str,
    schema: &'static str,
    /// The release that is generated.
    release: &'static str,
    /// What is replaced; it must be there once.
    find: &'static str,
    replace: &'static str,
    /// The outputs that change: keys of the manifest, `layout` (sizes, offsets, constants), and `checks` (what the
    /// readers of user memory do).
    changes: &'static [&'static str],
    /// What the compiler then finds different in the header, the beginnings of the lines.
    header: &'static [&'static str],
}

const EDITS: &[Edit] = &[
    Edit {
        name: "a comment in the schema",
        schema: IOMMU,
        release: "5.10",
        find: "# Page responses\n",
        replace: "# What the user answers\n",
        changes: &[],
        header: &[],
    },
    Edit {
        name: "the doc of a field",
        schema: IOMMU,
        release: "5.10",
        find: "The address that was accessed.",
        replace: "The address that the device accessed.",
        changes: &["rust", "c-header", "doc-md", "doc-rst"],
        header: &[],
    },
    Edit {
        name: "a new flag, at its release",
        schema: IOMMUFD,
        release: "7.3",
        find: "READABLE   = { bit = 2, doc = \"Devices may read.\" }\n",
        replace: "READABLE   = { bit = 2, doc = \"Devices may read.\" }\n\
                  SHARED     = { bit = 3, since = \"7.3\", doc = \"Others map it too.\" }\n",
        changes: &["rust", "c-header", "c-asserts", "checks", "layout"],
        header: &["constant IOMMU_IOAS_MAP_SHARED is not real"],
    },
    Edit {
        name: "a new flag, before its release",
        schema: IOMMUFD,
        release: "6.12",
        find: "READABLE   = { bit = 2, doc = \"Devices may read.\" }\n",
        replace: "READABLE   = { bit = 2, doc = \"Devices may read.\" }\n\
                  SHARED     = { bit = 3, since = \"7.3\", doc = \"Others map it too.\" }\n",
        // What is generated at the release does not know it; the tables are about all releases.
        changes: &["compat-md", "compat-html"],
        header: &[],
    },
    Edit {
        name: "a flag that came later than was thought",
        schema: IOMMU,
        release: "5.9",
        find: "PAGE_RESPONSE_NEEDS_PASID = { bit = 3, since = \"5.9\"",
        replace: "PAGE_RESPONSE_NEEDS_PASID = { bit = 3, since = \"5.10\"",
        changes: &["rust", "c-header", "c-asserts", "layout", "doc-md", "doc-rst"],
        header: &["constant IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID is missing"],
    },
    Edit {
        name: "the errno of a rule",
        schema: IOMMUFD,
        release: "7.3",
        find: "errno = \"EOVERFLOW\", why = \"the end of the queue",
        replace: "errno = \"EINVAL\", why = \"the end of the queue",
        changes: &["rust", "checks"],
        header: &[],
    },
    Edit {
        name: "reserved bytes that are judged at last",
        schema: IOMMUFD,
        release: "7.3",
        find: "reserved = \"ignored\", doc = \"Should be 0, although no kernel looks.\" },\n]\n\n\
               [ioctl.IOMMU_HWPT_SET_DIRTY_TRACKING]",
        replace: "reserved = true, doc = \"Should be 0, although no kernel looks.\" },\n]\n\n\
                  [ioctl.IOMMU_HWPT_SET_DIRTY_TRACKING]",
        changes: &["rust", "checks"],
        header: &[],
    },
    Edit {
        name: "a larger minimum",
        schema: IOMMUFD,
        release: "7.3",
        find: "min    = \"out_viommu_id\"",
        replace: "min    = \"data_uptr\"",
        changes: &["rust", "checks"],
        header: &[],
    },
    Edit {
        name: "a rule of a vendor's layer is gone",
        schema: IOMMU,
        release: "5.10",
        find: "  { id = \"vtd-gpgd\", require = \"(gpgd & 0xfff) == 0\", why = \"a table begins at a \
               page of 4 KiB; low bits would end up in the PASID entry\" },\n",
        replace: "",
        changes: &["rust", "checks"],
        header: &[],
    },
    Edit {
        name: "a member that was renamed",
        schema: IOMMUFD,
        release: "7.3",
        find: "SET   = { value = 1, doc = \"Use this one.\" }",
        replace: "USE   = { value = 1, doc = \"Use this one.\" }",
        changes: &["rust", "c-header", "c-asserts", "layout", "doc-md", "doc-rst"],
        header: &["constant IOMMU_VFIO_IOAS_SET is missing", "constant IOMMU_VFIO_IOAS_USE is not real"],
    },
    Edit {
        name: "a field at the end",
        schema: IOMMUFD,
        release: "7.3",
        find: "  { name = \"length\", type = \"aligned_u64\", doc = \"Bytes of the queue.\" },\n",
        replace: "  { name = \"length\", type = \"aligned_u64\", doc = \"Bytes of the queue.\" },\n  \
                  { name = \"stride\", type = \"aligned_u64\", doc = \"Bytes of an entry.\" },\n",
        changes: &["rust", "c-header", "c-asserts", "checks", "layout"],
        header: &["struct iommu_hw_queue_alloc:"],
    },
    Edit {
        name: "a struct that is gone at the release",
        schema: IOMMU,
        release: "5.18",
        find: "[struct.iommu_inv_pasid_info]\n",
        replace: "[struct.iommu_inv_pasid_info]\n# it left with its users\n",
        changes: &[],
        header: &[],
    },
];

/// Every output of a schema's text at a release, by key.
fn outputs(schema: &str, text: String, release: &str) -> (BTreeMap<&'static str, String>, String) {
    let loaded =
        Schema::parse(Source::new(schema, text)).unwrap_or_else(|rejected| panic!("{}", rejected.render(false)));
    let release = loaded.release(release).expect(release);
    let model = loaded.at(release);
    let unit = Unit {
        history: loaded.model(),
        release,
        model: &model,
        stem: "edited",
        source_name: schema,
        // The hash is of the inputs, and so would differ with every edit.
        input_hash: "0",
        shared: Shared::default(),
    };
    let emit = |emitter: &emitters::Emitter| (emitter.key, (emitter.emit)(&unit).expect(emitter.key));
    let mut all: BTreeMap<_, _> = emitters::ALL.iter().map(emit).collect();
    let layouts = layout(&model, target::ALL[0]).expect(schema);
    all.insert("layout", layout_json::value(&layouts).to_string());
    all.insert("checks", checks(&layouts));
    (all, model.header.path.clone())
}

/// The check lists of all structs, with and without each layer.
fn checks(layouts: &Layouts<'_>) -> String {
    let layers = std::iter::once(None).chain(layouts.model.layers.keys().map(|layer| Some(layer.as_str())));
    let mut text = String::new();
    for layer in layers {
        for name in layouts.structs.keys() {
            let list = compile(layouts, name, layer).unwrap_or_else(|found| panic!("{name}: {found:?}"));
            for mut step in list.steps {
                step.span = Span::default();
                let _ = writeln!(text, "{layer:?} {step:?}");
            }
        }
    }
    text
}

fn facts(outputs: &BTreeMap<&'static str, String>, path: &str) -> Option<Facts> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let file = dir.path().join(path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(&file, &outputs["c-header"]).expect("a file");
    real::can_build(real::WIDTHS[0]).then(|| real::measure(&file, &[], real::WIDTHS[0]).1)
}

fn check(edit: &Edit) -> Result<(), String> {
    let before = std::fs::read_to_string(real::root().join(edit.schema)).expect(edit.schema);
    if before.matches(edit.find).count() != 1 {
        return Err("the text that is to be replaced is not there once".to_owned());
    }
    let after = before.replace(edit.find, edit.replace);
    let (before, path) = outputs(edit.schema, before, edit.release);
    let (after, _) = outputs(edit.schema, after, edit.release);

    let expected: BTreeSet<&str> = edit.changes.iter().copied().collect();
    // What prints check lists changes with them, whether or not it prints other things too.
    let prints_checks = |key: &str| expected.contains("checks") && !JUDGED.contains(&key);
    let changed = before.keys().copied().filter(|key| before[key] != after[key] && !prints_checks(key));
    let changed: BTreeSet<&str> = changed.collect();
    if changed != expected {
        return Err(format!("changed {changed:?}, expected {expected:?}"));
    }
    if let (Some(old), Some(new)) = (facts(&before, &path), facts(&after, &path)) {
        let found = real::differences(&old, &new);
        let same = found.len() == edit.header.len() && found.iter().zip(edit.header).all(|(a, b)| a.starts_with(b));
        if !same {
            return Err(format!("the compiler sees {found:#?}, expected {:#?}", edit.header));
        }
    }
    Ok(())
}

#[test]
fn an_edit_changes_the_outputs_it_should_and_no_others() {
    let failed: Vec<String> =
        EDITS.iter().filter_map(|edit| Some(format!("{}: {}", edit.name, check(edit).err()?))).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
