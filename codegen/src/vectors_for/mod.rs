//! Vectors made from a check list: payloads that every feature needs, that break one rule each, and that come from
//! older, newer and hostile users. What is expected of them is what the interpreter says.

mod payload;
mod search;
mod words;

use std::collections::HashSet;

use argsz_schema::checklist::{CheckList, Op, SizeFrom};
use argsz_schema::interp::{self, Fate, Verdict};
use argsz_schema::layout::Layouts;
use argsz_schema::resolve::widest;
use argsz_schema::target::Target;
use serde_json::{Map, Value};

use crate::engine::{Input, to_hex};
use payload::Payload;
use search::Search;
use words::Feature;

/// A payload and what is expected of it.
#[derive(Clone, Debug)]
pub struct Made {
    /// The call.
    pub input: Input,
    /// What it is good for.
    pub case: String,
    /// What the interpreter says.
    pub verdict: Verdict,
}

/// All vectors of a list.
#[derive(Clone, Debug, Default)]
pub struct MadeVectors {
    /// In the order: features, rules in their order, compatibility.
    pub vectors: Vec<Made>,
    /// Rules that no payload reaches, with the reason.
    pub unreached: Vec<(String, String)>,
}

/// Makes the vectors of a list.
#[must_use]
pub fn make(layouts: &Layouts<'_>, list: &CheckList) -> MadeVectors {
    let mut maker = Maker::new(layouts, list);
    maker.features();
    maker.rules();
    maker.compatibility();
    maker.made
}

/// Those vectors that break no rule on purpose: features and compatibility. The search for the others costs the most.
pub(crate) fn sound(layouts: &Layouts<'_>, list: &CheckList) -> Vec<Made> {
    let mut maker = Maker::new(layouts, list);
    maker.features();
    maker.compatibility();
    maker.made.vectors
}

/// The same call in the fewest bytes that its own reader takes, if it can be made shorter without losing anything.
pub(crate) fn shortest(list: &CheckList, target: Target, input: &Input) -> Option<Input> {
    let mut sizes: Vec<u32> = list
        .steps
        .iter()
        .filter_map(|step| if let Op::MinSize { bytes } = step.op { Some(bytes) } else { None })
        .filter(|bytes| (*bytes as usize) < input.user.len() && list.size != SizeFrom::Known)
        .collect();
    sizes.sort_unstable();
    sizes.into_iter().find_map(|size| {
        let (head, rest) = input.user.split_at(size as usize);
        let mut payload = Payload { size: size.into(), ..Payload::new(list) };
        payload.bytes.get_mut(..head.len())?.copy_from_slice(head);
        let short = payload.input(list, target.endian);
        let accepted = matches!(interp::run(list, target, &short.user, short.size), Verdict::Accepted(_));
        (accepted && rest.iter().all(|byte| *byte == 0)).then_some(short)
    })
}

/// One line of a vector file, without its end.
#[must_use]
pub fn line(list: &CheckList, release: &str, made: &Made) -> String {
    let mut line = Map::new();
    let mut put = |key: &str, value: Value| _ = line.insert(key.to_owned(), value);
    put("struct", made.input.strct.clone().into());
    put("release", release.into());
    if let Some(layer) = &list.layer {
        put("layer", layer.clone().into());
    }
    put("user", to_hex(&made.input.user).into());
    if let Some(size) = made.input.size {
        put("size", size.into());
    }
    match &made.verdict {
        Verdict::Accepted(held) => {
            put("errno", "OK".into());
            put("kernel", to_hex(held).into());
        }
        Verdict::Refused(refusal) => {
            put("errno", refusal.errno.0.into());
            put("rule", refusal.rule.clone().into());
        }
    }
    put("case", made.case.clone().into());
    Value::Object(line).to_string()
}

struct Maker<'a, 'm> {
    layouts: &'a Layouts<'m>,
    list: &'a CheckList,
    search: Search<'a>,
    /// A payload that is accepted.
    base: Payload,
    made: MadeVectors,
    seen: HashSet<(Vec<u8>, Option<u64>)>,
}

impl<'a, 'm> Maker<'a, 'm> {
    /// Nothing made yet, but a payload that is accepted.
    fn new(layouts: &'a Layouts<'m>, list: &'a CheckList) -> Self {
        let search = Search::new(list, layouts.target);
        let base = search.valid(&Payload::new(list), &|_| true);
        let mut made = MadeVectors::default();
        if base.is_none() {
            made.unreached.push((list.name.clone(), "no payload was found that is accepted".to_owned()));
        }
        let base = base.unwrap_or_else(|| Payload::new(list));
        Self { layouts, list, search, base, made, seen: HashSet::new() }
    }

