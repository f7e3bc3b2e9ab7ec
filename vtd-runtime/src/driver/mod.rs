//! The host's driver: user bytes in, PASID tables and invalidation descriptors out.
//!
//! What a user sends is judged by the generated validators first (the generic layer, then that of VT-d), and then by
//! what only the driver knows: its devices, domains, PASIDs. Every refusal is a [`Rejection`] that says which rule it
//! was; the rules of look-ups are named `intel_vtd/...`.

mod bind;
mod envelope;
mod faults;
mod invalidate;
mod pages;
mod queue;
mod teardown;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use argsz::{Rejection, refuse};
use argsz_linux::iommu::IommuFault;

use crate::hw::{
    Cap, ContextEntry, Ecap, Gcmd, PasidDirEntry, PasidEntry, PasidEntryAw, Pqa, RootEntry, Rtaddr, RtaddrTtm,
};
use crate::memory::{Memory, MemoryError};
use crate::registers::{Mmio, wide};
use crate::tables::{Frames, clear};
pub use envelope::{OP_BIND, OP_CACHE_INVALIDATE, OP_PAGE_RESPONSE, OP_UNBIND};
use pages::Pending;
use queue::Submission;

/// Which driver it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// That of Linux 5.10, quirks included.
    Linux5_10,
    /// One that does what the documents say. `docs/vtd-profiles.md` lists each difference.
    Strict,
}

/// The process that makes a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Process(pub u32);

/// A second-stage address space.
#[derive(Clone, Copy, Debug)]
pub struct Domain {
    /// Host-physical address of the top table.
    pub table: u64,
    /// Width of its addresses.
    pub width: PasidEntryAw,
    /// Its largest guest-physical address.
    pub max_address: u64,
    /// It may lie under the first stage of a guest.
    pub nesting: bool,
}

/// What the driver knows of a device.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Copy, Debug)]
pub struct DeviceInfo {
    /// It is a PCI device.
    pub pci: bool,
    /// Bits of a PASID it can send.
    pub pasid_bits: u8,
    /// PASIDs are enabled.
    pub pasids: bool,
    /// It has a TLB of its own (ATS), and may ask for pages (PRI).
    pub ats: bool,
    /// Invalidations it takes at once.
    pub queue_depth: u8,
    /// The physical function whose queue invalidations go through.
    pub pfsid: u16,
    /// Somebody takes its page requests.
    pub listens: bool,
}

impl Default for DeviceInfo {
    fn default() -> Self {
        Self { pci: true, pasid_bits: 20, pasids: true, ats: true, queue_depth: 8, pfsid: 0, listens: true }
    }
}

#[derive(Clone, Copy, Debug)]
struct Attached {
    info: DeviceInfo,
    domain: Option<u16>,
    /// The PASID directory.
    directory: u64,
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    process: Process,
    /// What the guest calls it.
    guest: Option<u64>,
}

/// Features a user checks before relying on them: `IOMMU_NESTING_FEAT_*`.
pub mod features {
    /// PASIDs are one space for all devices.
    pub const SYSWIDE_PASID: u64 = 1 << 0;
    /// A guest's page tables can be bound.
    pub const BIND_PGTBL: u64 = 1 << 1;
    /// A guest's PASID table can be bound; never on VT-d.
    pub const BIND_PASID_TABLE: u64 = 1 << 2;
    /// Caches can be invalidated.
    pub const CACHE_INVLD: u64 = 1 << 3;
    /// Page requests are passed on.
    pub const PAGE_REQUEST: u64 = 1 << 4;
}

/// How much the driver takes on.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Which driver it is.
    pub profile: Profile,
    /// Host memory for its tables and queues, in bytes.
    pub frames: Range<u64>,
    /// PASIDs it hands out.
    pub pasids: Range<u32>,
    /// Guest tables that may be bound at a time.
    pub max_bindings: usize,
    /// Page requests that may wait for a user.
    pub max_events: usize,
    /// How often it looks before it gives an invalidation up: nothing hangs for ever.
    pub patience: usize,
}

impl Setup {
    /// A driver with its tables in `frames`.
    #[must_use]
    pub const fn new(profile: Profile, frames: Range<u64>) -> Self {
        Self { profile, frames, pasids: 1..1 << 20, max_bindings: 1 << 20, max_events: 4096, patience: 100_000 }
    }
}

