//! Unions: their bytes, one typed view per arm, and one that picks the arm by the selector.

use argsz_schema::hash::HashSet;
use argsz_schema::model::{ArmWhen, Enum, EnumKind, Field, Path, Type, ValueType};

use super::body::{Body, Member, word};
use super::docs::Docs;
use super::structs::{Scope, bodies, zeroed};
use super::text::Lines;
use super::{Abi, derives, fields, names, per_abi};
use crate::EmitError;

/// The type of a union.
pub(super) fn emit(body: &Body<'_>, docs: &Docs, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    let (word, width, natural) = word(body.align);
    // Where words do not fill it on every kind of machine, it is bytes that are aligned as a word.
    let filled = body.size.iter().zip(width).all(|(size, width)| size.is_multiple_of(width));
    let mut elements = body.size;
    elements.iter_mut().zip(width).filter(|_| filled).for_each(|(size, width)| *size /= width);
    let large = elements.iter().any(|elements| *elements > 32);
    let name = &body.name;
    let arms = arms(body, abi, Some(code))?;
    let view = View::of(body, abi)?;
    code.gap();
    docs.print(code);
    derives(if large { &["Debug"] } else { &["Debug", "Default"] }, code);
    code.line(&body.repr(natural));
    let elements = per_abi(elements);
    code.line(&if filled {
        format!("pub struct {name}([{word}; {elements}]);")
    } else {
        format!("pub struct {name}([{word}; 0], [u8; {elements}]);")
    });
    if large {
        zeroed(name, code);
    }
    code.gap();
    code.open("const _: () = {");
    code.line(format_args!("assert!(size_of::<{name}>() == {});", per_abi(body.size)));
    code.line(format_args!("assert!(align_of::<{name}>() == {});", per_abi(body.align)));
    code.close_with("};");
    code.gap();
    if arms.is_empty() && view.is_none() {
        code.line(format_args!("impl {name} {{}}"));
        return Ok(());
    }
    code.open(format_args!("impl {name} {{"));
    let mut scope = Scope::new();
    for arm in arms {
        arm.make(&mut scope, code);
        arm.accessors("self", &mut scope, code);
    }
    if let Some(view) = &view {
        view.method(code);
    }
    code.close();
    if let Some(view) = &view {
        view.declaration(code);
    }
    Ok(())
}

/// An arm as Rust sees it.
pub(super) struct Arm<'a> {
    pub(super) name: String,
    pub(super) ty: String,
    /// A number: handed out by value.
    scalar: bool,
    pub(super) field: &'a Field,
    /// Bytes, on every kind of machine.
    pub(super) size: [u64; 4],
}

/// The arms of a union. Types written in place of theirs are printed where `code` is given.
pub(super) fn arms<'a>(
    body: &Body<'a>,
    abi: &Abi<'_>,
    mut code: Option<&mut Lines>,
) -> Result<Vec<Arm<'a>>, EmitError> {
    let item = &body.laid[0].def.meta.name;
    let mut arms = Vec::new();
    let mut seen = HashSet::default();
    for (nth, member) in body.members().into_iter().enumerate() {
        // Bytes that only fix the size have no meaning to be read.
        if member.field.reserved.is_some() || matches!(member.field.ty, Type::Flex(_)) {
            continue;
        }
        let meta = &member.field.meta;
        let mut name = if meta.name.is_empty() { format!("fields{nth}") } else { names::field(meta) };
        while !seen.insert(name.clone()) {
            name.push('_');
        }
        let inline = body.inline(member, &names::camel(&name));
        if let (Some(inline), Some(code)) = (&inline, code.as_deref_mut()) {
            bodies(inline, &Docs::new([format!("Part of [`{}`].", body.name)]), abi, code)?;
        }
        let inline = inline.as_ref().map(|inline| &inline.name);
        let mut ty = fields::field_type(member.field, abi, item, inline)?.storage;
        if body.packed && !member.is_bytes() {
            ty = format!("argsz::Unaligned<{ty}>");
        }
        arms.push(Arm {
            name,
            ty,
            scalar: matches!(member.field.ty, Type::Prim(_)),
            field: member.field,
            size: member.size,
        });
    }
    Ok(arms)
}

