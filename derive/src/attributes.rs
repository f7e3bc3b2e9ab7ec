//! `#[uapi(...)]`: what its attributes say, as a schema of one struct.

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned as _;
use syn::{Data, DeriveInput, Expr, Fields, Lit, LitStr, Type};

use crate::text::Text;

/// What the attributes of the struct itself say.
#[derive(Default)]
pub(crate) struct OfStruct {
    /// `schema = "path.toml"`: the struct is tied to an item of a schema.
    pub(crate) schema: Option<LitStr>,
    /// `item = "c_name"`.
    pub(crate) item: Option<LitStr>,
    /// `release = "5.10"`.
    pub(crate) release: Option<LitStr>,
    /// `name = "c_name"`.
    name: Option<LitStr>,
    grows: Option<LitStr>,
    min: Option<LitStr>,
    tail: Option<LitStr>,
    /// `errno(flags = "EOPNOTSUPP")`.
    errno: Vec<(String, LitStr)>,
    /// Entries of `min_size`, each a list of keys.
    min_sizes: Vec<Vec<(String, LitStr)>>,
    /// Entries of `rules`.
    rules: Vec<Vec<(String, LitStr)>>,
    waive: Vec<Vec<(String, LitStr)>>,
}

impl OfStruct {
    /// Reads all `#[uapi(...)]` of the struct.
    pub(crate) fn read(input: &DeriveInput) -> syn::Result<Self> {
        let mut found = Self::default();
        for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("uapi")) {
            attribute.parse_nested_meta(|meta| found.one(&meta))?;
        }
        Ok(found)
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let slot = match key.as_str() {
            "schema" => &mut self.schema,
            "item" => &mut self.item,
            "release" => &mut self.release,
            "name" => &mut self.name,
            "grows" => &mut self.grows,
            "min" => &mut self.min,
            "tail" => &mut self.tail,
            "errno" => {
                self.errno = pairs(meta)?;
                return Ok(());
            }
            "min_size" => {
                self.min_sizes.push(pairs(meta)?);
                return Ok(());
            }
            "refuse" | "require" => {
                let mut rule = pairs(meta)?;
                // `refuse(when = "...")` is the schema's `refuse = "..."`.
                let said = if key == "refuse" { "when" } else { "that" };
                let Some(at) = rule.iter().position(|(key, _)| key == said) else {
                    return Err(meta.error(format!("`{key}` needs `{said} = \"condition\"`")));
                };
                rule[at].0.clone_from(&key);
                self.rules.push(rule);
                return Ok(());
            }
            "waive" => {
                self.waive.push(pairs(meta)?);
                return Ok(());
            }
            _ => {
                let known = "schema, item, release, name, grows, min, tail, errno, min_size, refuse, require, waive";
                return Err(meta.error(format!("unknown attribute `{key}`; on a struct there are: {known}")));
            }
        };
        *slot = Some(meta.value()?.parse()?);
        Ok(())
    }
}

