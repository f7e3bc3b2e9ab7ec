//! The registers of a unit, at the offsets the generated types have.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::hw::{Cap, Ecap, Fsts, Gcmd, Gsts, Ics, Iqa, Iqercd, Iqh, Iqt, Pqa, Pqh, Pqt, Prs, Rtaddr};

/// Registers of a unit, as software reaches them: by their offset in bytes (`Iqt::OFFSET`).
pub trait Mmio {
    /// What the register says; 0 where there is none.
    fn read(&self, offset: usize) -> u64;

    /// Writes to the register; what is read-only stays as it is. Writing a tail lets the unit go to work.
    fn write(&self, offset: usize, value: u64);
}

impl<B: Mmio + ?Sized> Mmio for &B {
    fn read(&self, offset: usize) -> u64 {
        (**self).read(offset)
    }

    fn write(&self, offset: usize, value: u64) {
        (**self).write(offset, value);
    }
}

impl<B: Mmio + ?Sized> Mmio for std::sync::Arc<B> {
    fn read(&self, offset: usize) -> u64 {
        (**self).read(offset)
    }

    fn write(&self, offset: usize, value: u64) {
        (**self).write(offset, value);
    }
}

/// One register.
#[derive(Debug, Default)]
pub(crate) struct Register(AtomicU64);

impl Register {
    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Release);
    }

    pub(crate) fn raise(&self, bits: u64) {
        self.0.fetch_or(bits, Ordering::AcqRel);
    }

    pub(crate) fn lower(&self, bits: u64) {
        self.0.fetch_and(!bits, Ordering::AcqRel);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Registers {
    pub(crate) cap: Register,
    pub(crate) ecap: Register,
    pub(crate) gsts: Register,
    /// As written.
    pub(crate) rtaddr: Register,
    /// As taken by GCMD.SRTP.
    pub(crate) root: Register,
    pub(crate) fsts: Register,
    pub(crate) iqh: Register,
    pub(crate) iqt: Register,
    pub(crate) iqa: Register,
    pub(crate) ics: Register,
    pub(crate) iqercd: Register,
    pub(crate) pqh: Register,
    pub(crate) pqt: Register,
    pub(crate) pqa: Register,
    pub(crate) prs: Register,
}

/// The bits of a 32-bit register, in the 64 bits all registers are kept in here.
pub(crate) fn wide(words: [u32; 1]) -> u64 {
    u64::from(words[0])
}

/// The 32 bits of a register that has no more.
#[inline]
pub(crate) fn narrow(value: u64) -> [u32; 1] {
    [u32::try_from(value & 0xffff_ffff).unwrap_or_default()]
}

impl Registers {
    pub(crate) fn new(cap: Cap, ecap: Ecap) -> Self {
        let registers = Self::default();
        registers.cap.set(cap.words()[0]);
        registers.ecap.set(ecap.words()[0]);
        registers
    }

    pub(crate) fn read(&self, offset: usize) -> u64 {
        let register = match offset {
            Cap::OFFSET => &self.cap,
            Ecap::OFFSET => &self.ecap,
            Gsts::OFFSET => &self.gsts,
            Rtaddr::OFFSET => &self.rtaddr,
            Fsts::OFFSET => &self.fsts,
            Iqh::OFFSET => &self.iqh,
            Iqt::OFFSET => &self.iqt,
            Iqa::OFFSET => &self.iqa,
            Ics::OFFSET => &self.ics,
            Iqercd::OFFSET => &self.iqercd,
            Pqh::OFFSET => &self.pqh,
            Pqt::OFFSET => &self.pqt,
            Pqa::OFFSET => &self.pqa,
            Prs::OFFSET => &self.prs,
            _ => return 0,
        };
        register.get()
    }

    /// Whether the write may have given the unit work.
    pub(crate) fn write(&self, offset: usize, value: u64) -> bool {
        match offset {
            Gcmd::OFFSET => self.command(Gcmd::from_words(narrow(value))),
            Rtaddr::OFFSET => self.rtaddr.set(value),
            // Writing 1 clears.
            Fsts::OFFSET => self.fsts.lower(value & CLEARED_BY_1),
            Ics::OFFSET => self.ics.lower(value & wide(Ics::new().with_iwc(true).words())),
            Prs::OFFSET => self.prs.lower(value & wide(Prs::new().with_ppr(true).with_pro(true).words())),
            Iqt::OFFSET => self.iqt.set(value & !Iqt::RESERVED[0]),
            Iqa::OFFSET => {
                self.iqa.set(value & !Iqa::RESERVED[0]);
                self.iqt.set(0);
            }
            Pqh::OFFSET => self.pqh.set(value & !Pqh::RESERVED[0]),
            Pqt::OFFSET => self.pqt.set(value & !Pqt::RESERVED[0]),
            Pqa::OFFSET => self.pqa.set(value & !Pqa::RESERVED[0]),
            _ => return false,
        }
        matches!(offset, Iqt::OFFSET | Gcmd::OFFSET | Fsts::OFFSET)
    }

    fn command(&self, command: Gcmd) {
        let before = Gsts::from_words(narrow(self.gsts.get()));
        let mut after = before.with_qies(command.qie()).with_tes(command.te());
        if command.srtp() {
            self.root.set(self.rtaddr.get());
            after = after.with_rtps(true);
        }
        if command.qie() && !before.qies() {
            self.iqh.set(0);
        }
        self.gsts.set(wide(after.words()));
    }
}

/// What of the fault status is cleared by writing 1.
const CLEARED_BY_1: u64 = {
    let bits = Fsts::new().with_pfo(true).with_iqe(true).with_ice(true).with_ite(true).with_pro(true);
    bits.words()[0] as u64
};
