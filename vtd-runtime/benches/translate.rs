//! What a translation costs, and beside it what the same work costs at least: `cargo bench -p vtd-runtime`.
//!
//! Each row is the median of 201 rounds, short enough to fit between two interruptions; the rounds of a row and of its
//! bound take turns.
#![expect(clippy::unwrap_used, reason = "a bench")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use vtd_runtime::hw::{Gcmd, InvPasidIotlb, InvPasidIotlbG, InvWait, Iqa, Iqt};
use vtd_runtime::machine::{DOMAIN, Machine, Plan, SOURCE};
use vtd_runtime::memory::{Memory as _, VecMemory};
use vtd_runtime::{Access, CacheSizes, Mmio, Place, Request, Setup, Unit};

const BUFFER: u64 = 0x7f00_0000_0000;
const ROUNDS: usize = 201;
/// Pages of the working set, each with a last-level table of its own.
const PAGES: u64 = 2000;

/// The same for every run.
fn shuffled(count: u64) -> Vec<u64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut all: Vec<u64> = (0..count).collect();
    for at in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        all.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
    }
    all
}

struct Bench {
    machine: Machine,
    pasid: u32,
    requests: Vec<Request>,
}

impl Bench {
    fn new(caches: CacheSizes, apart: u64) -> Self {
        let unit = Setup { caches, ..Setup::default() };
        let mut machine = Machine::new(Plan { unit, ..Plan::default() }).unwrap();
        for page in 0..PAGES {
            machine.map(BUFFER + page * apart, page % 256 * 0x1000, 12).unwrap();
        }
        let pasid = machine.bind().unwrap();
        let to = |page: u64| Request::new(SOURCE, Some(pasid), BUFFER + page * apart, Access::Read);
        let requests: Vec<Request> = shuffled(PAGES).into_iter().map(to).collect();
        let bench = Self { machine, pasid, requests };
        bench.translate();
        bench
    }

    fn translate(&self) -> u64 {
        translate(&self.machine.unit, &self.requests)
    }
}

fn translate(unit: &Unit<Arc<VecMemory>>, requests: &[Request]) -> u64 {
    requests.iter().fold(0, |sum, request| {
        let held = unit.translate(black_box(request)).unwrap();
        sum.wrapping_add(held.translation().address)
    })
}

/// Nanoseconds per operation of two ways, taking turns.
fn measure(operations: usize, mut way: impl FnMut(), mut bound: impl FnMut()) -> (f64, f64) {
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (at, run) in [&mut way as &mut dyn FnMut(), &mut bound].into_iter().enumerate() {
            let start = Instant::now();
            run();
            times[at].push(start.elapsed().as_nanos() as f64 / operations as f64);
        }
    }
    for all in &mut times {
        all.sort_by(f64::total_cmp);
    }
    (times[0][ROUNDS / 2], times[1][ROUNDS / 2])
}

fn row(name: &str, bound: &str, (time, least): (f64, f64)) {
    println!("| {name} | {time:.1} ns | {bound} | {least:.1} ns | {:.2} |", time / least);
}

fn hits() {
    let bench = Bench::new(CacheSizes { iotlb: 1 << 14, ..CacheSizes::default() }, 0x1000);
    let map: HashMap<(u16, u32, u64), u64> = bench
        .requests
        .iter()
        .map(|request| {
            let found = bench.machine.unit.translate(request).unwrap().translation();
            ((DOMAIN, bench.pasid, request.address >> 12), found.address)
        })
        .collect();
    let before = bench.machine.unit.counters();
    let rounds = 1;
    let operations = bench.requests.len() * rounds;
    let times = measure(
        operations,
        || (0..rounds).for_each(|_| _ = black_box(bench.translate())),
        || {
            for _ in 0..rounds {
                let sum = bench.requests.iter().fold(0_u64, |sum, request| {
                    let request = black_box(request);
                    let key = (DOMAIN, request.pasid.unwrap_or_default(), request.address >> 12);
                    sum.wrapping_add(*map.get(&key).unwrap())
                });
                black_box(sum);
            }
        },
    );
    let after = bench.machine.unit.counters();
    let misses = |counters: &vtd_runtime::Counters| counters.cache("IOTLB").unwrap().misses;
    assert_eq!(misses(&before), misses(&after), "hits alone");
    row("hit, 1 thread", "look-up in a `HashMap`", times);

    let (unit, requests) = (&bench.machine.unit, &bench.requests);
    let threads = |count: usize| {
        move || {
            std::thread::scope(|scope| {
                for _ in 0..count {
                    scope.spawn(|| (0..rounds).for_each(|_| _ = black_box(translate(unit, requests))));
                }
            });
        }
    };
    row("hit, 2 threads, each", "1 thread", measure(operations, threads(2), threads(1)));
}

