//! The interpreter as an engine.

use std::collections::HashMap;

use argsz_schema::checklist::CheckList;
use argsz_schema::interp::{self, Held, Verdict};
use argsz_schema::target::{self, Target};
use argsz_schema::verify;

use super::{Engine, EngineError, Followed, Input, Outcome, USER_BASE};
use crate::vectors::Vector;
use crate::{Unit, c_checks};

/// Runs the check lists themselves.
#[derive(Debug)]
pub struct InterpEngine {
    lists: HashMap<String, CheckList>,
    target: Target,
    followed: HashMap<String, Followed>,
}

impl InterpEngine {
    /// Compiles the lists of every struct, with a layer where it has something to say.
    pub fn build(unit: &Unit<'_>, layer: Option<&str>) -> Result<Self, EngineError> {
        let target = target::ALL[0];
        let layouts = unit.on(target)?;
        let lists = c_checks::compile(&layouts, &c_checks::every_struct(unit.model), layer.as_slice())?;
        let followed = super::followed(unit, &lists)?.into_iter().map(|one| (one.name.clone(), one)).collect();
        let one = |mut lists: c_checks::StructLists| {
            let list = lists.layered.pop().unwrap_or(lists.generic);
            (list.name.clone(), list)
        };
        Ok(Self { lists: lists.into_iter().map(one).collect(), target, followed })
    }

    /// The list of a struct.
    #[must_use]
    pub fn list(&self, strct: &str) -> Option<&CheckList> {
        self.lists.get(strct)
    }

    /// Reads a struct, and what its pointer leads to.
    fn follow(&self, followed: &Followed, input: &Input) -> Option<Outcome> {
        let outer = self.list(&followed.strct)?;
        let mut all = match interp::run(outer, self.target, &input.user, input.size) {
            Verdict::Accepted(held) => held,
            refused @ Verdict::Refused(_) => return Some(refused.into()),
        };
        let outer = all.clone();
        let memory = |address: u64| {
            let from = address.checked_sub(USER_BASE).and_then(|from| usize::try_from(from).ok());
            from.and_then(|from| input.user.get(from..)).unwrap_or_default()
        };
        for at in 0..followed.elements {
            let held = Held { target: self.target, bytes: &outer };
            match interp::follow(&followed.pointer, held, at, memory, |name| self.list(name)) {
                None => break,
                Some((_, Verdict::Accepted(mut held))) => {
                    held.resize(followed.room as usize, 0);
                    all.extend(held);
                }
                // Whatever a pointer leads to is read by whoever was looked up.
                Some((_, refused)) => return Some(Outcome { after_lookup: true, ..refused.into() }),
            }
        }
        Some(Verdict::Accepted(all).into())
    }

    /// Whether an outcome, of any engine, agrees with what was recorded. A vector without an answer agrees with all.
    #[must_use]
    pub fn agrees(&self, vector: &Vector, outcome: &Outcome) -> bool {
        // What `STRUCT.FIELD` leads to was read after the struct, whose size decides where memory ends.
        let strct = vector.input.strct.split('.').next().unwrap_or_default();
        let (Some(errno), Some(list)) = (vector.errno.as_deref(), self.list(strct)) else { return true };
        let input = &vector.input;
        let recorded = verify::Recorded {
            errno,
            kernel: vector.kernel.as_deref(),
            user: &input.user,
            size: verify::claimed(list, &input.user, input.size),
        };
        let answer = verify::Answer {
            errno: &outcome.errno,
            rule: outcome.rule.as_deref(),
            after_lookup: outcome.after_lookup,
            held: outcome.held.as_deref(),
        };
        verify::agrees(list, &answer, &recorded)
    }
}

impl Engine for InterpEngine {
    fn name(&self) -> &'static str {
        "interp"
    }

    fn knows(&self, strct: &str) -> bool {
        self.lists.contains_key(strct) || self.followed.contains_key(strct)
    }

    fn run(&self, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError> {
        let one = |input: &Input| {
            let unknown = || EngineError::Unknown { engine: "interp", strct: input.strct.clone() };
            if let Some(followed) = self.followed.get(&input.strct) {
                return self.follow(followed, input).ok_or_else(unknown);
            }
            let list = self.list(&input.strct).ok_or_else(unknown)?;
            Ok(interp::run(list, self.target, &input.user, input.size).into())
        };
        inputs.iter().map(one).collect()
    }
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Accepted(held) => {
                Self { errno: "OK".to_owned(), rule: None, after_lookup: false, held: Some(held) }
            }
            Verdict::Refused(refusal) => Self {
                errno: refusal.errno.0.to_owned(),
                rule: Some(refusal.rule),
                after_lookup: refusal.after_lookup,
                held: None,
            },
        }
    }
}
