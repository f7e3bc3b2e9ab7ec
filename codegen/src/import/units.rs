//! Members as the language can have them: bit-fields gathered into the numbers that hold them, arrays without elements,
//! and bytes that the alignment of a single field leaves open.

use super::types::{Body, Member, Ty};

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

/// What the name of bytes that the header has no name for begins with.
pub(super) const HOLE: &str = "__hole_";

/// The members of a struct: an array without a length has no elements where another member comes after it or none before
/// it, and what lies further on than its type asks for is led to by bytes with a name, as the language has no alignment
/// of one field.
pub(super) fn ordered(members: Vec<Member>, skips: &dyn Fn(u32, u32) -> bool) -> Vec<Member> {
    let mut out: Vec<Member> = Vec::new();
    let mut members = members.into_iter().peekable();
    while let Some(mut member) = members.next() {
        match member.ty {
            Ty::Flex(of) if members.peek().is_some() || out.is_empty() => member.ty = Ty::Array(of, 0),
            other => member.ty = other,
        }
        if let Some(hole) = out.last().and_then(|last| hole(last, &member, skips)) {
            out.push(hole);
        }
        out.push(member);
    }
    out
}

/// What stands for bit-fields without a name, which debug information does not have: in a struct of nothing else all its
/// bytes, and in a union that is aligned beyond its members one more of them.
pub(super) fn nameless(body: &mut Body, asked: Option<u64>) {
    // Whether a member is aligned to 8 on every machine by itself.
    let asks = |field: &Member| field.ty.natural(&|_| 8, 4) == 8;
    let eights = |count| Ty::Array(Box::new(Ty::Number("u64".to_owned(), 8)), count);
    let ty = match (body.fields.is_empty(), asked) {
        (true, _) if body.size > 0 && body.size.is_multiple_of(8) => eights(body.size / 8),
        (true, _) if body.size > 0 => Ty::Array(Box::new(Ty::Number("u8".to_owned(), 1)), body.size),
        (false, Some(8)) if body.is_union && body.size == 8 && !body.fields.iter().any(asks) => {
            Ty::Number("aligned_u64".to_owned(), 8)
        }
        _ => return,
    };
    // Members of unions without a name share those of the struct they are in.
    let beside = body.fields.first().map(|first| first.name.trim_start_matches('_')).unwrap_or_default();
    let name = format!("{HOLE}{beside}").trim_end_matches('_').to_owned();
    body.fields.push(Member { name, ty, offset: 0, line: 0, bits: None, parts: Vec::new() });
}

/// Bytes between two members that no alignment of a type explains, or that the header skips.
fn hole(last: &Member, next: &Member, skips: &dyn Fn(u32, u32) -> bool) -> Option<Member> {
    let bits = last.bits.is_some() || next.bits.is_some();
    let end = last.offset + bytes(&last.ty).filter(|_| !bits)?;
    let (_, align) = next.ty.number()?;
    let gap = next.offset.checked_sub(end).filter(|gap| *gap > 0)?;
    if next.offset <= end.next_multiple_of(align) && !skips(last.line, next.line) {
        return None;
    }
    let ty = Ty::Array(Box::new(Ty::Number("u8".to_owned(), 1)), gap);
    Some(Member { name: format!("{HOLE}{end}"), ty, offset: end, bits: None, parts: Vec::new(), ..next.clone() })
}

/// The size of numbers and arrays of them.
fn bytes(ty: &Ty) -> Option<u64> {
    match ty {
        Ty::Number(_, size) => Some(*size),
        Ty::Enum(_, of) => bytes(of),
        Ty::Array(of, count) => bytes(of)?.checked_mul(*count),
        _ => None,
    }
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
