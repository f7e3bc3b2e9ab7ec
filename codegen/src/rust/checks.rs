//! Validators: a check list as functions that copy a struct from a user and judge what was copied.

use argsz_schema::checklist::{CheckList, Op, SizeFrom, Step};
use argsz_schema::model::Meta;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

use super::conds::Words;
use super::{docs, names};
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
    pub(super) fn emit(&self) -> Result<TokenStream, EmitError> {
        let (before, after) = self.lists.halves()?;
        let name = names::type_name(self.meta);
        let mut methods = self.copy(before);
        if !after.is_empty() {
            methods.extend(self.after(after));
        }
        for layered in &self.lists.layered {
            let own = self.lists.beyond(layered)?;
            methods.extend(self.layer(layered.layer.as_deref().unwrap_or_default(), own, !after.is_empty()));
        }
        Ok(quote! {
            #[allow(clippy::manual_range_contains, clippy::nonminimal_bool, clippy::too_many_lines)]
            impl #name { #methods }
        })
    }

    fn list(&self) -> &CheckList {
        &self.lists.generic
    }

    fn sized(&self) -> bool {
        self.list().size == SizeFrom::Caller
    }

    /// The parameter that says the size, where no field does, and the same to hand on.
    fn size(&self) -> (Option<TokenStream>, Option<TokenStream>) {
        (self.sized().then(|| quote! { , size: usize }), self.sized().then(|| quote! { , size }))
    }

    fn copy_name(&self, layer: Option<&str>) -> Ident {
        let sized = if self.sized() { "_with_size" } else { "" };
        match layer {
            None => format_ident!("copy_from_user{}", sized),
            Some(layer) => format_ident!("copy_from_user_{}{}", layer, sized),
        }
    }

    fn copy(&self, steps: &[Step]) -> TokenStream {
        let mut lines = vec![
            format!("Copies the struct from a user, and judges it as a kernel of {} does.", self.release),
            String::new(),
            "Each byte is read once, and what was judged is what is returned. Bytes that the user does not".to_owned(),
            "provide are zero.".to_owned(),
        ];
        if self.sized() {
            lines.extend([String::new(), "`size` is what the user claims to have filled in.".to_owned()]);
        }
        if self.lists.halves().is_ok_and(|(_, after)| !after.is_empty()) {
            lines.extend([String::new(), "Rules for after objects were looked up are left to".to_owned()]);
            lines.push("[`check_after_lookup`](Self::check_after_lookup).".to_owned());
        }
        let docs = docs::attributes(&lines);
        let (name, (size, _)) = (self.copy_name(None), self.size());
        let body = self.steps(steps, true);
        let user = if steps.iter().any(|step| reads(&step.op)) {
            quote! { user }
        } else {
            quote! { _user }
        };
        quote! {
            #docs
            pub fn #name(#user: &(impl UserMemory + ?Sized) #size) -> Result<Self, Rejection> {
                #body
                Ok(held)
            }
        }
    }

    fn after(&self, steps: &[Step]) -> TokenStream {
        let docs = docs::attributes(&[
            "Judges what a kernel judges only after it has looked up the objects that the struct names by id, and",
            "which then has lost against an id that does not exist.",
        ]);
        let (body, (size, _)) = (self.steps(steps, false), self.size());
        quote! {
            #docs
            pub fn check_after_lookup(&self #size) -> Result<(), Rejection> {
                #body
                Ok(())
            }
        }
    }

    fn layer(&self, layer: &str, steps: &[Step], after: bool) -> TokenStream {
        let about = format!("Judges what the layer `{layer}` asks beyond the generic rules.");
        let both = format!("Copies the struct from a user, and judges it by the generic rules and those of `{layer}`.");
        let (about, both) = (docs::attributes(&[about]), docs::attributes(&[both]));
        let (check, copy, generic) =
            (format_ident!("check_{}", layer), self.copy_name(Some(layer)), self.copy_name(None));
        let (body, (size, pass)) = (self.steps(steps, false), self.size());
        let unused = (!uses_size(steps)).then(|| quote! { #[allow(unused_variables)] }).filter(|_| self.sized());
        let size_only = pass.as_ref().map(|_| quote! { size });
        let after = after.then(|| quote! { held.check_after_lookup(#size_only)?; });
        quote! {
            #about
            #unused
            pub fn #check(&self #size) -> Result<(), Rejection> {
                #body
                Ok(())
            }

            #both
            pub fn #copy(user: &(impl UserMemory + ?Sized) #size) -> Result<Self, Rejection> {
                let held = Self::#generic(user #pass)?;
                #after
                held.#check(#size_only)?;
                Ok(held)
            }
        }
    }

    /// Steps in their order. Code that copies fills `held`; other code looks at `self`.
    fn steps(&self, steps: &[Step], copies: bool) -> TokenStream {
        let known = Literal::u32_unsuffixed(self.list().known);
        let held = if copies {
            quote! { &held }
        } else {
            quote! { self }
        };
        let view = quote! { let bytes: &[u8; #known] = argsz::zerocopy::transmute_ref!(#held); };
        let mut words = Words::new(self.sized());
        let mut code = if copies {
            quote! { let mut held = Self::new_zeroed(); }
        } else {
            quote! {}
        };
        if self.sized() && uses_size(steps) {
            code.extend(quote! { let size = size as u64; });
        }
        // Whether `bytes` shows what was copied last.
        let mut shown = false;
        for step in steps {
            let size = match &self.list().size {
                SizeFrom::Field(slot) if uses_size(std::slice::from_ref(step)) => {
                    let word = words.word(slot);
                    quote! { #word }
                }
                SizeFrom::Caller => quote! { size },
                SizeFrom::Field(_) | SizeFrom::Known => quote! { #known },
            };
            let body = body(step, &size, &mut words);
            let lets = words.declare();
            if !shown && (!lets.is_empty() || body.to_string().contains("(bytes)")) {
                code.extend(view.clone());
                shown = true;
            }
            if matches!(step.op, Op::CopyFixed { .. } | Op::CopyRest { .. }) {
                shown = false;
            }
            code.extend(quote! { #lets #body });
        }
        code
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

/// One step: what it does, or when it refuses.
fn body(step: &Step, size: &TokenStream, words: &mut Words) -> TokenStream {
    let when = words.cond(&step.when);
    let (rejection, fault) = (rejection(step, step.errno.0), rejection(step, "EFAULT"));
    let action = match &step.op {
        Op::CopyFixed { len } => {
            let len = Literal::u32_unsuffixed(*len);
            quote! { if argsz::read::copy(user, held.as_mut_bytes(), 0, #len, #len).is_err() { return #rejection; } }
        }
        Op::CopyRest { from, to } => {
            let (from, to) = (Literal::u32_unsuffixed(*from), Literal::u32_unsuffixed(*to));
            quote! { if argsz::read::copy(user, held.as_mut_bytes(), #from, #to, #size).is_err() { return #rejection; } }
        }
        Op::ZeroTail { from } => {
            let from = Literal::u32_unsuffixed(*from);
            quote! { match argsz::read::zero_tail(user, #from, #size) {
                Ok(true) => {}
                Ok(false) => return #rejection,
                Err(argsz::Fault) => return #fault,
            } }
        }
        op => {
            let refused = words.refused(op, size);
            let all = super::conds::Code::all(vec![when, refused]);
            return match all {
                super::conds::Code::Const(false) => quote! {},
                all => {
                    let all = all.tokens();
                    quote! { if #all { return #rejection; } }
                }
            };
        }
    };
    match when {
        super::conds::Code::Const(true) => action,
        super::conds::Code::Const(false) => quote! {},
        when => {
            let when = when.tokens();
            quote! { if #when { #action } }
        }
    }
}

fn rejection(step: &Step, errno: &str) -> TokenStream {
    let Step { id, field, why, .. } = step;
    let (offset, errno) = (Literal::u32_unsuffixed(step.offset), names::ident(errno));
    quote! { argsz::refuse(#id, #field, #offset, Errno::#errno, #why) }
}
