//! Frames of host memory, and page tables built in them: what an operating system does, for tests, examples and guests.

use std::ops::Range;

use crate::hw::{FirstStageEntry, SecondStageEntry};
use crate::memory::{Memory, MemoryError};

/// A range of memory, handed out in frames of 4 KiB.
#[derive(Clone, Debug)]
pub struct Frames {
    next: u64,
    end: u64,
    free: Vec<u64>,
}

impl Frames {
    /// Hands out `range`, in bytes; what is not a whole frame at either end is left alone.
    #[must_use]
    pub fn new(range: Range<u64>) -> Self {
        Self { next: range.start.next_multiple_of(0x1000), end: range.end & !0xfff, free: Vec::new() }
    }

    /// A frame, if one is left.
    pub fn take(&mut self) -> Option<u64> {
        self.free.pop().or_else(|| self.take_many(1))
    }

    /// `count` frames in a row.
    pub fn take_many(&mut self, count: u64) -> Option<u64> {
        let (first, after) = (self.next, self.next.checked_add(count.checked_mul(0x1000)?)?);
        (after <= self.end).then(|| {
            self.next = after;
            first
        })
    }

    /// Takes a frame back.
    pub fn give(&mut self, frame: u64) {
        self.free.push(frame);
    }
}

/// Why a page could not be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// No frame is left for a table.
    NoFrame,
    /// A larger page is in the way.
    Occupied,
    /// The memory of a table does not answer.
    Memory(MemoryError),
}

impl From<MemoryError> for MapError {
    fn from(error: MemoryError) -> Self {
        Self::Memory(error)
    }
}

impl std::fmt::Display for MapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoFrame => f.write_str("no frame is left for a table"),
            Self::Occupied => f.write_str("a larger page is in the way"),
            Self::Memory(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MapError {}

/// One stage of translation, as it is being built.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// Address of the top table, as the stage itself sees it: guest-physical for the first stage of a guest.
    pub top: u64,
    /// 3, 4 or 5.
    pub levels: u8,
    /// Added to an address of a table it is a host-physical one: the place of the guest's memory.
    pub offset: u64,
}

/// A level and the entry there: what fills a table entry.
enum Fill {
    Table(u64),
    Page,
}

impl Tables {
    /// Empty tables whose memory begins at host-physical `offset`; `frames` are counted from there.
    pub fn new<M: Memory>(memory: &M, frames: &mut Frames, levels: u8, offset: u64) -> Result<Self, MapError> {
        let top = frames.take().ok_or(MapError::NoFrame)?;
        clear(memory, top + offset)?;
        Ok(Self { top, levels, offset })
    }

    /// Maps a page of the first stage: `1 << shift` bytes at `address` to `entry`'s address, with the bits of `entry`.
    pub fn map_first<M: Memory>(
        &self,
        memory: &M,
        frames: &mut Frames,
        address: u64,
        shift: u8,
        entry: FirstStageEntry,
    ) -> Result<(), MapError> {
        self.map(memory, frames, address, shift, |fill| {
            let table = FirstStageEntry::new().with_p(true).with_rw(true).with_us(true);
            match fill {
                Fill::Table(at) => table.with_addr(at).words()[0],
                Fill::Page => entry.with_p(true).with_ps(shift > 12).words()[0],
            }
        })
    }

    /// Maps a page of the second stage.
    pub fn map_second<M: Memory>(
        &self,
        memory: &M,
        frames: &mut Frames,
        address: u64,
        shift: u8,
        entry: SecondStageEntry,
    ) -> Result<(), MapError> {
        self.map(memory, frames, address, shift, |fill| {
            let table = SecondStageEntry::new().with_r(true).with_w(true);
            match fill {
                Fill::Table(at) => table.with_addr(at).words()[0],
                Fill::Page => entry.with_ps(shift > 12).words()[0],
            }
        })
    }

    fn map<M: Memory>(
        &self,
        memory: &M,
        frames: &mut Frames,
        address: u64,
        shift: u8,
        entry: impl Fn(Fill) -> u64,
    ) -> Result<(), MapError> {
        let last = (shift - 3) / 9;
        let mut table = self.top;
        for level in (last + 1..=self.levels).rev() {
            let at = self.place(table, level, address);
            let word = memory.load(at)?;
            if word == 0 {
                let frame = frames.take().ok_or(MapError::NoFrame)?;
                clear(memory, frame + self.offset)?;
                memory.store(at, entry(Fill::Table(frame)))?;
                table = frame;
            } else if FirstStageEntry::from_words([word]).ps() {
                return Err(MapError::Occupied);
            } else {
                table = FirstStageEntry::from_words([word]).addr();
            }
        }
        memory.store(self.place(table, last, address), entry(Fill::Page))?;
        Ok(())
    }

    /// Host-physical address of the entry of `level` for `address`, if the tables reach that far down.
    pub fn entry<M: Memory>(&self, memory: &M, address: u64, level: u8) -> Result<Option<u64>, MemoryError> {
        let mut table = self.top;
        for above in (level + 1..=self.levels).rev() {
            let word = memory.load(self.place(table, above, address))?;
            if word == 0 || FirstStageEntry::from_words([word]).ps() {
                return Ok(None);
            }
            table = FirstStageEntry::from_words([word]).addr();
        }
        Ok(Some(self.place(table, level, address)))
    }

    fn place(&self, table: u64, level: u8, address: u64) -> u64 {
        self.offset + table + (address >> (9 * level) & 0xff8)
    }
}

/// Fills a frame with zeros.
pub(crate) fn clear<M: Memory>(memory: &M, frame: u64) -> Result<(), MemoryError> {
    (0..512).try_for_each(|word| memory.store(frame + 8 * word, 0))
}
