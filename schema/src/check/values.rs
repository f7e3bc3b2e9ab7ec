//! Values: members of flags and enums, the fields that have them, and the numbers of ioctls.

use super::{At, Check, list, walk};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::HashMap;
use crate::ioctl;
use crate::layout::base;
use crate::model::{
    Enum, EnumKind, EnumMember, Field, FlagKind, FlagMember, Flags, Ioctl, IoctlKind, Item, Meta, Prim, PrimKind, Type,
    ValueType,
};
use crate::nearest::did_you_mean_or;

pub(super) fn check(check: &Check<'_>) {
    for item in &check.model.items {
        match item {
            Item::Flags(flags) => self::flags(check, flags),
            Item::Enum(values) => self::enumeration(check, values),
            Item::Struct(def) => walk(&def.fields, &mut |field| self::field(check, field)),
            Item::Ioctl(ioctl) => direction(check, ioctl),
            Item::Const(_) | Item::Bits(_) | Item::CellTable(_) | Item::Chain(_) => {}
        }
    }
}

/// The largest number of so many bytes.
fn max(width: u8) -> u64 {
    if width >= 8 { u64::MAX } else { (1 << (width * 8)) - 1 }
}

fn empty(check: &Check<'_>, meta: &Meta, what: &str) {
    let finding = Diagnostic::new(codes::AZ0238, meta.span, format!("{what} `{}` has no members", meta.name));
    check.report(finding.help("a reader could accept nothing: give it a member, or leave it out"));
}

fn flags(check: &Check<'_>, flags: &Flags) {
    if flags.members.iter().all(|member| member.kind == FlagKind::Count) {
        empty(check, &flags.meta, "the set of flags");
    }
    let mut owners: Vec<Vec<&FlagMember>> = vec![Vec::new(); 64];
    for member in &flags.members {
        let at = member.meta.span;
        let bits = u32::from(flags.width) * 8;
        let beyond = match member.kind {
            FlagKind::Bit(bit) => u32::from(bit) >= bits,
            FlagKind::Mask | FlagKind::Of(_) => member.value > max(flags.width),
            FlagKind::Count => false,
        };
        if beyond {
            let message = format!("`{}` lies beyond the {bits} bits of `{}`", member.meta.name, flags.meta.name);
            check.report(Diagnostic::new(codes::AZ0222, at, message).help("make the word wider: `type`"));
            continue;
        }
        if let FlagKind::Of(parts) = &member.kind {
            self::parts(check, flags, member, parts);
        }
        if !matches!(member.kind, FlagKind::Bit(_) | FlagKind::Mask) {
            continue;
        }
        for (bit, owners) in owners.iter_mut().enumerate().filter(|(bit, _)| member.value >> bit & 1 == 1) {
            if let Some(first) = owners.iter().find(|first| clash(&first.meta, &member.meta)) {
                overlap(check, bit, first, member);
                break;
            }
            owners.push(member);
        }
    }
}

/// The parts of a composed mask are members.
fn parts(check: &Check<'_>, flags: &Flags, member: &FlagMember, parts: &[String]) {
    let known = |part: &String| flags.members.iter().any(|known| known.key == *part || known.meta.name == *part);
    let Some(part) = parts.iter().find(|part| !known(part)) else { return };
    let message = format!("`{}` is made of `{part}`, which `{}` does not have", member.meta.name, flags.meta.name);
    let help = did_you_mean_or(part, "its members are", flags.members.iter().map(|known| known.key.as_str()));
    check.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0223, member.meta.span, message) });
}

/// Two members that cannot have the same bit: at the same time no two can, and later no other one.
fn clash(first: &Meta, second: &Meta) -> bool {
    first.life.overlaps(second.life) || first.name != second.name
}

