//! The life of a bind, step by step: `cargo run -p vtd-runtime --example life_of_a_bind`.

use std::error::Error;

use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrFlags, IommuInvAddrInfo, IommuPageResponse,
    IommuPageResponseCode, IommuPageResponseFlags,
};
use vtd_runtime::machine::{GUEST, Machine, Plan, SOURCE, VMM};
use vtd_runtime::memory::Memory as _;
use vtd_runtime::{Access, Request, dump};

/// The guest's buffer, as its program sees it.
const BUFFER: u64 = 0x7f00_0000_1000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut machine = Machine::new(Plan::default())?;
    println!("# A guest maps {BUFFER:#x} to its physical page 0x5000, which the host keeps at {:#x}.", GUEST + 0x5000);
    machine.map(BUFFER, 0x5000, 12)?;

    let pasid = machine.driver.alloc_pasid()?;
    let data = machine.bind_data(pasid);
    println!(
        "\n# bind: its tables at guest-physical {:#x} go to PASID {pasid}; {} bytes of a user",
        data.gpgd, data.argsz
    );
    machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes())?;
    print!("{}", dump::pasid_table(&machine.memory, machine.driver.directory(SOURCE).unwrap_or_default())?);

    println!("\n# the same again is refused");
    if let Err(rejection) = machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes()) {
        println!("{rejection}");
    }

    println!("\n# translate: a device reads {BUFFER:#x} in PASID {pasid}");
    let request = Request::new(SOURCE, Some(pasid), BUFFER + 0x24, Access::Read);
    let (steps, end) = machine.unit.walk_steps(&request);
    print!("{}", dump::walk(&steps, &end));
    println!("through the device's TLB: {:#x}", access(&machine, pasid, BUFFER + 0x24)?);

    println!("\n# the guest moves its page to 0x6000, and tells nobody: the device is where it was");
    machine.map(BUFFER, 0x6000, 12)?;
    println!("through the device's TLB: {:#x}", access(&machine, pasid, BUFFER + 0x24)?);

    println!("\n# invalidate: the page, in the IOTLB; with ATS the device's TLB follows");
    let range = IommuInvAddrInfo {
        flags: IommuInvAddrFlags::PASID | IommuInvAddrFlags::LEAF,
        pasid: u64::from(pasid),
        addr: BUFFER,
        granule_size: 0x1000,
        nb_granules: 1,
        ..IommuInvAddrInfo::default()
    };
    let info = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).addr_info(range).build();
    machine.driver.cache_invalidate(SOURCE, info.as_bytes())?;
    println!("through the device's TLB: {:#x}", access(&machine, pasid, BUFFER + 0x24)?);

    page_request(&mut machine, pasid)?;

    println!("\n# unbind");
    machine.driver.unbind_gpasid(SOURCE, data.as_bytes())?;
    if let Err(denied) = machine.device.access(&machine.unit, pasid, BUFFER, Access::Read) {
        println!("{}", denied.fault());
    }
    for (source, reason, fault) in machine.driver.take_faults() {
        println!("recorded for {source:04x}: {reason:?}, told as {:?}", fault.event().reason);
    }

    println!("\n# counters");
    let counters = machine.unit.counters();
    for cache in &counters.caches {
        println!(
            "{:<18} {:>3} hits {:>3} misses {:>3} invalidations",
            cache.name, cache.hits, cache.misses, cache.invalidations
        );
    }
    for (name, number) in counters.queues.iter().filter(|(_, number)| *number > 0) {
        println!("{name:<18} {number:>3}");
    }
    Ok(())
}

fn page_request(machine: &mut Machine, pasid: u32) -> Result<(), Box<dyn Error>> {
    let missing = BUFFER + 0x1000;
    println!("\n# page request: {missing:#x} is not there");
    if let Err(denied) = machine.device.access(&machine.unit, pasid, missing, Access::Write) {
        println!("{}", denied.fault());
    }
    machine.device.ask(&machine.unit, pasid, missing, true, 3)?;
    machine.driver.take_page_requests()?;
    let (source, fault) = machine.driver.next_event().ok_or("no page request arrived")?;
    println!("told to the user of {source:04x}: {:?}", fault.prm());

    println!("\n# response: the guest maps the page, and says so");
    machine.map(missing, 0x7000, 12)?;
    let response = IommuPageResponse::builder()
        .flags(IommuPageResponseFlags::PASID_VALID)
        .pasid(fault.prm().pasid)
        .grpid(fault.prm().grpid)
        .code(IommuPageResponseCode::SUCCESS)
        .build();
    machine.driver.page_response(VMM, SOURCE, response.as_bytes())?;
    println!("told to the device: {:?}", machine.device.responses());
    println!("through the device's TLB: {:#x}", access(machine, pasid, missing)?);
    Ok(())
}

/// Where the device gets to, checked against a word written there.
fn access(machine: &Machine, pasid: u32, address: u64) -> Result<u64, Box<dyn Error>> {
    let found =
        machine.device.access(&machine.unit, pasid, address, Access::Write).map_err(|denied| *denied.fault())?;
    machine.memory.store(found.address & !7, 1)?;
    Ok(found.address)
}
