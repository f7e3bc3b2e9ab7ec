//! A payload while it is being made.

use argsz_schema::checklist::{CheckList, Op, SizeFrom, Slot};
use argsz_schema::model::ByteOrder;
use argsz_schema::target::Endian;

use crate::engine::Input;

/// Bytes that are mapped at most for the sake of a size.
const MOST: u64 = 4096;

/// Bytes, the size that is claimed, and where memory ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    /// What the size field or the caller says.
    pub(super) size: u64,
    /// The struct as this release knows it.
    pub(super) bytes: Vec<u8>,
    /// Bytes of the tail that are not zero, counted from the known size.
    pub(super) tail: Vec<(u64, u8)>,
    /// Where memory ends, if not where the size says.
    pub(super) mapped: Option<u64>,
}

impl Payload {
    /// Zeros of the known size.
    pub(super) fn new(list: &CheckList) -> Self {
        Self { size: list.known.into(), bytes: vec![0; list.known as usize], tail: Vec::new(), mapped: None }
    }

    pub(super) fn get(&self, slot: &Slot, endian: Endian) -> u64 {
        let at = slot.offset as usize;
        let bytes = self.bytes.get(at..at + usize::from(slot.width)).unwrap_or_default();
        let join = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
        if is_big(slot, endian) { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
    }

    pub(super) fn set(&mut self, slot: &Slot, endian: Endian, value: u64) {
        store(&mut self.bytes, slot, endian, value);
    }

    /// The call.
    pub(super) fn input(&self, list: &CheckList, endian: Endian) -> Input {
        let mut user = self.bytes.clone();
        if let SizeFrom::Field(slot) = &list.size {
            store(&mut user, slot, endian, self.size);
        }
        let fixed = list.steps.iter().find_map(|step| match step.op {
            Op::CopyFixed { len } => Some(u64::from(len)),
            _ => None,
        });
        let mapped = self.mapped.unwrap_or_else(|| {
            let asked = if list.size == SizeFrom::Known { list.known.into() } else { self.size };
            asked.max(fixed.unwrap_or(0)).min(MOST.max(list.known.into()))
        });
        for (at, byte) in &self.tail {
            let at = user.len().max(list.known as usize + usize::try_from(*at).unwrap_or(0) + 1);
            user.resize(at, 0);
            if let Some(last) = user.last_mut() {
                *last = *byte;
            }
        }
        user.resize(usize::try_from(mapped).unwrap_or(0), 0);
        let beside = list.size == SizeFrom::Caller && self.size != user.len() as u64;
        Input { strct: list.name.clone(), user, size: beside.then_some(self.size) }
    }
}

fn is_big(slot: &Slot, endian: Endian) -> bool {
    match slot.order {
        ByteOrder::Native => endian == Endian::Big,
        ByteOrder::Little => false,
        ByteOrder::Big => true,
    }
}

fn store(bytes: &mut [u8], slot: &Slot, endian: Endian, value: u64) {
    let (at, width) = (slot.offset as usize, usize::from(slot.width));
    let Some(place) = bytes.get_mut(at..at + width) else { return };
    if is_big(slot, endian) {
        place.copy_from_slice(&value.to_be_bytes()[8 - width..]);
    } else {
        place.copy_from_slice(&value.to_le_bytes()[..width]);
    }
}
