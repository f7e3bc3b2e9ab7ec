//! What the derived validators accept and refuse.

use argsz::zerocopy::IntoBytes;
use argsz::{Errno, Uapi};
use downstream_driver::{OldRequest, Work, demo};

fn work(kind: u32, argsz: u32) -> Work {
    Work { argsz, version: 1, flags: 0, pad: 0, kind, body: [7; 4] }
}

fn refused(work: &Work) -> (&'static str, Errno) {
    let rejection = Work::copy_from_user(work.as_bytes()).expect_err("it is refused");
    (rejection.rule, rejection.errno)
}

#[test]
fn attributes_say_what_a_schema_would() {
    assert_eq!((Work::NAME, Work::SIZE), ("work", 56));
    let wide = work(2, 56);
    assert_eq!(Work::copy_from_user(wide.as_bytes()), Ok(wide));
    assert_eq!(refused(&work(2, 55)).1, Errno::EINVAL, "the minimum size of the wide arm");
    assert_eq!(refused(&Work { pad: 1 << 31, ..work(0, 24) }), ("work/pad", Errno::EOPNOTSUPP));
    assert_eq!(refused(&Work { flags: 1 << 62, ..work(0, 24) }), ("work/flags", Errno::EINVAL));
    assert_eq!(refused(&Work { version: 2, ..work(0, 24) }), ("work/version", Errno::EINVAL));
    assert_eq!(refused(&work(3, 56)), ("work/kind", Errno::EINVAL));
    assert_eq!(refused(&Work { flags: 1, ..work(0, 24) }).1, Errno::EBUSY);
    assert!(Work::copy_from_user(Work { flags: 1 << 63, ..work(0, 24) }.as_bytes()).is_ok());
}

#[test]
fn bytes_the_user_did_not_provide_are_zero() {
    let small = work(1, 32);
    let held = Work::copy_from_user(&small.as_bytes()[..32]).expect("it is accepted");
    assert_eq!(held, Work { body: [7, 0, 0, 0], ..small });
    let short = Work::copy_from_user(&small.as_bytes()[..31]).expect_err("memory ends early");
    assert_eq!(short.errno, Errno::EFAULT);
}

#[test]
fn a_tied_struct_and_the_whole_schema_agree() {
    let old = OldRequest { argsz: 16, flags: 1, addr: 0x1000 };
    assert_eq!(OldRequest::copy_from_user(old.as_bytes()), Ok(old));
    let new = demo::DemoRequest::copy_from_user(old.as_bytes()).expect("an old user on a new kernel");
    assert_eq!((new.argsz, new.addr, new.wide), (16, 0x1000, 0));
    let crooked = OldRequest { addr: 0x1001, ..old };
    let by_tied = OldRequest::copy_from_user(crooked.as_bytes()).expect_err("not aligned");
    let by_whole = demo::DemoRequest::copy_from_user(crooked.as_bytes()).expect_err("not aligned");
    assert_eq!((by_tied.rule, by_tied.errno), (by_whole.rule, by_whole.errno));
}
