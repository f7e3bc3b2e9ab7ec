#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "fixed")]
#[uapi(refuse(when = "flags.has(REED)", why = "nobody reads"))]
#[repr(C)]
struct X {
    #[uapi(flags(READ = 0, WRITE = 1))]
    flags: u32,
}

fn main() {}
