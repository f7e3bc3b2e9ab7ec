//! Hardware layouts: that bits lie where there are words, that each has one meaning, and that values fit them.

use super::{Check, list};
use crate::bits::{BitField, Bits, Fixed, Place, Range, ones};
use crate::codes;
use crate::diag::Diagnostic;
use crate::model::{EnumKind, Life, ValueType};

pub(super) fn check(check: &Check<'_>) {
    for bits in check.model.bits() {
        let sound = bits.fields.iter().map(|field| self::field(check, bits, field)).fold(true, |all, one| all & one);
        let sound = ranges(check, bits) & sound;
        overlaps(check, bits);
        if sound {
            unnamed(check, bits);
        }
    }
    registers(check);
}

/// Judges a field by itself; gives whether its bits are there.
fn field(check: &Check<'_>, bits: &Bits, field: &BitField) -> bool {
    let inside = field.parts.iter().fold(true, |all, part| all & within(check, bits, *part));
    if !inside {
        return false;
    }
    for part in field.parts.iter().filter(|part| part.hi / bits.width != part.lo / bits.width) {
        let message = format!("`{}` begins in one word and ends in another", field.meta.name);
        let cut = part.hi / bits.width * bits.width;
        let help =
            format!("write its parts, the high one first: `at = [\"{}:{cut}\", \"{}:{}\"]`", part.hi, cut - 1, part.lo);
        check.report(Diagnostic::new(codes::AZ1005, part.span, message).help(help));
    }
    address(check, bits, field);
    values(check, bits, field);
    if let Some(fixed) = &field.fixed {
        fits(check, field, fixed);
    }
    true
}

fn within(check: &Check<'_>, bits: &Bits, range: Range) -> bool {
    if range.hi < bits.count() {
        return true;
    }
    let message = format!("there is no bit {} in `{}`", range.hi, bits.meta.name);
    let finding = Diagnostic::new(codes::AZ1003, range.span, message);
    let finding = finding.also(bits.meta.span, format!("it has {} bits", bits.count()));
    let help = match bits.place {
        Place::Register(_) => "a register is one word: `width = 64`",
        Place::Entry | Place::Descriptor => "say how many words there are: `words = 2`",
    };
    check.report(finding.help(help));
    false
}

/// Reserved and ignored bits are there too.
fn ranges(check: &Check<'_>, bits: &Bits) -> bool {
    bits.reserved.iter().chain(&bits.ignored).fold(true, |all, range| all & within(check, bits, *range))
}

fn address(check: &Check<'_>, bits: &Bits, field: &BitField) {
    if !field.address {
        return;
    }
    let (name, at) = (&field.meta.name, field.parts[0].span);
    let why = if field.parts.len() > 1 {
        "it has several parts"
    } else if field.parts[0].shift(bits.width) == 0 {
        "it begins at bit 0 of its word, so there is nothing to keep"
    } else if field.values.is_some() {
        "its values have names, which numbers in place would not match"
    } else {
        return;
    };
    let finding = Diagnostic::new(codes::AZ1024, at, format!("`{name}` is no address that stays in place: {why}"));
    check.report(finding.help("leave `address` out"));
}

/// Every value of the field's type fits its bits, and every value of its bits fits the type.
fn values(check: &Check<'_>, bits: &Bits, field: &BitField) {
    let Some((values, at)) = &field.values else { return };
    let (count, name) = (field.count(), &field.meta.name);
    let wide = |life: Life| life.overlaps(field.meta.life);
    let (of, width, too_wide) = match values {
        ValueType::Flags(of) => {
            let Some(flags) = check.model.find_flags(of) else { return };
            let beyond = flags.members.iter().find(|m| wide(m.meta.life) && m.value & !ones(count) != 0);
            (of, flags.width, beyond.map(|member| (&member.meta, format!("{:#x}", member.value))))
        }
        ValueType::Enum(of) => {
            let Some(set) = check.model.find_enum(of) else { return };
            let fits = |value: i64| u64::try_from(value).is_ok_and(|value| value <= ones(count));
            let counts = |kind: &EnumKind| *kind != EnumKind::Counter;
            let beyond = set.members.iter().find(|m| wide(m.meta.life) && counts(&m.kind) && !fits(m.value));
            (of, set.width, beyond.map(|member| (&member.meta, member.value.to_string())))
        }
    };
    if let Some((member, value)) = too_wide {
        let message = format!("`{}` of `{of}` is {value}, and `{name}` has {}", member.name, bits_text(count));
        let finding = Diagnostic::new(codes::AZ1022, *at, message).also(member.span, "this value");
        check.report(finding.help(format!("the largest value that fits is {:#x}", ones(count))));
    }
    if field.bytes(bits.width) > width {
        let message = format!("`{name}` has {}, and `{of}` only {}", bits_text(count), u32::from(width) * 8);
        let finding = Diagnostic::new(codes::AZ1023, *at, message);
        check
            .report(finding.help(format!("make it as wide: `type = \"u{}\"`", u32::from(field.bytes(bits.width)) * 8)));
    }
}

fn bits_text(count: u32) -> String {
    if count == 1 { "1 bit".to_owned() } else { format!("{count} bits") }
}

