//! Text over many things, made on all cores.

use argsz_schema::shares;

use crate::EmitError;

/// Fewer things are not worth a thread: there are other emitters to run. More would leave the last core alone at the
/// end.
const SHARE: usize = 256;

/// The texts of all things in their order, made for some of them at a time. What they have in common is the caller's.
pub(crate) fn joined<T: Sync>(
    things: &[T],
    text: impl Fn(&[T]) -> Result<String, EmitError> + Sync,
) -> Result<String, EmitError> {
    let some: Vec<&[T]> = things.chunks(SHARE).collect();
    let parts = shares::map(&some, |some| text(some)).into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(parts.concat())
}

#[cfg(test)]
mod tests {
    use super::joined;
    use crate::EmitError;

    #[test]
    fn texts_stand_in_the_order_of_things_and_the_first_error_wins() {
        let things: Vec<u32> = (0..10_000).collect();
        let text = |some: &[u32]| Ok(some.iter().map(|one| format!("{one} ")).collect::<String>());
        assert_eq!(joined(&things, text).expect("text"), text(&things).expect("text"));
        let fails = |some: &[u32]| match some.iter().find(|one| **one >= 5_000) {
            Some(one) => Err(EmitError::Unknown { item: one.to_string(), name: String::new() }),
            None => Ok(String::new()),
        };
        assert!(matches!(joined(&things, fails), Err(EmitError::Unknown { item, .. }) if item == "5000"));
    }
}
