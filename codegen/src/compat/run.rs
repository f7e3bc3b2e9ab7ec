//! Compares by doing: payloads of one release go through the check list of another, and what is read out is compared
//! with what was put in.

use std::collections::HashMap;

use argsz_schema::checklist::{CheckList, SizeFrom};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::base;
use argsz_schema::model::{EnumKind, Type, ValueType};

use super::{Finding, Laid, Which, same};
use crate::decode::{self, Line, Question, Value};
use crate::honest::Known;
use crate::vectors_for::{self, Made};

/// What a kernel makes of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// It takes in what was meant.
    Works,
    /// It refuses.
    Refused {
        /// What the user gets.
        errno: &'static str,
        /// Id of the rule.
        rule: String,
        /// Whether the payload asks for something that this kernel's release does not have.
        asked_for_new: bool,
    },
    /// It accepts, and takes it for something else.
    Misread {
        /// Each field, its bytes and what became of them.
        what: Vec<String>,
    },
}

impl Cell {
    /// Whether it harms the user.
    #[must_use]
    pub fn harms(&self) -> bool {
        matches!(self, Self::Misread { .. } | Self::Refused { asked_for_new: false, .. })
    }
}

/// One payload and what became of it.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What it is an example of: `feature flags has VALID`.
    pub case: String,
    /// The user's memory.
    pub bytes: Vec<u8>,
    /// What the kernel made of it.
    pub cell: Cell,
}

/// What payloads showed of one struct.
#[derive(Clone, Debug)]
pub struct Row {
    /// The struct.
    pub strct: String,
    /// The struct, those inside it, and the flags and enums that they use.
    pub about: Vec<String>,
    /// Users of the old release on the new kernel. Of a struct that is the same in both nothing is run.
    pub old_user: Vec<Sent>,
    /// Users of the new release on the old kernel.
    pub new_user: Vec<Sent>,
}

impl Row {
    /// Harm that was shown and that no finding about the struct, or about values that it uses, foretells.
    pub(super) fn unforetold(&self, findings: &[Finding]) -> Option<String> {
        let told = |old: bool| {
            let about = findings.iter().filter(|finding| self.about.contains(&finding.item));
            about.into_iter().any(|finding| if old { finding.effect.old_user } else { finding.effect.new_user })
        };
        let sides = [
            ("old users on new kernels", &self.old_user, told(true)),
            ("new users on old kernels", &self.new_user, told(false)),
        ];
        sides.into_iter().find_map(|(who, sent, foretold)| {
            let harm = sent.iter().find(|sent| sent.cell.harms())?;
            (!foretold).then(|| format!("`{}`: {who}, {}: {:?}", self.strct, harm.case, harm.cell))
        })
    }
}

/// Harm that a rule foretells, that bytes could show, and that no payload showed; with where it was looked for.
pub(super) fn unshown(finding: &Finding, rows: &[Row]) -> Option<(String, String)> {
    let about: Vec<&Row> = rows.iter().filter(|row| row.about.contains(&finding.item)).collect();
    let shown = |of: fn(&Row) -> &[Sent]| about.iter().any(|row| of(row).iter().any(|sent| sent.cell.harms()));
    let missing: Vec<&str> = [
        (finding.effect.old_user && !shown(|row| &row.old_user), "old users"),
        (finding.effect.new_user && !shown(|row| &row.new_user), "new users"),
    ]
    .into_iter()
    .filter_map(|(missing, who)| missing.then_some(who))
    .collect();
    if missing.is_empty() || !finding.rule.runs {
        return None;
    }
    let runs: usize = about.iter().map(|row| row.old_user.len() + row.new_user.len()).sum();
    let who = missing.join(" and ");
    let why = match about.len() {
        0 => format!("{}: no struct that is read has it, so that no payload of {who} can show it", finding.rule.id),
        _ => format!("{}: argued, not shown: none of {runs} payloads breaks {who}", finding.rule.id),
    };
    Some((finding.full_path(), why))
}

