//! A header as a maintainer would read it.

#[path = "../../schema/tests/build/mod.rs"]
mod build;

use argsz_codegen::{Shared, Unit, c_header};
use argsz_schema::model::{
    Enum, EnumKind, EnumMember, Field, FlagKind, FlagMember, Flags, IoctlKind, Item, Meta, Model, Release, Reserved,
    Struct, Style,
};
use build::*;

fn said(name: &str, doc: &str) -> Meta {
    Meta { doc: doc.to_owned(), ..meta(name) }
}

fn documented(ty: argsz_schema::model::Type, name: &str, doc: &str) -> Field {
    Field { meta: said(name, doc), ..field(name, ty) }
}

fn flags() -> Item {
    let bit = |bit: u8, name: &str, doc: &str| FlagMember {
        meta: said(&format!("IOMMU_INV_ADDR_FLAGS_{name}"), doc),
        key: name.to_owned(),
        value: 1 << bit,
        kind: FlagKind::Bit(bit),
    };
    let members = vec![
        bit(0, "PASID", "`pasid` is valid."),
        bit(1, "ARCHID", "`archid` is valid."),
        bit(2, "LEAF", "Only leaves changed."),
    ];
    let prefix = "IOMMU_INV_ADDR_FLAGS_".to_owned();
    let meta = said("iommu_inv_addr_flags", "What an invalidation of addresses is limited to.");
    Item::Flags(Flags { meta, width: 4, style: Style::Define, prefix, members }.into())
}

fn values() -> Item {
    let value = |value, name: &str, doc: &str, kind| EnumMember {
        meta: said(&format!("IOMMU_INV_GRANU_{name}"), doc),
        key: name.to_owned(),
        value,
        kind,
    };
    let members = vec![
        value(0, "DOMAIN", "Everything of the domain.", EnumKind::Value),
        value(1, "PASID", "What is tagged with one PASID.", EnumKind::Value),
        value(2, "ADDR", "A range of addresses. It may be limited to leaves, and to one PASID.", EnumKind::Value),
        value(3, "NR", "", EnumKind::Counter),
    ];
    let mut meta = said("iommu_inv_granularity", "How much is invalidated.\n\nCoarser is always allowed.");
    meta.deprecated = Some("iommufd has its own invalidation".to_owned());
    Item::Enum(Enum { meta, width: 1, style: Style::Enum, prefix: String::new(), open: false, members }.into())
}

fn sample() -> Model {
    let mut padding = field("padding", array(ty("u8"), 7));
    padding.meta.doc.clear();
    padding.reserved = Some(Reserved::Zero);
    let arms = vec![
        documented(ty("u64"), "pasid", "The PASID."),
        documented(ty("iommu_inv_addr_info"), "addr_info", "The addresses; `granularity` is `ADDR`."),
    ];
    let info = Struct {
        meta: said(
            "iommu_cache_invalidate_info",
            "Asks for an invalidation of caches. The user fills `argsz`, and may know a longer struct than the kernel \
             does: bytes that no flag declares are ignored.\n\n- A kernel that is older than the flag refuses it.\n- A \
             user that is older than the kernel sets no flag that it does not know, and so is understood.\n\nSee \
             `IOMMU_INV_GRANU_PASID` and `iommu_inv_addr_info`.",
        ),
        ..struct_of(
            "iommu_cache_invalidate_info",
            vec![
                documented(ty("u32"), "argsz", "Bytes the user provides."),
                documented(ty("u32"), "version", "Must be 1."),
                documented(
                    ty("u8"),
                    "granularity",
                    "One of `iommu_inv_granularity`: how much is invalidated by this one request of the user.",
                ),
                padding,
                Field { meta: said("granu", "What exactly."), ..inline(true, "granu", arms) },
            ],
        )
    };
    let addr = Struct {
        meta: said("iommu_inv_addr_info", "A range of addresses."),
        ..struct_of(
            "iommu_inv_addr_info",
            vec![documented(ty("u64"), "addr", "First address."), documented(ty("u64"), "nb_granules", "How many.")],
        )
    };
    let mut model = model(vec![
        constant("IOMMU_TYPE", 59, Some("';'")),
        flags(),
        values(),
        Item::Struct(info.into()),
        Item::Struct(addr.into()),
        ioctl("IOMMU_INVALIDATE", IoctlKind::Iow, 0x12, Some(ty("iommu_cache_invalidate_info"))),
    ]);
    model.header.doc = String::from("Invalidation of caches, in short.");
    model
}

#[test]
fn a_header_reads_like_the_kernels() {
    let model = sample();
    let unit = Unit {
        history: &model,
        release: Release(1),
        model: &model,
        stem: "hand",
        source_name: "schema/linux/hand.toml",
        input_hash: "0123456789abcdef",
        shared: Shared::default(),
    };
    let header = c_header::emit(&unit).expect("a header");
    insta::assert_snapshot!(header);
    let wide = |line: &&str| line.replace('\t', "        ").chars().count() > 80;
    assert_eq!(header.lines().find(wide), None);
}
