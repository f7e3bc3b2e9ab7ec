#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(grows = "fixed")]
struct X {
    a: u32,
}

fn main() {}