fn overlap(check: &Check<'_>, bit: usize, first: &FlagMember, second: &FlagMember) {
    let (a, b) = (&first.meta, &second.meta);
    let finding = if a.life.overlaps(b.life) {
        let message = format!("`{}` and `{}` share bit {bit}", a.name, b.name);
        let finding = Diagnostic::new(codes::AZ0221, b.span, message).label(format!("bit {bit} again"));
        finding.help("a mask that is made of other members on purpose is written `{ of = [\"A\", \"B\"] }`")
    } else {
        let message = format!("`{}` reuses bit {bit}, which `{}` retired", b.name, a.name);
        let finding = Diagnostic::new(codes::AZ0228, b.span, message).label(format!("bit {bit} again"));
        finding.help("programs built against the older header still set it with the old meaning: take another bit")
    };
    check.report(finding.also(a.span, format!("bit {bit} first taken here")));
}

fn enumeration(check: &Check<'_>, values: &Enum) {
    if !values.members.iter().any(|member| member.kind == EnumKind::Value) {
        empty(check, &values.meta, "the enum");
    }
    let mut owners: HashMap<i64, Vec<&EnumMember>> = HashMap::default();
    for member in &values.members {
        if !fits_enum(values, member) {
            let bits = u32::from(values.width) * 8;
            let message = format!("`{}` = {} does not fit the {bits} bits of its enum", member.meta.name, member.value);
            check.report(Diagnostic::new(codes::AZ0224, member.meta.span, message).help("make the enum wider: `type`"));
            continue;
        }
        if let EnumKind::Alias(of) = &member.kind {
            alias(check, values, member, of);
        }
        if member.kind != EnumKind::Value {
            continue;
        }
        let owners = owners.entry(member.value).or_default();
        if let Some(first) = owners.iter().find(|first| clash(&first.meta, &member.meta)) {
            same_value(check, first, member);
        } else {
            owners.push(member);
        }
    }
}

/// Whether a value has room in the word of its enum, signed or not.
fn fits_enum(values: &Enum, member: &EnumMember) -> bool {
    let high = i128::from(max(values.width));
    (-(high / 2) - 1..=high).contains(&i128::from(member.value))
}

/// An alias is one of a member that has a value.
fn alias(check: &Check<'_>, values: &Enum, member: &EnumMember, of: &str) {
    let known = values.members.iter().filter(|known| !matches!(known.kind, EnumKind::Alias(_)));
    if known.clone().any(|known| known.key == of) {
        return;
    }
    let message = format!("`{}` is an alias of `{of}`, which `{}` does not have", member.meta.name, values.meta.name);
    let help = did_you_mean_or(of, "its members are", known.clone().map(|known| known.key.as_str()));
    check.report(Diagnostic { help, ..Diagnostic::new(codes::AZ0236, member.meta.span, message) });
}

fn same_value(check: &Check<'_>, first: &EnumMember, second: &EnumMember) {
    let (a, b, value) = (&first.meta, &second.meta, second.value);
    let finding = if a.life.overlaps(b.life) {
        let finding = Diagnostic::new(codes::AZ0220, b.span, format!("`{}` and `{}` are both {value}", a.name, b.name));
        finding.help(format!("a second name for the same value is written `{{ alias = \"{}\" }}`", first.key))
    } else {
        let message = format!("`{}` reuses the value {value}, which `{}` retired", b.name, a.name);
        let finding = Diagnostic::new(codes::AZ0229, b.span, message);
        finding.help("programs built against the older header still use it with the old meaning: take another value")
    };
    check.report(finding.label(format!("{value} again")).also(a.span, format!("{value} first taken here")));
}

