use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[repr(C)]
struct X {
    #[uapi(reservd)]
    pad: u32,
}

fn main() {}
