//! Calls through VFIO: the envelope is judged first, then what lies in it; and what a unit in caching mode is told.
#![expect(clippy::unwrap_used, reason = "tests")]

use argsz::Errno;
use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvPasidInfo, IommuPageResponse, IommuPageResponseFlags,
};
use vtd_runtime::driver::{OP_BIND, OP_CACHE_INVALIDATE, OP_PAGE_RESPONSE, OP_UNBIND, Profile};
use vtd_runtime::machine::{GUEST, Machine, Plan, SOURCE, VMM};
use vtd_runtime::{Access, PageAsk, Request, Setup};

const BUFFER: u64 = 0x7f00_0000_0000;

fn envelope(operation: u32, data: &[u8]) -> Vec<u8> {
    let argsz = u32::try_from(data.len() + 8).unwrap();
    [&argsz.to_ne_bytes()[..], &operation.to_ne_bytes(), data].concat()
}

#[test]
fn all_four_calls_go_through_the_envelope() {
    for profile in [Profile::Linux5_10, Profile::Strict] {
        let mut machine = Machine::new(Plan { profile, ..Plan::default() }).unwrap();
        machine.map(BUFFER, 0x5000, 12).unwrap();
        let pasid = machine.driver.alloc_pasid().unwrap();
        let data = machine.bind_data(pasid);
        let call = |machine: &mut Machine, operation, data: &[u8]| {
            machine.driver.nesting_op(VMM, SOURCE, envelope(operation, data).as_slice())
        };
        call(&mut machine, OP_BIND, data.as_bytes()).unwrap();
        let request = Request::new(SOURCE, Some(pasid), BUFFER, Access::Read);
        assert_eq!(machine.unit.translate(&request).unwrap().translation().address, GUEST + 0x5000);

        let whole = IommuInvPasidInfo { pasid: u64::from(pasid), ..IommuInvPasidInfo::default() };
        let info = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).pasid_info(whole).build();
        call(&mut machine, OP_CACHE_INVALIDATE, info.as_bytes()).unwrap();

        machine.unit.page_request(&PageAsk::new(SOURCE, pasid, BUFFER, false, 2)).unwrap();
        machine.driver.take_page_requests().unwrap();
        let flags = IommuPageResponseFlags::PASID_VALID;
        let response = IommuPageResponse::builder().flags(flags).pasid(pasid).grpid(2).build();
        call(&mut machine, OP_PAGE_RESPONSE, response.as_bytes()).unwrap();
        assert_eq!(machine.device.responses().len(), 1);

        call(&mut machine, OP_UNBIND, data.as_bytes()).unwrap();
        assert!(machine.unit.translate(&request).is_err());
    }
}

#[test]
fn the_envelope_is_judged_first() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    let mut refused = |bytes: &[u8]| {
        let refused = machine.driver.nesting_op(VMM, SOURCE, bytes).unwrap_err();
        (refused.rule, refused.errno())
    };
    assert_eq!(refused(&[8, 0, 0, 0, 0, 0, 0]), ("vfio_nesting_op/copy", Errno::EFAULT));
    assert_eq!(refused(&[7, 0, 0, 0, 0, 0, 0, 0]), ("vfio_nesting_op/size", Errno::EINVAL));
    assert_eq!(refused(&envelope(1 << 16, &[])), ("vfio_nesting_op/flags", Errno::EINVAL));
    assert_eq!(refused(&envelope(4, &[])), ("vfio_nesting_op/operation", Errno::EINVAL));
    assert_eq!(refused(&envelope(OP_BIND, &[])), ("iommu_gpasid_bind_data/copy-fixed", Errno::EFAULT));
}

/// Only a unit that remembers what was not present is told of what is new.
#[test]
fn a_bind_is_announced_in_caching_mode() {
    for caching in [false, true] {
        let mut unit = Setup::default();
        unit.limits.cap = unit.limits.cap.with_cm(caching);
        let mut machine = Machine::new(Plan { unit, ..Plan::default() }).unwrap();
        let count = |machine: &Machine| {
            let counters = machine.unit.counters();
            ["PASID", "IOTLB"].map(|cache| counters.cache(cache).unwrap().invalidations)
        };
        let before = count(&machine);
        machine.bind().unwrap();
        let told = u64::from(caching);
        assert_eq!(count(&machine), before.map(|count| count + told));
    }
}

#[test]
fn the_guest_is_told_in_its_own_numbers() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    let pasid = machine.driver.alloc_pasid().unwrap();
    let mut data = machine.bind_data(pasid);
    data.flags = argsz_linux::iommu::IommuGpasidBindFlags::GPASID_VAL;
    data.gpasid = 0x77;
    machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes()).unwrap();
    machine.unit.page_request(&PageAsk::new(SOURCE, pasid, BUFFER, false, 2)).unwrap();
    machine.driver.take_page_requests().unwrap();
    let (_, fault) = machine.driver.next_event().unwrap();
    assert_eq!(fault.prm().pasid, 0x77);
    let flags = IommuPageResponseFlags::PASID_VALID;
    let response = IommuPageResponse::builder().flags(flags).pasid(0x77).grpid(2).build();
    machine.driver.page_response(VMM, SOURCE, response.as_bytes()).unwrap();
    assert_eq!(machine.device.responses()[0].pasid, Some(pasid), "and the device in those of the host");
}