fn field(check: &Check<'_>, field: &Field) {
    let at = field.meta.span;
    let name = &field.meta.name;
    let number = match &field.ty {
        Type::Prim(prim) if prim.kind != PrimKind::Char => Some(*prim),
        _ => None,
    };
    if let Some(align) = field.align.filter(|align| !align.is_power_of_two()) {
        let finding = Diagnostic::new(codes::AZ0231, at, format!("`{name}` is to be a multiple of {align}"));
        check.report(finding.label("`align` is a power of two").help("a multiple of another number is a rule"));
    }
    let judged = field.values.is_some() || field.accepts.is_some() || field.range.is_some() || field.align.is_some();
    let Some(number) = number else {
        // A type that does not exist was reported as such, and might be a number.
        let is_there = !matches!(base(&field.ty), Type::Named(name) if check.model.find_struct(name).is_none());
        if judged && is_there && !matches!((&field.ty, base(&field.ty)), (Type::Array(..), Type::Prim(_))) {
            let finding = Diagnostic::new(codes::AZ0239, at, format!("`{name}` is not a number and has no values"));
            let help = "only a number can have `flags`, `enum`, `accepts`, `range` or `align`";
            check.report(finding.help(help));
        }
        return;
    };
    if number.width == 0 {
        return;
    }
    typed(check, field, number);
    range(check, field, number);
    accepts(check, field, number);
}

/// Largest value of a number as a condition sees it.
fn highest(number: Prim) -> u64 {
    if number.kind == PrimKind::Signed { max(number.width) >> 1 } else { max(number.width) }
}

fn typed(check: &Check<'_>, field: &Field, number: Prim) {
    let name = &field.meta.name;
    let bits = u32::from(number.width) * 8;
    match &field.values {
        Some((ValueType::Flags(of), at)) => {
            let Some(flags) = check.model.find_flags(of) else { return };
            let have = u32::from(flags.width) * 8;
            let finding = match flags.width.cmp(&number.width) {
                std::cmp::Ordering::Equal => return,
                std::cmp::Ordering::Less => {
                    let message = format!("`{name}` has {bits} bits, and its flags `{of}` only {have}");
                    let finding = Diagnostic::new(codes::AZ0226, *at, message);
                    finding.label(format!("bits {have} to {} would go unchecked", bits - 1))
                }
                std::cmp::Ordering::Greater => {
                    let message = format!("`{name}` has {bits} bits, and its flags `{of}` have {have}");
                    Diagnostic::new(codes::AZ0227, *at, message).label(format!("bits from {bits} on have no room"))
                }
            };
            let finding = finding.also(flags.meta.span, format!("{have} bits"));
            check.report(finding.help(format!("give the flags the width of the field: `type = \"u{bits}\"`")));
        }
        Some((ValueType::Enum(of), at)) => {
            let Some(values) = check.model.find_enum(of) else { return };
            let low = if number.kind == PrimKind::Signed { -i128::from(highest(number)) - 1 } else { 0 };
            let fits = |value: i64| (low..=i128::from(highest(number))).contains(&i128::from(value));
            let unfit = |member: &&EnumMember| {
                member.kind == EnumKind::Value && !fits(member.value) && fits_enum(values, member)
            };
            if let Some(member) = values.members.iter().find(unfit) {
                let message = format!("`{}` = {} does not fit `{name}`", member.meta.name, member.value);
                let finding = Diagnostic::new(codes::AZ0225, *at, message).label(format!("the field has {bits} bits"));
                check.report(finding.also(member.meta.span, "this value").help("make the field wider"));
            }
        }
        None => {}
    }
}

fn range(check: &Check<'_>, field: &Field, number: Prim) {
    let Some((low, high)) = field.range else { return };
    let name = &field.meta.name;
    let highest = highest(number);
    let message = if low > high {
        format!("`{name}` accepts nothing: its range {low}..={high} is empty")
    } else if high > highest {
        format!("the range of `{name}` ends at {high}, and the field at {highest}")
    } else {
        return;
    };
    let finding = Diagnostic::new(codes::AZ0230, field.meta.span, message);
    check.report(finding.help(format!("a range lies within 0..={highest}, the smaller number first")));
}

