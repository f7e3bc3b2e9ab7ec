//! Layout: every byte has an owner, on every machine the same one.

use super::{At, Check, each_field};
use crate::codes;
use crate::diag::Diagnostic;
use crate::layout::{Hole, Layouts, Placed, StructLayout, base};
use crate::model::{Field, PrimKind, Struct, Type};
use crate::nearest::did_you_mean_or;

pub(super) fn check(check: &Check<'_>, at: &At<'_>) {
    for (name, laid) in at.structs() {
        shape(check, at, laid);
        arrays(check, at, laid);
        unions(check, at, laid);
        let ours = machine_words(check, laid);
        let holes = laid.holes();
        let reported = holes.iter().filter(|hole| self::hole(check, at, laid, hole)).count();
        if ours == 0
            && reported == 0
            && let Some(narrow) = at.narrow.structs.get(name)
        {
            widths(check, at, laid, narrow);
        }
    }
}

/// What is wrong with a struct without its fields being looked at.
fn shape(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>) {
    let (def, name) = (laid.def, &laid.def.meta.name);
    if def.fields.is_empty() {
        let what = if def.is_union { "union" } else { "struct" };
        let message = format!("{what} `{name}` has no fields{}", check.when(at.release));
        let finding = Diagnostic::new(codes::AZ0330, def.meta.span, message).label("C and C++ disagree on its size");
        check.report(finding.help("give it a field, or leave it out; a life (`since`, `until`) may do that too"));
    }
    for placed in &laid.fields {
        if matches!(base(&placed.field.ty), Type::Inline(inline) if inline.fields.is_empty()) {
            let message = format!("{} has no fields{}", called(placed), check.when(at.release));
            let finding = Diagnostic::new(codes::AZ0330, placed.field.meta.span, message);
            let finding = finding.label("C and C++ disagree on its size");
            check.report(finding.help("give it a field, or leave it out"));
        }
    }
    if let Some(align) = def.align.filter(|align| !align.is_power_of_two()) {
        let finding = Diagnostic::new(codes::AZ0329, def.meta.span, format!("`{name}` asks for alignment {align}"));
        check.report(finding.help("an alignment is a power of two"));
    }
}

fn called(placed: &Placed<'_>) -> String {
    if placed.is_unnamed() { "the unnamed member".to_owned() } else { format!("`{}`", placed.path) }
}

/// Reports bytes that nobody owns; says whether it was (a waiver may know them).
fn hole(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>, hole: &Hole) -> bool {
    let def = laid.def;
    let end = hole.offset + hole.size;
    let when = check.when(at.release);
    let bytes = if hole.size == 1 { "byte".to_owned() } else { format!("bytes {}..{end}", hole.offset) };
    let bytes = if hole.size == 1 { format!("{bytes} {}", hole.offset) } else { bytes };
    let pad = padding(check, at, laid, hole);
    let siblings = || laid.fields.iter().filter(|field| field.parent == hole.inside);
    let last = siblings().rfind(|field| field.end() <= hole.offset && field.offset < hole.offset.max(1));
    if hole.tail {
        let parent = hole.inside.and_then(|inside| laid.fields.get(inside));
        let (span, what, size, path) = match parent {
            Some(parent) if matches!(parent.field.ty, Type::Inline(_)) => {
                (parent.field.meta.span, called(parent), parent.size, &*parent.path)
            }
            Some(parent) => {
                let what = format!("each element of {}", called(parent));
                (parent.field.meta.span, what, end - parent.offset, &*parent.path)
            }
            None => (def.meta.span, format!("`{}`", def.meta.name), laid.size, ""),
        };
        let message = format!("{what} ends with {bytes}, which nobody named{when}");
        let align = parent.map_or(laid.align, |_| siblings().map(|field| field.align).max().unwrap_or(1));
        let label = format!("aligned to {align}, so its size is {size}");
        let finding = Diagnostic::new(codes::AZ0321, span, message).label(label);
        let last = last.map(|field| (field.field.meta.span, format!("the last field ends at {}", field.end())));
        let finding = Diagnostic { also: last.into_iter().collect(), ..finding };
        check.lint(def, path, finding.help(format!("name them: `{pad}`")))
    } else {
        let Some(next) = siblings().find(|field| field.offset >= end) else { return false };
        if !next.field.bits.is_empty() {
            bits_behind(check, next, &bytes, &pad);
            return true;
        }
        let reserved = last.filter(|field| field.field.reserved.is_some());
        if let Some(padding) = reserved {
            let message = format!("`{}` leaves {bytes} open, which nobody named{when}", padding.path);
            let finding = Diagnostic::new(codes::AZ0336, padding.field.meta.span, message);
            let finding = finding.label(format!("ends at {}", padding.end()));
            let finding = finding.also(next.field.meta.span, format!("aligned to {}: begins at {end}", next.align));
            let size = padding.size + hole.size;
            check.lint(def, &padding.path, finding.help(format!("make it {size} bytes: `type = \"u8[{size}]\"`")))
        } else {
            let message = format!("a hole before {}: {bytes}, which nobody named{when}", called(next));
            let finding = Diagnostic::new(codes::AZ0320, next.field.meta.span, message);
            let finding = finding.label(format!("aligned to {}: begins at {end}", next.align));
            let last = last.map(|field| (field.field.meta.span, format!("ends at {}", field.end())));
            let finding = Diagnostic { also: last.into_iter().collect(), ..finding };
            check.lint(def, &next.path, finding.help(format!("name them, before it: `{pad}`")))
        }
    }
}

