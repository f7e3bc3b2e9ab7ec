//! A VMM that hands requests in, and a driver that reads them: both sides from one schema.

use argsz::Uapi as _;
use argsz::zerocopy::IntoBytes as _;

#[allow(unreachable_pub, dead_code, reason = "a program uses of a header what it needs")]
mod demo {
    include!(concat!(env!("OUT_DIR"), "/demo.rs"));
}

use demo::{DemoFlags, DemoRequest};

/// A request as a program of `size` bytes' knowledge would fill it in.
fn request(size: u32, flags: DemoFlags) -> DemoRequest {
    DemoRequest { argsz: size, flags, addr: 0x1000, wide: 3, ..DemoRequest::default() }
}

fn main() {
    let whole = u32::try_from(DemoRequest::SIZE).unwrap_or(u32::MAX);
    for (size, flags) in [(16, DemoFlags::READ), (16, DemoFlags::WIDE), (whole, DemoFlags::WIDE)] {
        match DemoRequest::copy_from_user(request(size, flags).as_bytes()) {
            Ok(held) => println!("accepted: wide is {}", held.wide),
            Err(rejection) => println!("refused: {rejection}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_needs_its_bytes() {
        let refused = DemoRequest::copy_from_user(request(16, DemoFlags::WIDE).as_bytes()).expect_err("too small");
        assert_eq!((refused.field, refused.errno), ("argsz", argsz::Errno::EINVAL));
        assert!(DemoRequest::copy_from_user(request(24, DemoFlags::WIDE).as_bytes()).is_ok());
    }

    #[test]
    fn an_old_program_needs_nothing_new() {
        let held = DemoRequest::copy_from_user(request(16, DemoFlags::READ).as_bytes()).expect("accepted");
        assert_eq!(held.wide, 0, "bytes beyond the user's size are not read");
    }
}
