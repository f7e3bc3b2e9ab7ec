//! What is printed as Rust is read, compiled and run.

#[path = "../../schema/tests/build/mod.rs"]
mod build;
#[path = "common/crates.rs"]
mod crates;

use std::path::PathBuf;
use std::process::Command;

use argsz_codegen::{Shared, Unit, rust};
use argsz_schema::model::{
    ArmWhen, Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, IoctlKind, Item, Life, Model, Release, Style,
    ValueType,
};
use argsz_schema::source::Span;
use build::*;
use crates::{cargo, others};

fn unit<'a>(history: &'a Model, model: &'a Model, release: u16) -> Unit<'a> {
    Unit {
        history,
        release: Release(release),
        model,
        stem: "hand",
        source_name: "schema/linux/hand.toml",
        input_hash: "0123456789abcdef",
        shared: Shared::default(),
    }
}

fn flag(name: &str, kind: FlagKind, value: u64) -> FlagMember {
    FlagMember { meta: meta(&format!("HAND_{name}")), key: name.to_owned(), value, kind }
}

fn flags(name: &str, width: u8) -> Item {
    let members = vec![
        flag("READ", FlagKind::Bit(0), 1),
        flag("WRITE", FlagKind::Bit(1), 2),
        flag("TOP", FlagKind::Bit(width * 8 - 1), 1 << (width * 8 - 1)),
        flag("PART", FlagKind::Mask, 0x70),
        flag("NR", FlagKind::Count, 3),
        flag("RW", FlagKind::Of(vec!["READ".to_owned(), "WRITE".to_owned()]), 3),
    ];
    Item::Flags(Flags { meta: meta(name), width, style: Style::Define, prefix: "HAND_".to_owned(), members }.into())
}

fn values(name: &str, width: u8, values: &[(&str, i64)]) -> Item {
    let member =
        |key: &str, value, kind| EnumMember { meta: meta(&format!("HAND_{key}")), key: key.to_owned(), value, kind };
    let mut members: Vec<EnumMember> = values.iter().map(|(key, value)| member(key, *value, EnumKind::Value)).collect();
    members.push(member("SAME", members[0].value, EnumKind::Alias(members[0].key.clone())));
    members.push(member("NR", 3, EnumKind::Counter));
    let meta = meta(name);
    Item::Enum(Enum { meta, width, style: Style::Enum, prefix: "HAND_".to_owned(), open: false, members }.into())
}

fn span() -> Span {
    Span::default()
}

/// A struct whose union is picked by an enum, as most of the kernel's are.
fn selected() -> Vec<Item> {
    let mut kind = field("kind", ty("u16"));
    kind.values = Some((ValueType::Enum("hand_kind".to_owned()), span()));
    let mut wide = field("wide", ty("u64"));
    wide.values = Some((ValueType::Flags("hand_flags".to_owned()), span()));
    let mut plain = field("flags", ty("u32"));
    plain.values = Some((ValueType::Flags("hand_flags".to_owned()), span()));
    let mut arms = vec![field("page", ty("hand_page")), field("word", ty("u64")), field("raw", array(ty("u8"), 40))];
    arms[0].arm = Some(Box::new(ArmWhen::Values(vec![("PAGE".to_owned(), span())])));
    arms[1].arm = Some(Box::new(ArmWhen::Values(vec![("WORD".to_owned(), span()), ("HAND_LONG".to_owned(), span())])));
    let mut union = inline(true, "body", arms);
    union.selector = Some((argsz_schema::model::Path(vec!["kind".to_owned()]), span()));
    union.none = vec![("NOTHING".to_owned(), span())];
    let reserved = field("__reserved", ty("u16"));
    let gap = field("gap", ty("u32"));
    vec![
        flags("hand_flags", 4),
        values("hand_kind", 2, &[("NOTHING", 0), ("PAGE", 1), ("WORD", 2), ("LONG", 5)]),
        item("hand_page", fields(["u64 addr", "le32 key", "u32 grain"])),
        item("hand_request", vec![field("size", ty("u32")), kind, reserved, plain, gap, wide, union]),
    ]
}

