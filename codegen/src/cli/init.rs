//! `argsz init`.

use argsz_codegen::{files, init};

use super::args::Init;
use super::generate::cannot;
use super::term::{CODE, paint, print};
use super::{Done, Failure};

pub(crate) fn run(options: &Init) -> Done {
    let name = &options.name;
    if !init::is_name(name) {
        let text = format!("error: `{name}` cannot be the name of a driver");
        return Err(Failure::Usage(format!(
            "{text}\nhelp: it begins with a letter, has small letters, digits and `_`, and is no keyword of Rust"
        )));
    }
    let found = init::files(name);
    let folder = &options.folder;
    let there: Vec<String> = found
        .keys()
        .map(|path| folder.join(path))
        .filter(|path| path.exists())
        .map(|path| path.display().to_string())
        .collect();
    if !there.is_empty() {
        let text = format!("error: there is already {}", there.join(", "));
        return Err(Failure::Usage(format!(
            "{text}\nhelp: nothing was written; name another folder, or move them away"
        )));
    }
    files::write(folder, &found).map_err(|error| cannot(&error))?;
    let list: String = found.keys().map(|path| format!("wrote {}\n", path.display())).collect();
    let next: String = init::next(name).iter().map(|command| format!("  {}\n", paint(CODE, command))).collect();
    let place = if folder.as_os_str() == "." { String::new() } else { format!(" in {}", folder.display()) };
    print(&format!("{list}\nNext{place}:\n{next}"))
}
