//! A bounded table of words that threads read without locking.
//!
//! A set holds four entries behind one sequence number: odd while a writer is at work, and higher afterwards. Readers
//! that saw it change look again. Entries are tagged with a *stamp*, a sum of counters that only grow: an entry whose
//! stamp is not the sum of now has been invalidated, without anybody having looked for it.

use crate::sync::{AtomicU64, Ordering, relax};

#[cfg(not(loom))]
const WAYS: usize = 4;
#[cfg(loom)]
const WAYS: usize = 1;
/// How often a reader looks again before it calls it a miss.
#[cfg(not(loom))]
const LOOKS: usize = 16;
#[cfg(loom)]
const LOOKS: usize = 2;

/// What names an entry. The first word is never 0: that marks a way nobody has used.
pub(crate) type Key = [u64; 2];

struct Way<const V: usize> {
    key: [AtomicU64; 2],
    stamp: AtomicU64,
    value: [AtomicU64; V],
}

#[repr(align(64))]
struct Set<const V: usize> {
    sequence: AtomicU64,
    ways: [Way<V>; WAYS],
}

/// What was found: the stamp it was put in with, and its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found<const V: usize> {
    pub(crate) stamp: u64,
    pub(crate) value: [u64; V],
}

/// What became of a new entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    /// It has a way of its own.
    Stored,
    /// It took the way of another entry.
    Evicted,
    /// An invalidation came first, and nothing was stored.
    Outdated,
}

pub(crate) struct Table<const V: usize> {
    sets: Box<[Set<V>]>,
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    std::array::from_fn(|_| AtomicU64::new(0))
}

impl<const V: usize> Table<V> {
    /// Room for `entries`, rounded up to a power of two.
    pub(crate) fn new(entries: usize) -> Self {
        let sets = entries.div_ceil(WAYS).next_power_of_two();
        let way = || Way { key: zeros(), stamp: AtomicU64::new(0), value: zeros() };
        let set = || Set { sequence: AtomicU64::new(0), ways: std::array::from_fn(|_| way()) };
        Self { sets: std::iter::repeat_with(set).take(sets).collect() }
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.sets.len() * WAYS
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "any bits of the hash will do")]
    fn set(&self, key: Key) -> Option<&Set<V>> {
        let mixed = (key[0] ^ key[1].rotate_left(20)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.sets.get((mixed >> 32) as usize & (self.sets.len() - 1))
    }

    /// The entry named `key`, whatever its stamp.
    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<Found<V>> {
        let set = self.set(key)?;
        for _ in 0..LOOKS {
            let before = set.sequence.load(Ordering::Acquire);
            let found = if before & 1 == 0 { set.find(key).map(Way::read) } else { None };
            // The loads above are acquire loads: this one cannot move before them.
            if before & 1 == 0 && set.sequence.load(Ordering::Relaxed) == before {
                return found;
            }
            relax();
        }
        None
    }

    /// Puts an entry in, unless `valid` says no while the set is held: whoever invalidates makes `valid` false first
    /// and takes the set afterwards, so that one of the two sees the other. `live` is the stamp of now of a key; an
    /// entry that has lost its own gives way before any other.
    pub(crate) fn put(
        &self,
        key: Key,
        stamp: u64,
        value: [u64; V],
        valid: impl FnOnce() -> bool,
        live: impl Fn(Key) -> u64,
    ) -> Put {
        let Some(set) = self.set(key) else { return Put::Outdated };
        let held = set.hold();
        let outcome = if valid() { set.replace(held, key, stamp, value, live) } else { Put::Outdated };
        set.release(held);
        outcome
    }

    /// Forgets the entry named `key`, if there is one.
    pub(crate) fn remove(&self, key: Key) -> bool {
        let Some(set) = self.set(key) else { return false };
        let held = set.hold();
        let way = set.find(key);
        if let Some(way) = way {
            way.key[0].store(0, Ordering::Release);
        }
        set.release(held);
        way.is_some()
    }

    /// All entries: for dumps and tests, not for any path that has to be fast.
    pub(crate) fn entries(&self) -> Vec<(Key, Found<V>)> {
        let keys = self.sets.iter().flat_map(|set| &set.ways).map(Way::name).filter(|key| key[0] != 0);
        keys.filter_map(|key| Some((key, self.get(key)?))).collect()
    }
}