/// Runs every struct that both sides have, both ways.
pub(super) fn rows(
    old: &Laid<'_>,
    new: &Laid<'_>,
    findings: &[Finding],
    skipped: &mut Vec<(String, String)>,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, laid) in old.layouts.structs.iter() {
        if laid.def.is_union || new.layouts.structs.get(name).is_none_or(|laid| laid.def.is_union) {
            continue;
        }
        let (Some(old_list), Some(new_list)) = (old.list(name), new.list(name)) else {
            skipped.push(((*name).to_owned(), "it has no check list, so that nothing can be run".to_owned()));
            continue;
        };
        let mut about = Vec::new();
        reach(old, name, &mut about);
        reach(new, name, &mut about);
        // What both releases lay out, check and name alike they read alike.
        if same::list(&old_list, &new_list) && about.iter().all(|item| same::item(old, new, item)) {
            rows.push(Row { strct: (*name).to_owned(), about, old_user: Vec::new(), new_user: Vec::new() });
            continue;
        }
        let renamed = |from: Which| -> HashMap<String, String> {
            let names = findings.iter().filter_map(|finding| {
                let (was, now) = finding.renamed.clone()?;
                Some(if from == Which::Old { (was, now) } else { (now, was) })
            });
            names.collect()
        };
        let (old_side, new_side) = ((old, &old_list), (new, &new_list));
        let there = Run { user: old_side, kernel: new_side, newer: false, renamed: renamed(Which::Old) };
        let back = Run { user: new_side, kernel: old_side, newer: true, renamed: renamed(Which::New) };
        rows.push(Row { strct: (*name).to_owned(), about, old_user: there.all(), new_user: back.all() });
    }
    rows
}

/// A struct and everything that its bytes are read by.
fn reach(laid: &Laid<'_>, name: &str, about: &mut Vec<String>) {
    about.push(name.to_owned());
    let fields = laid.layouts.structs.get(name).map(|laid| laid.fields.as_slice()).unwrap_or_default();
    for placed in fields {
        if let Some((ValueType::Flags(set) | ValueType::Enum(set), _)) = &placed.field.values {
            about.push(set.clone());
        }
        if let Type::Named(inner) = base(&placed.field.ty)
            && !about.contains(inner)
        {
            reach(laid, inner, about);
        }
    }
}

