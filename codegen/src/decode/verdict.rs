//! What became of each rule, what was found where it refuses, and the way out.

use argsz_schema::checklist::{Cond, Op, SizeFrom, Slot, Step, Term};
use argsz_schema::interp::{self, Held};
use argsz_schema::model::{Field, Path, Rule, RuleKind, ValueType};

use super::{Fate, Question, RuleLine, meaning};

/// All rules in order.
pub(super) fn rules(question: &Question<'_>, size: u64, held: &[u8]) -> Vec<RuleLine> {
    let (fates, _) = interp::fates(question.list, question.layouts.target, question.user, question.size);
    let bytes = Held { target: question.layouts.target, bytes: held };
    let source = question.schema.source();
    let line = |(step, fate): (&Step, &interp::Fate)| RuleLine {
        id: step.id.clone(),
        why: step.why.clone(),
        field: step.field.clone(),
        fate: match fate {
            interp::Fate::Passed => Fate::Passed,
            interp::Fate::NotAsked => Fate::NotAsked,
            interp::Fate::Refuses(errno) => {
                let judge = Judge { question, size, held: bytes, step };
                let (found, fix) = judge.explain(errno.0);
                Fate::Refuses { errno: errno.0, found, fix }
            }
        },
        after_lookup: step.after_lookup,
        place: format!("{}:{}", question.schema_name, source.position(step.span.start).0),
    };
    question.list.steps.iter().zip(&fates).map(line).collect()
}

struct Judge<'a> {
    question: &'a Question<'a>,
    size: u64,
    held: Held<'a>,
    step: &'a Step,
}

