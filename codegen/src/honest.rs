//! What programs that were built for one release may send.
//!
//! Such a program sends what its own release takes, in a struct of at most the size it knows. It leaves zeros in what is
//! written by the kernel, and in what counts only under a flag or value that it does not use. Elsewhere, also in bytes
//! that nobody looks at, anything may be.

use std::ops::Range;

use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom};
use argsz_schema::interp::{self, Held, Verdict};
use argsz_schema::layout::{Layouts, Placed};
use argsz_schema::model::{Dir, Reserved, Type};
use argsz_schema::resolve::{self, Scope};
use argsz_schema::target::Target;

/// Programs, or a kernel, of one release: what they know of a struct.
#[derive(Clone, Debug)]
pub struct Known {
    pub(crate) list: CheckList,
    pub(crate) target: Target,
    /// Bytes that are zero unless one of the conditions holds.
    pub(crate) asked: Vec<(Range<u32>, Vec<Cond>)>,
    /// Bytes that mean nothing: of fields that nobody looks at, and of none.
    idle: Vec<bool>,
}

impl Known {
    /// What a release knows of a struct with this check list.
    #[must_use]
    pub fn new(layouts: &Layouts<'_>, list: CheckList) -> Self {
        let fields = layouts.structs.get(list.name.as_str()).map(|laid| laid.fields.as_slice()).unwrap_or_default();
        let scope = Scope { layouts, strct: &list.name, prefix: String::new(), base: 0 };
        let range = |placed: &Placed<'_>| {
            let end = |at: u64| u32::try_from(at).unwrap_or(list.known).min(list.known);
            end(placed.offset)..end(placed.end())
        };
        let mut asked: Vec<(Range<u32>, Vec<Cond>)> =
            (0..list.known).filter_map(|at| Some((at..at + 1, reached(&list, at)?))).collect();
        for placed in fields {
            if placed.field.dir == Dir::Out {
                asked.push((range(placed), Vec::new()));
            } else if let Some(when) = placed.field.when.as_ref().and_then(|when| resolve::cond(&scope, when).ok()) {
                asked.push((range(placed), vec![when]));
            }
        }
        let mut idle = vec![true; list.known as usize];
        let meant = |placed: &&Placed<'_>| {
            placed.field.reserved != Some(Reserved::Ignored) && !matches!(placed.field.ty, Type::Inline(_))
        };
        for at in fields.iter().filter(meant).flat_map(range) {
            idle[at as usize] = false;
        }
        Self { list, target: layouts.target, asked, idle }
    }

    /// Whether such a program may send this: what its release holds then, if so.
    pub(crate) fn sends(&self, user: &[u8], size: Option<u64>) -> Option<Vec<u8>> {
        let Verdict::Accepted(held) = interp::run(&self.list, self.target, user, size) else {
            return None;
        };
        let view = Held { target: self.target, bytes: &held };
        let claimed = match &self.list.size {
            SizeFrom::Field(slot) => view.unsigned(slot),
            SizeFrom::Caller => size.unwrap_or(user.len() as u64),
            SizeFrom::Known => 0,
        };
        let zero = |bytes: &Range<u32>| bytes.clone().all(|at| user.get(at as usize).is_none_or(|byte| *byte == 0));
        let fine = |(bytes, conds): &(Range<u32>, Vec<Cond>)| zero(bytes) || conds.iter().any(|cond| view.holds(cond));
        (claimed <= self.list.known.into() && self.asked.iter().all(fine)).then_some(held)
    }

    /// Whether a byte means nothing to anybody.
    pub(crate) fn is_idle(&self, at: u32) -> bool {
        self.idle.get(at as usize).copied().unwrap_or(true)
    }
}

/// Under which conditions a size reaches a byte; `None` if it always has to.
fn reached(list: &CheckList, at: u32) -> Option<Vec<Cond>> {
    let reaching: Vec<&Cond> = list
        .steps
        .iter()
        .filter(|step| matches!(step.op, Op::MinSize { bytes } if bytes > at))
        .map(|step| &step.when)
        .collect();
    let conditional = !reaching.is_empty() && reaching.iter().all(|when| **when != Cond::True);
    conditional.then(|| reaching.into_iter().cloned().collect())
}
