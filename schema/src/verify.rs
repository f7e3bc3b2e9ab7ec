//! When a recorded answer of a kernel agrees with a verdict on the bytes alone.

use crate::checklist::{CheckList, Op, SizeFrom};
use crate::interp::Verdict;

/// What a kernel says when objects named by id do not exist.
const LOOKUPS: &[&str] = &["ENOENT", "EBADF", "ENODEV", "ENOTTY"];

/// A recorded call.
#[derive(Clone, Copy, Debug)]
pub struct Recorded<'a> {
    /// `OK` or an errno.
    pub errno: &'a str,
    /// The struct held after success.
    pub kernel: Option<&'a [u8]>,
    /// The bytes that were mapped.
    pub user: &'a [u8],
    /// The size the user claimed.
    pub size: u64,
}

/// Whether a verdict agrees with what was recorded.
///
/// What is accepted, or refused only after a look-up, agrees with a look-up that failed. Where non-zero bytes lie
/// beyond the known size and memory ends before the size, a kernel may see either first.
#[must_use]
pub fn agrees(list: &CheckList, verdict: &Verdict, recorded: &Recorded<'_>) -> bool {
    let lookup_failed = LOOKUPS.contains(&recorded.errno);
    match verdict {
        Verdict::Accepted(held) => {
            lookup_failed || recorded.errno == "OK" && recorded.kernel.is_none_or(|kernel| kernel == held.as_slice())
        }
        Verdict::Refused(refusal) => {
            let torn = recorded.size > recorded.user.len() as u64
                && list.steps.get(refusal.step).is_some_and(|step| matches!(step.op, Op::ZeroTail { .. }));
            refusal.errno.0 == recorded.errno
                || refusal.after_lookup && lookup_failed
                || torn && refusal.errno.0 != "EFAULT" && recorded.errno == "EFAULT"
        }
    }
}

/// The size that a user claims: beside the pointer, or in the bytes.
#[must_use]
pub fn claimed(list: &CheckList, user: &[u8], beside: Option<u64>) -> u64 {
    match &list.size {
        SizeFrom::Field(slot) => {
            let at = slot.offset as usize;
            let bytes = user.get(at..at + usize::from(slot.width)).unwrap_or_default();
            bytes.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte))
        }
        SizeFrom::Caller => beside.unwrap_or(user.len() as u64),
        SizeFrom::Known => list.known.into(),
    }
}