/// Structs that need thought.
fn odd() -> Vec<Item> {
    let mut packed = struct_of("hand_packed", fields(["u8 a", "u64 b"]));
    packed.packed = true;
    let mut packed_aligned = struct_of("hand_packed_aligned", fields(["u8 a", "u64 b", "aligned_u64 c"]));
    packed_aligned.packed = true;
    let mut aligned = struct_of("hand_aligned", fields(["u64 a"]));
    aligned.align = Some(16);
    let mut counted = field("data", flex(ty("u32")));
    counted.len = Some(("n".to_owned(), span()));
    let one = inline(false, "one", vec![field("x", ty("u32")), inline(true, "", fields(["u32 y", "s32 z"]))]);
    let arms = vec![one, inline(false, "", fields(["u32 p", "u32 q"])), field("all", ty("hand_later"))];
    let rows = field("rows", array(array(inline(false, "", fields(["u16 l", "u16 m"])).ty, 2), 3));
    let either = vec![field("bytes", flex(ty("u8"))), field("w", ty("u32"))];
    vec![
        item("hand_user", vec![field("size", ty("u32")), inline(true, "granu", arms), rows]),
        item("hand_later", fields(["le32 a", "be16 b", "le16 c"])),
        item("hand_types", fields(["aligned_u64 a", "aligned_s64 b", "aligned_le64 c", "aligned_be64 d", "u64 e"])),
        item("hand_chars", vec![field("name", array(ty("char"), 80)), field("s", ty("s64"))]),
        item("hand_words", fields(["ptr p", "long l", "ulong u"])),
        item("hand_flex", vec![field("n", ty("u8")), field("m", array(ty("u8"), 3)), counted]),
        item("hand_tail", vec![field("n", ty("u32")), field("inner", ty("hand_flex"))]),
        item("hand_only", vec![field("only", flex(ty("u8")))]),
        item("hand_either", vec![field("n", ty("u32")), inline(true, "", either)]),
        union("hand_union", vec![field("bytes", array(ty("u8"), 5)), field("word", ty("u32"))]),
        item("hand_holes", fields(["u8 a", "u32 b", "u64 c", "u8 d"])),
        item("option", fields(["u32 type", "u32 self", "u32 __type"])),
        Item::Struct(packed.into()),
        Item::Struct(packed_aligned.into()),
        Item::Struct(aligned.into()),
        values("hand_signed", 4, &[("2M", -1), ("low", i64::from(i32::MIN))]),
        ioctl("HAND_DO", IoctlKind::Io, 0x80, Some(ty("hand_user"))),
        ioctl("HAND_GET", IoctlKind::Ior, 0x81, Some(ty("hand_user"))),
        ioctl("HAND_SET", IoctlKind::Iow, 0x82, Some(ty("u64"))),
        ioctl("HAND_BOTH", IoctlKind::Iowr, 0x83, Some(ty("hand_words"))),
        constant("HAND_MAX", i128::from(u64::MAX), None),
        constant("HAND_LOW", -5, None),
        string("HAND_NAME", "a \"quoted\\ name\u{e9}7"),
    ]
}

const USER: &str = r#"
extern crate std;

use argsz::Uapi;
use argsz::zerocopy::{FromBytes, IntoBytes};
use crate::hand::*;

fn debug(value: &dyn core::fmt::Debug) -> std::string::String {
    std::format!("{value:?}")
}

#[test]
fn bytes_go_around() {
    let mut bytes = [0_u8; HandRequest::SIZE];
    (0_u8..).zip(&mut bytes).for_each(|(n, byte)| *byte = n);
    let read = HandRequest::read_from_bytes(&bytes).unwrap();
    assert_eq!(read.as_bytes(), bytes);
}

#[test]
fn unknown_bits_and_values_are_kept() {
    let flags = HandFlags::READ | HandFlags::from_bits_retain(0x100);
    assert_eq!(flags.bits(), 0x101);
    assert_eq!(debug(&flags), "HandFlags(READ | 0x100)");
    assert_eq!(HandFlags::RW, HandFlags::READ | HandFlags::WRITE);
    assert_eq!(debug(&HandKind::PAGE), "HandKind::PAGE");
    assert_eq!(debug(&HandKind(77)), "HandKind(77)");
    assert_eq!(HandKind::SAME, HandKind::NOTHING);
}

