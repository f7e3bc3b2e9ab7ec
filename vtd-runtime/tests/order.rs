//! The checks of each entry point, in the order of the driver of 5.10, with the errno of each: alone, and every pair.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use argsz::zerocopy::IntoBytes as _;
use argsz::{Errno, Rejection};
use argsz_linux::iommu::{
    IommuGpasidBindData, IommuGpasidBindDataVtd, IommuPageResponse, IommuPageResponseFlags, IommuPasidDataFormat,
    IommuSvaVtdGpasidFlags,
};
use vtd_runtime::driver::{DeviceInfo, Domain, Driver, Process, Profile, Setup as DriverSetup, features};
use vtd_runtime::hw::{PasidEntryAw, PasidEntryPgtt};
use vtd_runtime::machine::{Machine, Plan, SOURCE, VMM};
use vtd_runtime::memory::{Memory as _, VecMemory};
use vtd_runtime::{PageAsk, Setup, Unit};

const PASID: u32 = 5;

/// Everything a bind is judged by; as it is, it succeeds.
#[expect(clippy::struct_excessive_bools, reason = "each can be broken by itself")]
struct Case {
    unit: Setup,
    setup: DriverSetup,
    info: DeviceInfo,
    domain: Domain,
    data: IommuGpasidBindData,
    vtd: IommuGpasidBindDataVtd,
    /// Bytes of the user's memory.
    bytes: usize,
    attached: bool,
    with_domain: bool,
    allocated: bool,
    bound: bool,
    entry: bool,
    frames_gone: bool,
}

impl Case {
    fn new() -> Self {
        let data = IommuGpasidBindData::builder().addr_width(48).gpgd(0x1000).hpasid(u64::from(PASID));
        let mut setup = DriverSetup::new(Profile::Linux5_10, 0x1000..0x20_0000);
        setup.pasids = PASID..PASID + 1;
        Self {
            unit: Setup::default(),
            setup,
            info: DeviceInfo::default(),
            domain: Domain { table: 0x30_0000, width: PasidEntryAw::BITS_48, max_address: 0xffff_ffff, nesting: true },
            data: data.vtd(IommuGpasidBindDataVtd::default()).build(),
            vtd: IommuGpasidBindDataVtd::default(),
            bytes: 72,
            attached: true,
            with_domain: true,
            allocated: true,
            bound: false,
            entry: false,
            frames_gone: false,
        }
    }

    fn bind(mut self) -> Result<(), Rejection> {
        let memory = Arc::new(VecMemory::new(0x40_0000));
        let unit = Arc::new(Unit::new(memory.clone(), self.unit));
        let mut frames = self.setup.frames.clone();
        if self.frames_gone {
            // Five for the driver, 32 for the directory, one for the context table.
            frames.end = frames.start + 38 * 0x1000;
        }
        let mut driver = Driver::new(unit, memory.clone(), DriverSetup { frames, ..self.setup.clone() }).unwrap();
        driver.add_domain(3, self.domain).unwrap();
        if self.allocated || self.bound {
            assert_eq!(driver.alloc_pasid(), Ok(PASID));
        }
        if self.attached {
            driver.attach(SOURCE, DeviceInfo::default(), Some(3)).unwrap();
        }
        if self.bound {
            driver.bind_gpasid(VMM, SOURCE, Self::new().user().as_slice()).unwrap();
        }
        if self.entry {
            driver.attach(SOURCE + 1, DeviceInfo::default(), Some(3)).unwrap();
            let (from, to) = (driver.directory(SOURCE + 1).unwrap(), driver.directory(SOURCE).unwrap());
            driver.bind_gpasid(VMM, SOURCE + 1, Self::new().user().as_slice()).unwrap();
            memory.store(to, memory.load(from).unwrap()).unwrap();
        }
        if self.attached {
            let domain = self.with_domain.then_some(3);
            driver.attach(SOURCE, self.info, domain).unwrap();
        }
        let user = self.user();
        driver.bind_gpasid(VMM, SOURCE, user.as_slice())
    }

    fn user(&mut self) -> Vec<u8> {
        *self.data.vendor.vtd_mut() = self.vtd;
        self.data.as_bytes()[..self.bytes].to_vec()
    }
}

