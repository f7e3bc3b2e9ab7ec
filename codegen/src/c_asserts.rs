//! A companion of the C header: it compiles exactly if the compiler agrees with the schema about every size,
//! alignment, offset and constant.

use argsz_schema::constants;
use argsz_schema::layout::{Layouts, Placed, StructLayout};
use argsz_schema::model::{ConstValue, Type};
use argsz_schema::target::{self, Endian, Target};

use crate::c_header::{lay_out, literal};
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
    let lines = machines
        .iter()
        .map(|machine| Ok(lines(&lay_out(unit, machine.target)?)))
        .collect::<Result<Vec<_>, EmitError>>()?;
    let [first, second] = unit.banner();
    let header = &unit.model.header;
    let mut text = format!(
        "/* SPDX-License-Identifier: {} */\n/*\n * {first}\n * {second}\n */\n#include <{}>\n{PRELUDE}",
        header.license, header.path
    );
    text.push_str(&sections(&machines, &lines));
    Ok(text)
}

/// What holds everywhere, then what holds only on some machine.
fn sections(machines: &[Machine], lines: &[Vec<String>]) -> String {
    let sets: Vec<std::collections::HashSet<&String>> = lines.iter().map(|lines| lines.iter().collect()).collect();
    let everywhere = |line: &&String| sets.iter().all(|set| set.contains(line));
    let mut text = String::from("\n");
    for line in lines.first().into_iter().flatten().filter(everywhere) {
        text.push_str(line);
    }
    let own = lines.iter().map(|lines| lines.iter().filter(|line| !everywhere(line)).map(String::as_str).collect());
    let own: Vec<String> = own.collect();
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

/// Every assertion on one target, each once.
fn lines(layouts: &Layouts<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, laid) in &layouts.structs {
        let tag = c_type::named(layouts.model, name);
        lines.push(format!("SIZE({tag}, {});\n", laid.size));
        lines.push(format!("ALIGN({tag}, {});\n", laid.align));
        for (at, placed) in laid.fields.iter().enumerate().filter(|(_, placed)| !placed.is_unnamed()) {
            let path = c_path(laid, at);
            let Placed { offset, size, .. } = placed;
            lines.push(match placed.field.ty {
                Type::Flex(_) => format!("FLEX({tag}, {path}, {offset});\n"),
                _ => format!("FIELD({tag}, {path}, {offset}, {size});\n"),
            });
        }
    }
    for (name, value) in constants::all(layouts.model, layouts) {
        lines.push(match value {
            ConstValue::Int(value) => format!("VALUE({name}, {});\n", literal(value)),
            ConstValue::Str(text) => format!("LENGTH({name}, {});\n", text.len()),
        });
    }
    lines
}

/// The path of a field as `offsetof` takes it: through the first element of arrays.
fn c_path(laid: &StructLayout<'_>, at: usize) -> String {
    let mut steps = vec![laid.fields[at].field.meta.name.clone()];
    let mut parent = laid.fields[at].parent;
    while let Some(placed) = parent.map(|at| &laid.fields[at]) {
        if !placed.is_unnamed() {
            let dimensions = c_type::dimensions(&placed.field.ty).matches('[').count();
            steps.push(format!("{}{}", placed.field.meta.name, "[0]".repeat(dimensions)));
        }
        parent = placed.parent;
    }
    steps.reverse();
    steps.join(".")
}
