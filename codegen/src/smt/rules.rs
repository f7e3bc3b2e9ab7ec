//! Whether each rule of a list is ever met, and whether the others would do without it.

use argsz_schema::checklist::{CheckList, Op};
use argsz_schema::interp::{self, Fate, Verdict};
use argsz_schema::target::Target;

use super::witness::{Found, find};
use super::{Script, Solver, SolverError};
use crate::engine::Input;

/// What a rule is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It refuses these bytes, and no other rule does.
    Own(Input),
    /// It is the first to refuse these bytes; but whatever it refuses, another rule refuses too.
    Implied(Input),
    /// It is never the first to refuse.
    Never,
    /// The solver ran out of time.
    Undecided,
}

/// One answer for each step of a list.
pub fn rules(list: &CheckList, target: Target, solver: &Solver) -> Result<Vec<Worth>, SolverError> {
    let script = Script::new(&[("a", list)], target);
    (0..list.steps.len()).map(|at| rule(list, target, solver, &script, at)).collect()
}

fn rule(list: &CheckList, target: Target, solver: &Solver, script: &Script, at: usize) -> Result<Worth, SolverError> {
    let first = |input: &Input| {
        let verdict = interp::run(list, target, &input.user, input.size);
        matches!(verdict, Verdict::Refused(refusal) if refusal.step == at)
    };
    // What a reader without a copy would do, nobody can say.
    let copies = matches!(list.steps[at].op, Op::CopyFixed { .. } | Op::CopyRest { .. });
    let undecided = if copies {
        false
    } else {
        let others = (0..list.steps.len()).filter(|other| *other != at).map(|other| format!("(not a.refuses.{other})"));
        let claim = format!("(and a.refuses.{at} {})", others.collect::<Vec<_>>().join(" "));
        let alone = |input: &Input| {
            let (fates, _) = interp::fates(list, target, &input.user, input.size);
            fates.iter().enumerate().all(|(other, fate)| matches!(fate, Fate::Refuses(_)) == (other == at))
        };
        match find(solver, script, &claim, &[list], &alone)? {
            Found::Bytes(input) => return Ok(Worth::Own(input)),
            Found::Nothing => false,
            Found::Undecided => true,
        }
    };
    Ok(match find(solver, script, &format!("a.first.{at}"), &[list], &first)? {
        Found::Nothing => Worth::Never,
        Found::Bytes(input) if copies => Worth::Own(input),
        Found::Bytes(input) if !undecided => Worth::Implied(input),
        Found::Bytes(_) | Found::Undecided => Worth::Undecided,
    })
}
