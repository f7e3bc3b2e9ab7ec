//! The memory in which driver, unit and device meet: host-physical, in aligned words of eight bytes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(feature = "vm-memory")]
mod vm;
#[cfg(feature = "vm-memory")]
pub use vm::VmMemory;

/// Memory that is not there, or that answers with an error (poison).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryError {
    /// Host-physical address that was asked for.
    pub address: u64,
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no memory answers at {:#x}", self.address)
    }
}

impl std::error::Error for MemoryError {}

/// Host-physical memory, shared between threads.
///
/// Addresses are multiples of 8; words have the order of this machine's `u64` after they were read as little-endian.
/// A load sees every store that its address was handed over with (acquire and release).
pub trait Memory: Send + Sync {
    /// The word at `address`.
    fn load(&self, address: u64) -> Result<u64, MemoryError>;

    /// Replaces the word at `address`.
    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError>;

    /// Replaces `current` by `new`, in one step. `Ok(false)`: another word was there, and still is.
    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError>;

    /// Replaces four bytes at `address`, a multiple of 4.
    fn store_half(&self, address: u64, half: u32) -> Result<(), MemoryError> {
        let (word_at, shift) = (address & !7, (address & 4) * 8);
        loop {
            let word = self.load(word_at)?;
            let new = word & !(0xffff_ffff << shift) | u64::from(half) << shift;
            if self.compare_exchange(word_at, word, new)? {
                return Ok(());
            }
        }
    }

    /// Four bytes at `address`, a multiple of 4.
    fn load_half(&self, address: u64) -> Result<u32, MemoryError> {
        let word = self.load(address & !7)? >> ((address & 4) * 8);
        Ok(u32::try_from(word & 0xffff_ffff).unwrap_or_default())
    }

    /// `N` words in a row. The first is read first: tables keep their present bit there.
    fn load_words<const N: usize>(&self, address: u64) -> Result<[u64; N], MemoryError>
    where
        Self: Sized,
    {
        let mut words = [0; N];
        for (at, word) in words.iter_mut().enumerate() {
            *word = self.load(address.checked_add(8 * at as u64).ok_or(MemoryError { address })?)?;
        }
        Ok(words)
    }
}

impl<M: Memory + ?Sized> Memory for &M {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        (**self).load(address)
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        (**self).store(address, word)
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        (**self).compare_exchange(address, current, new)
    }
}

impl<M: Memory + ?Sized> Memory for Arc<M> {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        (**self).load(address)
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        (**self).store(address, word)
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        (**self).compare_exchange(address, current, new)
    }
}

/// Memory in a vector, from address 0 on: for tests and examples.
#[derive(Debug)]
pub struct VecMemory {
    words: Vec<AtomicU64>,
}

impl VecMemory {
    /// `bytes` of zeros, rounded up to whole words.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self { words: std::iter::repeat_with(|| AtomicU64::new(0)).take(bytes.div_ceil(8)).collect() }
    }

    #[inline]
    fn word(&self, address: u64) -> Result<&AtomicU64, MemoryError> {
        let at = usize::try_from(address / 8).map_err(|_| MemoryError { address })?;
        self.words.get(at).filter(|_| address.is_multiple_of(8)).ok_or(MemoryError { address })
    }
}

impl Memory for VecMemory {
    #[inline]
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        Ok(self.word(address)?.load(Ordering::Acquire))
    }

    #[inline]
    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        self.word(address)?.store(word, Ordering::Release);
        Ok(())
    }

    #[inline]
    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        let word = self.word(address)?;
        Ok(word.compare_exchange(current, new, Ordering::AcqRel, Ordering::Acquire).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::{Memory, MemoryError, VecMemory};

    #[test]
    fn a_vector_ends_and_is_read_by_words() {
        let memory = VecMemory::new(12);
        assert_eq!(memory.load(8), Ok(0));
        assert_eq!(memory.load(16), Err(MemoryError { address: 16 }));
        assert_eq!(memory.load(4), Err(MemoryError { address: 4 }));
        assert_eq!(memory.load(u64::MAX - 7), Err(MemoryError { address: u64::MAX - 7 }));
        assert_eq!(memory.load_words::<2>(8), Err(MemoryError { address: 16 }));
    }

    #[test]
    fn halves_leave_the_other_half_alone() {
        let memory = VecMemory::new(8);
        memory.store(0, 0x1111_1111_2222_2222).expect("there");
        memory.store_half(4, 0x3333_3333).expect("there");
        assert_eq!(memory.load(0), Ok(0x3333_3333_2222_2222));
        assert_eq!(memory.load_half(0), Ok(0x2222_2222));
        assert_eq!(memory.compare_exchange(0, 0, 1), Ok(false));
    }
}
