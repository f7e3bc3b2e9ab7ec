//! Inputs that come near what a check list looks at: valid structs, changed a little; sizes around every boundary;
//! mappings that end early. The same seed gives the same inputs.

use argsz_schema::checklist::{CheckList, Cond, Op, Pointer, SizeFrom, Slot, Term};
use argsz_schema::expr::Compare;
use argsz_schema::model::ByteOrder;
use argsz_schema::target::Endian;

use super::{Input, USER_BASE};

/// A small generator of numbers (splitmix64); tests need no better one.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`; 0 if there is none.
    pub fn below(&mut self, n: u64) -> u64 {
        self.roll().checked_rem(n).unwrap_or(0)
    }

    /// True once in `n`.
    pub fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn byte(&mut self) -> u8 {
        self.roll().to_le_bytes()[0]
    }

    fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.index(from.len())) }
    }
}

/// What a list looks at, and the values at which its answer may change.
#[derive(Debug)]
pub struct Shape<'a> {
    list: &'a CheckList,
    endian: Endian,
    words: Vec<Word>,
    sizes: Vec<u64>,
}

#[derive(Debug)]
struct Word {
    slot: Slot,
    /// Values that some step lets pass.
    good: Vec<u64>,
    /// Values near which a step changes its mind.
    edges: Vec<u64>,
    /// Bits that a step looks at.
    bits: u64,
}

impl<'a> Shape<'a> {
    /// Reads the shape off a list.
    #[must_use]
    pub fn new(list: &'a CheckList, endian: Endian) -> Self {
        let mut shape = Self { list, endian, words: Vec::new(), sizes: vec![0, list.known.into()] };
        for step in &list.steps {
            shape.cond(&step.when);
            match &step.op {
                Op::CopyFixed { len: at } | Op::MinSize { bytes: at } | Op::MaxSize { bytes: at } => {
                    shape.sizes.push((*at).into());
                }
                Op::ZeroTail { from: at } | Op::CopyRest { from: at, .. } => shape.sizes.push((*at).into()),
                Op::Zero { .. } => {}
                Op::Mask { slot, allowed } => {
                    let word = shape.word(slot);
                    word.bits |= allowed;
                    word.good.extend([0, *allowed]);
                }
                Op::OneOf { slot, ranges } => {
                    let word = shape.word(slot);
                    for (low, high) in ranges {
                        word.good.extend([*low, *high]);
                        word.edges.extend([*low, *high]);
                    }
                }
                Op::Aligned { slot, to } => shape.word(slot).good.extend([0, *to]),
                Op::Refuse(cond) => shape.cond(cond),
            }
        }
        shape.sizes.sort_unstable();
        shape.sizes.dedup();
        shape
    }

    fn word(&mut self, slot: &Slot) -> &mut Word {
        let at = self.words.iter().position(|word| word.slot == *slot).unwrap_or_else(|| {
            self.words.push(Word { slot: slot.clone(), good: Vec::new(), edges: vec![0, u64::MAX], bits: 0 });
            self.words.len() - 1
        });
        &mut self.words[at]
    }

