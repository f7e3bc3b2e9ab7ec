//! `argsz vectors`.

use std::fmt::Write as _;
use std::path::Path;

use argsz_codegen::vectors_for;
use argsz_schema::target;

use super::args::Vectors;
use super::term::{complain, print};
use super::{Done, Failure, decode, pick, project};

/// Largest struct that lines of hex are made of.
const MAX_KNOWN: u32 = 1 << 16;

pub(crate) fn run(manifest: Option<&Path>, options: &Vectors) -> Done {
    let found = project::schemas(manifest, options.header.as_deref())?;
    let named = pick::with_struct(&found, &options.name)?;
    let release = pick::release_with(named, &options.name, options.release.as_deref())?;
    let model = named.schema.at(release);
    let layouts = pick::lay_out(&model, target::ALL[0])?;
    let list = decode::list(named, &layouts, &options.name, options.layer.as_deref())?;
    if list.known > MAX_KNOWN {
        let text =
            format!("error: `{}` has {} bytes; vectors are for structs of at most {MAX_KNOWN}", list.name, list.known);
        return Err(Failure::Usage(text));
    }
    let made = vectors_for::make(&layouts, &list);
    let name = named.schema.release_name(release);
    let mut text = String::new();
    for vector in &made.vectors {
        let _ = writeln!(text, "{}", vectors_for::line(&list, name, vector));
    }
    for (rule, reason) in &made.unreached {
        complain(&format!("note: no vector breaks `{rule}`: {reason}"));
    }
    print(&text)
}
