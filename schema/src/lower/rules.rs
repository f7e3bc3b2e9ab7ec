//! Minimum sizes, rules, layers and waivers.

use super::kept::Value;
use super::plain;
use super::structs::path;
use super::tree::{Table, string, wrong_kind};
use super::{FOREVER, meta};
use crate::codes;
use crate::diag::Diagnostic;
use crate::hash::IndexMap;
use crate::language;
use crate::model::{Layer, Life, MinSize, Path, Rule, RuleKind, Waiver};
use crate::words;

pub(super) fn min_sizes(table: &Table<'_, '_>, owner: Life) -> Vec<MinSize> {
    let lower = |table: Table<'_, '_>| {
        let covers = table.must_text("covers");
        let lowered = MinSize {
            when: table.condition("when"),
            covers: covers.as_ref().map_or(Path(Vec::new()), |covers| path(table.cx, covers)),
            errno: table.errno("errno"),
            why: table.text("why").map(|why| why.text),
            life: table.life(owner),
            span: covers.as_ref().map_or(table.at, |covers| covers.at),
        };
        table.finish(&language::MIN_SIZE);
        covers.map(|_| lowered)
    };
    table.tables("min_size").into_iter().filter_map(lower).collect()
}

pub(super) fn rules(table: &Table<'_, '_>, key: &'static str, owner: Life) -> Vec<Rule> {
    table.tables(key).into_iter().filter_map(|rule| lower(rule, owner)).collect()
}

fn lower(table: Table<'_, '_>, owner: Life) -> Option<Rule> {
    let said: Vec<&str> = ["refuse", "require", "combine", "covers"].into_iter().filter(|key| table.has(key)).collect();
    let kind = match said[..] {
        ["refuse"] => table.condition("refuse").map(RuleKind::Refuse),
        ["require"] => {
            let (when, that) = (table.condition("when"), table.condition("require"));
            that.map(|that| RuleKind::Require { when, that })
        }
        ["combine"] => combine(&table),
        ["covers"] => {
            let (when, covers) = (table.condition("when"), table.text("covers"));
            covers.map(|covers| RuleKind::Covers { when, path: path(table.cx, &covers) })
        }
        _ => {
            let _ = ["refuse", "require", "combine", "covers", "when", "allowed"].map(|key| table.get(key));
            if !table.is_misspelt(&["refuse", "require", "combine", "covers"], &language::RULE) {
                let message = "a rule has exactly one of `refuse`, `require`, `combine` and `covers`";
                let help = if said.is_empty() { "say what it refuses" } else { "make a rule of each" };
                table.cx.report(Diagnostic::new(codes::AZ0004, table.at, message).help(help));
            }
            None
        }
    };
    let why = table.must_text("why");
    if let Some(why) = why.as_ref().filter(|why| why.text.trim().is_empty()) {
        let diagnostic = Diagnostic::new(codes::AZ0004, why.at, "`why` is empty");
        table.cx.report(diagnostic.help("say in one sentence what a user did wrong"));
    }
    let rule = Rule {
        id: table.text("id").inspect(|id| plain::id(table.cx, id)).map(|id| id.text).unwrap_or_default(),
        why: why.map(|why| why.text).unwrap_or_default(),
        errno: table.errno("errno"),
        after_lookup: table.word("after", &words::AFTER).unwrap_or(false),
        life: table.life(owner),
        span: table.at,
        kind: RuleKind::Covers { when: None, path: Path(Vec::new()) },
    };
    table.finish(&language::RULE);
    kind.map(|kind| {
        let id = if rule.id.is_empty() { derived_id(&kind) } else { rule.id.clone() };
        Rule { id, kind, ..rule }
    })
}