#[test]
fn a_union_shows_the_arm_that_is_selected() {
    let page = HandPage { addr: 0x1000, key: argsz::Le32::new(7), grain: 1 };
    let mut request = HandRequest { kind: HandKind::PAGE, body: HandRequestBody::from_page(page), ..Default::default() };
    assert_eq!(request.body_view(), HandRequestBodyView::Page(&page));
    request.page_mut().addr = 5;
    assert_eq!((request.page().addr, request.word()), (5, 5));
    request.kind = HandKind::LONG;
    assert_eq!(request.body_view(), HandRequestBodyView::Word(5));
    request.kind = HandKind::NOTHING;
    assert_eq!(request.body_view(), HandRequestBodyView::Empty);
    request.kind = HandKind(1000);
    assert_eq!(request.body_view(), HandRequestBodyView::Unknown);
    assert_eq!(request.raw()[0], 5_u64.to_ne_bytes()[0]);
}

#[test]
fn a_word_wider_than_its_type_hides_no_bit() {
    let mut request = HandRequest { wide: 3, ..Default::default() };
    assert_eq!(request.wide(), Some(HandFlags::RW));
    request.wide |= 1 << 40;
    assert_eq!(request.wide(), None);
    request.set_wide(HandFlags::READ);
    assert_eq!(request.wide, 1);
}

