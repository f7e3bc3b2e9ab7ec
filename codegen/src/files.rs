//! What is generated, by place: a sorted map of paths to bytes, and the writer that brings it to the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that is generated: path -> bytes, in the order of paths.
pub type FileMap = BTreeMap<PathBuf, Vec<u8>>;
