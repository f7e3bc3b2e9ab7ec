//! What a user of the generated crate relies on: builders and validators fit, each byte is read once, a word is judged
//! in its whole width, and bytes go around unchanged.

use std::cell::Cell;

use argsz::zerocopy::{FromBytes, IntoBytes};
use argsz::{Errno, Fault, Uapi, UserMemory};
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuCacheInvalidateInfoGranuView, IommuGpasidBindData,
    IommuGpasidBindDataVtd, IommuGpasidBindFlags, IommuInvAddrInfo, IommuInvPasidInfo,
};
use argsz_linux::iommufd::{IommuHwInfo, IommuHwptAlloc, IommuHwptDataType, IommuIoasMap, IommufdIoasMapFlags};

#[test]
fn a_builder_picks_selector_version_and_smallest_size() {
    let pasid = IommuInvPasidInfo { pasid: 7, ..Default::default() };
    let addr = IommuInvAddrInfo { addr: 0x1000, ..Default::default() };
    let begun = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB);
    let cases = [
        (begun.domain().build(), 16, IommuCacheInvalidateInfoGranuView::Empty),
        (begun.pasid_info(pasid).build(), 32, IommuCacheInvalidateInfoGranuView::PasidInfo(&pasid)),
        (begun.addr_info(addr).build(), 56, IommuCacheInvalidateInfoGranuView::AddrInfo(&addr)),
        (begun.addr_info(addr).domain().build(), 16, IommuCacheInvalidateInfoGranuView::Empty),
    ];
    for (built, argsz, view) in cases {
        assert_eq!((built.argsz, built.version, built.granu_view()), (argsz, 1, view));
        let user = &built.as_bytes()[..argsz as usize];
        assert_eq!(IommuCacheInvalidateInfo::copy_from_user(user), Ok(built));
    }
}

#[test]
fn a_field_beyond_the_minimum_is_covered_once_it_is_set() {
    let plain = IommuHwptAlloc::builder().dev_id(1).build();
    let with_data = IommuHwptAlloc::builder().data_type(IommuHwptDataType::VTD_S1).data_len(24).data_uptr(1).build();
    assert_eq!((plain.size, with_data.size), (24, 40));
    assert_eq!(IommuHwInfo::builder().want_out_capabilities().build().size, 40);
    for built in [plain, with_data] {
        assert_eq!(IommuHwptAlloc::copy_from_user(&built.as_bytes()[..built.size as usize]), Ok(built));
    }
}

#[test]
fn a_vendor_gets_all_it_asks_for() {
    let vtd = IommuGpasidBindDataVtd::default();
    let mut built = IommuGpasidBindData::builder().addr_width(48).hpasid(1).vtd(vtd).build();
    assert_eq!(built.argsz, 72);
    assert_eq!(IommuGpasidBindData::copy_from_user_intel_vtd(built.as_bytes()), Ok(built));
    built.argsz = 64;
    let refused = IommuGpasidBindData::copy_from_user_intel_vtd(built.as_bytes()).expect_err("the arm is cut");
    assert_eq!((refused.rule, refused.errno), ("iommu_gpasid_bind_data/vtd-size", Errno::EINVAL));
}

/// The first hand-written checks kept the allowed bits of these 64-bit flags in 32 bits.
#[test]
fn every_bit_of_64_is_judged() {
    for bit in 1..64 {
        let mut bind = IommuGpasidBindData::builder().addr_width(48).build();
        bind.flags |= IommuGpasidBindFlags::from_bits_retain(1 << bit);
        let refused = IommuGpasidBindData::copy_from_user(bind.as_bytes()).expect_err("an unknown flag");
        assert_eq!((refused.field, refused.offset), ("flags", 16), "bit {bit}");
        assert_eq!(IommuGpasidBindData::read_from_bytes(bind.as_bytes()), Ok(bind), "bit {bit} is kept");
    }
}

/// A user who rewrites its memory after each read.
struct Rewriting<'a> {
    first: &'a [u8],
    then: u8,
    reads: [Cell<u32>; 128],
}

impl UserMemory for Rewriting<'_> {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        for (byte, at) in into.iter_mut().zip(offset..) {
            let reads = self.reads.get(at).ok_or(Fault)?;
            *byte = if reads.get() == 0 { *self.first.get(at).ok_or(Fault)? } else { self.then };
            reads.set(reads.get() + 1);
        }
        Ok(())
    }
}

#[test]
fn no_byte_is_read_twice() {
    let flags = IommufdIoasMapFlags::READABLE;
    let built = IommuIoasMap::builder().flags(flags).ioas_id(3).user_va(0x1000).length(0x1000).build();
    let mut long = built.as_bytes().to_vec();
    long.resize(100, 0);
    long[0] = 100;
    let user = Rewriting { first: &long, then: 0xff, reads: [const { Cell::new(0) }; 128] };
    let held = IommuIoasMap::copy_from_user(&user).expect("the first bytes are good");
    assert_eq!((held.size, held.flags, held.length), (100, flags, 0x1000));
    assert!(user.reads.iter().all(|reads| reads.get() <= 1));
}

#[test]
fn a_refusal_says_what_to_do() {
    let mut map = IommuIoasMap::builder().flags(IommufdIoasMapFlags::READABLE).build();
    map.reserved = 1;
    let refused = IommuIoasMap::copy_from_user(map.as_bytes()).expect_err("reserved");
    assert_eq!(refused.errno(), Errno::EOPNOTSUPP);
    let said = refused.to_string();
    for part in ["EOPNOTSUPP", "`__reserved` at byte 12", "must be zero", "iommu_ioas_map/__reserved"] {
        assert!(said.contains(part), "{said}");
    }
    let mut longer = [0; IommuIoasMap::SIZE + 1];
    map.reserved = 0;
    map.size = 41;
    longer[..IommuIoasMap::SIZE].copy_from_slice(map.as_bytes());
    assert_eq!(IommuIoasMap::copy_from_user(&longer).map(|held| held.size), Ok(41));
    longer[IommuIoasMap::SIZE] = 1;
    assert_eq!(IommuIoasMap::copy_from_user(&longer).map_err(|refused| refused.errno), Err(Errno::E2BIG));
    assert_eq!(IommuIoasMap::copy_from_user(&longer[..40]).map_err(|refused| refused.errno), Err(Errno::EFAULT));
}
