//! Whether a kernel of one release harms any program of another, whatever it sends.

use argsz_schema::checklist::SizeFrom;
use argsz_schema::interp::{self, Verdict};

use super::cond::{View, joined, number};
use super::witness::{Found, find};
use super::{Script, Solver, SolverError};
use crate::engine::Input;
use crate::honest::Known;

/// What holds of all that programs of a release send.
fn claims(user: &Known, name: &str) -> Vec<String> {
    let held: Vec<String> = (0..user.list.known).map(|at| format!("{name}.held.{at}")).collect();
    let view = View { target: user.target, held: &held };
    let mut claims = vec![format!("{name}.accepts")];
    if user.list.size != SizeFrom::Known {
        claims.push(format!("(bvule {name}.size {})", number(user.list.known.into())));
    }
    for (bytes, conds) in &user.asked {
        let conds: Vec<String> = conds.iter().map(|cond| view.cond(cond)).collect();
        let zeros: Vec<String> = bytes.clone().map(|at| format!("(= u.{at} #x00)")).collect();
        claims.push(format!("(or {} {})", joined("or", &conds, "false"), joined("and", &zeros, "true")));
    }
    claims
}

/// Looks for what programs of one release may send and a kernel of another takes for something else, by the places of
/// bytes; of an older program also for what that kernel refuses. What it refuses a newer program, that may have asked
/// for.
pub fn harmed(user: &Known, kernel: &Known, newer: bool, solver: &Solver) -> Result<Found, SolverError> {
    let (first, second) = (&user.list, &kernel.list);
    let script = Script::new(&[("a", first), ("b", second)], user.target);
    let longest = first.known.max(second.known);
    let mut parts = claims(user, "a");
    parts.push(format!("(bvule a.size mapped) (bvule b.size mapped) (bvule {} mapped)", number(longest.into())));
    let misread: Vec<String> =
        (0..longest).filter_map(|at| differs(user, kernel, at)).chain(["(not b.accepts)".to_owned()]).collect();
    let (lost, refused) = misread.split_at(misread.len() - 1);
    parts.push(if newer {
        format!("(and b.accepts {})", joined("or", lost, "false"))
    } else {
        format!("(or {} {})", refused[0], joined("or", lost, "false"))
    });
    let claim = joined("and", &parts, "true");
    let holds = |input: &Input| {
        let there = input.user.len() >= longest as usize;
        let Some(sent) = user.sends(&input.user, input.size).filter(|_| there) else { return false };
        match interp::run(second, kernel.target, &input.user, input.size) {
            Verdict::Refused(refusal) => !newer && refusal.errno.0 != "EFAULT",
            Verdict::Accepted(held) => (0..longest).any(|at| takes_otherwise(user, kernel, at, &sent, &held)),
        }
    };
    find(solver, &script, &claim, &[first, second], &holds)
}

/// What a solver is asked of one byte; `None` if it means nothing to either.
fn differs(user: &Known, kernel: &Known, at: u32) -> Option<String> {
    let byte = |name: &str, known: &Known| {
        if at < known.list.known { format!("{name}.held.{at}") } else { "#x00".to_owned() }
    };
    match (user.is_idle(at), kernel.is_idle(at)) {
        (true, true) => None,
        // What was left there by chance is taken for a value.
        (true, false) => Some(format!("(distinct {} #x00)", byte("b", kernel))),
        (false, _) => Some(format!("(distinct {} {})", byte("a", user), byte("b", kernel))),
    }
}

/// As [`differs`], of bytes that were held.
fn takes_otherwise(user: &Known, kernel: &Known, at: u32, sent: &[u8], held: &[u8]) -> bool {
    let byte = |held: &[u8]| held.get(at as usize).copied().unwrap_or(0);
    match (user.is_idle(at), kernel.is_idle(at)) {
        (true, true) => false,
        (true, false) => byte(held) != 0,
        (false, _) => byte(sent) != byte(held),
    }
}
