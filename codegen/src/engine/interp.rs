//! The interpreter as an engine.

use std::collections::HashMap;

use argsz_schema::checklist::CheckList;
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::target::{self, Target};
use argsz_schema::verify;

use super::{Engine, EngineError, Input, Outcome};
use crate::vectors::Vector;
use crate::{Unit, c_checks};

/// Runs the check lists themselves.
#[derive(Debug)]
pub struct InterpEngine {
    lists: HashMap<String, CheckList>,
    target: Target,
}

impl InterpEngine {
    /// Compiles the lists of every struct, with a layer where it has something to say.
    pub fn build(unit: &Unit<'_>, layer: Option<&str>) -> Result<Self, EngineError> {
        let target = target::ALL[0];
        let layouts = layout(unit.model, target).map_err(|error| c_checks::no_layout(unit, &error))?;
        let lists = c_checks::compile(&layouts, &c_checks::every_struct(unit.model), layer.as_slice())?;
        let one = |mut lists: c_checks::StructLists| {
            let list = lists.layered.pop().unwrap_or(lists.generic);
            (list.name.clone(), list)
        };
        Ok(Self { lists: lists.into_iter().map(one).collect(), target })
    }

    /// The list of a struct.
    #[must_use]
    pub fn list(&self, strct: &str) -> Option<&CheckList> {
        self.lists.get(strct)
    }

    /// Whether an outcome, of any engine, agrees with what was recorded. A vector without an answer agrees with all.
    #[must_use]
    pub fn agrees(&self, vector: &Vector, outcome: &Outcome) -> bool {
        let (Some(errno), Some(list)) = (vector.errno.as_deref(), self.list(&vector.input.strct)) else { return true };
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
        self.lists.contains_key(strct)
    }

    fn run(&self, inputs: &[Input]) -> Result<Vec<Outcome>, EngineError> {
        let one = |input: &Input| {
            let unknown = || EngineError::Unknown { engine: "interp", strct: input.strct.clone() };
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