/// A field that names the bytes of a hole: by a name that is free, while the hole is there.
fn padding(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>, hole: &Hole) -> String {
    let mut taken = Vec::new();
    let mut changes = Vec::new();
    // Of all releases: what lives later must not clash either.
    for def in check.model.structs().filter(|def| def.meta.name == laid.def.meta.name) {
        each_field(&def.fields, &mut |field, _| {
            taken.push(field.meta.name.as_str());
            changes.push(field.meta.life.since);
        });
    }
    let free = |name: &String| !taken.contains(&name.as_str());
    let names = (1..=1000).map(|n| if n == 1 { "padding".to_owned() } else { format!("padding{n}") });
    let holes = laid.holes();
    let index = holes.iter().filter(|other| other.offset < hole.offset).count();
    let name = names.filter(free).nth(index).unwrap_or_else(|| format!("padding_at_{}", hole.offset));
    let mut life = String::new();
    if at.release > laid.def.meta.life.since {
        life = format!(", since = \"{}\"", check.name(at.release));
    }
    // What comes later lies in the bytes at the end.
    if let Some(later) = changes.into_iter().filter(|since| hole.tail && *since > at.release).min() {
        life += &format!(", until = \"{}\"", check.name(later));
    }
    format!("{{ name = \"{name}\", type = \"u8[{}]\", reserved = true{life} }}", hole.size)
}

/// C leaves no hole before bit-fields: it begins them in it, and goes on with the first that does not fit.
fn bits_behind(check: &Check<'_>, placed: &Placed<'_>, bytes: &str, pad: &str) {
    let message = format!("{} is made of `bits`, and C begins them in the hole before: {bytes}", called(placed));
    let finding = Diagnostic::new(codes::AZ0337, placed.field.meta.span, message);
    let finding = finding.label(format!("aligned to {}: begins at {}", placed.align, placed.offset));
    check.report(finding.help(format!("name the bytes, before it: `{pad}`")));
}

