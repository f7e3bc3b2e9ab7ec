//! The unit: what the hardware does with requests, registers and memory.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use tracing::{debug, trace_span};

use crate::caches::{CacheSizes, Caches, InFlight, Token, View};
use crate::counters::{Counters, QueueCounters};
use crate::faults::{Recorder, heeds_silence, recoverable};
use crate::hw::{Cap, ContextEntry, Ecap, FaultReason, Gsts, Iqh, PasidEntry, Rtaddr, RtaddrTtm};
use crate::memory::Memory;
use crate::queue::{Endpoint, InvalidationQueue};
use crate::registers::{Mmio, Registers, narrow};
use crate::request::{Access, Fault, Kind, Request, Translation};
use crate::walk::resolve::{self, Refused};
use crate::walk::{INTERRUPTS, Limits, Page, Resolved, Step, Trace, Walker, interrupts, permits, rights};

/// What kind of unit it is.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Capabilities, and the width of host addresses.
    pub limits: Limits,
    /// How much it remembers.
    pub caches: CacheSizes,
}

/// Where fault records begin, in units of 16 bytes.
const FAULT_RECORDS: u16 = 0x40;

impl Default for Setup {
    /// A unit that can do all that is modelled: nesting, 4 and 5 levels, all page sizes, 20 bits of PASID, 46 bits of
    /// host address, 8 fault records, invalidations of up to 2^18 pages; memory types (MTS) excepted.
    fn default() -> Self {
        let cap = Cap::new()
            .with_sagaw(0b1110)
            .with_mgaw(56)
            .with_fro(FAULT_RECORDS)
            .with_sslps(0b11)
            .with_psi(true)
            .with_nfr(7)
            .with_mamv(18)
            .with_fl1gp(true)
            .with_fl5lp(true);
        let ecap = Ecap::new()
            .with_c(true)
            .with_qi(true)
            .with_dt(true)
            .with_pt(true)
            .with_nest(true)
            .with_prs(true)
            .with_ers(true)
            .with_srs(true)
            .with_eafs(true)
            .with_pss(19)
            .with_pasid(true)
            .with_pds(true)
            .with_smts(true)
            .with_slads(true)
            .with_slts(true)
            .with_flts(true)
            .with_smpwc(true);
        Self { limits: Limits { cap, ecap, host_bits: 46 }, caches: CacheSizes::default() }
    }
}

/// A translation, and the request it was made for, which is in flight until this is dropped: a wait descriptor of the
/// invalidation queue waits for it.
pub struct Held<'a> {
    translation: Translation,
    _token: Token<'a>,
}

impl Held<'_> {
    /// Where the address leads.
    #[must_use]
    #[inline]
    pub fn translation(&self) -> Translation {
        self.translation
    }
}

impl std::fmt::Debug for Held<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.translation.fmt(f)
    }
}

/// A remapping unit over some memory.
pub struct Unit<M> {
    pub(crate) memory: M,
    pub(crate) limits: Limits,
    pub(crate) registers: Registers,
    pub(crate) recorder: Recorder,
    pub(crate) caches: Caches,
    pub(crate) flight: InFlight,
    pub(crate) queue: InvalidationQueue,
    pub(crate) requests: std::sync::Mutex<()>,
    pub(crate) counters: QueueCounters,
    pub(crate) endpoints: RwLock<BTreeMap<u16, Arc<dyn Endpoint>>>,
}

impl<M: Memory> Unit<M> {
    /// A unit as after reset: it translates nothing, and lets everything pass.
    pub fn new(memory: M, setup: Setup) -> Self {
        let Setup { limits, caches } = setup;
        Self {
            memory,
            limits,
            registers: Registers::new(limits.cap, limits.ecap),
            recorder: Recorder::new(usize::from(limits.cap.nfr()) + 1),
            caches: Caches::new(caches),
            flight: InFlight::new(),
            queue: InvalidationQueue::default(),
            requests: std::sync::Mutex::new(()),
            counters: QueueCounters::default(),
            endpoints: RwLock::default(),
        }
    }

    /// The memory it is over.
    pub fn memory(&self) -> &M {
        &self.memory
    }

    /// What it can do.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Plugs a device in that has a TLB, or takes page responses.
    pub fn plug(&self, source: u16, endpoint: Arc<dyn Endpoint>) {
        let mut endpoints = self.endpoints.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        endpoints.insert(source, endpoint);
    }

