//! Builders: they set the version, the selector of the arm that is used, and the smallest size that covers what is
//! used, so that a program that was compiled against a newer header keeps working on an older kernel.
//!
//! What a size has to cover is read off the check list; nothing is derived a second time.

use argsz_schema::checklist::{CheckList, Op, SizeFrom};
use argsz_schema::model::{ArmWhen, ConstValue, Dir, Enum, EnumKind, Field, Role, Struct, Type};

use super::body::{Body, Member};
use super::conds::Words;
use super::docs::Docs;
use super::structs::Scope;
use super::text::{Code, Lines};
use super::unions::{self, Arm};
use super::{Abi, fields, names};
use crate::EmitError;

/// The builder of a struct that has something to be filled in for its user: a type, how it begins, and its methods.
/// Nothing for others.
pub(super) fn emit(def: &Struct, list: &CheckList, abi: &Abi<'_>) -> Result<Vec<String>, EmitError> {
    let size = match &list.size {
        SizeFrom::Field(slot) if slot.width >= 4 => {
            def.fields.iter().find(|field| field.meta.name == slot.path).map(|field| (field, slot.width > 4))
        }
        _ => None,
    };
    let version = def.fields.iter().find(|field| field.role == Some(Role::Version));
    let body = Body::item(abi.of(&def.meta.name)?);
    let builder = Builder { body: &body, list, abi, base: base(list) };
    let mut setters = builder.setters()?;
    if size.is_none() && version.is_none() && !builder.selects() || setters.is_empty() {
        return Ok(Vec::new());
    }
    let builder_name = format!("{}Builder", names::bare(&body.name));
    let fixed = version.map(|field| builder.version(field));
    setters.push(builder.build(size));
    let mut methods = Lines::new(0);
    methods.methods(&builder_name, &setters);
    let begins = builder.begins(&builder_name, &fixed.unwrap_or_default(), size.is_some());
    Ok(vec![builder.declaration(&builder_name, size.is_some()), begins, methods.into_text()])
}

/// What every size has to reach.
fn base(list: &CheckList) -> u64 {
    let always = list.steps.iter().filter_map(|step| match (&step.op, &step.when) {
        (Op::MinSize { bytes }, argsz_schema::checklist::Cond::True) => Some(u64::from(*bytes)),
        _ => None,
    });
    always.max().unwrap_or(0)
}

struct Builder<'a> {
    body: &'a Body<'a>,
    list: &'a CheckList,
    abi: &'a Abi<'a>,
    /// The base minimum.
    base: u64,
}

