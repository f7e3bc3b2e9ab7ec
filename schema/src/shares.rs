//! Work on many things, on all cores.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each thing, in their order. Threads take the next thing when they are done with one.
///
/// A panic of `work` is the caller's.
pub fn map<T: Sync, R: Send>(things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    // One thing needs no other thread, nor the question how many there are.
    let threads = if things.len() < 2 { 1 } else { cores().min(things.len()) };
    if threads < 2 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let taken = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        taken.map_while(|at| Some((at, work(things.get(at)?)))).collect::<Vec<_>>()
    };
    let mut made: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(take)).collect();
        let mut made = take();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        made
    });
    made.sort_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, made)| made).collect()
}

/// What both make, each on a core of its own if the work is `long` enough for a thread.
///
/// A panic of either is the caller's.
pub fn both<A: Send, B>(long: bool, one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if !long || cores() < 2 {
        return (one(), other());
    }
    std::thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), other)
    })
}

/// Items of a header that is not worth a thread: it would take longer to begin than the work.
const SHORT: usize = 512;

/// As [`map`], but on one core for things that are of a header of few items.
pub fn map_of<T: Sync, R: Send>(items: usize, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_if(is_long(items), things, work)
}

/// As [`map`], but on one core unless the work is `long` enough for a thread.
pub fn map_if<T: Sync, R: Send>(long: bool, things: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if long { map(things, work) } else { things.iter().map(work).collect() }
}

/// Whether a header of so many items is worth a thread.
#[must_use]
pub fn is_long(items: usize) -> bool {
    items >= SHORT
}

/// How many threads run at once. The system is asked once: it reads files to know.
#[must_use]
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

#[cfg(test)]
mod tests {
    #[test]
    fn results_are_in_the_order_of_things() {
        let things: Vec<usize> = (0..10_000).collect();
        assert_eq!(super::map(&things, |one| one * 2), (0..10_000).map(|one| one * 2).collect::<Vec<_>>());
        assert!(super::map(&[0_u8; 0], |one| *one).is_empty());
    }

    #[test]
    fn both_are_made_and_a_panic_of_either_is_the_callers() {
        for long in [false, true] {
            assert_eq!(super::both(long, || 1, || "two"), (1, "two"));
            assert!(std::panic::catch_unwind(|| super::both(long, || panic!("one"), || 2)).is_err());
        }
    }
}