    pub(crate) fn endpoint(&self, source: u16) -> Option<Arc<dyn Endpoint>> {
        self.endpoints.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&source).cloned()
    }

    /// Translates an address. A refusal is recorded, unless the tables or the kind of request ask for silence.
    #[inline]
    pub fn translate(&self, request: &Request) -> Result<Held<'_>, Fault> {
        let token = self.flight.enter();
        match self.find(request) {
            Ok(translation) => Ok(Held { translation, _token: token }),
            Err(refused) => Err(self.refuse(request, refused)),
        }
    }

    #[cold]
    fn refuse(&self, request: &Request, (reason, asked): Refused) -> Fault {
        let told = request.kind == Kind::Translation && recoverable(reason);
        let fault = Fault { reason, request: *request, silent: told || asked && heeds_silence(reason) };
        debug!(%fault, silent = fault.silent, "refused");
        self.recorder.record(&self.registers, &self.counters, &fault);
        fault
    }

    #[inline]
    fn find(&self, request: &Request) -> Result<Translation, Refused> {
        if !Gsts::from_words(narrow(self.registers.gsts.get())).tes() {
            return Ok(translation(request, Page { base: request.address & !0xfff, shift: 12, rights: OPEN }, true));
        }
        let view = self.caches.view();
        if let (Some(pasid), Kind::Untranslated) = (request.pasid, request.kind)
            && let Some(entry) = view.pasid(request.source, pasid)
        {
            let at = resolve::resolved(entry, pasid, request, false)?;
            if let Some(page) = view.page(&at, request.address).filter(|page| serves(&at, request, page)) {
                view.counters.pasid.looked_up(true);
                view.counters.iotlb.looked_up(true);
                return Ok(translation(request, page, page.rights & rights::NX == 0 && entry.ere()));
            }
            view.counters.pasid.looked_up(true);
            view.counters.iotlb.looked_up(false);
            let page = self.walk_page(&view, &at, request)?;
            return Ok(translation(request, page, page.rights & rights::NX == 0 && entry.ere()));
        }
        self.find_slowly(request, &view)
    }

    fn find_slowly(&self, request: &Request, view: &View<'_>) -> Result<Translation, Refused> {
        if request.pasid.is_none() && INTERRUPTS.contains(&request.address) && request.kind == Kind::Untranslated {
            return message(request);
        }
        let root = self.root(FaultReason::LEGACY_PASID, request.pasid.is_some())?;
        let context = self.context_of(view, root, request.source)?;
        let pasid = resolve::pasid_of(context, request)?;
        let entry = self.entry_of(view, context, request.source, pasid)?;
        let at = resolve::resolved(entry, pasid, request, request.pasid.is_none() && context.rid_priv())?;
        let page = self.page_of(view, &at, request)?;
        Ok(translation(request, page, page.rights & rights::NX == 0 && entry.ere()))
    }

    pub(crate) fn context_of(&self, view: &View<'_>, root: u64, source: u16) -> Result<ContextEntry, Refused> {
        if let Some(known) = view.context(source) {
            return Ok(known);
        }
        let context = resolve::context(&self.memory, &self.limits, root, source, &mut ())?;
        view.learn_context(source, context);
        Ok(context)
    }

    fn entry_of(&self, view: &View<'_>, context: ContextEntry, source: u16, pasid: u32) -> Result<PasidEntry, Refused> {
        let known = view.pasid(source, pasid);
        view.counters.pasid.looked_up(known.is_some());
        if let Some(entry) = known {
            return Ok(entry);
        }
        let entry = resolve::entry(&self.memory, &self.limits, context, pasid, &mut ())?;
        view.learn_pasid(source, pasid, entry);
        Ok(entry)
    }

    fn page_of(&self, view: &View<'_>, at: &Resolved, request: &Request) -> Result<Page, Refused> {
        let known = view.page(at, request.address).filter(|page| serves(at, request, page));
        view.counters.iotlb.looked_up(known.is_some());
        match known {
            Some(page) => Ok(page),
            None => self.walk_page(view, at, request),
        }
    }

    fn walk_page(&self, view: &View<'_>, at: &Resolved, request: &Request) -> Result<Page, Refused> {
        let _span = trace_span!("walk", source = request.source, address = request.address).entered();
        let mut walker = Walker { memory: &self.memory, limits: &self.limits, shortcuts: view, trace: &mut () };
        let page = walker.page(at, request).map_err(|reason| (reason, at.silent))?;
        view.learn_page(at, request.address, page);
        Ok(page)
    }

    /// What a walk without any cache answers now, and the entries it reads: the oracle. Accessed and dirty bits are set
    /// as any walk does; nothing is recorded.
    pub fn walk(&self, request: &Request, trace: &mut impl Trace) -> Result<Translation, Fault> {
        let found = self.walk_tables(request, trace);
        found.map_err(|(reason, asked)| {
            let told = request.kind == Kind::Translation && recoverable(reason);
            Fault { reason, request: *request, silent: told || asked && heeds_silence(reason) }
        })
    }

    /// As [`Unit::walk`], with the entries it read as a list.
    pub fn walk_steps(&self, request: &Request) -> (Vec<Step>, Result<Translation, Fault>) {
        let mut steps = Vec::new();
        let found = self.walk(request, &mut steps);
        (steps, found)
    }

    fn walk_tables(&self, request: &Request, trace: &mut impl Trace) -> Result<Translation, Refused> {
        if !Gsts::from_words(narrow(self.registers.gsts.get())).tes() {
            return Ok(translation(request, Page { base: request.address & !0xfff, shift: 12, rights: OPEN }, true));
        }
        if request.pasid.is_none() && INTERRUPTS.contains(&request.address) && request.kind == Kind::Untranslated {
            return message(request);
        }
        let root = self.root(FaultReason::LEGACY_PASID, request.pasid.is_some())?;
        let context = resolve::context(&self.memory, &self.limits, root, request.source, trace)?;
        let pasid = resolve::pasid_of(context, request)?;
        let entry = resolve::entry(&self.memory, &self.limits, context, pasid, trace)?;
        let at = resolve::resolved(entry, pasid, request, request.pasid.is_none() && context.rid_priv())?;
        let mut walker = Walker { memory: &self.memory, limits: &self.limits, shortcuts: &(), trace };
        let page = walker.page(&at, request).map_err(|reason| (reason, at.silent))?;
        Ok(translation(request, page, page.rights & rights::NX == 0 && entry.ere()))
    }

    /// The root table, if the unit is in scalable mode. `legacy` is the reason of requests that only that mode takes
    /// (`scalable`); of legacy mode itself, nothing is modelled.
    pub(crate) fn root(&self, legacy: FaultReason, scalable: bool) -> Result<u64, Refused> {
        let root = Rtaddr::from_words([self.registers.root.get()]);
        if root.ttm() == RtaddrTtm::LEGACY && scalable {
            return Err((legacy, false));
        }
        let beyond = root.rta() & self.limits.beyond_host() != 0 || root.rta() >> 52 != 0;
        if root.ttm() != RtaddrTtm::SCALABLE || beyond || root.reserved_bits() != [0] {
            return Err((FaultReason::ROOT_ADDRESS, false));
        }
        Ok(root.rta())
    }

    /// What it has done so far.
    pub fn counters(&self) -> Counters {
        Counters { caches: self.caches.counters.each(), queues: self.counters.each() }
    }

    /// How many pages the IOTLB holds that nothing has invalidated.
    pub fn pages_held(&self) -> usize {
        self.caches.pages_held()
    }
}