/// A user of one release on a kernel of another.
struct Run<'a> {
    user: (&'a Laid<'a>, &'a CheckList),
    kernel: (&'a Laid<'a>, &'a CheckList),
    /// Whether the user is the newer one: what an old user asks for was there once.
    newer: bool,
    /// What the user's names are called by the kernel, where that differs.
    renamed: HashMap<String, String>,
}

impl Run<'_> {
    fn all(&self) -> Vec<Sent> {
        let (user, list) = self.user;
        let made = vectors_for::sound(&user.layouts, list).into_iter();
        let good: Vec<Made> = made
            .filter(|made| {
                let sound = ["valid", "feature", "same size"].iter().any(|case| made.case.starts_with(case));
                sound && matches!(made.verdict, Verdict::Accepted(_))
            })
            .collect();
        let known = Known::new(&user.layouts, list.clone());
        let mut sent = Vec::new();
        for made in &good {
            let short = vectors_for::shortest(list, user.layouts.target, &made.input);
            let short = short.and_then(|input| {
                known.sends(&input.user, input.size)?;
                Some((format!("{} in the fewest bytes", made.case), input.user, input.size))
            });
            let whole = honest(&known, made, &good).map(|bytes| (made.case.clone(), bytes, made.input.size));
            for (case, bytes, size) in whole.into_iter().chain(short) {
                let bytes = self.filled(&known, &bytes, size);
                let plain = self.nothing_new(&known, &bytes, size);
                let plain = plain.map(|bytes| (format!("{case}, and asks for nothing new"), bytes));
                for (case, bytes) in [(case, bytes)].into_iter().chain(plain) {
                    let cell = self.cell(&bytes, size);
                    sent.push(Sent { case, bytes, cell });
                }
            }
        }
        sent
    }

    /// The payload with zeros in all that the kernel's release does not have, as a newer user sends it that was only
    /// compiled again. None if there is nothing of the kind, or its own release wants it.
    fn nothing_new(&self, known: &Known, bytes: &[u8], size: Option<u64>) -> Option<Vec<u8>> {
        let mut plain = bytes.to_vec();
        for line in
            lines(self.user, bytes, size).iter().filter(|line| self.newer && !self.kernel_has_field(self.path(line)))
        {
            let (from, to) = (usize::try_from(line.offset).ok()?, usize::try_from(line.offset + line.size).ok()?);
            plain.get_mut(from..to.min(bytes.len()))?.fill(0);
        }
        (plain != bytes && known.sends(&plain, size).is_some()).then_some(plain)
    }

    /// The payload with something in every byte that means nothing by itself, as far as a program of the user's release
    /// may send it.
    fn filled(&self, known: &Known, bytes: &[u8], size: Option<u64>) -> Vec<u8> {
        let list = self.user.1;
        let mut filled = bytes.to_vec();
        let claimed = match &list.size {
            SizeFrom::Field(slot) => usize::from(slot.width) + slot.offset as usize,
            SizeFrom::Caller | SizeFrom::Known => 0,
        };
        let meant: Vec<Line> = lines(self.user, bytes, size);
        let free = |at: &usize| {
            let has_name = meant.iter().any(|line| {
                let inside = (line.offset..line.offset + line.size).contains(&(*at as u64));
                inside && !line.meaning.is_empty() && line.value != Value::Group
            });
            bytes[*at] == 0 && !has_name
        };
        for at in (claimed..bytes.len().min(list.known as usize)).filter(free) {
            filled[at] = 0x40 | (u8::try_from(at % 0x3f).unwrap_or(0) + 1);
            if known.sends(&filled, size).is_none() {
                filled[at] = 0;
            }
        }
        filled
    }

    fn cell(&self, bytes: &[u8], size: Option<u64>) -> Cell {
        let put = lines(self.user, bytes, size);
        let (kernel, list) = self.kernel;
        let size = size.or((list.size == SizeFrom::Caller).then_some(bytes.len() as u64));
        match interp::run(list, kernel.layouts.target, bytes, size) {
            Verdict::Refused(refusal) => Cell::Refused {
                errno: refusal.errno.0,
                rule: refusal.rule,
                asked_for_new: self.newer && put.iter().any(|line| self.is_new(line)),
            },
            Verdict::Accepted(_) => {
                let got = lines(self.kernel, bytes, size);
                let what: Vec<String> =
                    put.iter().filter_map(|line| self.misread(line, &got)).chain(self.invented(&put, &got)).collect();
                if what.is_empty() { Cell::Works } else { Cell::Misread { what } }
            }
        }
    }

    fn path<'l>(&'l self, line: &'l Line) -> &'l str {
        self.renamed.get(&line.path).unwrap_or(&line.path)
    }

    /// Whether a line asks for something that the kernel's release does not have.
    fn is_new(&self, line: &Line) -> bool {
        let there = self.kernel_has_field(self.path(line));
        !there && !is_zero(&line.value) || names(&line.meaning).any(|name| !self.kernel_has(name))
    }

    /// Whether the kernel's release has a field, or an element, of this path.
    fn kernel_has_field(&self, path: &str) -> bool {
        let (kernel, list) = self.kernel;
        let path = path.split('[').next().unwrap_or(path).split('.').map(str::to_owned).collect();
        kernel.layouts.locate(&list.name, &argsz_schema::model::Path(path)).is_some()
    }

    /// Whether the kernel's release has a flag, an enumerator or a constant of this name.
    fn kernel_has(&self, name: &str) -> bool {
        let name = self.renamed.get(name).map_or(name, String::as_str);
        let model = &self.kernel.0.side.model;
        model.find_const(name).is_some()
            || model.flags().any(|set| set.members.iter().any(|member| member.meta.name == name))
            || model.enums().any(|set| {
                set.members.iter().any(|member| member.meta.name == name && member.kind != EnumKind::Counter)
            })
    }

    /// What the kernel takes a line for, if not for what it is.
    fn misread(&self, put: &Line, got: &[Line]) -> Option<String> {
        let bytes = format!("bytes {}..{}", put.offset, put.offset + put.size);
        let meant =
            names(&put.meaning).map(|name| self.renamed.get(name).map_or(name, String::as_str)).collect::<Vec<_>>();
        let Some(got) = got.iter().find(|got| got.path == self.path(put)) else {
            return (!is_zero(&put.value)).then(|| format!("`{}` ({bytes}) is not looked at", put.path));
        };
        let read = names(&got.meaning).collect::<Vec<_>>();
        let both_zero = is_zero(&got.value) && is_zero(&put.value);
        if number(&got.value) != number(&put.value) && !both_zero {
            return Some(format!("`{}` ({bytes}): {:?} is read as {:?}", put.path, put.value, got.value));
        }
        let differs = meant != read && !(meant.is_empty() || read.is_empty());
        let unknown = !meant.is_empty() && read.is_empty() && !is_zero(&put.value);
        (differs || unknown).then(|| format!("`{}` ({bytes}): {} is read as {}", put.path, put.meaning, got.meaning))
    }

    /// What the kernel reads and nobody put there.
    fn invented(&self, put: &[Line], got: &[Line]) -> Vec<String> {
        let known = |line: &&Line| put.iter().any(|put| self.path(put) == line.path);
        let new = got.iter().filter(|line| !is_zero(&line.value)).filter(|line| !known(line));
        new.map(|line| {
            format!(
                "`{}` (bytes {}..{}) is read from what nobody wrote",
                line.path,
                line.offset,
                line.offset + line.size
            )
        })
        .collect()
    }
}

