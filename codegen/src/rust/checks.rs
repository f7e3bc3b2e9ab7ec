//! Validators: a check list as functions that copy a struct from a user and judge what was copied.

use argsz_schema::checklist::{CheckList, Op, SizeFrom, Step};
use argsz_schema::model::Meta;

use super::conds::Words;
use super::names;
use super::text::{Code, Lines, escaped};
use crate::EmitError;
use crate::lists::StructLists;

/// The validators of one struct.
pub(super) struct Checks<'a> {
    pub(super) lists: &'a StructLists,
    /// Name of the release, for docs.
    pub(super) release: &'a str,
    /// The struct.
    pub(super) meta: &'a Meta,
}

impl Checks<'_> {
    /// All of them, as methods of the struct.
    pub(super) fn emit(&self) -> Result<String, EmitError> {
        let (before, after) = self.lists.halves()?;
        let mut code = Lines::new(0);
        code.line("#[allow(clippy::manual_range_contains, clippy::nonminimal_bool)]");
        code.line("#[allow(clippy::too_many_lines, clippy::verbose_bit_mask)]");
        code.open(format_args!("impl {} {{", names::type_name(self.meta)));
        self.copy(before, !after.is_empty(), &mut code);
        if !after.is_empty() {
            self.after(after, &mut code);
        }
        for layered in &self.lists.layered {
            let own = self.lists.beyond(layered)?;
            self.layer(layered.layer.as_deref().unwrap_or_default(), own, !after.is_empty(), &mut code);
        }
        code.close();
        Ok(code.into_text())
    }

    fn list(&self) -> &CheckList {
        &self.lists.generic
    }

    fn sized(&self) -> bool {
        self.list().size == SizeFrom::Caller
    }

    /// The parameter that says the size, where no field does, and the same to hand on.
    fn size(&self) -> (&'static str, &'static str) {
        if self.sized() { (", size: usize", ", size") } else { ("", "") }
    }

    fn copy_name(&self, layer: Option<&str>) -> String {
        let sized = if self.sized() { "_with_size" } else { "" };
        match layer {
            None => format!("copy_from_user{sized}"),
            Some(layer) => format!("copy_from_user_{layer}{sized}"),
        }
    }

    fn copy(&self, steps: &[Step], more: bool, code: &mut Lines) {
        code.docs(&[
            &format!("Copies the struct from a user, and judges it as a kernel of {} does.", self.release),
            "",
            "Each byte is read once, and what was judged is what is returned. Bytes that the user does not",
            "provide are zero.",
        ]);
        if self.sized() {
            code.docs(&["", "`size` is what the user claims to have filled in."]);
        }
        if more {
            code.docs(&["", "Rules for after objects were looked up are left to"]);
            code.docs(&["[`check_after_lookup`](Self::check_after_lookup)."]);
        }
        let (name, (size, _)) = (self.copy_name(None), self.size());
        let user = if steps.iter().any(|step| reads(&step.op)) { "user" } else { "_user" };
        code.open(format_args!(
            "pub fn {name}({user}: &(impl UserMemory + ?Sized){size}) -> Result<Self, Rejection> {{"
        ));
        code.line("let mut held = Self::new_zeroed();");
        self.steps(steps, "&held", code);
        code.line("Ok(held)");
        code.close();
    }

    fn after(&self, steps: &[Step], code: &mut Lines) {
        code.line("");
        code.docs(&[
            "Judges what a kernel judges only after it has looked up the objects that the struct names by id, and",
            "which then has lost against an id that does not exist.",
        ]);
        code.line("#[inline]");
        code.open(format_args!("pub fn check_after_lookup(&self{}) -> Result<(), Rejection> {{", self.size().0));
        self.steps(steps, "self", code);
        code.line("Ok(())");
        code.close();
    }

    fn layer(&self, layer: &str, steps: &[Step], after: bool, code: &mut Lines) {
        let (copy, generic) = (self.copy_name(Some(layer)), self.copy_name(None));
        let ((size, pass), size_only) = (self.size(), if self.sized() { "size" } else { "" });
        code.line("");
        code.docs(&[format!("Judges what the layer `{layer}` asks beyond the generic rules.")]);
        if self.sized() && !uses_size(steps) {
            code.line("#[allow(unused_variables)]");
        }
        code.line("#[inline]");
        code.open(format_args!("pub fn check_{layer}(&self{size}) -> Result<(), Rejection> {{"));
        self.steps(steps, "self", code);
        code.line("Ok(())");
        code.close();
        code.line("");
        code.docs(&[format!(
            "Copies the struct from a user, and judges it by the generic rules and those of `{layer}`."
        )]);
        code.open(format_args!("pub fn {copy}(user: &(impl UserMemory + ?Sized){size}) -> Result<Self, Rejection> {{"));
        code.line(format_args!("let held = Self::{generic}(user{pass})?;"));
        if after {
            code.line(format_args!("held.check_after_lookup({size_only})?;"));
        }
        code.line(format_args!("held.check_{layer}({size_only})?;"));
        code.line("Ok(held)");
        code.close();
    }

    /// Steps in their order. Code that copies fills `held`; other code looks at `self`.
    fn steps(&self, steps: &[Step], held: &str, code: &mut Lines) {
        let known_bytes = self.list().known.to_string();
        let mut words = Words::new(self.sized());
        if self.sized() && uses_size(steps) {
            code.line("let size = size as u64;");
        }
        // Whether `bytes` shows what was copied last.
        let mut shown = false;
        for step in steps {
            let size = match &self.list().size {
                SizeFrom::Field(slot) if uses_size(std::slice::from_ref(step)) => words.word(slot),
                SizeFrom::Caller => "size".to_owned(),
                SizeFrom::Field(_) | SizeFrom::Known => known_bytes.clone(),
            };
            let mut body = Lines::new(code.depth());
            body_of(step, &size, &mut words, &mut body);
            let (lets, body) = (words.declare(), body.into_text());
            if !shown && (!lets.is_empty() || body.contains("(bytes)")) {
                code.line(["let bytes: &[u8; ", &*known_bytes, "] = argsz::zerocopy::transmute_ref!(", held, ");"]);
                shown = true;
            }
            if reads(&step.op) && !matches!(step.op, Op::ZeroTail { .. }) {
                shown = false;
            }
            for one in lets {
                code.line(&one);
            }
            code.verbatim(&body);
        }
    }
}

