//! Bit-fields of C: where each lies in the number that they make up.

use crate::model::{Field, Type};
use crate::target::Endian;

/// A bit-field with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The name in C.
    pub name: &'a str,
    /// Its lowest bit, in the number as the machine reads it.
    pub shift: u32,
    /// How many bits: 1 to 64.
    pub width: u32,
}

impl Part<'_> {
    /// Its bits, moved down to bit 0.
    #[must_use]
    pub fn mask(&self) -> u64 {
        u64::MAX.checked_shr(64 - self.width).unwrap_or(0)
    }

    /// Its bits of the number.
    #[must_use]
    pub fn of(&self, number: u64) -> u64 {
        number.checked_shr(self.shift).unwrap_or(0) & self.mask()
    }
}

/// `bit 7`, `bits 3:0`.
#[must_use]
pub fn place(shift: u32, width: u32) -> String {
    match width {
        0 | 1 => format!("bit {shift}"),
        width => format!("bits {}:{shift}", shift + width - 1),
    }
}

/// The named bit-fields of a number, in the order of C; none if it is just a number. Compilers begin with the lowest bit
/// on little-endian machines and with the highest on big-endian ones.
#[must_use]
pub fn parts(field: &Field, endian: Endian) -> Vec<Part<'_>> {
    let Type::Prim(number) = &field.ty else { return Vec::new() };
    let bits = u32::from(number.width) * 8;
    let mut begin = 0_u32;
    let mut found = Vec::new();
    for (name, width) in &field.bits {
        let width = u32::try_from(*width).unwrap_or(bits);
        let end = begin.saturating_add(width);
        let shift = match endian {
            Endian::Little => begin,
            Endian::Big => bits.saturating_sub(end),
        };
        begin = end;
        if !name.is_empty() {
            found.push(Part { name, shift, width });
        }
    }
    found
}
