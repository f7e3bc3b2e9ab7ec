//! What generated validators call: numbers out of the bytes held, and copies out of a user's memory.
//!
//! Offsets are constants that are judged when a caller is compiled, so that nothing here can panic.

use crate::{Fault, UserMemory};

macro_rules! numbers {
    ($($name:ident, $from:ident, $of:ident, $bytes:literal, $wide:ident, $doc:literal;)*) => {$(
        #[doc = concat!("The ", $doc, " at byte `AT`.")]
        #[must_use]
        #[inline]
        #[allow(clippy::cast_lossless, reason = "From is not const")]
        pub const fn $name<const AT: usize, const N: usize>(held: &[u8; N]) -> $wide {
            const { assert!(AT <= N && $bytes <= N - AT) }
            $of::$from(bytes(held, AT)) as $wide
        }
    )*};
}

numbers! {
    u8, from_ne_bytes, u8, 1, u64, "byte";
    u16, from_ne_bytes, u16, 2, u64, "unsigned number of two bytes";
    u32, from_ne_bytes, u32, 4, u64, "unsigned number of four bytes";
    u64, from_ne_bytes, u64, 8, u64, "unsigned number of eight bytes";
    s8, from_ne_bytes, i8, 1, i64, "signed byte";
    s16, from_ne_bytes, i16, 2, i64, "signed number of two bytes";
    s32, from_ne_bytes, i32, 4, i64, "signed number of four bytes";
    s64, from_ne_bytes, i64, 8, i64, "signed number of eight bytes";
    le16, from_le_bytes, u16, 2, u64, "little-endian number of two bytes";
    le32, from_le_bytes, u32, 4, u64, "little-endian number of four bytes";
    le64, from_le_bytes, u64, 8, u64, "little-endian number of eight bytes";
    be16, from_be_bytes, u16, 2, u64, "big-endian number of two bytes";
    be32, from_be_bytes, u32, 4, u64, "big-endian number of four bytes";
    be64, from_be_bytes, u64, 8, u64, "big-endian number of eight bytes";
}

/// Whether the bytes `FROM..TO` are all zero. They are looked at by words as wide as fit.
#[must_use]
#[inline]
#[allow(clippy::cast_lossless, reason = "From is not const")]
pub const fn zero<const FROM: usize, const TO: usize, const N: usize>(held: &[u8; N]) -> bool {
    const { assert!(FROM <= TO && TO <= N) }
    let (mut any, mut at) = (0, FROM);
    while TO - at >= 8 {
        any |= u64::from_ne_bytes(bytes(held, at));
        at += 8;
    }
    if TO - at >= 4 {
        any |= u32::from_ne_bytes(bytes(held, at)) as u64;
        at += 4;
    }
    if TO - at >= 2 {
        any |= u16::from_ne_bytes(bytes(held, at)) as u64;
        at += 2;
    }
    if TO > at {
        any |= u8::from_ne_bytes(bytes(held, at)) as u64;
    }
    any == 0
}

/// The bytes from `at` on, of which the callers know that they are there. They are loaded as one.
#[inline]
const fn bytes<const BYTES: usize>(held: &[u8], at: usize) -> [u8; BYTES] {
    match held.split_at_checked(at) {
        Some((_, rest)) => match rest.first_chunk() {
            Some(bytes) => *bytes,
            None => [0; BYTES],
        },
        None => [0; BYTES],
    }
}

/// Whether `term` leaves the range of its arithmetic at some step.
#[must_use]
#[inline]
pub fn overflows(term: impl FnOnce() -> Option<u64>) -> bool {
    term().is_none()
}

/// Copies bytes `from..TO` of the user's memory to the same place of `held`, or fewer if the user's size says so; then
/// the rest of them is zero.
#[inline]
pub fn copy<const TO: usize>(
    user: &(impl UserMemory + ?Sized),
    held: &mut [u8],
    from: usize,
    size: u64,
) -> Result<(), Fault> {
    let Some(held) = held.get_mut(from..TO) else { return Ok(()) };
    let end = self::size(size);
    if end >= TO {
        // Most users are as new as the reader: a length that the compiler knows.
        return user.read(from, held);
    }
    // By way of a copy of its own, so that `held` is never reached by a length that is not known.
    let mut part = [0; TO];
    if let Some(part) = part.get_mut(from..end) {
        user.read_short(from, part)?;
    }
    held.iter_mut().zip(part.iter().skip(from)).for_each(|(to, from)| *to = *from);
    Ok(())
}

/// Whether the bytes `from..size` of the user's memory are all zero. They are read once and not kept; memory that ends
/// before is a fault, unless a byte that is not zero comes first.
#[inline]
pub fn zero_tail(user: &(impl UserMemory + ?Sized), from: usize, size: u64) -> Result<bool, Fault> {
    // Most users are no newer than the reader, and have no tail.
    let end = usize::try_from(size).unwrap_or(usize::MAX);
    if end <= from { Ok(true) } else { user.is_zero(from, end) }
}

/// A length that a struct carries. What does not fit is longer than any memory all the same.
#[must_use]
#[inline]
pub fn size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// The address of element `at` of an array. One that lies beyond all addresses is the last, where nothing is mapped.
#[must_use]
#[inline]
pub const fn element(address: u64, at: u64, stride: u64) -> u64 {
    address.saturating_add(at.saturating_mul(stride))
}

#[cfg(test)]
mod tests {
    use super::{copy, overflows, s8, u16, zero, zero_tail};
    use crate::Fault;

    #[test]
    fn numbers_and_zeros() {
        let held = [0, 0xff, 0, 0, 1];
        assert_eq!(s8::<1, 5>(&held), -1);
        assert_eq!(u16::<3, 5>(&held), u64::from(u16::from_ne_bytes([0, 1])));
        assert!(zero::<2, 4, 5>(&held) && zero::<5, 5, 5>(&held) && !zero::<2, 5, 5>(&held));
        assert!(overflows(|| u64::MAX.checked_add(1)) && !overflows(|| Some(0)));
    }

    #[test]
    fn a_copy_stops_at_the_size_and_at_the_end() {
        let mut held = [9; 4];
        assert_eq!(copy::<4>(&[1_u8, 2, 3], &mut held, 1, 2), Ok(()));
        assert_eq!(held, [9, 2, 0, 0]);
        assert_eq!(copy::<4>(&[1_u8, 2, 3], &mut held, 1, u64::MAX), Err(Fault));
        assert_eq!(copy::<4>(&[1_u8, 2, 3], &mut held, 1, 4), Err(Fault));
        assert_eq!(copy::<4>(&[1_u8, 2, 3, 4], &mut held, 1, 5), Ok(()));
        assert_eq!(held, [9, 2, 3, 4]);
        assert_eq!(copy::<4>(&[1_u8], &mut held, 2, 1), Ok(()));
        assert_eq!(held, [9, 2, 0, 0]);
    }

    #[test]
    fn a_tail_is_zero_unless_a_byte_says_no_before_the_memory_ends() {
        let mut user = [0_u8; 200];
        assert_eq!(zero_tail(&user, 8, 200), Ok(true));
        assert_eq!(zero_tail(&user, 8, 201), Err(Fault));
        assert_eq!(zero_tail(&user, 8, 3), Ok(true));
        user[199] = 1;
        assert_eq!(zero_tail(&user, 8, 199), Ok(true));
        assert_eq!(zero_tail(&user, 8, 200), Ok(false));
        assert_eq!(zero_tail(&user, 8, u64::MAX), Ok(false));
    }
}
