//! Compares what vendors' layers ask beyond the generic rules.

use argsz_schema::checklist;

use super::findings::Findings;
use super::structs::Both;
use super::{Laid, lists};

/// Every layer that both sides have over a struct. What the generic lists differ in is said already.
pub(super) fn compare(both: &Both<'_>, stay: bool, to: &mut Findings) {
    let (old, new) = both.sides;
    let Some(generic) = &both.lists else { return };
    let mut said = Findings::default();
    lists::compare(both, (&generic.0, &generic.1), stay, &mut said);
    for layer in old.side.model.layers.keys().filter(|layer| on(new, layer, both.name) && on(old, layer, both.name)) {
        let list = |laid: &Laid<'_>| checklist::compile(&laid.layouts, both.name, Some(layer)).ok();
        let Some((before, after)) = list(old).zip(list(new)) else { continue };
        let mut found = Findings::default();
        lists::compare(both, (&before, &after), stay, &mut found);
        to.layered(layer, found, &said);
    }
}

/// Whether a layer has something to say of a struct.
pub(super) fn on(laid: &Laid<'_>, layer: &str, strct: &str) -> bool {
    laid.side.model.layers.get(layer).is_some_and(|layer| layer.on.contains_key(strct))
}
