use argsz::zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[derive(Clone, Copy, FromBytes, IntoBytes, KnownLayout, Immutable, argsz::Uapi)]
#[zerocopy(crate = "argsz::zerocopy")]
#[uapi(schema = "downstream/driver/schema/demo.toml", item = "demo_request", release = "3.0")]
#[repr(C)]
struct X {
    argsz: u32,
}

fn main() {}