type Break = (&'static str, Errno, fn(&mut Case));

/// The checks of a bind, in order, and how each is broken.
const BIND: &[Break] = &[
    ("iommu_gpasid_bind_data/copy-fixed", Errno::EFAULT, |case| case.bytes = 40),
    ("iommu_gpasid_bind_data/size", Errno::EINVAL, |case| case.data.argsz = 55),
    ("iommu_gpasid_bind_data/copy-rest", Errno::EFAULT, |case| case.bytes = 60),
    ("iommu_gpasid_bind_data/version", Errno::EINVAL, |case| case.data.version = 2),
    ("iommu_gpasid_bind_data/format", Errno::EINVAL, |case| case.data.format = IommuPasidDataFormat(2)),
    ("iommu_gpasid_bind_data/flags", Errno::EINVAL, |case| {
        case.data.flags = argsz_linux::iommu::IommuGpasidBindFlags::from_bits_retain(1 << 40);
    }),
    ("iommu_gpasid_bind_data/padding", Errno::EINVAL, |case| case.data.padding[7] = 1),
    ("iommu_gpasid_bind_data/vtd-format", Errno::EINVAL, |case| case.data.format = IommuPasidDataFormat(0)),
    ("iommu_gpasid_bind_data/vtd-size", Errno::EINVAL, |case| case.data.argsz = 71),
    ("iommu_gpasid_bind_data/vtd-flags", Errno::EINVAL, |case| {
        case.vtd.flags |= IommuSvaVtdGpasidFlags::from_bits_retain(1 << 6);
    }),
    ("intel_vtd/not-pci", Errno::ENOTSUPP, |case| case.info.pci = false),
    ("intel_vtd/pasid-bits", Errno::EINVAL, |case| case.info.pasid_bits = 16),
    ("iommu_gpasid_bind_data/vtd-hpasid", Errno::EINVAL, |case| case.data.hpasid = 1 << 20),
    ("intel_vtd/no-device", Errno::EINVAL, |case| case.attached = false),
    ("intel_vtd/pasid-not-allocated", Errno::ENOENT, |case| case.allocated = false),
    ("intel_vtd/already-bound", Errno::EBUSY, |case| case.bound = true),
    ("intel_vtd/no-memory-to-bind", Errno::ENOMEM, |case| case.setup.max_bindings = 0),
    ("intel_vtd/no-domain", Errno::EINVAL, |case| case.with_domain = false),
    ("intel_vtd/not-nesting", Errno::EINVAL, |case| case.domain.nesting = false),
    ("intel_vtd/no-entry", Errno::EINVAL, |case| case.frames_gone = true),
    ("intel_vtd/entry-in-use", Errno::EBUSY, |case| case.entry = true),
    ("intel_vtd/no-five-levels", Errno::EINVAL, |case| {
        case.data.addr_width = 57;
        case.unit.limits.cap = case.unit.limits.cap.with_fl5lp(false);
    }),
    ("iommu_gpasid_bind_data/vtd-addr-width", Errno::EINVAL, |case| case.data.addr_width = 39),
    ("intel_vtd/gpgd-beyond", Errno::EINVAL, |case| case.data.gpgd = 1 << 32),
    ("intel_vtd/no-sre", Errno::EINVAL, |case| {
        case.vtd.flags |= IommuSvaVtdGpasidFlags::SRE;
        case.unit.limits.ecap = case.unit.limits.ecap.with_srs(false);
    }),
    ("intel_vtd/no-eafe", Errno::EINVAL, |case| {
        case.vtd.flags |= IommuSvaVtdGpasidFlags::EAFE;
        case.unit.limits.ecap = case.unit.limits.ecap.with_eafs(false);
    }),
    ("intel_vtd/no-memory-types", Errno::EINVAL, |case| case.vtd.flags |= IommuSvaVtdGpasidFlags::PCD),
];

/// Pairs that cannot be had at once: one undoes or brings about the other.
const APART: &[(&str, &str)] = &[
    ("iommu_gpasid_bind_data/copy-fixed", "iommu_gpasid_bind_data/copy-rest"),
    ("iommu_gpasid_bind_data/size", "iommu_gpasid_bind_data/copy-rest"),
    ("iommu_gpasid_bind_data/size", "iommu_gpasid_bind_data/vtd-size"),
    ("iommu_gpasid_bind_data/format", "iommu_gpasid_bind_data/vtd-format"),
    ("intel_vtd/not-pci", "intel_vtd/no-device"),
    ("intel_vtd/pasid-bits", "intel_vtd/no-device"),
    ("intel_vtd/no-device", "intel_vtd/already-bound"),
    ("intel_vtd/no-device", "intel_vtd/entry-in-use"),
    ("intel_vtd/pasid-not-allocated", "intel_vtd/already-bound"),
    ("intel_vtd/pasid-not-allocated", "intel_vtd/entry-in-use"),
    ("intel_vtd/already-bound", "intel_vtd/no-memory-to-bind"),
    ("intel_vtd/already-bound", "intel_vtd/not-nesting"),
    ("intel_vtd/already-bound", "intel_vtd/no-entry"),
    ("intel_vtd/already-bound", "intel_vtd/entry-in-use"),
    ("intel_vtd/no-memory-to-bind", "intel_vtd/entry-in-use"),
    ("intel_vtd/not-nesting", "intel_vtd/entry-in-use"),
    ("intel_vtd/no-entry", "intel_vtd/entry-in-use"),
    ("intel_vtd/no-five-levels", "iommu_gpasid_bind_data/vtd-addr-width"),
];

#[test]
fn each_check_of_a_bind_alone() {
    assert_eq!(Case::new().bind(), Ok(()));
    for (rule, errno, broken) in BIND {
        let mut case = Case::new();
        broken(&mut case);
        let refused = case.bind().expect_err(rule);
        assert_eq!((refused.rule, refused.errno()), (*rule, *errno));
    }
}

#[test]
fn the_first_broken_check_of_a_bind_is_heard() {
    let mut pairs = 0;
    for (at, (first, errno, break_first)) in BIND.iter().enumerate() {
        for (second, _, break_second) in &BIND[at + 1..] {
            if APART.contains(&(*first, *second)) {
                continue;
            }
            let mut case = Case::new();
            break_second(&mut case);
            break_first(&mut case);
            let refused = case.bind().expect_err(first);
            assert_eq!((refused.rule, refused.errno()), (*first, *errno), "with {second} broken too");
            pairs += 1;
        }
    }
    assert_eq!(pairs, BIND.len() * (BIND.len() - 1) / 2 - APART.len());
}

#[test]
fn a_unit_that_cannot_nest_says_so_and_refuses() {
    let mut case = Case::new();
    case.unit.limits.ecap = case.unit.limits.ecap.with_nest(false).with_prs(false);
    let unit = case.unit;
    assert_eq!(case.bind().unwrap_err().rule, "intel_vtd/not-nesting");
    let machine = Machine::new(Plan { unit, ..Plan::default() }).unwrap();
    assert_eq!(machine.driver.features(), features::SYSWIDE_PASID);
    let machine = Machine::new(Plan::default()).unwrap();
    let all = features::SYSWIDE_PASID | features::BIND_PGTBL | features::CACHE_INVLD | features::PAGE_REQUEST;
    assert_eq!(machine.driver.features(), all, "and never a PASID table");
    assert_eq!(machine.driver.bind_pasid_table(SOURCE).unwrap_err().errno(), Errno::ENODEV);
}

#[test]
fn unbind_in_order() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    let mut data = machine.bind_data(1 << 20);
    let refused = machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap_err();
    assert_eq!((refused.errno(), refused.rule), (Errno::EINVAL, "intel_vtd/unbind-hpasid"));
    data.hpasid = u64::MAX;
    assert_eq!(machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap_err().rule, "intel_vtd/unbind-hpasid");
    data.hpasid = 77;
    assert_eq!(machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap_err().errno(), Errno::ENOENT);
    let pasid = machine.driver.alloc_pasid().unwrap();
    data.hpasid = u64::from(pasid);
    assert_eq!(machine.driver.unbind_gpasid(SOURCE, data.as_bytes()), Ok(()), "never bound");
    assert_eq!(machine.driver.unbind_pasid(SOURCE, pasid), Ok(()), "from the kernel, without bytes");
    data.version = 9;
    let refused = machine.driver.unbind_gpasid(SOURCE, data.as_bytes()).unwrap_err();
    assert_eq!(refused.rule, "iommu_gpasid_bind_data/version", "the generic checks come first");
    let short = &data.as_bytes()[..40];
    assert_eq!(machine.driver.unbind_gpasid(SOURCE, short).unwrap_err().errno(), Errno::EFAULT);
}

