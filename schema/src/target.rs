//! Targets: what of a machine decides a layout or an ioctl number.

/// Byte order of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each variant is its name")]
pub enum Endian {
    Little,
    Big,
}

/// A machine's C ABI, as far as structs of fixed-width integers can tell the difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Name on the command line.
    pub name: &'static str,
    /// Bytes of a pointer, and of `long`.
    pub pointer: u8,
    /// Highest alignment of any scalar but those aligned on purpose: 8, 4 (i386's u64), 2 (m68k).
    pub max_scalar_align: u8,
    /// Byte order.
    pub endian: Endian,
    /// Whether ioctl numbers have 3 direction bits and 13 size bits (MIPS, PowerPC, SPARC, Alpha).
    pub ioctl_wide_dir: bool,
}

impl Target {
    /// Whether every struct lies there as it does here.
    #[must_use]
    pub fn lays_out_as(self, other: Self) -> bool {
        (self.pointer, self.max_scalar_align) == (other.pointer, other.max_scalar_align)
    }
}

/// Every target, the default first.
pub const ALL: &[Target] = &[
    Target { name: "x86-64", pointer: 8, max_scalar_align: 8, endian: Endian::Little, ioctl_wide_dir: false },
    Target { name: "i386", pointer: 4, max_scalar_align: 4, endian: Endian::Little, ioctl_wide_dir: false },
    Target { name: "aarch64", pointer: 8, max_scalar_align: 8, endian: Endian::Little, ioctl_wide_dir: false },
    Target { name: "riscv64", pointer: 8, max_scalar_align: 8, endian: Endian::Little, ioctl_wide_dir: false },
    Target { name: "s390x", pointer: 8, max_scalar_align: 8, endian: Endian::Big, ioctl_wide_dir: false },
    Target { name: "m68k", pointer: 4, max_scalar_align: 2, endian: Endian::Big, ioctl_wide_dir: false },
    Target { name: "arm", pointer: 4, max_scalar_align: 8, endian: Endian::Little, ioctl_wide_dir: false },
    Target { name: "mips64", pointer: 8, max_scalar_align: 8, endian: Endian::Big, ioctl_wide_dir: true },
    Target { name: "powerpc64le", pointer: 8, max_scalar_align: 8, endian: Endian::Little, ioctl_wide_dir: true },
    Target { name: "sparc64", pointer: 8, max_scalar_align: 8, endian: Endian::Big, ioctl_wide_dir: true },
];

/// Looks a target up by name; `x86_64` and `amd64` are `x86-64`.
#[must_use]
pub fn find(name: &str) -> Option<Target> {
    let name = match name {
        "x86_64" | "amd64" => "x86-64",
        "i686" | "x86" => "i386",
        "arm64" => "aarch64",
        other => other,
    };
    ALL.iter().copied().find(|target| target.name == name)
}
