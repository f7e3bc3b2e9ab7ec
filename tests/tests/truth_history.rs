//! The states of `linux/iommu.h` that no current header shows any more, against tables typed from its history.

use std::collections::BTreeMap;

use argsz_codegen::layout_json;
use argsz_schema::layout::layout;
use argsz_schema::target;
use argsz_tests::real::{self, Facts, Measured};

/// Name, size, alignment on x86-64, and the fields: `name@offset:size`.
type Row = (&'static str, u64, u64, &'static str);

/// What has never changed.
const ALWAYS: &[Row] = &[
    ("iommu_fault_unrecoverable", 32, 8, "reason@0:4 flags@4:4 pasid@8:4 perm@12:4 addr@16:8 fetch_addr@24:8"),
    ("iommu_fault_page_request", 40, 8, "flags@0:4 pasid@4:4 grpid@8:4 perm@12:4 addr@16:8 private_data@24:16"),
    ("iommu_fault", 64, 8, "type@0:4 padding@4:4 event@8:32 prm@8:40 padding2@8:56"),
];

/// Before the enhancement series.
const RESPONSE_BEFORE: Row = ("iommu_page_response", 20, 4, "version@0:4 flags@4:4 pasid@8:4 grpid@12:4 code@16:4");

/// After it.
const RESPONSE_AFTER: Row =
    ("iommu_page_response", 24, 4, "argsz@0:4 version@4:4 flags@8:4 pasid@12:4 grpid@16:4 code@20:4");

/// Invalidation and bind, the parts that the series left alone.
const PARTS: &[Row] = &[
    ("iommu_inv_addr_info", 40, 8, "flags@0:4 archid@4:4 pasid@8:8 addr@16:8 granule_size@24:8 nb_granules@32:8"),
    ("iommu_inv_pasid_info", 16, 8, "flags@0:4 archid@4:4 pasid@8:8"),
    ("iommu_gpasid_bind_data_vtd", 16, 8, "flags@0:8 pat@8:4 emt@12:4"),
];

/// Invalidation and bind before the series.
const REQUESTS_BEFORE: &[Row] = &[
    (
        "iommu_cache_invalidate_info",
        48,
        8,
        "version@0:4 cache@4:1 granularity@5:1 padding@6:2 pasid_info@8:16 addr_info@8:40",
    ),
    (
        "iommu_gpasid_bind_data",
        72,
        8,
        "version@0:4 format@4:4 flags@8:8 gpgd@16:8 hpasid@24:8 gpasid@32:8 addr_width@40:4 padding@44:12 vtd@56:16",
    ),
];

/// Invalidation and bind after it.
const REQUESTS_AFTER: &[Row] = &[
    (
        "iommu_cache_invalidate_info",
        56,
        8,
        "argsz@0:4 version@4:4 cache@8:1 granularity@9:1 padding@10:6 granu@16:40 granu.pasid_info@16:16 \
         granu.addr_info@16:40",
    ),
    (
        "iommu_gpasid_bind_data",
        72,
        8,
        "argsz@0:4 version@4:4 format@8:4 addr_width@12:4 flags@16:8 gpgd@24:8 hpasid@32:8 gpasid@40:8 padding@48:8 \
         vendor@56:16 vendor.vtd@56:16",
    ),
];

fn measured((_, size, align, fields): Row) -> Measured {
    let field = |text: &str| {
        let (name, place) = text.split_once('@').expect(text);
        let (offset, size) = place.split_once(':').expect(text);
        (name.to_owned(), offset.parse().expect(text), size.parse().expect(text))
    };
    Measured { size, align, fields: fields.split_whitespace().map(field).collect() }
}

fn at(release: &str, target_name: &str) -> Facts {
    let path = "schema/linux/iommu.toml";
    let schema = real::load(path);
    let model = schema.at(schema.release(release).expect(release));
    let layouts = layout(&model, target::find(target_name).expect(target_name)).expect(path);
    real::from_json(&layout_json::value(&layouts))
}

fn rows(release: &str) -> BTreeMap<String, Measured> {
    let groups: &[&[Row]] = match release {
        "5.3" => &[ALWAYS, &[RESPONSE_BEFORE]],
        "5.5" | "5.9" => &[ALWAYS, &[RESPONSE_BEFORE], PARTS, REQUESTS_BEFORE],
        "5.10" => &[ALWAYS, &[RESPONSE_AFTER], PARTS, REQUESTS_AFTER],
        _ => &[ALWAYS, &[RESPONSE_AFTER]],
    };
    groups.iter().flat_map(|rows| rows.iter()).map(|row| (row.0.to_owned(), measured(*row))).collect()
}

#[test]
fn every_release_of_iommu_h_has_the_structs_of_its_time() {
    for release in ["5.3", "5.5", "5.9", "5.10", "5.18"] {
        let found = real::compare("struct", &rows(release), &at(release, "x86-64").structs);
        assert!(found.is_empty(), "{release}:\n{}", found.join("\n"));
    }
}

/// On i386 a u64 is aligned to 4; nothing else changes.
#[test]
fn only_alignment_differs_on_i386() {
    for release in ["5.3", "5.5", "5.10", "5.18"] {
        let mut expected = rows(release);
        for measured in expected.values_mut() {
            measured.align = 4;
        }
        let found = real::compare("struct", &expected, &at(release, "i386").structs);
        assert!(found.is_empty(), "{release}:\n{}", found.join("\n"));
    }
}

#[test]
fn constants_come_and_go_with_their_release() {
    let value = |release: &str, name: &str| at(release, "x86-64").constants.get(name).copied();
    assert_eq!(value("5.5", "IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID"), None);
    assert_eq!(value("5.9", "IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID"), Some(8));
    assert_eq!(value("5.3", "IOMMU_PASID_FORMAT_INTEL_VTD"), None);
    assert_eq!(value("5.5", "IOMMU_PASID_FORMAT_INTEL_VTD"), Some(1));
    assert_eq!(value("5.9", "IOMMU_PASID_FORMAT_LAST"), None);
    assert_eq!(value("5.10", "IOMMU_PASID_FORMAT_INTEL_VTD"), Some(1));
    assert_eq!(value("5.10", "IOMMU_PASID_FORMAT_LAST"), Some(2));
    assert_eq!(value("5.18", "IOMMU_PASID_FORMAT_INTEL_VTD"), None);
    assert_eq!(value("5.10", "IOMMU_SVA_VTD_GPASID_MTS_MASK"), Some(0b11_1100));
    assert_eq!(value("5.10", "IOMMU_CACHE_INV_TYPE_NR"), Some(3));
    assert_eq!(value("5.10", "IOMMU_INV_GRANU_NR"), Some(3));
}
