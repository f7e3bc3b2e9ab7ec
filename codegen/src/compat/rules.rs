//! The rules, as data: what each says, whom its breach breaks, and the way out.

mod extension;
mod interface;
mod layout;
mod reserved;
mod values;

use super::Effect;

/// A rule of compatibility.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable: `L02`.
    pub id: &'static str,
    /// The change it is about, without a full stop.
    pub title: &'static str,
    /// Whom it may break; the first is what it does if nothing else is known.
    pub effects: &'static [Effect],
    /// Diagnostics of the language that refuse such a schema before it can be compared.
    pub codes: &'static [&'static str],
    /// Whether payloads can show it: it is about what a reader takes in.
    pub runs: bool,
    /// Why.
    pub why: &'static str,
    /// The way out.
    pub mend: &'static str,
    /// An edit that breaks it, as a difference of two schemas without their heads: see [`Rule::pair`].
    pub shown: &'static str,
}

impl Rule {
    /// Its place in `docs/compat.md`.
    #[must_use]
    pub fn anchor(&self) -> String {
        self.id.to_lowercase()
    }

    /// Two schemas that show it, before and after the edit. The newest release of the first is `1`, that of the second
    /// is `2`.
    #[must_use]
    pub fn pair(&self) -> [String; 2] {
        let side = |releases: &str, other: char| {
            let lines =
                self.shown.lines().filter(|line| !line.starts_with(other)).map(|line| line.get(1..).unwrap_or(line));
            let head =
                "grammar = 1\n\n[header]\npath = \"linux/t.h\"\nguard = \"_UAPI_LINUX_T_H\"\nlicense = \"MIT\"\n";
            let body: String = lines.map(|line| format!("{line}\n")).collect();
            format!("{head}includes = [\"linux/types.h\"]\nreleases = [{releases}]\n\n{body}")
        };
        [side("\"0\", \"1\"", '+'), side("\"0\", \"1\", \"2\"", '-')]
    }
}

/// Every rule, by family.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    let families = [layout::RULES, extension::RULES, values::RULES, reserved::RULES, interface::RULES];
    families.into_iter().flatten()
}

/// The rule of that id, in any case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

const S: Effect = Effect::SAFE;
const O: Effect = Effect::OLD;
const N: Effect = Effect::NEW;
const B: Effect = Effect::BOTH;
const SRC: Effect = Effect::SOURCE;
const O_SRC: Effect = Effect::OLD_SOURCE;
const GATE: Effect = Effect::GATE;

/// A row of the table.
const fn rule(
    shown: &'static str,
    [id, title, why, mend]: [&'static str; 4],
    effects: &'static [Effect],
    codes: &'static [&'static str],
    runs: bool,
) -> Rule {
    Rule { id, title, effects, codes, runs, why, mend, shown }
}
