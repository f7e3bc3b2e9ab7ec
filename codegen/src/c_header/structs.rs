//! Structs and unions.

use argsz_schema::hash::HashSet;
use argsz_schema::layout::{self, Layouts, Placed, StructLayout};
use argsz_schema::model::{Model, Reserved, Struct, Type};

use super::comment::{self, Marks};
use crate::c_type;

/// What has to be known of all structs before one is printed.
pub(super) struct Structs<'a, 'm> {
    pub(super) model: &'m Model,
    pub(super) marks: &'a Marks<'m>,
    /// On every target whose alignments differ.
    layouts: &'a [Layouts<'m>],
    /// Structs that end in a flexible array, their own or that of their last member.
    flexible: HashSet<&'m str>,
}

impl<'a, 'm> Structs<'a, 'm> {
    /// `order` has each struct after those it contains; `layouts` is not empty.
    pub(super) fn new(
        model: &'m Model,
        marks: &'a Marks<'m>,
        layouts: &'a [Layouts<'m>],
        order: &[&'m Struct],
    ) -> Self {
        let mut flexible = HashSet::default();
        for def in order {
            let laid = layouts.iter().find_map(|on| on.structs.get(def.meta.name.as_str()));
            let ends = |placed: &Placed<'_>| match layout::base(&placed.field.ty) {
                Type::Named(name) if flexible.contains(name.as_str()) => true,
                _ => is_flex(&placed.field.ty),
            };
            if laid.is_some_and(|laid| laid.fields.iter().any(ends)) {
                flexible.insert(def.meta.name.as_str());
            }
        }
        Self { model, marks, layouts, flexible }
    }

    pub(super) fn print(&self, def: &Struct) -> String {
        let name = def.meta.name.as_str();
        let Some(laid) = self.layouts.iter().find_map(|on| on.structs.get(name)) else { return String::new() };
        let keyword = c_type::keyword(def.is_union);
        let attributes = match (def.packed, def.align) {
            (true, Some(align)) => format!(" __attribute__((packed, aligned({align})))"),
            (true, None) => " __attribute__((packed))".to_owned(),
            (false, Some(align)) => format!(" __attribute__((aligned({align})))"),
            (false, None) => String::new(),
        };
        // The comment stands right before the struct, or kernel-doc does not find it.
        let (doc, body) = (self.doc(laid), self.body(laid));
        let code = if def.typedef {
            [&*doc, "typedef ", keyword, " {\n", &body, "}", &attributes, " ", name, ";\n"].concat()
        } else {
            [&*doc, keyword, " ", name, " {\n", &body, "}", &attributes, ";\n"].concat()
        };
        self.quiet(laid, code)
    }

    fn doc(&self, laid: &StructLayout<'_>) -> String {
        let meta = &laid.def.meta;
        let text = comment::doc(meta);
        let (brief, rest) = comment::brief(&text);
        let named: Vec<&Placed<'_>> =
            laid.fields.iter().filter(|field| !field.is_unnamed() && field.field.bits.is_empty()).collect();
        let paths: Vec<&str> = named.iter().map(|field| &*field.path).collect();
        let members: Vec<(&str, String)> = named
            .iter()
            .map(|placed| {
                let text = comment::doc(&placed.field.meta);
                let text = match placed.field.reserved {
                    Some(Reserved::Zero) if text.is_empty() => "Must be zero.".to_owned(),
                    Some(Reserved::Ignored) if text.is_empty() => "Ignored.".to_owned(),
                    _ => self.marks.kernel_doc(&text, &paths),
                };
                (&*placed.path, text)
            })
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let keyword = c_type::keyword(laid.def.is_union);
        let title = [keyword, " ", &meta.name, " - ", &self.marks.kernel_doc(&brief, &paths)].concat();
        comment::kernel_doc(title.trim_end_matches([' ', '-']), &members, &self.marks.kernel_doc(rest, &paths))
    }

    fn body(&self, laid: &StructLayout<'_>) -> String {
        let mut text = String::new();
        let mut open: Vec<usize> = Vec::new();
        for (at, placed) in laid.fields.iter().enumerate() {
            while open.last().copied() != placed.parent {
                close(laid, &mut open, &mut text);
            }
            let tabs = usize::from(placed.depth) + 1;
            let indent = "\t".repeat(tabs);
            if let Type::Inline(inline) = layout::base(&placed.field.ty) {
                if placed.is_unnamed() {
                    text.push_str(&comment::block(tabs, &comment::plain(&comment::doc(&placed.field.meta))));
                }
                // C++ has unnamed unions but no unnamed structs, and no flexible arrays.
                let beyond = placed.is_unnamed() && !inline.is_union || is_flex(&placed.field.ty);
                let extension = if beyond { "__extension__ " } else { "" };
                text.push_str(&format!("{indent}{extension}{} {{\n", c_type::keyword(inline.is_union)));
                open.push(at);
            } else if let Some(member) = self.member(laid, at, &indent) {
                text.push_str(&member);
            }
        }
        while !open.is_empty() {
            close(laid, &mut open, &mut text);
        }
        text
    }

    fn member(&self, laid: &StructLayout<'_>, at: usize, indent: &str) -> Option<String> {
        let placed = &laid.fields[at];
        let (name, ty) = (&placed.field.meta.name, &placed.field.ty);
        if !placed.field.bits.is_empty() {
            let number = c_type::specifier(self.model, ty)?;
            let line = |(name, width): &(String, u64)| format!("{indent}{number} {name}:{width};\n");
            return Some(placed.field.bits.iter().map(line).collect());
        }
        let declared = c_type::declaration(self.model, name, ty)?;
        if !is_flex(ty) {
            return Some([indent, &*declared, ";\n"].concat());
        }
        if !unusual(laid, placed) {
            // C++ has no flexible arrays.
            return Some(format!("{indent}__extension__ {declared};\n"));
        }
        // C wants a member before a flexible array; an empty struct is one, but takes a byte in C++.
        let fixed = c_type::declaration(self.model, name, &Type::Array(Box::new(element(ty).clone()), 0))?;
        Some(format!(
            "#ifdef __cplusplus\n{indent}__extension__ {fixed};\n#else\n\
             {indent}__extension__ struct {{\n{indent}\tstruct {{ }} __empty_{name};\n{indent}\t{declared};\n\
             {indent}}};\n#endif\n"
        ))
    }

    /// Switches warnings off for what was published with the shape they warn of.
    fn quiet(&self, laid: &StructLayout<'_>, code: String) -> String {
        let name = laid.def.meta.name.as_str();
        let mut off = Vec::new();
        let holes = |on: &Layouts<'_>| on.structs.get(name).is_some_and(|laid| !laid.holes().is_empty());
        if self.layouts.iter().any(holes) {
            let reasons: Vec<&str> = laid.def.waivers.iter().map(|waiver| waiver.reason.as_str()).collect();
            let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
            off.push(("-Wpadded", format!("The compiler adds padding here{why}")));
        }
        let inner = |placed: &Placed<'_>| match layout::base(&placed.field.ty) {
            Type::Named(name) => self.flexible.contains(name.as_str()),
            _ => is_flex(&placed.field.ty) && unusual(laid, placed),
        };
        if laid.fields.iter().any(inner) {
            off.push(("-Wpedantic", "A flexible array that ISO C does not have in this place".to_owned()));
        }
        if off.is_empty() {
            return code;
        }
        let ignored: String = off
            .iter()
            .map(|(warning, why)| {
                format!("{}#pragma GCC diagnostic ignored \"{warning}\"\n", comment::block(0, &comment::plain(why)))
            })
            .collect();
        format!("#pragma GCC diagnostic push\n{ignored}{code}#pragma GCC diagnostic pop\n")
    }
}

/// Ends the innermost struct or union written in place.
fn close(laid: &StructLayout<'_>, open: &mut Vec<usize>, text: &mut String) {
    if let Some(placed) = open.pop().map(|at| &laid.fields[at]) {
        let name = &placed.field.meta.name;
        let space = if name.is_empty() { "" } else { " " };
        let indent = "\t".repeat(usize::from(placed.depth) + 1);
        text.push_str(&format!("{indent}}}{space}{name}{};\n", c_type::dimensions(&placed.field.ty)));
    }
}

fn is_flex(mut ty: &Type) -> bool {
    loop {
        ty = match ty {
            Type::Flex(_) => return true,
            Type::Array(of, _) => of,
            _ => return false,
        };
    }
}

/// Whether C has no flexible array in the place of this field: in a union, or as the only member.
fn unusual(laid: &StructLayout<'_>, placed: &Placed<'_>) -> bool {
    placed.in_union || laid.fields.iter().filter(|field| field.parent == placed.parent).count() == 1
}

/// What a flexible array is an array of.
fn element(ty: &Type) -> &Type {
    match ty {
        Type::Flex(of) => of,
        other => other,
    }
}