impl Judge<'_> {
    /// What was found, and the way out.
    fn explain(&self, errno: &str) -> (String, String) {
        let mapped = self.question.user.len() as u64;
        match &self.step.op {
            Op::CopyFixed { len } => {
                (format!("memory ends after {}", bytes(mapped)), format!("hand over at least {}", bytes((*len).into())))
            }
            Op::CopyRest { .. } => self.torn(mapped),
            Op::ZeroTail { .. } if errno == "EFAULT" => self.torn(mapped),
            Op::MinSize { bytes } => self.too_small((*bytes).into()),
            Op::MaxSize { bytes } => self.too_large((*bytes).into()),
            Op::ZeroTail { from } => self.tail((*from).into()),
            Op::Zero { from, to } => self.not_zero(*from, *to),
            Op::Mask { slot, allowed } => self.masked(slot, *allowed),
            Op::OneOf { slot, ranges } => self.one_of(slot, ranges),
            Op::Aligned { slot, to } => {
                let value = self.held.unsigned(slot);
                let down = value & !to.saturating_sub(1);
                let up = down.checked_add(*to).map(|up| format!(" or {up:#x}")).unwrap_or_default();
                let fix = format!("set `{}` to a multiple of {to:#x}: {down:#x}{up}", slot.path);
                (format!("`{}` is {value:#x}", slot.path), fix)
            }
            Op::Refuse(cond) => self.refused(cond),
        }
    }

    fn torn(&self, mapped: u64) -> (String, String) {
        let what = self.size_name();
        let found = format!("memory ends after {}, but {what} is {}", bytes(mapped), self.size);
        let least = self.question.list.steps.iter().find_map(|step| match step.op {
            Op::MinSize { bytes } if step.when == Cond::True => Some(u64::from(bytes)),
            _ => None,
        });
        let or = if mapped < least.unwrap_or(0) { String::new() } else { format!(", or set {what} to {mapped}") };
        (found, format!("provide all {}{or}", bytes(self.size)))
    }

    /// How people call the size.
    fn size_name(&self) -> String {
        match &self.question.list.size {
            SizeFrom::Field(slot) => format!("`{}`", slot.path),
            SizeFrom::Caller => "the size beside the pointer".to_owned(),
            SizeFrom::Known => "the size".to_owned(),
        }
    }

    fn too_small(&self, least: u64) -> (String, String) {
        let (what, known) = (self.size_name(), u64::from(self.question.list.known));
        let because = self.reads(&self.step.when);
        let found = if because.is_empty() {
            format!("{what} is {}", self.size)
        } else {
            format!("{what} is {}, and {because}", self.size)
        };
        let whole = if least < known { format!(" ({known} is all that this release knows)") } else { String::new() };
        (found, format!("set {what} to at least {least}{whole}, and provide as many bytes"))
    }

    fn too_large(&self, most: u64) -> (String, String) {
        let what = self.size_name();
        (format!("{what} is {}", self.size), format!("set {what} to at most {most}; this release knows no more"))
    }

    fn tail(&self, from: u64) -> (String, String) {
        let user = self.question.user;
        let at = usize::try_from(from).unwrap_or(usize::MAX);
        let first = user.iter().enumerate().skip(at).find(|(_, byte)| **byte != 0);
        let found = first.map(|(at, byte)| format!("byte {at} is {byte:#04x}")).unwrap_or_default();
        let what = self.size_name();
        let newer = self.newer(from);
        let fix = format!(
            "set the bytes from {from} on to zero, or {what} to {from}: what they ask for, this release cannot do"
        );
        (format!("{found}; this release knows {}{newer}", bytes(from)), fix)
    }

    /// The first release in which the struct reaches further.
    fn newer(&self, known: u64) -> String {
        let schema = self.question.schema;
        let later = schema.releases().filter(|release| *release > self.question.list.release);
        let grown = later.into_iter().find(|release| {
            let model = schema.at(*release);
            let layouts = argsz_schema::layout::layout(&model, self.question.layouts.target);
            layouts.is_ok_and(|layouts| {
                let laid = layouts.structs.get(self.question.list.name.as_str());
                laid.is_some_and(|laid| laid.size > known)
            })
        });
        grown.map(|release| format!(", {} knows more", schema.release_name(release))).unwrap_or_default()
    }

    fn not_zero(&self, from: u32, to: u32) -> (String, String) {
        let range = from as usize..to as usize;
        let held = self.held.bytes.get(range).unwrap_or_default();
        let first = held.iter().enumerate().find(|(_, byte)| **byte != 0);
        let found = first.map(|(at, byte)| format!("byte {} is {byte:#04x}", from as usize + at)).unwrap_or_default();
        let name = if self.step.field.is_empty() { String::new() } else { format!("`{}` to zero: ", self.step.field) };
        (found, format!("set {name}bytes {from}..{to}"))
    }

    fn masked(&self, slot: &Slot, allowed: u64) -> (String, String) {
        let value = self.held.unsigned(slot);
        let wrong = value & !allowed;
        let values = self.field(slot).and_then(|field| field.values.clone()).map(|(values, _)| values);
        let names = match &values {
            Some(ValueType::Flags(name)) => meaning::elsewhere_flags(self.question, name, wrong),
            _ => Vec::new(),
        };
        let elsewhere = if names.is_empty() { String::new() } else { format!("; {}", names.join(", ")) };
        let found = format!("`{}` is {value:#x}: {} not taken{elsewhere}", slot.path, are(wrong));
        let set = value & allowed;
        (found, format!("clear {}: `{} = {set:#x}`", meaning::bits(wrong), slot.path))
    }

    fn one_of(&self, slot: &Slot, ranges: &[(u64, u64)]) -> (String, String) {
        let field = self.field(slot);
        let values = field.and_then(|field| field.values.as_ref()).map(|(values, _)| values);
        let accepted = |value: u64| {
            let accepts = field.and_then(|field| field.accepts.as_ref())?;
            accepts.iter().find(|(of, _)| *of == value).map(|(_, text)| text.as_str())
        };
        let shown = |value: u64| {
            if slot.signed {
                value.cast_signed().to_string()
            } else {
                meaning::value_name(self.question, values, accepted(value), value)
            }
        };
        let mut options = Vec::new();
        for (low, high) in ranges {
            if high.wrapping_sub(*low) > 16 {
                options.push(format!("{low}..={high}"));
            } else {
                options.extend((0..=high.wrapping_sub(*low)).map(|step| shown(low.wrapping_add(step))));
            }
        }
        let value = if slot.signed { self.held.signed(slot).to_string() } else { shown(self.held.unsigned(slot)) };
        let one = if options.len() > 1 { "one of " } else { "" };
        (format!("`{}` is {value}", slot.path), format!("set `{}` to {one}{}", slot.path, options.join(", ")))
    }

    fn refused(&self, cond: &Cond) -> (String, String) {
        let found = self.reads(cond);
        let fix = match self.rule().map(|rule| &rule.kind) {
            Some(RuleKind::Require { that, .. }) => format!("make this hold: {that}"),
            Some(RuleKind::Refuse(that)) => format!("make this not hold: {that}"),
            Some(RuleKind::Combine { rows, columns, allowed }) => {
                let pairs = allowed.iter().map(|(row, columns)| format!("{row} with {}", columns.join(" or ")));
                format!("of `{rows}` and `{columns}` these go together: {}", pairs.collect::<Vec<_>>().join("; "))
            }
            Some(RuleKind::Covers { .. }) | None => format!("see to it that {}", self.step.why),
        };
        (found, fix)
    }

    /// The rule as the schema has it.
    fn rule(&self) -> Option<&Rule> {
        let (model, list) = (self.question.layouts.model, self.question.list);
        let generic = model.find_struct(&list.name).map(|def| def.rules.as_slice()).unwrap_or_default();
        let layer = list.layer.as_ref().and_then(|layer| model.layers.get(layer)?.on.get(&list.name));
        generic.iter().chain(layer.into_iter().flatten()).find(|rule| rule.span == self.step.span)
    }

    fn field(&self, slot: &Slot) -> Option<&Field> {
        let path = Path(slot.path.split('.').map(str::to_owned).collect());
        self.question.layouts.locate(&self.question.list.name, &path).map(|found| found.field)
    }

    /// The fields that a condition reads, with their values.
    fn reads(&self, cond: &Cond) -> String {
        let mut slots = Vec::new();
        slots_of(cond, &mut slots);
        let shown: Vec<String> = slots.iter().map(|slot| self.shown(slot)).collect();
        shown.join(", ")
    }

    fn shown(&self, slot: &Slot) -> String {
        let value = self.held.unsigned(slot);
        if slot.signed {
            return format!("`{}` is {}", slot.path, self.held.signed(slot));
        }
        let values = self.field(slot).and_then(|field| field.values.as_ref()).map(|(values, _)| values);
        let name = meaning::of_number(self.question, values, None, value);
        let name = if name.is_empty() { name } else { format!(" ({name})") };
        let number = if value < 1024 { value.to_string() } else { format!("{value:#x}") };
        format!("`{}` is {number}{name}", slot.path)
    }
}

