//! `[struct.NAME]`, `[union.NAME]`, their fields and arms.

use super::kept::Value;
use super::tree::{Cx, Table, Text, integer, string, wrong_kind};
use super::{FOREVER, identifier, meta, plain, rules, types, values};
use crate::codes;
use crate::diag::Diagnostic;
use crate::expr;
use crate::language;
use crate::model::{
    ArmWhen, Dir, Field, Grows, Inline, Life, Meta, Path, Pointee, PointsTo, Reserved, Struct, Tail, Type, ValueType,
};
use crate::nearest::did_you_mean;
use crate::source::Span;
use crate::words;

pub(super) fn lower(name: &str, at: Span, table: Table<'_, '_>, is_union: bool) -> Struct {
    let meta = meta(&table, name, at, FOREVER);
    let life = meta.life;
    let grows = grows(&table, life);
    let first = grows.first().map_or(Grows::Fixed, |(grows, _)| *grows);
    let tail = table.word("tail", &words::TAIL).unwrap_or(match grows.last().map_or(first, |(grows, _)| *grows) {
        Grows::Argsz => Tail::Ignored,
        Grows::Size => Tail::Zero,
        Grows::Length | Grows::IoctlSize | Grows::Fixed => Tail::Refused,
    });
    let dir = table.word("dir", &words::DIR).unwrap_or(Dir::In);
    let copied = table.word("read", &words::READ).unwrap_or(false);
    let copy_covered = table.word("copy", &words::COPY).unwrap_or(false);
    let key = if is_union { "arms" } else { "fields" };
    if !table.has(key) {
        table.missing(key);
    }
    let fields = fields(&table, key, life, dir, is_union);
    let lowered = Struct {
        from: table.text("from").inspect(|from| plain::path(table.cx, from)).map(|from| from.text),
        typedef: table.flag("typedef"),
        min: table.text("min").map(|min| (path(table.cx, &min), min.at)),
        eager: table.flag("eager"),
        packed: table.flag("packed"),
        align: table.number("align", 1, 1 << 20).and_then(|align| u32::try_from(align).ok()),
        min_sizes: rules::min_sizes(&table, life),
        rules: rules::rules(&table, "rules", life),
        waivers: rules::waivers(&table),
        meta,
        is_union,
        grows,
        tail,
        copied,
        copy_covered,
        fields,
    };
    table.finish(if is_union { &language::UNION } else { &language::STRUCT });
    lowered
}

/// `grows`: a word, or lives of words.
fn grows(table: &Table<'_, '_>, life: Life) -> Vec<(Grows, Life)> {
    let Some(value) = table.get("grows") else { return vec![(Grows::Fixed, life)] };
    if !matches!(value.get_ref(), Value::Array(_)) {
        return vec![(table.word("grows", &words::GROWS).unwrap_or(Grows::Fixed), life)];
    }
    let mut found = Vec::new();
    for one in table.tables("grows") {
        if !one.has("is") {
            one.missing("is");
        }
        let is = one.word("is", &words::GROWS);
        let life = one.life(life);
        found.extend(is.map(|is| (is, life)));
        one.finish(&language::GROWTH);
    }
    found
}

/// A dotted path.
pub(super) fn path(cx: &Cx<'_>, text: &Text) -> Path {
    for part in text.text.split('.') {
        identifier(cx, part, text.at);
    }
    Path(text.text.split('.').map(str::to_owned).collect())
}

fn fields(table: &Table<'_, '_>, key: &'static str, life: Life, dir: Dir, arms: bool) -> Vec<Field> {
    let tables = table.tables(key);
    // A field is large, and a list that grows has room for more than there are.
    let mut fields = Vec::with_capacity(tables.len());
    fields.extend(tables.into_iter().filter_map(|field| lower_field(field, life, dir, arms)));
    fields
}

fn lower_field(table: Table<'_, '_>, owner: Life, dir: Dir, is_arm: bool) -> Option<Field> {
    let cx = table.cx;
    let (meta, dir) = (field_meta(&table, owner), table.word("dir", &words::DIR).unwrap_or(dir));
    let (ty, ty_at) = field_type(&table, meta.life, dir).map_or((None, table.at), |(ty, at)| (Some(ty), at));
    let values = value_type(&table);
    let owner_type = values.as_ref().map(|(ValueType::Flags(name) | ValueType::Enum(name), _)| name.clone());
    let when = if is_arm { None } else { table.condition("when") };
    let arm = if is_arm { arm(&table) } else { None };
    let field = Field {
        role: table.word("role", &words::ROLE),
        accepts: accepts(&table, owner_type.as_deref()),
        reserved: reserved(&table),
        unchecked: table.text("unchecked").map(|why| why.text),
        range: table.text("range").and_then(|text| range(cx, &text)),
        align: table.number("align", 1, 1 << 62).and_then(|align| u64::try_from(align).ok()),
        len: table.text("len").map(|text| (text.text, text.at)),
        points_to: points_to(&table, dir).map(Box::new),
        selector: table.text("selector").map(|text| (path(cx, &text), text.at)),
        none: table.texts("none").into_iter().map(|text| (text.text, text.at)).collect(),
        errno: table.errno("errno"),
        after_lookup: table.word("after", &words::AFTER).unwrap_or(false),
        bits: ty.as_ref().map(|ty| super::units::bits(&table, ty, is_arm)).unwrap_or_default(),
        ty: Type::Named(String::new()),
        ty_at,
        meta,
        values,
        dir,
        when: when.map(Box::new),
        arm: arm.map(Box::new),
    };
    table.finish(if is_arm { &language::ARM } else { &language::FIELD });
    ty.map(|ty| Field { ty, ..field })
}

