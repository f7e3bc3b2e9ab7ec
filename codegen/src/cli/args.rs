//! What may stand on the command line.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const STATUS: &str = "\
Exit status:
  0  done, nothing to complain about
  1  a schema or the manifest has mistakes (they are listed)
  2  the command line asks for something that does not exist
  3  a file cannot be read or written
  4  `generate --check`, `fmt --check`: files are stale, or in another shape
  5  a bug in argsz
 10  `compat`: only source breaks
 11  `compat`: one direction breaks
 12  `compat`: both break, or the edit is refused";

/// One schema of an extensible kernel ABI in; Rust, C headers, checks and layouts out.
#[derive(Debug, Parser)]
#[command(name = "argsz", version, styles = STYLES, after_help = STATUS, max_term_width = 100)]
#[command(arg_required_else_help = true, infer_subcommands = true)]
pub(crate) struct Args {
    /// Manifest of the project [default: the nearest `argsz.toml`, from here upwards].
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// Whether to colour what is printed.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// When to colour.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write what the manifest asks for; only files that changed are touched.
    #[command(after_help = GENERATE)]
    Generate(Generate),
    /// Look for mistakes in schemas, and write nothing.
    #[command(after_help = CHECK)]
    Check(Check),
    /// Show where the fields of a struct, or the bits of an entry, descriptor or register lie.
    #[command(after_help = LAYOUT)]
    Layout(Layout),
    /// Make calls of a reader with their answers: every feature, every rule broken, other sizes.
    #[command(after_help = VECTORS)]
    Vectors(Vectors),
    /// Say what bytes mean to a kernel, and why it refuses them.
    #[command(after_help = DECODE)]
    Decode(Decode),
    /// Ask a solver about all bytes: rules that are never met, and how two releases differ.
    #[command(after_help = EXACT)]
    Exact(Exact),
    /// Say what an edit does to old users on new kernels, and to new users on old ones.
    #[command(after_help = COMPAT)]
    Compat(Compat),
    /// Tell more of a diagnostic or of a rule of compatibility: what it means, an example, the way out.
    #[command(after_help = EXPLAIN)]
    Explain(Explain),
    /// Write the first files of a project: a manifest, a schema to begin with, and what CI runs.
    #[command(after_help = INIT)]
    Init(Init),
    /// Bring schemas into their one shape; comments stay.
    #[command(after_help = FMT)]
    Fmt(Fmt),
    /// Draft a schema from a header that exists.
    #[command(after_help = IMPORT)]
    Import(Import),
    /// Record a release as published: what it means does not change any more.
    #[command(after_help = RELEASE)]
    Release(Release),
    /// List the releases of each header, and which is generated.
    Releases(Releases),
    /// Replay recorded calls of a reader, and report every answer that differs.
    #[command(after_help = VERIFY)]
    Verify(Verify),
    /// Print the language as a JSON Schema, for editors that complete TOML by one.
    JsonSchema,
    /// Print a completion script for a shell.
    #[command(after_help = COMPLETIONS)]
    Completions { shell: clap_complete::Shell },
}

const GENERATE: &str = "\
Examples:
  argsz generate            write what changed
  argsz generate --check    for CI: status 4, the differences, and the command that mends them";

/// Options of `generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Generate {
    /// Write nothing; list each stale file with its difference.
    #[arg(long)]
    pub(crate) check: bool,
}

const CHECK: &str = "\
Examples:
  argsz check                     every schema of the manifest
  argsz check schema/new.toml     one file, no manifest needed";

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// Schemas to check [default: those of the manifest].
    pub(crate) files: Vec<PathBuf>,
}

const LAYOUT: &str = "\
Examples:
  argsz layout iommu_ioas_map
  argsz layout iommu_cache_invalidate_info --release 5.10 --target i386
  argsz layout iommu_ioas_map --checks
  argsz layout pasid_entry
  argsz layout --format json --header linux/iommufd.h --release 6.12 --target i386";

/// Options of `layout`.
#[derive(Debug, clap::Args)]
pub(crate) struct Layout {
    /// The struct, union, entry, descriptor or register [default: all of the header].
    #[arg(value_name = "STRUCT")]
    pub(crate) name: Option<String>,
    /// Header (`linux/iommufd.h`) or schema (`schema/linux/iommufd.toml`) [default: the one that has STRUCT].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Release of the header [default: the newest that has STRUCT].
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Machine whose C ABI is asked for.
    #[arg(long, default_value = "x86-64")]
    pub(crate) target: String,
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// Show byte by byte which rule looks at it.
    #[arg(long, requires = "name")]
    pub(crate) checks: bool,
}

const VECTORS: &str = "\
Examples:
  argsz vectors iommu_ioas_map > map.jsonl
  argsz vectors iommu_gpasid_bind_data --layer intel_vtd | argsz verify - --layer intel_vtd";

