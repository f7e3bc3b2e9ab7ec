//! `argsz exact`.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use argsz_codegen::decode::{self, Question};
use argsz_codegen::engine::{Input, to_hex};
use argsz_codegen::smt::rules::{Worth, rules};
use argsz_codegen::smt::same::{DIFFERENCES, Difference, Found, differ};
use argsz_codegen::smt::{MAX_KNOWN, Script, Solver, SolverError};
use argsz_schema::checklist::CheckList;
use argsz_schema::layout::Layouts;
use argsz_schema::target::Target;

use super::args::Exact;
use super::project::{self, Named};
use super::term::{BAD, BOLD, DIM, GOOD, count, paint, print};
use super::{Done, Failure, decode as show, pick};

pub(crate) fn run(manifest: Option<&Path>, options: &Exact) -> Done {
    let target = pick::target(&options.target)?;
    let found = project::schemas(manifest, options.header.as_deref())?;
    let first = pick::with_struct(&found, &options.name)?;
    let name = options.name.as_str();
    let model = first.schema.at(pick::release_with(first, name, options.from.as_deref())?);
    let layouts = pick::lay_out(&model, target)?;
    let first = Reader::new(first, &layouts, options)?;
    if options.to.is_none() && options.against.is_none() {
        return one(&first, options);
    }
    let others = match &options.against {
        Some(header) => Some(project::schemas(manifest, Some(header))?),
        None => None,
    };
    let second = others.as_ref().map_or(Ok(first.named), |others| pick::with_struct(others, name))?;
    let model = second.schema.at(pick::release_with(second, name, options.to.as_deref())?);
    let layouts = pick::lay_out(&model, target)?;
    two(&first, &Reader::new(second, &layouts, options)?, options)
}

/// Who reads.
struct Reader<'a> {
    named: &'a Named,
    layouts: &'a Layouts<'a>,
    list: CheckList,
}

impl<'a> Reader<'a> {
    fn new(named: &'a Named, layouts: &'a Layouts<'a>, options: &Exact) -> Result<Self, Failure> {
        let list = show::list(named, layouts, &options.name, options.layer.as_deref())?;
        if list.known > MAX_KNOWN {
            return Err(Failure::Usage(format!(
                "error: `{}` has {} bytes; a solver is asked about structs of at most {MAX_KNOWN}",
                list.name, list.known
            )));
        }
        Ok(Self { named, layouts, list })
    }

    fn target(&self) -> Target {
        self.layouts.target
    }

    fn release(&self) -> &str {
        self.named.schema.release_name(self.list.release)
    }

    /// `linux/iommu.h at 5.10`.
    fn place(&self) -> String {
        format!("{} at {}", self.layouts.model.header.path, self.release())
    }

    fn decoded(&self, input: &Input) -> String {
        let question = Question {
            schema: &self.named.schema,
            schema_name: &self.named.name,
            layouts: self.layouts,
            list: &self.list,
            user: &input.user,
            size: input.size,
        };
        decode::text(&decode::decode(&question))
    }
}

