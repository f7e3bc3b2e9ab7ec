//! The driver's end of the invalidation queue: 256 slots of 32 bytes, each submission followed by a wait.

use argsz::{Rejection, refuse};
use tracing::warn;

use super::{Driver, Failed};
use crate::hw::{
    Fsts, Gcmd, InvContextCache, InvContextCacheG, InvIotlb, InvIotlbG, InvPasidCache, InvPasidCacheG, InvWait, Iqa,
    Iqh, Iqt,
};
use crate::memory::{Memory, MemoryError};
use crate::registers::{Mmio, narrow, wide};

const SLOTS: u64 = 256;
const SLOT: u64 = 32;
const IN_USE: u32 = 1;
const DONE: u32 = 2;
/// How often a submission that a device did not answer is tried again.
const TRIES: usize = 4;

/// A descriptor, as a slot holds it.
pub(super) type Descriptor = [u64; 4];

/// A descriptor of 16 bytes.
pub(super) const fn short(words: [u64; 2]) -> Descriptor {
    [words[0], words[1], 0, 0]
}

#[derive(Clone)]
pub(super) struct Submission {
    slots: u64,
    status: u64,
    /// The slot that comes next.
    tail: u64,
}

/// How a submission ended.
enum End {
    Done,
    BadDescriptor,
    DeviceTimeOut,
    Never,
}

/// Spins at first, then lets others run, and in the end sleeps: whoever is waited for may not be running at all.
fn pause(look: usize) {
    match look {
        _ if !look.is_multiple_of(64) => std::hint::spin_loop(),
        ..4096 => std::thread::yield_now(),
        _ => std::thread::sleep(std::time::Duration::from_millis(1)),
    }
}

impl Submission {
    pub(super) fn new(mmio: &impl Mmio, slots: u64, status: u64) -> Self {
        let queue = Self { slots, status, tail: 0 };
        queue.announce(mmio);
        queue
    }

    fn announce(&self, mmio: &impl Mmio) {
        mmio.write(Iqa::OFFSET, Iqa::new().with_qs(1).with_dw(true).with_iqa(self.slots).words()[0]);
    }

    fn write(&self, memory: &impl Memory, slot: u64, words: Descriptor) -> Result<(), MemoryError> {
        for (at, word) in (0_u64..).zip(words) {
            memory.store(self.slots + slot * SLOT + at * 8, word)?;
        }
        Ok(())
    }
}

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// Has the unit do `descriptors`, and waits for it. `drain` also waits for page requests on their way.
    ///
    /// EINVAL: the unit does not know a descriptor; the rest was done. ETIMEDOUT: a device did not answer, or the unit.
    pub(super) fn submit(&mut self, descriptors: &[Descriptor], drain: bool) -> Result<(), Rejection> {
        for some in descriptors.chunks(64) {
            self.submit_some(some, drain)?;
        }
        Ok(())
    }

    fn submit_some(&mut self, descriptors: &[Descriptor], drain: bool) -> Result<(), Rejection> {
        // Each submission is waited for, so that the queue is empty here: n + 2 slots are free for up to 64.
        for _ in 0..TRIES {
            match self.try_submit(descriptors, drain)? {
                End::Done => return Ok(()),
                End::BadDescriptor => {
                    return refuse!("intel_vtd/descriptor", "", 0, EINVAL, "the unit must know the descriptor");
                }
                End::DeviceTimeOut => warn!("a device did not answer an invalidation; once more"),
                End::Never => break,
            }
        }
        self.reset_queue();
        refuse!("intel_vtd/time-out", "", 0, ETIMEDOUT, "an invalidation must be answered")
    }

    fn try_submit(&mut self, descriptors: &[Descriptor], drain: bool) -> Result<End, Rejection> {
        let mut slot = self.queue.tail;
        for words in descriptors {
            self.queue.write(&self.memory, slot, *words).map_err(Failed::from)?;
            slot = (slot + 1) % SLOTS;
        }
        let status = self.queue.status + slot * 4;
        let wait = InvWait::new().with_sw(true).with_fence(true).with_pd(drain);
        let wait = short(wait.with_status_data(DONE).with_status_addr(status).words());
        self.queue.write(&self.memory, slot, wait).map_err(Failed::from)?;
        self.memory.store_half(status, IN_USE).map_err(Failed::from)?;
        self.queue.tail = (slot + 1) % SLOTS;
        self.mmio.write(Iqt::OFFSET, self.queue.tail * SLOT);
        self.await_done(status, wait)
    }

    fn await_done(&self, status: u64, wait: Descriptor) -> Result<End, Rejection> {
        let mut end = End::Done;
        for look in 1..=self.setup.patience {
            if self.memory.load_half(status).map_err(Failed::from)? == DONE {
                return Ok(end);
            }
            let faults = Fsts::from_words(narrow(self.mmio.read(Fsts::OFFSET)));
            if faults.iqe() {
                // The head is at the bad one: a wait takes its place, and the queue goes on.
                let head = self.mmio.read(Iqh::OFFSET) / SLOT;
                self.queue.write(&self.memory, head, wait).map_err(Failed::from)?;
                self.mmio.write(Fsts::OFFSET, wide(Fsts::new().with_iqe(true).words()));
                end = End::BadDescriptor;
            } else if faults.ite() {
                self.mmio.write(Fsts::OFFSET, wide(Fsts::new().with_ite(true).words()));
                return Ok(End::DeviceTimeOut);
            } else if faults.ice() {
                self.mmio.write(Fsts::OFFSET, wide(Fsts::new().with_ice(true).words()));
            }
            // Reading the head lets the unit go on.
            self.mmio.read(Iqh::OFFSET);
            pause(look);
        }
        Ok(End::Never)
    }

    /// Switches the queue off and on again: both ends are at the beginning, and what was pending is given up.
    pub fn reset_queue(&mut self) {
        self.mmio.write(Gcmd::OFFSET, wide(Gcmd::new().with_te(true).words()));
        self.queue.announce(&self.mmio);
        self.queue.tail = 0;
        self.mmio.write(Fsts::OFFSET, wide(Fsts::new().with_iqe(true).with_ite(true).with_ice(true).words()));
        self.mmio.write(Gcmd::OFFSET, wide(Gcmd::new().with_te(true).with_qie(true).words()));
    }

    /// Invalidates contexts, PASID entries and pages of everybody.
    pub fn flush(&mut self) -> Result<(), Rejection> {
        let all = [
            short(InvContextCache::new().with_g(InvContextCacheG::GLOBAL).words()),
            short(InvPasidCache::new().with_g(InvPasidCacheG::GLOBAL).words()),
            short(InvIotlb::new().with_g(InvIotlbG::GLOBAL).words()),
        ];
        self.submit(&all, false)
    }
}
