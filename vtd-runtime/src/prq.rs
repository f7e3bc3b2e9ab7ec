//! Page requests: from a device to the ring in memory, and the answers to groups of them.

use std::sync::PoisonError;

use tracing::{debug, trace};

use crate::hw::{FaultReason, PageGroupResponse, PageRequest, PageResponseCode, Pqa, Prs};
use crate::memory::{Memory, MemoryError};
use crate::registers::{narrow, wide};
use crate::request::{Access, Fault, Kind, Request};
use crate::unit::Unit;
use crate::walk::resolve::{self, Refused};

/// A device asks for a page.
#[expect(clippy::struct_excessive_bools, reason = "as many as the message has")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAsk {
    /// The device.
    pub source: u16,
    /// The address space.
    pub pasid: Option<u32>,
    /// An address in the page.
    pub address: u64,
    /// It is to be read.
    pub read: bool,
    /// It is to be written.
    pub write: bool,
    /// It is to be executed.
    pub execute: bool,
    /// In supervisor mode.
    pub privileged: bool,
    /// No more of this group: an answer is due.
    pub last: bool,
    /// The group, of 9 bits.
    pub group: u16,
    /// Data that comes back with the answer.
    pub private: Option<[u64; 2]>,
}

/// The answer to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupResponse {
    /// The device.
    pub source: u16,
    /// The address space, where the request had one.
    pub pasid: Option<u32>,
    /// The group.
    pub group: u16,
    /// The answer, as on the wire.
    pub code: PageResponseCode,
    /// The data of the request.
    pub private: Option<[u64; 2]>,
}

impl GroupResponse {
    pub(crate) fn of(descriptor: PageGroupResponse) -> Self {
        Self {
            source: descriptor.rid(),
            pasid: descriptor.pp().then_some(descriptor.pasid()),
            group: descriptor.prgi(),
            code: descriptor.code(),
            private: descriptor.pdp().then_some([descriptor.private_0(), descriptor.private_1()]),
        }
    }
}

/// What became of a page request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It lies in the ring.
    Queued,
    /// The ring was full. The last of a group is answered with success at once, so that the device tries again.
    Lost,
}

impl PageAsk {
    /// A group of one: to read, or to write too.
    #[must_use]
    pub const fn new(source: u16, pasid: u32, address: u64, write: bool, group: u16) -> Self {
        Self {
            source,
            pasid: Some(pasid),
            address,
            read: true,
            write,
            execute: false,
            privileged: false,
            last: true,
            group,
            private: None,
        }
    }

    fn descriptor(&self) -> PageRequest {
        let [private_0, private_1] = self.private.unwrap_or_default();
        PageRequest::new()
            .with_pp(self.pasid.is_some())
            .with_pdp(self.private.is_some())
            .with_rid(self.source)
            .with_pasid(self.pasid.unwrap_or_default())
            .with_exe(self.execute)
            .with_privileged(self.privileged)
            .with_rd(self.read)
            .with_wr(self.write)
            .with_lpig(self.last)
            .with_prgi(self.group)
            .with_addr(self.address & !0xfff)
            .with_private_0(private_0)
            .with_private_1(private_1)
    }

    fn request(&self) -> Request {
        let access = match (self.execute, self.write) {
            (true, _) => Access::Execute,
            (false, true) => Access::Write,
            (false, false) => Access::Read,
        };
        let kind = Kind::Untranslated;
        Request {
            source: self.source,
            pasid: self.pasid,
            address: self.address,
            access,
            privileged: self.privileged,
            kind,
        }
    }

    fn answered(&self, code: PageResponseCode) -> GroupResponse {
        let Self { source, pasid, group, private, .. } = *self;
        GroupResponse { source, pasid, group, code, private }
    }
}

impl<M: Memory> Unit<M> {
    /// Takes a page request of a device.
    ///
    /// A device that the tables do not let ask is answered with failure, and the fault is recorded.
    pub fn page_request(&self, ask: &PageAsk) -> Result<Asked, Fault> {
        trace!(?ask, "page request");
        let refused = self.may_ask(ask);
        if let Err((reason, asked)) = refused {
            let silent = asked && crate::faults::heeds_silence(reason);
            let fault = Fault { reason, request: ask.request(), silent };
            self.recorder.record(&self.registers, &self.counters, &fault);
            self.tell(ask, PageResponseCode::FAILURE);
            return Err(fault);
        }
        let asked = self.enqueue(ask);
        if asked == Asked::Lost {
            self.counters.page_requests_lost.add();
            self.tell(ask, PageResponseCode::SUCCESS);
        }
        Ok(asked)
    }

    fn may_ask(&self, ask: &PageAsk) -> Result<(), Refused> {
        let root = self.root(FaultReason::LEGACY_PAGE_GROUP, true)?;
        let view = self.caches.view();
        let context = self.context_of(&view, root, ask.source)?;
        resolve::page_request_context(context, ask.pasid)
    }

    fn tell(&self, ask: &PageAsk, code: PageResponseCode) {
        if let Some(endpoint) = self.endpoint(ask.source).filter(|_| ask.last) {
            endpoint.respond(&ask.answered(code));
        }
    }

    fn enqueue(&self, ask: &PageAsk) -> Asked {
        let _one_at_a_time = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let (pqa, tail) = (Pqa::from_words([self.registers.pqa.get()]), self.registers.pqt.get());
        let bytes = 0x1000_u64 << pqa.pqs();
        let next = (tail + 32) % bytes;
        // Once one was lost, all are until software has seen it.
        let overflown = Prs::from_words(narrow(self.registers.prs.get())).pro();
        if overflown || next == self.registers.pqh.get() || self.write(pqa.pqa(), tail, ask).is_err() {
            debug!("page request queue overflow");
            self.registers.prs.raise(wide(Prs::new().with_pro(true).words()));
            return Asked::Lost;
        }
        self.registers.pqt.set(next);
        self.registers.prs.raise(wide(Prs::new().with_ppr(true).words()));
        self.counters.page_requests.add();
        Asked::Queued
    }

    fn write(&self, ring: u64, tail: u64, ask: &PageAsk) -> Result<(), MemoryError> {
        for (at, word) in ask.descriptor().words().into_iter().enumerate() {
            let address = ring.checked_add(tail + 8 * at as u64).ok_or(MemoryError { address: ring })?;
            self.memory.store(address, word)?;
        }
        Ok(())
    }
}