#[test]
fn pasids_are_handed_out_once_and_kept_while_bound() {
    let mut machine = Machine::new(Plan::default()).unwrap();
    let (one, two) = (machine.driver.alloc_pasid().unwrap(), machine.driver.alloc_pasid().unwrap());
    assert_ne!(one, two);
    machine.driver.free_pasid(one).unwrap();
    assert_eq!(machine.driver.free_pasid(one).unwrap_err().errno(), Errno::ENOENT);
    let bound = machine.bind().unwrap();
    assert_eq!(machine.driver.free_pasid(bound).unwrap_err().errno(), Errno::EBUSY);
    machine.driver.unbind_pasid(SOURCE, bound).unwrap();
    machine.driver.free_pasid(bound).unwrap();
}

#[test]
fn page_response_in_order() {
    let machine = || {
        let mut machine = Machine::new(Plan::default()).unwrap();
        let pasid = machine.bind().unwrap();
        machine.unit.page_request(&PageAsk::new(SOURCE, pasid, 0x1000, false, 4)).unwrap();
        machine.driver.take_page_requests().unwrap();
        (machine, pasid)
    };
    let good = |pasid| {
        let flags = IommuPageResponseFlags::PASID_VALID;
        IommuPageResponse::builder().flags(flags).pasid(pasid).grpid(4).build()
    };
    let answer = |machine: &mut Machine, process, response: IommuPageResponse| {
        let refused = machine.driver.page_response(process, SOURCE, response.as_bytes()).unwrap_err();
        (refused.rule, refused.errno())
    };
    let (mut one, pasid) = machine();
    let other = |change: fn(&mut IommuPageResponse)| {
        let mut response = good(pasid);
        change(&mut response);
        response
    };
    let version = answer(&mut one, VMM, other(|response| response.version = 3));
    assert_eq!(version, ("iommu_page_response/version", Errno::EINVAL));
    let flags = other(|response| response.flags = IommuPageResponseFlags::from_bits_retain(2));
    assert_eq!(answer(&mut one, VMM, flags), ("iommu_page_response/flags", Errno::EINVAL));
    for nothing in [other(|response| response.grpid = 5), other(|response| response.pasid += 1)] {
        assert_eq!(answer(&mut one, VMM, nothing), ("intel_vtd/no-request", Errno::EINVAL));
    }
    let without = other(|response| response.flags = IommuPageResponseFlags::empty());
    assert_eq!(answer(&mut one, VMM, without), ("intel_vtd/response-pasid", Errno::EINVAL));
    let stranger = answer(&mut one, Process(2), good(pasid));
    assert_eq!(stranger, ("intel_vtd/response-process", Errno::EINVAL));
    one.driver.attach(SOURCE, DeviceInfo { pci: false, ..DeviceInfo::default() }, Some(7)).unwrap();
    assert_eq!(answer(&mut one, VMM, good(pasid)), ("intel_vtd/response-no-device", Errno::ENODEV));
    let (mut two, pasid) = machine();
    two.driver.unbind_pasid(SOURCE, pasid).unwrap();
    assert_eq!(answer(&mut two, VMM, good(pasid)), ("intel_vtd/response-not-bound", Errno::ENODEV));
}

#[test]
fn a_bound_entry_is_nested_and_names_the_domain() {
    let mut machine = Machine::new(Plan { first_levels: 5, second_levels: 5, ..Plan::default() }).unwrap();
    let pasid = machine.bind().unwrap();
    let directory = machine.driver.directory(SOURCE).unwrap();
    let table = machine.memory.load(directory).unwrap() & !0xfff;
    let words = machine.memory.load_words::<8>(table + u64::from(pasid) * 64).unwrap();
    let entry = vtd_runtime::hw::PasidEntry::from_words(words);
    assert_eq!((entry.p(), entry.pgtt(), entry.did()), (true, PasidEntryPgtt::NESTED, 7));
    assert_eq!((entry.aw(), entry.fspm().0), (PasidEntryAw::BITS_57, 1));
    assert_eq!((entry.fsptr(), entry.ssptr()), (machine.first.top, machine.second.top));
    assert_eq!(entry.reserved_bits(), [0; 8]);
}
