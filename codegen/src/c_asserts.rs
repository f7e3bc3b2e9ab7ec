//! A companion of the C header: it compiles exactly if the compiler agrees with the schema about every size,
//! alignment, offset and constant.

use argsz_schema::constants;
use argsz_schema::hash::HashSet;
use argsz_schema::layout::{Layouts, Placed, StructLayout};
use argsz_schema::model::{ConstValue, Item, Model, Type};
use argsz_schema::target::{self, Endian, Target};

use crate::c_header::literal;
use crate::{EmitError, Unit, c_type};

/// A machine as the preprocessor can tell it, and the target that stands for it.
struct Machine {
    condition: &'static str,
    target: Target,
}

/// Machines that differ in alignment, width or the bits of ioctl numbers. The first condition that holds is it.
fn machines() -> Vec<Machine> {
    let machine = |condition, name| Some(Machine { condition, target: target::find(name)? });
    let known = [
        machine("defined(__i386__)", "i386"),
        machine("defined(__m68k__)", "m68k"),
        machine("defined(ARGSZ_WIDE_DIR) && __SIZEOF_POINTER__ == 8", "mips64"),
        Some(Machine {
            condition: "defined(ARGSZ_WIDE_DIR)",
            target: Target { name: "mips", pointer: 4, max_scalar_align: 8, endian: Endian::Big, ioctl_wide_dir: true },
        }),
        machine("__SIZEOF_POINTER__ == 8", "x86-64"),
        machine("__SIZEOF_POINTER__ == 4", "arm"),
    ];
    known.into_iter().flatten().collect()
}

const PRELUDE: &str = "\
#include <stddef.h>

#if defined(__mips__) || defined(__powerpc__) || defined(__sparc__) || defined(__alpha__)
#define ARGSZ_WIDE_DIR /* three direction bits in an ioctl number */
#endif

#ifdef __cplusplus
#define ASSERT(what, text)\tstatic_assert(what, text)
#define ALIGNOF(type)\talignof(type)
#else
#define ASSERT(what, text)\t_Static_assert(what, text)
#define ALIGNOF(type)\t_Alignof(type)
#endif

