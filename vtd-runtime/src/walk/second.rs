//! The second stage: guest-physical to host-physical.

use super::{Page, Place, Resolved, Shortcuts, Stop, Trace, Walker, permits, rights};
use crate::hw::{FaultReason, PasidEntry, SecondStageEntry};
use crate::memory::Memory;
use crate::request::Request;

/// The second-stage tables of a domain, as a PASID entry names them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Domain {
    pub(crate) id: u16,
    pub(crate) table: u64,
    pub(crate) levels: u8,
    /// Accessed and dirty are kept (SSADE).
    pub(super) updates: bool,
    /// Updates reach memory coherently (SMPWC and PWSNP).
    snoops: bool,
}

impl Domain {
    pub(crate) fn new(entry: PasidEntry, snoops: bool) -> Self {
        let levels = entry.aw().0 + 2;
        Self { id: entry.did(), table: entry.ssptr(), levels, updates: entry.ssade(), snoops }
    }
}

/// A page of the second stage. `rights` are READ, WRITE, and DIRTY where nothing is left to mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SecondLeaf {
    pub(crate) base: u64,
    pub(crate) shift: u8,
    pub(crate) rights: u64,
}

impl SecondLeaf {
    pub(crate) fn address(&self, input: u64) -> u64 {
        self.base | input & ((1 << self.shift) - 1)
    }
}

/// For what a second-stage address is wanted: each has its own reasons when it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To read a first-stage table; whether it is the top one.
    Table { top: bool },
    /// To set a bit in a first-stage table.
    Update,
    /// The access itself.
    Data { reads: bool, writes: bool },
}

impl Purpose {
    fn writes(self) -> bool {
        matches!(self, Self::Update | Self::Data { writes: true, .. })
    }

    fn too_wide(self) -> FaultReason {
        match self {
            Self::Data { .. } => FaultReason::SECOND_STAGE_BEYOND,
            _ => FaultReason::NESTED_BEYOND_MGAW,
        }
    }

    /// Neither reading nor writing is allowed.
    fn absent(self) -> FaultReason {
        match self {
            Self::Data { .. } => FaultReason::SECOND_STAGE_PERMISSION,
            _ => self.no_read(),
        }
    }

    fn no_read(self) -> FaultReason {
        match self {
            Self::Table { top: true } => FaultReason::NESTED_TOP_READ,
            Self::Table { top: false } => FaultReason::NESTED_READ,
            Self::Update => FaultReason::NESTED_WRITE,
            Self::Data { .. } => FaultReason::NO_READ,
        }
    }

    /// READ and WRITE, as it is wanted.
    #[inline]
    pub(super) fn needs(self) -> u64 {
        let read = if let Self::Data { reads: false, .. } = self { 0 } else { rights::READ };
        if self.writes() { read | rights::WRITE } else { read }
    }

    fn judge(self, found: u64) -> Result<(), FaultReason> {
        let lacking = self.needs() & !found;
        if lacking & rights::READ != 0 {
            return Err(self.no_read());
        }
        if lacking & rights::WRITE != 0 {
            return Err(match self {
                Self::Data { .. } => FaultReason::NO_WRITE,
                _ => FaultReason::NESTED_WRITE,
            });
        }
        Ok(())
    }
}

