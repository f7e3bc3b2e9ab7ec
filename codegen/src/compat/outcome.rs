//! Whom a change breaks.

use std::fmt;
use std::ops::BitOr;

/// Whom a change breaks. None of them: it is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "four ways to break that do not exclude each other")]
pub struct Effect {
    /// An old user breaks on a new kernel.
    pub old_user: bool,
    /// A new, or recompiled, user breaks on an old kernel.
    pub new_user: bool,
    /// Source no longer compiles, or changes its meaning.
    pub source: bool,
    /// The edit itself is refused.
    pub gate: bool,
}

impl Effect {
    /// Nobody.
    pub const SAFE: Self = Self { old_user: false, new_user: false, source: false, gate: false };
    /// Old users on new kernels.
    pub const OLD: Self = Self { old_user: true, ..Self::SAFE };
    /// New users on old kernels.
    pub const NEW: Self = Self { new_user: true, ..Self::SAFE };
    /// Both.
    pub const BOTH: Self = Self { old_user: true, new_user: true, ..Self::SAFE };
    /// Who compiles.
    pub const SOURCE: Self = Self { source: true, ..Self::SAFE };
    /// Old users, and who compiles.
    pub const OLD_SOURCE: Self = Self { old_user: true, source: true, ..Self::SAFE };
    /// The edit is refused.
    pub const GATE: Self = Self { gate: true, ..Self::SAFE };

    /// Exit status of a command that finds it: 0, 10 (source), 11 (one direction), 12 (both, or refused).
    #[must_use]
    pub fn status(self) -> u8 {
        match (self.old_user, self.new_user) {
            _ if self.gate => 12,
            (true, true) => 12,
            (false, false) => u8::from(self.source) * 10,
            _ => 11,
        }
    }

    /// The letters of the tables: `O`, `N`, `B`, `src`, `gate`, `S`.
    #[must_use]
    pub fn letters(self) -> &'static str {
        match (self.old_user, self.new_user, self.source, self.gate) {
            (_, _, _, true) => "gate",
            (true, true, false, _) => "B",
            (true, true, true, _) => "B + src",
            (true, false, false, _) => "O",
            (true, false, true, _) => "O + src",
            (false, true, false, _) => "N",
            (false, true, true, _) => "N + src",
            (false, false, true, _) => "src",
            (false, false, false, _) => "S",
        }
    }
}

impl BitOr for Effect {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            old_user: self.old_user | other.old_user,
            new_user: self.new_user | other.new_user,
            source: self.source | other.source,
            gate: self.gate | other.gate,
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.old_user, self.new_user, self.source, self.gate) {
            (_, _, _, true) => "refused as an edit",
            (true, true, ..) => "breaks both old users and new users",
            (true, false, true, _) => "breaks old users on new kernels, and their source",
            (true, false, ..) => "breaks old users on new kernels",
            (false, true, ..) => "breaks new users on old kernels",
            (false, false, true, _) => "breaks only source",
            (false, false, false, _) => "safe",
        })
    }
}