/// Options of `vectors`.
#[derive(Debug, clap::Args)]
pub(crate) struct Vectors {
    /// The struct.
    #[arg(value_name = "STRUCT")]
    pub(crate) name: String,
    /// Header (`linux/iommufd.h`) or schema (`schema/linux/iommufd.toml`) [default: the one that has STRUCT].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Release of the kernel that reads [default: the newest that has STRUCT].
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Vendor's layer over the generic rules [default: none].
    #[arg(long)]
    pub(crate) layer: Option<String>,
}

const DECODE: &str = "\
Bytes are given in the order in which they lie in memory; memory ends after the last of them.

Examples:
  argsz decode iommu_destroy --hex 0800000001000000
  argsz decode pasid_dir_entry --hex 0110000000000000
  argsz decode iommu_gpasid_bind_data --layer intel_vtd payload.bin
  my-program | argsz decode iommu_ioas_map --release 6.12 --format json -";

/// Options of `decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Decode {
    /// The struct.
    #[arg(value_name = "STRUCT")]
    pub(crate) name: String,
    /// The bytes as a file; `-` for standard input.
    #[arg(value_name = "FILE", conflicts_with = "hex")]
    pub(crate) file: Option<PathBuf>,
    /// The bytes as hex digits; spaces, commas and `0x` do not matter.
    #[arg(long)]
    pub(crate) hex: Option<String>,
    /// Header (`linux/iommufd.h`) or schema (`schema/linux/iommufd.toml`) [default: the one that has STRUCT].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Release of the kernel that reads [default: the newest that has STRUCT].
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Vendor's layer over the generic rules [default: none].
    #[arg(long)]
    pub(crate) layer: Option<String>,
    /// Size handed over beside the pointer, where it travels there [default: the number of bytes].
    #[arg(long)]
    pub(crate) size: Option<u64>,
    /// Machine whose C ABI is asked for.
    #[arg(long, default_value = "x86-64")]
    pub(crate) target: String,
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

const EXACT: &str = "\
`z3` or `cvc5` is run as a program. What is shown was confirmed by running the check lists.

Examples:
  argsz exact iommu_ioas_map                                   is each rule met, and does it add anything?
  argsz exact iommu_hwpt_alloc --from 6.12 --to 7.3            what one release takes and the other does not
  argsz exact my_struct --header mine.toml --against old.toml  two schemas
  argsz exact iommu_ioas_map --smt > map.smt2                  what the solver is given";

/// Options of `exact`.
#[derive(Debug, clap::Args)]
pub(crate) struct Exact {
    /// The struct.
    #[arg(value_name = "STRUCT")]
    pub(crate) name: String,
    /// Header (`linux/iommufd.h`) or schema (`schema/linux/iommufd.toml`) [default: the one that has STRUCT].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Release of the reader, or of the first of two [default: the newest that has STRUCT].
    #[arg(long, visible_alias = "release", value_name = "RELEASE")]
    pub(crate) from: Option<String>,
    /// Release of the second reader.
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    /// Header or schema of the second reader [default: that of the first].
    #[arg(long, value_name = "HEADER")]
    pub(crate) against: Option<String>,
    /// Vendor's layer over the generic rules [default: none].
    #[arg(long)]
    pub(crate) layer: Option<String>,
    /// Machine whose C ABI is asked for.
    #[arg(long, default_value = "x86-64")]
    pub(crate) target: String,
    /// Time for each question.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) time: u64,
    /// Print the check lists as SMT-LIB 2, and ask nobody.
    #[arg(long)]
    pub(crate) smt: bool,
}

const COMPAT: &str = "\
Examples:
  argsz compat                        what changed since the branch left main
  argsz compat --against v6.12
  argsz compat --from 5.9 --to 5.10 --header linux/iommu.h
  argsz compat --history --all
  argsz compat --history --exact
  argsz compat old.toml new.toml --format markdown";

/// Options of `compat`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct Compat {
    /// Two schemas, or two folders of them, the older first.
    #[arg(value_name = "OLD NEW", num_args = 0..=2, conflicts_with_all = ["from", "to", "history", "against"])]
    pub(crate) files: Vec<PathBuf>,
    /// The older release [default: the first].
    #[arg(long, value_name = "RELEASE")]
    pub(crate) from: Option<String>,
    /// The newer release [default: the last].
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    /// Compare all neighbouring releases.
    #[arg(long, conflicts_with_all = ["from", "to", "against"])]
    pub(crate) history: bool,
    /// Compare with a commit [default: where this branch left origin/main or main].
    #[arg(long, value_name = "REF", conflicts_with_all = ["from", "to"])]
    pub(crate) against: Option<String>,
    /// Header or schema [default: all of the manifest].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Show what is safe or waived, and what was not compared.
    #[arg(long)]
    pub(crate) all: bool,
    /// Ask z3 or cvc5 about all payloads, beside those that are run.
    #[arg(long)]
    pub(crate) exact: bool,
    /// Time for each question of `--exact`.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub(crate) time: u64,
    /// List the rules.
    #[arg(long)]
    pub(crate) list_rules: bool,
    #[arg(long, default_value = "text")]
    pub(crate) format: CompatFormat,
}