/// Name and doc of a field; a struct or union written in place may have no name.
fn field_meta(table: &Table<'_, '_>, owner: Life) -> Meta {
    let in_place = table.has("union") || table.has("struct");
    let name = if in_place { table.text("name") } else { table.must_text("name") };
    let (name, at) = name.map_or((String::new(), table.at), |name| (name.text, name.at));
    if !name.is_empty() {
        identifier(table.cx, &name, at);
    }
    meta(table, &name, at, owner)
}

/// The type of a field, and where it is written.
fn field_type(table: &Table<'_, '_>, life: Life, dir: Dir) -> Option<(Type, Span)> {
    let (ty, at) = one_of_type(table, life, dir)?;
    if !matches!(ty, Type::Inline(_)) {
        return Some((ty, at));
    }
    let ty = match table.text("times") {
        Some(times) => types::dimensions(table.cx, &times, &times.text, ty),
        None => Some(ty),
    };
    ty.map(|ty| (ty, at))
}

fn one_of_type(table: &Table<'_, '_>, life: Life, dir: Dir) -> Option<(Type, Span)> {
    let said: Vec<&str> = ["type", "union", "struct"].into_iter().filter(|key| table.has(key)).collect();
    match said[..] {
        ["type"] => {
            let text = table.text("type")?;
            types::parse(table.cx, &text).map(|ty| (ty, text.at))
        }
        ["union"] => {
            let fields = fields(table, "union", life, dir, true);
            Some((Type::Inline(Box::new(Inline { is_union: true, fields })), table.at))
        }
        ["struct"] => {
            let fields = fields(table, "struct", life, dir, false);
            Some((Type::Inline(Box::new(Inline { is_union: false, fields })), table.at))
        }
        _ => {
            let _ = (table.get("type"), table.get("union"), table.get("struct"));
            if !table.is_misspelt(&["type", "union", "struct"], &language::FIELD) {
                let message = "a field has exactly one of `type`, `union` and `struct`";
                let help = if said.is_empty() { "say what it is: `type = \"u32\"`" } else { "leave out all but one" };
                table.cx.report(Diagnostic::new(codes::AZ0004, table.at, message).help(help));
            }
            None
        }
    }
}

fn value_type(table: &Table<'_, '_>) -> Option<(ValueType, Span)> {
    let flags = table.text("flags");
    let of_enum = table.text("enum");
    match (flags, of_enum) {
        (Some(flags), None) => Some((ValueType::Flags(flags.text), flags.at)),
        (None, Some(of)) => Some((ValueType::Enum(of.text), of.at)),
        (None, None) => None,
        (Some(flags), Some(of)) => {
            let message = "a field's values are flags or an enum, not both";
            table.cx.report(Diagnostic::new(codes::AZ0003, of.at, message).also(flags.at, "flags here"));
            None
        }
    }
}

fn reserved(table: &Table<'_, '_>) -> Option<Reserved> {
    match table.get("reserved")?.get_ref() {
        Value::Boolean(true) => Some(Reserved::Zero),
        Value::Boolean(false) => None,
        _ => table.word("reserved", &words::RESERVED),
    }
}

/// `accepts`: integers, keys of the field's own flags or enum, or constants.
fn accepts(table: &Table<'_, '_>, owner: Option<&str>) -> Option<Vec<(u64, String)>> {
    let cx = table.cx;
    table.get("accepts")?;
    let mut found = Vec::new();
    for value in table.array("accepts") {
        if let Some(number) = integer(value.get_ref()) {
            match u64::try_from(number).ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned)) {
                Some(bits) => found.push((bits, number.to_string())),
                None => cx.report(Diagnostic::new(codes::AZ0007, cx.at(value), "it does not fit 64 bits")),
            }
            continue;
        }
        let Some(text) = string(cx, value) else { continue };
        let own = owner.and_then(|owner| cx.values.get(&format!("{owner}.{}", text.text)));
        match own.or_else(|| cx.values.get(&text.text)) {
            Some(number) => {
                let bits = u64::try_from(number).ok().or_else(|| i64::try_from(number).ok().map(i64::cast_unsigned));
                found.push((bits.unwrap_or_default(), text.text));
            }
            None => unknown_value(cx, &text, owner),
        }
    }
    Some(found)
}

