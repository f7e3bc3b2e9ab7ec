//! Check lists as SMT-LIB 2 (logic `QF_BV`).
//!
//! What is free: `u.0`, `u.1`, ... the bytes of a user's memory, 8 bits each, up to [`BEYOND`] bytes after the longest
//! struct; `mapped`, where that memory ends (at most [`MOST_MAPPED`]; what lies between is zero); `beside`, the size that
//! travels beside the pointer. What is defined of a list called `a`, its steps counted from 0:
//!
//! | name | sort | meaning |
//! |---|---|---|
//! | `a.refuses.3` | `Bool` | step 3 is judged and refuses, whatever came before |
//! | `a.first.3` | `Bool` | step 3 is the reader's answer |
//! | `a.accepts` | `Bool` | no step refuses |
//! | `a.errno` | 8 bits | 0, or a number for the errno, the same in all lists of a script |
//! | `a.size` | 64 bits | the user's size |
//! | `a.held.7` | 8 bits | byte 7 of the struct held, if it was accepted |

use std::fmt::Write as _;

use argsz_schema::checklist::{CheckList, Op, SizeFrom, Step};
use argsz_schema::target::Target;

use super::cond::{MUL_OVERFLOWS, View, joined, mul_overflows, number};
use crate::engine::Input;

/// Bytes of memory after the longest struct that may be other than zero.
pub const BEYOND: u32 = 16;

/// Where memory ends at the latest, in bytes.
pub const MOST_MAPPED: u32 = 1 << 16;

const ZERO: &str = "#x00";

/// One or more lists over the same memory.
#[derive(Clone, Debug)]
pub struct Script {
    text: String,
    room: u32,
    strct: String,
    /// Whether a list takes the size from beside the pointer.
    beside: bool,
}

impl Script {
    /// Prints lists, each under a name.
    #[must_use]
    pub fn new(lists: &[(&str, &CheckList)], target: Target) -> Self {
        let longest = lists.iter().map(|(_, list)| list.known).max().unwrap_or(0);
        let room = longest.saturating_add(BEYOND);
        let mut text = String::new();
        for at in 0..room {
            let _ = writeln!(text, "(declare-const u.{at} (_ BitVec 8))");
        }
        text.push_str("(declare-const mapped (_ BitVec 64))\n(declare-const beside (_ BitVec 64))\n");
        let _ = writeln!(text, "(assert (bvule mapped {}))", number(MOST_MAPPED.into()));
        let mut errnos = vec!["EFAULT"];
        for (name, list) in lists {
            let held = vec![ZERO.to_owned(); list.known as usize];
            let mut printer = Printer { name, list, target, room, held, errnos: &mut errnos, text: &mut text };
            printer.list();
        }
        let products = if text.contains(MUL_OVERFLOWS) { mul_overflows() } else { String::new() };
        Self {
            text: format!("(set-logic QF_BV)\n{products}{text}"),
            room,
            strct: lists.first().map(|(_, list)| list.name.clone()).unwrap_or_default(),
            beside: lists.iter().any(|(_, list)| list.size == SizeFrom::Caller),
        }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of memory that may be other than zero.
    #[must_use]
    pub fn room(&self) -> u32 {
        self.room
    }

    /// What is free, in the order of [`Script::input`].
    #[must_use]
    pub fn free(&self) -> Vec<String> {
        let bytes = (0..self.room).map(|at| format!("u.{at}"));
        ["mapped".to_owned(), "beside".to_owned()].into_iter().chain(bytes).collect()
    }

    /// The call that values of [`Script::free`] stand for.
    #[must_use]
    pub fn input(&self, values: &[u64]) -> Option<Input> {
        let [mapped, beside, bytes @ ..] = values else { return None };
        let mut user: Vec<u8> = bytes.iter().map(|byte| byte.to_le_bytes()[0]).collect();
        user.resize(usize::try_from(*mapped).ok()?, 0);
        Some(Input { strct: self.strct.clone(), user, size: self.beside.then_some(*beside) })
    }

    /// An assertion that the call is this one; `None` if it is beyond what the script speaks of.
    #[must_use]
    pub fn is(&self, input: &Input) -> Option<String> {
        let room = self.room as usize;
        let beyond = input.user.get(room..).unwrap_or_default();
        if input.user.len() > MOST_MAPPED as usize || beyond.iter().any(|byte| *byte != 0) {
            return None;
        }
        let mapped = input.user.len() as u64;
        let beside = number(input.size.unwrap_or(mapped));
        let mut parts = vec![format!("(= mapped {})", number(mapped)), format!("(= beside {beside})")];
        parts.extend(input.user.iter().take(room).enumerate().map(|(at, byte)| format!("(= u.{at} #x{byte:02x})")));
        Some(joined("and", &parts, "true"))
    }
}

struct Printer<'a> {
    name: &'a str,
    list: &'a CheckList,
    target: Target,
    room: u32,
    /// The bytes held so far, as terms.
    held: Vec<String>,
    /// Errnos met so far: their place is one less than their number.
    errnos: &'a mut Vec<&'static str>,
    text: &'a mut String,
}

