//! Methods that read what a struct's pointers lead to, and the type of what is found there.

use argsz_schema::checklist::{Cond, Pointer, SizeFrom, Slot};
use argsz_schema::model::Meta;

use super::conds::Words;
use super::text::{Code, Lines};
use super::{Abi, Lists, names};
use crate::EmitError;
use crate::lists::{self, StructLists};

/// What is read where a pointer leads.
struct Target<'a> {
    when: Cond,
    lists: &'a StructLists,
    ty: String,
}

/// A pointer of one struct.
struct Follow<'a> {
    pointer: &'a Pointer,
    /// The struct that has it.
    ty: String,
    known: u32,
    targets: Vec<Target<'a>>,
}

/// For each pointer of a struct that can be followed.
pub(super) fn emit(meta: &Meta, all: &Lists<'_>, abi: &Abi<'_>) -> Result<Vec<String>, EmitError> {
    let has = |name: &str| all.0.contains_key(name);
    let mut pieces = Vec::new();
    for pointer in lists::followed(&abi.layouts, &meta.name, has)? {
        let target = |(when, name): &'_ (Cond, String)| {
            let ty = names::type_name(&abi.lookup_struct(name, &meta.name)?.meta);
            Ok(Target { when: when.clone(), lists: all.0[name.as_str()], ty })
        };
        let targets = pointer.to.iter().map(target).collect::<Result<_, EmitError>>()?;
        let known = all.0[meta.name.as_str()].generic.known;
        let ty = names::type_name(meta);
        let follow = Follow { pointer: &pointer, ty, known, targets };
        pieces.extend(follow.declaration());
        pieces.push(follow.method()?);
    }
    Ok(pieces)
}

/// The name of the method that follows a pointer.
pub(crate) fn method_name(pointer: &Pointer) -> String {
    format!("follow_{}", names::field_name(&pointer.word.path.replace('.', "_")))
}

impl Follow<'_> {
    fn field(&self) -> &str {
        &self.pointer.word.path
    }

    /// The type of what is found; one struct needs none of its own.
    fn found(&self) -> String {
        match &*self.targets {
            [one] => one.ty.clone(),
            _ => format!("{}{}", self.ty, names::camel(&self.field().replace('.', "_"))),
        }
    }

    fn declaration(&self) -> Option<String> {
        if self.targets.len() < 2 {
            return None;
        }
        let mut code = Lines::new(0);
        code.docs(&[format!("What `{}` of a [`{}`] leads to.", self.field(), self.ty)]);
        code.line("#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
        code.open(format_args!("pub enum {} {{", self.found()));
        for Target { lists, ty, .. } in &self.targets {
            code.docs(&[format!("A `struct {}`.", lists.generic.name)]);
            code.line(format_args!("{ty}({ty}),"));
        }
        code.close();
        code.line("");
        code.open(format_args!("impl {} {{", self.found()));
        code.docs(&["Its bytes, whichever it is."]);
        code.line("#[must_use]");
        code.open("pub fn as_bytes(&self) -> &[u8] {");
        code.open("match self {");
        for Target { ty, .. } in &self.targets {
            code.line(format_args!("Self::{ty}(held) => held.as_bytes(),"));
        }
        (0..3).for_each(|_| code.close());
        Some(code.into_text())
    }

    fn method(&self) -> Result<String, EmitError> {
        let many = self.pointer.count.is_some();
        let mut code = Lines::new(0);
        code.open(format_args!("impl {} {{", self.ty));
        let what = if many { "element `at` of what" } else { "what" };
        let few = if many { "there are not so many, or " } else { "" };
        code.docs(&[
            format!("Reads {what} `{}` leads to, and judges it by the rules of its own struct.", self.field()),
            String::new(),
            format!("`None` if {few}nothing is known of what lies there."),
        ]);
        let at = if many { ", at: u64" } else { "" };
        let (name, found) = (method_name(self.pointer), self.found());
        code.line(format_args!("pub fn {name}("));
        code.line(format_args!("    &self, space: &(impl argsz::UserSpace + ?Sized){at},"));
        code.open(format_args!(") -> Result<Option<{found}>, Rejection> {{"));
        // `size` is a variable of ours.
        let mut words = Words::new(true);
        let mut body = Lines::new(code.depth());
        if let Some(count) = &self.pointer.count {
            body.open_if(&Code::Plain(format!("at >= {}", words.word(count))));
            body.line("return Ok(None);");
            body.close();
        }
        let mut always = false;
        for target in &self.targets {
            let when = words.cond(&target.when);
            always |= when == Code::Const(true);
            self.target(target, &when, &mut words, &mut body)?;
        }
        if !always {
            body.line("Ok(None)");
        }
        code.line(format_args!("let bytes: &[u8; {}] = argsz::zerocopy::transmute_ref!(self);", self.known));
        words.declare().iter().for_each(|one| code.line(one));
        code.verbatim(&body.into_text());
        code.close();
        code.close();
        Ok(code.into_text())
    }

    /// Reads one of the structs, if it is that one.
    fn target(&self, target: &Target<'_>, when: &Code, words: &mut Words, code: &mut Lines) -> Result<(), EmitError> {
        let Target { lists, ty, .. } = target;
        let list = &lists.generic;
        let mut number = |slot: &Option<Slot>| slot.as_ref().map(|slot| words.word(slot));
        let one = number(&self.pointer.stride).unwrap_or_else(|| list.known.to_string());
        let claimed = number(&self.pointer.bytes).unwrap_or_else(|| one.clone());
        let mut address = words.word(&self.pointer.word);
        if self.pointer.count.is_some() {
            address = format!("argsz::read::element({address}, at, {one})");
        }
        let sized = list.size == SizeFrom::Caller;
        let always = *when == Code::Const(true);
        if !always {
            code.open_if(when);
        }
        code.line(format_args!("let user = space.at({address});"));
        if sized {
            code.line(format_args!("let size = argsz::read::size({claimed});"));
        }
        let (copy, size) = if sized { ("_with_size(&user, size)", "size") } else { ("(&user)", "") };
        code.line(format_args!("let held = {ty}::copy_from_user{copy}?;"));
        if !lists.halves()?.1.is_empty() {
            code.line(format_args!("held.check_after_lookup({size})?;"));
        }
        let held = if self.targets.len() > 1 { format!("{}::{ty}(held)", self.found()) } else { "held".to_owned() };
        if always {
            code.line(format_args!("Ok(Some({held}))"));
        } else {
            code.line(format_args!("return Ok(Some({held}));"));
            code.close();
        }
        Ok(())
    }
}
