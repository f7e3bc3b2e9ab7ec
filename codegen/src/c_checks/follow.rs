//! Functions that read what a struct's pointers lead to.

use std::fmt::Write as _;

use argsz_schema::checklist::{CheckList, Cond, Pointer, SizeFrom, Slot};

use super::cond::{Conds, load};
use super::function::{kernel_doc, of_cond};
use super::text::{Cexpr, call, if_line};

/// One pointer of a struct, and the lists of what it leads to.
pub(super) struct Follow<'a> {
    /// The struct that has it.
    pub(super) strct: &'a str,
    pub(super) pointer: &'a Pointer,
    /// In the order of [`Pointer::to`].
    pub(super) lists: Vec<&'a CheckList>,
}

/// The name of the function that follows a pointer.
#[must_use]
pub fn function_name(strct: &str, pointer: &Pointer) -> String {
    format!("{strct}_follow_{}", pointer.word.path.replace('.', "_"))
}

/// The name of the union of what a pointer leads to.
#[must_use]
pub fn union_name(strct: &str, pointer: &Pointer) -> String {
    format!("{strct}_{}", pointer.word.path.replace('.', "_"))
}

impl Follow<'_> {
    /// The union, assertions of what is read of the struct, and the function.
    pub(super) fn emit(&self) -> String {
        let (strct, pointer) = (self.strct, self.pointer);
        let union = union_name(strct, pointer);
        let mut text = format!("\n/* What {} of a struct {strct} leads to. */\nunion {union} {{\n", pointer.word.path);
        for list in &self.lists {
            let _ = writeln!(text, "\tstruct {} {};", list.name, list.name);
        }
        text.push_str("};\n\n");
        for slot in self.slots() {
            let _ = writeln!(text, "ARGSZ_FIELD({strct}, {}, {}, {});", slot.path, slot.offset, slot.width);
        }
        text.push('\n');
        text.push_str(&self.function(&union));
        text
    }

    /// What is read of the struct.
    fn slots(&self) -> Vec<&Slot> {
        let Pointer { word, to, count, bytes, stride, .. } = self.pointer;
        let mut slots: Vec<&Slot> = [count, bytes, stride].into_iter().flatten().chain([word]).collect();
        for (when, _) in to {
            of_cond(when, &mut slots);
        }
        slots.sort_by_key(|slot| (slot.offset, slot.path.as_str()));
        slots.dedup();
        slots
    }

    fn function(&self, union: &str) -> String {
        let (strct, pointer) = (self.strct, self.pointer);
        let name = function_name(strct, pointer);
        let element = if pointer.count.is_some() { "element @at of " } else { "" };
        let about = format!("read {element}what a user's pointer leads to, and judge it by its own rules");
        let mut params = vec![
            ("held", "what was copied"),
            ("space", "the user's memory; there is but one in the kernel, so pass NULL"),
        ];
        let mut args = vec![format!("const struct {strct} *held"), "argsz_space_t space".to_owned()];
        if pointer.count.is_some() {
            params.push(("at", "which element"));
            args.push("__u64 at".to_owned());
        }
        params.push(("to", "is overwritten, if the function does not return 0"));
        params.push(("rule", "set to the id of the rule that refuses; may be NULL"));
        args.extend([format!("union {union} *to"), "const char **rule".to_owned()]);
        let returns = "1; or 0, if there is nothing, or nothing is known of it; or a negative errno.";
        let mut text = String::new();
        kernel_doc(&mut text, &name, &[&about], &params, returns);
        let _ =
            write!(text, "static inline int\n{}{{\n\targsz_user_t place;\n\tint err;\n\n", call(0, &name, &args, ""));
        if let Some(count) = &pointer.count {
            text.push_str(&if_line(&Cexpr::Atom(format!("at >= {}", load(count))), 1));
            text.push_str("\t\treturn 0;\n\n");
        }
        let mut always = false;
        for ((when, _), list) in pointer.to.iter().zip(&self.lists) {
            always |= *when == Cond::True;
            text.push_str(&self.target(when, list));
        }
        text.push_str(if always { "}\n" } else { "\treturn 0;\n}\n" });
        text
    }

    /// Reads one of the structs, if it is that one.
    fn target(&self, when: &Cond, list: &CheckList) -> String {
        let name = &list.name;
        let one = self.pointer.stride.as_ref().map_or_else(|| list.known.to_string(), load);
        let mut address = load(&self.pointer.word);
        if self.pointer.count.is_some() {
            address = format!("argsz_element({address}, at, {one})");
        }
        let mut args = vec![format!("&to->{name}"), "place".to_owned()];
        if list.size == SizeFrom::Caller {
            args.push(match &self.pointer.bytes {
                Some(bytes) if bytes.width == 8 => format!("argsz_min({}, SIZE_MAX)", load(bytes)),
                Some(bytes) => load(bytes),
                None => one,
            });
        }
        args.push("rule".to_owned());
        let cond = Conds::default().cond(when, false);
        let (tabs, head, tail) = match cond {
            Cexpr::Const(true) => (1, String::new(), ""),
            cond => (2, format!("{} {{\n", if_line(&cond, 1).trim_end()), "\t}\n"),
        };
        let tab = "\t".repeat(tabs);
        [
            head,
            call(tabs, "place = argsz_at", &["space".to_owned(), address], ";"),
            call(tabs, &format!("err = {name}_check"), &args, ";"),
            format!("{tab}return err ? err : 1;\n{tail}"),
        ]
        .concat()
    }
}