impl<const V: usize> Set<V> {
    #[inline]
    fn find(&self, key: Key) -> Option<&Way<V>> {
        self.ways.iter().find(|way| way.name() == key)
    }

    /// Waits until no other writer is in the set; the even number it had.
    fn hold(&self) -> u64 {
        loop {
            let now = self.sequence.load(Ordering::Relaxed) & !1;
            if self.sequence.compare_exchange(now, now + 1, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                return now;
            }
            relax();
        }
    }

    fn release(&self, held: u64) {
        self.sequence.store(held.wrapping_add(2), Ordering::Release);
    }

    #[allow(clippy::cast_possible_truncation, reason = "two bits")]
    fn replace(&self, held: u64, key: Key, stamp: u64, value: [u64; V], live: impl Fn(Key) -> u64) -> Put {
        let mut free = None;
        for way in &self.ways {
            let name = way.name();
            if name == key {
                free = Some(way);
                break;
            }
            if free.is_none() && (name[0] == 0 || way.stamp.load(Ordering::Relaxed) != live(name)) {
                free = Some(way);
            }
        }
        // The number grows with every write to the set: it picks the ways in turn.
        let turn = (held >> 1) as usize % WAYS;
        let Some(way) = free.or_else(|| self.ways.get(turn)) else { return Put::Outdated };
        let outcome = if free.is_some() { Put::Stored } else { Put::Evicted };
        // Release stores: a reader that sees one of them also sees the odd number before it.
        way.key[0].store(key[0], Ordering::Release);
        way.key[1].store(key[1], Ordering::Release);
        way.stamp.store(stamp, Ordering::Release);
        for (to, word) in way.value.iter().zip(value) {
            to.store(word, Ordering::Release);
        }
        outcome
    }
}

impl<const V: usize> Way<V> {
    #[inline]
    fn name(&self) -> Key {
        [self.key[0].load(Ordering::Acquire), self.key[1].load(Ordering::Acquire)]
    }

    #[inline]
    fn read(&self) -> Found<V> {
        let value = std::array::from_fn(|at| self.value[at].load(Ordering::Acquire));
        Found { stamp: self.stamp.load(Ordering::Acquire), value }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{Found, Put, Table};

    #[test]
    fn is_bounded_and_evicts_one_by_one() {
        let table = Table::<1>::new(16);
        let mut stored: usize = 0;
        for key in 1..=1000_u64 {
            match table.put([key, 0], 0, [key], || true, |_| 0) {
                Put::Stored => stored += 1,
                outcome => assert_eq!(outcome, Put::Evicted),
            }
            assert_eq!(table.get([key, 0]), Some(Found { stamp: 0, value: [key] }));
            assert_eq!(table.entries().len(), stored, "one comes, at most one goes");
        }
        assert_eq!((stored, table.capacity()), (16, 16));
    }

    #[test]
    fn entries_that_lost_their_stamp_give_way_first() {
        let table = Table::<1>::new(4);
        for key in 1..=4 {
            table.put([key, 0], u64::from(key == 3), [key], || true, |_| 1);
        }
        assert_eq!(table.put([9, 0], 1, [9], || true, |_| 1), Put::Stored);
        assert!(table.get([3, 0]).is_some(), "the only live one stays");
    }

    #[test]
    fn what_came_after_an_invalidation_is_not_stored() {
        let table = Table::<2>::new(4);
        assert_eq!(table.put([1, 1], 0, [5, 6], || false, |_| 0), Put::Outdated);
        assert_eq!(table.get([1, 1]), None);
        table.put([1, 1], 0, [5, 6], || true, |_| 0);
        assert!(table.remove([1, 1]) && !table.remove([1, 1]));
    }
}
