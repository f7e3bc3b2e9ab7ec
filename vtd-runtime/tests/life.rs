//! The life of a bind, through all three parts.
#![expect(clippy::unwrap_used, reason = "tests")]

use argsz::Errno;
use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrFlags, IommuInvAddrInfo, IommuPageResponse,
    IommuPageResponseCode, IommuPageResponseFlags,
};
use vtd_runtime::hw::{FaultReason, PageResponseCode};
use vtd_runtime::machine::{GUEST, Machine, Plan, SOURCE, VMM};
use vtd_runtime::memory::Memory as _;
use vtd_runtime::{Access, Asked, Place, Request};

const BUFFER: u64 = 0x7f00_0000_1000;

#[test]
fn from_bind_to_unbind() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    machine.map(BUFFER, 0x5000, 12).unwrap();
    let pasid = machine.bind().unwrap();
    let data = machine.bind_data(pasid);
    let again = machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes()).unwrap_err();
    assert_eq!((again.errno(), again.rule), (Errno::EBUSY, "intel_vtd/already-bound"));

    let access = |machine: &Machine, at| machine.device.access(&machine.unit, pasid, at, Access::Write);
    assert_eq!(access(&machine, BUFFER + 0x24).unwrap().address, GUEST + 0x5024);
    machine.map(BUFFER, 0x6000, 12).unwrap();
    assert_eq!(access(&machine, BUFFER).unwrap().address, GUEST + 0x5000, "nobody said a word");
    machine.driver.cache_invalidate(SOURCE, range(pasid, BUFFER).as_bytes()).unwrap();
    assert_eq!(access(&machine, BUFFER).unwrap().address, GUEST + 0x6000);

    let missing = BUFFER + 0x1000;
    assert_eq!(access(&machine, missing).unwrap_err().fault().reason, FaultReason::FIRST_STAGE_NOT_PRESENT);
    assert_eq!(machine.device.ask(&machine.unit, pasid, missing, true, 3).unwrap(), Asked::Queued);
    machine.driver.take_page_requests().unwrap();
    let (source, fault) = machine.driver.next_event().unwrap();
    assert_eq!((source, fault.prm().addr, fault.prm().pasid, fault.prm().grpid), (SOURCE, missing, pasid, 3));
    machine.map(missing, 0x7000, 12).unwrap();
    let response = IommuPageResponse::builder().flags(IommuPageResponseFlags::PASID_VALID).pasid(pasid).grpid(3);
    let response = response.code(IommuPageResponseCode::SUCCESS).build();
    machine.driver.page_response(VMM, SOURCE, response.as_bytes()).unwrap();
    let answers = machine.device.responses();
    assert_eq!((answers.len(), answers[0].group, answers[0].code), (1, 3, PageResponseCode::SUCCESS));
    assert_eq!(access(&machine, missing).unwrap().address, GUEST + 0x7000);

    machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap();
    assert_eq!(access(&machine, BUFFER).unwrap_err().fault().reason, FaultReason::PASID_ENTRY_NOT_PRESENT);
    assert_eq!(machine.driver.take_faults().len(), 1, "the device's question after the unbind");
    machine.driver.free_pasid(pasid).unwrap();
}

fn range(pasid: u32, addr: u64) -> IommuCacheInvalidateInfo {
    let flags = IommuInvAddrFlags::PASID;
    let range = IommuInvAddrInfo {
        flags,
        pasid: u64::from(pasid),
        addr,
        granule_size: 0x1000,
        nb_granules: 1,
        ..IommuInvAddrInfo::default()
    };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).addr_info(range).build()
}

/// 24 and 35 are the textbook's numbers for nested paging: (n + 1)(m + 1) - 1.
#[test]
fn a_nested_walk_loads_as_often_as_the_textbook_says() {
    for (levels, loads) in [(4, 24), (5, 35)] {
        let mut machine =
            Machine::new(Plan { first_levels: levels, second_levels: levels, ..Plan::default() }).unwrap();
        machine.map(BUFFER, 0x5000, 12).unwrap();
        let pasid = machine.bind().unwrap();
        let (steps, end) = machine.unit.walk_steps(&Request::new(SOURCE, Some(pasid), BUFFER, Access::Read));
        assert_eq!(end.unwrap().address, GUEST + 0x5000);
        let stages = steps.iter().filter(|step| matches!(step.place, Place::First(_) | Place::Second(_)));
        assert_eq!(stages.count(), loads);
    }
}

#[test]
fn accessed_and_dirty_are_set_when_used_and_not_before() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    machine.map(BUFFER, 0x5000, 12).unwrap();
    let pasid = machine.bind().unwrap();
    let leaf = machine.first.entry(&machine.memory, BUFFER, 1).unwrap().unwrap();
    let flags = |machine: &Machine| machine.memory.load(leaf).unwrap() & 0x60;
    let touch = |machine: &Machine, access| {
        let request = Request::new(SOURCE, Some(pasid), BUFFER, access);
        machine.unit.translate(&request).map(|held| held.translation().address)
    };
    assert_eq!(flags(&machine), 0);
    assert!(touch(&machine, Access::Execute).is_err(), "ERE is clear");
    assert_eq!(flags(&machine), 0);
    touch(&machine, Access::Read).unwrap();
    assert_eq!(flags(&machine), 0x20);
    touch(&machine, Access::Write).unwrap();
    assert_eq!(flags(&machine), 0x60, "the cached page was clean: the write walked");
}
