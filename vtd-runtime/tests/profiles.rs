//! What differs between the two drivers; `docs/vtd-profiles.md` has a row for each test here.
#![expect(clippy::unwrap_used, reason = "tests")]

use argsz::zerocopy::IntoBytes as _;
use argsz::{Errno, Rejection};
use argsz_linux::iommu::{
    IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvAddrFlags, IommuInvAddrInfo, IommuInvPasidFlags,
    IommuInvPasidInfo, IommuPageResponse, IommuPageResponseCode, IommuPageResponseFlags, IommuSvaVtdGpasidFlags,
};
use vtd_runtime::device::Manners;
use vtd_runtime::driver::{OP_BIND, Process, Profile};
use vtd_runtime::hw::{PageResponseCode, PasidEntry};
use vtd_runtime::machine::{GUEST, Machine, Plan, SOURCE, VMM};
use vtd_runtime::memory::Memory as _;
use vtd_runtime::{Access, PageAsk, Request, Setup};

const BUFFER: u64 = 0x7f00_0000_0000;

fn machine(profile: Profile) -> Machine {
    with(profile, Setup::default())
}

fn with(profile: Profile, unit: Setup) -> Machine {
    let mut machine = Machine::new(Plan { profile, unit, ..Plan::default() }).unwrap();
    for page in 0..16 {
        machine.map(BUFFER + page * 0x1000, page * 0x1000, 12).unwrap();
    }
    machine
}

/// What both say to the same call.
fn both<T>(call: impl Fn(&mut Machine) -> T) -> (T, T) {
    (call(&mut machine(Profile::Linux5_10)), call(&mut machine(Profile::Strict)))
}

fn rule(refused: Result<(), Rejection>) -> (&'static str, Errno) {
    let refused = refused.unwrap_err();
    (refused.rule, refused.errno())
}

fn entry(machine: &Machine, pasid: u32) -> PasidEntry {
    let table = machine.memory.load(machine.driver.directory(SOURCE).unwrap()).unwrap() & !0xfff;
    PasidEntry::from_words(machine.memory.load_words(table + u64::from(pasid) * 64).unwrap())
}

fn addresses(pasid: u64, addr: u64, granule_size: u64, nb_granules: u64) -> IommuCacheInvalidateInfo {
    let flags = IommuInvAddrFlags::PASID;
    let range = IommuInvAddrInfo { flags, pasid, addr, granule_size, nb_granules, ..IommuInvAddrInfo::default() };
    IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).addr_info(range).build()
}

fn whole(cache: IommuCacheInvType, pasid: u32) -> IommuCacheInvalidateInfo {
    let flags = IommuInvPasidFlags::PASID;
    let whole = IommuInvPasidInfo { flags, pasid: u64::from(pasid), ..IommuInvPasidInfo::default() };
    IommuCacheInvalidateInfo::builder().cache(cache).pasid_info(whole).build()
}

/// Whether page `page` of the buffer is still where it was after it was moved and `info` invalidated.
fn stale(machine: &mut Machine, pasid: u32, page: u64, info: &IommuCacheInvalidateInfo) -> bool {
    let address = BUFFER + page * 0x1000;
    let at = |machine: &Machine| {
        let request = Request::new(SOURCE, Some(pasid), address, Access::Read);
        machine.unit.translate(&request).unwrap().translation().address
    };
    let before = at(machine);
    machine.map(address, 0x8_0000, 12).unwrap();
    machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap();
    let after = at(machine);
    assert!(after == before || after == GUEST + 0x8_0000);
    after == before
}

#[test]
fn low_bits_of_gpgd() {
    let bind = |machine: &mut Machine| {
        let pasid = machine.driver.alloc_pasid().unwrap();
        let mut data = machine.bind_data(pasid);
        data.gpgd |= 0x11;
        let outcome = machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes());
        (outcome, entry(machine, pasid))
    };
    let ((old, quirky), (strict, untouched)) = both(bind);
    assert_eq!((old, quirky.sre(), quirky.wpe()), (Ok(()), true, true), "nobody asked for either");
    assert_eq!(rule(strict), ("iommu_gpasid_bind_data/vtd-gpgd", Errno::EINVAL));
    assert!(!untouched.p());
}

