//! The command line: one module per command, and what they share.

mod args;
mod check;
mod checks;
mod compat;
mod decode;
mod exact;
mod explain;
mod fmt;
mod generate;
mod hardware;
mod import;
mod init;
mod layout;
mod pick;
mod project;
mod release;
mod releases;
mod term;
mod vectors;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Args, Command};

/// Why a command did not succeed. The number is its exit status.
#[derive(Debug)]
enum Failure {
    /// A schema or the manifest has mistakes; the text is for people. (1)
    Mistakes(String),
    /// The command line asks for what does not exist. (2)
    Usage(String),
    /// A file cannot be read or written. (3)
    File(String),
    /// `generate --check` found stale files. (4)
    Stale(String),
    /// Something is wrong with argsz itself. (5)
    Bug(String),
    /// What was compared breaks somebody; the report is printed already. (10 to 12)
    Breaks(u8),
    /// Nobody reads what we print any more; that is their right. (0)
    NobodyReads,
}

impl Failure {
    fn status(&self) -> u8 {
        match self {
            Self::NobodyReads => 0,
            Self::Mistakes(_) => 1,
            Self::Usage(_) => 2,
            Self::File(_) => 3,
            Self::Stale(_) => 4,
            Self::Bug(_) => 5,
            Self::Breaks(status) => *status,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::NobodyReads | Self::Breaks(_) => "",
            Self::Mistakes(text) | Self::Usage(text) | Self::File(text) | Self::Stale(text) | Self::Bug(text) => text,
        }
    }
}

type Done = Result<(), Failure>;

/// Runs the command that the process was started with.
pub(crate) fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        // Help and version come here too, and are printed as everything is.
        Err(error) if !error.use_stderr() => return ended(term::print(&error.render().ansi().to_string())),
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    args.color.write_global();
    ended(run(&args))
}

fn ended(done: Done) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            term::complain(failure.text());
            ExitCode::from(failure.status())
        }
    }
}

fn run(args: &Args) -> Done {
    let manifest = args.manifest.as_deref();
    match &args.command {
        Command::Generate(options) => generate::run(manifest, options),
        Command::Check(options) => check::run(manifest, options),
        Command::Layout(options) => layout::run(manifest, options),
        Command::Compat(options) => compat::run(manifest, options),
        Command::Decode(options) => decode::run(manifest, options),
        Command::Exact(options) => exact::run(manifest, options),
        Command::Explain(options) => explain::run(options),
        Command::Init(options) => init::run(options),
        Command::Fmt(options) => fmt::run(manifest, options),
        Command::Import(options) => import::run(options),
        Command::Release(options) => release::run(manifest, options),
        Command::Releases(options) => releases::run(manifest, options),
        Command::Verify(options) => verify::run(manifest, options),
        Command::Vectors(options) => vectors::run(manifest, options),
        Command::JsonSchema => term::print(&argsz_codegen::json_schema::text()),
        Command::Completions { shell } => completions(*shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "argsz", &mut script);
    term::print(&String::from_utf8_lossy(&script))
}
