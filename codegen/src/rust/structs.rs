//! Structs: fields, the methods that reach into their unions, and what the compiler is to assert.

use argsz_schema::hash::HashSet;
use argsz_schema::model::{ByteOrder, Dir, Struct, Type};

use super::body::{Body, Member, elements};
use super::docs::Docs;
use super::text::{Lines, escaped};
use super::{Abi, derives, fields, names, parts, per_abi, unions};
use crate::EmitError;

/// Methods every struct has, whose names no accessor takes.
const TAKEN: &[&str] = &["builder", "check", "check_after_lookup", "copy_from_user", "covering_size", "view"];

/// All types of one struct or union of the schema, and what is implemented for them.
pub(super) fn emit(def: &Struct, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    let body = Body::item(abi.of(&def.meta.name)?);
    let kind = if def.is_union { "union" } else { "struct" };
    let docs = Docs::item(&def.meta, &body.name, &[format!("In C: `{kind} {}`.", def.meta.name)]);
    bodies(&body, &docs, abi, code)?;
    let (header, release) = (&abi.model.header.path, abi.release_name);
    code.gap();
    code.open(format_args!("impl argsz::Uapi for {} {{", body.name));
    for (name, value) in [("NAME", def.meta.name.as_str()), ("HEADER", header), ("RELEASE", release)] {
        code.line(["const ", name, ": &'static str = \"", &*escaped(value), "\";"]);
    }
    code.close();
    Ok(())
}

/// One body, and before it those written in place inside it.
pub(super) fn bodies(body: &Body<'_>, docs: &Docs, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    if body.is_union {
        return unions::emit(body, docs, abi, code);
    }
    let (stored, methods) = stored(body, abi, code)?;
    let name = &body.name;
    let natural = stored.iter().fold([1; 4], |most, one| max(most, one.natural));
    let large = stored.iter().any(|one| one.large);
    code.gap();
    docs.print(code);
    derives(if large { &["Debug"] } else { &["Debug", "Default"] }, code);
    code.line(&body.repr(if body.packed { [1; 4] } else { natural }));
    if stored.is_empty() {
        code.line(format_args!("pub struct {name} {{}}"));
    } else {
        code.open(format_args!("pub struct {name} {{"));
        for one in &stored {
            one.docs.print(code);
            code.line(["pub ", &*one.name, ": ", &one.ty, ","]);
        }
        code.close();
    }
    if large {
        zeroed(name, code);
    }
    asserts(body, &stored, code);
    code.methods(name, &methods);
    Ok(())
}

/// A default for what the standard library has none for: an array of more than 32 elements.
pub(super) fn zeroed(name: &str, code: &mut Lines) {
    code.gap();
    code.open(format_args!("impl Default for {name} {{"));
    code.open("fn default() -> Self {");
    code.line("argsz::zerocopy::FromZeros::new_zeroed()");
    code.close();
    code.close();
}

/// A field of the Rust struct.
struct Stored {
    docs: Docs,
    name: String,
    ty: String,
    offset: [u64; 4],
    natural: [u64; 4],
    /// An array too long for the standard `Default`.
    large: bool,
}

fn max(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut most = a;
    most.iter_mut().zip(b).for_each(|(most, b)| *most = b.max(*most));
    most
}

/// What is stored, with every byte nobody named, and the methods beside it.
fn stored(body: &Body<'_>, abi: &Abi<'_>, code: &mut Lines) -> Result<(Vec<Stored>, Vec<String>), EmitError> {
    let (mut stored, mut methods) = (Vec::new(), Vec::new());
    let mut scope = Scope::new();
    let mut end = [0; 4];
    for member in body.members() {
        if let Type::Flex(_) = member.field.ty {
            hole(&mut stored, end, member.offset);
            let (one, method) = flexible(body, member, abi, code, &mut scope)?;
            end = member.offset;
            methods.push(method);
            stored.push(one);
            continue;
        }
        hole(&mut stored, end, member.offset);
        let one = field(body, member, abi, code, &mut scope, &mut methods)?;
        end = member.offset;
        end.iter_mut().zip(member.size).for_each(|(end, size)| *end += size);
        stored.push(one);
    }
    hole(&mut stored, end, body.size);
    Ok((stored, methods))
}

