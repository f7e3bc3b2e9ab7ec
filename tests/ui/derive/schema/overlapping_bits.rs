use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0, WRITE = 0))]
    flags: u32,
}

fn main() {}