fn are(mask: u64) -> String {
    let bits = meaning::bits(mask);
    if mask.is_power_of_two() { format!("{bits} is") } else { format!("{bits} are") }
}

fn bytes(n: u64) -> String {
    if n == 1 { "1 byte".to_owned() } else { format!("{n} bytes") }
}

fn slots_of<'c>(cond: &'c Cond, slots: &mut Vec<&'c Slot>) {
    match cond {
        Cond::True => {}
        Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| slots_of(part, slots)),
        Cond::Not(inner) => slots_of(inner, slots),
        Cond::Compare(_, left, right) => {
            slots_of_term(left, slots);
            slots_of_term(right, slots);
        }
        Cond::Bits { word, .. } | Cond::OneBit { word, .. } => add(word, slots),
        Cond::Overflows(term) | Cond::FitsUlong(term) => slots_of_term(term, slots),
    }
}

fn slots_of_term<'c>(term: &'c Term, slots: &mut Vec<&'c Slot>) {
    match term {
        Term::Int(_) | Term::Signed(_) => {}
        Term::Slot(slot) => add(slot, slots),
        Term::Arith(_, left, right) => {
            slots_of_term(left, slots);
            slots_of_term(right, slots);
        }
    }
}

fn add<'c>(slot: &'c Slot, slots: &mut Vec<&'c Slot>) {
    if !slots.contains(&slot) {
        slots.push(slot);
    }
}
