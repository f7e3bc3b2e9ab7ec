#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "fixed")]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0, WRITE = 0))]
    flags: u32,
}

fn main() {}