/// Whether a value fits a field.
pub(super) fn fits(check: &Check<'_>, field: &BitField, fixed: &Fixed) {
    let most = if field.address { u64::MAX } else { ones(field.count()) };
    let (name, count) = (&field.meta.name, field.count());
    if fixed.value > most {
        let message = format!("`{}` does not fit `{name}`, which has {}", fixed.text, bits_text(count));
        let finding = Diagnostic::new(codes::AZ1022, fixed.span, message);
        check.report(finding.help(format!("the largest value that fits is {most:#x}")));
    }
}

/// Every bit has one owner at a time.
fn overlaps(check: &Check<'_>, bits: &Bits) {
    let always = bits.meta.life;
    let fields = bits
        .fields
        .iter()
        .flat_map(|field| field.parts.iter().map(|part| (*part, field.meta.life, format!("`{}`", field.meta.name))));
    let rest = [(&bits.reserved, "`reserved`"), (&bits.ignored, "`ignored`")];
    let rest = rest.into_iter().flat_map(|(all, who)| all.iter().map(move |range| (*range, always, who.to_owned())));
    let mut owners: Vec<(Range, Life, String)> = fields.chain(rest).collect();
    owners.sort_by_key(|(range, ..)| (range.lo, range.span));
    // Sorted by their low ends: only the one that reaches farthest so far can be met, and few share a life with none.
    let mut open: Vec<&(Range, Life, String)> = Vec::new();
    for owner in &owners {
        open.retain(|before| before.0.hi >= owner.0.lo);
        if let Some(before) = open.iter().find(|before| before.1.overlaps(owner.1)) {
            let (first, second) = if before.0.span <= owner.0.span { (*before, owner) } else { (owner, *before) };
            let bit = first.0.lo.max(second.0.lo);
            let message = format!("{} and {} share bit {bit} of `{}`", first.2, second.2, bits.meta.name);
            let finding = Diagnostic::new(codes::AZ1020, second.0.span, message).label(format!("bit {bit} again"));
            let finding = finding.also(first.0.span, "first here");
            check.report(finding.help("every bit has one meaning: cut one of the two ranges"));
        }
        open.push(owner);
    }
}

/// Bits that are no field's, and neither reserved nor ignored, at some release.
fn unnamed(check: &Check<'_>, bits: &Bits) {
    let mut named = vec![false; bits.count() as usize];
    let owners = bits.fields.iter().flat_map(|field| &field.parts).chain(&bits.reserved).chain(&bits.ignored);
    for bit in owners.flat_map(|range| range.lo..=range.hi) {
        named[bit as usize] = true;
    }
    let mut holes: Vec<String> = Vec::new();
    for (word, bools) in named.chunks(bits.width as usize).enumerate() {
        let mut at = 0;
        while let Some(start) = bools[at..].iter().position(|named| !named).map(|n| n + at) {
            let end = bools[start..].iter().position(|named| *named).map_or(bools.len(), |n| n + start);
            let text = if end - start == 1 { start.to_string() } else { format!("{}:{start}", end - 1) };
            holes.push(if word == 0 { text } else { format!("w{word} {text}") });
            at = end;
        }
    }
    if holes.is_empty() {
        return;
    }
    let message = format!("nobody named the bits {} of `{}`", list(&holes), bits.meta.name);
    let quoted: Vec<String> = holes.iter().map(|hole| format!("\"{hole}\"")).collect();
    let help = format!("name them, or say what they are: `reserved = [{}]`, `ignored = [...]`", quoted.join(", "));
    let finding = Diagnostic::new(codes::AZ1021, bits.meta.span, message).help(help);
    check.unless_waived(&bits.waivers, "", finding);
}

/// Registers lie apart from each other, and where their width lets them.
fn registers(check: &Check<'_>) {
    let mut found: Vec<(u32, &Bits)> = check
        .model
        .bits()
        .filter_map(|bits| match bits.place {
            Place::Register(offset) => Some((offset, bits)),
            Place::Entry | Place::Descriptor => None,
        })
        .collect();
    found.sort_by_key(|(offset, bits)| (*offset, bits.meta.span));
    for (offset, bits) in &found {
        let bytes = bits.width / 8;
        if offset % bytes != 0 {
            let message = format!("`{}` has {bytes} bytes, and lies at {offset:#x}", bits.meta.name);
            let finding = Diagnostic::new(codes::AZ1026, bits.meta.span, message);
            check.report(finding.help(format!("registers are aligned to their width: {:#x}?", offset / bytes * bytes)));
        }
    }
    for (at, (offset, bits)) in found.iter().enumerate() {
        let shared = found[..at].iter().rev().find(|(before, other)| {
            u64::from(*before) + u64::from(other.width / 8) > u64::from(*offset)
                && other.meta.life.overlaps(bits.meta.life)
        });
        if let Some((_, other)) = shared {
            let message = format!("`{}` and `{}` share the byte at {offset:#x}", other.meta.name, bits.meta.name);
            let finding = Diagnostic::new(codes::AZ1025, bits.meta.span, message).also(other.meta.span, "the other");
            let help = "give one of them another offset, or waive this where reading and writing are two registers";
            check.unless_waived(&bits.waivers, "", finding.help(help));
        }
    }
}
