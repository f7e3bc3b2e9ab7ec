//! The steps of one check list as C functions.

use std::fmt::Write as _;
use std::sync::OnceLock;

use argsz_schema::checklist::{CheckList, Cond, Op, SizeFrom, Slot, Step, Term};
use argsz_schema::expr::Compare;

use super::cond::{Conds, hex, load, word};
use super::text::{Cexpr, call, comment, fill, if_line};
use crate::c_type;

/// How C reaches bytes that must be zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// A field that is one number.
    Number(String),
    /// A field that is an array, a struct or a union.
    Whole(String),
    /// Bytes that no field owns by itself.
    Range(u32, u32),
}

/// What the functions of one struct are printed from.
pub(super) struct Functions<'a> {
    /// The list.
    pub(super) list: &'a CheckList,
    /// Finds the field that `from..to` of a step is.
    pub(super) bytes: &'a dyn Fn(&Step, u32, u32) -> Bytes,
}

/// Which steps a function runs, and on what.
struct Part<'a> {
    name: String,
    about: String,
    steps: &'a [Step],
    /// It reads the user's memory and fills what is held.
    copies: bool,
}

impl Functions<'_> {
    /// All functions of a list without a layer.
    pub(super) fn generic(&self, text: &mut String) {
        let name = &self.list.name;
        let cut = self.list.steps.iter().position(|step| step.after_lookup).unwrap_or(self.list.steps.len());
        let (before, after) = self.list.steps.split_at(cut);
        let copy = Part {
            name: [name, "_copy"].concat(),
            about: ["copy a struct ", name, " from a user, and judge all that its bytes alone decide"].concat(),
            steps: before,
            copies: true,
        };
        self.function(&copy, text);
        text.push('\n');
        let check = Part {
            name: [name, "_check_after_lookup"].concat(),
            about: "judge what comes after the objects were looked up by id".to_owned(),
            steps: after,
            copies: false,
        };
        self.function(&check, text);
        text.push('\n');
        self.both(text);
    }

    /// The functions of a layer, over what the generic copy holds: `steps` are those that the layer adds.
    pub(super) fn layered(&self, layer: &str, steps: &[Step], text: &mut String) {
        let name = &self.list.name;
        let part = Part {
            name: format!("{name}_check_{layer}"),
            about: format!("what the layer {layer} asks of a struct {name} that the generic checks let pass"),
            steps,
            copies: false,
        };
        self.function(&part, text);
    }

    fn sized(&self) -> bool {
        self.list.size == SizeFrom::Caller
    }

    /// Copy and both halves in one call.
    fn both(&self, text: &mut String) {
        let name = &self.list.name;
        let size = if self.sized() { ", size" } else { "" };
        let about = ["copy a struct ", name, " and judge it, for readers that look nothing up in between"];
        let check = [name, "_check"].concat();
        judge_doc(text, &check, &about, true, self.sized());
        text.push_str(&self.prototype(&check, true));
        text.extend(["{\n\tint err = ", name, "_copy(held, from", size, ", rule);\n\n\tif (err)\n\t\treturn err;\n"]);
        text.extend(["\treturn ", name, "_check_after_lookup(held", size, ", rule);\n}\n"]);
    }

    fn prototype(&self, function: &str, copies: bool) -> String {
        let name = &self.list.name;
        let mut args = vec![[if copies { "" } else { "const " }, "struct ", name, " *held"].concat()];
        args.extend(copies.then(|| "argsz_user_t from".to_owned()));
        args.extend(self.sized().then(|| "size_t size".to_owned()));
        args.push("const char **rule".to_owned());
        let one_line = ["static inline int ", function].concat();
        if one_line.len() + args[0].len() + 2 <= 80 {
            return call(0, &one_line, &args, "");
        }
        ["static inline int\n", &call(0, function, &args, "")].concat()
    }

    fn function(&self, part: &Part<'_>, text: &mut String) {
        let mut conds = Conds::default();
        let mut body = String::with_capacity(part.steps.len() * ROOM);
        part.steps.iter().for_each(|step| self.step(step, &mut conds, &mut body));
        judge_doc(text, &part.name, &[&part.about], part.copies, self.sized());
        text.push_str(&self.prototype(&part.name, part.copies));
        text.push_str("{\n");
        text.push_str(&self.locals(part, conds.temporaries));
        unused(part, &body, self.sized(), text);
        text.push_str(&body);
        text.push_str("\treturn 0;\n}\n");
    }

    /// Declarations, and what zeroes the struct held.
    fn locals(&self, part: &Part<'_>, temporaries: usize) -> String {
        let mut text = String::new();
        if temporaries > 0 {
            let names: Vec<String> = (0..temporaries).map(|i| format!("sum{i}")).collect();
            let _ = writeln!(text, "\t__u64 {};\n", names.join(", "));
        }
        if part.copies && !self.fills() {
            text.push_str("\tmemset(held, 0, sizeof(*held));\n\n");
        }
        text
    }

    /// Whether the copies bring or zero every byte, each once and before it is read: nothing has to be zeroed before.
    fn fills(&self) -> bool {
        let mut end = 0;
        for step in &self.list.steps {
            let copies = match step.op {
                Op::CopyFixed { len } => Some((0, len)),
                Op::CopyRest { from, to } => Some((from, to)),
                _ => None,
            };
            let mut read = Vec::new();
            of_step(step, &mut read);
            if read.iter().any(|slot| slot.offset + u32::from(slot.width) > end) {
                return false;
            }
            match copies {
                Some((from, to)) if from == end && step.when == Cond::True => end = to,
                Some(_) => return false,
                None => {}
            }
        }
        end == self.list.known
    }

    fn step(&self, step: &Step, conds: &mut Conds, text: &mut String) {
        comment(text, 1, &[&step.id, ": ", &step.why]);
        let when = conds.cond(&step.when, false);
        let refusal = |err: &str| refuse(step, err);
        let errno = ["-", step.errno.0].concat();
        match &step.op {
            Op::CopyFixed { len } => {
                let copy = Cexpr::Atom(["argsz_copy_in(held, from, 0, ", &len.to_string(), ")"].concat());
                text.push_str(&guarded(&Cexpr::all(vec![when, copy]), &refusal(&errno)));
            }
            Op::CopyRest { from, to } if self.fills() => {
                let [from, to] = [from, to].map(u32::to_string);
                let copy = ["argsz_copy_rest(held, from, ", &from, ", ", &self.size(), ", ", &to, ")"].concat();
                text.push_str(&guarded(&Cexpr::Atom(copy), &refusal(&errno)));
            }
            Op::CopyRest { from, to } => {
                let copied = format!("argsz_min({}, {to}) - {from}", self.size());
                let copy = Cexpr::Atom(format!("argsz_copy_in(held, from, {from}, {copied})"));
                let cond = Cexpr::all(vec![when, self.size_is(Compare::Gt, *from), copy]);
                text.push_str(&guarded(&cond, &refusal(&errno)));
            }
            Op::ZeroTail { from } => text.push_str(&self.zero_tail(step, when, *from)),
            _ => {
                let refused = self.refused(step, conds);
                text.push_str(&guarded(&Cexpr::all(vec![when, refused]), &refusal(&errno)));
            }
        }
        text.push('\n');
    }

    /// When a step that only looks refuses.
    fn refused(&self, step: &Step, conds: &mut Conds) -> Cexpr {
        match &step.op {
            Op::MinSize { bytes } => self.size_is(Compare::Lt, *bytes),
            Op::MaxSize { bytes } => self.size_is(Compare::Gt, *bytes),
            Op::Zero { from, to } => match (self.bytes)(step, *from, *to) {
                Bytes::Number(path) => Cexpr::Atom(["held->", &path].concat()),
                Bytes::Whole(path) => Cexpr::Atom(format!("!argsz_zero(&held->{path}, sizeof(held->{path}))")),
                Bytes::Range(from, to) => {
                    Cexpr::Atom(format!("!argsz_zero((const __u8 *)held + {from}, {})", to - from))
                }
            },
            Op::Mask { slot, allowed } => mask(slot, *allowed),
            Op::OneOf { slot, ranges } => Cexpr::all(ranges.iter().map(|range| outside(slot, *range)).collect()),
            Op::Aligned { slot, to } if *to > 1 => {
                Cexpr::Bare([&*load(slot), " & ", &hex(to - 1, slot.width)].concat())
            }
            Op::Refuse(cond) => conds.cond(cond, false),
            Op::Aligned { .. } | Op::CopyFixed { .. } | Op::CopyRest { .. } | Op::ZeroTail { .. } => {
                Cexpr::Const(false)
            }
        }
    }

    fn zero_tail(&self, step: &Step, when: Cexpr, from: u32) -> String {
        let cond = Cexpr::all(vec![when, self.size_is(Compare::Gt, from)]);
        if matches!(cond, Cexpr::Const(_)) {
            return guarded(&Cexpr::Const(false), "");
        }
        let from = from.to_string();
        let length = [&*self.size(), " - ", &from].concat();
        let read = ["from".to_owned(), from, length];
        let refusal =
            |errno: String| call(3, "return argsz_refuse", &["rule".into(), c_type::quoted(&step.id), errno], ";");
        [
            if_line(&cond, 1).trim_end(),
            " {\n",
            &call(2, "int zero = argsz_tail_zero", &read, ";"),
            "\n\t\tif (zero < 0)\n",
            &refusal("zero".to_owned()),
            "\t\tif (!zero)\n",
            &refusal(["-", step.errno.0].concat()),
            "\t}\n",
        ]
        .concat()
    }

    /// The user's size as C reads it.
    fn size(&self) -> String {
        match &self.list.size {
            SizeFrom::Field(slot) => load(slot),
            SizeFrom::Caller => "size".to_owned(),
            SizeFrom::Known => self.list.known.to_string(),
        }
    }

    fn size_is(&self, op: Compare, bytes: u32) -> Cexpr {
        match &self.list.size {
            SizeFrom::Field(slot) => word(op, slot, bytes.into()),
            SizeFrom::Known => Cexpr::Const(match op {
                Compare::Lt => self.list.known < bytes,
                _ => self.list.known > bytes,
            }),
            SizeFrom::Caller if op == Compare::Lt && bytes == 0 => Cexpr::Const(false),
            SizeFrom::Caller if op == Compare::Gt && bytes == 0 => Cexpr::Atom("size".to_owned()),
            SizeFrom::Caller => {
                Cexpr::Atom(["size ", if op == Compare::Lt { "<" } else { ">" }, " ", &bytes.to_string()].concat())
            }
        }
    }
}

