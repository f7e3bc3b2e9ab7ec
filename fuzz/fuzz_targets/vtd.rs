//! User bytes, tables, descriptors, registers and page requests of any content at `vtd-runtime`: nothing panics,
//! nothing hangs, and the machine can be had back.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use vtd_runtime::driver::Profile;

#[path = "../../vtd-runtime/tests/common/hostile.rs"]
mod hostile;

thread_local! {
    static MACHINES: RefCell<[hostile::Hostile; 2]> =
        RefCell::new([Profile::Linux5_10, Profile::Strict].map(hostile::Hostile::new));
}

fuzz_target!(|input: &[u8]| {
    let Some((profile, rest)) = input.split_first() else { return };
    MACHINES.with(|machines| machines.borrow_mut()[usize::from(profile & 1)].run(rest));
});
