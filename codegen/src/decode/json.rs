//! An answer for programs.

use serde_json::{Map, Value as Json, json};

use super::{Answer, Fate, Line, Provided, RuleLine, Value};
use crate::engine::to_hex;

/// The whole answer.
#[must_use]
pub fn json(answer: &Answer) -> Json {
    let refused = answer.refused.and_then(|at| answer.rules.get(at));
    let mut verdict = Map::new();
    let errno = match refused.map(|rule| &rule.fate) {
        Some(Fate::Refuses { errno, .. }) => errno,
        _ => "OK",
    };
    verdict.insert("errno".to_owned(), errno.into());
    if let Some(rule) = refused {
        verdict.extend(rule_of(rule));
    }
    json!({
        "struct": answer.strct,
        "header": answer.header,
        "release": answer.release,
        "layer": answer.layer,
        "given": answer.mapped,
        "size": answer.size,
        "known": answer.known,
        "verdict": verdict,
        "fields": answer.fields.iter().map(field).collect::<Vec<_>>(),
        "beyond": answer.tail.as_ref().map(|tail| json!({ "offset": tail.offset, "bytes": to_hex(&tail.bytes) })),
        "rules": answer.rules.iter().map(rule_of).collect::<Vec<_>>(),
    })
}

fn field(line: &Line) -> Json {
    let mut field = json!({
        "path": line.path,
        "offset": line.offset,
        "size": line.size,
        "value": match &line.value {
            Value::Group => Json::Null,
            Value::Unsigned(value) | Value::Flags(value) => (*value).into(),
            Value::Signed(value) => (*value).into(),
            Value::Bytes(bytes) => to_hex(bytes).into(),
        },
        "meaning": line.meaning,
        "provided": match line.provided {
            Provided::Whole => "whole",
            Provided::Part => "part",
            Provided::Nothing => "nothing",
        },
        "unseen": line.unseen,
    });
    // Only what is a bit-field has the key.
    if let Some((first, count)) = line.bits {
        field["bits"] = json!({ "first": first, "count": count });
    }
    field
}

fn rule_of(rule: &RuleLine) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("rule".to_owned(), rule.id.clone().into());
    map.insert("why".to_owned(), rule.why.clone().into());
    map.insert("field".to_owned(), rule.field.clone().into());
    map.insert("after_lookup".to_owned(), rule.after_lookup.into());
    map.insert("schema".to_owned(), rule.place.clone().into());
    let fate = match &rule.fate {
        Fate::Passed => "passed",
        Fate::NotAsked => "not asked",
        Fate::Refuses { .. } => "refuses",
    };
    map.insert("fate".to_owned(), fate.into());
    if let Fate::Refuses { errno, found, fix } = &rule.fate {
        map.insert("errno".to_owned(), (*errno).into());
        map.insert("found".to_owned(), found.clone().into());
        map.insert("fix".to_owned(), fix.clone().into());
    }
    map
}
