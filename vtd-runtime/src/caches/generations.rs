//! Counters that make invalidation of a domain or a PASID a matter of one addition.

use crate::sync::{AtomicU64, Ordering};

#[cfg(not(loom))]
const COUNTERS: usize = 4096;
#[cfg(loom)]
const COUNTERS: usize = 1;

/// How often everything, each domain, and each PASID of a domain was invalidated.
///
/// Domains and PASIDs that hash alike share a counter: more is invalidated than was asked for, which the specification
/// allows at any time.
pub(crate) struct Generations {
    /// Moves before any other counter does, and with every invalidation of single entries.
    epoch: AtomicU64,
    global: AtomicU64,
    /// Of a domain: what is tagged with a PASID, and what is not.
    tagged: Box<[AtomicU64]>,
    untagged: Box<[AtomicU64]>,
    pasids: Box<[AtomicU64]>,
}

fn counters() -> Box<[AtomicU64]> {
    std::iter::repeat_with(|| AtomicU64::new(0)).take(COUNTERS).collect()
}

impl Generations {
    pub(crate) fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self { epoch: zero(), global: zero(), tagged: counters(), untagged: counters(), pasids: counters() }
    }

    /// To be read before a table is: what was read in an epoch that has ended is not cached.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The stamp of first-stage and nested entries.
    #[inline]
    pub(crate) fn tagged(&self, domain: u16, pasid: u32) -> u64 {
        let now = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        now(&self.global)
            .wrapping_add(slot(&self.tagged, u64::from(domain)).map_or(0, now))
            .wrapping_add(slot(&self.pasids, pasid_of(domain, pasid)).map_or(0, now))
    }

    /// The stamp of second-stage entries.
    #[inline]
    pub(crate) fn untagged(&self, domain: u16) -> u64 {
        let now = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        now(&self.global).wrapping_add(slot(&self.untagged, u64::from(domain)).map_or(0, now))
    }

    /// Single entries are about to be removed.
    pub(crate) fn end_epoch(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn end_all(&self) {
        self.end_epoch();
        self.global.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn end_domain(&self, domain: u16) {
        self.end_tagged(domain);
        if let Some(counter) = slot(&self.untagged, u64::from(domain)) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// What is tagged with any PASID of the domain.
    pub(crate) fn end_tagged(&self, domain: u16) {
        self.end_epoch();
        if let Some(counter) = slot(&self.tagged, u64::from(domain)) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub(crate) fn end_pasid(&self, domain: u16, pasid: u32) {
        self.end_epoch();
        if let Some(counter) = slot(&self.pasids, pasid_of(domain, pasid)) {
            counter.fetch_add(1, Ordering::AcqRel);
        }
    }
}

#[inline]
fn pasid_of(domain: u16, pasid: u32) -> u64 {
    u64::from(domain).wrapping_mul(0x9e37) ^ u64::from(pasid)
}

#[inline]
#[allow(clippy::cast_possible_truncation, reason = "the low bits pick the counter")]
fn slot(counters: &[AtomicU64], of: u64) -> Option<&AtomicU64> {
    counters.get(of as usize % COUNTERS)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Generations;

    #[test]
    fn an_invalidation_ends_what_it_names() {
        let now = Generations::new();
        let seen = || (now.tagged(1, 7), now.tagged(1, 8), now.tagged(2, 7), now.untagged(1));
        let start = seen();
        now.end_pasid(1, 7);
        let after_pasid = seen();
        assert_ne!(after_pasid.0, start.0);
        assert_eq!((after_pasid.1, after_pasid.2, after_pasid.3), (start.1, start.2, start.3));
        now.end_tagged(1);
        let after_tagged = seen();
        assert!(after_tagged.0 != after_pasid.0 && after_tagged.1 != after_pasid.1);
        assert_eq!((after_tagged.2, after_tagged.3), (after_pasid.2, after_pasid.3));
        now.end_domain(1);
        assert_ne!(now.untagged(1), after_tagged.3);
        let before = now.epoch();
        now.end_all();
        assert_ne!((now.epoch(), now.tagged(2, 7)), (before, start.2));
    }
}
