//! Maps and sets with a quick hash. Their keys are names of a schema, which its own author wrote: nobody floods them.

/// Finds by key, in no order that may be relied on.
pub type HashMap<K, V> = std::collections::HashMap<K, V, Hasher>;
/// Finds members.
pub type HashSet<T> = std::collections::HashSet<T, Hasher>;
/// Finds by key, in the order of insertion.
pub type IndexMap<K, V> = indexmap::IndexMap<K, V, Hasher>;

pub use rustc_hash::FxBuildHasher as Hasher;
