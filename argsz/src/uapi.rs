//! What every generated struct is, and the few functions their methods share.

use core::fmt;

use bitflags::Flags;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// A struct or union of a kernel's user API: plain bytes, none of them padding, in the layout of the C ABI.
pub trait Uapi: FromBytes + IntoBytes + KnownLayout + Immutable + Copy {
    /// Name in C: `iommu_ioas_map`.
    const NAME: &'static str;
    /// The header it is from: `linux/iommufd.h`.
    const HEADER: &'static str;
    /// The release of that header this was generated for: `6.12`.
    const RELEASE: &'static str;
    /// Bytes, as of that release; without a flexible array.
    const SIZE: usize = size_of::<Self>();
}

/// The arm of a union, whose bytes are those of `union` from its beginning. That it is no larger and no more aligned is
/// judged when this is compiled.
pub fn arm<T, U>(union: &U) -> &T
where
    T: FromBytes + KnownLayout + Immutable,
    U: IntoBytes + Immutable,
{
    const { assert!(size_of::<T>() <= size_of::<U>() && align_of::<T>() <= align_of::<U>()) }
    match T::ref_from_prefix(union.as_bytes()) {
        Ok((arm, _)) => arm,
        Err(_) => unreachable!(),
    }
}

/// As [`arm`], to be changed.
pub fn arm_mut<T, U>(union: &mut U) -> &mut T
where
    T: FromBytes + IntoBytes + KnownLayout,
    U: FromBytes + IntoBytes,
{
    const { assert!(size_of::<T>() <= size_of::<U>() && align_of::<T>() <= align_of::<U>()) }
    match T::mut_from_prefix(union.as_mut_bytes()) {
        Ok((arm, _)) => arm,
        Err(_) => unreachable!(),
    }
}

/// A struct `H` at the beginning of `bytes`, and the `T`s of its flexible array that begin at byte `at` and are as many
/// as `count` finds in the struct. `None` if they are not all there, or `bytes` is not aligned as they are.
pub fn flexible<H, T>(bytes: &[u8], at: usize, count: impl FnOnce(&H) -> usize) -> Option<(&H, &[T])>
where
    H: FromBytes + KnownLayout + Immutable,
    T: FromBytes + Immutable,
{
    let (head, _) = H::ref_from_prefix(bytes).ok()?;
    let (rest, _) = <[T]>::ref_from_prefix_with_elems(bytes.get(at..)?, count(head)).ok()?;
    Some((head, rest))
}

/// Writes a value by the name it has in its type, or by its number.
pub fn value_debug(f: &mut fmt::Formatter<'_>, of: &str, name: Option<&str>, value: &dyn fmt::Debug) -> fmt::Result {
    match name {
        Some(name) => write!(f, "{of}::{name}"),
        None => f.debug_tuple(of).field(value).finish(),
    }
}

/// Writes flags by name, and what has no name as a number: `IommuInvAddrFlags(PASID | 0x10)`.
pub fn flags_debug<F>(f: &mut fmt::Formatter<'_>, of: &str, flags: &F) -> fmt::Result
where
    F: Flags,
    F::Bits: bitflags::parser::WriteHex,
{
    f.write_str(of)?;
    f.write_str("(")?;
    bitflags::parser::to_writer(flags, &mut *f)?;
    f.write_str(")")
}