/// `if (cond)` and what it leads to; nothing for what can never hold.
fn guarded(cond: &Cexpr, then: &str) -> String {
    match cond {
        Cexpr::Const(true) => then.replacen("\t\t", "\t", 1),
        Cexpr::Const(false) => "\t/* No value of this width can break it. */\n".to_owned(),
        cond => if_line(cond, 1) + then,
    }
}

fn refuse(step: &Step, errno: &str) -> String {
    call(2, "return argsz_refuse", &["rule".into(), c_type::quoted(&step.id), errno.to_owned()], ";")
}

/// Bits outside of `allowed`, in the width of the word: a mask of 32 bits would let the upper half of 64 pass.
fn mask(slot: &Slot, allowed: u64) -> Cexpr {
    let max = u64::MAX >> (64 - 8 * u32::from(slot.width.clamp(1, 8)));
    match allowed & max {
        0 => Cexpr::Atom(load(slot)),
        all if all == max => Cexpr::Const(false),
        allowed => Cexpr::Bare([&*load(slot), " & ~", &hex(allowed, slot.width)].concat()),
    }
}

/// Whether the word lies outside of an inclusive range.
fn outside(slot: &Slot, (low, high): (u64, u64)) -> Cexpr {
    if slot.signed {
        let (low, high) = (low.cast_signed(), high.cast_signed());
        let term = || Term::Slot(slot.clone());
        let mut conds = Conds::default();
        let mut at = |op, value| conds.cond(&Cond::Compare(op, term(), Term::Signed(value)), false);
        if low == high {
            return at(Compare::Ne, low);
        }
        return Cexpr::any(vec![at(Compare::Lt, low), at(Compare::Gt, high)]);
    }
    if low == high {
        return word(Compare::Ne, slot, low);
    }
    Cexpr::any(vec![word(Compare::Lt, slot, low), word(Compare::Gt, slot, high)])
}

