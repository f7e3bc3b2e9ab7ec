//! The VFIO envelope: `{ u32 argsz; u32 flags; u8 data[]; }` around each struct of the interface.

use argsz::{Fault, Rejection, UserMemory, refuse};

use super::{Driver, Process};
use crate::memory::Memory;
use crate::registers::Mmio;

/// Binds a guest's page tables.
pub const OP_BIND: u32 = 0;
/// Undoes a bind.
pub const OP_UNBIND: u32 = 1;
/// Invalidates caches.
pub const OP_CACHE_INVALIDATE: u32 = 2;
/// Answers a group of page requests.
pub const OP_PAGE_RESPONSE: u32 = 3;

/// Low bits of the envelope's flags: what is asked for.
const OP_MASK: u32 = 0xffff;
/// Bytes of the envelope before its data.
const HEAD: usize = 8;

/// What lies in the envelope.
struct Inside<'a, U: ?Sized> {
    user: &'a U,
    /// Bytes that may be read.
    len: usize,
}

impl<U: UserMemory + ?Sized> UserMemory for Inside<'_, U> {
    fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), Fault> {
        let end = offset.checked_add(into.len()).ok_or(Fault)?;
        if end > self.len {
            return Err(Fault);
        }
        self.user.read(HEAD.checked_add(offset).ok_or(Fault)?, into)
    }
}

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// A call through VFIO. The envelope is judged first, then what lies in it.
    ///
    /// EFAULT if the envelope's head cannot be read; EINVAL if its size does not cover the head, or it asks for what
    /// there is not.
    pub fn nesting_op(
        &mut self,
        process: Process,
        source: u16,
        user: &(impl UserMemory + ?Sized),
    ) -> Result<(), Rejection> {
        let (argsz, flags) = (number(user, 0)?, number(user, 4)?);
        let argsz = usize::try_from(argsz).unwrap_or(usize::MAX);
        if argsz < HEAD {
            return refuse!("vfio_nesting_op/size", "argsz", 0, EINVAL, "the size must be at least 8");
        }
        if flags & !OP_MASK != 0 {
            return refuse!("vfio_nesting_op/flags", "flags", 4, EINVAL, "no flag besides the operation");
        }
        // VFIO hands on a pointer behind the head, and the struct's own argsz says how far it is read; a careful one
        // does not read beyond the envelope.
        let len = if self.strict() { argsz - HEAD } else { usize::MAX };
        let inside = Inside { user, len };
        match flags & OP_MASK {
            OP_BIND => self.bind_gpasid(process, source, &inside),
            OP_UNBIND => self.unbind_gpasid(source, &inside),
            OP_CACHE_INVALIDATE => self.cache_invalidate(source, &inside),
            OP_PAGE_RESPONSE => self.page_response(process, source, &inside),
            _ => refuse!("vfio_nesting_op/operation", "flags", 4, EINVAL, "there is no such operation"),
        }
    }
}

fn number(user: &(impl UserMemory + ?Sized), offset: usize) -> Result<u32, Rejection> {
    let mut bytes = [0; 4];
    match user.read(offset, &mut bytes) {
        Ok(()) => Ok(u32::from_ne_bytes(bytes)),
        Err(Fault) => refuse!("vfio_nesting_op/copy", "", 0, EFAULT, "the first 8 bytes must be readable"),
    }
}