impl Builder<'_> {
    fn item(&self) -> &str {
        &self.list.name
    }

    fn declaration(&self, builder: &str, sized: bool) -> String {
        let (name, mut code) = (&self.body.name, Lines::new(0));
        code.docs(&[format!(
            "Builds a [`{name}`]: sets what follows from what is used, and the smallest size that covers it."
        )]);
        code.line("#[derive(Clone, Copy, Debug)]");
        code.line("#[must_use]");
        code.open(format_args!("pub struct {builder} {{"));
        code.line(format_args!("built: {name},"));
        if sized {
            // Where the fields that were set end, and where the arm that was chosen last.
            code.line("fields: u32,");
            code.line("arm: u32,");
        }
        code.close();
        code.into_text()
    }

    /// The method that ends it, with the size's field and whether that is wide.
    fn build(&self, size: Option<(&Field, bool)>) -> String {
        let mut code = Lines::new(1);
        code.docs(&["What was built."]);
        code.line("#[must_use]");
        let muted = if size.is_some() { "mut " } else { "" };
        code.open(format_args!("pub fn build({muted}self) -> {} {{", self.body.name));
        if let Some((field, wide)) = size {
            let size = "self.built.covering_size().max(self.fields).max(self.arm)";
            let size = if wide { format!("u64::from({size})") } else { size.to_owned() };
            code.line(&self.store(&names::field(&field.meta), &size));
        }
        code.line("self.built");
        code.close();
        code.into_text()
    }

    /// Whether it has a union whose selector can be set with the arm.
    fn selects(&self) -> bool {
        self.body.members().into_iter().any(|member| member.field.selector.is_some())
    }

    /// `version: IOMMU_..._VERSION_1`, or nothing.
    fn version(&self, field: &Field) -> String {
        let name = names::field(&field.meta);
        let name = names::ident(&name);
        let Some((value, text)) = field.accepts.iter().flatten().next() else { return String::new() };
        let constant = self.abi.model.find_const(text).filter(|one| matches!(one.value, ConstValue::Int(_)));
        let value = constant.map_or_else(|| value.to_string(), |one| names::constant(&one.meta));
        if self.body.unaligned() {
            return format!("{name}: argsz::Unaligned::new({value})");
        }
        format!("{name}: {value}")
    }

    /// `builder`, and the smallest size that the rules of the list let pass.
    fn begins(&self, builder: &str, version: &str, sized: bool) -> String {
        let mut code = Lines::new(0);
        code.open(format_args!("impl {} {{", self.body.name));
        code.docs(&["Begins to build one."]);
        code.open(format_args!("pub fn builder() -> {builder} {{"));
        let none = if sized { ", fields: 0, arm: 0" } else { "" };
        let built = if version.is_empty() {
            "Self::default()".to_owned()
        } else {
            format!("Self {{ {version}, ..Self::default() }}")
        };
        code.line(format_args!("{builder} {{ built: {built}{none} }}"));
        code.close();
        if sized {
            code.line("");
            code.docs(&["The smallest size that a reader takes for what is set."]);
            code.line("#[must_use]");
            code.open("pub fn covering_size(&self) -> u32 {");
            self.covering(&mut code);
            code.close();
        }
        code.close();
        code.into_text()
    }

    fn covering(&self, code: &mut Lines) {
        let mut words = Words::new(true);
        let mut raises = Lines::new(code.depth());
        for step in &self.list.steps {
            let Op::MinSize { bytes } = &step.op else { continue };
            let when = words.cond(&step.when);
            for one in words.declare() {
                raises.line(&one);
            }
            if matches!(when, Code::Const(_)) {
                continue;
            }
            raises.open_if(&when);
            raises.line(format_args!("size = size.max({bytes});"));
            raises.close();
        }
        let raises = raises.into_text();
        if raises.is_empty() {
            code.line(&self.base.to_string());
            return;
        }
        let known = self.list.known;
        code.line(format_args!("let bytes: &[u8; {known}] = argsz::zerocopy::transmute_ref!(self);"));
        code.line(format_args!("let mut size = {};", self.base));
        code.verbatim(&raises);
        code.line("size");
    }

    /// `self.fields = self.fields.max(END);`, for what lies beyond the base minimum.
    fn cover(&self, member: &Member<'_>, size: [u64; 4]) -> Option<String> {
        self.end(member, size).map(|end| ["self.fields = self.fields.max(", &*end.to_string(), ");"].concat())
    }

    /// As [`Builder::cover`], of an arm: another arm may take its place. Where there are several unions, none may.
    fn cover_arm(&self, member: &Member<'_>, size: [u64; 4]) -> Option<String> {
        let sized = matches!(self.list.size, SizeFrom::Field(_));
        let alone = self.body.members().iter().filter(|one| matches!(one.field.ty, Type::Inline(_))).count() == 1;
        match self.end(member, size) {
            Some(end) if !alone => Some(format!("self.arm = self.arm.max({end});")),
            Some(end) => Some(format!("self.arm = {end};")),
            None => (sized && alone).then(|| "self.arm = 0;".to_owned()),
        }
    }

    /// Where bytes of a member end, if that is beyond the base minimum. Builders are printed where a struct lies as on
    /// 64-bit machines, whose end it is.
    fn end(&self, member: &Member<'_>, size: [u64; 4]) -> Option<u64> {
        let end = member.offset[0] + size[0];
        (matches!(self.list.size, SizeFrom::Field(_)) && end > self.base).then_some(end)
    }

    fn setters(&self) -> Result<Vec<String>, EmitError> {
        let (mut setters, mut scope) = (Vec::new(), Scope::bare(&["build"]));
        let members = self.body.members();
        let selectors: Vec<&str> = members.iter().filter_map(|member| self.selector(member)).collect();
        for member in &members {
            let field = member.field;
            let skipped = field.reserved.is_some()
                || field.role.is_some()
                || matches!(field.ty, Type::Flex(_))
                || selectors.contains(&field.meta.name.as_str());
            if skipped {
                continue;
            }
            if self.body.packed && !matches!(field.ty, Type::Prim(_)) {
                continue;
            }
            if let Some(primary) = unions::primary(self.body, *member, self.abi) {
                setters.extend(self.field(&primary, &mut scope)?);
                let Some(inline) = self.body.inline(*member, "Arms") else { continue };
                for arm in unions::arms(&inline, self.abi, None)? {
                    if arm.field.meta.name != primary.field.meta.name {
                        let set = format!("self.built.set_{}(value);", arm.name);
                        setters.push(self.setter(&arm, member, &[set], &mut scope));
                    }
                }
            } else if let Type::Inline(_) = argsz_schema::layout::base(&field.ty) {
                setters.extend(self.union(member, &mut scope)?);
            } else {
                setters.extend(self.field(member, &mut scope)?);
            }
        }
        Ok(setters)
    }

    /// The selector that comes with the arms of a union.
    fn selector<'m>(&self, member: &Member<'m>) -> Option<&'m str> {
        let (path, _) = member.field.selector.as_ref()?;
        let Type::Inline(_) = &member.field.ty else { return None };
        let [name] = path.0.as_slice() else { return None };
        self.selected(member)?;
        let field = self.body.members().into_iter().find(|one| one.field.meta.name == *name)?.field;
        // What cannot be set by its type is set by its number, like any field.
        self.assign(field, "").ok().flatten().map(|_| name.as_str())
    }

    /// The statement that sets a field to a value of its type; nothing if the type has values that do not fit.
    fn assign(&self, field: &Field, value: &str) -> Result<Option<String>, EmitError> {
        let name = names::field(&field.meta);
        Ok(match fields::field_type(field, self.abi, self.item(), None)?.typed {
            Some(typed) => {
                let can = typed.has_setter() && !self.body.unaligned();
                can.then(|| ["self.built.set_", &*name, "(", value, ");"].concat())
            }
            None => Some(self.store(&name, value)),
        })
    }

    /// The statement that sets a field to what is stored.
    fn store(&self, name: &str, value: &str) -> String {
        let ident = names::ident(name);
        if self.body.unaligned() {
            return format!("self.built.{ident} = argsz::Unaligned::new({value});");
        }
        ["self.built.", &*ident, " = ", value, ";"].concat()
    }

    fn selected(&self, member: &Member<'_>) -> Option<&Enum> {
        let inline = self.body.inline(*member, "")?;
        unions::selected_by(&inline, self.abi).map(|(_, values)| values)
    }

    /// A field that is set by its value; one that the kernel writes can only be asked for.
    fn field(&self, member: &Member<'_>, scope: &mut Scope) -> Result<Option<String>, EmitError> {
        let field = member.field;
        let name = names::field(&field.meta);
        let cover = self.cover(member, member.size);
        if field.dir == Dir::Out {
            let method = names::ident(&scope.method(&format!("want_{name}"), "field"));
            let docs = Docs::new([format!("Makes room for `{name}`, which the kernel writes.")]);
            return Ok(cover.map(|cover| setter(&docs, &method, &[], &[cover])));
        }
        let stored = fields::field_type(field, self.abi, self.item(), None)?;
        let method = names::ident(&scope.method(&name, "field"));
        let (ty, set) = match (stored.typed, self.assign(field, "value")?) {
            (Some(typed), Some(set)) => (typed.ty, set),
            (None, Some(set)) => (stored.storage, set),
            (_, None) => (stored.storage, self.store(&name, "value")),
        };
        let statements: Vec<String> = std::iter::once(set).chain(cover).collect();
        Ok(Some(setter(&Docs::of(&field.meta, &[]), &method, &[("value", &ty)], &statements)))
    }

    fn setter(&self, arm: &Arm<'_>, member: &Member<'_>, set: &[String], scope: &mut Scope) -> String {
        let method = names::ident(&scope.method(&arm.name, "arm"));
        let statements: Vec<String> = set.iter().cloned().chain(self.cover_arm(member, arm.size)).collect();
        setter(&arm.docs(), &method, &[("value", &arm.ty)], &statements)
    }

    /// The arms of a union, each with the selector's value; and the values that pick none.
    fn union(&self, member: &Member<'_>, scope: &mut Scope) -> Result<Vec<String>, EmitError> {
        let name = if member.field.meta.name.is_empty() { "arms".to_owned() } else { names::field(&member.field.meta) };
        let Some(inline) = self.body.inline(*member, &names::camel(&name)) else { return Ok(Vec::new()) };
        if !inline.is_union || matches!(member.field.ty, Type::Array(..)) {
            return Ok(self.whole(member, &name, &inline, scope));
        }
        let (ident, ty) = (names::ident(&name), &inline.name);
        let selector = self.selector(member).and_then(|selector| {
            let found = self.body.members().into_iter().find(|one| one.field.meta.name == selector)?;
            Some((found.field, self.selected(member)?))
        });
        let mut setters = Vec::new();
        for arm in unions::arms(&inline, self.abi, None)? {
            let set = format!("self.built.{ident} = {ty}::from_{}(value);", arm.name);
            let picked = match (&selector, arm.field.arm.as_deref()) {
                (Some((_, values)), Some(ArmWhen::Values(keys))) => {
                    keys.iter().filter_map(|(key, _)| value(values, key)).collect()
                }
                _ => Vec::new(),
            };
            setters.push(match (&selector, picked.as_slice()) {
                (Some((field, _)), [one]) => {
                    let set: Vec<String> = self.assign(field, one)?.into_iter().chain([set]).collect();
                    self.setter(&arm, member, &set, scope)
                }
                (Some((field, values)), _) => {
                    let set = self.assign(field, "selector")?.into_iter().chain([set]).collect();
                    self.several(&arm, member, set, values, scope)
                }
                (None, _) => self.setter(&arm, member, &[set], scope),
            });
        }
        if let Some((field, values)) = &selector {
            for (key, _) in &member.field.none {
                let Some(picked) = value(values, key) else { continue };
                let reset = format!("self.built.{ident} = {ty}::default();");
                let set = self.assign(field, &picked)?.into_iter().chain([reset]);
                let set: Vec<String> = set.chain(self.cover_arm(member, [0; 4])).collect();
                setters.push(without(key, &picked, &names::field(&field.meta), &set, scope));
            }
        }
        Ok(setters)
    }

    /// An arm that several values of the selector pick, or none: the caller says which.
    fn several(
        &self,
        arm: &Arm<'_>,
        member: &Member<'_>,
        mut statements: Vec<String>,
        values: &Enum,
        scope: &mut Scope,
    ) -> String {
        let method = names::ident(&scope.method(&arm.name, "arm"));
        let arguments = [("selector", &*names::type_name(&values.meta)), ("value", &*arm.ty)];
        statements.extend(self.cover_arm(member, arm.size));
        setter(&arm.docs(), &method, &arguments, &statements)
    }

    /// A struct written in place, as a whole.
    fn whole(&self, member: &Member<'_>, name: &str, inline: &Body<'_>, scope: &mut Scope) -> Vec<String> {
        if member.field.meta.name.is_empty() || matches!(member.field.ty, Type::Array(..)) {
            return Vec::new();
        }
        let method = names::ident(&scope.method(name, "field"));
        let mut statements = vec![format!("self.built.{} = value;", names::ident(name))];
        statements.extend(self.cover(member, member.size));
        vec![setter(&Docs::of(&member.field.meta, &[]), &method, &[("value", &inline.name)], &statements)]
    }
}

