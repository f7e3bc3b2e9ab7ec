//! `argsz import`.

use std::path::Path;

use argsz_codegen::import::{self, DECIDE, ImportError, Request};

use super::args::Import;
use super::term::{GOOD, complain, count, paint, print};
use super::{Done, Failure};

pub(crate) fn run(options: &Import) -> Done {
    let request = Request {
        header: options.header.clone(),
        include: options.include.clone(),
        release: options.release.clone(),
        compiler: import::compiler(),
    };
    let imported = import::import(&request).map_err(|error| failure(&error))?;
    for missing in &imported.missing {
        complain(&format!("left out: {missing}"));
    }
    let Some(path) = &options.output else { return print(&imported.text) };
    write_new(path, &imported.text)?;
    let open = count(imported.text.matches(DECIDE).count(), "place");
    print(&format!("{} {}: {open} marked {DECIDE}\n", paint(GOOD, "wrote"), path.display()))
}

fn failure(error: &ImportError) -> Failure {
    let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    match error {
        // What the compiler says comes first.
        ImportError::Rejected { header, said } => {
            let said = said.trim_end();
            Failure::Mistakes(format!("{said}\nerror: the compiler does not take {}{help}", header.display()))
        }
        ImportError::Nothing(_) => Failure::Mistakes(format!("error: {error}{help}")),
        ImportError::Draft { .. } => Failure::Bug(format!("error: {error}{help}")),
        _ => Failure::File(format!("error: {error}{help}")),
    }
}

/// Writes a file that is not there yet.
pub(crate) fn write_new(path: &Path, text: &str) -> Done {
    let file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            let path = path.display();
            Failure::Usage(format!("error: {path} is there already\nhelp: name another file, or move it away"))
        }
        _ => Failure::File(format!("error: {}: {error}", path.display())),
    })?;
    let written = std::io::Write::write_all(&mut &file, text.as_bytes());
    written.map_err(|error| Failure::File(format!("error: {}: {error}", path.display())))
}
