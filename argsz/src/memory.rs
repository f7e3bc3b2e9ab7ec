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
}

impl UserMemory for [u8] {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        let bytes = self.get(offset..).and_then(|rest| rest.get(..into.len())).ok_or(Fault)?;
        // Equal lengths, said so that nothing here can panic.
        for (to, from) in into.iter_mut().zip(bytes) {
            *to = *from;
        }
        Ok(())
    }
}

impl<const N: usize> UserMemory for [u8; N] {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        self.as_slice().read(offset, into)
    }
}

impl<M: UserMemory + ?Sized> UserMemory for &M {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        (**self).read(offset, into)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, UserMemory};

    #[test]
    fn a_slice_ends_where_it_ends() {
        let mut four = [0; 4];
        assert_eq!([1_u8, 2, 3, 4, 5].read(1, &mut four), Ok(()));
        assert_eq!(four, [2, 3, 4, 5]);
        assert_eq!([1_u8, 2, 3].read(0, &mut four), Err(Fault));
        assert_eq!([1_u8, 2, 3].read(4, &mut []), Err(Fault));
        assert_eq!([1_u8, 2, 3].read(usize::MAX, &mut four), Err(Fault));
    }
}
