//! The invalidation queue, as the unit takes it.
//!
//! Time does not pass by itself here: the unit works when a tail is written or the head is read, and a device that has
//! not answered after [`PATIENCE`] of these has timed out.

use std::sync::{Mutex, PoisonError};

use tracing::{trace, trace_span};

use crate::caches::Snapshot;
use crate::hw::{
    Fsts, Gsts, Ics, InvContextCache, InvContextCacheG, InvDescriptor, InvDeviceTlb, InvIotlb, InvIotlbG,
    InvPasidCache, InvPasidCacheG, InvPasidDeviceTlb, InvPasidIotlb, InvPasidIotlbG, InvWait, Iqa, Iqercd,
    PageGroupResponse,
};
use crate::memory::Memory;
use crate::prq::GroupResponse;
use crate::registers::{narrow, wide};
use crate::unit::Unit;

/// How often the unit looks before a device that has not answered has timed out.
const PATIENCE: u32 = 32;

/// What a device with a TLB is told to forget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceInvalidation {
    /// The device.
    pub source: u16,
    /// The address space; `None` for requests without one.
    pub pasid: Option<u32>,
    /// All address spaces.
    pub global: bool,
    /// The first address.
    pub first: u64,
    /// The last address.
    pub last: u64,
}

/// When a device has done what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// It has.
    Now,
    /// It will say so: [`Unit::complete_invalidation`].
    Later,
}

/// A device as the unit reaches it.
pub trait Endpoint: Send + Sync {
    /// Forgets translations. Must not call the unit.
    fn invalidate(&self, what: &DeviceInvalidation) -> Acknowledgement;

    /// Takes the answer to a group of page requests. Must not call the unit.
    fn respond(&self, response: &GroupResponse);
}

/// How far the unit has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The queue is switched off.
    Disabled,
    /// Everything is done.
    Idle,
    /// A wait descriptor waits for requests in flight, or for a device.
    Waiting,
    /// An error has stopped it, until software clears it in the fault status.
    Stopped,
}

/// Why a descriptor stops the queue (IQERCD.IQEI). The numbers are those of the specification, from memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Bad {
    Tail = 1,
    Fetch = 2,
    Type = 3,
    Reserved = 4,
    Content = 5,
    Status = 6,
}

enum Done {
    Yes,
    NotYet,
}

struct Pending {
    source: u16,
    looks: u32,
}

#[derive(Default)]
struct State {
    /// Devices that have yet to answer.
    pending: Vec<Pending>,
    /// The wait descriptor at the head: who was in flight when it came there.
    waits: Option<Snapshot>,
}

#[derive(Default)]
pub(crate) struct InvalidationQueue {
    state: Mutex<State>,
}

impl<M: Memory> Unit<M> {
    /// Takes descriptors until the queue is empty, an error stops it, or a wait has to wait.
    pub fn process(&self) -> Progress {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.lose_patience(&mut state);
        // Software may write more while this goes on; that is taken the next time.
        for _ in 0..1 << 15 {
            let status = Fsts::from_words(narrow(self.registers.fsts.get()));
            if !Gsts::from_words(narrow(self.registers.gsts.get())).qies() {
                *state = State::default();
                return Progress::Disabled;
            }
            if status.iqe() || status.ite() {
                return Progress::Stopped;
            }
            let (head, tail) = (self.registers.iqh.get(), self.registers.iqt.get());
            if head == tail {
                return if state.pending.is_empty() { Progress::Idle } else { Progress::Waiting };
            }
            match self.fetch(head, tail).and_then(|words| self.execute(words, &mut state)) {
                Ok(Done::Yes) => self.advance(head),
                Ok(Done::NotYet) => return Progress::Waiting,
                Err(bad) => {
                    self.counters.queue_errors.add();
                    self.registers.iqercd.set(Iqercd::new().with_iqei(bad as u8).words()[0]);
                    self.registers.fsts.raise(wide(Fsts::new().with_iqe(true).words()));
                    return Progress::Stopped;
                }
            }
        }
        Progress::Waiting
    }

    /// A device says that it has forgotten what it was told to. If nobody told it, that is an error (ICE).
    pub fn complete_invalidation(&self, source: u16) {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = state.pending.iter().position(|pending| pending.source == source) {
            state.pending.remove(at);
            return;
        }
        let known = Iqercd::from_words([self.registers.iqercd.get()]);
        self.registers.iqercd.set(known.with_icesid(source).words()[0]);
        self.registers.fsts.raise(wide(Fsts::new().with_ice(true).words()));
    }

