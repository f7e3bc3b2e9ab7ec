//! The TLB of a device.

use super::generations::Generations;
use super::table::{Found, Table};
use super::{PAGES, SHIFTS, USED};
use crate::queue::DeviceInvalidation;
use crate::request::Translation;
use crate::sync::{AtomicU64, Ordering};

const READ: u64 = 1;
const WRITE: u64 = 2;
const EXECUTE: u64 = 4;

pub(crate) struct DeviceTlb {
    pages: Table<1>,
    ages: Generations,
    shifts: AtomicU64,
}

fn key(pasid: u32, shift: u8, number: u64) -> [u64; 2] {
    [USED | u64::from(shift) << 40 | u64::from(pasid), number]
}

impl DeviceTlb {
    pub(crate) fn new(entries: usize) -> Self {
        Self { pages: Table::new(entries), ages: Generations::new(), shifts: AtomicU64::new(0) }
    }

    /// To be read before the unit is asked.
    pub(crate) fn epoch(&self) -> u64 {
        self.ages.epoch()
    }

    pub(crate) fn get(&self, pasid: u32, address: u64) -> Option<Translation> {
        let shifts = self.shifts.load(Ordering::Acquire);
        SHIFTS.into_iter().filter(|shift| shifts >> shift & 1 != 0).find_map(|shift| {
            let Found { stamp, value: [word] } = self.pages.get(key(pasid, shift, address >> shift))?;
            let offset = (1_u64 << shift) - 1;
            (stamp == self.ages.tagged(0, pasid)).then_some(Translation {
                address: word & !0xfff | address & offset,
                shift,
                read: word & READ != 0,
                write: word & WRITE != 0,
                execute: word & EXECUTE != 0,
            })
        })
    }

    /// Keeps what the unit said, unless it has told to forget something since `epoch`.
    #[allow(clippy::cast_possible_truncation, reason = "a PASID has 20 bits")]
    pub(crate) fn put(&self, pasid: u32, address: u64, translation: Translation, epoch: u64) {
        let Translation { shift, read, write, execute, .. } = translation;
        let base = translation.address & !((1 << shift) - 1);
        let rights = (u64::from(read) * READ) | (u64::from(write) * WRITE) | (u64::from(execute) * EXECUTE);
        self.shifts.fetch_or(1 << shift, Ordering::AcqRel);
        self.pages.put(
            key(pasid, shift, address >> shift),
            self.ages.tagged(0, pasid),
            [base | rights],
            || self.ages.epoch() == epoch,
            |key| self.ages.tagged(0, key[0] as u32 & 0xf_ffff),
        );
    }

    pub(crate) fn forget(&self, what: &DeviceInvalidation) {
        // Translations of requests without a PASID are not kept here.
        let Some(pasid) = what.pasid else { return self.ages.end_epoch() };
        if what.global {
            return self.ages.end_all();
        }
        if what.last - what.first >= PAGES << 12 {
            return self.ages.end_pasid(0, pasid);
        }
        self.ages.end_epoch();
        let shifts = self.shifts.load(Ordering::Acquire);
        for shift in SHIFTS.into_iter().filter(|shift| shifts >> shift & 1 != 0) {
            for number in what.first >> shift..=what.last >> shift {
                self.pages.remove(key(pasid, shift, number));
            }
        }
    }
}
