//! `intel/vtd.h`: the schema against positions written down by hand, the generated Rust against both, and the generated C
//! against the generated Rust.

mod c;
mod calls;
mod facts;

use std::collections::{BTreeMap, BTreeSet};

use argsz_linux::vtd::{self, Invalidation, InvalidationLinux510};
use argsz_schema::bits::{Bits, Place, Says};
use argsz_schema::model::Model;
use argsz_tests::real;
use facts::Fact;

fn model() -> Model {
    let schema = real::load("schema/intel/vtd.toml");
    schema.at(schema.releases().last().expect("a release"))
}

fn fact(item: &str, field: &str) -> Fact {
    facts::of(item).into_iter().find(|fact| fact.name == field).unwrap_or_else(|| panic!("no fact of {item}.{field}"))
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn every_field_lies_where_it_was_written_down() {
    let model = model();
    let mut wrong = Vec::new();
    for bits in model.bits() {
        let written: BTreeMap<String, Fact> =
            facts::of(&bits.meta.name).into_iter().map(|fact| (fact.name.clone(), fact)).collect();
        for field in &bits.fields {
            let here = Fact {
                name: field.meta.name.clone(),
                parts: field.parts.iter().map(|part| (part.hi, part.lo)).collect(),
                address: field.address,
                fixed: field.fixed.as_ref().map(|fixed| fixed.value),
            };
            if written.get(&here.name) != Some(&here) {
                wrong.push(format!("{}: {here:?}, and by hand {:?}", bits.meta.name, written.get(&here.name)));
            }
        }
        let names: BTreeSet<&str> = bits.fields.iter().map(|field| field.meta.name.as_str()).collect();
        wrong.extend(
            written
                .keys()
                .filter(|name| !names.contains(name.as_str()))
                .map(|name| format!("{} lacks `{name}`", bits.meta.name)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known = |name: &str| model.find_bits(name).is_some();
    assert!(facts::NOTED.iter().chain(facts::REMEMBERED).all(|(name, _)| known(name)));
    assert!(model.bits().map(|bits| bits.fields.len()).sum::<usize>() > 200);
}

#[test]
fn sizes_offsets_and_values_are_those_written_down() {
    let model = model();
    let registers: Vec<(&str, u32, u32)> = model
        .bits()
        .filter_map(|bits| match bits.place {
            Place::Register(offset) => Some((bits.meta.name.as_str(), offset, bits.width)),
            Place::Entry | Place::Descriptor => None,
        })
        .collect();
    assert_eq!(registers, facts::REGISTERS);
    let memory = model.bits().filter(|bits| !matches!(bits.place, Place::Register(_)));
    let bytes: BTreeMap<&str, u32> = memory.map(|bits| (bits.meta.name.as_str(), bits.count() / 8)).collect();
    assert_eq!(bytes, facts::BYTES.iter().copied().collect());
    for (name, values) in facts::VALUES {
        let set = model.find_enum(name).unwrap_or_else(|| panic!("{name}"));
        let here: Vec<(&str, i64)> = set.members.iter().map(|member| (member.key.as_str(), member.value)).collect();
        assert_eq!(here, *values, "{name}");
    }
    let reasons: Vec<i64> = facts::FAULT_REASONS.iter().flat_map(|(first, last)| *first..=*last).collect();
    assert_eq!(reasons.len(), 47);
    assert_eq!(model.find_enum("fault_reason").expect("it is there").values(), reasons);
}

#[test]
fn the_rust_reads_and_writes_the_bits_written_down() {
    let model = model();
    let called: BTreeSet<(&str, &str)> = calls::ALL.iter().map(|call| (call.item, call.field)).collect();
    let all: BTreeSet<(&str, &str)> = model
        .bits()
        .flat_map(|bits| bits.fields.iter().map(|field| (bits.meta.name.as_str(), field.meta.name.as_str())))
        .collect();
    assert_eq!(called, all);
    let mut random = Random(0x5eed);
    for call in calls::ALL {
        let fact = fact(call.item, call.field);
        let cut = if call.width == 32 { u64::from(u32::MAX) } else { u64::MAX };
        for _ in 0..200 {
            let words: Vec<u64> = (0..call.words).map(|_| random.next() & cut).collect();
            let value = random.next();
            let name = format!("{}.{} of {words:x?}", call.item, call.field);
            assert_eq!((call.get)(&words), fact.value(&words), "{name}");
            let changed = (call.set)(&words, value);
            let mask = fact.mask(call.words);
            let others = |words: &[u64]| words.iter().zip(&mask).map(|(word, mask)| word & !mask).collect::<Vec<_>>();
            assert_eq!(others(&changed), others(&words), "{name}: a setter changed other bits");
            let of_ones = fact.value(&mask);
            assert_eq!(fact.value(&changed), value & of_ones, "{name}: set to {value:#x}");
        }
    }
}

#[test]
fn debug_names_every_field() {
    for call in calls::ALL {
        let text = (call.debug)(&vec![u64::MAX; call.words]);
        assert!(text.contains(": "), "{text}");
    }
    let entry = vtd::PasidEntry::new()
        .with_p(true)
        .with_pgtt(vtd::PasidEntryPgtt::NESTED)
        .with_did(7)
        .with_fsptr(0x1234_5678)
        .with_aw(vtd::PasidEntryAw(7));
    insta::assert_snapshot!(format!("{entry:#?}"));
}

#[test]
fn reserved_bits_are_those_without_a_meaning() {
    // What hardware does not look at, which is no field and yet may be set.
    let ignored: &[(&str, &[(u32, u32)])] = &[
        ("first_stage_entry", &[(9, 8), (11, 11), (62, 52)]),
        ("second_stage_entry", &[(6, 2), (10, 10), (63, 52)]),
        ("inv_descriptor", &[(8, 4), (127, 12)]),
    ];
    for bits in model().bits() {
        let fields = facts::of(&bits.meta.name).into_iter().flat_map(|fact| fact.parts);
        let free =
            ignored.iter().filter(|(name, _)| *name == bits.meta.name).flat_map(|(_, ranges)| ranges.iter().copied());
        let mut meant = vec![0_u64; bits.words as usize];
        for at in fields.chain(free).flat_map(|(hi, lo)| lo..=hi) {
            meant[(at / bits.width) as usize] |= 1 << (at % bits.width);
        }
        let cut = if bits.width == 32 { u64::from(u32::MAX) } else { u64::MAX };
        let rest: Vec<u64> = meant.iter().map(|word| !word & cut).collect();
        assert_eq!(bits.reserved_mask(), rest, "{}", bits.meta.name);
    }
    assert_eq!(vtd::PasidDirEntry::RESERVED, [0xffc]);
    assert_eq!(vtd::ContextEntry::from_words([!0; 4]).reserved_bits(), [0x1e0, !0x1f_ffff, !0, !0]);
}

#[test]
fn a_descriptor_is_born_with_its_type() {
    assert_eq!(vtd::InvWait::new().words(), [5, 0]);
    assert_eq!(vtd::InvWait::default().kind(), vtd::InvWait::TYPE);
    assert_eq!(vtd::PageRequest::new().words(), [1, 0, 0, 0]);
    assert_eq!(vtd::PageRequest::TYPE, 1);
    let descriptor = vtd::InvPasidDeviceTlb::new().with_pfsid(0xabcd).with_sid(0x1234);
    assert_eq!(vtd::InvDescriptor::from_words(descriptor.words()).kind(), vtd::InvType::PASID_DEVICE_TLB);
    assert_eq!(descriptor.words()[0], 0xabc0_0000_1234_d008);
}

#[test]
fn a_setter_in_place_does_what_with_does() {
    let mut entry = vtd::PasidEntry::new();
    entry.set_did(0xffff);
    entry.set_pgtt(vtd::PasidEntryPgtt::NESTED);
    entry.set_p(true);
    assert_eq!(entry, vtd::PasidEntry::new().with_did(0xffff).with_pgtt(vtd::PasidEntryPgtt::NESTED).with_p(true));
    assert_eq!(entry.words()[..2], [0xc1, 0xffff]);
}

#[test]
fn bytes_in_memory_are_little_endian() {
    let entry = vtd::PasidDirEntry::new().with_p(true).with_tblptr(0x1122_3344_5566_7788);
    assert_eq!(entry.to_le_bytes(), [0x01, 0x70, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
    assert_eq!(vtd::PasidDirEntry::from_le_bytes(entry.to_le_bytes()), entry);
    let record = vtd::FaultRecord::from_words([0x0102_0304_0506_0708, 0x1112_1314_1516_1718]);
    assert_eq!(vtd::FaultRecord::from_le_bytes(record.to_le_bytes()), record);
    assert_eq!((record.to_le_bytes()[0], record.to_le_bytes()[15]), (0x08, 0x11));
}

/// The table of the notes: rows are the three caches, columns domain, PASID and address.
#[test]
fn invalidations_become_what_was_written_down() {
    let word = |cell: &Invalidation| match cell {
        Invalidation::Refused(_) => "refused".to_owned(),
        Invalidation::Nothing(_) => "nothing".to_owned(),
        Invalidation::InvIotlb(d) => format!("IOTLB, G = {}", d.g().0),
        Invalidation::InvPasidIotlb(d) => format!("PASID IOTLB, G = {}", d.g().0),
        Invalidation::InvPasidDeviceTlb(d) if d.s() => format!("PASID device TLB, {:#x}", d.addr()),
        Invalidation::InvPasidDeviceTlb(_) => "PASID device TLB".to_owned(),
        Invalidation::InvPasidCache(d) => format!("PASID cache, G = {}", d.g().0),
    };
    let here: Vec<Vec<String>> = Invalidation::TABLE.iter().map(|row| row.iter().map(word).collect()).collect();
    assert_eq!(
        here,
        [
            ["IOTLB, G = 2", "PASID IOTLB, G = 2", "PASID IOTLB, G = 3"],
            ["refused", "PASID device TLB, 0x7ffffffffffff000", "PASID device TLB"],
            ["PASID cache, G = 0", "PASID cache, G = 1", "refused"],
        ]
    );
    let word = |cell: &InvalidationLinux510| match cell {
        InvalidationLinux510::Refused(_) => "refused".to_owned(),
        InvalidationLinux510::Nothing(_) => "nothing".to_owned(),
        InvalidationLinux510::InvPasidIotlb(d) => format!("PASID IOTLB, G = {}", d.g().0),
        InvalidationLinux510::InvPasidDeviceTlb(_) => "PASID device TLB".to_owned(),
    };
    let here: Vec<Vec<String>> = InvalidationLinux510::TABLE.iter().map(|row| row.iter().map(word).collect()).collect();
    assert_eq!(
        here,
        [
            ["nothing", "PASID IOTLB, G = 2", "PASID IOTLB, G = 3"],
            ["refused", "nothing", "PASID device TLB"],
            ["nothing", "nothing", "refused"],
        ]
    );
    let of = Invalidation::of(vtd::InvCache::IOTLB, vtd::InvGranularity::ADDR);
    assert_eq!(of, Some(Invalidation::TABLE[0][2]));
    assert_eq!(Invalidation::of(vtd::InvCache(3), vtd::InvGranularity::ADDR), None);
}

/// Rows and columns are the bits and values of the user API.
#[test]
fn rows_and_columns_are_those_of_the_user_api() {
    use argsz_linux::iommu::{IommuCacheInvType, IommuInvGranularity};
    let bit = |row: vtd::InvCache| 1_u8 << row.0;
    assert_eq!(bit(vtd::InvCache::IOTLB), IommuCacheInvType::IOTLB.bits());
    assert_eq!(bit(vtd::InvCache::DEV_IOTLB), IommuCacheInvType::DEV_IOTLB.bits());
    assert_eq!(bit(vtd::InvCache::PASID), IommuCacheInvType::PASID.bits());
    assert_eq!(vtd::InvGranularity::DOMAIN.0, IommuInvGranularity::DOMAIN.0);
    assert_eq!(vtd::InvGranularity::PASID.0, IommuInvGranularity::PASID.0);
    assert_eq!(vtd::InvGranularity::ADDR.0, IommuInvGranularity::ADDR.0);
}

/// Words of every cell that becomes something, by its name in C.
fn cells(model: &Model) -> Vec<(String, Vec<u64>)> {
    let mut found = Vec::new();
    for table in model.tables() {
        for cell in &table.cells {
            if let Says::Becomes { item, with } = &cell.says {
                let item: &Bits = model.find_bits(&item.0).expect("it is there");
                let name = format!("VTD_{}_{}_{}", table.meta.name, cell.row, cell.column).to_uppercase();
                found.push((name, argsz_schema::bits::template(item, with)));
            }
        }
    }
    found
}
