use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "fixed")]
#[uapi(refuse(when = "flags.has(REED)", why = "nobody reads"))]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0, WRITE = 1))]
    flags: u32,
}

fn main() {}
