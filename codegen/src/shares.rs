//! Text over many things, made on all cores.

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
    let some: Vec<&[T]> = things.chunks(SHARE).collect();
    let made = shares::map(&some, |some| text(String::with_capacity(some.len() * ROOM), some));
    let parts = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    head.reserve_exact(parts.iter().map(String::len).sum());
    for part in parts {
        head.push_str(&part);
    }
    Ok(head)
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