    /// Devices that have had their time: the queue stops, what is pending is given up, and so is the wait for it.
    fn lose_patience(&self, state: &mut State) {
        for pending in &mut state.pending {
            pending.looks += 1;
        }
        let Some(late) = state.pending.iter().find(|pending| pending.looks > PATIENCE) else { return };
        self.counters.time_outs.add();
        let known = Iqercd::from_words([self.registers.iqercd.get()]);
        self.registers.iqercd.set(known.with_itesid(late.source).words()[0]);
        self.registers.fsts.raise(wide(Fsts::new().with_ite(true).words()));
        state.pending.clear();
        if state.waits.take().is_some() {
            self.advance(self.registers.iqh.get());
        }
    }

    fn slot(&self) -> u64 {
        if Iqa::from_words([self.registers.iqa.get()]).dw() { 32 } else { 16 }
    }

    fn bytes(&self) -> u64 {
        0x1000 << Iqa::from_words([self.registers.iqa.get()]).qs()
    }

    fn advance(&self, head: u64) {
        self.registers.iqh.set((head + self.slot()) % self.bytes());
    }

    fn fetch(&self, head: u64, tail: u64) -> Result<[u64; 4], Bad> {
        let (slot, bytes) = (self.slot(), self.bytes());
        if tail >= bytes || !tail.is_multiple_of(slot) {
            return Err(Bad::Tail);
        }
        let at = Iqa::from_words([self.registers.iqa.get()]).iqa().checked_add(head).ok_or(Bad::Fetch)?;
        let [w0, w1] = self.memory.load_words::<2>(at).map_err(|_| Bad::Fetch)?;
        let [w2, w3] = match slot {
            32 => self.memory.load_words::<2>(at + 16).map_err(|_| Bad::Fetch)?,
            _ => [0; 2],
        };
        Ok([w0, w1, w2, w3])
    }

    fn execute(&self, words: [u64; 4], state: &mut State) -> Result<Done, Bad> {
        let [w0, w1, w2, w3] = words;
        let kind = InvDescriptor::from_words([w0, w1]).kind();
        let _span = trace_span!("descriptor", ?kind).entered();
        if kind != PageGroupResponse::TYPE && (w2 != 0 || w3 != 0) {
            return Err(Bad::Reserved);
        }
        if kind != InvWait::TYPE {
            self.counters.descriptors.add();
        }
        match kind {
            InvContextCache::TYPE => self.end_contexts(InvContextCache::from_words([w0, w1]))?,
            InvIotlb::TYPE => self.end_iotlb(InvIotlb::from_words([w0, w1]))?,
            InvPasidIotlb::TYPE => self.end_pasid_iotlb(InvPasidIotlb::from_words([w0, w1]))?,
            InvPasidCache::TYPE => self.end_pasids(InvPasidCache::from_words([w0, w1]))?,
            InvDeviceTlb::TYPE => {
                let inv = InvDeviceTlb::from_words([w0, w1]);
                reserved(&inv.reserved_bits())?;
                let (first, last) = span(inv.addr(), inv.s());
                let what = DeviceInvalidation { source: inv.sid(), pasid: None, global: false, first, last };
                self.tell_device(&what, state);
            }
            InvPasidDeviceTlb::TYPE => {
                let inv = InvPasidDeviceTlb::from_words([w0, w1]);
                reserved(&inv.reserved_bits())?;
                let (first, last) = span(inv.addr(), inv.s());
                let (pasid, global) = (Some(inv.pasid()), inv.g());
                self.tell_device(&DeviceInvalidation { source: inv.sid(), pasid, global, first, last }, state);
            }
            PageGroupResponse::TYPE => self.answer(PageGroupResponse::from_words(words))?,
            InvWait::TYPE => return self.wait(InvWait::from_words([w0, w1]), state),
            _ => return Err(Bad::Type),
        }
        Ok(Done::Yes)
    }

    fn end_contexts(&self, inv: InvContextCache) -> Result<(), Bad> {
        reserved(&inv.reserved_bits())?;
        match inv.g() {
            // Entries of scalable mode have no domain: all of them go.
            InvContextCacheG::GLOBAL | InvContextCacheG::DOMAIN => self.caches.end_contexts(),
            InvContextCacheG::DEVICE => self.caches.end_context(inv.sid(), inv.fm()),
            _ => return Err(Bad::Content),
        }
        Ok(())
    }

    fn end_iotlb(&self, inv: InvIotlb) -> Result<(), Bad> {
        reserved(&inv.reserved_bits())?;
        match inv.g() {
            InvIotlbG::GLOBAL => self.caches.end_pages(),
            InvIotlbG::DOMAIN => self.caches.end_pages_of(inv.did()),
            InvIotlbG::PAGE => {
                self.range(inv.am())?;
                self.caches.end_second_range(inv.did(), inv.addr(), inv.am(), inv.ih());
            }
            _ => return Err(Bad::Content),
        }
        Ok(())
    }