fn accepts(check: &Check<'_>, field: &Field, number: Prim) {
    let Some(accepts) = &field.accepts else { return };
    let (name, at) = (&field.meta.name, field.meta.span);
    let of_flags = matches!(field.values, Some((ValueType::Flags(_), _)));
    if accepts.is_empty() && !of_flags {
        let finding = Diagnostic::new(codes::AZ0233, at, format!("`{name}` accepts no value at all"));
        check.report(finding.help("name the values it accepts; a field that must be zero is `reserved = true`"));
        return;
    }
    let outside: Vec<&str> = match &field.values {
        Some((ValueType::Flags(of), _)) => {
            let Some(flags) = check.model.find_flags(of) else { return };
            let mask = flags.mask();
            accepts.iter().filter(|(value, _)| value & !mask != 0).map(|(_, text)| text.as_str()).collect()
        }
        Some((ValueType::Enum(of), _)) => {
            let Some(values) = check.model.find_enum(of) else { return };
            let values = values.values();
            let known = |value: u64| values.iter().any(|known| known.cast_unsigned() & max(number.width) == value);
            // A number in digits is meant: a reader may take what has no name.
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let other = |(value, text): &&(u64, String)| *value > max(number.width) || !digits(text) && !known(*value);
            accepts.iter().filter(other).map(|(_, text)| text.as_str()).collect()
        }
        None => {
            let beyond = |value: u64| value > max(number.width);
            accepts.iter().filter(|(value, _)| beyond(*value)).map(|(_, text)| text.as_str()).collect()
        }
    };
    if !outside.is_empty() {
        let message = format!("`{name}` accepts {}, which it can never have", list(&outside));
        let finding = Diagnostic::new(codes::AZ0232, at, message);
        check.report(finding.help("accept only members of its flags or enum, and numbers that fit the field"));
        return;
    }
    let unreachable = |(low, high): (u64, u64)| accepts.iter().find(|(value, _)| !(low..=high).contains(value));
    if let Some((_, text)) = field.range.and_then(unreachable) {
        let message = format!("`{name}` accepts `{text}`, which its `range` refuses");
        check.report(Diagnostic::new(codes::AZ0240, at, message).help("say it once: either `accepts` or `range`"));
    }
}

fn direction(check: &Check<'_>, ioctl: &Ioctl) {
    if ioctl.kind != IoctlKind::Io && ioctl.arg.is_none() {
        let message = format!("`{}` has a direction and no argument", ioctl.meta.name);
        let finding = Diagnostic::new(codes::AZ0237, ioctl.meta.span, message);
        check.report(finding.help("name the argument with `arg`, or make it an `_IO`"));
    }
}

/// The numbers of ioctls at one release.
pub(super) fn ioctls(check: &Check<'_>, at: &At<'_>) {
    let mut taken: HashMap<u32, &Ioctl> = HashMap::default();
    for ioctl in at.wide.model.ioctls() {
        let span = ioctl.meta.span;
        let def = ioctl.arg.as_ref().and_then(|arg| match base(arg) {
            Type::Named(name) => at.wide.model.find_struct(name),
            _ => None,
        });
        let Some(number) = ioctl::number(ioctl, &at.wide) else {
            if def.is_some() {
                let message = format!("the argument of `{}` is too large for an ioctl number", ioctl.meta.name);
                let finding = Diagnostic::new(codes::AZ0235, span, message);
                check.report(finding.help("an ioctl number has room for 16383 bytes: pass a pointer and a length"));
            }
            continue;
        };
        let Some(first) = taken.get(&number) else {
            taken.insert(number, ioctl);
            continue;
        };
        let message = format!("`{}` and `{}` have the same number {number:#x}", first.meta.name, ioctl.meta.name);
        let finding = Diagnostic::new(codes::AZ0234, span, message).label("the same again");
        let finding = finding.also(first.meta.span, "first here").help("take the next free `nr`");
        let waivers = ioctl.waivers.iter().chain(def.into_iter().flat_map(|def| &def.waivers));
        check.unless_waived(waivers, "", finding);
    }
}
