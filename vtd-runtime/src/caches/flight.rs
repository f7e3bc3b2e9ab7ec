//! Requests in flight, and the wait for those that began before an invalidation.
//!
//! A word counts the requests under way in its low half, and in its high half how often there were none. Whoever waits
//! takes down the words; a request that was under way then has ended once its word shows a higher upper half, or
//! nobody. Both sides change the same word, so that either the waiter sees the request, or the request sees what was
//! invalidated before the wait.

use crate::sync::{AtomicU64, Ordering, SHARDS, shard_of_thread};

const RUNNING: u64 = 0xffff_ffff;

#[repr(align(64))]
struct Shard {
    word: AtomicU64,
}

pub(crate) struct InFlight {
    shards: [Shard; SHARDS],
}

/// A request under way, until it is dropped.
pub(crate) struct Token<'a> {
    shard: &'a Shard,
}

/// Which requests were under way when a wait began.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot([u64; SHARDS]);

impl InFlight {
    pub(crate) fn new() -> Self {
        let shard = |_| Shard { word: AtomicU64::new(0) };
        Self { shards: std::array::from_fn(shard) }
    }

    /// Begins a request. What it looks at afterwards is not older than the last wait that did not see it.
    #[inline]
    pub(crate) fn enter(&self) -> Token<'_> {
        let shard = &self.shards[shard_of_thread()];
        shard.word.fetch_add(1, Ordering::AcqRel);
        Token { shard }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        // Adding nothing is a write all the same: requests that come later see what came before it.
        Snapshot(std::array::from_fn(|at| self.shards[at].word.fetch_add(0, Ordering::AcqRel)))
    }

    /// Whether everything that `then` saw under way has ended.
    pub(crate) fn drained(&self, then: &Snapshot) -> bool {
        self.shards.iter().zip(then.0).all(|(shard, then)| {
            let now = shard.word.load(Ordering::Acquire);
            then & RUNNING == 0 || now & RUNNING == 0 || now & !RUNNING != then & !RUNNING
        })
    }
}

impl Drop for Token<'_> {
    #[inline]
    fn drop(&mut self) {
        let mut now = self.shard.word.load(Ordering::Relaxed);
        loop {
            let last = now & RUNNING == 1;
            let next = if last { (now & !RUNNING).wrapping_add(RUNNING + 1) } else { now - 1 };
            match self.shard.word.compare_exchange_weak(now, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::InFlight;

    #[test]
    fn a_wait_sees_those_before_it_and_not_those_after() {
        let flight = InFlight::new();
        assert!(flight.drained(&flight.snapshot()), "nobody");
        let first = flight.enter();
        let wait = flight.snapshot();
        assert!(!flight.drained(&wait));
        let second = flight.enter();
        drop(first);
        assert!(!flight.drained(&wait), "the second shares the word");
        drop(second);
        assert!(flight.drained(&wait));
        let third = flight.enter();
        assert!(flight.drained(&wait), "the third came later");
        drop(third);
    }
}
