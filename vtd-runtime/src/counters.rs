//! How often what happened: plain numbers that only grow.

use std::sync::atomic::{AtomicU64, Ordering};

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

/// Of one cache.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) hits: Number,
    pub(crate) misses: Number,
    pub(crate) stores: Number,
    pub(crate) evictions: Number,
    pub(crate) outdated: Number,
    pub(crate) invalidations: Number,
}

impl Count {
    pub(crate) fn looked_up(&self, found: bool) {
        if found { self.hits.add() } else { self.misses.add() }
    }

    pub(crate) fn invalidated(&self) {
        self.invalidations.add();
    }
}

#[derive(Debug, Default)]
pub(crate) struct CacheCounters {
    pub(crate) context: Count,
    pub(crate) pasid: Count,
    pub(crate) iotlb: Count,
    pub(crate) paging: Count,
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
