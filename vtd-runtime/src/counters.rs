//! How often what happened: plain numbers that only grow.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::{SHARDS, shard_of_thread};

/// A number that grows.
#[derive(Debug, Default)]
pub(crate) struct Number(AtomicU64);

impl Number {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A number that one thread alone adds to, which spares it an atomic addition. Exact while there are no more threads
/// than shards.
#[derive(Debug, Default)]
pub(crate) struct Tally(AtomicU64);

impl Tally {
    #[inline]
    pub(crate) fn add(&self) {
        self.0.store(self.0.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }
}

/// Of one cache, and the threads of one shard.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) hits: Tally,
    pub(crate) misses: Tally,
    pub(crate) stores: Tally,
    pub(crate) evictions: Tally,
    pub(crate) outdated: Tally,
    pub(crate) invalidations: Tally,
}

impl Count {
    #[inline]
    pub(crate) fn looked_up(&self, found: bool) {
        if found { self.hits.add() } else { self.misses.add() }
    }

    pub(crate) fn invalidated(&self) {
        self.invalidations.add();
    }
}

/// Of all caches, and the threads of one shard.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct CacheCounters {
    pub(crate) context: Count,
    pub(crate) pasid: Count,
    pub(crate) iotlb: Count,
    pub(crate) paging: Count,
}

impl CacheCounters {
    fn each(&self) -> [&Count; 4] {
        [&self.context, &self.pasid, &self.iotlb, &self.paging]
    }
}

/// Of all caches and all threads.
#[derive(Debug, Default)]
pub(crate) struct Shards([CacheCounters; SHARDS]);

impl Shards {
    /// Those that this thread adds to.
    #[inline]
    pub(crate) fn mine(&self) -> &CacheCounters {
        &self.0[shard_of_thread() % SHARDS]
    }

    /// The sums.
    pub(crate) fn each(&self) -> Vec<CacheCount> {
        let names = ["context", "PASID", "IOTLB", "paging structures"];
        let sums = names.into_iter().enumerate().map(|(cache, name)| {
            let sum = |tally: fn(&Count) -> &Tally| {
                let all = self.0.iter().map(|shard| tally(shard.each()[cache]).0.load(Ordering::Relaxed));
                all.fold(0, u64::wrapping_add)
            };
            CacheCount {
                name,
                hits: sum(|count| &count.hits),
                misses: sum(|count| &count.misses),
                stores: sum(|count| &count.stores),
                evictions: sum(|count| &count.evictions),
                outdated: sum(|count| &count.outdated),
                invalidations: sum(|count| &count.invalidations),
            }
        });
        sums.collect()
    }
}

/// Of the invalidation queue, the page request queue, and the fault records.
#[derive(Debug, Default)]
pub(crate) struct QueueCounters {
    pub(crate) descriptors: Number,
    pub(crate) waits: Number,
    pub(crate) drains: Number,
    pub(crate) queue_errors: Number,
    pub(crate) time_outs: Number,
    pub(crate) page_requests: Number,
    pub(crate) page_requests_lost: Number,
    pub(crate) responses: Number,
    pub(crate) faults: Number,
    pub(crate) faults_lost: Number,
    pub(crate) faults_silent: Number,
}

/// What one cache has done so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheCount {
    /// Which cache.
    pub name: &'static str,
    /// Look-ups it answered.
    pub hits: u64,
    /// Look-ups it did not answer.
    pub misses: u64,
    /// Entries that were put in.
    pub stores: u64,
    /// Of these, how many took the place of another.
    pub evictions: u64,
    /// Entries that were not put in, as an invalidation had come first.
    pub outdated: u64,
    /// Invalidations of any size.
    pub invalidations: u64,
}

/// What the unit has done so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counters {
    /// Each cache.
    pub caches: Vec<CacheCount>,
    /// Everything else, by name.
    pub queues: Vec<(&'static str, u64)>,
}

impl Counters {
    /// The counter of everything else with this name.
    #[must_use]
    pub fn queue(&self, name: &str) -> Option<u64> {
        self.queues.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
    }

    /// The cache with this name.
    #[must_use]
    pub fn cache(&self, name: &str) -> Option<&CacheCount> {
        self.caches.iter().find(|cache| cache.name == name)
    }
}

impl QueueCounters {
    pub(crate) fn each(&self) -> Vec<(&'static str, u64)> {
        let all = [
            ("descriptors", &self.descriptors),
            ("waits", &self.waits),
            ("waits for requests in flight", &self.drains),
            ("queue errors", &self.queue_errors),
            ("device time-outs", &self.time_outs),
            ("page requests", &self.page_requests),
            ("page requests lost", &self.page_requests_lost),
            ("group responses", &self.responses),
            ("faults", &self.faults),
            ("faults lost", &self.faults_lost),
            ("faults silent", &self.faults_silent),
        ];
        all.map(|(name, number)| (name, number.get())).to_vec()
    }
}
