//! User bytes, tables, descriptors, registers and page requests of any content at `vtd-runtime`: nothing panics,
//! nothing hangs, and the machine can be had back.
#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use vtd_runtime::driver::Profile;

#[path = "../../vtd-runtime/tests/common/hostile.rs"]
mod hostile;

thread_local! {
    static MACHINES: RefCell<[hostile::Hostile; 4]> = RefCell::new(
        [(Profile::Linux5_10, 16), (Profile::Strict, 16), (Profile::Linux5_10, 0), (Profile::Strict, 0)]
            .map(|(profile, paging)| hostile::Hostile::new(profile, paging)),
    );
}

fuzz_target!(|input: &[u8]| {
    let Some((machine, rest)) = input.split_first() else { return };
    MACHINES.with(|machines| machines.borrow_mut()[usize::from(machine & 3)].run(rest));
});