fn misses(name: &str, caches: CacheSizes) {
    // 2 MiB apart: no two share a last-level table.
    let bench = Bench::new(caches, 0x20_0000);
    let walks: Vec<Vec<u64>> = bench
        .requests
        .iter()
        .map(|request| {
            let (steps, _) = bench.machine.unit.walk_steps(request);
            let stages = steps.iter().filter(|step| matches!(step.place, Place::First(_) | Place::Second(_)));
            stages.map(|step| step.address).collect()
        })
        .collect();
    assert!(walks.iter().all(|walk| walk.len() == 24));
    let memory = &bench.machine.memory;
    let times = measure(
        bench.requests.len(),
        || _ = black_box(bench.translate()),
        || {
            // Each load waits for the one before: nothing of its word is used, which only the programmer knows.
            let nothing = black_box(0);
            let last = walks.iter().flatten().fold(0, |word, at| memory.load(at + (word & nothing)).unwrap());
            black_box(last);
        },
    );
    row(name, "24 loads, each after the other", times);
}

/// Descriptors straight into the queue, each followed by a wait.
fn queue(bench: &Bench, descriptor: Option<[u64; 2]>, count: u64) {
    let (unit, memory) = (&bench.machine.unit, &bench.machine.memory);
    let ring = Iqa::from_words([unit.read(Iqa::OFFSET)]).iqa();
    let mut tail = unit.read(Iqt::OFFSET);
    for _ in 0..count {
        for words in descriptor.into_iter().chain([InvWait::new().words()]) {
            for (at, word) in (0..).zip([words[0], words[1], 0, 0]) {
                memory.store(ring + tail + at * 8, word).unwrap();
            }
            tail = (tail + 32) % 0x2000;
        }
        unit.write(Iqt::OFFSET, tail);
    }
    assert_eq!(unit.queued(), 0);
}

fn invalidations() {
    for iotlb in [1 << 8, 1 << 12, 1 << 16, 1 << 20] {
        let bench = Bench::new(CacheSizes { iotlb, ..CacheSizes::default() }, 0x1000);
        let inv = InvPasidIotlb::new().with_did(DOMAIN).with_pasid(bench.pasid);
        let pasid = inv.with_g(InvPasidIotlbG::PASID).words();
        let page = inv.with_g(InvPasidIotlbG::PAGE).with_addr(BUFFER).words();
        for (name, descriptor) in [("a PASID", pasid), ("a page", page)] {
            bench.translate();
            let times = measure(1000, || queue(&bench, Some(descriptor), 1000), || queue(&bench, None, 1000));
            row(&format!("invalidation of {name}, room for {iotlb} pages"), "a wait alone", times);
        }
        bench.machine.unit.write(Gcmd::OFFSET, 0);
    }
}

fn main() {
    // `cargo bench -p vtd-runtime -- misses`: some of the tables alone.
    let named: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|one| one == name);
    println!("| what | time | bound | time | ratio |");
    println!("|---|---|---|---|---|");
    if wanted("hits") {
        hits();
    }
    if wanted("misses") {
        let tiny = CacheSizes { iotlb: 4, ..CacheSizes::default() };
        misses("miss, 4 on 4 levels, no paging-structure cache", CacheSizes { paging: 0, ..tiny });
        misses("miss, 4 on 4 levels, with it", CacheSizes { paging: 1 << 14, ..tiny });
    }
    if wanted("invalidations") {
        invalidations();
    }
}
