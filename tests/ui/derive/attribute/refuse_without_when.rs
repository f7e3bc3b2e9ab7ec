#[derive(Clone, Copy, argsz::Uapi)]
#[uapi(refuse(why = "because"))]
#[repr(C)]
struct X {
    a: u32,
}

fn main() {}