/// A method that takes the builder, does this to it, and gives it back.
fn setter(docs: &Docs, method: &str, arguments: &[(&str, &str)], statements: &[String]) -> String {
    let mut code = Lines::new(1);
    docs.print(&mut code);
    let arguments: Vec<String> = arguments.iter().map(|(name, ty)| [*name, ": ", *ty].concat()).collect();
    let arguments: Vec<&str> = std::iter::once("mut self").chain(arguments.iter().map(String::as_str)).collect();
    code.open_fn(&["pub fn ", method].concat(), &arguments, " -> Self");
    for one in statements {
        code.line(one);
    }
    code.line("self");
    code.close();
    code.into_text()
}

/// A value of an enum, as Rust names it.
fn value(values: &Enum, key: &str) -> Option<String> {
    let found = values.members.iter().find(|one| one.key == key || one.meta.name == key)?;
    let (ty, member) = (names::type_name(&values.meta), names::member(&found.meta, &found.key));
    (found.kind == EnumKind::Value).then(|| format!("{ty}::{member}"))
}

/// The method that picks no arm.
fn without(key: &str, picked: &str, field: &str, statements: &[String], scope: &mut Scope) -> String {
    let method = names::ident(&scope.method(&names::field_name(key), "selected"));
    let docs = Docs::new([format!("Sets `{field}` to [`{picked}`], which has no arm.")]);
    setter(&docs, &method, &[], statements)
}
