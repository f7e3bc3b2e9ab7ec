//! What goes wrong: descriptors, devices, rings, memory. Nothing panics, nothing hangs, and each outcome is one the
//! documents allow.
#![expect(clippy::unwrap_used, reason = "tests")]
#![allow(clippy::cast_possible_truncation, reason = "registers of 32 bits")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use argsz::zerocopy::IntoBytes as _;
use argsz_linux::iommu::{IommuCacheInvType, IommuCacheInvalidateInfo, IommuInvPasidFlags, IommuInvPasidInfo};
use vtd_runtime::device::Manners;
use vtd_runtime::hw::{
    FaultReason, Fsts, InvContextCache, InvContextCacheG, InvDeviceTlb, InvIotlb, InvIotlbG, InvPasidCache,
    InvPasidCacheG, InvPasidDeviceTlb, InvPasidIotlb, InvPasidIotlbG, InvWait, Iqa, Iqh, Iqt, PageGroupResponse,
    PageResponseCode, Prs,
};
use vtd_runtime::machine::{GUEST, Machine, Plan, SOURCE};
use vtd_runtime::memory::{Memory, MemoryError, VecMemory};
use vtd_runtime::{Access, Asked, Mmio, PageAsk, Progress, Request};

const BUFFER: u64 = 0x7f00_0000_0000;

fn machine() -> (Machine, u32) {
    let mut machine = Machine::new(Plan::default()).unwrap();
    machine.map(BUFFER, 0x5000, 12).unwrap();
    let pasid = machine.bind().unwrap();
    (machine, pasid)
}

fn status<M: Memory>(machine: &Machine<M>) -> Fsts {
    Fsts::from_words([machine.unit.read(Fsts::OFFSET) as u32])
}

/// Puts descriptors in the queue, past the driver.
fn queue<M: Memory>(machine: &Machine<M>, descriptors: &[[u64; 4]]) -> Progress {
    let unit = &machine.unit;
    let ring = Iqa::from_words([unit.read(Iqa::OFFSET)]).iqa();
    let mut tail = unit.read(Iqt::OFFSET);
    for words in descriptors {
        for (at, word) in (0..).zip(words) {
            machine.memory.store(ring + tail + at * 8, *word).unwrap();
        }
        tail = (tail + 32) % 0x2000;
    }
    unit.write(Iqt::OFFSET, tail);
    unit.process()
}

fn short([w0, w1]: [u64; 2]) -> [u64; 4] {
    [w0, w1, 0, 0]
}

/// One good descriptor of each type, and the bits that must be 0 in it.
fn good() -> [([u64; 4], [u64; 4]); 8] {
    let response = PageGroupResponse::new().with_rid(SOURCE).with_lpig(true);
    [
        (short(InvContextCache::new().with_g(InvContextCacheG::DEVICE).words()), short(InvContextCache::RESERVED)),
        (short(InvIotlb::new().with_g(InvIotlbG::DOMAIN).words()), short(InvIotlb::RESERVED)),
        (short(InvDeviceTlb::new().with_sid(SOURCE).words()), short(InvDeviceTlb::RESERVED)),
        (short(InvWait::new().words()), short(InvWait::RESERVED)),
        (short(InvPasidIotlb::new().with_g(InvPasidIotlbG::PASID).words()), short(InvPasidIotlb::RESERVED)),
        (short(InvPasidCache::new().with_g(InvPasidCacheG::PASID).words()), short(InvPasidCache::RESERVED)),
        (short(InvPasidDeviceTlb::new().with_sid(SOURCE).words()), short(InvPasidDeviceTlb::RESERVED)),
        (response.words(), PageGroupResponse::RESERVED),
    ]
}

