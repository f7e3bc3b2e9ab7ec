#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    #[uapi(unchecked = "any")]
    a: u8,
    #[uapi(unchecked = "any")]
    b: u32,
}

fn main() {}