/// Bytes that most steps do not exceed.
const ROOM: usize = 256;

/// What functions that judge return.
const RETURNS: &str = "0, or a negative errno.";

/// Parameters and what they are for.
fn params(copies: bool, sized: bool) -> Vec<(&'static str, &'static str)> {
    let mut params = Vec::new();
    if copies {
        params.push(("held", "is overwritten; what the user does not provide is zero"));
        params.push(("from", "the user's struct; what lies beyond its size is not read into @held"));
    } else {
        params.push(("held", "what was copied"));
    }
    if sized {
        params.push(("size", "the size that the user claims"));
    }
    params.push(("rule", "set to the id of the rule that refuses; may be NULL"));
    params
}

/// The comment of a function that judges. All of them but the first lines are the same for most structs, and filled
/// once.
fn judge_doc(text: &mut String, name: &str, about: &[&str], copies: bool, sized: bool) {
    static BELOW: [OnceLock<String>; 4] = [const { OnceLock::new() }; 4];
    let below = &BELOW[usize::from(copies) * 2 + usize::from(sized)];
    doc_head(text, name, about);
    text.push_str(below.get_or_init(|| doc_below(&params(copies, sized), RETURNS)));
}

/// A comment as kernel-doc reads it, of a function; `about` is one text in pieces.
pub(super) fn kernel_doc(text: &mut String, name: &str, about: &[&str], params: &[(&str, &str)], returns: &str) {
    doc_head(text, name, about);
    text.push_str(&doc_below(params, returns));
}

