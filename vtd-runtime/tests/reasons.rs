//! A reproducer for every fault reason: the table of reasons is walked, and none may lack one.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use vtd_runtime::hw::{
    ContextEntry, FaultReason, Gcmd, PasidEntry, PasidEntryAw, PasidEntryFspm, PasidEntryPgtt, Rtaddr, RtaddrTtm,
};
use vtd_runtime::machine::{DOMAIN, GUEST, Machine, Plan, SOURCE};
use vtd_runtime::memory::{Memory, MemoryError, VecMemory};
use vtd_runtime::{Access, Fault, Mmio, PageAsk, Request, Setup};

const BUFFER: u64 = 0x7f00_0000_1000;

/// Memory in which one word is poisoned, or cannot be swapped.
#[derive(Clone)]
struct Poisoned {
    memory: Arc<VecMemory>,
    read: Arc<AtomicU64>,
    swap: Arc<AtomicU64>,
}

impl Memory for Poisoned {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        if self.read.load(Ordering::Relaxed) == address {
            return Err(MemoryError { address });
        }
        self.memory.load(address)
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.memory.store(address, word)
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        if self.swap.load(Ordering::Relaxed) == address {
            return Err(MemoryError { address });
        }
        self.memory.compare_exchange(address, current, new)
    }
}

/// A machine with `BUFFER` mapped and bound, and the places of its tables.
struct Scene {
    machine: Machine<Poisoned>,
    pasid: u32,
    request: Request,
    read: Arc<AtomicU64>,
    swap: Arc<AtomicU64>,
    root: u64,
    context: u64,
    directory: u64,
    entry: u64,
}

impl Scene {
    fn new(setup: Setup) -> Self {
        let none = || Arc::new(AtomicU64::new(u64::MAX));
        let (read, swap) = (none(), none());
        let memory = Poisoned { memory: Arc::new(VecMemory::new(0x200_0000)), read: read.clone(), swap: swap.clone() };
        let mut machine = Machine::over(memory, Plan { unit: setup, ..Plan::default() }).unwrap();
        machine.map(BUFFER, 0x5000, 12).unwrap();
        let pasid = machine.bind().unwrap();
        let memory = &machine.memory;
        let root = Rtaddr::from_words([machine.unit.read(Rtaddr::OFFSET)]).rta() + u64::from(SOURCE >> 8) * 16;
        let context = (memory.load(root).unwrap() & !0xfff) + u64::from(SOURCE & 0x7f) * 32;
        let directory = machine.driver.directory(SOURCE).unwrap();
        let entry = (memory.load(directory).unwrap() & !0xfff) + u64::from(pasid) * 64;
        let request = Request::new(SOURCE, Some(pasid), BUFFER, Access::Read);
        Self { machine, pasid, request, read, swap, root, context, directory, entry }
    }

    fn poison(&self, address: u64) {
        self.read.store(address, Ordering::Relaxed);
    }

    fn change(&self, address: u64, change: impl FnOnce(u64) -> u64) {
        let memory = &self.machine.memory;
        memory.store(address, change(memory.load(address).unwrap())).unwrap();
    }

    fn change_entry(&self, change: impl FnOnce(PasidEntry) -> PasidEntry) {
        let memory = &self.machine.memory;
        let words = change(PasidEntry::from_words(memory.load_words::<8>(self.entry).unwrap())).words();
        for (at, word) in (0..).zip(words) {
            memory.store(self.entry + at * 8, word).unwrap();
        }
    }

    fn change_context(&self, change: impl FnOnce(ContextEntry) -> ContextEntry) {
        let memory = &self.machine.memory;
        let words = change(ContextEntry::from_words(memory.load_words::<4>(self.context).unwrap())).words();
        for (at, word) in (0..).zip(words) {
            memory.store(self.context + at * 8, word).unwrap();
        }
    }

    /// The first-stage entry of `level` for the buffer.
    fn first(&self, level: u8) -> u64 {
        self.machine.first.entry(&self.machine.memory, BUFFER, level).unwrap().unwrap()
    }

