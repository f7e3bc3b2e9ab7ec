//! The walk that most nested requests are: nothing to refuse, nothing to mark, nothing remembered on the way.
//!
//! One mask per entry says whether that is so. At the first entry that is not plain this walk gives up without a
//! word, and the exact one begins anew: it alone knows reasons, order and marks. The oracle never comes here.

use super::second::Purpose;
use super::{Domain, Page, Resolved, SecondLeaf, Shortcuts, Stage, Trace, Walker, first, first_stage_permits, rights};
use crate::hw::{FirstStageEntry, SecondStageEntry};
use crate::memory::Memory;
use crate::request::Request;

/// Entries that lead on, or to a page of 4 KiB, without more ado.
#[derive(Clone, Copy)]
struct Plain {
    /// Bits that decide.
    mask: u64,
    /// Their values.
    wanted: u64,
}

impl Plain {
    fn new(beyond: u64, wanted: u64) -> Self {
        Self { mask: beyond | wanted, wanted }
    }

    #[inline]
    fn is(self, word: u64) -> bool {
        word & self.mask == self.wanted
    }
}

/// A second stage as all addresses of a walk go through it.
struct Second {
    domain: Domain,
    plain: Plain,
    /// Bits of an input address.
    bits: u8,
}

/// Where an entry leads.
const ADDRESS: u64 = SecondStageEntry::new().with_addr(u64::MAX).words()[0];
/// An entry above the lowest level that is a page all the same: the same bit in both stages.
const LARGE: u64 = SecondStageEntry::new().with_ps(true).words()[0];

impl<M: Memory, S: Shortcuts, T: Trace> Walker<'_, M, S, T> {
    /// The page of a nested request; `None` if that takes a closer look.
    pub(super) fn quick(&self, at: &Resolved, request: &Request) -> Option<Page> {
        let (address, writes) = (request.address, request.access.writes());
        let levels = first::levels(at.entry);
        if at.stage != Stage::Nested || !first::canonical(address, 12 + 9 * levels) {
            return None;
        }
        let (domain, beyond) = (Domain::new(at.entry, false), self.limits.beyond_host());
        let accessed = SecondStageEntry::new().with_a(domain.updates).words()[0];
        let bits = self.limits.second_bits(domain.levels);
        let second = Second { domain, plain: Plain::new(beyond, accessed), bits };
        let accessed = FirstStageEntry::new().with_p(true).with_a(true).with_ea(at.entry.eafe()).words()[0];
        let plain = Plain::new(beyond, accessed);
        let (mut table, mut found) = (at.entry.fsptr(), rights::USER | rights::RW);
        let mut level = levels;
        let leaf = loop {
            let page = self.quick_second(&second, table, Purpose::Table { top: false })?;
            let word = self.memory.load(page.address(table) + (address >> (9 * level) & 0xff8)).ok()?;
            let entry = FirstStageEntry::from_words([word]);
            if !plain.is(word) || level > 1 && word & LARGE != 0 && self.first_reserved(level, entry) {
                return None;
            }
            found = first::narrowed(found, entry);
            if level == 1 || word & LARGE != 0 {
                break entry;
            }
            table = word & ADDRESS;
            level -= 1;
        };
        first_stage_permits(at, request, found).ok()?;
        if writes && !leaf.d() {
            return None;
        }
        let output = first::output(leaf, level, address);
        let purpose = Purpose::Data { reads: request.access.reads(), writes };
        let page = self.quick_second(&second, output, purpose)?;
        Some(first::nested(output, level, found, leaf.d(), page))
    }

    #[inline]
    fn quick_second(&self, second: &Second, address: u64, purpose: Purpose) -> Option<SecondLeaf> {
        if address >> second.bits != 0 {
            return None;
        }
        let (mut table, mut found) = (second.domain.table, rights::READ | rights::WRITE);
        // Nine bits of the address for each level, of which the lowest three are a word's.
        let mut shift = 9 * second.domain.levels;
        let word = loop {
            let word = self.memory.load(table + (address >> shift & 0xff8)).ok()?;
            found &= word;
            if !second.plain.is(word) {
                return None;
            }
            if shift == 9 || word & LARGE != 0 {
                break word;
            }
            table = word & ADDRESS;
            shift -= 9;
        };
        if shift > 9 && self.second_reserved(shift / 9, word) {
            return None;
        }
        purpose.judge(found).ok()?;
        let marked = !second.domain.updates || SecondStageEntry::from_words([word]).d();
        if purpose.writes() && !marked {
            return None;
        }
        let rights = if marked { found | rights::DIRTY } else { found };
        Some(SecondLeaf { base: word & ADDRESS & !((8 << shift) - 1), shift: shift + 3, rights })
    }
}
