use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    a: *const u8,
}

fn main() {}
