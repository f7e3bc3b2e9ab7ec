//! Walks of the tables in memory: what hardware does when no cache has the answer.
//!
//! A walk here has no memory of its own. Caches offer themselves as [`Shortcuts`]; with none of them (`()`), this is
//! the oracle that the caches are compared with.

mod first;
mod quick;
pub(crate) mod resolve;
mod second;

use crate::hw::{Cap, Ecap, FaultReason, PasidEntry, PasidEntryPgtt};
use crate::memory::Memory;
use crate::request::Request;

pub(crate) use first::FirstTable;
pub(crate) use resolve::Resolved;
pub(crate) use second::{Domain, SecondLeaf};

/// Interrupt messages are written to this megabyte.
pub(crate) const INTERRUPTS: std::ops::RangeInclusive<u64> = 0xfee0_0000..=0xfeef_ffff;

/// Which table an entry was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The root table.
    Root,
    /// A context table.
    Context,
    /// A PASID directory.
    Directory,
    /// A PASID table.
    Pasid,
    /// A first-stage table, of this level (1 has pages of 4 KiB).
    First(u8),
    /// A second-stage table, of this level.
    Second(u8),
}

/// One entry that a walk read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Of which table.
    pub place: Place,
    /// Host-physical address of the entry.
    pub address: u64,
    /// Its first word.
    pub entry: u64,
}

/// Somebody who looks on.
pub trait Trace {
    /// An entry was read.
    fn step(&mut self, step: Step);
}

impl Trace for () {
    #[inline]
    fn step(&mut self, _: Step) {}
}

impl Trace for Vec<Step> {
    fn step(&mut self, step: Step) {
        self.push(step);
    }
}

/// What the unit is able to do: its capability registers, and the width of the host's addresses.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The capability register.
    pub cap: Cap,
    /// The extended capability register.
    pub ecap: Ecap,
    /// Bits of a host-physical address (HAW).
    pub host_bits: u8,
}

impl Limits {
    /// Bits of an address in an entry that must be 0, as the host has no such memory.
    pub(crate) fn beyond_host(&self) -> u64 {
        (1 << 52) - (1 << self.host_bits.min(52))
    }

    /// Bits of a second-stage input address: the smaller of what the tables and the unit have.
    pub(crate) fn second_bits(&self, levels: u8) -> u8 {
        (self.cap.mgaw() + 1).min(12 + 9 * levels)
    }
}

/// Flags of a translation, in the low bits of its page address.
pub(crate) mod rights {
    /// The second stage lets read.
    pub(crate) const READ: u64 = 1;
    /// The second stage lets write.
    pub(crate) const WRITE: u64 = 1 << 1;
    /// Every first-stage entry is a user's.
    pub(crate) const USER: u64 = 1 << 2;
    /// Every first-stage entry lets write.
    pub(crate) const RW: u64 = 1 << 3;
    /// Some first-stage entry forbids execution.
    pub(crate) const NX: u64 = 1 << 4;
    /// The tables know that the page is written to.
    pub(crate) const DIRTY: u64 = 1 << 5;
    /// What a stage that is not there allows.
    pub(crate) const ALL: u64 = READ | WRITE | USER | RW;
}

/// What a walk found, as it is cached too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Host-physical address of the page.
    pub(crate) base: u64,
    pub(crate) shift: u8,
    pub(crate) rights: u64,
}

/// How a PASID entry has addresses translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// First stage only.
    First,
    /// Second stage only.
    Second,
    /// First stage, whose addresses go through the second.
    Nested,
    /// Not at all.
    PassThrough,
}

impl Stage {
    /// What the entry says; `None` for values that are reserved.
    #[must_use]
    #[inline]
    pub fn of(entry: PasidEntry) -> Option<Self> {
        match entry.pgtt() {
            PasidEntryPgtt::FIRST_STAGE => Some(Self::First),
            PasidEntryPgtt::SECOND_STAGE => Some(Self::Second),
            PasidEntryPgtt::NESTED => Some(Self::Nested),
            PasidEntryPgtt::PASS_THROUGH => Some(Self::PassThrough),
            _ => None,
        }
    }
}

/// Why a walk ended without a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Fault(FaultReason),
    /// An entry changed between being read and being marked: from the beginning.
    Changed,
    /// What a shortcut led to has to be marked: from the beginning, without shortcuts.
    Detour,
}

impl From<FaultReason> for Stop {
    fn from(reason: FaultReason) -> Self {
        Self::Fault(reason)
    }
}

/// Caches that spare a walk some of its loads.
pub(crate) trait Shortcuts {
    /// Whether a walk may be [`quick`]: there is nothing to be found or left on the way, and nobody compares.
    fn quick(&self) -> bool {
        false
    }

