//! A struct's layout as people know it from pahole, with what the schema says of each field.
//!
//! The text is styled; print it through `anstream`, which leaves the styles out where nobody can see them.

use anstyle::{AnsiColor, Style};
use argsz_schema::layout::{self, Hole, Layouts, Placed, StructLayout};
use argsz_schema::model::{Grows, Path, Type};

use crate::c_type;

const PLACE: Style = AnsiColor::Cyan.on_default();
const NOTE: Style = AnsiColor::Green.on_default();
const HOLE: Style = AnsiColor::Yellow.on_default().bold();
const NAME: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The layout of one struct or union; `None` if there is none of that name.
#[must_use]
pub fn print(layouts: &Layouts<'_>, name: &str) -> Option<String> {
    let laid = layouts.structs.get(name)?;
    let mut printer = Printer { layouts, laid, holes: laid.holes(), open: Vec::new(), width: 0, text: String::new() };
    printer.width = laid.fields.iter().map(|field| printer.head(field).len()).max().unwrap_or(0);
    printer.whole();
    Some(printer.text)
}

struct Printer<'a, 'm> {
    layouts: &'a Layouts<'m>,
    laid: &'a StructLayout<'m>,
    holes: Vec<Hole>,
    /// Structs and unions written in place that are not closed yet.
    open: Vec<usize>,
    /// Of the widest declaration.
    width: usize,
    text: String,
}

impl Printer<'_, '_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn whole(&mut self) {
        let def = self.laid.def;
        self.line(&format!("{} {NAME}{}{NAME:#} {{", c_type::keyword(def.is_union), def.meta.name));
        for at in 0..self.laid.fields.len() {
            let field = &self.laid.fields[at];
            while self.open.last().copied() != field.parent {
                self.close();
            }
            self.hole(field.parent, |hole| !hole.tail && hole.offset + hole.size == field.offset);
            if let Type::Inline(inline) = layout::base(&field.field.ty) {
                self.line(&format!("{}{} {{", indent(field.depth), c_type::keyword(inline.is_union)));
                self.open.push(at);
            } else {
                self.member(at);
            }
        }
        while !self.open.is_empty() {
            self.close();
        }
        self.hole(None, |hole| hole.tail);
        self.foot();
        let attributes = match (def.packed, def.align) {
            (true, Some(align)) => format!(" __attribute__((packed, aligned({align})))"),
            (true, None) => " __attribute__((packed))".to_owned(),
            (false, Some(align)) => format!(" __attribute__((aligned({align})))"),
            (false, None) => String::new(),
        };
        self.line(&format!("}}{attributes};"));
    }

    /// Ends the innermost struct or union written in place.
    fn close(&mut self) {
        if let Some(at) = self.open.pop() {
            self.hole(Some(at), |hole| hole.tail);
            self.member(at);
        }
    }

    fn hole(&mut self, inside: Option<usize>, wanted: impl Fn(&Hole) -> bool) {
        let found = self.holes.iter().copied().find(|hole| hole.inside == inside && wanted(hole));
        if let Some(Hole { offset, size, tail, .. }) = found {
            let depth = inside.map_or(0, |at| self.laid.fields[at].depth + 1);
            let what = if tail { "padding" } else { "hole" };
            let bytes = if size == 1 { "byte" } else { "bytes" };
            self.line(&format!("{}{HOLE}/* XXX {size} {bytes} {what} at {offset} */{HOLE:#}", indent(depth)));
        }
    }

    /// The declaration of a field, or what closes one written in place.
    fn head(&self, placed: &Placed<'_>) -> String {
        let field = placed.field;
        let name = field.meta.name.as_str();
        let text = c_type::declaration(self.layouts.model, name, &field.ty).unwrap_or_else(|| {
            let space = if name.is_empty() { "" } else { " " };
            format!("}}{space}{name}{}", c_type::dimensions(&field.ty))
        });
        format!("{}{text};", indent(placed.depth).replace('\t', "        "))
    }

    fn member(&mut self, at: usize) {
        let placed = &self.laid.fields[at];
        let head = self.head(placed);
        let fill = " ".repeat(self.width.saturating_sub(head.len()));
        let (offset, size) = (placed.offset, placed.size);
        let notes = crate::notes::of_field(placed.field).join(", ");
        let notes = if notes.is_empty() { String::new() } else { format!(" {NOTE}/* {notes} */{NOTE:#}") };
        let tabs = indent(placed.depth);
        let text = head.trim_start();
        self.line(&format!("{tabs}{text}{fill} {PLACE}/* {offset:>5} {size:>5} */{PLACE:#}{notes}"));
    }

    fn foot(&mut self) {
        let (laid, def) = (self.laid, self.laid.def);
        self.line("");
        let mut foot = |text: String| self.line(&format!("\t{DIM}/* {text} */{DIM:#}"));
        let members = laid.fields.iter().filter(|field| !field.is_unnamed()).count();
        foot(format!("size: {}, align: {}, members: {members}", laid.size, laid.align));
        let lost: u64 = laid.holes().iter().map(|hole| hole.size).sum();
        if lost > 0 {
            foot(format!("holes: {}, sum of holes: {lost}", laid.holes().len()));
        }
        let grows = def.grows.first().map_or(Grows::Fixed, |(grows, _)| *grows);
        let by = match grows {
            Grows::Argsz => "grows: the user's argsz says how far, its flags which bytes count",
            Grows::Size => "grows: the user's size field says how far, what is missing is zero",
            Grows::Length => "grows: a length beside the pointer says how far",
            Grows::IoctlSize => "grows: the ioctl number says how far",
            Grows::Fixed => "",
        };
        if !by.is_empty() {
            foot(by.to_owned());
        }
        let end = |path: &Path| self.layouts.locate(&def.meta.name, path).map(|found| found.offset + found.size);
        let mut minimums = Vec::new();
        if let Some((path, _)) = &def.min {
            minimums.extend(end(path).map(|end| format!("minimum size: {end}, through {path}")));
        }
        for min in &def.min_sizes {
            let when = min.when.as_ref().map_or(String::new(), |when| format!(" when {when}"));
            minimums.extend(end(&min.covers).map(|end| format!("minimum size{when}: {end}, through {}", min.covers)));
        }
        for minimum in minimums {
            self.line(&format!("\t{DIM}/* {minimum} */{DIM:#}"));
        }
    }
}

fn indent(depth: u8) -> String {
    "\t".repeat(usize::from(depth) + 1)
}
