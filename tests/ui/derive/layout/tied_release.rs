#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(schema = "../../../../tests/downstream/driver/schema/demo.toml", item = "demo_request", release = "3.0")]
#[repr(C)]
struct X {
    argsz: u32,
}

fn main() {}
