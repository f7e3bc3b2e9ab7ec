//! Layouts as people and programs read them.
#![cfg(feature = "cli")]

#[path = "../../schema/tests/build/mod.rs"]
mod build;

use argsz_codegen::{layout_json, layout_text};
use argsz_schema::expr::{Compare, Expr, ExprKind};
use argsz_schema::layout::layout;
use argsz_schema::model::{ArmWhen, Grows, Item, MinSize, Model, Path, Reserved, Role, ValueType};
use argsz_schema::source::Span;
use argsz_schema::target;
use build::*;

fn path(text: &str) -> Path {
    Path(text.split('.').map(str::to_owned).collect())
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn sample() -> Model {
    let mut argsz = field("argsz", ty("u32"));
    argsz.role = Some(Role::Argsz);
    let mut kind = field("kind", ty("u8"));
    kind.values = Some((ValueType::Enum("hand_kind".to_owned()), Span::default()));
    let mut padding = field("padding", array(ty("u8"), 2));
    padding.reserved = Some(Reserved::Zero);
    let mut wide = inline(false, "wide", fields(["u64 addr", "u32 len"]));
    wide.arm = Some(Box::new(ArmWhen::Values(vec![("WIDE".to_owned(), Span::default())])));
    let mut union = inline(true, "", vec![wide, field("narrow", ty("u32"))]);
    union.selector = Some((path("kind"), Span::default()));
    let mut def = struct_of("hand", vec![argsz, kind, padding, union, field("data", flex(ty("u16")))]);
    def.grows = vec![(Grows::Argsz, ALWAYS)];
    def.min = Some((path("padding"), Span::default()));
    let named = |name| Box::new(expr(ExprKind::Path(path(name))));
    def.min_sizes.push(MinSize {
        when: Some(expr(ExprKind::Compare(Compare::Eq, named("kind"), named("WIDE")))),
        covers: path("wide.len"),
        errno: None,
        why: None,
        life: ALWAYS,
        span: Span::default(),
    });
    model(vec![
        constant("HAND_MAX", u64::MAX.into(), None),
        constant("HAND_LOW", -1, None),
        string("HAND_NAME", "hand"),
        Item::Struct(def.into()),
    ])
}

#[test]
fn text_is_like_pahole() {
    let model = sample();
    let layouts = layout(&model, target::ALL[0]).expect("a layout");
    let styled = layout_text::print(&layouts, "hand").expect("a struct of that name");
    insta::assert_snapshot!(anstream::adapter::strip_str(&styled).to_string());
    assert!(styled.contains('\u{1b}'), "there are colours to be stripped");
    assert_eq!(layout_text::print(&layouts, "foot"), None);
}

#[test]
fn json_has_the_agreed_shape() {
    let model = sample();
    let layouts = layout(&model, target::find("i386").expect("a target")).expect("a layout");
    let expected = serde_json::json!({
        "structs": { "hand": { "size": 20, "align": 4, "fields": [
            { "name": "argsz", "offset": 0, "size": 4 },
            { "name": "kind", "offset": 4, "size": 1 },
            { "name": "padding", "offset": 5, "size": 2 },
            { "name": "wide", "offset": 8, "size": 12 },
            { "name": "wide.addr", "offset": 8, "size": 8 },
            { "name": "wide.len", "offset": 16, "size": 4 },
            { "name": "narrow", "offset": 8, "size": 4 },
            { "name": "data", "offset": 20, "size": 0 },
        ] } },
        "constants": { "HAND_MAX": u64::MAX, "HAND_LOW": -1 },
        "strings": { "HAND_NAME": "hand" },
    });
    assert_eq!(layout_json::value(&layouts), expected);
}

#[test]
fn json_has_texts_only_where_there_are_some() {
    let model = model(vec![constant("HAND_LOW", -1, None)]);
    let layouts = layout(&model, target::ALL[0]).expect("a layout");
    let expected = serde_json::json!({ "structs": {}, "constants": { "HAND_LOW": -1 } });
    assert_eq!(layout_json::value(&layouts), expected);
}
