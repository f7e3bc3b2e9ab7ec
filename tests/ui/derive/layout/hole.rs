use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    #[uapi(unchecked = "any")]
    a: u8,
    #[uapi(unchecked = "any")]
    b: u32,
}

fn main() {}
