//! Layouts for other programs.

use argsz_schema::constants;
use argsz_schema::layout::{Layouts, StructLayout};
use argsz_schema::model::ConstValue;
use serde_json::{Map, Number, Value, json};

/// `{"structs": {NAME: {"size", "align", "fields": [{"name", "offset", "size"}]}}, "constants": {NAME: value}}`, in the
/// order of the schema. A header with constants that are texts has them under `strings`.
///
/// Members of a struct or union written in place are listed after it: as `outer.inner` if it has a name, under their
/// own name if it has none; it is then not listed itself.
#[must_use]
pub fn value(layouts: &Layouts<'_>) -> Value {
    let structs: Map<String, Value> =
        layouts.structs.iter().map(|(name, laid)| ((*name).to_owned(), one(laid))).collect();
    let (mut integers, mut strings) = (Map::new(), Map::new());
    for (name, value) in constants::all(layouts.model, layouts) {
        match value {
            ConstValue::Int(value) => integers.insert(name, Number::from_i128(value).map_or(Value::Null, Value::from)),
            ConstValue::Str(text) => strings.insert(name, text.into()),
        };
    }
    let mut all = json!({ "structs": structs, "constants": integers });
    if !strings.is_empty() {
        all["strings"] = strings.into();
    }
    all
}

fn one(laid: &StructLayout<'_>) -> Value {
    let named = laid.fields.iter().filter(|field| !field.is_unnamed());
    let fields: Vec<Value> =
        named.map(|field| json!({ "name": field.path, "offset": field.offset, "size": field.size })).collect();
    json!({ "size": laid.size, "align": laid.align, "fields": fields })
}