    /// The second-stage entry of `level` for a guest-physical address.
    fn second(&self, address: u64, level: u8) -> u64 {
        self.machine.second.entry(&self.machine.memory, address, level).unwrap().unwrap()
    }

    fn root_table(&self, change: impl FnOnce(Rtaddr) -> Rtaddr) {
        let unit = &self.machine.unit;
        let old = Rtaddr::from_words([unit.read(Rtaddr::OFFSET)]);
        unit.write(Rtaddr::OFFSET, change(old).words()[0]);
        let go = Gcmd::new().with_srtp(true).with_qie(true).with_te(true);
        unit.write(Gcmd::OFFSET, u64::from(go.words()[0]));
    }

    fn ask(&self) -> Option<Fault> {
        self.machine.unit.page_request(&PageAsk::new(SOURCE, self.pasid, BUFFER, false, 0)).err()
    }

    fn request(&self, change: impl FnOnce(Request) -> Request) -> Option<Fault> {
        self.machine.unit.translate(&change(self.request)).err()
    }

    fn plain(&self) -> Option<Fault> {
        self.request(|request| request)
    }
}

/// Brings the reason about, each in its own way; `None` if the request passed.
fn reproduce(reason: FaultReason, scene: &mut Scene) -> Option<Fault> {
    match reason.0 {
        0x30..=0x3a => root(reason, scene),
        0x40..=0x48 => context(reason, scene),
        0x50..=0x5d => pasid(reason, scene),
        0x70..=0x77 | 0x90 | 0x91 => first_stage(reason, scene),
        0x78..=0x7c => second_stage(reason, scene),
        _ => address(reason, scene),
    }
}

fn root(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    match reason {
        FaultReason::ROOT_ADDRESS => scene.root_table(|root| root.with_rta(1 << 50)),
        FaultReason::LEGACY_PASID => scene.root_table(|root| root.with_ttm(RtaddrTtm::LEGACY)),
        FaultReason::LEGACY_PAGE_GROUP => {
            scene.root_table(|root| root.with_ttm(RtaddrTtm::LEGACY));
            return scene.ask();
        }
        FaultReason::ROOT_ACCESS => scene.poison(scene.root),
        FaultReason::ROOT_NOT_PRESENT => scene.change(scene.root, |word| word & !1),
        FaultReason::ROOT_RESERVED => scene.change(scene.root, |word| word | 2),
        _ => return None,
    }
    scene.plain()
}

fn context(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    match reason {
        FaultReason::CONTEXT_ACCESS => scene.poison(scene.context),
        FaultReason::CONTEXT_NOT_PRESENT => scene.change_context(|context| context.with_p(false)),
        FaultReason::CONTEXT_RESERVED => scene.change(scene.context, |word| word | 1 << 5),
        // A unit of fewer PASIDs than the directory is for.
        FaultReason::CONTEXT_INVALID => {
            let mut setup = Setup::default();
            setup.limits.ecap = setup.limits.ecap.with_pss(15);
            return Scene::new(setup).plain();
        }
        FaultReason::CONTEXT_DTE => {
            scene.change_context(|context| context.with_dte(false));
            return scene.request(Request::translation);
        }
        FaultReason::CONTEXT_PASIDE => scene.change_context(|context| context.with_paside(false)),
        FaultReason::CONTEXT_PASID_TOO_LARGE => {
            scene.change_context(|context| context.with_pdts(0));
            return scene.request(|request| Request { pasid: Some(1 << 13), ..request });
        }
        FaultReason::CONTEXT_PRE => {
            scene.change_context(|context| context.with_pre(false));
            return scene.ask();
        }
        FaultReason::CONTEXT_RID_PASID => {
            scene.change_context(|context| context.with_pdts(0).with_rid_pasid(1 << 13));
            return scene.request(|request| Request { pasid: None, ..request });
        }
        _ => return None,
    }
    scene.plain()
}