#[test]
fn every_reserved_bit_of_every_descriptor_stops_the_queue() {
    let (mut machine, _) = machine();
    for (descriptor, reserved) in good() {
        assert_eq!(queue(&machine, &[descriptor]), Progress::Idle, "{descriptor:x?}");
        for (word, bits) in reserved.into_iter().enumerate() {
            for bit in (0..64).filter(|bit| bits >> bit & 1 != 0) {
                let (mut bad, head) = (descriptor, machine.unit.read(Iqh::OFFSET));
                bad[word] |= 1 << bit;
                assert_eq!(queue(&machine, &[bad, descriptor]), Progress::Stopped, "bit {bit} of {descriptor:x?}");
                assert!(status(&machine).iqe());
                assert_eq!(machine.unit.read(Iqh::OFFSET), head, "the head stays at the bad one");
                machine.driver.reset_queue();
                assert!(!status(&machine).iqe());
            }
        }
    }
}

#[test]
fn descriptors_without_meaning_stop_the_queue() {
    let (mut machine, _) = machine();
    let beyond = machine.unit.limits().cap.mamv() + 1;
    let bad = [
        [0, 0, 0, 0],
        [4, 0, 0, 0],
        [0xa, 0, 0, 0],
        short(InvContextCache::new().words()),
        short(InvIotlb::new().words()),
        short(InvPasidIotlb::new().words()),
        short(InvPasidCache::new().with_g(InvPasidCacheG(2)).words()),
        short(InvIotlb::new().with_g(InvIotlbG::PAGE).with_am(beyond).words()),
        short(InvPasidIotlb::new().with_g(InvPasidIotlbG::PAGE).with_am(beyond).words()),
        short(InvWait::new().with_sw(true).with_status_addr(1 << 40).words()),
        [InvWait::new().words()[0], 0, 1, 0],
    ];
    for descriptor in bad {
        assert_eq!(queue(&machine, &[descriptor]), Progress::Stopped, "{descriptor:x?}");
        machine.driver.reset_queue();
    }
    // A tail that is no multiple of a slot, and one behind the end.
    for tail in [0x10, 0x2000] {
        machine.unit.write(Iqt::OFFSET, tail);
        assert_eq!(machine.unit.process(), Progress::Stopped);
        machine.driver.reset_queue();
    }
    machine.driver.flush().unwrap();
}

#[test]
fn a_wait_outlasts_requests_in_flight() {
    let (machine, pasid) = machine();
    let held = machine.unit.translate(&Request::new(SOURCE, Some(pasid), BUFFER, Access::Read)).unwrap();
    let done = 0x3f_f000;
    let wait = InvWait::new().with_sw(true).with_status_addr(done).with_status_data(7).with_intr(true);
    assert_eq!(queue(&machine, &[short(wait.words())]), Progress::Waiting);
    assert_eq!((machine.memory.load(done), machine.unit.process()), (Ok(0), Progress::Waiting));
    drop(held);
    assert_eq!((machine.unit.process(), machine.memory.load(done)), (Progress::Idle, Ok(7)));
    assert_eq!(machine.unit.read(vtd_runtime::hw::Ics::OFFSET), 1, "and the event");
    assert!(machine.unit.counters().queue("waits for requests in flight").unwrap() > 0);
}

#[test]
fn a_late_device_is_waited_for() {
    let (machine, pasid) = machine();
    machine.device.behave(Manners::Late);
    let tell = InvPasidDeviceTlb::new().with_sid(SOURCE).with_pasid(pasid);
    let progress = queue(&machine, &[short(tell.words()), short(InvWait::new().words())]);
    assert_eq!((progress, machine.unit.queued()), (Progress::Waiting, 1));
    machine.device.catch_up(&machine.unit);
    assert_eq!((machine.unit.process(), machine.unit.queued()), (Progress::Idle, 0));
}

#[test]
fn a_mute_device_times_out_and_is_tried_again() {
    let (mut machine, pasid) = machine();
    machine.device.behave(Manners::Mute);
    let whole =
        IommuInvPasidInfo { flags: IommuInvPasidFlags::PASID, pasid: u64::from(pasid), ..IommuInvPasidInfo::default() };
    let info = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::DEV_IOTLB).pasid_info(whole).build();
    let refused = machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap_err();
    assert_eq!(refused.rule, "intel_vtd/time-out");
    assert_eq!(machine.unit.counters().queue("device time-outs"), Some(4));
    assert!(!status(&machine).ite(), "cleared");
    machine.device.behave(Manners::Prompt);
    machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap();
}

