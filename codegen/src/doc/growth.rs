//! How the structs of a header grow, who is responsible for what, and the cases every reader meets.

use argsz_schema::checklist::{Cond, Op};
use argsz_schema::layout::Layouts;
use argsz_schema::model::{Grows, Tail};

use super::{Block, code};
use crate::Unit;
use crate::lists::StructLists;

pub(super) fn section(unit: &Unit<'_>, layouts: &Layouts<'_>, lists: &[StructLists], page: &mut Vec<Block>) {
    let kinds = kinds(layouts);
    if kinds.is_empty() {
        return;
    }
    page.push(Block::heading(2, "How its structs grow"));
    page.push(Block::table(["who says the size", "what lies beyond", "structs"], kinds));
    page.push(Block::heading(3, "Rules of extension"));
    page.push(Block::List(RULES.map(str::to_owned).to_vec()));
    page.push(Block::Paragraph(EXAMPLE_HEAD.to_owned()));
    page.push(Block::Code("toml", EXAMPLE.to_owned()));
    page.push(Block::Paragraph(EXAMPLE_FOOT.to_owned()));
    page.push(Block::heading(3, "Who is responsible for what"));
    page.push(Block::table(["the user", "the kernel"], DUTIES.map(|pair| pair.map(str::to_owned))));
    page.push(Block::heading(3, "Four cases"));
    page.push(Block::table(["user and kernel", "what happens"], CASES.map(|pair| pair.map(str::to_owned))));
    sizes(unit, lists, page);
}

/// The ways in which structs grow that this header has.
fn kinds(layouts: &Layouts<'_>) -> Vec<[String; 3]> {
    let mut rows: Vec<([&str; 2], Vec<String>)> = Vec::new();
    for laid in layouts.structs.values().filter(|laid| !laid.def.is_union) {
        let def = laid.def;
        let grows = def.grows.first().map_or(Grows::Fixed, |(grows, _)| *grows);
        let who = match grows {
            Grows::Argsz => "the user, in a field `argsz`; flags say which later bytes count",
            Grows::Size => "the user, in a field `size`; what is missing reads as zero",
            Grows::Length => "the user, in a length beside the pointer",
            Grows::IoctlSize => "the number of the ioctl",
            Grows::Fixed => continue,
        };
        let beyond = match def.tail {
            Tail::Ignored => "is not read",
            Tail::Zero => "must be zero",
            Tail::Refused => "is refused",
        };
        match rows.iter_mut().find(|(key, _)| *key == [who, beyond]) {
            Some((_, names)) => names.push(code(&def.meta.name)),
            None => rows.push(([who, beyond], vec![code(&def.meta.name)])),
        }
    }
    rows.into_iter().map(|([who, beyond], names)| [who.to_owned(), beyond.to_owned(), names.join(", ")]).collect()
}

/// The size each flag and arm needs, over all structs.
fn sizes(unit: &Unit<'_>, lists: &[StructLists], page: &mut Vec<Block>) {
    let mut rows = Vec::new();
    for list in lists.iter().map(|lists| &lists.generic) {
        let def = unit.model.find_struct(&list.name);
        let whens = def.map(|def| def.min_sizes.as_slice()).unwrap_or_default();
        for step in &list.steps {
            let Op::MinSize { bytes } = step.op else { continue };
            let when = match whens.iter().find(|min| min.span == step.span) {
                Some(min) => min.when.as_ref().map_or("always".to_owned(), |when| format!("when {}", code(when))),
                None if step.when == Cond::True => "always".to_owned(),
                None => step.why.clone(),
            };
            rows.push([code(&list.name), when, bytes.to_string(), step.errno.0.to_owned()]);
        }
    }
    if !rows.is_empty() {
        page.push(Block::heading(3, "The size each feature needs"));
        page.push(Block::table(["struct", "", "bytes", "a smaller one"], rows));
    }
}

const RULES: [&str; 6] = [
    "A new field takes bytes that were reserved, and checked to be zero, or is appended to a struct whose user says its \
     size. Nothing moves.",
    "A union at the end may get a new arm, and become larger by it. Nothing is ever added behind such a union.",
    "What is new has a flag, or a value of the selector, that older kernels refuse; the new bytes are read under it \
     alone, and the size has to reach their end.",
    "The size comes first, is the user's to fill in, and is never believed.",
    "Bits and bytes that were given back are not given out again: a program that still sets them would mean the old \
     thing.",
    "A version changes only where the whole struct is replaced.",
];

const EXAMPLE_HEAD: &str = "For example, a struct of 16 bytes takes a deadline into reserved bytes, and an address behind \
     its end. Both have a flag; what a program of the first release sends is read as before, and a kernel of the first \
     release refuses the flags.";

const EXAMPLE: &str = r#"[flags.demo_flags]
type   = "u32"
prefix = "DEMO_"
bits   = { DEADLINE = { bit = 0, since = "2.0" }, ADDRESS = { bit = 1, since = "2.0" } }

[struct.demo]
grows  = "argsz"
min    = "flags"
fields = [
  { name = "argsz", type = "u32", role = "argsz" },
  { name = "flags", type = "u32", flags = "demo_flags" },
  { name = "reserved", type = "u64", reserved = true, until = "2.0" },
  { name = "deadline", type = "u64", when = "flags.has(DEADLINE)", since = "2.0" },
  { name = "address", type = "u64", when = "flags.has(ADDRESS)", since = "2.0" },
]
min_size = [
  { when = "flags.has(DEADLINE)", covers = "deadline", since = "2.0" },
  { when = "flags.has(ADDRESS)", covers = "address", since = "2.0" },
]"#;

const EXAMPLE_FOOT: &str = "A program that sets neither flag fills in 8, whichever header it was compiled against, and \
     runs on both kernels. One that sets `DEADLINE` fills in 16, one that sets `ADDRESS` 24.";

const DUTIES: [[&str; 2]; 4] = [
    ["sets everything to zero before it fills in what it means", "demands zero of what it does not know"],
    ["fills in the smallest size that covers what it uses", "believes the size no further than it has copied"],
    [
        "asks for a feature by its flag, and is prepared for a refusal",
        "refuses a flag it does not know, having done nothing",
    ],
    ["keeps the memory mapped until the call is over", "reads each byte once, and judges what it has read"],
];

const CASES: [[&str; 2]; 4] = [
    ["both know the same struct", "All of it is copied and judged."],
    [
        "the user is older",
        "The size is smaller than what the kernel knows: the rest reads as zero, which means that nothing of it is used.",
    ],
    [
        "the user is newer",
        "The size is larger than what the kernel knows: what lies beyond is treated as the table above says. Flags the \
         kernel does not know are refused.",
    ],
    [
        "the user lies",
        "A size below the minimum is refused, memory that is not there is EFAULT, and no more than the \
      kernel's own struct is ever copied.",
    ],
];

#[cfg(test)]
mod tests {
    use argsz_schema::Schema;
    use argsz_schema::source::Source;

    #[test]
    fn the_worked_example_is_a_schema_without_mistakes() {
        let head = "grammar = 1\n[header]\npath = \"linux/demo.h\"\nguard = \"DEMO_H\"\nincludes = [\"linux/types.h\"]\n\
                    license = \"MIT\"\nreleases = [\"1.0\", \"2.0\"]\n";
        let schema = Schema::parse(Source::new("demo.toml", format!("{head}{}", super::EXAMPLE)));
        if let Err(rejected) = schema {
            panic!("{}", rejected.render(false));
        }
    }
}
