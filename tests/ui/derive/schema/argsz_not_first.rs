use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(grows = "argsz", min = "flags")]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0))]
    flags: u32,
    #[uapi(argsz)]
    argsz: u32,
}

fn main() {}
