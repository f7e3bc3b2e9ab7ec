//! Bytes that mean no good: nothing panics, nothing hangs, and the machine can be had back.
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::semicolon_if_nothing_returned,
    reason = "tests"
)]

#[path = "common/hostile.rs"]
mod hostile;

use hostile::Hostile;
use vtd_runtime::driver::Profile;

/// The same for every run: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn nobody_gets_it_to_panic_or_hang() {
    let all = [Profile::Linux5_10, Profile::Strict].map(|profile| [(profile, 16), (profile, 0)]);
    for (profile, paging) in all.into_iter().flatten() {
        let mut machine = Hostile::new(profile, paging);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..5_000 {
            let length = random.next() % 200;
            let input: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
            machine.run(&input);
        }
    }
}
