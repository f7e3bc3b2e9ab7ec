//! The first stage: virtual to guest-physical (nested) or host-physical.

use super::second::Purpose;
use super::{
    Domain, Page, Place, Resolved, SecondLeaf, Shortcuts, Stage, Stop, Trace, Walker, first_stage_permits, permits,
    rights,
};
use crate::hw::{FaultReason, FirstStageEntry, PasidEntry, PasidEntryFspm};
use crate::memory::Memory;
use crate::request::Request;

/// A first-stage table on the way to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstTable {
    pub(crate) level: u8,
    /// Its host-physical address.
    pub(crate) address: u64,
    /// USER, RW and NX of the entries above; DIRTY: its entries may be marked without another look at the second stage.
    pub(crate) rights: u64,
}

/// An entry that was used.
#[derive(Clone, Copy, Default)]
struct Used {
    at: u64,
    word: u64,
    /// Guest-physical address of its table.
    table: u64,
    /// As of [`FirstTable`].
    writable: bool,
}

/// The entries of a walk, from the first that was read to the last.
#[derive(Default)]
struct Path {
    entries: [Used; 5],
    count: usize,
}

impl Path {
    fn push(&mut self, used: Used) {
        if let Some(entry) = self.entries.get_mut(self.count) {
            *entry = used;
            self.count += 1;
        }
    }
}

impl<M: Memory, S: Shortcuts, T: Trace> Walker<'_, M, S, T> {
    /// A request whose address goes through the first stage.
    pub(super) fn first(&mut self, at: &Resolved, request: &Request, shortcuts: bool) -> Result<Page, Stop> {
        let levels = levels(at.entry);
        if !canonical(request.address, 12 + 9 * levels) {
            return Err(FaultReason::NON_CANONICAL.into());
        }
        let nested = (at.stage == Stage::Nested).then(|| Domain::new(at.entry, self.snoops(at.entry)));
        let known = if shortcuts { self.shortcuts.first(at, request.address) } else { None };
        let mut path = Path::default();
        let (leaf, level, rights) = self.descend(at, request.address, levels, nested.as_ref(), known, &mut path)?;
        first_stage_permits(at, request, rights)?;
        let clean = self.mark_first(at, nested.as_ref(), &path, request.access.writes())?;
        let output = output(leaf, level, request.address);
        let Some(domain) = nested else {
            let shift = 3 + 9 * level;
            let dirty = if clean { 0 } else { rights::DIRTY };
            let rights = rights | rights::READ | rights::WRITE | dirty;
            permits(at, request, rights)?;
            return Ok(Page { base: output & !((1 << shift) - 1), shift, rights });
        };
        let purpose = Purpose::Data { reads: request.access.reads(), writes: request.access.writes() };
        let second = self.second(&domain, output, purpose, shortcuts)?;
        Ok(self::nested(output, level, rights, !clean, second))
    }

    /// Down to the last entry: it, its level, and the rights of all.
    fn descend(
        &mut self,
        at: &Resolved,
        address: u64,
        levels: u8,
        nested: Option<&Domain>,
        known: Option<FirstTable>,
        path: &mut Path,
    ) -> Result<(FirstStageEntry, u8, u64), Stop> {
        let mut rights = known.map_or(rights::USER | rights::RW, |table| table.rights & !rights::DIRTY);
        let start = known.map_or(levels, |table| table.level);
        let mut next = at.entry.fsptr();
        // Only a way that is all marked as accessed may be remembered.
        let mut marked = true;
        for level in (1..=start).rev() {
            let (table, writable) = match known.filter(|table| table.level == level) {
                Some(table) => (table.address, table.rights & rights::DIRTY != 0),
                None => self.table_page(nested, next, level == levels)?,
            };
            if level < start && marked {
                let writable = if writable { rights::DIRTY } else { 0 };
                self.shortcuts.learn_first(
                    at,
                    address,
                    FirstTable { level, address: table, rights: rights | writable },
                );
            }
            let place = table + (address >> (9 * level) & 0xff8);
            let failed =
                if level == levels { FaultReason::FIRST_STAGE_TOP_ACCESS } else { FaultReason::FIRST_STAGE_ACCESS };
            let word = self.load(Place::First(level), place, failed)?;
            let entry = FirstStageEntry::from_words([word]);
            if !entry.p() {
                return Err(FaultReason::FIRST_STAGE_NOT_PRESENT.into());
            }
            if self.first_reserved(level, entry) {
                return Err(FaultReason::FIRST_STAGE_RESERVED.into());
            }
            rights = narrowed(rights, entry);
            marked &= entry.a() && (entry.ea() || !at.entry.eafe());
            // Nobody knows the guest-physical address of a table that a shortcut led to.
            let table = if known.is_some_and(|table| table.level == level) { u64::MAX } else { next };
            path.push(Used { at: place, word, table, writable });
            if level == 1 || entry.ps() {
                return Ok((entry, level, rights));
            }
            next = entry.addr();
        }
        Err(FaultReason::FIRST_STAGE_ACCESS.into())
    }

    /// The host-physical address of a table, and whether its entries may be marked without another look.
    fn table_page(&mut self, nested: Option<&Domain>, table: u64, top: bool) -> Result<(u64, bool), Stop> {
        let Some(domain) = nested else { return Ok((table, true)) };
        let leaf = self.second(domain, table, Purpose::Table { top }, true)?;
        let writable = rights::WRITE | rights::DIRTY;
        Ok((leaf.address(table), leaf.rights & writable == writable))
    }

    pub(super) fn first_reserved(&self, level: u8, entry: FirstStageEntry) -> bool {
        let word = entry.words()[0];
        let misplaced = match level {
            1 => false,
            _ if !entry.ps() => false,
            2 => word & 0x001f_e000 != 0,
            3 => !self.limits.cap.fl1gp() || word & 0x3fff_e000 != 0,
            _ => true,
        };
        misplaced || word & self.limits.beyond_host() != 0
    }

    /// Sets accessed (and extended accessed) in the entries used, and for a write dirty in the last. Answers whether
    /// the last is still clean.
    fn mark_first(&mut self, at: &Resolved, nested: Option<&Domain>, path: &Path, writes: bool) -> Result<bool, Stop> {
        let mut clean = true;
        for (index, used) in path.entries.iter().take(path.count).enumerate() {
            let last = index + 1 == path.count;
            let old = FirstStageEntry::from_words([used.word]);
            let dirty = old.d() || last && writes;
            let new = old.with_a(true).with_ea(old.ea() || at.entry.eafe()).with_d(dirty);
            clean = !dirty;
            if new == old {
                continue;
            }
            if !self.snoops(at.entry) {
                return Err(FaultReason::FIRST_STAGE_SNOOP.into());
            }
            self.may_update(nested, used)?;
            match self.memory.compare_exchange(used.at, used.word, new.words()[0]) {
                Ok(true) => {}
                Ok(false) => return Err(Stop::Changed),
                Err(_) => return Err(FaultReason::AD_UPDATE.into()),
            }
        }
        Ok(clean)
    }

    /// Writing to a first-stage table needs the second stage's leave.
    fn may_update(&mut self, nested: Option<&Domain>, used: &Used) -> Result<(), Stop> {
        match nested {
            _ if used.writable => Ok(()),
            None => Ok(()),
            Some(_) if used.table == u64::MAX => Err(Stop::Detour),
            Some(domain) => self.second(domain, used.table, Purpose::Update, false).map(drop),
        }
    }
}

