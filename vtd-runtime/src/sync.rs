//! Atomics, and those of the model checker when it tries every order of threads.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU64, Ordering};

/// Lets another thread go on while this one waits for it.
pub(crate) fn relax() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(not(loom))]
    std::hint::spin_loop();
}

/// What threads change all the time is kept so many times over, so that they do not wait for each other.
#[cfg(not(loom))]
pub(crate) const SHARDS: usize = 16;
#[cfg(loom)]
pub(crate) const SHARDS: usize = 1;

/// Which of the shards is this thread's; no other thread's, while there are no more threads than shards.
#[cfg(not(loom))]
#[inline]
pub(crate) fn shard_of_thread() -> usize {
    use std::cell::Cell;
    use std::sync::atomic::AtomicUsize;
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static MINE: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
    }
    MINE.with(Cell::get)
}

#[cfg(loom)]
pub(crate) fn shard_of_thread() -> usize {
    0
}