/// `(key = "text", ...)`.
fn pairs(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(String, LitStr)>> {
    let mut found = Vec::new();
    meta.parse_nested_meta(|inner| {
        let key = inner.path.require_ident()?.to_string();
        found.push((key, inner.value()?.parse()?));
        Ok(())
    })?;
    Ok(found)
}

/// The name in C of a struct: `CacheInvalidateInfo` is `cache_invalidate_info`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

/// The schema that a struct's attributes describe, and its C name.
pub(crate) fn describe(input: &DeriveInput, of: &OfStruct) -> syn::Result<(Text, String)> {
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new(input.ident.span(), "only a struct can be a kernel's struct"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(syn::Error::new(input.ident.span(), "the fields of a kernel's struct have names"));
    };
    let c_name = of.name.as_ref().map_or_else(|| snake(&input.ident.to_string()), LitStr::value);
    let mut text = Text::default();
    text.raw("grammar = 1\n[header]\npath = \"derive.h\"\nguard = \"DERIVE_H\"\nreleases = [\"1\"]\n");
    if !of.errno.is_empty() {
        text.raw("errno = ");
        table(&mut text, &of.errno);
        text.raw("\n");
    }
    let mut values = Text::default();
    let mut fields = Text::default();
    for field in &named.named {
        let Some(name) = &field.ident else { continue };
        let about = OfField::read(field)?;
        about.write(&c_name, &name.to_string(), field, &mut fields, &mut values)?;
    }
    text.append(values);
    text.raw("[struct.").from(&c_name, input.ident.span()).raw("]\n");
    for (key, value) in [("grows", &of.grows), ("min", &of.min), ("tail", &of.tail)] {
        if let Some(value) = value {
            text.raw(key).raw(" = ").string(&value.value(), value.span()).raw("\n");
        }
    }
    text.raw("fields = [\n").append(fields).raw("]\n");
    for (key, entries) in [("min_size", &of.min_sizes), ("rules", &of.rules), ("waive", &of.waive)] {
        if entries.is_empty() {
            continue;
        }
        text.raw(key).raw(" = [\n");
        for entry in entries {
            table(&mut text, entry);
            text.raw(",\n");
        }
        text.raw("]\n");
    }
    Ok((text, c_name))
}

fn table(text: &mut Text, pairs: &[(String, LitStr)]) {
    text.raw("{ ");
    for (position, (key, value)) in pairs.iter().enumerate() {
        text.raw(if position == 0 { "" } else { ", " });
        text.from(key, value.span()).raw(" = ").string(&value.value(), value.span());
    }
    text.raw(" }");
}

/// A member: its name and value.
type Member = (syn::Ident, Expr);

/// What the attributes of a field say.
#[derive(Default)]
struct OfField {
    role: Option<(&'static str, Span)>,
    accepts: Vec<Expr>,
    flags: Option<Vec<Member>>,
    values: Option<Vec<Member>>,
    reserved: Option<Span>,
    /// Selector, and the arms: value and schema type.
    selector: Option<(syn::Ident, Vec<(syn::Ident, LitStr)>)>,
    none: Vec<syn::Ident>,
    /// Keys that are texts in the schema too.
    texts: Vec<(&'static str, LitStr)>,
    /// `since_flag`-like keys whose value is a number.
    align: Option<Expr>,
}

const TEXTS: [&str; 6] = ["errno", "when", "unchecked", "range", "dir", "after"];

impl OfField {
    fn read(field: &syn::Field) -> syn::Result<Self> {
        let mut found = Self::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("uapi")) {
            attribute.parse_nested_meta(|meta| found.one(&meta))?;
        }
        Ok(found)
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        let at = meta.path.span();
        match key.as_str() {
            "argsz" => self.role = Some(("argsz", at)),
            "size" => self.role = Some(("size", at)),
            "version" => {
                self.role = Some(("version", at));
                self.accepts.push(meta.value()?.parse()?);
            }
            "reserved" => self.reserved = Some(at),
            "flags" => self.flags = Some(members(meta)?),
            "values" => self.values = Some(members(meta)?),
            "align" => self.align = Some(meta.value()?.parse()?),
            "selector" => self.selector(meta)?,
            _ => {
                let Some(text) = TEXTS.into_iter().find(|text| *text == key) else {
                    let known = "argsz, size, version, flags, values, reserved, selector, errno, when, unchecked, \
                                 range, align, dir, after";
                    return Err(meta.error(format!("unknown attribute `{key}`; on a field there are: {known}")));
                };
                self.texts.push((text, meta.value()?.parse()?));
            }
        }
        Ok(())
    }

    /// `selector(granularity, PASID = "u8[16]", ADDR = "u8[40]", DOMAIN)`; a value without a type has no arm.
    fn selector(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let (mut selector, mut arms) = (None, Vec::new());
        meta.parse_nested_meta(|inner| {
            let name = inner.path.require_ident()?.clone();
            if inner.input.peek(syn::Token![=]) {
                arms.push((name, inner.value()?.parse()?));
            } else if selector.is_none() {
                selector = Some(name);
            } else {
                self.none.push(name);
            }
            Ok(())
        })?;
        let selector = selector.ok_or_else(|| meta.error("name the selector first: `selector(kind, A = \"u64\")`"))?;
        self.selector = Some((selector, arms));
        Ok(())
    }

    fn write(&self, owner: &str, name: &str, field: &syn::Field, out: &mut Text, values: &mut Text) -> syn::Result<()> {
        let at = field.ident.as_ref().map_or_else(Span::call_site, syn::Ident::span);
        out.raw("{ name = ").string(name, at);
        if let Some((selector, arms)) = &self.selector {
            self.write_union(selector, arms, out);
        } else {
            out.raw(", type = ").string(&schema_type(&field.ty)?, field.ty.span());
        }
        if let Some((role, at)) = self.role {
            out.raw(", role = ").string(role, at);
        }
        if !self.accepts.is_empty() {
            out.raw(", accepts = [");
            for value in &self.accepts {
                out.from(&number(value)?, value.span()).raw(",");
            }
            out.raw("]");
        }
        for (key, kind, members) in [("flags", "bits", &self.flags), ("enum", "values", &self.values)] {
            let Some(members) = members else { continue };
            let ty = format!("{owner}_{name}");
            let word =
                schema_type(&field.ty)?.replace("aligned_", "").replace("le", "u").replace("be", "u").replace('s', "u");
            values.raw("[").raw(key).raw(".").from(&ty, at).raw("]\ntype = ").string(&word, field.ty.span());
            values.raw("\nprefix = ").string(&format!("{}_", ty.to_uppercase()), at).raw("\n").raw(kind).raw(" = {");
            for (position, (member, value)) in members.iter().enumerate() {
                values.raw(if position == 0 { " " } else { ", " });
                values.from(&member.to_string(), member.span()).raw(" = ").from(&number(value)?, value.span());
            }
            values.raw(" }\n");
            out.raw(", ").raw(key).raw(" = ").string(&ty, at);
        }
        if let Some(at) = self.reserved {
            out.raw(", ").from("reserved = true", at);
        }
        if let Some(align) = &self.align {
            out.raw(", align = ").from(&number(align)?, align.span());
        }
        for (key, value) in &self.texts {
            out.raw(", ").raw(key).raw(" = ").string(&value.value(), value.span());
        }
        out.raw(" },\n");
        Ok(())
    }

    fn write_union(&self, selector: &syn::Ident, arms: &[(syn::Ident, LitStr)], out: &mut Text) {
        out.raw(", selector = ").string(&selector.to_string(), selector.span()).raw(", union = [");
        for (value, ty) in arms {
            out.raw("{ when = ").string(&value.to_string(), value.span());
            out.raw(", name = ").string(&value.to_string().to_lowercase(), value.span());
            out.raw(", type = ").string(&ty.value(), ty.span()).raw(" }, ");
        }
        out.raw("], none = [");
        for value in &self.none {
            out.string(&value.to_string(), value.span()).raw(", ");
        }
        out.raw("]");
    }
}

/// `(READ = 0, WIDE = 1)`.
fn members(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Member>> {
    let mut found = Vec::new();
    meta.parse_nested_meta(|inner| {
        found.push((inner.path.require_ident()?.clone(), inner.value()?.parse()?));
        Ok(())
    })?;
    Ok(found)
}

/// An integer literal, as TOML writes it.
fn number(value: &Expr) -> syn::Result<String> {
    if let Expr::Lit(literal) = value
        && let Lit::Int(int) = &literal.lit
    {
        return Ok(int.base10_parse::<u64>()?.to_string());
    }
    Err(syn::Error::new(value.span(), "expected an integer"))
}

/// What the schema calls a Rust type.
fn schema_type(ty: &Type) -> syn::Result<String> {
    let wrong = || {
        let known = "u8 to u64, i8 to i64, argsz::Le16 to Le64, Be16 to Be64, and arrays of them";
        syn::Error::new(ty.span(), format!("a field of a kernel's struct is one of {known}"))
    };
    match ty {
        Type::Array(array) => {
            let of = schema_type(&array.elem)?;
            let (base, dimensions) =
                of.split_once('[').map_or((of.as_str(), String::new()), |(base, rest)| (base, format!("[{rest}")));
            Ok(format!("{base}[{}]{dimensions}", number(&array.len)?))
        }
        Type::Path(path) => {
            let name = path.path.segments.last().map(|segment| segment.ident.to_string()).ok_or_else(wrong)?;
            let known = ["8", "16", "32", "64"].into_iter().find_map(|bits| {
                let le = name == format!("Le{bits}");
                match name.as_str() {
                    _ if name == format!("u{bits}") => Some(format!("u{bits}")),
                    _ if name == format!("i{bits}") => Some(format!("s{bits}")),
                    _ if le => Some(format!("le{bits}")),
                    _ if name == format!("Be{bits}") => Some(format!("be{bits}")),
                    _ => None,
                }
            });
            known.ok_or_else(wrong)
        }
        _ => Err(wrong()),
    }
}