#[test]
fn an_answer_nobody_asked_for_is_an_error_and_no_more() {
    let (mut machine, _) = machine();
    machine.unit.complete_invalidation(SOURCE);
    assert!(status(&machine).ice());
    machine.unit.complete_invalidation(0xffff);
    machine.driver.flush().unwrap();
    let nothing = PageGroupResponse::new().with_rid(0xffff).with_code(PageResponseCode::SUCCESS);
    assert_eq!(queue(&machine, &[nothing.words()]), Progress::Idle, "for a device that is not there");
}

#[test]
fn a_ring_that_overflows_says_so_and_answers() {
    let (mut machine, pasid) = machine();
    let ask = |group| machine.unit.page_request(&PageAsk::new(SOURCE, pasid, BUFFER, false, group)).unwrap();
    for group in 0..127 {
        assert_eq!(ask(group), Asked::Queued);
    }
    let overflown = |unit: &dyn Mmio| Prs::from_words([unit.read(Prs::OFFSET) as u32]).pro();
    assert!(!overflown(&*machine.unit));
    assert_eq!(ask(127), Asked::Lost);
    assert!(overflown(&*machine.unit));
    let answers = machine.device.responses();
    assert_eq!(answers.len(), 1);
    assert_eq!((answers[0].group, answers[0].code), (127, PageResponseCode::SUCCESS), "try again");
    machine.driver.take_page_requests().unwrap();
    assert_eq!((machine.driver.pending(), overflown(&*machine.unit)), (127, false));
    let ask = PageAsk::new(SOURCE, pasid, BUFFER, false, 127);
    assert_eq!(machine.unit.page_request(&ask).unwrap(), Asked::Queued);
}

/// The driver answers by itself what it cannot hand on.
#[test]
fn page_requests_that_nobody_may_see() {
    let (mut machine, pasid) = machine();
    let ask = PageAsk::new(SOURCE, pasid, BUFFER, true, 9);
    let all = [
        (PageAsk { pasid: None, ..ask }, PageResponseCode::FAILURE),
        (PageAsk { privileged: true, ..ask }, PageResponseCode::FAILURE),
        (PageAsk { execute: true, ..ask }, PageResponseCode::FAILURE),
        (PageAsk { pasid: Some(pasid + 1), ..ask }, PageResponseCode::FAILURE),
        (PageAsk { address: 1 << 60, ..ask }, PageResponseCode::INVALID),
    ];
    for (ask, code) in all {
        machine.unit.page_request(&ask).unwrap();
        machine.driver.take_page_requests().unwrap();
        let answers = machine.device.responses();
        assert_eq!((answers.len(), answers[0].code, answers[0].pasid), (1, code, ask.pasid), "{ask:?}");
        // No answer is due in the middle of a group, unless there is data to give back.
        machine.unit.page_request(&PageAsk { last: false, ..ask }).unwrap();
        machine.driver.take_page_requests().unwrap();
        assert_eq!(machine.device.responses(), []);
        machine.unit.page_request(&PageAsk { last: false, private: Some([3, 4]), ..ask }).unwrap();
        machine.driver.take_page_requests().unwrap();
        assert_eq!(machine.device.responses()[0].private, Some([3, 4]));
    }
    assert!(machine.driver.next_event().is_none());
}

/// Memory that fails now and then: reads are poisoned, swaps fail or find that another was first.
#[derive(Clone)]
struct Flaky {
    memory: Arc<VecMemory>,
    count: Arc<AtomicU64>,
    armed: Arc<AtomicBool>,
}

impl Flaky {
    fn turn(&self, every: u64) -> bool {
        let count = self.count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        self.armed.load(Ordering::Relaxed) && count.is_multiple_of(every)
    }
}

