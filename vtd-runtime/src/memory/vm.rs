//! Guest memory of the rust-vmm crates.

use std::sync::atomic::{AtomicU64, Ordering};

use vm_memory::{Bytes, GuestAddress, GuestMemory};

use super::{Memory, MemoryError};

/// Any [`GuestMemory`] as [`Memory`].
///
/// Compare-and-swap needs a pointer into the mapping, which that trait only hands out to `unsafe` code. Here a lock per
/// adapter stands in for it: updates by units and drivers that share the adapter are atomic to each other, and those of
/// virtual processors are not. Loads and stores are atomic to everybody.
#[derive(Debug)]
pub struct VmMemory<G> {
    guest: G,
    updates: std::sync::Mutex<()>,
}

impl<G> VmMemory<G> {
    /// Wraps the memory of a guest; its guest-physical addresses are the addresses here.
    pub fn new(guest: G) -> Self {
        Self { guest, updates: std::sync::Mutex::new(()) }
    }

    /// The memory that was wrapped.
    pub fn guest(&self) -> &G {
        &self.guest
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        self.updates.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl<G: GuestMemory + Send + Sync> Memory for VmMemory<G> {
    fn load(&self, address: u64) -> Result<u64, MemoryError> {
        let word: u64 =
            self.guest.load(GuestAddress(address), Ordering::Acquire).map_err(|_| MemoryError { address })?;
        Ok(u64::from_le(word))
    }

    fn store(&self, address: u64, word: u64) -> Result<(), MemoryError> {
        let _updates = self.lock();
        self.guest.store(word.to_le(), GuestAddress(address), Ordering::Release).map_err(|_| MemoryError { address })
    }

    fn compare_exchange(&self, address: u64, current: u64, new: u64) -> Result<bool, MemoryError> {
        let _updates = self.lock();
        if self.load(address)? != current {
            return Ok(false);
        }
        self.guest.store(new.to_le(), GuestAddress(address), Ordering::Release).map_err(|_| MemoryError { address })?;
        Ok(true)
    }
}

const _: () = assert!(size_of::<AtomicU64>() == 8);

#[cfg(test)]
mod tests {
    use super::{Memory, MemoryError, VmMemory};
    use vm_memory::{GuestAddress, GuestMemoryMmap};

    #[test]
    fn the_memory_of_a_guest_is_read_and_swapped() {
        let guest = GuestMemoryMmap::<()>::from_ranges(&[(GuestAddress(0x1000), 0x1000)]).expect("mapped");
        let memory = VmMemory::new(guest);
        assert_eq!(memory.load(0), Err(MemoryError { address: 0 }));
        memory.store(0x1008, 7).expect("there");
        assert_eq!(memory.compare_exchange(0x1008, 6, 8), Ok(false));
        assert_eq!(memory.compare_exchange(0x1008, 7, 8), Ok(true));
        assert_eq!(memory.load(0x1008), Ok(8));
    }
}
