//! The memory of a user, of which nothing may be believed.

/// Bytes that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault;

/// Where a struct is copied from. Each byte is read once, and what was read is what is judged: a user who rewrites the
/// memory in between gains nothing.
pub trait UserMemory {
    /// Copies the bytes from `offset` on into all of `into`.
    ///
    /// On a [`Fault`] the content of `into` is of no meaning.
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault>;

    /// [`read`](Self::read) of what an older user has of a struct: a length that is not known before, and short. The
    /// call of a function that copies any length can cost more than such a copy itself.
    fn read_short(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        self.read(offset, into)
    }

    /// Whether the bytes `from..to` are all zero. Each is read once and not kept; memory that ends before is a fault,
    /// unless a byte that is not zero comes first.
    fn is_zero(&self, from: usize, to: usize) -> Result<bool, Fault> {
        let (mut at, mut chunk) = (from, [0; 64]);
        while at < to {
            let len = chunk.len().min(to - at);
            let Some(part) = chunk.get_mut(..len) else { break };
            match self.read(at, part) {
                Ok(()) if zeros(part) => at += len,
                Ok(()) => return Ok(false),
                Err(Fault) => return last_bytes(self, at, at + len),
            }
        }
        Ok(true)
    }
}

/// Where the addresses in a struct lead: all memory of a user.
pub trait UserSpace {
    /// The memory from an address on. It may be empty: nothing is read before it is asked for.
    fn at(&self, address: u64) -> impl UserMemory;
}

/// One piece of memory at an address, and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Mapping<'a> {
    /// Where it begins.
    pub address: u64,
    /// What is there.
    pub bytes: &'a [u8],
}

impl UserSpace for Mapping<'_> {
    fn at(&self, address: u64) -> impl UserMemory {
        let from = address.checked_sub(self.address).and_then(|from| usize::try_from(from).ok());
        from.and_then(|from| self.bytes.get(from..)).unwrap_or_default()
    }
}

impl<S: UserSpace + ?Sized> UserSpace for &S {
    fn at(&self, address: u64) -> impl UserMemory {
        (**self).at(address)
    }
}

/// A chunk that is not all there, byte by byte.
#[cold]
fn last_bytes(user: &(impl UserMemory + ?Sized), from: usize, to: usize) -> Result<bool, Fault> {
    for at in from..to {
        let mut byte = [0];
        user.read(at, &mut byte)?;
        if byte != [0] {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether all are zero, looked at by words. Each way out returns by itself, so that compilers join it to what the
/// caller does next.
#[inline]
fn zeros(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        if u64::from_ne_bytes(*word) != 0 {
            return false;
        }
    }
    if rest.is_empty() {
        return true;
    }
    if let Some(last) = bytes.last_chunk() {
        // The last eight bytes: they overlap the word before.
        return u64::from_ne_bytes(*last) == 0;
    }
    for byte in rest {
        if *byte != 0 {
            return false;
        }
    }
    true
}

/// Copies between equal lengths. By at most two words that may overlap, where they are short.
#[inline]
fn copy_short(from: &[u8], into: &mut [u8]) {
    let len = into.len();
    if len > 64 {
        copy(from, into);
    } else if len > 32 {
        ends::<32>(from, into);
    } else if len >= 16 {
        ends::<16>(from, into);
    } else if len >= 8 {
        ends::<8>(from, into);
    } else if len >= 4 {
        ends::<4>(from, into);
    } else if len >= 2 {
        ends::<2>(from, into);
    } else {
        ends::<1>(from, into);
    }
}

/// Copies the first and the last `N` bytes.
#[inline]
fn ends<const N: usize>(from: &[u8], into: &mut [u8]) {
    if let (Some(from), Some(into)) = (from.first_chunk::<N>(), into.first_chunk_mut()) {
        *into = *from;
    }
    if let (Some(from), Some(into)) = (from.last_chunk::<N>(), into.last_chunk_mut()) {
        *into = *from;
    }
}

/// Copies between equal lengths, said so that nothing here can panic.
#[inline]
fn copy(from: &[u8], into: &mut [u8]) {
    for (to, from) in into.iter_mut().zip(from) {
        *to = *from;
    }
}

impl UserMemory for [u8] {
    #[inline]
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        copy(self.get(offset..).and_then(|rest| rest.get(..into.len())).ok_or(Fault)?, into);
        Ok(())
    }

    #[inline]
    fn read_short(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        copy_short(self.get(offset..).and_then(|rest| rest.get(..into.len())).ok_or(Fault)?, into);
        Ok(())
    }

    #[inline]
    fn is_zero(&self, from: usize, to: usize) -> Result<bool, Fault> {
        if to <= from {
            return Ok(true);
        }
        let Some(there) = self.get(from..to.min(self.len())) else { return Err(Fault) };
        if !zeros(there) {
            return Ok(false);
        }
        if to > self.len() { Err(Fault) } else { Ok(true) }
    }
}

impl<const N: usize> UserMemory for [u8; N] {
    #[inline]
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        self.as_slice().read(offset, into)
    }

    #[inline]
    fn read_short(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        self.as_slice().read_short(offset, into)
    }

    #[inline]
    fn is_zero(&self, from: usize, to: usize) -> Result<bool, Fault> {
        self.as_slice().is_zero(from, to)
    }
}