/// A solver; without one, what was not checked is said.
fn solver(options: &Exact, unchecked: &str) -> Result<Solver, Failure> {
    Solver::find(Duration::from_secs(options.time)).map_err(|error| {
        let help =
            "help: install one of them, for instance `apt-get install z3`; `--smt` prints what it would be given";
        Failure::File(format!("error: {error}\nnot checked: {unchecked}\n{help}"))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn broke(error: SolverError) -> Failure {
    let text = format!("error: {error}");
    match error {
        SolverError::NotFound | SolverError::Start { .. } => Failure::File(text),
        SolverError::Died { .. } | SolverError::Refuted { .. } => Failure::Bug(text),
    }
}

/// The rules of one reader.
fn one(reader: &Reader<'_>, options: &Exact) -> Done {
    let (list, target) = (&reader.list, reader.target());
    let script = Script::new(&[("a", list)], target);
    if options.smt {
        return print(script.text());
    }
    let rules_of = count(list.steps.len(), "rule");
    let what = format!("whether each of the {rules_of} of `{}` ({}) is met", list.name, reader.place());
    let solver = solver(options, &what)?;
    let worth = rules(list, target, &solver).map_err(broke)?;
    let mut text = format!(
        "{}  {}\n",
        paint(BOLD, &list.name),
        paint(
            DIM,
            format!(
                "{}, {}: {rules_of}, whatever the first {} bytes of memory are, by {}",
                reader.place(),
                target.name,
                script.room(),
                solver.tool()
            )
        )
    );
    let mut own = 0;
    for (step, worth) in list.steps.iter().zip(&worth) {
        let place = format!("{}:{}", reader.named.name, reader.named.schema.source().position(step.span.start).0);
        let (id, place) = (paint(BOLD, &step.id), paint(DIM, place));
        match worth {
            Worth::Own(_) => own += 1,
            Worth::Never => {
                let _ = writeln!(text, "  {} {id}: no bytes have it as their answer  {place}", paint(BAD, "never met"));
            }
            Worth::Implied(input) => {
                let _ =
                    writeln!(text, "  {}   {id}: what it refuses, others refuse too  {place}", paint(BOLD, "implied"));
                let _ = writeln!(text, "    it is the answer to {}", call(input));
            }
            Worth::Undecided => {
                let _ = writeln!(text, "  {} {id}: not within {} s  {place}", paint(BAD, "undecided"), options.time);
            }
        }
    }
    let _ = writeln!(text, "{}", paint(GOOD, format!("{own} of {rules_of} refuse bytes that no other refuses")));
    print(&text)
}

/// How two readers differ.
fn two(first: &Reader<'_>, second: &Reader<'_>, options: &Exact) -> Done {
    let (target, lists) = (first.target(), (&first.list, &second.list));
    let script = Script::new(&[("a", lists.0), ("b", lists.1)], target);
    if options.smt {
        return print(script.text());
    }
    let places = (first.place(), second.place());
    let what = format!("whether `{}` is read alike by {} and {}", options.name, places.0, places.1);
    let solver = solver(options, &what)?;
    let mut text = format!(
        "{}  {}\n",
        paint(BOLD, &options.name),
        paint(
            DIM,
            format!(
                "{} (first) and {} (second), {}: whatever the first {} bytes of memory are, by {}",
                places.0,
                places.1,
                target.name,
                script.room(),
                solver.tool()
            )
        )
    );
    let mut shown = String::new();
    for difference in DIFFERENCES {
        let found = differ(lists, target, &solver, difference).map_err(broke)?;
        let answer = match &found {
            Found::Nothing => paint(GOOD, "never"),
            Found::Bytes(input) => format!("{} {}", paint(BAD, "yes:"), call(input)),
            Found::Undecided => paint(BAD, format!("undecided within {} s", options.time)),
        };
        let _ = writeln!(text, "  {:<34} {answer}", title(difference));
        if let Found::Bytes(input) = found {
            let _ = writeln!(shown, "\n{}", paint(BOLD, format!("--- {}", title(difference))));
            let _ = write!(shown, "{}\n{}", first.decoded(&input), second.decoded(&input));
        }
    }
    print(&(text + &shown))
}

fn title(difference: Difference) -> &'static str {
    match difference {
        Difference::OnlyFirst => "accepted by the first alone",
        Difference::OnlySecond => "accepted by the second alone",
        Difference::Held => "accepted by both, read differently",
        Difference::Errno => "refused by both, another errno",
    }
}

/// Bytes as `argsz decode` takes them.
fn call(input: &Input) -> String {
    const MOST: usize = 512;
    let hex = if input.user.len() > MOST { format!("{}...", to_hex(&input.user[..MOST])) } else { to_hex(&input.user) };
    let hex = if hex.is_empty() { "no bytes at all".to_owned() } else { format!("--hex {hex}") };
    input.size.map(|size| format!("{hex} --size {size}")).unwrap_or(hex)
}