/// A write to the interrupt range without a PASID is a message, and passes as it is: interrupts are not remapped
/// here. There is nothing to be read.
fn message(request: &Request) -> Result<Translation, Refused> {
    if request.access != Access::Write {
        return Err((FaultReason::INTERRUPT_RANGE, false));
    }
    Ok(translation(request, Page { base: request.address & !0xfff, shift: 12, rights: OPEN }, false))
}

const OPEN: u64 = rights::ALL | rights::DIRTY;

/// Whether a cached page answers the request: it permits it, and a write finds it dirty already. What it does not
/// answer is walked, and so refused for the right reason.
#[inline]
fn serves(at: &Resolved, request: &Request, page: &Page) -> bool {
    let marked = !request.access.writes() || page.rights & rights::DIRTY != 0;
    marked && permits(at, request, page.rights).is_ok() && !interrupts(page.base, page.shift, request.address)
}

#[inline]
fn translation(request: &Request, page: Page, execute: bool) -> Translation {
    let offset = (1_u64 << page.shift) - 1;
    let writable = rights::WRITE | rights::RW | rights::DIRTY;
    Translation {
        address: page.base | request.address & offset,
        shift: page.shift,
        read: page.rights & rights::READ != 0,
        write: page.rights & writable == writable || request.access.writes(),
        execute,
    }
}

impl<M: Memory> Mmio for Unit<M> {
    fn read(&self, offset: usize) -> u64 {
        let records = usize::from(self.limits.cap.fro()) * 16;
        if let Some(inside) = offset.checked_sub(records) {
            return self.recorder.read(inside);
        }
        if offset == Iqh::OFFSET {
            self.process();
        }
        self.registers.read(offset)
    }

    fn write(&self, offset: usize, value: u64) {
        let records = usize::from(self.limits.cap.fro()) * 16;
        if let Some(inside) = offset.checked_sub(records) {
            self.recorder.write(&self.registers, inside, value);
        } else if self.registers.write(offset, value) {
            self.process();
        }
    }
}
