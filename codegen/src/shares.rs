//! Text over many things, made on all cores.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use argsz_schema::shares;

use crate::EmitError;

/// Fewer things are not worth a thread: there are other emitters to run. More would leave the last core alone at the
/// end.
pub(crate) const SHARE: usize = 256;
/// Bytes that few things' text exceeds. What is not written is not there: the system gives memory when it is touched.
const ROOM: usize = 4 << 10;

/// The texts of all things in their order, behind `head`. `text` writes that of some of them behind what it is given;
/// what they have in common is the caller's.
pub(crate) fn joined<T: Sync>(
    mut head: String,
    things: &[T],
    text: impl Fn(String, &[T]) -> Result<String, EmitError> + Sync,
) -> Result<String, EmitError> {
    if things.len() <= SHARE {
        head.reserve(things.len() * ROOM);
        return text(head, things);
    }
    let parts: Vec<(usize, &[T])> = things.chunks(SHARE).enumerate().collect();
    head.reserve(things.len() * ROOM);
    let whole = Mutex::new(Whole { text: head, parts: 0, waiting: BTreeMap::new() });
    let made = shares::map(&parts, |(at, some)| {
        let part = text(String::with_capacity(some.len() * ROOM), some)?;
        whole.lock().unwrap_or_else(PoisonError::into_inner).add(*at, part);
        Ok(())
    });
    made.into_iter().collect::<Result<(), _>>()?;
    Ok(whole.into_inner().unwrap_or_else(PoisonError::into_inner).text)
}

/// A text that is joined while its parts are made, so that the memory of one is there for the next.
struct Whole {
    text: String,
    /// How many parts it has.
    parts: usize,
    /// Parts that come later, by their number.
    waiting: BTreeMap<usize, String>,
}

impl Whole {
    fn add(&mut self, at: usize, part: String) {
        self.waiting.insert(at, part);
        while let Some(next) = self.waiting.remove(&self.parts) {
            self.text.push_str(&next);
            self.parts += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::joined;
    use crate::EmitError;

    #[test]
    fn texts_stand_in_the_order_of_things_and_the_first_error_wins() {
        let things: Vec<u32> = (0..10_000).collect();
        let text =
            |head: String, some: &[u32]| Ok(head + &some.iter().map(|one| format!("{one} ")).collect::<String>());
        assert_eq!(
            joined("> ".to_owned(), &things, text).expect("text"),
            text("> ".to_owned(), &things).expect("text")
        );
        let fails = |head: String, some: &[u32]| match some.iter().find(|one| **one >= 5_000) {
            Some(one) => Err(EmitError::Unknown { item: one.to_string(), name: String::new() }),
            None => Ok(head),
        };
        assert!(
            matches!(joined(String::new(), &things, fails), Err(EmitError::Unknown { item, .. }) if item == "5000")
        );
    }
}
