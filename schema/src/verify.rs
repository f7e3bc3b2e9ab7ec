//! When a recorded answer of a kernel agrees with a verdict on the bytes alone.

use crate::checklist::{CheckList, Op, SizeFrom};

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

/// What an executor of the list answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// `OK` or an errno.
    pub errno: &'a str,
    /// The rule that refused.
    pub rule: Option<&'a str>,
    /// Whether that rule comes after a look-up.
    pub after_lookup: bool,
    /// The struct held, if it was accepted.
    pub held: Option<&'a [u8]>,
}

/// Whether an answer agrees with what was recorded.
///
/// What is accepted, or refused only after a look-up, agrees with a look-up that failed. Where non-zero bytes lie
/// beyond the known size and memory ends before the size, a kernel may see either first.
#[must_use]
pub fn agrees(list: &CheckList, answer: &Answer<'_>, recorded: &Recorded<'_>) -> bool {
    let lookup_failed = LOOKUPS.contains(&recorded.errno);
    if answer.errno == "OK" {
        let same = recorded.kernel.is_none_or(|kernel| answer.held == Some(kernel));
        return lookup_failed || recorded.errno == "OK" && same;
    }
    let in_tail = || {
        let step = list.steps.iter().find(|step| Some(step.id.as_str()) == answer.rule);
        step.is_some_and(|step| matches!(step.op, Op::ZeroTail { .. }))
    };
    let torn = recorded.errno == "EFAULT" && recorded.size > recorded.user.len() as u64;
    answer.errno == recorded.errno || answer.after_lookup && lookup_failed || torn && in_tail()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::{Cond, Step};
    use crate::model::{Errno, Release};
    use crate::source::Span;

    fn list() -> CheckList {
        let tail = Step {
            id: "s/tail".into(),
            errno: Errno("E2BIG"),
            field: String::new(),
            offset: 0,
            why: String::new(),
            after_lookup: false,
            when: Cond::True,
            op: Op::ZeroTail { from: 4 },
            span: Span::default(),
        };
        CheckList {
            name: "s".into(),
            release: Release(0),
            layer: None,
            known: 4,
            size: SizeFrom::Caller,
            steps: vec![tail],
        }
    }

    fn agree(answer: (&str, Option<&str>, bool), recorded: &str, size: u64) -> bool {
        let held: Option<&[u8]> = (answer.0 == "OK").then_some(&[1, 0, 0, 0]);
        let answer = Answer { errno: answer.0, rule: answer.1, after_lookup: answer.2, held };
        let recorded = Recorded { errno: recorded, kernel: Some(&[1, 0, 0, 0]), user: &[1, 0, 0, 0, 9], size };
        agrees(&list(), &answer, &recorded)
    }

    #[test]
    fn look_ups_and_torn_tails_are_allowed_for() {
        let ok = ("OK", None, false);
        let rule = ("EINVAL", Some("s/rule"), false);
        let late = ("EINVAL", Some("s/rule"), true);
        let tail = ("E2BIG", Some("s/tail"), false);
        assert!(["OK", "ENOENT", "EBADF", "ENODEV", "ENOTTY"].iter().all(|errno| agree(ok, errno, 5)));
        assert!(!agree(ok, "EINVAL", 5));
        assert!(agree(rule, "EINVAL", 5) && !agree(rule, "ENOENT", 5) && !agree(rule, "OK", 5));
        assert!(agree(late, "EINVAL", 5) && agree(late, "ENOENT", 5) && !agree(late, "OK", 5));
        assert!(agree(tail, "E2BIG", 6) && agree(tail, "EFAULT", 6));
        assert!(!agree(tail, "EFAULT", 5), "memory did not end before the size");
        assert!(!agree(("E2BIG", Some("s/other"), false), "EFAULT", 6));
    }

    #[test]
    fn the_bytes_held_have_to_be_the_same() {
        let recorded = Recorded { errno: "OK", kernel: Some(&[1, 0, 0, 0]), user: &[], size: 4 };
        let other = Answer { errno: "OK", rule: None, after_lookup: false, held: Some(&[2, 0, 0, 0]) };
        assert!(!agrees(&list(), &other, &recorded));
    }
}
