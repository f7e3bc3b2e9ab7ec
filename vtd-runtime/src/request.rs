//! What a device asks of the unit, and what it is answered.

use std::fmt;

use crate::hw::FaultReason;

/// What is done at the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Reads.
    Read,
    /// Writes.
    Write,
    /// Reads and writes in one step (atomic operations).
    ReadWrite,
    /// Reads instructions.
    Execute,
}

impl Access {
    /// Whether memory is read.
    #[must_use]
    #[inline]
    pub const fn reads(self) -> bool {
        !matches!(self, Self::Write)
    }

    /// Whether memory is written.
    #[must_use]
    #[inline]
    pub const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::ReadWrite)
    }
}

/// What kind of transaction a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An access to an address that is yet to be translated.
    Untranslated,
    /// A question for the translation (ATS), to be kept in the device.
    Translation,
}

/// One request of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// Bus 15:8, device 7:3, function 2:0.
    pub source: u16,
    /// The address space, of 20 bits; without one, that of the context entry (`RID_PASID`).
    pub pasid: Option<u32>,
    /// The address, in bytes.
    pub address: u64,
    /// What is done there.
    pub access: Access,
    /// Made in supervisor mode.
    pub privileged: bool,
    /// What kind of transaction it is.
    pub kind: Kind,
}

impl Request {
    /// An access of a user at `address`, in the address space `pasid`.
    #[must_use]
    pub const fn new(source: u16, pasid: Option<u32>, address: u64, access: Access) -> Self {
        Self { source, pasid, address, access, privileged: false, kind: Kind::Untranslated }
    }

    /// The same in supervisor mode.
    #[must_use]
    pub const fn privileged(mut self) -> Self {
        self.privileged = true;
        self
    }

    /// The same as a question for the translation.
    #[must_use]
    pub const fn translation(mut self) -> Self {
        self.kind = Kind::Translation;
        self
    }
}

/// Where an address leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Host-physical address of what was asked for.
    pub address: u64,
    /// The page it lies in has 2 to the power of this many bytes: 12, 21 or 30.
    pub shift: u8,
    /// May be read.
    pub read: bool,
    /// May be written, and the tables know that it is dirty.
    pub write: bool,
    /// May be executed.
    pub execute: bool,
}

/// A request that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: FaultReason,
    /// What was asked for.
    pub request: Request,
    /// A table on the way asked for silence (FPD), and the reason is one that heeds it: nothing is recorded.
    pub silent: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason, request, .. } = self;
        write!(f, "fault {:#04x} ({reason:?}) of {:04x} at {:#x}", reason.0, request.source, request.address)?;
        match request.pasid {
            Some(pasid) => write!(f, " in PASID {pasid:#x}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}
