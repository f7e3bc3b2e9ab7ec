#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    a: *const u8,
}

fn main() {}
