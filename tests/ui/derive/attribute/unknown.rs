#[derive(Clone, Copy, argsz::Uapi)]
#[repr(C)]
struct X {
    #[uapi(reservd)]
    pad: u32,
}

fn main() {}