/// Bytes between `from` and `to` that no field of the schema owns: Rust has to own them.
fn hole(stored: &mut Vec<Stored>, from: [u64; 4], to: [u64; 4]) {
    let mut bytes = to;
    bytes.iter_mut().zip(from).for_each(|(to, from)| *to = to.saturating_sub(from));
    if bytes == [0; 4] {
        return;
    }
    let docs = Docs::new(["Padding that C's compilers insert."]);
    let (name, ty) = (format!("hole{}", stored.len()), format!("[u8; {}]", per_abi(bytes)));
    let large = bytes.iter().any(|bytes| *bytes > 32);
    stored.push(Stored { docs, name, ty, offset: from, natural: [1; 4], large });
}

/// Names of fields and methods that were given away.
pub(super) struct Scope {
    fields: HashSet<String>,
    methods: HashSet<String>,
}

impl Scope {
    /// Of a struct, or a union.
    pub(super) fn new() -> Self {
        Self::bare(TAKEN)
    }

    /// Of what has these methods.
    pub(super) fn bare(taken: &[&str]) -> Self {
        Self { fields: HashSet::default(), methods: taken.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// A field's name: without leading underscores, if no other field is called that.
    fn field(&mut self, member: &Member<'_>, unnamed: &str) -> String {
        let meta = &member.field.meta;
        let short = if meta.name.is_empty() { unnamed.to_owned() } else { names::field(meta) };
        let tries = std::iter::once(short.clone()).chain((2..).map(|n| format!("{short}_{n}")));
        let fresh = tries.into_iter().find(|name| !self.fields.contains(name)).unwrap_or(short);
        self.fields.insert(fresh.clone());
        fresh
    }

    /// A method's name, with `suffix` if it is taken.
    pub(super) fn method(&mut self, name: &str, suffix: &str) -> String {
        let fresh = if self.methods.contains(name) { format!("{name}_{suffix}") } else { name.to_owned() };
        self.methods.insert(fresh.clone());
        fresh
    }

    /// The name of two methods, one that reads and one that sets: with `suffix`, as often as it takes.
    pub(super) fn accessors(&mut self, name: &str, suffix: &str) -> String {
        let mut fresh = name.to_owned();
        while self.methods.contains(&fresh) || self.methods.contains(&format!("set_{fresh}")) {
            fresh = format!("{fresh}_{suffix}");
        }
        self.methods.extend([format!("set_{fresh}"), fresh.clone()]);
        fresh
    }
}

/// One field, with its methods.
fn field(
    body: &Body<'_>,
    member: Member<'_>,
    abi: &Abi<'_>,
    code: &mut Lines,
    scope: &mut Scope,
    methods: &mut Vec<String>,
) -> Result<Stored, EmitError> {
    let item = &body.laid[0].def.meta.name;
    if let Some(primary) = unions::primary(body, member, abi) {
        let name = scope.field(&primary, "arms");
        let ty = fields::field_type(primary.field, abi, item, None)?.storage;
        let ident = names::ident(&name);
        methods.push(unions::beside(body, member, &primary, &format!("self.{ident}"), abi, scope)?);
        let docs = field_docs(&primary, body);
        return Ok(Stored { docs, name: ident, ty, offset: member.offset, natural: primary.natural(), large: false });
    }
    let name = scope.field(&member, "arms");
    let inline = body.inline(member, &names::camel(&name));
    if let Some(inline) = &inline {
        let docs = if member.field.meta.doc.is_empty() {
            Docs::new([format!("Part of [`{}`].", body.name)])
        } else {
            Docs::of(&member.field.meta, &[])
        };
        bodies(inline, &docs, abi, code)?;
    }
    let fields::FieldType { mut storage, typed } =
        fields::field_type(member.field, abi, item, inline.as_ref().map(|inline| &inline.name))?;
    let packed_in =
        body.unaligned() || body.packed && !matches!(argsz_schema::layout::base(&member.field.ty), Type::Prim(_));
    if packed_in {
        storage = format!("argsz::Unaligned<{storage}>");
    }
    let (docs, ident) = (field_docs(&member, body), names::ident(&name));
    if let Some(typed) = typed.filter(|_| !packed_in) {
        let mut method = Lines::new(1);
        let docs = Docs::of(&member.field.meta, &[]);
        typed.accessors(&scope.method(&name, "typed"), &format!("self.{ident}"), docs, &mut method);
        methods.push(method.into_text());
    }
    let place = ["self.", &*ident].concat();
    let unit = parts::Unit { field: member.field, name: &ident, place, unaligned: packed_in };
    methods.push(parts::methods(&unit, scope));
    if !packed_in && let Type::Inline(_) | Type::Named(_) = member.field.ty {
        methods.push(unions::through(body, member, inline.as_ref(), &name, abi, scope)?);
    }
    let natural = if packed_in { [1; 4] } else { member.natural() };
    Ok(Stored {
        docs,
        name: ident,
        ty: storage,
        offset: member.offset,
        natural,
        large: elements_large(&member.field.ty),
    })
}

fn elements_large(ty: &Type) -> bool {
    match ty {
        Type::Array(of, count) => *count > 32 || elements_large(of),
        _ => elements(ty) > 32,
    }
}

fn field_docs(member: &Member<'_>, body: &Body<'_>) -> Docs {
    let meta = &member.field.meta;
    let fallback = meta.doc.is_empty() && meta.name.is_empty();
    let note = match member.field.dir {
        _ if fallback => return Docs::new([format!("What else [`{}`] holds.", body.name)]),
        Dir::In => None,
        Dir::Out => Some("Written by the kernel.".to_owned()),
        Dir::InOut => Some("Read and written by the kernel.".to_owned()),
    };
    let note = note.filter(|_| body.laid[0].fields.iter().any(|placed| placed.field.dir != member.field.dir));
    Docs::item(meta, &names::field(meta), note.as_slice())
}

/// The array at the end, whose length is not the type's: a field without a size where it begins, and the method that
/// reads it.
fn flexible(
    body: &Body<'_>,
    member: Member<'_>,
    abi: &Abi<'_>,
    code: &mut Lines,
    scope: &mut Scope,
) -> Result<(Stored, String), EmitError> {
    let item = &body.laid[0].def.meta.name;
    let name = scope.field(&member, "rest");
    let inline = body.inline(member, &names::camel(&name));
    if let Some(inline) = &inline {
        bodies(inline, &Docs::new([format!("An element of [`{}`]'s `{name}`.", body.name)]), abi, code)?;
    }
    let ty = fields::field_type(member.field, abi, item, inline.as_ref().map(|inline| &inline.name))?.storage;
    let at = per_abi(member.offset);
    let counter = member
        .field
        .len
        .as_ref()
        .and_then(|(len, _)| body.members().into_iter().find(|one| one.field.meta.name == *len));
    let held = |one: &Member<'_>| {
        let native = matches!(&one.field.ty, Type::Prim(prim) if prim.order == ByteOrder::Native || prim.width == 1);
        let get = if native && !body.unaligned() { "" } else { ".get()" };
        [&names::ident(&names::field(&one.field.meta)), get].concat()
    };
    let count = match counter.map(|one| (held(&one), one.size[0])) {
        Some((len, 1 | 2)) => format!("|head: &Self| usize::from(head.{len})"),
        Some((len, _)) => format!("|head: &Self| usize::try_from(head.{len}).unwrap_or(usize::MAX)"),
        None => format!("|_: &Self| bytes.len().saturating_sub({at}) / size_of::<{ty}>()"),
    };
    let method = names::ident(&scope.method(&format!("with_{name}"), "rest"));
    let begins = format!("Where they begin; [`Self::{method}`] reads them.");
    let stored = Stored {
        docs: Docs::of(&member.field.meta, &[begins]),
        name: names::ident(&name),
        ty: if body.unaligned() { format!("[argsz::Unaligned<{ty}>; 0]") } else { format!("[{ty}; 0]") },
        offset: member.offset,
        natural: if body.packed { [1; 4] } else { member.natural() },
        large: false,
    };
    let mut code = Lines::new(1);
    let note = "`None` if `bytes` does not hold the struct and all elements, or is not aligned as they are.";
    Docs::of(&member.field.meta, &[note.to_owned()]).print(&mut code);
    code.line("#[must_use]");
    code.open_fn(&format!("pub fn {method}"), &["bytes: &[u8]"], &format!(" -> Option<(&Self, &[{ty}])>"));
    code.line(format_args!("argsz::flexible(bytes, {at}, {count})"));
    code.close();
    Ok((stored, code.into_text()))
}

/// Size, alignment and every offset, judged when the output is compiled.
fn asserts(body: &Body<'_>, stored: &[Stored], code: &mut Lines) {
    let name = &body.name;
    code.gap();
    code.open("const _: () = {");
    code.line(["assert!(size_of::<", &**name, ">() == ", &per_abi(body.size), ");"]);
    code.line(["assert!(align_of::<", &**name, ">() == ", &per_abi(body.align), ");"]);
    for one in stored {
        let (field, offset) = (&*one.name, per_abi(one.offset));
        code.line(["assert!(core::mem::offset_of!(", &**name, ", ", field, ") == ", &offset, ");"]);
    }
    code.close_with("};");
}