#[test]
fn an_array_at_the_end_is_as_long_as_its_count_says() {
    #[repr(align(4))]
    struct Aligned([u8; 12]);
    let mut bytes = Aligned([2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
    let (head, data) = HandFlex::with_data(&bytes.0).unwrap();
    assert_eq!((head.n, data), (2, &[1_u32.to_le(), 2_u32.to_le()][..]));
    bytes.0[0] = 3;
    assert_eq!(HandFlex::with_data(&bytes.0), None);
}

#[test]
fn ioctls_are_those_of_c() {
    if !argsz::ioctl::WIDE_DIRECTION && size_of::<usize>() == 8 {
        assert_eq!((HAND_DO, HAND_SET, HAND_BOTH), (0x3b80, 0x4008_3b82, 0xc018_3b83));
    }
    assert_eq!(HandUser::NAME, "hand_user");
}
"#;

#[test]
fn whatever_the_language_can_say_compiles_and_runs() {
    let mut items = selected();
    items.extend(odd());
    let model = model(items);
    let text = rust::emit(&unit(&model, &model, 0)).expect("Rust");
    if let Err(why) = cargo(&["test"], "hand", &text, USER) {
        panic!("{text}\n{why}");
    }
    for target in others() {
        if let Err(why) = cargo(&["build", "--target", target], "hand", &text, USER) {
            panic!("{target}: {why}");
        }
    }
    assert!(rust::tokens(&unit(&model, &model, 0)).is_ok_and(|tokens| syn::parse2::<syn::File>(tokens).is_ok()));
}

#[test]
fn no_text_of_a_schema_breaks_out_of_its_place() {
    let plain = model(odd());
    let mut hostile = plain.clone();
    let text = "*/ \"#]}\\\r fn a() {\n}{ /* ///! \u{e9}";
    let mut changed = 0;
    for one in &mut hostile.items {
        let meta = match one {
            Item::Struct(def) => {
                let def = std::sync::Arc::make_mut(def);
                def.fields.iter_mut().for_each(|field| field.meta.doc = text.to_owned());
                &mut def.meta
            }
            Item::Ioctl(def) => &mut std::sync::Arc::make_mut(def).meta,
            Item::Const(def) => &mut std::sync::Arc::make_mut(def).meta,
            _ => continue,
        };
        (meta.doc, meta.deprecated) = (text.to_owned(), Some(text.to_owned()));
        changed += 1;
    }
    assert!(changed > 10);
    hostile.header.path = text.to_owned();
    let items = |model| {
        let tokens = rust::tokens(&unit(model, model, 0)).expect("tokens");
        syn::parse2::<syn::File>(tokens).expect("Rust").items.len()
    };
    assert_eq!(items(&hostile), items(&plain));
}

#[test]
fn the_output_reads_well() {
    let model = model(selected());
    insta::assert_snapshot!(rust::emit(&unit(&model, &model, 0)).expect("Rust"));
}

#[test]
fn a_field_keeps_its_name_when_it_moves_into_a_union() {
    let mut before = field("out_type", ty("u32"));
    before.meta.life = Life { since: Release(0), until: Some(Release(1)) };
    let mut after = inline(true, "", fields(["u32 in_type", "u32 out_type"]));
    after.meta.life = Life { since: Release(1), until: None };
    let history = model(vec![item("hand_info", vec![field("size", ty("u32")), before, after])]);
    let user = "use crate::hand::*;\n#[test]\nfn works() {\n\
        let info = HandInfo { out_type: 3, ..Default::default() };\nassert_eq!(info.out_type, 3);\n}\n";
    for release in [0, 1] {
        let model = history.at(Release(release));
        let text = rust::emit(&unit(&history, &model, release)).expect("Rust");
        if let Err(why) = cargo(&["test"], &format!("moved{release}"), &text, user) {
            panic!("{text}\n{why}");
        }
        assert_eq!(text.contains("fn in_type(&self) -> u32"), release == 1);
    }
}

/// Bits of every shape: words of 32 bits, values in parts and wider than a word, flags, enums, fixed values, tables.
#[test]
fn hardware_of_every_shape_compiles_and_runs() {
    let text = include_str!("hardware/shapes.toml");
    let schema =
        argsz_schema::Schema::parse(argsz_schema::source::Source::new("shapes.toml", text)).expect("no mistakes");
    for release in 0..2 {
        let model = schema.at(Release(release));
        let generated = rust::emit(&unit(schema.model(), &model, release)).expect("the output");
        let whole = ["0x1234_5670", "0x0123_4567"][usize::from(release)];
        let user = SHAPES_USER.replace("WHOLE", whole);
        cargo(&["test"], "hardware", &generated, &user).unwrap_or_else(|said| panic!("{said}"));
    }
}

const SHAPES_USER: &str = r#"
use crate::hand::*;

#[test]
fn shapes() {
    let shape = Shape::from_words([0xf8d0_1001, 0xffff_ffff, 0x1234_5673]);
    assert_eq!((shape.kind(), shape.state()), (ShapeKind::SQUARE, ShapeState::OFF));
    assert_eq!(shape.flags(), ShapeFlags::LOW | ShapeFlags::HIGH);
    assert_eq!((shape.wide(), shape.few(), shape.whole(), shape.matches()), (0x1f_ffff_ffff, 1, WHOLE, true));
    assert_eq!(shape.with_wide(0x01_2345_6789).words(), [0x48d0_1001, 0x091a_2b3c, 0x1234_5673]);
    assert_eq!(shape.with_flags(ShapeFlags::from_bits_retain(!0)).words()[0], 0xf8df_f001);
    assert_eq!(shape.with_state(ShapeState(0xff)).words()[0], 0xf8f0_1001);
    assert_eq!(Shape::new().words(), [1 | 1 << 22 | 9 << 23, 0, 0]);
    assert_eq!(Shape::default(), Shape::new());
    assert_eq!((Shape::KIND, Shape::SET, Shape::FEW), (ShapeKind::SQUARE, true, 9));
    assert_eq!(Shape::RESERVED, [0xc00, 0, 0]);
    assert_eq!(shape.reserved_bits(), [0, 0, 0]);
    assert_eq!(Shape::from_le_bytes(shape.to_le_bytes()), shape);
    assert_eq!(Plain::from_word(!0).with_all(5).word(), 5);
    assert_eq!(Plain::default().words(), [0]);
}

#[test]
fn choices() {
    let Some(Choice::Shape(shape)) = Choice::of(ShapeState::OFF, ShapeState::OFF) else { panic!() };
    assert_eq!((shape.kind(), shape.few(), shape.state()), (ShapeKind::MANY, 3, ShapeState::ON));
    assert_eq!((shape.flags(), shape.wide(), shape.set()), (ShapeFlags::HIGH, 0x1f_ffff_ffff, true));
    assert_eq!(Choice::TABLE[0][1], Choice::Plain(Plain::from_word(7)));
    assert!(matches!(Choice::TABLE[1][0], Choice::Nothing("It is \"on\" already.")));
    assert!(matches!(Choice::TABLE[1][1], Choice::Refused(_)));
    assert_eq!(Choice::of(ShapeState(2), ShapeState::ON), None);
}
"#;

/// Sizes, offsets and ioctl numbers are asserted by the compiler, so building is all there is to do.
#[test]
fn the_generated_crate_builds_for_other_machines() {
    for target in others() {
        let run = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "--target", target, "--manifest-path"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../generated/Cargo.toml"))
            .env("CARGO_TARGET_DIR", PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("rust-out"))
            .output()
            .expect("cargo runs");
        assert!(run.status.success(), "{target}: {}", String::from_utf8_lossy(&run.stderr));
    }
}
