//! Rules, as far as they can be judged without input.

use super::{At, Check};

pub(super) fn check(_: &Check<'_>, _: &At<'_>) {}
