//! The language as a JSON Schema, for editors that complete and check TOML by one. It is read off the table of words
//! that lowering refuses by; what takes more than one key to judge is the business of `argsz check`.

use argsz_schema::language::{Kind, Shape, TOP};
use serde_json::{Map, Value, json};

/// The schema, draft 2020-12.
#[must_use]
pub fn value() -> Value {
    let mut shapes = Map::new();
    define(&TOP, &mut shapes);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "argsz schema",
        "description": "A description of an extensible kernel ABI; docs/language.md is the reference.",
        "$ref": "#/$defs/schema",
        "$defs": shapes,
    })
}

/// As a file.
#[must_use]
pub fn text() -> String {
    format!("{:#}\n", value())
}

/// Adds a shape and those it leads to.
fn define(shape: &Shape, shapes: &mut Map<String, Value>) {
    if shapes.contains_key(shape.name) {
        return;
    }
    shapes.insert(shape.name.to_owned(), Value::Null);
    let keys: Map<String, Value> = shape.keys().map(|key| (key.name.to_owned(), kind(&key.kind, shapes))).collect();
    let must: Vec<&str> = shape.keys().filter(|key| key.must).map(|key| key.name).collect();
    let table = json!({ "type": "object", "properties": keys, "required": must, "additionalProperties": false });
    shapes.insert(shape.name.to_owned(), table);
}

fn kind(of: &Kind, shapes: &mut Map<String, Value>) -> Value {
    match of {
        Kind::Text => json!({ "type": "string" }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Int => json!({ "type": "integer" }),
        Kind::Exactly(number) => json!({ "const": number }),
        Kind::Table(shape) => {
            define(shape, shapes);
            json!({ "$ref": format!("#/$defs/{}", shape.name) })
        }
        Kind::Map(inner) => json!({ "type": "object", "additionalProperties": kind(inner, shapes) }),
        Kind::List(inner) => json!({ "type": "array", "items": kind(inner, shapes) }),
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(|one| kind(one, shapes)).collect::<Vec<_>>() }),
        Kind::Later => Value::Bool(false),
    }
}
