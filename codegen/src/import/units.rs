//! Bit-fields, gathered into the numbers that hold them.

use super::types::{Member, Ty};

/// The members, with each run of bit-fields as the numbers it fills. A run that fills no number is left as it is, and
/// what contains it is left out.
pub(super) fn gather(members: Vec<Member>, size: u64) -> Vec<Member> {
    let mut out = Vec::new();
    let mut run: Vec<Member> = Vec::new();
    let mut members = members.into_iter().peekable();
    while let Some(member) = members.next() {
        if member.bits.is_none() {
            out.push(member);
            continue;
        }
        run.push(member);
        let end = match members.peek() {
            Some(next) if next.bits.is_some() => continue,
            Some(next) => next.offset,
            None => size,
        };
        let run = std::mem::take(&mut run);
        out.extend(numbers(&run, end).unwrap_or(run));
    }
    out
}

/// The numbers that a run of bit-fields fills, up to the byte `end`.
fn numbers(run: &[Member], end: u64) -> Option<Vec<Member>> {
    let mut out: Vec<Member> = Vec::new();
    for member in run {
        let ((width, first), Ty::Number(word, bytes)) = (member.bits?, &member.ty) else { return None };
        if !matches!(word.as_str(), "u8" | "u16" | "u32" | "u64") {
            return None;
        }
        let offset = first / (bytes * 8) * bytes;
        let within = first - offset * 8;
        let fresh = match out.last() {
            None => true,
            Some(unit) => unit.offset != offset || !matches!(&unit.ty, Ty::Number(known, _) if known == word),
        };
        if fresh {
            let apart = out.last().is_none_or(|unit| ends(unit).is_some_and(|end| end <= offset));
            if !apart || offset + bytes > end {
                return None;
            }
            let name = format!("{}_bits", member.name.trim_start_matches('_'));
            out.push(Member { name, offset, bits: None, parts: Vec::new(), ..member.clone() });
        }
        let unit = out.last_mut()?;
        let gap = within.checked_sub(taken(unit))?;
        unit.parts.extend((gap > 0).then(|| (String::new(), gap)));
        unit.parts.push((member.name.clone(), width));
    }
    for unit in &mut out {
        let rest = unit.ty.number().map(|(_, bytes)| bytes * 8)?.checked_sub(taken(unit))?;
        unit.parts.extend((rest > 0).then(|| (String::new(), rest)));
    }
    Some(out)
}

fn taken(unit: &Member) -> u64 {
    unit.parts.iter().map(|(_, width)| width).sum()
}

fn ends(unit: &Member) -> Option<u64> {
    unit.ty.number().map(|(_, bytes)| unit.offset + bytes)
}