/// How to print a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompatFormat {
    Text,
    Json,
    Markdown,
    Html,
    Sarif,
    Junit,
    Github,
}

const EXPLAIN: &str = "\
Examples:
  argsz explain AZ0001
  argsz explain --list";

/// Options of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Explain {
    /// The code: AZ0042, az0042 or 42; or a rule of `argsz compat --list-rules`: L02.
    #[arg(required_unless_present = "list")]
    pub(crate) code: Option<String>,
    /// List all codes.
    #[arg(long)]
    pub(crate) list: bool,
}

const INIT: &str = "\
Examples:
  argsz init my_driver
  argsz init my_driver --folder tools/uapi";

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// Name of the driver: small letters, digits and `_`.
    pub(crate) name: String,
    /// Folder of the project.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

const FMT: &str = "\
Examples:
  argsz fmt                     every schema of the manifest
  argsz fmt schema/new.toml     one file, no manifest needed
  argsz fmt --check             for CI: status 4, the differences, and the command that mends them";

/// Options of `fmt`.
#[derive(Debug, clap::Args)]
pub(crate) struct Fmt {
    /// Schemas [default: those of the manifest].
    pub(crate) files: Vec<PathBuf>,
    /// Write nothing; list each schema that is in another shape.
    #[arg(long)]
    pub(crate) check: bool,
}

const IMPORT: &str = "\
The header is compiled with $CC, or `cc`. What no compiler knows is guessed, and marked DECIDE.

Examples:
  argsz import include/uapi/linux/my.h -I include/uapi --release 6.12 -o schema/my.toml
  argsz import include/uapi/linux/my.h --release 6.13 --merge schema/my.toml";

/// Options of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Import {
    /// The header.
    #[arg(value_name = "HEADER")]
    pub(crate) header: PathBuf,
    /// Folder to look for headers in.
    #[arg(short = 'I', value_name = "DIR")]
    pub(crate) include: Vec<PathBuf>,
    /// Name of the release the header is of.
    #[arg(long, default_value = "1.0")]
    pub(crate) release: String,
    /// Where to write the schema; a file that is there is not replaced [default: standard output].
    #[arg(short, long, value_name = "FILE", conflicts_with = "merge")]
    pub(crate) output: Option<PathBuf>,
    /// Add the release to this schema; what a person wrote in it stays as it is.
    #[arg(long, value_name = "SCHEMA")]
    pub(crate) merge: Option<PathBuf>,
}

const RELEASE: &str = "\
Written to `argsz.lock`, beside the manifest. From then on `argsz check` and `argsz compat` refuse an edit of it.

Examples:
  argsz release 6.12
  argsz release 5.10 --header linux/iommu.h";

/// Options of `release`.
#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The release.
    pub(crate) release: String,
    /// Header or schema [default: all of the manifest that have the release].
    #[arg(long)]
    pub(crate) header: Option<String>,
}

/// Options of `releases`.
#[derive(Debug, clap::Args)]
pub(crate) struct Releases {
    /// Header or schema [default: all of the manifest].
    #[arg(long)]
    pub(crate) header: Option<String>,
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

const VERIFY: &str = "\
Examples:
  argsz verify recorded.jsonl --engine all
  argsz verify recorded.jsonl --engine c --release 5.10 --layer intel_vtd
  argsz verify recorded.jsonl --engine all --format json

Each line is an object: struct, user (hex of the bytes that are mapped), errno (OK or a name), and where known
release, size (if it does not travel in the struct) and kernel (hex of the struct held). A line that is broken is
named; the others still run.";

/// Options of `verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// The vectors, one JSON object on each line; `-` for standard input.
    pub(crate) file: PathBuf,
    /// Who answers.
    #[arg(long, value_name = "ENGINE", default_value = "interp")]
    pub(crate) engine: EngineName,
    /// Header or schema [default: the one that has the struct].
    #[arg(long)]
    pub(crate) header: Option<String>,
    /// Release of the reader [default: the one a line names, or the newest that has its struct].
    #[arg(long)]
    pub(crate) release: Option<String>,
    /// Vendor's layer over the generic checks.
    #[arg(long)]
    pub(crate) layer: Option<String>,
    /// Mismatches for people, or every answer as a line of JSON.
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
}

/// Executors of check lists.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum EngineName {
    /// The interpreter.
    Interp,
    /// The generated Rust, built by cargo.
    Rust,
    /// The generated C, built by cc.
    C,
    /// All of them.
    All,
}

const COMPLETIONS: &str = "\
Examples:
  argsz completions bash > ~/.local/share/bash-completion/completions/argsz
  argsz completions zsh > ~/.zfunc/_argsz";
