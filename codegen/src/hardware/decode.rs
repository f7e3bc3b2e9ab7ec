//! What bytes in memory mean as a table entry, a descriptor or a register.

use argsz_schema::bits::{BitField, Place};

use super::{Layout, meaning, place};

/// Bytes, taken apart.
#[derive(Clone, Debug)]
pub struct Decoded<'a> {
    /// What they are.
    pub layout: Layout<'a>,
    /// The values of the words.
    pub words: Vec<u64>,
    /// Every field.
    pub lines: Vec<Line<'a>>,
    /// What hardware takes offence at, each in one line.
    pub wrong: Vec<String>,
}

/// A field and its value.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// The field.
    pub field: &'a BitField,
    /// Where it lies: `w1 63:12`.
    pub place: String,
    /// Its value.
    pub value: u64,
    /// What the value means; empty for a number.
    pub meaning: String,
}

/// There are too few or too many bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` has {wanted} bytes, and there are {given}")]
pub struct WrongSize {
    /// The layout.
    pub name: String,
    /// Its bytes.
    pub wanted: usize,
    /// How many were given.
    pub given: usize,
}

/// Takes bytes apart, in the order in which they lie in memory.
pub fn decode<'a>(layout: Layout<'a>, bytes: &[u8]) -> Result<Decoded<'a>, WrongSize> {
    let bits = layout.bits;
    if bytes.len() != layout.bytes() {
        return Err(WrongSize { name: bits.meta.name.clone(), wanted: layout.bytes(), given: bytes.len() });
    }
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    let words: Vec<u64> = bytes.chunks_exact(bits.width as usize / 8).map(word).collect();
    let lines: Vec<Line<'a>> = bits
        .fields
        .iter()
        .map(|field| {
            let value = field.get(bits.width, &words);
            Line { field, place: place(bits, field), value, meaning: meaning(layout.model, field, value) }
        })
        .collect();
    let mut wrong: Vec<String> = lines.iter().filter_map(not_its_value).collect();
    for (at, (word, reserved)) in words.iter().zip(bits.reserved_mask()).enumerate() {
        let set: Vec<String> =
            (0..bits.width).filter(|bit| (word & reserved) >> bit & 1 == 1).map(|bit| bit.to_string()).collect();
        if !set.is_empty() {
            let place = if at == 0 { String::new() } else { format!("w{at} ") };
            let plural = if set.len() == 1 { "bit" } else { "bits" };
            let what = if matches!(bits.place, Place::Register(_)) { "read as 0" } else { "must be 0" };
            wrong.push(format!("reserved {plural} {place}{} set: {what}", set.join(", ")));
        }
    }
    Ok(Decoded { layout, words, lines, wrong })
}

fn not_its_value(line: &Line<'_>) -> Option<String> {
    let fixed = line.field.fixed.as_ref().filter(|fixed| fixed.value != line.value)?;
    let meaning = if line.meaning.is_empty() { String::new() } else { format!(" ({})", line.meaning) };
    let text = if fixed.text == fixed.value.to_string() { String::new() } else { format!(" ({})", fixed.text) };
    Some(format!("`{}` is {}{meaning}, and has to be {}{text}", line.field.meta.name, line.value, fixed.value))
}
