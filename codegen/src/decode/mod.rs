//! What bytes mean to a reader: every field with its meaning, the verdict, and the way out of a refusal.

mod fields;
mod json;
mod meaning;
mod text;
mod verdict;

use argsz_schema::Schema;
use argsz_schema::checklist::{CheckList, Op, SizeFrom};
use argsz_schema::interp::Held;
use argsz_schema::layout::Layouts;

pub use json::json;
pub use text::text;

/// Bytes of a user, and who reads them.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The header through all its releases.
    pub schema: &'a Schema,
    /// How the schema is called.
    pub schema_name: &'a str,
    /// The release that reads.
    pub layouts: &'a Layouts<'a>,
    /// What it does.
    pub list: &'a CheckList,
    /// The user's memory, which ends right after these bytes.
    pub user: &'a [u8],
    /// The size that travels beside the pointer.
    pub size: Option<u64>,
}

/// What there is to say of them.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The struct.
    pub strct: String,
    /// The header.
    pub header: String,
    /// The release.
    pub release: String,
    /// The layer.
    pub layer: Option<String>,
    /// Bytes of the struct that this release knows.
    pub known: u64,
    /// Bytes the user says it has.
    pub size: u64,
    /// Whether the user says so (and not the struct, which never changes).
    pub sized: bool,
    /// Bytes of memory there are.
    pub mapped: u64,
    /// Every field, in the order of the struct; of unions the active arm.
    pub fields: Vec<Line>,
    /// Bytes beyond the known size.
    pub tail: Option<Tail>,
    /// Every rule and what became of it, in the order in which they are judged.
    pub rules: Vec<RuleLine>,
    /// The first rule that refuses, as a place in `rules`.
    pub refused: Option<usize>,
}

/// A field and its value.
#[derive(Clone, Debug)]
pub struct Line {
    /// C path.
    pub path: String,
    /// Bytes from the beginning.
    pub offset: u64,
    /// Bytes.
    pub size: u64,
    /// How many structs and unions it is inside of.
    pub depth: usize,
    /// The value; of a struct or union there is none.
    pub value: Value,
    /// What the value means: flags and values by name.
    pub meaning: String,
    /// Why nobody looks at it, if so.
    pub unseen: Option<String>,
    /// Whether the user provided it.
    pub provided: Provided,
    /// Of a bit-field of C: its lowest bit in the number of `size` bytes at `offset`, and how many bits it has.
    pub bits: Option<(u32, u32)>,
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A struct or a union: its members follow.
    Group,
    /// An unsigned number.
    Unsigned(u64),
    /// Flags.
    Flags(u64),
    /// A signed number.
    Signed(i64),
    /// Bytes and arrays.
    Bytes(Vec<u8>),
}

/// How much of a field the user provided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provided {
    /// All.
    Whole,
    /// A part; the rest reads as zero.
    Part,
    /// Nothing: it reads as zero.
    Nothing,
}

/// Bytes beyond those that are known.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Where they begin.
    pub offset: u64,
    /// The bytes, as far as memory and size go.
    pub bytes: Vec<u8>,
}

/// A rule and what became of it.
#[derive(Clone, Debug)]
pub struct RuleLine {
    /// Its id.
    pub id: String,
    /// What it says, for people.
    pub why: String,
    /// The field it is about; empty for the whole.
    pub field: String,
    /// What became of it.
    pub fate: Fate,
    /// Whether it is judged after objects were looked up.
    pub after_lookup: bool,
    /// Where the schema says so: `FILE:LINE`.
    pub place: String,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It refuses nothing.
    Passed,
    /// Its condition does not hold.
    NotAsked,
    /// It refuses; or would, if the ones before had not.
    Refuses {
        /// What the user gets.
        errno: &'static str,
        /// What was found.
        found: String,
        /// The way out.
        fix: String,
    },
}

/// Explains bytes.
#[must_use]
pub fn decode(question: &Question<'_>) -> Answer {
    let list = question.list;
    let size = claimed(question);
    let held = held(question, size);
    let rules = verdict::rules(question, size, &held);
    let refused = rules.iter().position(|rule| matches!(rule.fate, Fate::Refuses { .. }));
    let provided = provided(question, size);
    Answer {
        strct: list.name.clone(),
        header: question.layouts.model.header.path.clone(),
        release: question.schema.release_name(list.release).to_owned(),
        layer: list.layer.clone(),
        known: list.known.into(),
        size,
        sized: list.size != SizeFrom::Known,
        mapped: question.user.len() as u64,
        fields: fields::lines(question, &held, provided),
        tail: tail(question, size),
        rules,
        refused,
    }
}

/// Every field of some bytes, as [`Answer::fields`] has them.
#[must_use]
pub fn fields(question: &Question<'_>) -> Vec<Line> {
    let size = claimed(question);
    fields::lines(question, &held(question, size), provided(question, size))
}

/// The size the user claims, with the byte order of the machine.
fn claimed(question: &Question<'_>) -> u64 {
    match &question.list.size {
        SizeFrom::Field(slot) => Held { target: question.layouts.target, bytes: question.user }.unsigned(slot),
        SizeFrom::Caller => question.size.unwrap_or(question.user.len() as u64),
        SizeFrom::Known => question.list.known.into(),
    }
}

/// Bytes that a reader would take: as far as memory, size and what it knows go.
fn provided(question: &Question<'_>, size: u64) -> u64 {
    let fixed = question.list.steps.iter().find_map(|step| match step.op {
        Op::CopyFixed { len } => Some(u64::from(len)),
        _ => None,
    });
    size.max(fixed.unwrap_or(0)).min(question.list.known.into()).min(question.user.len() as u64)
}

/// The struct as it would be held.
fn held(question: &Question<'_>, size: u64) -> Vec<u8> {
    let mut held = vec![0; question.list.known as usize];
    let provided = usize::try_from(provided(question, size)).unwrap_or(0);
    held[..provided].copy_from_slice(&question.user[..provided]);
    held
}

fn tail(question: &Question<'_>, size: u64) -> Option<Tail> {
    let known = question.list.known as usize;
    let end = usize::try_from(size).unwrap_or(usize::MAX).min(question.user.len());
    let bytes = question.user.get(known..end).filter(|bytes| !bytes.is_empty())?;
    Some(Tail { offset: known as u64, bytes: bytes.to_vec() })
}