#[test]
fn memory_types() {
    let bind = |profile| {
        let mut unit = Setup::default();
        unit.limits.ecap = unit.limits.ecap.with_mts(true);
        let mut machine = with(profile, unit);
        let pasid = machine.driver.alloc_pasid().unwrap();
        let mut data = machine.bind_data(pasid);
        let vtd = data.vendor.vtd_mut();
        vtd.flags = IommuSvaVtdGpasidFlags::PCD | IommuSvaVtdGpasidFlags::EMTE;
        (vtd.pat, vtd.emt) = (0x0706_0504, 6);
        let outcome = machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes());
        (outcome, entry(&machine, pasid))
    };
    assert_eq!(rule(bind(Profile::Linux5_10).0), ("intel_vtd/no-memory-types", Errno::EINVAL));
    let (outcome, entry) = bind(Profile::Strict);
    assert_eq!(outcome, Ok(()));
    assert_eq!((entry.pcd(), entry.emte(), entry.cd(), entry.pat(), entry.emt()), (true, true, false, 0x0706_0504, 6));
}

#[test]
fn values_without_effect() {
    let bind = |pat, emt| {
        both(move |machine| {
            let pasid = machine.driver.alloc_pasid().unwrap();
            let mut data = machine.bind_data(pasid);
            (data.vendor.vtd_mut().pat, data.vendor.vtd_mut().emt) = (pat, emt);
            machine.driver.bind_gpasid(VMM, SOURCE, data.as_bytes())
        })
    };
    let (old, strict) = bind(1, 0);
    assert_eq!((old, rule(strict)), (Ok(()), ("intel_vtd/pat-without-effect", Errno::EINVAL)));
    let (old, strict) = bind(0, 1);
    assert_eq!((old, rule(strict)), (Ok(()), ("intel_vtd/emt-without-effect", Errno::EINVAL)));
}

#[test]
fn cells_that_do_nothing() {
    let domain = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).build();
    let (old, strict) = both(|machine| {
        let pasid = machine.bind().unwrap();
        stale(machine, pasid, 1, &domain)
    });
    assert_eq!((old, strict), (true, false), "IOTLB by domain");

    let (old, strict) = both(|machine| {
        let pasid = machine.bind().unwrap();
        let at = |machine: &Machine| machine.device.access(&machine.unit, pasid, BUFFER, Access::Read).unwrap().address;
        assert_eq!(at(machine), GUEST);
        machine.map(BUFFER, 0x9000, 12).unwrap();
        machine.driver.cache_invalidate(SOURCE, whole(IommuCacheInvType::DEV_IOTLB, pasid).as_bytes()).unwrap();
        // The unit's own cache still has the old page: a device that asks anew is told that, and counts a miss.
        at(machine);
        machine.device.hits()
    });
    assert_eq!((old, strict), (1, 0), "device TLB by PASID");

    for info in [0, 1].map(|granularity| {
        let by_domain = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::PASID).build();
        if granularity == 0 { by_domain } else { whole(IommuCacheInvType::PASID, 1) }
    }) {
        let (old, strict) = both(|machine| {
            machine.bind().unwrap();
            let before = machine.unit.counters().cache("PASID").unwrap().invalidations;
            machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap();
            machine.unit.counters().cache("PASID").unwrap().invalidations - before
        });
        assert_eq!((old, strict), (0, 1), "PASID cache, {:?}", info.granularity);
    }
}

#[test]
fn odd_granules() {
    let (old, strict) = both(|machine| {
        machine.bind().unwrap();
        machine.driver.cache_invalidate(SOURCE, addresses(1, BUFFER, 0x3000, 1).as_bytes())
    });
    assert_eq!((old, rule(strict)), (Ok(()), ("iommu_cache_invalidate_info/vtd-granule", Errno::EINVAL)));
}

#[test]
fn a_range_that_wraps() {
    // 2^30 times (2^34 + 1) is 2^30 in 64 bits: the page at the buffer is in the range twice over.
    let wraps = addresses(1, 0x7f00_0000_0000, 0x4000_0000, (1 << 34) + 1);
    let (old, strict) = both(|machine| {
        machine.bind().unwrap();
        machine.driver.cache_invalidate(SOURCE, wraps.as_bytes())
    });
    assert_eq!(old, Ok(()));
    assert_eq!(rule(strict), ("iommu_cache_invalidate_info/vtd-range", Errno::EINVAL));
}

#[test]
fn an_unaligned_address() {
    let (old, strict) = both(|machine| {
        machine.bind().unwrap();
        machine.driver.cache_invalidate(SOURCE, addresses(1, BUFFER + 0x123, 0x1000, 1).as_bytes())
    });
    assert_eq!((old, rule(strict)), (Ok(()), ("iommu_cache_invalidate_info/vtd-addr-4k", Errno::EINVAL)));
}

#[test]
fn a_range_across_an_alignment() {
    // Pages 3 and 4: rounded to two pages at page 2, and page 4 is missed.
    let (old, strict) = both(|machine| {
        let pasid = machine.bind().unwrap();
        stale(machine, pasid, 4, &addresses(u64::from(pasid), BUFFER + 0x3000, 0x1000, 2))
    });
    assert_eq!((old, strict), (true, false));
}