impl Printer<'_> {
    fn define(&mut self, what: &str, sort: &str, term: &str) {
        let _ = writeln!(self.text, "(define-fun {}.{what} () {sort} {term})", self.name);
    }

    fn list(&mut self) {
        let (name, list) = (self.name, self.list);
        let layer = list.layer.as_ref().map(|layer| format!(", layer {layer}")).unwrap_or_default();
        let _ = writeln!(self.text, "\n; {name}: struct {}{layer}, {} bytes known", list.name, list.known);
        self.define("past.0", "Bool", "true");
        let mut errno = ZERO.to_owned();
        for (at, step) in list.steps.iter().enumerate() {
            let _ = writeln!(self.text, "; {at}: {} ({})", step.id, step.errno.0);
            let refuses = self.step(at, step);
            self.define(&format!("refuses.{at}"), "Bool", &refuses);
            self.define(&format!("first.{at}"), "Bool", &format!("(and {name}.past.{at} {name}.refuses.{at})"));
            let past = format!("(and {name}.past.{at} (not {name}.refuses.{at}))");
            self.define(&format!("past.{}", at + 1), "Bool", &past);
            let code = self.errno(at, step);
            errno = format!("(ite {name}.first.{at} {code} {errno})");
        }
        self.define("accepts", "Bool", &format!("{name}.past.{}", list.steps.len()));
        self.define("errno", "(_ BitVec 8)", &errno);
        let size = self.size();
        self.define("size", "(_ BitVec 64)", &size);
        for (at, byte) in self.held.clone().into_iter().enumerate() {
            self.define(&format!("held.{at}"), "(_ BitVec 8)", &byte);
        }
    }

    fn view(&self) -> View<'_> {
        View { target: self.target, held: &self.held }
    }

    fn size(&self) -> String {
        match &self.list.size {
            SizeFrom::Field(slot) => self.view().unsigned(slot),
            SizeFrom::Caller => "beside".to_owned(),
            SizeFrom::Known => number(self.list.known.into()),
        }
    }

    fn number_of(&mut self, errno: &'static str) -> String {
        let at = self.errnos.iter().position(|known| *known == errno).unwrap_or_else(|| {
            self.errnos.push(errno);
            self.errnos.len() - 1
        });
        format!("#x{:02x}", at + 1)
    }

    /// The errno of a step that refuses; a tail has two.
    fn errno(&mut self, at: usize, step: &Step) -> String {
        let own = self.number_of(step.errno.0);
        match step.op {
            Op::ZeroTail { .. } => {
                let missing = self.number_of("EFAULT");
                format!("(ite {}.dirty.{at} {own} {missing})", self.name)
            }
            _ => own,
        }
    }

    /// Whether a step is judged and refuses; what it copies is held from then on.
    fn step(&mut self, at: usize, step: &Step) -> String {
        let when = self.view().cond(&step.when);
        let view = self.view();
        let size = self.size();
        let refuses = match &step.op {
            Op::CopyFixed { len } => {
                for at in 0..*len {
                    self.hold(at, &when, format!("u.{at}"));
                }
                format!("(bvult mapped {})", number((*len).into()))
            }
            Op::CopyRest { from, to } => self.copy_rest(at, &when, &size, *from, *to),
            Op::MinSize { bytes } => format!("(bvult {size} {})", number((*bytes).into())),
            Op::MaxSize { bytes } => format!("(bvugt {size} {})", number((*bytes).into())),
            Op::ZeroTail { from } => self.tail(at, &size, *from),
            Op::Zero { from, to } => {
                let bytes = self.held.get(*from as usize..*to as usize).unwrap_or_default();
                let dirty: Vec<String> = bytes.iter().map(|byte| format!("(distinct {byte} {ZERO})")).collect();
                joined("or", &dirty, "false")
            }
            Op::Mask { slot, allowed } => {
                format!("(distinct (bvand {} {}) {})", view.unsigned(slot), number(!allowed), number(0))
            }
            Op::OneOf { slot, ranges } => {
                let (value, order) =
                    if slot.signed { (view.signed(slot), "bvsle") } else { (view.unsigned(slot), "bvule") };
                let within = |(low, high): &(u64, u64)| {
                    format!("(and ({order} {} {value}) ({order} {value} {}))", number(*low), number(*high))
                };
                let ranges: Vec<String> = ranges.iter().map(within).collect();
                format!("(not {})", joined("or", &ranges, "false"))
            }
            Op::Aligned { slot, to } => {
                let low = number(to.saturating_sub(1));
                format!("(distinct (bvand {} {low}) {})", view.unsigned(slot), number(0))
            }
            Op::Refuse(cond) => view.cond(cond),
        };
        if when == "true" { refuses } else { format!("(and {when} {refuses})") }
    }

    /// A byte is held from now on, if `when`.
    fn hold(&mut self, at: u32, when: &str, byte: String) {
        if let Some(held) = self.held.get_mut(at as usize) {
            *held = if when == "true" { byte } else { format!("(ite {when} {byte} {held})") };
        }
    }

    fn copy_rest(&mut self, at: usize, when: &str, size: &str, from: u32, to: u32) -> String {
        let (first, last) = (number(from.into()), number(to.into()));
        self.define(&format!("end.{at}"), "(_ BitVec 64)", &format!("(ite (bvult {size} {last}) {size} {last})"));
        self.define(&format!("when.{at}"), "Bool", when);
        let (end, when) = (format!("{}.end.{at}", self.name), format!("{}.when.{at}", self.name));
        for byte in from..to {
            // One name each, or terms that mention bytes would grow with every copy.
            let given = format!("(and {when} (bvult {} {end}))", number(byte.into()));
            self.hold(byte, &given, format!("u.{byte}"));
            let named = format!("got.{at}.{byte}");
            let Some(term) = self.held.get(byte as usize).cloned() else { continue };
            self.define(&named, "(_ BitVec 8)", &term);
            self.held[byte as usize] = format!("{}.{named}", self.name);
        }
        format!("(and (bvugt {end} {first}) (bvugt {end} mapped))")
    }

    /// The first byte that is not zero decides, or the end of memory.
    fn tail(&mut self, at: usize, size: &str, from: u32) -> String {
        let dirty = |byte: u32| {
            let there = number(byte.into());
            format!("(and (bvult {there} {size}) (bvult {there} mapped) (distinct u.{byte} {ZERO}))")
        };
        let dirty: Vec<String> = (from..self.room).map(dirty).collect();
        self.define(&format!("dirty.{at}"), "Bool", &joined("or", &dirty, "false"));
        let first = number(from.into());
        format!("(or {}.dirty.{at} (and (bvugt {size} {first}) (bvugt {size} mapped)))", self.name)
    }
}