/// Reports numbers whose width the machine decides; says how many there are, waived ones too.
fn machine_words(check: &Check<'_>, laid: &StructLayout<'_>) -> usize {
    let mut count = 0;
    for placed in &laid.fields {
        let Type::Prim(prim) = base(&placed.field.ty) else { continue };
        let what = match prim.kind {
            PrimKind::Pointer => "a pointer",
            PrimKind::Long | PrimKind::ULong => "a `long`",
            _ => continue,
        };
        count += 1;
        let message = format!("`{}` is {what}: 4 bytes for some programs, 8 for others", placed.path);
        let finding = Diagnostic::new(codes::AZ0323, placed.field.meta.span, message);
        let help = match prim.kind {
            PrimKind::Pointer => "carry the address in an `aligned_u64`, with `points_to`",
            _ => "take a number of fixed width",
        };
        check.lint(laid.def, &placed.path, finding.help(help));
    }
    count
}

/// A struct without holes of its own can still differ, by what it contains; and one whose holes are waived does.
fn widths(check: &Check<'_>, at: &At<'_>, wide: &StructLayout<'_>, narrow: &StructLayout<'_>) {
    let differs = |(a, b): &(&Placed<'_>, &Placed<'_>)| a.offset != b.offset || a.size != b.size;
    let first = wide.fields.iter().zip(&narrow.fields).find(differs);
    let when = check.when(at.release);
    let name = &wide.def.meta.name;
    let finding = match first {
        // What it contains differs by itself, and was reported there.
        Some((a, b)) if a.offset == b.offset && matches!(base(&a.field.ty), Type::Named(_)) => return,
        Some((a, b)) => {
            let message = format!("`{name}` differs between 32 and 64 bit{when}");
            let label = format!("at {} on x86-64, at {} on i386", a.offset, b.offset);
            Diagnostic::new(codes::AZ0322, a.field.meta.span, message).label(label)
        }
        None if wide.size == narrow.size => return,
        None => {
            let message = format!("`{name}` differs between 32 and 64 bit{when}");
            let label = format!("{} bytes on x86-64, {} on i386", wide.size, narrow.size);
            Diagnostic::new(codes::AZ0322, wide.def.meta.span, message).label(label)
        }
    };
    check.lint(wide.def, "", finding.help("use `aligned_u64`, and name all padding"));
}

fn is_flex(ty: &Type) -> bool {
    matches!(ty, Type::Flex(_))
}

/// Whether a struct ends with a flexible array.
fn has_flex(layouts: &Layouts<'_>, ty: &Type) -> bool {
    match ty {
        Type::Flex(_) => true,
        Type::Named(name) => {
            let laid = layouts.structs.get(name.as_str());
            laid.is_some_and(|laid| laid.fields.iter().any(|field| is_flex(&field.field.ty)))
        }
        _ => false,
    }
}

fn arrays(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>) {
    let def = laid.def;
    for (index, placed) in laid.fields.iter().enumerate() {
        let (field, path, span) = (placed.field, &placed.path, placed.field.meta.span);
        zero(check, def, field, path);
        if let Some((len, at)) = field.len.as_ref().filter(|_| !is_flex(&field.ty)) {
            let finding =
                Diagnostic::new(codes::AZ0331, *at, format!("`{path}` has a `len`, and is no flexible array"));
            check.report(finding.help(format!("write its type with `[]`, or leave out `len = \"{len}\"`")));
        }
        if !has_flex(&at.wide, &field.ty) {
            continue;
        }
        let own = is_flex(&field.ty);
        let end = |other: &&Placed<'_>| other.parent == placed.parent;
        if placed.in_union || placed.depth > 0 {
            let finding =
                Diagnostic::new(codes::AZ0327, span, format!("`{path}` has no fixed size inside another type"));
            check.lint(def, path, finding.help("a flexible array stands at the end of the outermost struct"));
        } else if let Some(next) = laid.fields[index + 1..].iter().find(end) {
            let what = if own { "a flexible array" } else { "ends with a flexible array" };
            let finding =
                Diagnostic::new(codes::AZ0325, next.field.meta.span, format!("{} comes after it", called(next)));
            let message = format!("{} comes after `{path}`, which has no end", called(next));
            let finding = Diagnostic { message, ..finding }.also(span, what);
            check.report(finding.help("a flexible array is the last of all fields"));
        }
        if own {
            length(check, laid, placed, def);
        }
    }
}