fn pasid(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    match reason {
        FaultReason::PASID_DIR_ACCESS => scene.poison(scene.directory),
        FaultReason::PASID_DIR_NOT_PRESENT => scene.change(scene.directory, |word| word & !1),
        FaultReason::PASID_DIR_RESERVED => scene.change(scene.directory, |word| word | 1 << 2),
        FaultReason::PASID_ENTRY_ACCESS => scene.poison(scene.entry + 16),
        FaultReason::PASID_ENTRY_NOT_PRESENT => scene.change_entry(|entry| entry.with_p(false)),
        FaultReason::PASID_ENTRY_RESERVED => scene.change(scene.entry, |word| word | 1 << 5),
        FaultReason::PASID_ENTRY_INVALID => scene.change_entry(|entry| entry.with_pgtt(PasidEntryPgtt(7))),
        FaultReason::PASID_ENTRY_ERE => {
            return scene.request(|request| Request { access: Access::Execute, ..request });
        }
        FaultReason::PASID_ENTRY_SRE => return scene.request(Request::privileged),
        _ => return None,
    }
    scene.plain()
}

fn first_stage(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    let (top, third) = (scene.machine.first.top, scene.first(3) & !0xfff);
    match reason {
        FaultReason::FIRST_STAGE_ACCESS => scene.poison(scene.first(2)),
        FaultReason::FIRST_STAGE_NOT_PRESENT => scene.change(scene.first(1), |word| word & !1),
        FaultReason::FIRST_STAGE_RESERVED => scene.change(scene.first(1), |word| word | 1 << 50),
        FaultReason::FIRST_STAGE_TOP_ACCESS => scene.poison(scene.first(4)),
        FaultReason::NESTED_BEYOND_MGAW => {
            let mut setup = Setup::default();
            setup.limits.cap = setup.limits.cap.with_mgaw(38);
            let scene = Scene::new(setup);
            scene.change_entry(|entry| entry.with_fsptr(1 << 40));
            return scene.plain();
        }
        FaultReason::NESTED_TOP_READ => scene.change(scene.second(top, 1), |word| word & !1),
        FaultReason::NESTED_READ => scene.change(scene.second(third - GUEST, 1), |word| word & !1),
        FaultReason::NESTED_WRITE => scene.change(scene.second(top, 1), |word| word & !2),
        FaultReason::FIRST_STAGE_SNOOP => scene.change_entry(|entry| entry.with_pwsnp(false)),
        FaultReason::AD_UPDATE => scene.swap.store(scene.first(1), Ordering::Relaxed),
        _ => return None,
    }
    scene.plain()
}

fn second_stage(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    let data = scene.second(0x5000, 1);
    match reason {
        FaultReason::SECOND_STAGE_ACCESS => scene.poison(data),
        FaultReason::SECOND_STAGE_PERMISSION => scene.change(data, |word| word & !3),
        FaultReason::SECOND_STAGE_RESERVED => scene.change(data, |word| word | 1 << 50),
        FaultReason::SECOND_STAGE_POINTER => scene.change_entry(|entry| entry.with_ssptr(0x2000_0000)),
        FaultReason::SECOND_STAGE_SNOOP => {
            scene.change_entry(|entry| entry.with_ssade(true).with_pwsnp(false));
        }
        _ => return None,
    }
    scene.plain()
}

