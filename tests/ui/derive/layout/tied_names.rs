#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(schema = "../../../../tests/downstream/driver/schema/demo.toml", item = "demo_request", release = "1.0")]
#[repr(C, align(8))]
struct X {
    argsz: u32,
    flags: u32,
    adr: u64,
}

fn main() {}
