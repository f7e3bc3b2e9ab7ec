//! Whether two lists, of two releases or two schemas, do the same with the same bytes.

use argsz_schema::checklist::CheckList;
use argsz_schema::interp::{self, Verdict};
use argsz_schema::target::Target;

use super::witness::find;
use super::{Script, Solver, SolverError, cond};
use crate::engine::Input;

pub use super::witness::Found;

/// A way in which two lists may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The first accepts what the second refuses.
    OnlyFirst,
    /// The second accepts what the first refuses.
    OnlySecond,
    /// Both accept, and hold different bytes. What the shorter does not know, it holds as zero.
    Held,
    /// Both refuse, with different errnos.
    Errno,
}

/// All of them.
pub const DIFFERENCES: [Difference; 4] =
    [Difference::OnlyFirst, Difference::OnlySecond, Difference::Held, Difference::Errno];

impl Difference {
    /// What a solver is asked.
    fn claim(self, first: &CheckList, second: &CheckList) -> String {
        match self {
            Self::OnlyFirst => "(and a.accepts (not b.accepts))".to_owned(),
            Self::OnlySecond => "(and b.accepts (not a.accepts))".to_owned(),
            Self::Errno => "(and (not a.accepts) (not b.accepts) (distinct a.errno b.errno))".to_owned(),
            Self::Held => {
                let byte = |name: &str, known: u32, at: u32| {
                    if at < known { format!("{name}.held.{at}") } else { "#x00".to_owned() }
                };
                let differ = |at| format!("(distinct {} {})", byte("a", first.known, at), byte("b", second.known, at));
                let any: Vec<String> = (0..first.known.max(second.known)).map(differ).collect();
                format!("(and a.accepts b.accepts {})", cond::joined("or", &any, "false"))
            }
        }
    }

    /// What two answers say of it.
    #[must_use]
    pub fn between(self, first: &Verdict, second: &Verdict) -> bool {
        match (self, first, second) {
            (Self::OnlyFirst, Verdict::Accepted(_), Verdict::Refused(_))
            | (Self::OnlySecond, Verdict::Refused(_), Verdict::Accepted(_)) => true,
            (Self::Held, Verdict::Accepted(first), Verdict::Accepted(second)) => {
                let at = |held: &[u8], at: usize| held.get(at).copied().unwrap_or(0);
                (0..first.len().max(second.len())).any(|byte| at(first, byte) != at(second, byte))
            }
            (Self::Errno, Verdict::Refused(first), Verdict::Refused(second)) => first.errno != second.errno,
            _ => false,
        }
    }
}

/// Looks for a difference of one kind. Memory that the user claims, or that a reader knows, is taken to be there: where
/// it ends too early, the answer is EFAULT in either release.
pub fn differ(
    (first, second): (&CheckList, &CheckList),
    target: Target,
    solver: &Solver,
    difference: Difference,
) -> Result<Found, SolverError> {
    let script = Script::new(&[("a", first), ("b", second)], target);
    let longest = cond::number(first.known.max(second.known).into());
    let there = format!("(bvule a.size mapped) (bvule b.size mapped) (bvule {longest} mapped)");
    let claim = format!("(and {there} {})", difference.claim(first, second));
    let faults = |verdict: &Verdict| matches!(verdict, Verdict::Refused(refusal) if refusal.errno.0 == "EFAULT");
    let holds = |input: &Input| {
        let run = |list: &CheckList| interp::run(list, target, &input.user, input.size);
        let (first, second) = (run(first), run(second));
        !faults(&first) && !faults(&second) && difference.between(&first, &second)
    };
    find(solver, &script, &claim, &[first, second], &holds)
}