    /// Adds a vector, unless there is one with these bytes.
    fn add(&mut self, payload: &Payload, case: impl Into<String>) {
        let input = payload.input(self.list, self.layouts.target.endian);
        if self.seen.insert((input.user.clone(), input.size)) {
            let verdict = interp::run(self.list, self.layouts.target, &input.user, input.size);
            self.made.vectors.push(Made { input, case: case.into(), verdict });
        }
    }

    /// A valid payload for each flag, value and minimum size.
    fn features(&mut self) {
        let base = self.base.clone();
        self.add(&base, "valid");
        for Feature { name, slot, mask, value } in words::features(self.layouts, self.list) {
            let has = |payload: &Payload| payload.get(&slot, self.layouts.target.endian) & mask == value;
            let mut start = self.base.clone();
            let old = start.get(&slot, self.layouts.target.endian);
            start.set(&slot, self.layouts.target.endian, old & !mask | value);
            if let Some(found) = self.search.valid(&start, &has) {
                self.add(&found, format!("feature {name}"));
            }
        }
        for (at, step) in self.list.steps.iter().enumerate() {
            let asked = |payload: &Payload| self.search.fates(payload)[at] == Fate::Passed;
            match step.op {
                Op::MinSize { bytes } if self.list.size != SizeFrom::Known => {
                    let bytes = u64::from(bytes);
                    let mut start = self.base.clone();
                    start.size = bytes;
                    let exact = |payload: &Payload| payload.size == bytes && asked(payload);
                    if let Some(found) = self.search.valid(&start, &exact) {
                        self.add(&found, format!("feature smallest size for {}", step.id));
                    }
                }
                // What is judged under a condition: an arm, mostly.
                _ if step.when != argsz_schema::checklist::Cond::True => {
                    if let Some(found) = self.search.valid(&self.base, &asked) {
                        self.add(&found, format!("feature asked for by {}", step.id));
                    }
                }
                _ => {}
            }
        }
    }

    /// For each rule payloads that break just it, and the nearest ones that do not.
    fn rules(&mut self) {
        for (at, step) in self.list.steps.iter().enumerate() {
            let Some(broken) = self.search.breaking(&self.base, at) else {
                let reason = self.search.why_not(at);
                self.made.unreached.push((step.id.clone(), reason));
                continue;
            };
            if let Some((inside, outside)) = self.search.edge(&broken, at) {
                self.add(&outside, format!("breaks {}", step.id));
                self.add(&inside, format!("just inside {}", step.id));
            }
            self.add(&broken, format!("breaks {}", step.id));
            for (payload, what) in self.search.more(&broken, at) {
                self.add(&payload, format!("breaks {} ({what})", step.id));
            }
        }
    }

    /// Users of the same, an older and a newer header; and those who mean no good.
    fn compatibility(&mut self) {
        let known = u64::from(self.list.known);
        let base = self.base.clone();
        let with = |size: u64, change: &dyn Fn(&mut Payload)| {
            let mut payload = base.clone();
            payload.size = size;
            change(&mut payload);
            payload
        };
        if self.list.size != SizeFrom::Known {
            self.add(&with(known, &|_| {}), "same size");
            for size in self.search.sizes() {
                if size < known {
                    self.add(&with(size, &|_| {}), "older user: smaller size");
                }
            }
            let newer = known + 8;
            self.add(&with(newer, &|_| {}), "newer user: larger size, zero tail");
            for at in [0, 7] {
                let case = "newer user: larger size, non-zero tail";
                self.add(&with(newer, &|payload| payload.tail = vec![(at, 1)]), case);
            }
            let most = match &self.list.size {
                SizeFrom::Field(slot) => widest(slot.width),
                SizeFrom::Caller | SizeFrom::Known => u64::MAX,
            };
            for size in [0, 1, most] {
                self.add(&with(size, &|payload| payload.mapped = Some(known)), format!("hostile: size {size}"));
            }
        }
        for mapped in [0, 1, known / 2, known.saturating_sub(1)] {
            self.add(&with(known, &|payload| payload.mapped = Some(mapped)), "hostile: memory ends early");
        }
    }
}
