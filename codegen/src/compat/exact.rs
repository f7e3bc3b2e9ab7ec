//! A solver's word on a pair: whether any payload at all is harmed, where payloads that were run are only some.

use argsz_schema::interp::{self, Verdict};

use super::{CompatError, Finding, Laid, Report};
use crate::engine::to_hex;
use crate::honest::Known;
use crate::smt::same::Found;
use crate::smt::users::harmed;
use crate::smt::{MAX_KNOWN, Solver, SolverError};

/// What a solver said of a pair.
#[derive(Clone, Debug)]
pub struct Exact {
    /// Which solver.
    pub tool: &'static str,
    /// Two for each struct that differs: of old users on the new kernel, and of new users on the old kernel.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The struct.
    pub strct: String,
    /// Whether it is about new users on the old kernel.
    pub newer: bool,
    /// Bytes that are harmed, if there are any.
    pub found: Found,
    /// What the kernel makes of these bytes, in a few words; empty without any.
    pub outcome: String,
}

impl Answer {
    /// `argsz decode ...`, which tells more of the bytes; empty without any.
    #[must_use]
    pub fn decode(&self, report: &Report) -> String {
        let Found::Bytes(input) = &self.found else { return String::new() };
        let kernel = if self.newer { &report.pair.old } else { &report.pair.new };
        let release = kernel.schema.release_name(kernel.release);
        let size = input.size.map(|size| format!(" --size {size}")).unwrap_or_default();
        format!("argsz decode {} --release {release}{size} --hex {}", self.strct, to_hex(&input.user))
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExactError {
    /// A side has no layout.
    #[error(transparent)]
    Compat(#[from] CompatError),
    /// The solver failed, or was refuted.
    #[error(transparent)]
    Solver(#[from] SolverError),
}

/// Asks about every struct that both sides have and that is not the same on both. Harm that no rule foretells is added
/// to [`Report::unforetold`].
pub fn ask(report: &mut Report, solver: &Solver) -> Result<(), ExactError> {
    let pair = report.pair.clone();
    let (old, new) = (Laid::new(&pair.old)?, Laid::new(&pair.new)?);
    let mut exact = Exact { tool: solver.tool(), answers: Vec::new() };
    for row in &report.rows {
        let name = row.strct.as_str();
        let (Some(before), Some(after)) = (old.list(name), new.list(name)) else { continue };
        if before.known.max(after.known) > MAX_KNOWN {
            let why = format!("a solver is asked about structs of at most {MAX_KNOWN} bytes");
            report.skipped.push((name.to_owned(), why));
            continue;
        }
        if same(&old, &new, name) {
            continue;
        }
        let sides = [Known::new(&old.layouts, before.clone()), Known::new(&new.layouts, after.clone())];
        for newer in [false, true] {
            let [user, kernel] = if newer { [&sides[1], &sides[0]] } else { [&sides[0], &sides[1]] };
            let found = harmed(user, kernel, newer, solver)?;
            let (list, target) = if newer { (&before, old.layouts.target) } else { (&after, new.layouts.target) };
            let outcome = match &found {
                Found::Bytes(input) => match interp::run(list, target, &input.user, input.size) {
                    Verdict::Refused(refusal) => format!("{} by `{}`", refusal.errno.0, refusal.rule),
                    Verdict::Accepted(_) => "accepted, and read otherwise".to_owned(),
                },
                Found::Nothing | Found::Undecided => String::new(),
            };
            if let (Found::Bytes(input), false) = (&found, foretold(&report.findings, &row.about, newer)) {
                let who = if newer { "new users on old kernels" } else { "old users on new kernels" };
                report.unforetold.push(format!("`{name}`: {who}: {outcome}: {}", to_hex(&input.user)));
            }
            exact.answers.push(Answer { strct: name.to_owned(), newer, found, outcome });
        }
    }
    report.exact = Some(exact);
    Ok(())
}

fn foretold(findings: &[Finding], about: &[String], newer: bool) -> bool {
    let told = |finding: &Finding| if newer { finding.effect.new_user } else { finding.effect.old_user };
    findings.iter().any(|finding| about.contains(&finding.item) && told(finding))
}

/// Whether readers do the same, and fields lie and mean the same.
fn same(old: &Laid<'_>, new: &Laid<'_>, name: &str) -> bool {
    let lists = [old, new].map(|laid| laid.list(name));
    let [Some(before), Some(after)] = &lists else { return false };
    let steps =
        before.steps.iter().zip(&after.steps).all(|(a, b)| (&a.op, &a.when, a.errno) == (&b.op, &b.when, b.errno));
    let fields = [old, new].map(|laid| {
        let fields = laid.layouts.structs.get(name).map(|laid| laid.fields.as_slice()).unwrap_or_default();
        fields
            .iter()
            .map(|placed| (placed.offset, placed.size, placed.field.reserved, placed.field.dir))
            .collect::<Vec<_>>()
    });
    before.known == after.known && before.steps.len() == after.steps.len() && steps && fields[0] == fields[1]
}