impl Arm<'_> {
    pub(super) fn docs(&self) -> Docs {
        Docs::of(&self.field.meta, &[])
    }

    /// A union that holds this arm, and zeros after it.
    fn make(&self, scope: &mut Scope, code: &mut Lines) {
        let name = names::ident(&scope.method(&format!("from_{}", self.name), "arm"));
        code.gap();
        code.docs(&[format!("With `{}`, and zeros in the bytes after it.", self.name)]);
        code.line("#[must_use]");
        code.open(format_args!("pub fn {name}(value: {}) -> Self {{", self.ty));
        code.line("let mut union = Self::default();");
        code.line("*argsz::arm_mut(&mut union) = value;");
        code.line("union");
        code.close();
    }

    /// Methods that read and write it in `place`: `self`, or a field of it.
    fn accessors(&self, place: &str, scope: &mut Scope, code: &mut Lines) {
        let fresh = scope.method(&self.name, "arm");
        let (shared, unique) = match place {
            "self" => ("self".to_owned(), "self".to_owned()),
            place => (format!("&{place}"), format!("&mut {place}")),
        };
        let (read, write) = (format!("argsz::arm({shared})"), format!("argsz::arm_mut({unique})"));
        if self.scalar {
            self.by_value(&fresh, &format!("*{read}"), &format!("*{write} = value;"), code);
        } else {
            self.by_reference(&fresh, &read, &write, code);
        }
    }

    /// Methods of a struct that hand on to those of the union at `place`.
    fn delegates(&self, place: &str, suffix: &str, scope: &mut Scope, code: &mut Lines) {
        let fresh = scope.method(&self.name, suffix);
        let (name, inner) = (&self.name, names::ident(&self.name));
        let read = format!("{place}.{inner}()");
        if self.scalar {
            self.by_value(&fresh, &read, &format!("{place}.set_{name}(value);"), code);
        } else {
            self.by_reference(&fresh, &read, &format!("{place}.{name}_mut()"), code);
        }
    }

    fn by_value(&self, name: &str, read: &str, write: &str, code: &mut Lines) {
        let (get, ty) = (names::ident(name), &self.ty);
        code.gap();
        self.docs().print(code);
        code.line("#[must_use]");
        code.open(format_args!("pub fn {get}(&self) -> {ty} {{"));
        code.line(read);
        code.close();
        code.gap();
        code.docs(&[format!("Sets `{name}`.")]);
        code.open(format_args!("pub fn set_{name}(&mut self, value: {ty}) {{"));
        code.line(write);
        code.close();
    }

    fn by_reference(&self, name: &str, read: &str, write: &str, code: &mut Lines) {
        let (get, ty) = (names::ident(name), &self.ty);
        code.gap();
        self.docs().print(code);
        code.line("#[must_use]");
        code.open(format_args!("pub fn {get}(&self) -> &{ty} {{"));
        code.line(read);
        code.close();
        code.gap();
        code.docs(&[format!("`{name}`, to be changed.")]);
        code.line("#[must_use]");
        code.open(format_args!("pub fn {name}_mut(&mut self) -> &mut {ty} {{"));
        code.line(write);
        code.close();
    }
}

/// Of an unnamed union: the arm that was a field of its own in an earlier release. It stays one, so that who used it
/// need not notice that other names were given to its bytes.
pub(super) fn primary<'a>(body: &Body<'a>, member: Member<'a>, abi: &Abi<'_>) -> Option<Member<'a>> {
    let Type::Inline(inline) = &member.field.ty else { return None };
    if !inline.is_union || !member.field.meta.name.is_empty() || body.packed {
        return None;
    }
    let arms = body.inline(member, "")?.members();
    arms.into_iter().map(|arm| Member { offset: member.offset, ..arm }).find(|arm| {
        let whole = arm.size == member.size && arm.align == member.align;
        whole && matches!(arm.field.ty, Type::Prim(_)) && was_field(body, &arm.field.meta.name, abi)
    })
}

fn was_field(body: &Body<'_>, name: &str, abi: &Abi<'_>) -> bool {
    let item = &body.laid[0].def.meta.name;
    let release = abi.release;
    abi.history
        .structs()
        .filter(|def| def.meta.name == *item)
        .flat_map(|def| &def.fields)
        .any(|field| field.meta.name == name && field.meta.life.since < release && !field.meta.life.has(release))
}