impl<M: Memory, S: Shortcuts, T: Trace> Walker<'_, M, S, T> {
    /// A request whose address goes through the second stage alone.
    pub(super) fn second_only(&mut self, at: &Resolved, request: &Request, shortcuts: bool) -> Result<Page, Stop> {
        let domain = Domain::new(at.entry, self.snoops(at.entry));
        let purpose = Purpose::Data { reads: request.access.reads(), writes: request.access.writes() };
        let leaf = self.second(&domain, request.address, purpose, shortcuts)?;
        let rights = leaf.rights | rights::USER | rights::RW;
        permits(at, request, rights)?;
        Ok(Page { base: leaf.base, shift: leaf.shift, rights })
    }

    pub(super) fn snoops(&self, entry: PasidEntry) -> bool {
        self.limits.ecap.smpwc() && entry.pwsnp()
    }

    /// The page of `address`, marked as `purpose` asks.
    pub(super) fn second(
        &mut self,
        domain: &Domain,
        address: u64,
        purpose: Purpose,
        shortcuts: bool,
    ) -> Result<SecondLeaf, Stop> {
        if address >> self.limits.second_bits(domain.levels) != 0 {
            return Err(purpose.too_wide().into());
        }
        if shortcuts && let Some(leaf) = self.shortcuts.leaf(domain, address) {
            let marked = !purpose.writes() || leaf.rights & rights::DIRTY != 0;
            if marked && purpose.judge(leaf.rights).is_ok() {
                return Ok(leaf);
            }
        }
        self.second_walk(domain, address, purpose, shortcuts)
    }

    fn second_walk(
        &mut self,
        domain: &Domain,
        address: u64,
        purpose: Purpose,
        shortcuts: bool,
    ) -> Result<SecondLeaf, Stop> {
        let known = if shortcuts { self.shortcuts.second(domain, address) } else { None };
        let (start, mut table) = known.unwrap_or((domain.levels, domain.table | rights::READ | rights::WRITE));
        let mut unmarked = Unmarked::default();
        for level in (1..=start).rev() {
            let at = (table & !0xfff) + (address >> (9 * level) & 0xff8);
            let failed = if level == domain.levels {
                FaultReason::SECOND_STAGE_POINTER
            } else {
                FaultReason::SECOND_STAGE_ACCESS
            };
            let word = self.load(Place::Second(level), at, failed)?;
            let entry = SecondStageEntry::from_words([word]);
            if word & (rights::READ | rights::WRITE) == 0 {
                return Err(purpose.absent().into());
            }
            let last = level == 1 || entry.ps();
            if self.second_reserved(level, word) {
                return Err(FaultReason::SECOND_STAGE_RESERVED.into());
            }
            // R and W have the places of READ and WRITE.
            let rights = table & word & (rights::READ | rights::WRITE);
            if domain.updates && !entry.a() {
                unmarked.push(at, word);
            }
            if last {
                purpose.judge(rights)?;
                let shift = 3 + 9 * level;
                let leaf = SecondLeaf { base: entry.addr() & !((1 << shift) - 1), shift, rights };
                let leaf = self.mark_second(domain, leaf, (at, word), purpose.writes(), unmarked)?;
                self.shortcuts.learn_leaf(domain, address, leaf);
                return Ok(leaf);
            }
            table = entry.addr() | rights;
            // Only a way that is all marked as accessed may be remembered.
            if unmarked.count == 0 {
                self.shortcuts.learn_second(domain, address, level - 1, table);
            }
        }
        Err(FaultReason::SECOND_STAGE_ACCESS.into())
    }

    pub(super) fn second_reserved(&self, level: u8, word: u64) -> bool {
        let large = SecondStageEntry::from_words([word]).ps();
        let size = self.limits.cap.sslps();
        let misplaced = match level {
            _ if !large => false,
            1 => false,
            2 => size & 1 == 0 || word & 0x001f_f000 != 0,
            3 => size & 2 == 0 || word & 0x3fff_f000 != 0,
            _ => true,
        };
        misplaced || word & self.limits.beyond_host() != 0
    }

    /// Sets accessed in the entries used and, for a write, dirty in the last.
    fn mark_second(
        &mut self,
        domain: &Domain,
        leaf: SecondLeaf,
        (at, word): (u64, u64),
        writes: bool,
        mut unmarked: Unmarked,
    ) -> Result<SecondLeaf, Stop> {
        let marked = SecondLeaf { rights: leaf.rights | rights::DIRTY, ..leaf };
        if !domain.updates {
            return Ok(marked);
        }
        let entry = SecondStageEntry::from_words([word]);
        let dirties = writes && !entry.d();
        if dirties && entry.a() {
            unmarked.push(at, word);
        }
        if unmarked.count > 0 && !domain.snoops {
            return Err(FaultReason::SECOND_STAGE_SNOOP.into());
        }
        for (to, old) in unmarked.entries() {
            let used = SecondStageEntry::from_words([old]).with_a(true);
            let new = if to == at && dirties { used.with_d(true) } else { used };
            match self.memory.compare_exchange(to, old, new.words()[0]) {
                Ok(true) => {}
                Ok(false) => return Err(Stop::Changed),
                Err(_) => return Err(FaultReason::SECOND_STAGE_ACCESS.into()),
            }
        }
        Ok(if writes || entry.d() { marked } else { leaf })
    }
}

/// Entries of a walk that have yet to be marked: at most one per level.
#[derive(Clone, Copy, Default)]
struct Unmarked {
    entries: [(u64, u64); 5],
    count: usize,
}

impl Unmarked {
    fn push(&mut self, at: u64, word: u64) {
        if let Some(entry) = self.entries.get_mut(self.count) {
            *entry = (at, word);
            self.count += 1;
        }
    }

    fn entries(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.entries.iter().copied().take(self.count)
    }
}
