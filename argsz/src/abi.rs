//! What differs between the C ABIs of machines: alignment, the width of `long`, and how ioctls are numbered.

/// Picks the value for the machine this is compiled for, out of four kinds: 64-bit; 32-bit with 8-byte numbers aligned
/// to 8 bytes (ARM), to 4 (i386), to 2 (m68k).
#[must_use]
pub const fn per_abi(values: [usize; 4]) -> usize {
    let [long64, align8, align4, align2] = values;
    match (size_of::<usize>(), align_of::<u64>()) {
        (8.., _) => long64,
        (_, 8..) => align8,
        (_, 4) => align4,
        _ => align2,
    }
}

/// Numbers of ioctls, as the macros of `asm/ioctl.h` compute them on this machine.
pub mod ioctl {
    /// Whether this machine has three bits for the direction, and one of them for "no argument".
    pub const WIDE_DIRECTION: bool = cfg!(any(
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "mips64r6",
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "sparc",
        target_arch = "sparc64",
    ));

    const NONE: u32 = if WIDE_DIRECTION { 1 } else { 0 };
    const READ: u32 = 2;
    const WRITE: u32 = if WIDE_DIRECTION { 4 } else { 1 };
    const SIZE_BITS: u32 = if WIDE_DIRECTION { 13 } else { 14 };

    /// Picks the number for this machine.
    #[must_use]
    pub const fn pick(usual: u32, wide_direction: u32) -> u32 {
        if WIDE_DIRECTION { wide_direction } else { usual }
    }

    /// `_IO(magic, nr)`
    #[must_use]
    pub const fn io(magic: u8, nr: u8) -> u32 {
        number(NONE, magic, nr, 0)
    }

    /// `_IOR(magic, nr, T)`: the kernel writes a `T`.
    #[must_use]
    pub const fn ior<T>(magic: u8, nr: u8) -> u32 {
        number(READ, magic, nr, const { argument::<T>() })
    }

    /// `_IOW(magic, nr, T)`: the kernel reads a `T`.
    #[must_use]
    pub const fn iow<T>(magic: u8, nr: u8) -> u32 {
        number(WRITE, magic, nr, const { argument::<T>() })
    }

    /// `_IOWR(magic, nr, T)`: the kernel reads a `T` and writes it back.
    #[must_use]
    pub const fn iowr<T>(magic: u8, nr: u8) -> u32 {
        number(READ | WRITE, magic, nr, const { argument::<T>() })
    }

    #[expect(clippy::cast_possible_truncation, reason = "asserted to fit the size bits")]
    const fn argument<T>() -> u32 {
        assert!(size_of::<T>() < 1 << SIZE_BITS, "the argument is larger than an ioctl number can say");
        size_of::<T>() as u32
    }

    const fn number(direction: u32, magic: u8, nr: u8, size: u32) -> u32 {
        direction << (16 + SIZE_BITS) | size << 16 | (magic as u32) << 8 | nr as u32
    }
}