/// Methods for the other arms of a union whose bytes are the field `primary`.
pub(super) fn beside(
    body: &Body<'_>,
    member: Member<'_>,
    primary: &Member<'_>,
    place: &str,
    abi: &Abi<'_>,
    scope: &mut Scope,
) -> Result<String, EmitError> {
    let mut code = Lines::new(1);
    if let Some(inline) = body.inline(member, "Arms") {
        let arms = arms(&inline, abi, None)?;
        let others = arms.iter().filter(|arm| arm.field.meta.name != primary.field.meta.name);
        others.for_each(|arm| arm.accessors(place, scope, &mut code));
    }
    Ok(code.into_text())
}

/// Methods of a struct for a union in it: its arms under their own names, and the view by the selector.
pub(super) fn through(
    body: &Body<'_>,
    member: Member<'_>,
    inline: Option<&Body<'_>>,
    name: &str,
    abi: &Abi<'_>,
    scope: &mut Scope,
) -> Result<String, EmitError> {
    let ident = names::ident(name);
    let mut code = Lines::new(1);
    let item;
    let union = match (inline, &member.field.ty) {
        (Some(inline), Type::Inline(_)) if inline.is_union => {
            let suffix = if member.field.meta.name.is_empty() { "arm" } else { name };
            for arm in arms(inline, abi, None)? {
                arm.delegates(&format!("self.{ident}"), suffix, scope, &mut code);
            }
            inline
        }
        (_, Type::Named(named)) if abi.model.find_struct(named).is_some_and(|def| def.is_union) => {
            item = Body::item(abi.of(named)?);
            &item
        }
        _ => return Ok(code.into_text()),
    };
    if let Some(view) = View::of(union, abi)?
        && let Some((selector_name, selector)) = selector_place(body, member.field, abi)?
    {
        let method = if member.field.meta.name.is_empty() { "view".to_owned() } else { format!("{name}_view") };
        code.gap();
        code.docs(&[format!("What `{selector_name}` says the bytes of the union are.")]);
        code.line("#[must_use]");
        let lifetime = view.lifetime("'_");
        code.open(format_args!("pub fn {}(&self) -> {}{lifetime} {{", names::ident(&method), view.name));
        code.line(format_args!("self.{ident}.view({selector})"));
        code.close();
    }
    Ok(code.into_text())
}

/// How a struct reads the selector of a union in it, if it is a field of its own that has its type.
fn selector_place(body: &Body<'_>, union: &Field, abi: &Abi<'_>) -> Result<Option<(String, String)>, EmitError> {
    let Some((Path(path), _)) = &union.selector else { return Ok(None) };
    let [name] = path.as_slice() else { return Ok(None) };
    let Some(found) = body.members().into_iter().find(|member| member.field.meta.name == *name) else {
        return Ok(None);
    };
    let item = &body.laid[0].def.meta.name;
    let field = names::field(&found.field.meta);
    let ident = names::ident(&field);
    let typed = fields::field_type(found.field, abi, item, None)?.typed;
    Ok((typed.is_none() && !body.packed).then(|| (field, format!("self.{ident}"))))
}

/// The enum that holds the arm a selector picks.
struct View<'a> {
    name: String,
    selector: &'a Enum,
    /// Arms with the members of the selector that pick them.
    arms: Vec<(ViewArm, Vec<String>)>,
    /// Members that pick none.
    none: Vec<String>,
    /// The arm of all other values.
    rest: Option<ViewArm>,
}

struct ViewArm {
    variant: String,
    method: String,
    ty: String,
    docs: Docs,
}