/// Columns of a comment, behind what each line begins with.
const DOC_WIDTH: usize = 77;
const STARS: [&str; 2] = [" * ", " *\t"];

fn doc_head(text: &mut String, name: &str, about: &[&str]) {
    text.push_str("/**\n");
    fill(text, STARS, [name, "() - "].into_iter().chain(about.iter().copied()), DOC_WIDTH);
}

fn doc_below(params: &[(&str, &str)], returns: &str) -> String {
    let mut text = String::new();
    for (param, words) in params {
        fill(&mut text, STARS, ["@", param, ": ", words], DOC_WIDTH);
    }
    text.push_str(" *\n");
    fill(&mut text, STARS, ["Return: ", returns], DOC_WIDTH);
    text + " */\n"
}

/// Statements for parameters that the steps do not need.
fn unused(part: &Part<'_>, body: &str, sized: bool, text: &mut String) {
    let mut params = [("held", !part.copies), ("from", part.copies), ("size", sized), ("rule", true)];
    for line in body.lines().map(str::trim_start).filter(|line| !line.starts_with(['*', '/'])) {
        for word in line.as_bytes().split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
            params.iter_mut().filter(|(param, _)| param.as_bytes() == word).for_each(|(_, unused)| *unused = false);
        }
        if params.iter().all(|(_, unused)| !unused) {
            return;
        }
    }
    let before = text.len();
    for (param, _) in params.iter().filter(|(_, unused)| *unused) {
        let _ = writeln!(text, "\t(void){param};");
    }
    if text.len() > before && !body.is_empty() {
        text.push('\n');
    }
}

/// All slots that C will read by name.
pub(super) fn slots(list: &CheckList) -> Vec<&Slot> {
    let mut slots = Vec::new();
    if let SizeFrom::Field(slot) = &list.size {
        slots.push(slot);
    }
    list.steps.iter().for_each(|step| of_step(step, &mut slots));
    slots.sort_by_key(|slot| (slot.offset, slot.path.as_str()));
    slots.dedup();
    slots
}

fn of_step<'a>(step: &'a Step, slots: &mut Vec<&'a Slot>) {
    of_cond(&step.when, slots);
    match &step.op {
        Op::Mask { slot, .. } | Op::OneOf { slot, .. } | Op::Aligned { slot, .. } => slots.push(slot),
        Op::Refuse(cond) => of_cond(cond, slots),
        _ => {}
    }
}

pub(super) fn of_cond<'a>(cond: &'a Cond, slots: &mut Vec<&'a Slot>) {
    match cond {
        Cond::True => {}
        Cond::All(parts) | Cond::Any(parts) => parts.iter().for_each(|part| of_cond(part, slots)),
        Cond::Not(inner) => of_cond(inner, slots),
        Cond::Compare(_, left, right) => {
            of_term(left, slots);
            of_term(right, slots);
        }
        Cond::Bits { word, .. } | Cond::OneBit { word, .. } => slots.push(word),
        Cond::Overflows(term) | Cond::FitsUlong(term) => of_term(term, slots),
    }
}

fn of_term<'a>(term: &'a Term, slots: &mut Vec<&'a Slot>) {
    match term {
        Term::Slot(slot) => slots.push(slot),
        Term::Arith(_, left, right) => {
            of_term(left, slots);
            of_term(right, slots);
        }
        Term::Int(_) | Term::Signed(_) => {}
    }
}
