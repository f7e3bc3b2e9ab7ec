//! From a solver's values to bytes that people can read, confirmed by the interpreter.

use argsz_schema::checklist::{CheckList, SizeFrom};

use super::{Answer, Script, Solver, SolverError};
use crate::engine::{Input, to_hex};

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No bytes have the property.
    Nothing,
    /// These have.
    Bytes(Input),
    /// The solver ran out of time.
    Undecided,
}

/// Asks for bytes that have a property: `claim` says it to the solver, `holds` asks the interpreter.
pub(super) fn find(
    solver: &Solver,
    script: &Script,
    claim: &str,
    lists: &[&CheckList],
    holds: &dyn Fn(&Input) -> bool,
) -> Result<Found, SolverError> {
    let values = match solver.ask(script.text(), claim, &script.free())? {
        Answer::No => return Ok(Found::Nothing),
        Answer::Unknown => return Ok(Found::Undecided),
        Answer::Yes(values) => values,
    };
    let input = script.input(&values);
    match input {
        Some(input) if holds(&input) => Ok(Found::Bytes(shrink(input, lists, holds))),
        input => {
            let (strct, user) = input.map(|input| (input.strct, input.user)).unwrap_or_default();
            let hex = to_hex(&user);
            Err(SolverError::Refuted { tool: solver.tool(), strct, claim: claim.to_owned(), hex })
        }
    }
}

/// Bytes with the same property: of the size that some reader knows if that can be, as many of them zero as can be, and
/// no more memory than is needed.
fn shrink(input: Input, lists: &[&CheckList], holds: &dyn Fn(&Input) -> bool) -> Input {
    let mut known = lists.iter().map(|list| sized(&input, list));
    let mut input = known.find(|sized| holds(sized)).unwrap_or(input);
    for at in (0..input.user.len()).rev() {
        let byte = input.user[at];
        for less in [0, byte & byte.wrapping_neg()] {
            if input.user[at] != less {
                let before = std::mem::replace(&mut input.user[at], less);
                if holds(&input) {
                    break;
                }
                input.user[at] = before;
            }
        }
    }
    let shorter = |len: usize| Input { user: input.user[..len].to_vec(), ..input.clone() };
    let mut sizes = (0..input.user.len()).map(shorter);
    sizes.find(|shorter| holds(shorter)).unwrap_or_else(|| input.clone())
}

/// The same call by a program that knows as much of the struct as a reader does.
fn sized(input: &Input, list: &CheckList) -> Input {
    let mut sized = input.clone();
    sized.size = input.size.map(|_| list.known.into());
    if let SizeFrom::Field(slot) = &list.size {
        let (at, width) = (slot.offset as usize, usize::from(slot.width).min(8));
        if let Some(bytes) = sized.user.get_mut(at..at + width) {
            // A machine of the other byte order takes it for another size, and then it is of no use.
            bytes.copy_from_slice(&u64::from(list.known).to_le_bytes()[..width]);
        }
    }
    sized
}