/// The driver of one unit, which it reaches through `B`, over memory `M`.
#[derive(Clone)]
pub struct Driver<B, M> {
    mmio: B,
    memory: M,
    setup: Setup,
    cap: Cap,
    ecap: Ecap,
    frames: Frames,
    root: u64,
    queue: Submission,
    ring: u64,
    domains: BTreeMap<u16, Domain>,
    devices: BTreeMap<u16, Attached>,
    pasids: BTreeSet<u32>,
    bindings: BTreeMap<(u16, u32), Binding>,
    pending: Vec<Pending>,
    events: VecDeque<(u16, IommuFault)>,
}

/// What is answered where the memory or the unit itself fails: no fault of the user's.
fn io<T>() -> Result<T, Rejection> {
    refuse!("intel_vtd/io", "", 0, EIO, "the unit's own memory must answer")
}

impl From<MemoryError> for Failed {
    fn from(_: MemoryError) -> Self {
        Self
    }
}

/// The memory did not answer.
struct Failed;

impl From<Failed> for Rejection {
    fn from(_: Failed) -> Self {
        match io::<()>() {
            Err(rejection) => rejection,
            Ok(()) => unreachable!("`io` refuses"),
        }
    }
}

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// Brings the unit up: root table, invalidation queue, page request ring, and translation on.
    pub fn new(mmio: B, memory: M, setup: Setup) -> Result<Self, Rejection> {
        let mut frames = Frames::new(setup.frames.clone());
        let (root, ring, slots, status) =
            (take(&mut frames, 1)?, take(&mut frames, 1)?, take(&mut frames, 2)?, take(&mut frames, 1)?);
        for frame in [root, ring, slots, slots + 0x1000, status] {
            clear(&memory, frame).map_err(Failed::from)?;
        }
        let cap = Cap::from_words([mmio.read(Cap::OFFSET)]);
        let ecap = Ecap::from_words([mmio.read(Ecap::OFFSET)]);
        mmio.write(Rtaddr::OFFSET, Rtaddr::new().with_ttm(RtaddrTtm::SCALABLE).with_rta(root).words()[0]);
        mmio.write(Gcmd::OFFSET, wide(Gcmd::new().with_srtp(true).words()));
        let queue = Submission::new(&mmio, slots, status);
        mmio.write(Pqa::OFFSET, Pqa::new().with_pqa(ring).words()[0]);
        mmio.write(Gcmd::OFFSET, wide(Gcmd::new().with_qie(true).with_te(true).words()));
        let mut driver = Self {
            mmio,
            memory,
            setup,
            cap,
            ecap,
            frames,
            root,
            queue,
            ring,
            domains: BTreeMap::new(),
            devices: BTreeMap::new(),
            pasids: BTreeSet::new(),
            bindings: BTreeMap::new(),
            pending: Vec::new(),
            events: VecDeque::new(),
        };
        driver.flush()?;
        Ok(driver)
    }

    /// Which driver it is.
    pub fn profile(&self) -> Profile {
        self.setup.profile
    }

    /// How often it looks before it gives an invalidation up: [`Setup::patience`].
    pub fn set_patience(&mut self, looks: usize) {
        self.setup.patience = looks;
    }

    /// The unit.
    pub fn mmio(&self) -> &B {
        &self.mmio
    }

    /// What a user may rely on: [`features`].
    pub fn features(&self) -> u64 {
        let mut known = features::SYSWIDE_PASID;
        if self.ecap.nest() {
            known |= features::BIND_PGTBL | features::CACHE_INVLD;
        }
        if self.ecap.prs() {
            known |= features::PAGE_REQUEST;
        }
        known
    }

    /// Adds an address space, under a number that is not in use.
    pub fn add_domain(&mut self, id: u16, domain: Domain) -> Result<(), Rejection> {
        if self.domains.contains_key(&id) {
            return refuse!("intel_vtd/domain-exists", "", 0, EEXIST, "a domain's number is its own");
        }
        self.domains.insert(id, domain);
        Ok(())
    }

    /// Brings a device under the unit: a PASID directory for all 20 bits, and a context entry that leads there.
    pub fn attach(&mut self, source: u16, info: DeviceInfo, domain: Option<u16>) -> Result<(), Rejection> {
        if let Some(known) = self.devices.get_mut(&source) {
            (known.info, known.domain) = (info, domain);
            return Ok(());
        }
        // 2^14 entries of 8 bytes.
        let directory = take(&mut self.frames, 32)?;
        for frame in 0..32 {
            clear(&self.memory, directory + 0x1000 * frame).map_err(Failed::from)?;
        }
        let context = ContextEntry::new()
            .with_p(true)
            .with_dte(info.ats)
            .with_paside(info.pasids)
            .with_pre(info.ats)
            .with_pdts(7)
            .with_dirptr(directory);
        let at = self.context_at(source)?;
        let [first, rest @ ..] = context.words();
        for (word, value) in (1..).zip(rest) {
            self.memory.store(at + 8 * word, value).map_err(Failed::from)?;
        }
        self.memory.store(at, first).map_err(Failed::from)?;
        self.devices.insert(source, Attached { info, domain, directory });
        if self.cap.cm() { self.flush() } else { Ok(()) }
    }

    fn context_at(&mut self, source: u16) -> Result<u64, Rejection> {
        let (bus, upper) = (u64::from(source >> 8), source & 0x80 != 0);
        let at = self.root + bus * 16 + if upper { 8 } else { 0 };
        let word = self.memory.load(at).map_err(Failed::from)?;
        // The halves of a root entry have the same layout.
        let half = RootEntry::from_words([word, 0]);
        let table = if half.lp() {
            half.lctp()
        } else {
            let table = take(&mut self.frames, 1)?;
            clear(&self.memory, table).map_err(Failed::from)?;
            let half = RootEntry::new().with_lp(true).with_lctp(table);
            self.memory.store(at, half.words()[0]).map_err(Failed::from)?;
            table
        };
        Ok(table + u64::from(source & 0x7f) * 32)
    }

    /// The address of a PASID's entry; its table is made if there is none and `make` says so.
    fn entry_at(&mut self, directory: u64, pasid: u32, make: bool) -> Result<Option<u64>, Failed> {
        let at = directory + u64::from(pasid >> 6) * 8;
        let known = PasidDirEntry::from_words([self.memory.load(at)?]);
        let table = if known.p() {
            known.tblptr()
        } else if let Some(table) = make.then(|| self.frames.take()).flatten() {
            clear(&self.memory, table)?;
            self.memory.store(at, PasidDirEntry::new().with_p(true).with_tblptr(table).words()[0])?;
            table
        } else {
            return Ok(None);
        };
        Ok(Some(table + u64::from(pasid & 0x3f) * 64))
    }

    /// Writes an entry, the word with its present bit last.
    fn write_entry(&self, at: u64, words: [u64; PasidEntry::WORDS]) -> Result<(), Failed> {
        for (word, value) in words.into_iter().enumerate().rev() {
            self.memory.store(at + 8 * word as u64, value)?;
        }
        Ok(())
    }

    /// Hands out a PASID.
    pub fn alloc_pasid(&mut self) -> Result<u32, Rejection> {
        let Some(pasid) = self.setup.pasids.clone().find(|pasid| !self.pasids.contains(pasid)) else {
            return refuse!("intel_vtd/no-pasid", "", 0, ENOSPC, "a PASID must be free");
        };
        self.pasids.insert(pasid);
        Ok(pasid)
    }

    /// Takes a PASID back, once nothing is bound to it.
    pub fn free_pasid(&mut self, pasid: u32) -> Result<(), Rejection> {
        if self.bindings.keys().any(|(_, bound)| *bound == pasid) {
            return refuse!("intel_vtd/pasid-bound", "", 0, EBUSY, "what is bound to a PASID goes first");
        }
        if !self.pasids.remove(&pasid) {
            return refuse!("intel_vtd/pasid-unknown", "", 0, ENOENT, "the PASID must have been allocated");
        }
        Ok(())
    }

    /// Binding a guest's whole PASID table is another vendor's way; [`features::BIND_PASID_TABLE`] is not reported.
    pub fn bind_pasid_table(&self, _source: u16) -> Result<(), Rejection> {
        refuse!("intel_vtd/no-pasid-table", "", 0, ENODEV, "a PASID table of a guest cannot be bound on VT-d")
    }

    /// Host-physical address of a device's PASID directory, for [`crate::dump`].
    pub fn directory(&self, source: u16) -> Option<u64> {
        Some(self.devices.get(&source)?.directory)
    }

    fn strict(&self) -> bool {
        self.setup.profile == Profile::Strict
    }

    /// The domain of a device, and its number.
    fn domain_of(&self, device: &Attached) -> Option<(u16, Domain)> {
        let id = device.domain?;
        Some((id, *self.domains.get(&id)?))
    }
}

fn take(frames: &mut Frames, count: u64) -> Result<u64, Rejection> {
    match frames.take_many(count) {
        Some(frame) => Ok(frame),
        None => refuse!("intel_vtd/no-memory", "", 0, ENOMEM, "there must be memory for tables"),
    }
}