    /// The lowest first-stage table known on the way to `address`.
    fn first(&self, _at: &Resolved, _address: u64) -> Option<FirstTable> {
        None
    }

    /// A walk came through `table` on its way to `address`.
    fn learn_first(&self, _at: &Resolved, _address: u64, _table: FirstTable) {}

    /// The lowest second-stage table known on the way to `address`, its level, and the rights so far.
    fn second(&self, _domain: &Domain, _address: u64) -> Option<(u8, u64)> {
        None
    }

    /// A walk came through the table of `level` whose address and rights are `table`.
    fn learn_second(&self, _domain: &Domain, _address: u64, _level: u8, _table: u64) {}

    /// The second-stage page of `address`.
    fn leaf(&self, _domain: &Domain, _address: u64) -> Option<SecondLeaf> {
        None
    }

    /// A walk found the second-stage page of `address`.
    fn learn_leaf(&self, _domain: &Domain, _address: u64, _leaf: SecondLeaf) {}
}

impl Shortcuts for () {}

/// How often a walk begins anew because entries changed under it, before it gives up.
const ATTEMPTS: usize = 64;

/// A walk, over some memory, with some shortcuts, before somebody who looks on.
pub(crate) struct Walker<'a, M, S, T> {
    pub(crate) memory: &'a M,
    pub(crate) limits: &'a Limits,
    pub(crate) shortcuts: &'a S,
    pub(crate) trace: &'a mut T,
}

impl<M: Memory, S: Shortcuts, T: Trace> Walker<'_, M, S, T> {
    /// The page that `request` is about.
    pub(crate) fn page(&mut self, at: &Resolved, request: &Request) -> Result<Page, FaultReason> {
        if self.shortcuts.quick()
            && let Some(page) = self.quick(at, request)
            && !interrupts(page.base, page.shift, request.address)
        {
            return Ok(page);
        }
        self.exact(at, request)
    }

    fn exact(&mut self, at: &Resolved, request: &Request) -> Result<Page, FaultReason> {
        let mut shortcuts = true;
        for _ in 0..ATTEMPTS {
            let found = match at.stage {
                Stage::First | Stage::Nested => self.first(at, request, shortcuts),
                Stage::Second => self.second_only(at, request, shortcuts),
                Stage::PassThrough => self.pass_through(request),
            };
            match found {
                Ok(page) if interrupts(page.base, page.shift, request.address) => {
                    return Err(FaultReason::INTERRUPT_RANGE);
                }
                Ok(page) => return Ok(page),
                Err(Stop::Fault(reason)) => return Err(reason),
                Err(Stop::Changed) => {}
                Err(Stop::Detour) => shortcuts = false,
            }
        }
        Err(FaultReason::AD_UPDATE)
    }

    fn pass_through(&self, request: &Request) -> Result<Page, Stop> {
        if request.address >> self.limits.host_bits.min(63) != 0 {
            return Err(FaultReason::BEYOND_MAXIMUM.into());
        }
        Ok(Page { base: request.address & !0xfff, shift: 12, rights: rights::ALL | rights::DIRTY })
    }

    #[inline]
    fn load(&mut self, place: Place, address: u64, failed: FaultReason) -> Result<u64, FaultReason> {
        let entry = self.memory.load(address).map_err(|_| failed)?;
        self.trace.step(Step { place, address, entry });
        Ok(entry)
    }
}

/// Whether the output for `address` is an interrupt message.
#[inline]
pub(crate) fn interrupts(base: u64, shift: u8, address: u64) -> bool {
    INTERRUPTS.contains(&(base | address & ((1 << shift) - 1)))
}

/// Whether `rights` permit the request; `at` says whose rules those are.
#[inline]
pub(crate) fn permits(at: &Resolved, request: &Request, rights: u64) -> Result<(), FaultReason> {
    first_stage_permits(at, request, rights)?;
    if request.access.reads() && rights & rights::READ == 0 {
        return Err(FaultReason::NO_READ);
    }
    if request.access.writes() && rights & rights::WRITE == 0 {
        return Err(FaultReason::NO_WRITE);
    }
    Ok(())
}

/// The part of [`permits`] that first-stage entries decide.
#[inline]
fn first_stage_permits(at: &Resolved, request: &Request, rights: u64) -> Result<(), FaultReason> {
    let supervisor = at.privileged || request.privileged;
    if !supervisor && rights & rights::USER == 0 {
        return Err(FaultReason::USER_SUPERVISOR);
    }
    if request.access.writes() && rights & rights::RW == 0 && (!supervisor || at.entry.wpe()) {
        return Err(FaultReason::NO_WRITE);
    }
    if matches!(request.access, crate::request::Access::Execute) && rights & rights::NX != 0 {
        return Err(FaultReason::NO_EXECUTE);
    }
    Ok(())
}