    fn end_pasid_iotlb(&self, inv: InvPasidIotlb) -> Result<(), Bad> {
        reserved(&inv.reserved_bits())?;
        match inv.g() {
            InvPasidIotlbG::PASID => self.caches.end_pages_in(inv.did(), inv.pasid()),
            InvPasidIotlbG::PAGE => {
                self.range(inv.am())?;
                self.caches.end_range_in(inv.did(), inv.pasid(), inv.addr(), inv.am(), inv.ih());
            }
            _ => return Err(Bad::Content),
        }
        Ok(())
    }

    fn end_pasids(&self, inv: InvPasidCache) -> Result<(), Bad> {
        reserved(&inv.reserved_bits())?;
        match inv.g() {
            InvPasidCacheG::DOMAIN => self.caches.end_pasids_of(inv.did()),
            InvPasidCacheG::PASID => self.caches.end_pasid(inv.did(), inv.pasid()),
            InvPasidCacheG::GLOBAL => self.caches.end_pasids(),
            _ => return Err(Bad::Content),
        }
        Ok(())
    }

    fn range(&self, mask: u8) -> Result<(), Bad> {
        if mask > self.limits.cap.mamv() { Err(Bad::Content) } else { Ok(()) }
    }

    /// A device that is not there does not answer either.
    fn tell_device(&self, what: &DeviceInvalidation, state: &mut State) {
        let answer = self.endpoint(what.source).map(|endpoint| endpoint.invalidate(what));
        trace!(?what, ?answer, "device TLB");
        if answer != Some(Acknowledgement::Now) {
            state.pending.push(Pending { source: what.source, looks: 0 });
        }
    }

    fn answer(&self, response: PageGroupResponse) -> Result<(), Bad> {
        reserved(&response.reserved_bits())?;
        if self.slot() != 32 {
            return Err(Bad::Type);
        }
        self.counters.responses.add();
        if let Some(endpoint) = self.endpoint(response.rid()) {
            endpoint.respond(&GroupResponse::of(response));
        }
        Ok(())
    }

    /// Done when every device has answered, and every request has ended that was in flight when the wait was reached.
    /// Page requests are written to their queue, or lost, before the device is told: there are none to drain (PD).
    fn wait(&self, wait: InvWait, state: &mut State) -> Result<Done, Bad> {
        reserved(&wait.reserved_bits())?;
        let then = state.waits.get_or_insert_with(|| self.flight.snapshot());
        if !self.flight.drained(then) {
            self.counters.drains.add();
            return Ok(Done::NotYet);
        }
        if !state.pending.is_empty() {
            return Ok(Done::NotYet);
        }
        state.waits = None;
        self.counters.waits.add();
        if wait.sw() {
            self.memory.store_half(wait.status_addr(), wait.status_data()).map_err(|_| Bad::Status)?;
        }
        if wait.intr() {
            self.registers.ics.raise(wide(Ics::new().with_iwc(true).words()));
        }
        Ok(Done::Yes)
    }

    /// Descriptors that are queued and not done: from head to tail, as words.
    pub fn queued(&self) -> usize {
        let (head, tail) = (self.registers.iqh.get(), self.registers.iqt.get());
        let waiting = (tail + self.bytes()).wrapping_sub(head) % self.bytes() / self.slot();
        usize::try_from(waiting).unwrap_or_default()
    }
}

fn reserved(bits: &[u64]) -> Result<(), Bad> {
    if bits.iter().all(|word| *word == 0) { Ok(()) } else { Err(Bad::Reserved) }
}

/// The range of a device-TLB invalidation: with S, the lowest clear bit of the address says how large it is.
fn span(address: u64, large: bool) -> (u64, u64) {
    let lowest = (address >> 12).trailing_ones() + 12;
    let below = match lowest {
        _ if !large => 0xfff,
        63.. => u64::MAX,
        _ => (2 << lowest) - 1,
    };
    (address & !below, address | below)
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn the_lowest_clear_bit_is_the_size() {
        assert_eq!(span(0x5000, false), (0x5000, 0x5fff));
        assert_eq!(span(0x4000, true), (0x4000, 0x5fff), "bit 12 clear: 8 KiB");
        assert_eq!(span(0x5000, true), (0x4000, 0x7fff));
        assert_eq!(span(0x7fff_ffff_ffff_f000, true), (0, u64::MAX));
        assert_eq!(span(0xffff_ffff_ffff_f000, true), (0, u64::MAX));
    }
}
