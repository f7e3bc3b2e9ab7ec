#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "argsz", min = "flags")]
#[uapi(min_size(when = "flags.has(WIDE)", covers = "wyde"))]
#[repr(C)]
struct X {
    #[uapi(argsz)]
    argsz: u32,
    #[uapi(flags(WIDE = 0))]
    flags: u32,
    wide: u64,
}

fn main() {}