fn reads(op: &Op) -> bool {
    matches!(op, Op::CopyFixed { .. } | Op::CopyRest { .. } | Op::ZeroTail { .. })
}

fn uses_size(steps: &[Step]) -> bool {
    let by_size =
        |op: &Op| matches!(op, Op::MinSize { .. } | Op::MaxSize { .. } | Op::ZeroTail { .. } | Op::CopyRest { .. });
    steps.iter().any(|step| by_size(&step.op))
}

/// One step: when it refuses.
fn body_of(step: &Step, size: &str, words: &mut Words, code: &mut Lines) {
    let when = words.cond(&step.when);
    let copy = |from: u32, to: u32, size: &str| {
        let [from, to] = [from, to].map(|at| at.to_string());
        let bytes = ["argsz::read::copy::<", &*to, ">(user, held.as_mut_bytes(), ", &from, ", ", size, ").is_err()"];
        Code::Atom(bytes.concat())
    };
    let refused = match &step.op {
        Op::ZeroTail { from } => return zero_tail(step, *from, size, &when, code),
        Op::CopyFixed { len } => copy(0, *len, &len.to_string()),
        Op::CopyRest { from, to } => copy(*from, *to, size),
        op => words.refused(op, size),
    };
    match Code::all(vec![when, refused]) {
        Code::Const(false) => {}
        all => {
            code.open_if(&all);
            refuse(step, step.errno.0, "return ", ";", code);
            code.close();
        }
    }
}

/// The step that reads what lies beyond the known size, and may meet the end of the memory.
fn zero_tail(step: &Step, from: u32, size: &str, when: &Code, code: &mut Lines) {
    let always = *when == Code::Const(true);
    if *when == Code::Const(false) {
        return;
    }
    if !always {
        code.open_if(when);
    }
    code.open(format_args!("match argsz::read::zero_tail(user, {from}, {size}) {{"));
    code.line("Ok(true) => {}");
    refuse(step, step.errno.0, "Ok(false) => return ", ",", code);
    refuse(step, "EFAULT", "Err(argsz::Fault) => return ", ",", code);
    code.close();
    if !always {
        code.close();
    }
}

fn refuse(step: &Step, errno: &str, before: &str, behind: &str, code: &mut Lines) {
    let (id, field, why, offset) =
        (escaped(&step.id), escaped(&step.field), escaped(&step.why), step.offset.to_string());
    let place = ["\"", &*id, "\", \"", &*field, "\", ", &offset, ", ", errno];
    code.call([before, "argsz::refuse!"], Some(place), ["\"", &*why, "\""], behind);
}