/// A name made of the fields that the rule is about: it stays when rules are added around it.
fn derived_id(kind: &RuleKind) -> String {
    fn fields(expr: &crate::expr::Expr, found: &mut Vec<String>) {
        use crate::expr::ExprKind;
        match &expr.kind {
            ExprKind::Path(path) | ExprKind::Test(_, path, _) => {
                let name = path.to_string();
                if name.chars().any(|c| c.is_ascii_lowercase()) && !found.contains(&name) {
                    found.push(name);
                }
            }
            ExprKind::Not(of) | ExprKind::Overflows(of) | ExprKind::FitsUlong(of) => fields(of, found),
            ExprKind::And(all) | ExprKind::Or(all) => all.iter().for_each(|one| fields(one, found)),
            ExprKind::Compare(_, left, right) | ExprKind::Arith(_, left, right) => {
                fields(left, found);
                fields(right, found);
            }
            ExprKind::Int(_) => {}
        }
    }
    let mut found = Vec::new();
    match kind {
        RuleKind::Refuse(cond) => fields(cond, &mut found),
        RuleKind::Require { when, that } => {
            fields(that, &mut found);
            if let Some(when) = when {
                fields(when, &mut found);
            }
        }
        RuleKind::Combine { rows, columns, .. } => found.extend([rows.to_string(), columns.to_string()]),
        RuleKind::Covers { path, .. } => return format!("min-{path}"),
    }
    if found.is_empty() { "rule".to_owned() } else { found.join("-") }
}

fn combine(table: &Table<'_, '_>) -> Option<RuleKind> {
    let cx = table.cx;
    let pair = table.texts("combine");
    let [rows, columns] = &pair[..] else {
        let value = table.get("combine")?;
        wrong_kind(cx, value, "two fields: `[\"rows\", \"columns\"]`");
        return None;
    };
    if !table.has("allowed") {
        table.missing("allowed");
    }
    let value = table.get("allowed")?;
    let allowed = Table::of(cx, value, cx.at(value))?;
    let mut found = IndexMap::default();
    for (row, _, value) in allowed.entries() {
        let Value::Array(columns) = value.get_ref() else {
            wrong_kind(cx, value, "an array");
            continue;
        };
        let columns = columns.iter().filter_map(|value| string(cx, value)).map(|text| text.text).collect();
        found.insert(row.to_owned(), columns);
    }
    Some(RuleKind::Combine { rows: path(cx, rows), columns: path(cx, columns), allowed: found })
}

pub(super) fn waivers(table: &Table<'_, '_>) -> Vec<Waiver> {
    let lower = |table: Table<'_, '_>| {
        let lint = table.must_text("lint");
        let reason = table.text("reason");
        if reason.as_ref().is_none_or(|reason| reason.text.trim().is_empty()) {
            let at = lint.as_ref().map_or(table.at, |lint| lint.at);
            let diagnostic = Diagnostic::new(codes::AZ0701, at, "a waiver needs a reason");
            table.cx.report(diagnostic.help("add `reason = \"...\"`: the documents print it"));
        }
        let lowered = Waiver {
            at: table.text("at").map(|at| at.text),
            reason: reason.map(|reason| reason.text).unwrap_or_default(),
            span: lint.as_ref().map_or(table.at, |lint| lint.at),
            lint: lint.as_ref().map(|lint| lint.text.clone()).unwrap_or_default(),
        };
        table.finish(&language::WAIVER);
        lint.map(|_| lowered)
    };
    table.tables("waive").into_iter().filter_map(lower).collect()
}

/// `[layer.NAME]` with `[layer.NAME.on.STRUCT]`.
pub(super) fn layers(top: &Table<'_, '_>) -> IndexMap<String, Layer> {
    let mut found = IndexMap::default();
    let Some(value) = top.get("layer") else { return found };
    let Some(all) = Table::of(top.cx, value, top.cx.at(value)) else { return found };
    for (name, at, value) in all.entries() {
        super::identifier(top.cx, name, at);
        let Some(table) = Table::of(top.cx, value, at) else { continue };
        let meta = meta(&table, name, at, FOREVER);
        let mut on = IndexMap::default();
        if let Some(structs) = table.get("on").and_then(|value| Table::of(top.cx, value, top.cx.at(value))) {
            for (name, at, value) in structs.entries() {
                let Some(table) = Table::of(top.cx, value, at) else { continue };
                on.insert(name.to_owned(), rules(&table, "rules", meta.life));
                table.finish(&language::LAYER_ON);
            }
        }
        table.finish(&language::LAYER);
        found.insert(name.to_owned(), Layer { meta, on });
    }
    found
}
