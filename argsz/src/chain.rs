//! Chains of capabilities behind an answer, read without trust in whoever wrote them.
//!
//! An answer says where the first capability begins; each begins with a head that says where the next one does, from
//! the beginning of the answer, and 0 ends the chain. Nothing says how long a capability is. What is read is copied:
//! kernels have put capabilities at addresses that are not aligned as their structs are.

use core::fmt;

use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::Unaligned;

/// Where a chain is found in the bytes of an answer. All numbers are offsets in bytes, of fields that are a `u32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The field with the size of the whole; what lies beyond is not the answer's.
    pub size: usize,
    /// The field with the offset of the first head; 0 if there is none.
    pub first: usize,
    /// Where the part ends that every answer has: no link begins earlier.
    pub from: usize,
    /// The flags, and those that have to be set where there is a chain.
    pub present: Option<(usize, u32)>,
}

/// Why a chain cannot be followed. Each has the offset in question, from the beginning of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenChain {
    /// A head, or what its id stands for, ends beyond the answer.
    Beyond(usize),
    /// A head lies inside the part that every answer has.
    Inside(usize),
    /// A head is not aligned as its struct is.
    Misaligned(usize),
    /// The chain comes back to a head.
    Loop(usize),
}

impl fmt::Display for BrokenChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beyond(at) => write!(f, "the link at {at} ends beyond the answer"),
            Self::Inside(at) => write!(f, "a link would begin at {at}, inside the answer's own fields"),
            Self::Misaligned(at) => write!(f, "a link would begin at {at}, which is not aligned"),
            Self::Loop(at) => write!(f, "the chain comes back to the link at {at}"),
        }
    }
}

impl core::error::Error for BrokenChain {}

impl Chain {
    /// The links of the chain in `answer`, whose heads are `H`; `next` is their field of that meaning.
    pub fn links<H: FromBytes>(self, answer: &[u8], next: fn(&H) -> u32) -> Links<'_, H> {
        let size = word(answer, self.size).unwrap_or(0);
        let answer = answer.get(..size).unwrap_or(answer);
        let present = self.present.is_none_or(|(at, flags)| {
            let set = answer.get(at..).and_then(|bytes| u32::read_from_prefix(bytes).ok());
            set.is_some_and(|(set, _)| set & flags == flags)
        });
        let first = if present { word(answer, self.first).unwrap_or(0) } else { 0 };
        Links { answer, next, from: self.from, first, last: None, at: first }
    }
}

/// A `u32` at any address.
fn word(bytes: &[u8], at: usize) -> Option<usize> {
    let (word, _) = u32::read_from_prefix(bytes.get(at..)?).ok()?;
    Some(usize::try_from(word).unwrap_or(usize::MAX))
}

/// The links of a chain, in its order. What is broken is the last that it gives.
#[derive(Clone)]
pub struct Links<'a, H> {
    answer: &'a [u8],
    next: fn(&H) -> u32,
    from: usize,
    first: usize,
    /// Where the head began that was given last.
    last: Option<usize>,
    /// Where the next head begins; 0 at the end.
    at: usize,
}

impl<'a, H: FromBytes> Links<'a, H> {
    fn link(&self, at: usize) -> Result<Link<'a, H>, BrokenChain> {
        if at < self.from {
            return Err(BrokenChain::Inside(at));
        }
        if !at.is_multiple_of(align_of::<H>()) {
            return Err(BrokenChain::Misaligned(at));
        }
        let bytes = self.answer.get(at..).ok_or(BrokenChain::Beyond(at))?;
        let (head, _) = H::read_from_prefix(bytes).map_err(|_| BrokenChain::Beyond(at))?;
        Ok(Link { at, head, bytes })
    }

    fn after(&self, head: &H) -> usize {
        usize::try_from((self.next)(head)).unwrap_or(usize::MAX)
    }

    /// Whether the chain comes to `at` up to the link at `last`. It is walked again from its beginning: chains are
    /// short, and there is no memory to keep what was seen.
    fn seen(&self, at: usize, last: usize) -> bool {
        let mut walk = self.first;
        loop {
            if walk == at {
                return true;
            }
            match self.link(walk) {
                Ok(link) if walk != last => walk = self.after(&link.head),
                _ => return false,
            }
        }
    }
}

impl<'a, H: FromBytes> Iterator for Links<'a, H> {
    type Item = Result<Link<'a, H>, BrokenChain>;

    fn next(&mut self) -> Option<Self::Item> {
        let now = self.at;
        if now == 0 {
            return None;
        }
        let link = match self.last {
            Some(last) if self.seen(now, last) => Err(BrokenChain::Loop(now)),
            _ => self.link(now),
        };
        self.at = link.as_ref().map_or(0, |link| self.after(&link.head));
        self.last = Some(now);
        Some(link)
    }
}

impl<H: FromBytes> core::iter::FusedIterator for Links<'_, H> {}

/// A link: its head, and the bytes from there to the end of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a, H> {
    /// Where it begins, from the beginning of the answer.
    pub at: usize,
    /// What it begins with.
    pub head: H,
    /// From the head to the end of the answer: other links may lie in there.
    pub bytes: &'a [u8],
}

impl<'a, H> Link<'a, H> {
    /// The struct that the link is.
    pub fn read<T: FromBytes>(&self) -> Result<T, BrokenChain> {
        T::read_from_prefix(self.bytes).map(|(whole, _)| whole).map_err(|_| BrokenChain::Beyond(self.at))
    }

    /// The `count` elements of its flexible array, which begins at byte `at` of the link.
    pub fn elements<T>(&self, at: usize, count: usize) -> Result<&'a [Unaligned<T>], BrokenChain>
    where
        T: FromBytes + Immutable + KnownLayout + Copy,
    {
        let bytes = self.bytes.get(at..).ok_or(BrokenChain::Beyond(self.at))?;
        let elements = <[Unaligned<T>]>::ref_from_prefix_with_elems(bytes, count);
        elements.map(|(elements, _)| elements).map_err(|_| BrokenChain::Beyond(self.at))
    }
}