fn address(reason: FaultReason, scene: &Scene) -> Option<Fault> {
    let data = scene.second(0x5000, 1);
    match reason {
        FaultReason::NON_CANONICAL => return scene.request(|request| Request { address: 1 << 47, ..request }),
        FaultReason::USER_SUPERVISOR => scene.change(scene.first(2), |word| word & !4),
        FaultReason::NO_EXECUTE => {
            scene.change_entry(|entry| entry.with_ere(true));
            scene.change(scene.first(1), |word| word | 1 << 63);
            return scene.request(|request| Request { access: Access::Execute, ..request });
        }
        FaultReason::BEYOND_MAXIMUM => {
            scene.change_entry(|entry| entry.with_pgtt(PasidEntryPgtt::PASS_THROUGH));
        }
        FaultReason::SECOND_STAGE_BEYOND => {
            scene.change_entry(|entry| entry.with_pgtt(PasidEntryPgtt::SECOND_STAGE));
            return scene.request(|request| Request { address: 1 << 48, ..request });
        }
        FaultReason::NO_WRITE => {
            scene.change(data, |word| word & !2);
            return scene.request(|request| Request { access: Access::Write, ..request });
        }
        FaultReason::NO_READ => scene.change(data, |word| word & !1),
        FaultReason::INTERRUPT_RANGE => scene.change(data, |word| word & 0xfff | 0xfee0_0000),
        _ => return None,
    }
    scene.plain()
}

/// Every reason that has a name.
fn reasons() -> impl Iterator<Item = FaultReason> {
    (0..=u8::MAX).map(FaultReason).filter(|reason| reason.name().is_some())
}

fn tall() -> Setup {
    let mut setup = Setup::default();
    // BUFFER is beyond the host's addresses, for pass-through.
    setup.limits.host_bits = 46;
    setup
}

#[test]
fn every_fault_reason_has_a_reproducer() {
    assert_eq!(reasons().count(), 47, "as many as the table of the specification has");
    for reason in reasons() {
        let mut scene = Scene::new(tall());
        let fault = reproduce(reason, &mut scene).unwrap_or_else(|| panic!("{reason:?}: the request passed"));
        assert_eq!(fault.reason, reason, "wanted {reason:?}");
        if !matches!(reason, FaultReason::CONTEXT_INVALID | FaultReason::NESTED_BEYOND_MGAW) && !fault.silent {
            scene.read.store(u64::MAX, Ordering::Relaxed);
            let recorded = scene.machine.driver.take_faults();
            assert_eq!(recorded.len(), 1, "{reason:?} is recorded once");
            assert_eq!((recorded[0].0, recorded[0].1), (SOURCE, reason));
        }
    }
}

/// Reasons that come after an entry with FPD was read are not recorded; those before it are.
#[test]
fn silence_is_heeded_where_an_entry_asks_for_it() {
    for reason in reasons() {
        let mut scene = Scene::new(tall());
        let moved = matches!(reason, FaultReason::CONTEXT_INVALID | FaultReason::NESTED_BEYOND_MGAW);
        if moved {
            continue; // On a machine of their own.
        }
        scene.change_context(|context| context.with_fpd(true));
        let fault = reproduce(reason, &mut scene).unwrap();
        let heeds = reason > FaultReason::CONTEXT_ACCESS;
        assert_eq!((fault.reason, fault.silent), (reason, heeds));
        scene.read.store(u64::MAX, Ordering::Relaxed);
        assert_eq!(scene.machine.driver.take_faults().len(), usize::from(!heeds), "{reason:?}");
    }
}

#[test]
fn silence_of_directory_and_entry_counts_too() {
    let scene = Scene::new(tall());
    scene.change(scene.directory, |word| word | 2);
    scene.change_entry(|entry| entry.with_p(false));
    assert!(scene.plain().unwrap().silent);
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_fpd(true));
    scene.change(scene.first(1), |_| 0);
    assert!(scene.plain().unwrap().silent);
    assert_eq!(scene.machine.unit.counters().queue("faults silent"), Some(1));
}

#[test]
fn faults_beyond_the_records_are_lost_and_said_so() {
    let mut scene = Scene::new(tall());
    for _ in 0..20 {
        assert!(scene.request(|request| Request { address: 1 << 47, ..request }).is_some());
    }
    assert_eq!(scene.machine.driver.take_faults().len(), 8);
    assert_eq!(scene.machine.unit.counters().queue("faults lost"), Some(12));
    assert!(scene.request(|request| Request { address: 1 << 47, ..request }).is_some());
    assert_eq!(scene.machine.driver.take_faults().len(), 1, "and there is room again");
}

