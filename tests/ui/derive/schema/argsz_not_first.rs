#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "argsz", min = "flags")]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0))]
    flags: u32,
    #[uapi(argsz)]
    argsz: u32,
}

fn main() {}
