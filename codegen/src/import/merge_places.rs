//! Whether the structs of a merged schema lie as the header has them: fields are matched by name, so that one that moved
//! is found only here.

use argsz_schema::model::Model;
use argsz_schema::source::Source;
use argsz_schema::{Schema, layout, target};

use super::merge::Merge;

impl Merge<'_> {
    /// Compares the layouts of `text`, the merged schema, with those of the header, `new`. `old` is what a person wrote.
    /// What is merged may lack decisions of a person, such as the flag of a new field; they do not matter here.
    pub(super) fn places(&mut self, text: &str, old: &Model, new: &Model) {
        let Some(merged) = Schema::unchecked(Source::new(&self.source.name, text)) else { return };
        let Some(release) = merged.release(self.release) else { return };
        let merged = merged.at(release);
        let laid = |model| layout::layout(model, target::ALL[0]);
        let (Ok(was), Ok(ours), Ok(theirs)) = (laid(old), laid(&merged), laid(new)) else { return };
        for (name, is) in theirs.structs.iter().filter(|(_, is)| is.def.from.is_none()) {
            let (Some(written), Some(merged)) = (was.structs.get(name), ours.structs.get(name)) else { continue };
            let before = self.contradictions.len();
            for field in is.fields.iter().filter(|field| !field.is_unnamed()) {
                let Some(placed) = merged.field(&field.path).filter(|placed| placed.offset != field.offset) else {
                    continue;
                };
                let span = written.field(&field.path).map_or(written.def.meta.span, |placed| placed.field.meta.span);
                let at = |offset: u64| format!("that it is at byte {offset}");
                self.contradiction(&format!("{name}.{}", field.path), span, &at(placed.offset), &at(field.offset));
            }
            if self.contradictions.len() == before && (merged.size, merged.align) != (is.size, is.align) {
                let all = |size: u64, align: u64| format!("{size} bytes aligned to {align}");
                let (ours, theirs) = (all(merged.size, merged.align), all(is.size, is.align));
                self.contradiction(name, written.def.meta.span, &ours, &theirs);
            }
        }
    }
}