/// The rules that a fault of their own does not show: each passes or fails by one bit.
#[test]
fn supervisors_execution_and_write_protection() {
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_sre(true).with_ere(true));
    scene.change(scene.first(1), |word| word & !6);
    let supervisor = |access| scene.request(|request| Request { access, ..request }.privileged());
    assert_eq!(supervisor(Access::Write), None, "without WPE a supervisor writes where it likes");
    assert_eq!(scene.plain().unwrap().reason, FaultReason::USER_SUPERVISOR);
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_sre(true).with_wpe(true));
    scene.change(scene.first(1), |word| word & !2);
    let supervisor = |access| scene.request(|request| Request { access, ..request }.privileged());
    assert_eq!(supervisor(Access::Write).unwrap().reason, FaultReason::NO_WRITE);
    assert_eq!(supervisor(Access::Read), None);
}

#[test]
fn second_stage_alone_and_pass_through_translate() {
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_pgtt(PasidEntryPgtt::SECOND_STAGE));
    let at = |address| {
        let request = Request { address, ..scene.request };
        scene.machine.unit.translate(&request).map(|held| held.translation().address)
    };
    assert_eq!(at(0x5123), Ok(GUEST + 0x5123));
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_pgtt(PasidEntryPgtt::PASS_THROUGH));
    let at = |address| {
        let request = Request { address, ..scene.request };
        scene.machine.unit.translate(&request).map(|held| held.translation().address)
    };
    assert_eq!(at(0x5123), Ok(0x5123));
    let scene = Scene::new(tall());
    scene.change_entry(|entry| {
        let first = entry.with_pgtt(PasidEntryPgtt::FIRST_STAGE).with_did(DOMAIN).with_aw(PasidEntryAw(0));
        first.with_fspm(PasidEntryFspm::LEVEL_4).with_fsptr(scene.machine.first.top + GUEST)
    });
    // Tables of the guest hold guest-physical addresses: taken for host-physical, the next one is not there.
    assert_eq!(scene.plain().unwrap().reason, FaultReason::FIRST_STAGE_NOT_PRESENT);
}

/// With SSADE the second stage keeps accessed and dirty too: of data, and of first-stage tables that are marked.
#[test]
fn the_second_stage_keeps_accessed_and_dirty_where_asked() {
    let scene = Scene::new(tall());
    scene.change_entry(|entry| entry.with_ssade(true));
    let (data, table) = (scene.second(0x5000, 1), scene.second(scene.machine.first.top, 1));
    let flags = |at| scene.machine.memory.load(at).unwrap() & 0x300;
    assert_eq!(scene.plain(), None);
    assert_eq!((flags(data), flags(table)), (0x100, 0x300), "read, and marked as accessed itself");
    assert_eq!(scene.request(|request| Request { access: Access::Write, ..request }), None);
    assert_eq!(flags(data), 0x300);
}

/// Pages of 2 MiB and 1 GiB in either stage: what is cached is the smaller of the two.
#[test]
fn the_smaller_page_of_two_stages_counts() {
    for (second_shift, first_shift, shift) in [(12, 21, 12), (21, 12, 12), (21, 21, 21), (21, 30, 21)] {
        let mut machine = Machine::new(Plan { second_shift, ..Plan::default() }).unwrap();
        machine.map(BUFFER & !0x3fff_ffff, 0, first_shift).unwrap();
        let pasid = machine.bind().unwrap();
        let request = Request::new(SOURCE, Some(pasid), (BUFFER & !0x3fff_ffff) + 0x234, Access::Read);
        for _ in 0..2 {
            let found = machine.unit.translate(&request).unwrap().translation();
            assert_eq!((found.address, found.shift), (GUEST + 0x234, shift));
        }
        assert_eq!(machine.unit.counters().cache("IOTLB").unwrap().hits, 1);
    }
}