    fn cond(&mut self, cond: &Cond) {
        match cond {
            Cond::True => {}
            Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| self.cond(part)),
            Cond::Not(inner) => self.cond(inner),
            Cond::Compare(_, left, right) => {
                let mut numbers = Vec::new();
                numbers_of(left, &mut numbers);
                numbers_of(right, &mut numbers);
                self.terms(&[left, right], &numbers);
            }
            Cond::Bits { word, mask, value } => {
                let word = self.word(word);
                word.bits |= mask;
                word.edges.push(*value);
            }
            Cond::OneBit { word, mask } => self.word(word).bits |= mask,
            Cond::Overflows(term) | Cond::FitsUlong(term) => self.terms(&[term], &[u64::from(u32::MAX)]),
        }
    }

    fn terms(&mut self, terms: &[&Term], numbers: &[u64]) {
        for term in terms {
            match term {
                Term::Slot(slot) => {
                    if matches!(&self.list.size, SizeFrom::Field(size) if size == slot) {
                        self.sizes.extend(numbers);
                    }
                    self.word(slot).edges.extend(numbers);
                }
                Term::Arith(_, left, right) => self.terms(&[left, right], numbers),
                Term::Int(_) | Term::Signed(_) => {}
            }
        }
    }

    /// The next input.
    pub fn input(&self, dice: &mut Dice) -> Input {
        let size = self.size(dice);
        let mut bytes = vec![0; usize::try_from(self.list.known).unwrap_or(0)];
        if dice.once_in(8) {
            for byte in &mut bytes {
                *byte = if dice.once_in(3) { dice.byte() } else { 0 };
            }
        }
        for word in &self.words {
            let value = Self::value(word, dice);
            self.store(&mut bytes, &word.slot, value);
        }
        // Some rules speak only under a condition that chance alone would seldom meet.
        if let Some(step) = dice.pick(&self.list.steps).filter(|_| dice.once_in(2)) {
            self.meet(&step.when, true, &mut bytes, dice);
        }
        if let SizeFrom::Field(slot) = &self.list.size {
            self.store(&mut bytes, slot, size);
        }
        for _ in 0..dice.below(3) * u64::from(dice.once_in(3)) {
            let at = dice.index(bytes.len());
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        self.end(&mut bytes, size, dice);
        let size = (self.list.size == SizeFrom::Caller).then_some(size);
        Input { strct: self.list.name.clone(), user: bytes, size }
    }

    /// An input like another one, with a word or two changed: where the other was accepted, one rule decides.
    pub fn near(&self, input: &Input, dice: &mut Dice) -> Input {
        let mut near = input.clone();
        for _ in 0..=u64::from(dice.once_in(3)) {
            let Some(word) = dice.pick(&self.words) else { break };
            let value = match dice.below(4) {
                0 | 1 => Self::edge(word, dice),
                2 => 1 << dice.below(8 * u64::from(word.slot.width)),
                _ => Self::value(word, dice),
            };
            self.store(&mut near.user, &word.slot, value);
        }
        near
    }

    /// Sets the words of a condition so that it holds, or does not, as far as each can be set by itself.
    fn meet(&self, cond: &Cond, holds: bool, bytes: &mut [u8], dice: &mut Dice) {
        match cond {
            Cond::Not(inner) => self.meet(inner, !holds, bytes, dice),
            Cond::All(parts) | Cond::Any(parts) => {
                if matches!(cond, Cond::All(_)) == holds {
                    for part in parts {
                        self.meet(part, holds, bytes, dice);
                    }
                } else if let Some(part) = dice.pick(parts) {
                    self.meet(part, holds, bytes, dice);
                }
            }
            Cond::Bits { word, mask, value } => {
                let bits = if holds { *value } else { value ^ (mask & mask.wrapping_neg()) };
                let others = self.load(bytes, word) & !mask;
                self.store(bytes, word, others | bits);
            }
            Cond::OneBit { word, mask } => {
                let others = self.load(bytes, word) & !mask;
                let bits = if holds { mask & mask.wrapping_neg() } else { 0 };
                self.store(bytes, word, others | bits);
            }
            Cond::Compare(Compare::Eq, Term::Slot(slot), Term::Int(value)) => {
                self.store(bytes, slot, if holds { *value } else { value.wrapping_add(1) });
            }
            Cond::True | Cond::Compare(..) | Cond::Overflows(_) | Cond::FitsUlong(_) => {}
        }
    }

    fn load(&self, bytes: &[u8], slot: &Slot) -> u64 {
        let at = slot.offset as usize;
        let mut word: Vec<u8> = bytes.get(at..at + usize::from(slot.width)).unwrap_or_default().to_vec();
        if self.big(slot) {
            word.reverse();
        }
        word.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    fn big(&self, slot: &Slot) -> bool {
        match slot.order {
            ByteOrder::Native => self.endian == Endian::Big,
            ByteOrder::Little => false,
            ByteOrder::Big => true,
        }
    }

    fn edge(word: &Word, dice: &mut Dice) -> u64 {
        let near = dice.pick(&word.edges).copied().unwrap_or(0);
        if dice.once_in(2) { near } else { near.wrapping_add(dice.below(3)).wrapping_sub(1) }
    }

    /// A size: mostly one at a boundary, or near one.
    fn size(&self, dice: &mut Dice) -> u64 {
        let known = u64::from(self.list.known);
        let near = dice.pick(&self.sizes).copied().unwrap_or(known);
        match dice.below(10) {
            0..=4 => known,
            5 => near,
            6 => near.saturating_sub(1 + dice.below(8)),
            7 | 8 => near + 1 + dice.below(24),
            _ => dice.roll() >> dice.below(64),
        }
    }

    fn value(word: &Word, dice: &mut Dice) -> u64 {
        match dice.below(16) {
            0..=9 => match dice.pick(&word.good) {
                Some(good) if word.bits == 0 => *good,
                Some(good) => good & dice.roll(),
                None if word.bits != 0 => dice.roll() & word.bits,
                None => Self::edge(word, dice),
            },
            10 | 11 => Self::edge(word, dice),
            12 => dice.roll() & word.bits,
            13 => 1 << dice.below(64),
            14 => dice.below(16),
            _ => dice.roll() >> dice.below(64),
        }
    }

    fn store(&self, bytes: &mut [u8], slot: &Slot, value: u64) {
        let (at, width) = (slot.offset as usize, usize::from(slot.width));
        let Some(place) = bytes.get_mut(at..at + width) else { return };
        if self.big(slot) {
            place.copy_from_slice(&value.to_be_bytes()[8 - width..]);
        } else {
            place.copy_from_slice(&value.to_le_bytes()[..width]);
        }
    }

    /// Lets memory end where the size says, or somewhere else, with something in what lies beyond.
    fn end(&self, bytes: &mut Vec<u8>, size: u64, dice: &mut Dice) {
        const MOST: u64 = 4096;
        let mapped = match dice.below(12) {
            0 => dice.below(u64::from(self.list.known) + 1),
            1 => size.saturating_sub(1 + dice.below(4)),
            2 => size.saturating_add(dice.below(32)),
            _ => size.max(if dice.once_in(2) { self.list.known.into() } else { 0 }),
        };
        bytes.resize(usize::try_from(mapped.min(MOST)).unwrap_or(0), 0);
        let known = self.list.known as usize;
        if bytes.len() > known && dice.once_in(3) {
            let at = known + dice.index(bytes.len() - known);
            bytes[at] = 1 << dice.below(8);
        }
    }
}

/// A struct, and behind it what its pointer leads to: most of the time as long as it says. `None` if `list` lacks one of
/// them.
pub fn followed<'a>(
    list: impl Fn(&str) -> Option<&'a CheckList>,
    endian: Endian,
    strct: &str,
    pointer: &Pointer,
    dice: &mut Dice,
) -> Option<Input> {
    let outer = Shape::new(list(strct)?, endian);
    let (when, inner) = dice.pick(&pointer.to)?;
    let inner = Shape::new(list(inner)?, endian);
    let known = inner.list.known.into();
    let mut input = outer.input(dice);
    let elements: Vec<Vec<u8>> = (0..3).map(|_| inner.input(dice).user).collect();
    let first = elements.first().map_or(0, Vec::len) as u64;
    let len = dice.pick(&[known, first, 0, 7]).copied()?;
    if !dice.once_in(8) {
        if let Some((selector, value)) = selected(when) {
            outer.store(&mut input.user, selector, value);
        }
        for slot in [&pointer.bytes, &pointer.stride].into_iter().flatten() {
            outer.store(&mut input.user, slot, len);
        }
        if let Some(count) = &pointer.count {
            outer.store(&mut input.user, count, dice.below(5));
        }
    }
    let address = match dice.below(16) {
        0 => dice.roll(),
        1 => u64::MAX - dice.below(64),
        2 => USER_BASE - dice.below(3),
        3 => USER_BASE,
        _ => USER_BASE + input.user.len() as u64,
    };
    outer.store(&mut input.user, &pointer.word, address);
    let stride = if pointer.stride.is_some() { len } else { known };
    for mut element in elements {
        if pointer.count.is_some() {
            element.resize(usize::try_from(stride).unwrap_or(0), 0);
        }
        input.user.extend(element);
    }
    if dice.once_in(4) {
        input.user.truncate(dice.index(input.user.len() + 1));
    }
    Some(Input { strct: format!("{strct}.{}", pointer.word.path), ..input })
}

/// What a selector has to be, where it has to be one value.
fn selected(cond: &Cond) -> Option<(&Slot, u64)> {
    match cond {
        Cond::Compare(_, Term::Slot(slot), Term::Int(value)) => Some((slot, *value)),
        Cond::Bits { word, value, .. } => Some((word, *value)),
        Cond::Any(parts) | Cond::All(parts) => parts.first().and_then(selected),
        _ => None,
    }
}

fn numbers_of(term: &Term, numbers: &mut Vec<u64>) {
    match term {
        Term::Int(number) => numbers.push(*number),
        Term::Signed(number) => numbers.push(number.cast_unsigned()),
        Term::Slot(_) => {}
        Term::Arith(_, left, right) => {
            numbers_of(left, numbers);
            numbers_of(right, numbers);
        }
    }
}