#[test]
fn a_range_beyond_the_mask() {
    let huge = addresses(1, BUFFER, 0x4000_0000, 2);
    let (old, strict) = both(|machine| {
        let pasid = machine.bind().unwrap();
        let stale = stale(machine, pasid, 5, &huge);
        (stale, machine.unit.counters().queue("queue errors").unwrap())
    });
    assert_eq!((old, strict), ((true, 1), (false, 0)));
}

#[test]
fn a_wide_pasid() {
    let (old, strict) = both(|machine| {
        machine.bind().unwrap();
        let outcome = machine.driver.cache_invalidate(SOURCE, addresses(1 << 20, BUFFER, 0x1000, 1).as_bytes());
        (outcome, machine.unit.counters().queue("queue errors"))
    });
    assert_eq!(old, (Ok(()), Some(1)));
    assert_eq!(rule(strict.0), ("intel_vtd/invalidate-pasid", Errno::EINVAL));
    assert_eq!(strict.1, Some(0));
}

#[test]
fn an_invalidation_that_failed() {
    let (old, strict) = both(|machine| {
        machine.bind().unwrap();
        machine.device.behave(Manners::Mute);
        machine.driver.cache_invalidate(SOURCE, addresses(1, BUFFER, 0x1000, 1).as_bytes())
    });
    assert_eq!((old, rule(strict)), (Ok(()), ("intel_vtd/time-out", Errno::ETIMEDOUT)));
}

/// A machine with one request pending, and the response to it.
fn asked(machine: &mut Machine, code: IommuPageResponseCode) -> IommuPageResponse {
    let pasid = machine.bind().unwrap();
    machine.unit.page_request(&PageAsk::new(SOURCE, pasid, BUFFER, false, 4)).unwrap();
    machine.driver.take_page_requests().unwrap();
    let flags = IommuPageResponseFlags::PASID_VALID;
    IommuPageResponse::builder().flags(flags).pasid(pasid).grpid(4).code(code).build()
}

#[test]
fn failure_on_the_wire() {
    let (old, strict) = both(|machine| {
        let response = asked(machine, IommuPageResponseCode::FAILURE);
        machine.driver.page_response(VMM, SOURCE, response.as_bytes()).unwrap();
        machine.device.responses()[0].code
    });
    assert_eq!((old, strict), (PageResponseCode(2), PageResponseCode::FAILURE));
}

#[test]
fn an_unknown_response_code() {
    let (old, strict) = both(|machine| {
        let response = asked(machine, IommuPageResponseCode(0x15));
        let outcome = machine.driver.page_response(VMM, SOURCE, response.as_bytes());
        (outcome, machine.device.responses().first().map(|response| response.code))
    });
    assert_eq!(old, (Ok(()), Some(PageResponseCode(5))));
    assert_eq!((rule(strict.0), strict.1), (("intel_vtd/response-code", Errno::EINVAL), None));
}

#[test]
fn a_refused_response() {
    let (old, strict) = both(|machine| {
        let response = asked(machine, IommuPageResponseCode::SUCCESS);
        machine.driver.page_response(Process(9), SOURCE, response.as_bytes()).unwrap_err();
        machine.driver.page_response(VMM, SOURCE, response.as_bytes())
    });
    assert_eq!((rule(old), strict), (("intel_vtd/no-request", Errno::EINVAL), Ok(())));
}

#[test]
fn beyond_the_envelope() {
    let (old, strict) = both(|machine| {
        let pasid = machine.driver.alloc_pasid().unwrap();
        let data = machine.bind_data(pasid);
        let head = [79_u32, OP_BIND].map(u32::to_ne_bytes).concat();
        let user = [&head[..], data.as_bytes()].concat();
        machine.driver.nesting_op(VMM, SOURCE, user.as_slice())
    });
    assert_eq!((old, rule(strict)), (Ok(()), ("iommu_gpasid_bind_data/copy-rest", Errno::EFAULT)));
}

#[test]
fn the_page_names_every_difference() {
    let page = include_str!("../../docs/vtd-profiles.md");
    let named: Vec<&str> = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.ends_with("` |"))
        .filter_map(|line| line.trim_end_matches("` |").rsplit('`').next())
        .collect();
    let source = include_str!("profiles.rs");
    let tests: Vec<&str> = source
        .split("#[test]\nfn ")
        .skip(1)
        .filter_map(|test| test.split('(').next())
        .filter(|name| *name != "the_page_names_every_difference")
        .collect();
    assert_eq!(named, tests, "in the same order");
}