fn zero(check: &Check<'_>, def: &Struct, field: &Field, path: &str) {
    let mut ty = &field.ty;
    while let Type::Array(of, count) = ty {
        if *count == 0 {
            let finding = Diagnostic::new(codes::AZ0328, field.meta.span, format!("`{path}` is an array of nothing"));
            check.lint(def, path, finding.help("a flexible array is written with `[]`"));
        }
        if is_flex(of) {
            let finding =
                Diagnostic::new(codes::AZ0327, field.meta.span, format!("`{path}` is an array of arrays without end"));
            check.lint(def, path, finding.help("only the first dimension of an array can be flexible"));
        }
        ty = of;
    }
}

fn length(check: &Check<'_>, laid: &StructLayout<'_>, placed: &Placed<'_>, def: &Struct) {
    let path = &placed.path;
    let Some((len, at)) = &placed.field.len else {
        let finding =
            Diagnostic::new(codes::AZ0326, placed.field.meta.span, format!("nothing says how long `{path}` is"));
        check.lint(def, path, finding.help("name the field that counts its elements: `len = \"...\"`"));
        return;
    };
    let Some(count) = laid.field(len) else {
        let finding = Diagnostic::new(codes::AZ0134, *at, format!("`{}` has no field `{len}`", def.meta.name));
        let help = did_you_mean_or(
            len,
            "the fields are",
            laid.fields.iter().map(|field| &*field.path).filter(|path| !path.is_empty()),
        );
        check.report(Diagnostic { help, ..finding });
        return;
    };
    let counts = matches!(count.field.ty, Type::Prim(prim) if prim.kind == PrimKind::Unsigned);
    if !counts || count.field.reserved.is_some() {
        let finding = Diagnostic::new(codes::AZ0331, *at, format!("`{len}` cannot count the elements of `{path}`"));
        let finding = finding.also(count.field.meta.span, "this one");
        check.report(finding.help("the count is an unsigned number that is not reserved"));
    }
}

/// A union whose arms differ in size grows with the next arm: what comes after it would move.
fn unions(check: &Check<'_>, at: &At<'_>, laid: &StructLayout<'_>) {
    for (index, placed) in laid.fields.iter().enumerate() {
        let arms: Vec<(u64, &Field)> = match &placed.field.ty {
            Type::Inline(inline) if inline.is_union => {
                let arms = laid.fields.iter().filter(|arm| arm.parent == Some(index));
                arms.map(|arm| (arm.size, arm.field)).collect()
            }
            Type::Named(name) => match at.wide.structs.get(name.as_str()) {
                Some(of) if of.def.is_union => {
                    of.fields.iter().filter(|arm| arm.parent.is_none()).map(|arm| (arm.size, arm.field)).collect()
                }
                _ => continue,
            },
            _ => continue,
        };
        let fixed = |arm: &&(u64, &Field)| arm.1.reserved.is_some() && arm.1.arm.is_none();
        let largest = arms.iter().filter(|arm| !fixed(arm)).map(|arm| arm.0).max();
        let smallest = arms.iter().filter(|arm| !fixed(arm)).map(|arm| arm.0).min();
        let room = arms.iter().find(fixed).map_or(0, |arm| arm.0);
        if largest == smallest || largest.is_some_and(|largest| largest <= room) {
            continue;
        }
        let Some(next) = laid.fields[index + 1..].iter().find(|next| next.parent == placed.parent) else { continue };
        if placed.in_union {
            continue;
        }
        let message = format!("{} comes after the union {}, whose arms differ in size", called(next), called(placed));
        let finding = Diagnostic::new(codes::AZ0324, next.field.meta.span, message).label("moves when the union grows");
        let finding =
            finding.also(placed.field.meta.span, format!("has {} bytes{}", placed.size, check.when(at.release)));
        let help = "put the union last, or fix its size with an arm `{ name = \"padding\", type = \"u8[N]\", reserved = true }`";
        check.lint(laid.def, &next.path, finding.help(help));
    }
}
