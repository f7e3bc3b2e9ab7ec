use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(schema = "../../../../tests/downstream/driver/schema/demo.toml", item = "demo_request", release = "1.0")]
#[repr(C, align(8))]
struct X {
    flags: u32,
    argsz: u32,
    addr: u64,
}

fn main() {}