/// Levels of the first stage of a PASID.
pub(super) fn levels(entry: PasidEntry) -> u8 {
    if entry.fspm() == PasidEntryFspm::LEVEL_5 { 5 } else { 4 }
}

/// Where a leaf of the first stage leads.
#[inline]
pub(super) fn output(leaf: FirstStageEntry, level: u8, address: u64) -> u64 {
    let offset = (1_u64 << (3 + 9 * level)) - 1;
    leaf.addr() & !offset | address & offset
}

/// The page of a nested address: as large as the smaller of both stages has it.
#[inline]
pub(super) fn nested(output: u64, level: u8, rights: u64, dirty: bool, second: SecondLeaf) -> Page {
    let shift = second.shift.min(3 + 9 * level);
    let base = second.address(output) & !((1 << shift) - 1);
    // Dirty only where both stages say so.
    let kept = rights::READ | rights::WRITE | if dirty { rights::DIRTY } else { 0 };
    Page { base, shift, rights: rights | second.rights & kept }
}

/// What is left of `rights` behind an entry.
#[inline]
pub(super) fn narrowed(mut rights: u64, entry: FirstStageEntry) -> u64 {
    if !entry.us() {
        rights &= !rights::USER;
    }
    if !entry.rw() {
        rights &= !rights::RW;
    }
    if entry.xd() {
        rights |= rights::NX;
    }
    rights
}

/// Whether all bits from `bits - 1` up are equal.
pub(super) fn canonical(address: u64, bits: u8) -> bool {
    let upper = address >> (bits - 1);
    upper == 0 || upper == u64::MAX >> (bits - 1)
}
