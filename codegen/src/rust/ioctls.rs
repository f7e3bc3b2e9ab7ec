//! Numbers of ioctls, computed as C's macros do and asserted to be what the schema's layout says.

use argsz_schema::ioctl;
use argsz_schema::model::{Ioctl, IoctlKind, Type};

use super::docs::Docs;
use super::text::Lines;
use super::{Abi, consts, fields, names};
use crate::EmitError;

pub(super) fn emit(one: &Ioctl, abi: &Abi<'_>, code: &mut Lines) -> Result<(), EmitError> {
    let argument = match &one.arg {
        Some(Type::Named(name)) => Some(names::type_name(&abi.lookup_struct(name, &one.meta.name)?.meta)),
        _ => None,
    };
    let note = argument.map(|argument| format!("Its argument is [`{argument}`]."));
    Docs::of(&one.meta, note.as_slice()).print(code);
    consts::deprecated(one.meta.deprecated.as_deref(), code);
    let magic = one.magic.0;
    let magic = if magic.is_ascii_graphic() { format!("b{:?}", char::from(magic)) } else { magic.to_string() };
    let (function, ty) = match (one.kind, &one.arg) {
        (IoctlKind::Io, _) | (_, None) => ("io", None),
        (IoctlKind::Ior, Some(arg)) => ("ior", Some(arg)),
        (IoctlKind::Iow, Some(arg)) => ("iow", Some(arg)),
        (IoctlKind::Iowr, Some(arg)) => ("iowr", Some(arg)),
    };
    let ty = ty.map(|arg| fields::plain_type(arg, abi, &one.meta.name)).transpose()?;
    let ty = ty.map_or_else(String::new, |ty| format!("::<{ty}>"));
    let (name, nr) = (names::constant(&one.meta), consts::hex(one.nr.0.into()));
    code.assign(&format!("pub const {name}: u32 ="), &format!("argsz::ioctl::{function}{ty}({magic}, {nr});"));
    Ok(())
}

/// One block that says what all numbers are; nothing without ioctls.
pub(super) fn asserts<'a>(ioctls: impl Iterator<Item = &'a Ioctl>, abi: &Abi<'_>) -> Option<String> {
    let asserts: Vec<[String; 2]> = ioctls.filter_map(|one| assert(one, abi)).collect();
    if asserts.is_empty() {
        return None;
    }
    let mut code = Lines::new(0);
    code.line("");
    code.line("#[allow(deprecated)]");
    code.open("const _: () = {");
    for [name, number] in asserts {
        code.line(format_args!("assert!({name} == {number});"));
    }
    code.close_with("};");
    Some(code.into_text())
}

/// Only where the number is the same on all machines of a kind; the sizes of the others are asserted with the structs.
fn assert(one: &Ioctl, abi: &Abi<'_>) -> Option<[String; 2]> {
    let same = |layouts: &[argsz_schema::layout::Layouts<'_>]| {
        let first = ioctl::number(one, layouts.first()?)?;
        layouts.iter().all(|other| ioctl::number(one, other) == Some(first)).then_some(first)
    };
    let (usual, wide) = (same(&abi.layouts)?, same(&abi.wide)?);
    let (usual, wide) = (consts::hex(usual.into()), consts::hex(wide.into()));
    Some([names::constant(&one.meta), format!("argsz::ioctl::pick({usual}, {wide})")])
}
