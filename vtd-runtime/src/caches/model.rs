//! Threads against an invalidation, in every order a model checker finds:
//! `RUSTFLAGS="--cfg loom" cargo test -p vtd-runtime --lib --release model`.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, Ordering};

use super::flight::InFlight;
use super::generations::Generations;
use super::table::Table;

const KEY: [u64; 2] = [1 << 63, 5];
const OLD: u64 = 1;
const NEW: u64 = 2;

/// One page table entry in memory, and the caches of a unit around it.
struct Small {
    entry: AtomicU64,
    pages: Table<1>,
    ages: Generations,
    flight: InFlight,
    done: AtomicU64,
}

impl Small {
    fn new() -> Self {
        Self {
            entry: AtomicU64::new(OLD),
            pages: Table::new(1),
            ages: Generations::new(),
            flight: InFlight::new(),
            done: AtomicU64::new(0),
        }
    }

    /// As [`super::View`] does: the epoch before anything else, the stamp with the entry.
    fn translate(&self, careful: bool) -> u64 {
        let epoch = self.ages.epoch();
        if let Some(found) = self.pages.get(KEY).filter(|found| found.stamp == self.ages.tagged(1, 1)) {
            return found.value[0];
        }
        let word = self.entry.load(Ordering::Acquire);
        let lasts = || !careful || self.ages.epoch() == epoch;
        self.pages.put(KEY, self.ages.tagged(1, 1), [word], lasts, |_| self.ages.tagged(1, 1));
        word
    }

    /// A request: whoever holds an old translation does so before the wait is done.
    fn request(&self, careful: bool) {
        let token = self.flight.enter();
        let found = self.translate(careful);
        assert!(found == NEW || self.done.load(Ordering::Acquire) == 0, "an old translation outlived the wait");
        drop(token);
    }

    /// Software changes the entry; the unit invalidates and waits.
    fn change(&self, invalidate: impl FnOnce(&Self), wait: bool) {
        self.entry.store(NEW, Ordering::Release);
        invalidate(self);
        let then = self.flight.snapshot();
        while wait && !self.flight.drained(&then) {
            loom::thread::yield_now();
        }
        self.done.store(1, Ordering::Release);
    }

    fn end_pasid(&self) {
        self.ages.end_pasid(1, 1);
    }

    fn end_page(&self) {
        self.ages.end_epoch();
        self.pages.remove(KEY);
    }
}

fn in_every_order(careful: bool, wait: bool, cached: bool, invalidate: fn(&Small)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let small = Arc::new(Small::new());
        if cached {
            small.request(true);
        }
        let other = small.clone();
        let thread = loom::thread::spawn(move || other.request(careful));
        small.change(invalidate, wait);
        assert_eq!(small.translate(true), NEW, "after the wait");
        thread.join().expect("the other thread");
        assert_eq!(small.translate(true), NEW, "after everything");
    });
}

#[test]
fn model_of_an_invalidation_by_pasid() {
    in_every_order(true, true, false, Small::end_pasid);
    in_every_order(true, true, true, Small::end_pasid);
}

#[test]
fn model_of_an_invalidation_by_page() {
    in_every_order(true, true, false, Small::end_page);
    in_every_order(true, true, true, Small::end_page);
}

#[test]
#[should_panic(expected = "after")]
fn model_finds_what_a_forgotten_epoch_breaks() {
    in_every_order(false, true, false, Small::end_page);
}

#[test]
#[should_panic(expected = "outlived")]
fn model_finds_what_a_forgotten_wait_breaks() {
    in_every_order(true, false, true, Small::end_pasid);
}