impl<'a> View<'a> {
    /// The view of a union whose arms are picked by values of an enum.
    fn of(body: &Body<'_>, abi: &Abi<'a>) -> Result<Option<Self>, EmitError> {
        let Some((union, selector)) = selected_by(body, abi) else { return Ok(None) };
        let ty = names::type_name(&selector.meta);
        let member = |key: &str| {
            let found = selector.members.iter().find(|one| one.key == key || one.meta.name == key);
            let found = found.filter(|one| one.kind == EnumKind::Value);
            found.map(|one| format!("{ty}::{}", names::member(&one.meta, &one.key)))
        };
        let members = |keys: &[(String, _)]| keys.iter().filter_map(|(key, _)| member(key)).collect::<Vec<_>>();
        let (mut picked, mut rest) = (Vec::new(), None);
        for arm in arms(body, abi, None)? {
            let one = ViewArm {
                variant: names::ident(&names::camel(&arm.name)),
                method: names::ident(&arm.name),
                ty: if arm.scalar { arm.ty.clone() } else { format!("&'a {}", arm.ty) },
                docs: arm.docs(),
            };
            match arm.field.arm.as_deref() {
                Some(ArmWhen::Values(values)) => picked.push((one, members(values))),
                Some(ArmWhen::Default) => rest = Some(one),
                Some(ArmWhen::Cond(_)) | None => {}
            }
        }
        if picked.is_empty() {
            return Ok(None);
        }
        let none = members(&union.none);
        Ok(Some(Self { name: format!("{}View", names::bare(&body.name)), selector, arms: picked, none, rest }))
    }

    /// How long it lives, if it refers to the union: numbers are handed out by value.
    fn lifetime(&self, name: &str) -> String {
        let refers = self.arms.iter().map(|(arm, _)| arm).chain(&self.rest).any(|arm| arm.ty.starts_with('&'));
        if refers { format!("<{name}>") } else { String::new() }
    }

    fn declaration(&self, code: &mut Lines) {
        let selector = names::type_name(&self.selector.meta);
        code.gap();
        code.docs(&[format!("What a union holds, as its selector says: a [`{selector}`].")]);
        code.line("#[derive(Clone, Copy, Debug, PartialEq, Eq)]");
        code.line("#[non_exhaustive]");
        code.open(format_args!("pub enum {}{} {{", self.name, self.lifetime("'a")));
        for ViewArm { variant, ty, docs, .. } in self.arms.iter().map(|(arm, _)| arm).chain(&self.rest) {
            docs.print(code);
            code.line(format_args!("{variant}({ty}),"));
        }
        if !self.none.is_empty() {
            code.docs(&["Nothing: the selector has no arm."]);
            code.line("Empty,");
        }
        if self.rest.is_none() {
            code.docs(&["The selector has a value without a name here."]);
            code.line("Unknown,");
        }
        code.close();
    }

    fn method(&self, code: &mut Lines) {
        let (name, selector) = (&self.name, names::type_name(&self.selector.meta));
        let reads = |arm: &ViewArm| format!("{name}::{}(self.{}())", arm.variant, arm.method);
        code.gap();
        code.docs(&["The arm that the selector picks."]);
        code.line("#[must_use]");
        let lifetime = self.lifetime("'_");
        code.open(format_args!("pub fn view(&self, selector: {selector}) -> {name}{lifetime} {{"));
        code.open("match selector {");
        for (arm, members) in &self.arms {
            code.arm(members, &reads(arm));
        }
        if !self.none.is_empty() {
            code.arm(&self.none, &format!("{name}::Empty"));
        }
        let rest = self.rest.as_ref().map_or_else(|| format!("{name}::Unknown"), reads);
        code.line(format_args!("_ => {rest},"));
        code.close();
        code.close();
    }
}

/// The field that is this union, and the enum of its selector.
pub(super) fn selected_by<'a>(body: &Body<'_>, abi: &Abi<'a>) -> Option<(&'a Field, &'a Enum)> {
    let owner = &body.laid[0].def.meta.name;
    let of = |item: &str, field: &'a Field| {
        let (path, _) = field.selector.as_ref()?;
        let located = abi.layouts[0].locate(item, path)?;
        let Some((ValueType::Enum(name), _)) = &located.field.values else { return None };
        Some((field, abi.model.find_enum(name)?))
    };
    if let Some(at) = body.inside() {
        let placed = abi.layouts[0].structs.get(owner.as_str())?.fields.get(at)?;
        return of(owner, placed.field);
    }
    // A union that is an item: the first field of its type that names a selector.
    abi.layouts[0].structs.iter().find_map(|(item, laid)| {
        laid.fields.iter().find_map(|placed| {
            let same = matches!(&placed.field.ty, Type::Named(name) if name == owner);
            if same { of(item, placed.field) } else { None }
        })
    })
}
