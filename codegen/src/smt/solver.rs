//! z3 or cvc5, called as a program: a script in, an answer out. Each question has a process of its own, so that its
//! time limit is the program's.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SolverError {
    /// There is no solver.
    #[error("neither `z3` nor `cvc5` is on PATH")]
    NotFound,
    /// It cannot be started.
    #[error("cannot run `{tool}`: {error}")]
    Start {
        /// The program.
        tool: &'static str,
        /// What the system says.
        error: std::io::Error,
    },
    /// Its answer is not to be understood.
    #[error("`{tool}` broke off: {said}")]
    Died {
        /// The program.
        tool: &'static str,
        /// What it said.
        said: String,
    },
    /// The interpreter does not confirm what it said.
    #[error("`{tool}` says that `{strct}` has {claim}, and the interpreter does not, of {hex}")]
    Refuted {
        /// The program.
        tool: &'static str,
        /// The struct.
        strct: String,
        /// What was claimed of the bytes.
        claim: String,
        /// The bytes.
        hex: String,
    },
}

/// What a solver says to the question whether something can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It cannot.
    No,
    /// It can, with these values of what was asked for, in that order.
    Yes(Vec<u64>),
    /// It was not decided in time.
    Unknown,
}

/// A solver that is there.
#[derive(Clone, Copy, Debug)]
pub struct Solver {
    tool: &'static str,
    limit: Duration,
}

impl Solver {
    /// The first of z3 and cvc5 on PATH. `limit`: time for each question, in whole seconds and at least one.
    pub fn find(limit: Duration) -> Result<Self, SolverError> {
        for tool in ["z3", "cvc5"] {
            match Command::new(tool).arg("--version").stdin(Stdio::null()).output() {
                Ok(_) => return Ok(Self { tool, limit }),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(SolverError::Start { tool, error }),
            }
        }
        Err(SolverError::NotFound)
    }

    /// `z3` or `cvc5`.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.tool
    }

    /// The time for each question.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Whether `claim` can be under a script, and with which values of these names.
    pub fn ask(&self, script: &str, claim: &str, names: &[String]) -> Result<Answer, SolverError> {
        let tool = self.tool;
        let start = |error| SolverError::Start { tool, error };
        let seconds = self.limit.as_secs().max(1);
        let mut command = Command::new(tool);
        match tool {
            "z3" => command.args(["-in", "-smt2"]).arg(format!("-T:{seconds}")),
            _ => command.args(["--lang=smt2", "--produce-models"]).arg(format!("--tlimit={}", seconds * 1000)),
        };
        let piped = || Stdio::piped();
        let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().map_err(start)?;
        if let Some(mut stdin) = child.stdin.take() {
            // If it is gone already, its output says why.
            let question = format!("(assert {claim})\n(check-sat)\n(get-value ({}))\n(exit)\n", names.join(" "));
            let _ = stdin.write_all(script.as_bytes()).and_then(|()| stdin.write_all(question.as_bytes()));
        }
        let out = child.wait_with_output().map_err(start)?;
        let (said, complaint) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        let died =
            || SolverError::Died { tool, said: format!("{}{complaint}", said.chars().take(600).collect::<String>()) };
        let (first, rest) = said.split_once('\n').unwrap_or((&said, ""));
        match first.trim() {
            "unsat" => Ok(Answer::No),
            "sat" => values(rest, names.len()).map(Answer::Yes).ok_or_else(died),
            "unknown" | "timeout" => Ok(Answer::Unknown),
            "" if complaint.contains("timeout") => Ok(Answer::Unknown),
            _ => Err(died()),
        }
    }
}

/// The values in `((name value) (name value) ...)`.
fn values(text: &str, count: usize) -> Option<Vec<u64>> {
    let words: Vec<&str> =
        text.split(|at: char| at.is_whitespace() || "()".contains(at)).filter(|word| !word.is_empty()).collect();
    let value = |pair: &[&str]| match pair {
        [_, "true"] => Some(1),
        [_, "false"] => Some(0),
        [_, bits] => match bits.strip_prefix("#x") {
            Some(hex) => u64::from_str_radix(hex, 16).ok(),
            None => u64::from_str_radix(bits.strip_prefix("#b")?, 2).ok(),
        },
        _ => None,
    };
    let values: Vec<u64> = words.chunks(2).map(value).collect::<Option<_>>()?;
    (values.len() == count).then_some(values)
}

#[cfg(test)]
mod tests {
    use super::values;

    #[test]
    fn values_of_either_solver_are_read() {
        let z3 = "((mapped #x0000000000000010)\n (u.0 #xff)\n (a.accepts true))\n";
        assert_eq!(values(z3, 3), Some(vec![16, 255, 1]));
        assert_eq!(values("((u.0 #b00000101) (a.accepts false))", 2), Some(vec![5, 0]));
        assert_eq!(values("((u.0 #x05))", 2), None);
        assert_eq!(values("(error \"no model\")", 1), None);
    }
}
