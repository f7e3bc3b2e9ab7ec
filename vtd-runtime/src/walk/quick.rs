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
            let page = self.quick_second(&second, table, Purpose::Table { top: false }.needs())?;
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
        let page = self.quick_second(&second, output, purpose.needs())?;
        Some(first::nested(output, level, found, leaf.d(), page))
    }

    /// The page of a guest-physical address, which is wanted for what `needs` says: READ, WRITE.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "four of its five calls are one loop, and its answer stays in registers")]
    fn quick_second(&self, second: &Second, address: u64, needs: u64) -> Option<SecondLeaf> {
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
        let marked = !second.domain.updates || SecondStageEntry::from_words([word]).d();
        if needs & !found != 0 || needs & rights::WRITE != 0 && !marked {
            return None;
        }
        let rights = if marked { found | rights::DIRTY } else { found };
        Some(SecondLeaf { base: word & ADDRESS & !((8 << shift) - 1), shift: shift + 3, rights })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use crate::hw::FaultReason;
    use crate::machine::{Machine, Plan, SOURCE};
    use crate::memory::{Memory as _, VecMemory};
    use crate::request::{Access, Request};
    use crate::unit::Unit;
    use crate::walk::{Resolved, Shortcuts, Walker, resolve};

    struct Quick;

    impl Shortcuts for Quick {
        fn quick(&self) -> bool {
            true
        }
    }

    /// The same numbers on every machine.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).expect("31 bits") % end
        }
    }

    const AT: u64 = 0x7f00_0000_0000;
    /// Bits that have a meaning in one of the stages.
    const KNOWN: [usize; 16] = [0, 1, 2, 5, 5, 6, 6, 7, 8, 8, 9, 9, 10, 13, 47, 63];

    /// A PASID entry and a request that the unit would come to a walk with.
    fn request(unit: &Unit<Arc<VecMemory>>, pasid: u32, dice: &mut Dice) -> (Resolved, Request) {
        let access = [Access::Read, Access::Write, Access::ReadWrite, Access::Execute][dice.below(4)];
        let address = AT + [0, 0x123, 1 << 30, 1 << 39][dice.below(4)] + dice.below(0x1000) as u64;
        let request = Request::new(SOURCE, Some(pasid), address, access);
        let request = if dice.below(4) == 0 { request.privileged() } else { request };
        let root = unit.root(FaultReason::LEGACY_PASID, true).expect("a root");
        let context = resolve::context(&unit.memory, &unit.limits, root, SOURCE, &mut ()).expect("a context");
        let entry = resolve::entry(&unit.memory, &unit.limits, context, pasid, &mut ()).expect("an entry");
        let mut often = || dice.below(4) > 0;
        let entry = entry.with_wpe(often()).with_eafe(!often()).with_ssade(often()).with_pwsnp(often());
        let entry = entry.with_sre(true).with_ere(true);
        (resolve::resolved(entry, pasid, &request, false).expect("a way"), request)
    }

    /// Every bit of every entry is flipped, alone and with others.
    #[test]
    fn answers_and_marks_as_the_exact_walk_does() {
        let mut dice = Dice(7);
        let (mut pages, mut plain, mut marked) = (0, 0, 0);
        for (first_levels, second_levels, second_shift) in [(4, 4, 12), (5, 3, 12), (4, 5, 21)] {
            let built = Plan { first_levels, second_levels, second_shift, ..Plan::default() };
            let mut machine = Machine::new(built).expect("a machine");
            machine.map(AT, 0x5000, 12).expect("a page");
            machine.map(AT + (1 << 30), 0, 21).expect("a large page");
            let pasid = machine.bind().expect("a PASID");
            let (unit, memory, limits) = (&machine.unit, &machine.memory, machine.unit.limits());
            for _ in 0..40_000 {
                let (at, request) = request(unit, pasid, &mut dice);
                let mut steps = Vec::new();
                let _ = Walker { memory, limits, shortcuts: &(), trace: &mut steps }.page(&at, &request);
                let words = || steps.iter().map(|step| memory.load(step.address)).collect::<Vec<_>>();
                for _ in 0..dice.below(3) {
                    let place = steps[dice.below(steps.len())].address;
                    let word = memory.load(place).expect("an entry");
                    let bit = if dice.below(2) == 0 { dice.below(64) } else { KNOWN[dice.below(KNOWN.len())] };
                    memory.store(place, word ^ 1 << bit).expect("an entry");
                }
                let before = words();
                let quick = Walker { memory, limits, shortcuts: &Quick, trace: &mut () }.page(&at, &request);
                let after = words();
                for (step, word) in steps.iter().zip(&before) {
                    memory.store(step.address, word.expect("an entry")).expect("an entry");
                }
                let mut walker = Walker { memory, limits, shortcuts: &(), trace: &mut () };
                plain += u32::from(walker.quick(&at, &request).is_some());
                let exact = walker.page(&at, &request);
                assert_eq!((&quick, &after), (&exact, &words()), "{request:?} {steps:x?} {before:x?}");
                pages += u32::from(exact.is_ok());
                marked += u32::from(before != after);
                // As it was before the first walk marked it.
                for step in steps.iter().rev() {
                    memory.store(step.address, step.entry).expect("an entry");
                }
            }
        }
        assert!(pages > 10_000 && plain > 5_000 && marked > 1_000, "{pages} {plain} {marked}");
    }
}