/// The bytes of a vector as a program may send them: a value that counts only under some feature, with that feature.
fn honest(known: &Known, made: &Made, all: &[Made]) -> Option<Vec<u8>> {
    let (bytes, size) = (&made.input.user, made.input.size);
    if known.sends(bytes, size).is_some() {
        return Some(bytes.clone());
    }
    let plain = all.iter().find(|other| other.case.starts_with("valid"))?;
    let changes = |at: &usize| plain.input.user.get(*at) != bytes.get(*at);
    let with = |other: &Made| {
        let mut both = other.input.user.clone();
        both.resize(both.len().max(bytes.len()), 0);
        (0..bytes.len()).filter(changes).for_each(|at| both[at] |= bytes[at]);
        known.sends(&both, size).is_some().then_some(both)
    };
    all.iter().filter(|other| other.case.starts_with("feature")).find_map(with)
}

/// What a release reads in bytes, without groups, sizes and what nobody looks at. Numbers made of bit-fields are compared
/// whole.
fn lines((laid, list): (&Laid<'_>, &CheckList), bytes: &[u8], size: Option<u64>) -> Vec<Line> {
    let size_field = match &list.size {
        SizeFrom::Field(slot) => slot.path.clone(),
        SizeFrom::Caller | SizeFrom::Known => String::new(),
    };
    let seen = |line: &Line| line.unseen.as_ref().is_none_or(|why| why.starts_with("not judged"));
    let lines = every_line((laid, list), bytes, size).into_iter();
    let whole = |line: &Line| line.value != Value::Group && line.bits.is_none();
    lines.filter(|line| whole(line) && line.path != size_field && seen(line)).collect()
}

fn every_line((laid, list): (&Laid<'_>, &CheckList), bytes: &[u8], size: Option<u64>) -> Vec<Line> {
    let schema = &laid.side.schema;
    let question = Question { schema, schema_name: "", layouts: &laid.layouts, list, user: bytes, size };
    decode::fields(&question)
}

/// A value as bits, however its release prints it; bytes have none.
fn number(value: &Value) -> (u64, &[u8]) {
    match value {
        Value::Group => (0, &[]),
        Value::Unsigned(bits) | Value::Flags(bits) => (*bits, &[]),
        Value::Signed(number) => (number.cast_unsigned(), &[]),
        Value::Bytes(bytes) => (0, bytes),
    }
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Group => true,
        Value::Unsigned(number) | Value::Flags(number) => *number == 0,
        Value::Signed(number) => *number == 0,
        Value::Bytes(bytes) => bytes.iter().all(|byte| *byte == 0),
    }
}

/// The C names in a meaning.
fn names(meaning: &str) -> impl Iterator<Item = &str> {
    let is_name = |word: &&str| {
        word.len() > 1
            && word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    meaning.split([' ', ',', '(', ')']).filter(is_name)
}
