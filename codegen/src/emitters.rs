//! The table of emitters: what can be generated, under the names the manifest uses.

use crate::{EmitError, Unit};

/// One thing that can be generated.
#[derive(Debug)]
pub struct Emitter {
    /// Its key under `[schema.out]`.
    pub key: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// Makes it.
    pub emit: fn(&Unit<'_>) -> Result<String, EmitError>,
}

/// All of them, in the order in which people think of them.
pub const ALL: &[Emitter] = &[];

/// Looks an emitter up by its key.
#[must_use]
pub fn find(key: &str) -> Option<&'static Emitter> {
    ALL.iter().find(|emitter| emitter.key == key)
}