#define SIZE(type, bytes)\tASSERT(sizeof(type) == (bytes), \"size of \" #type)
#define ALIGN(type, bytes)\tASSERT(ALIGNOF(type) == (bytes), \"alignment of \" #type)
#define FIELD(type, field, offset, bytes) \\
\tASSERT(offsetof(type, field) == (offset), \"offset of \" #type \".\" #field); \\
\tASSERT(sizeof(((type *)0)->field) == (bytes), \"size of \" #type \".\" #field)
#define FLEX(type, field, offset) \\
\tASSERT(offsetof(type, field) == (offset), \"offset of \" #type \".\" #field)
#define VALUE(name, value)\tASSERT((name) == (value), \"value of \" #name)
#define LENGTH(name, bytes)\tASSERT(sizeof(name) == (bytes) + 1, \"length of \" #name)
";

/// The assertions at the unit's release, for every machine that C can tell apart.
pub fn emit(unit: &Unit<'_>) -> Result<String, EmitError> {
    let machines = machines();
    let layouts = machines.iter().map(|machine| unit.on(machine.target)).collect::<Result<Vec<_>, EmitError>>()?;
    let [first, second] = unit.banner();
    let header = &unit.model.header;
    let mut text = format!(
        "/* SPDX-License-Identifier: {} */\n/*\n * {first}\n * {second}\n */\n#include <{}>\n{PRELUDE}",
        header.license, header.path
    );
    let (common, lines) = lines(&layouts);
    text.push_str(&format!("\n{common}"));
    text.push_str(&sections(&machines, &lines));
    Ok(text)
}

/// Ways to tell machines apart, the coarsest first: a condition and whether a target meets it.
type Split = (&'static str, fn(&Target) -> bool);
const SPLITS: [Split; 3] = [
    ("defined(__m68k__)", |target| target.max_scalar_align == 2),
    ("defined(ARGSZ_WIDE_DIR)", |target| target.ioctl_wide_dir),
    ("__SIZEOF_POINTER__ == 8", |target| target.pointer == 8),
];

/// What holds on one side of a split, then what holds only on some machine. A line is printed in the first place where
/// all machines have it.
fn sections(machines: &[Machine], lines: &[Vec<String>]) -> String {
    let sets: Vec<HashSet<&str>> = lines.iter().map(|lines| lines.iter().map(String::as_str).collect()).collect();
    let mut said: Vec<HashSet<&str>> = vec![HashSet::default(); machines.len()];
    // The lines that all of these machines have, and that were not said to them yet.
    let mut common = |group: &[usize]| {
        let Some(first) = group.first() else { return String::new() };
        let fresh = |line: &&String| group.iter().all(|at| sets[*at].contains(line.as_str()));
        let fresh: Vec<&String> = lines[*first].iter().filter(fresh).collect();
        let fresh: Vec<&String> = fresh.into_iter().filter(|line| !said[*first].contains(line.as_str())).collect();
        for at in group {
            said[*at].extend(fresh.iter().map(|line| line.as_str()));
        }
        fresh.into_iter().map(String::as_str).collect::<String>()
    };
    let everyone: Vec<usize> = (0..machines.len()).collect();
    let mut text = String::new();
    for (condition, meets) in SPLITS {
        let (yes, no): (Vec<usize>, Vec<usize>) = everyone.iter().partition(|at| meets(&machines[**at].target));
        match (common(&yes), common(&no)) {
            (yes, no) if yes.is_empty() && no.is_empty() => {}
            (yes, no) if no.is_empty() => text.push_str(&format!("\n#if {condition}\n{yes}#endif\n")),
            (yes, no) if yes.is_empty() => text.push_str(&format!("\n#if !({condition})\n{no}#endif\n")),
            (yes, no) => text.push_str(&format!("\n#if {condition}\n{yes}#else\n{no}#endif\n")),
        }
    }
    let own: Vec<String> = everyone.iter().map(|at| common(&[*at])).collect();
    if own.iter().all(String::is_empty) {
        return text;
    }
    for (at, (machine, own)) in machines.iter().zip(&own).enumerate() {
        let word = if at == 0 { "\n#if" } else { "#elif" };
        text.push_str(&format!("{word} {} /* {} and its like */\n{own}", machine.condition, machine.target.name));
    }
    text.push_str("#endif\n");
    text
}

/// What holds on all machines, and for each machine what else does: every assertion once. Most structs are the same
/// everywhere, and are printed once.
fn lines(machines: &[Layouts<'_>]) -> (String, Vec<Vec<String>>) {
    let (mut common, mut own) = (String::new(), vec![Vec::new(); machines.len()]);
    let Some(first) = machines.first() else { return (common, own) };
    let mut differ = |groups: Vec<Vec<String>>| {
        if let [alike] = groups.as_slice() {
            common.extend(alike.iter().map(String::as_str));
            return;
        }
        let others = groups.iter().skip(1);
        let everywhere = |line: &&String| others.clone().all(|group| group.contains(line));
        let shared: HashSet<String> = groups.first().into_iter().flatten().filter(everywhere).cloned().collect();
        common.extend(groups.first().into_iter().flatten().filter(|line| shared.contains(*line)).map(String::as_str));
        for (own, group) in own.iter_mut().zip(groups) {
            own.extend(group.into_iter().filter(|line| !shared.contains(line)));
        }
    };
    for (name, laid) in first.structs.iter() {
        let all: Vec<&StructLayout<'_>> = machines.iter().filter_map(|layouts| layouts.structs.get(name)).collect();
        let one = |laid: &&StructLayout<'_>| of_struct(first.model, laid);
        differ(if all.iter().all(|other| same(laid, other)) {
            vec![one(&laid)]
        } else {
            all.iter().map(one).collect()
        });
    }
    for item in &first.model.items {
        let on: &[Layouts<'_>] = if matches!(item, Item::Ioctl(_)) { machines } else { std::slice::from_ref(first) };
        let group = |layouts: &Layouts<'_>| constants::of(item, layouts).into_iter().map(of_constant).collect();
        differ(on.iter().map(group).collect());
    }
    (common, own)
}

fn same(a: &StructLayout<'_>, b: &StructLayout<'_>) -> bool {
    let place = |at: &Placed<'_>| (at.offset, at.size);
    (a.size, a.align) == (b.size, b.align) && a.fields.iter().map(place).eq(b.fields.iter().map(place))
}

fn of_struct(model: &Model, laid: &StructLayout<'_>) -> Vec<String> {
    let tag = c_type::named(model, &laid.def.meta.name);
    let mut lines =
        vec![line("SIZE", &[&tag, &laid.size.to_string()]), line("ALIGN", &[&tag, &laid.align.to_string()])];
    // What another header defines has fields of its own, and C tells no place of a bit-field.
    let said = |placed: &Placed<'_>| !placed.is_unnamed() && placed.field.bits.is_empty();
    let named = |(_, placed): &(usize, &Placed<'_>)| said(placed) && laid.def.from.is_none();
    for (at, placed) in laid.fields.iter().enumerate().filter(named) {
        let path = c_path(laid, at);
        let offset = placed.offset.to_string();
        lines.push(match placed.field.ty {
            Type::Flex(_) => line("FLEX", &[&tag, &path, &offset]),
            _ => line("FIELD", &[&tag, &path, &offset, &placed.size.to_string()]),
        });
    }
    lines
}

fn of_constant((name, value): (String, ConstValue)) -> String {
    match value {
        // Large numbers are ioctls and masks.
        ConstValue::Int(value @ 0x1_0000..=0xffff_ffff) => line("VALUE", &[&name, &format!("{value:#x}U")]),
        ConstValue::Int(value) => line("VALUE", &[&name, &literal(value)]),
        ConstValue::Str(text) => line("LENGTH", &[&name, &text.len().to_string()]),
    }
}

/// `MACRO(ARGUMENTS);`
fn line(assertion: &str, arguments: &[&str]) -> String {
    [assertion, "(", &arguments.join(", "), ");\n"].concat()
}

/// The path of a field as `offsetof` takes it: through the first element of arrays.
fn c_path(laid: &StructLayout<'_>, at: usize) -> String {
    let mut path = laid.fields[at].field.meta.name.clone();
    let mut parent = laid.fields[at].parent;
    while let Some(placed) = parent.map(|at| &laid.fields[at]) {
        if !placed.is_unnamed() {
            let dimensions = c_type::dimensions(&placed.field.ty).matches('[').count();
            path = [&placed.field.meta.name, &*"[0]".repeat(dimensions), ".", &path].concat();
        }
        parent = placed.parent;
    }
    path
}