impl<M: UserMemory + ?Sized> UserMemory for &M {
    #[inline]
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        (**self).read(offset, into)
    }

    #[inline]
    fn read_short(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        (**self).read_short(offset, into)
    }

    #[inline]
    fn is_zero(&self, from: usize, to: usize) -> Result<bool, Fault> {
        (**self).is_zero(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Mapping, UserMemory, UserSpace};

    #[test]
    fn a_slice_ends_where_it_ends() {
        let mut four = [0; 4];
        assert_eq!([1_u8, 2, 3, 4, 5].read(1, &mut four), Ok(()));
        assert_eq!(four, [2, 3, 4, 5]);
        assert_eq!([1_u8, 2, 3].read(0, &mut four), Err(Fault));
        assert_eq!([1_u8, 2, 3].read(4, &mut []), Err(Fault));
        assert_eq!([1_u8, 2, 3].read(usize::MAX, &mut four), Err(Fault));
    }

    #[test]
    fn short_and_long_reads_agree_at_every_length() {
        let user: [u8; 80] = core::array::from_fn(|at| u8::try_from(at + 1).unwrap_or_default());
        for offset in [0, 1, 10, 80, 81] {
            for len in 0..=80 {
                let (mut long, mut short) = ([0; 80], [0; 80]);
                let read = user.read(offset, &mut long[..len]);
                assert_eq!(user.read_short(offset, &mut short[..len]), read);
                assert_eq!(read.is_ok(), offset + len <= 80);
                assert_eq!(long, short, "{offset}, {len}");
            }
        }
    }

    #[test]
    fn a_mapping_begins_and_ends() {
        let space = Mapping { address: 100, bytes: &[1, 2, 3] };
        let read = |address| {
            let mut byte = [0];
            space.at(address).read(0, &mut byte).map(|()| byte[0])
        };
        assert_eq!(
            [99, 100, 102, 103, 0, u64::MAX].map(read),
            [Err(Fault), Ok(1), Ok(3), Err(Fault), Err(Fault), Err(Fault)]
        );
    }

    /// A memory that only reads.
    struct Plain<'a>(&'a [u8]);

    impl UserMemory for Plain<'_> {
        fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
            self.0.read(offset, into)
        }
    }

    #[test]
    fn slices_and_memories_that_only_read_agree_on_zeros() {
        let mut bytes = [0_u8; 150];
        for set in [150, 149, 70, 69, 64, 8, 0] {
            bytes.fill(0);
            bytes.iter_mut().skip(set).for_each(|byte| *byte = 1);
            for from in [0, 1, 7, 64, 150, 151] {
                for to in [0, 1, 9, 64, 65, 71, 150, 151, 200, usize::MAX] {
                    let (slice, read) = (bytes.is_zero(from, to), Plain(&bytes).is_zero(from, to));
                    assert_eq!(slice, read, "{from}..{to}, set from {set}");
                    let whole = to <= 150 || to <= from;
                    let zero = !(from < to && from.max(set) < to.min(150));
                    assert_eq!(
                        slice,
                        if zero && !whole { Err(Fault) } else { Ok(zero) },
                        "{from}..{to}, set from {set}"
                    );
                }
            }
        }
    }
}