pub(super) fn unknown_value(cx: &Cx<'_>, text: &Text, owner: Option<&str>) {
    let message = format!("there is no value `{}`", text.text);
    let prefix = owner.map(|owner| format!("{owner}."));
    let keys = cx.values.keys().filter_map(|name| prefix.as_deref().and_then(|prefix| name.strip_prefix(prefix)));
    let mut diagnostic = Diagnostic::new(codes::AZ0103, text.at, message);
    diagnostic.help = did_you_mean(&text.text, keys).or_else(|| did_you_mean(&text.text, cx.names()));
    cx.report(diagnostic);
}

/// `range = "1..=0x80000"`.
fn range(cx: &Cx<'_>, text: &Text) -> Option<(u64, u64)> {
    let not_a_range = |help: &str| {
        let message = format!("`{}` is not a range", text.text);
        cx.report(Diagnostic::new(codes::AZ0007, text.at, message).help(help));
        None
    };
    let Some((low, high)) = text.text.split_once("..=") else {
        return not_a_range("a range is `low..=high` over unsigned numbers");
    };
    let bound = |part: &str| values::expression(cx, &Text { text: part.trim().to_owned(), at: text.at });
    // What is wrong with a bound was reported with it.
    let (low, high) = (bound(low)?, bound(high)?);
    match (u64::try_from(low), u64::try_from(high)) {
        (Ok(low), Ok(high)) if low <= high => Some((low, high)),
        (Ok(_), Ok(_)) => not_a_range("the smaller number comes first"),
        _ => not_a_range("a range is `low..=high` over unsigned numbers"),
    }
}

/// A bare name, or a list of them, are values of the selector; anything else is a condition.
fn arm(table: &Table<'_, '_>) -> Option<ArmWhen> {
    let default = table.flag("default");
    let value = table.get("when");
    if default {
        if let Some(value) = value {
            let message = "the arm of every other value has no `when`";
            table.cx.report(Diagnostic::new(codes::AZ0003, table.cx.at(value), message));
        }
        return Some(ArmWhen::Default);
    }
    let is_name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match value?.get_ref() {
        Value::String(text) if !is_name(text) => {
            let text = table.text("when")?;
            expr::parse(&text.text, text.at, table.cx.ctxt).map(ArmWhen::Cond)
        }
        _ => {
            let values = table.one_or_more("when").into_iter().map(|text| (text.text, text.at)).collect();
            Some(ArmWhen::Values(values))
        }
    }
}

fn points_to(table: &Table<'_, '_>, dir: Dir) -> Option<PointsTo> {
    let cx = table.cx;
    let value = table.get("points_to")?;
    if let Value::String(ty) = value.get_ref() {
        let finding = Diagnostic::new(codes::AZ0003, cx.at(value), "expected a table, found a string");
        cx.report(finding.help(format!("say how much lies there: `{{ type = \"{ty}\", count = \"...\" }}`")));
        return None;
    }
    let table = Table::of(cx, value, cx.at(value))?;
    let target = if table.has("arms") {
        let selector = table.must_text("selector");
        let arms = table.tables("arms").into_iter().filter_map(|arm| {
            let values = arm.one_or_more("when").into_iter().map(|text| (text.text, text.at)).collect();
            let name = arm.must_text("type").map(|text| {
                identifier(cx, &text.text, text.at);
                text.text
            });
            arm.finish(&language::POINTED);
            Some((values, name?))
        });
        let arms = arms.collect();
        selector.map(|selector| Pointee::Select { selector: path(cx, &selector), arms })
    } else {
        let text = table.must_text("type");
        text.and_then(|text| types::parse(cx, &text).map(|ty| Pointee::Type(ty, text.at)))
    };
    let says = ["count", "bytes", "stride"].map(|key| table.text(key));
    let says_at = says.each_ref().map(|said| said.as_ref().map_or_else(|| cx.at(value), |said| said.at));
    let [count, bytes, stride] = says.map(|said| said.map(|text| text.text));
    let dir = table.word("dir", &words::DIR).unwrap_or(dir);
    if count.is_some() && bytes.is_some() {
        wrong_kind(cx, value, "either `count` or `bytes`");
    }
    table.finish(&language::POINTS_TO);
    Some(PointsTo { target: target?, count, bytes, stride, says_at, dir, span: cx.at(value) })
}