impl Memory for Flaky {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        if self.turn(97) { Err(MemoryError { address }) } else { self.memory.load(address) }
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        if self.turn(97) { Err(MemoryError { address }) } else { self.memory.store(address, word) }
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        if self.turn(5) {
            return Err(MemoryError { address });
        }
        if self.turn(3) { Ok(false) } else { self.memory.compare_exchange(address, current, new) }
    }
}

#[test]
fn memory_that_fails_gives_reasons_and_never_a_wrong_address() {
    let armed = Arc::new(AtomicBool::new(false));
    let memory = Flaky { memory: Arc::new(VecMemory::new(0x200_0000)), count: Arc::default(), armed: armed.clone() };
    let mut machine = Machine::over(memory, Plan::default()).unwrap();
    for page in 0..64 {
        machine.map(BUFFER + page * 0x1000, page * 0x1000, 12).unwrap();
    }
    let pasid = machine.bind().unwrap();
    machine.driver.set_patience(500);
    armed.store(true, Ordering::Relaxed);
    let (mut passed, mut failed, mut refused) = (0, 0, 0);
    for round in 0..20_000_u64 {
        let page = round.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58;
        let access = if round % 3 == 0 { Access::Write } else { Access::Read };
        let request = Request::new(SOURCE, Some(pasid), BUFFER + page * 0x1000, access);
        match machine.unit.translate(&request).map(|held| held.translation()) {
            Ok(found) => {
                assert_eq!(found.address, GUEST + page * 0x1000);
                passed += 1;
            }
            Err(fault) => {
                let allowed = matches!(
                    fault.reason,
                    FaultReason::ROOT_ACCESS
                        | FaultReason::CONTEXT_ACCESS
                        | FaultReason::PASID_DIR_ACCESS
                        | FaultReason::PASID_ENTRY_ACCESS
                        | FaultReason::FIRST_STAGE_ACCESS
                        | FaultReason::FIRST_STAGE_TOP_ACCESS
                        | FaultReason::SECOND_STAGE_ACCESS
                        | FaultReason::SECOND_STAGE_POINTER
                        | FaultReason::AD_UPDATE
                );
                assert!(allowed, "{fault}");
                failed += 1;
            }
        }
        if round % 16 == 0 {
            // The driver's own memory fails too: it says so, and the next one may work.
            refused += u64::from(machine.driver.flush().is_err());
            machine.driver.reset_queue();
        }
    }
    assert!(passed > 1000 && failed > 100 && refused > 10, "{passed} {failed} {refused}");
    armed.store(false, Ordering::Relaxed);
    machine.driver.flush().unwrap();
}

/// Threads use what they were told while one changes it under them: what was given back is never used.
#[test]
fn threads_never_use_a_page_that_was_given_back() {
    let (mut machine, pasid) = machine();
    let pages = [0x5000, 0x6000].map(|page| GUEST + page);
    machine.memory.store(pages[0], 1).unwrap();
    let (stop, used) = (AtomicBool::new(false), AtomicU64::new(0));
    let (unit, memory) = (machine.unit.clone(), machine.memory.clone());
    let whole =
        IommuInvPasidInfo { flags: IommuInvPasidFlags::PASID, pasid: u64::from(pasid), ..IommuInvPasidInfo::default() };
    let info = IommuCacheInvalidateInfo::builder().cache(IommuCacheInvType::IOTLB).pasid_info(whole).build();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let request = Request::new(SOURCE, Some(pasid), BUFFER, Access::Read);
                    let held = unit.translate(&request).unwrap();
                    assert_eq!(memory.load(held.translation().address), Ok(1), "given back");
                    used.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _stopped = Stop(&stop);
        let mut round = 0_usize;
        while used.load(Ordering::Relaxed) < 20_000 || round < 200 {
            let (old, new) = (pages[round % 2], pages[(round + 1) % 2]);
            machine.memory.store(new, 1).unwrap();
            machine.map(BUFFER, new - GUEST, 12).unwrap();
            machine.driver.cache_invalidate(SOURCE, info.as_bytes()).unwrap();
            machine.memory.store(old, 0).unwrap();
            round += 1;
        }
    });
}

/// Lets the threads go home, whatever happens here.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
