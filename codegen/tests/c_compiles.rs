//! What is printed as C is asked of real compilers: `gcc` and `g++`, 64 and 32 bits wide, with every warning an error.
//! The assertions carry every size, offset and value, so a compiler that is content agrees with our layouts.

#[path = "../../schema/tests/build/mod.rs"]
mod build;

use std::path::Path;
use std::process::Command;

use argsz_codegen::{Shared, Unit, c_asserts, c_header};
use argsz_schema::Schema;
use argsz_schema::model::{
    Enum, EnumKind, EnumMember, FlagKind, FlagMember, Flags, IoctlKind, Item, Model, Release, Reserved, Style, Waiver,
};
use argsz_schema::source::Span;
use build::*;

const WARNINGS: [&str; 5] = ["-Wall", "-Wextra", "-Wpadded", "-Wpedantic", "-Werror"];

fn unit(model: &Model) -> Unit<'_> {
    Unit {
        history: model,
        release: Release(0),
        model,
        stem: "hand",
        source_name: "schema/linux/hand.toml",
        input_hash: "0123456789abcdef",
        shared: Shared::default(),
    }
}

fn compile(compiler: &str, width: &str, dir: &Path, file: &Path) -> Result<(), String> {
    let language = if compiler == "g++" { "c++" } else { "c" };
    let run = Command::new(compiler)
        .args(WARNINGS)
        .args([width, "-fsyntax-only", "-x", language, "-I"])
        .arg(dir)
        .arg(file)
        .output()
        .map_err(|error| format!("{compiler}: {error}"))?;
    let said = String::from_utf8_lossy(&run.stderr);
    if run.status.success() { Ok(()) } else { Err(format!("{compiler} {width}:\n{said}")) }
}

/// Compiles a header and its assertions with every compiler that is there.
fn compiles(path: &str, header: &str, asserts: &str) -> Result<(), String> {
    let dir = tempfile::tempdir().expect("a folder for C");
    let at = dir.path().join(path);
    std::fs::create_dir_all(at.parent().expect("a folder")).expect("a folder for the header");
    std::fs::write(&at, header).expect("the header written");
    let (file, probe) = (dir.path().join("asserts.c"), dir.path().join("probe.c"));
    std::fs::write(&file, asserts).expect("the assertions written");
    std::fs::write(&probe, "#include <linux/types.h>\n#include <stddef.h>\n").expect("the probe written");
    for compiler in ["gcc", "g++"] {
        for width in ["-m64", "-m32"] {
            match compile(compiler, width, dir.path(), &probe) {
                Ok(()) => compile(compiler, width, dir.path(), &file)?,
                Err(why) => eprintln!("SKIPPED {path}: {compiler} {width} cannot compile an empty file here: {why}"),
            }
        }
    }
    Ok(())
}

fn flag(name: &str, kind: FlagKind, value: u64) -> FlagMember {
    FlagMember { meta: meta(&format!("HAND_{name}")), key: name.to_owned(), value, kind }
}

fn flags(name: &str, width: u8, style: Style) -> Item {
    let upper = name.to_uppercase();
    let mut members = vec![
        flag(&format!("{upper}_READ"), FlagKind::Bit(0), 1),
        flag(&format!("{upper}_WRITE"), FlagKind::Bit(1), 2),
        flag(&format!("{upper}_TOP"), FlagKind::Bit(width * 8 - 1), 1 << (width * 8 - 1)),
        flag(&format!("{upper}_PART"), FlagKind::Mask, 0xf0),
        flag(&format!("{upper}_NR"), FlagKind::Count, 3),
    ];
    let both = vec![members[0].key.clone(), members[1].key.clone()];
    members.push(flag(&format!("{upper}_RW"), FlagKind::Of(both), 3));
    Item::Flags(Flags { meta: meta(name), width, style, prefix: "HAND_".to_owned(), members }.into())
}

fn values(name: &str, style: Style, values: &[i64]) -> Item {
    let upper = name.to_uppercase();
    let member = |key: &str, value, kind| EnumMember {
        meta: meta(&format!("HAND_{upper}_{key}")),
        key: key.to_owned(),
        value,
        kind,
    };
    let mut members: Vec<EnumMember> =
        values.iter().enumerate().map(|(at, value)| member(&at.to_string(), *value, EnumKind::Value)).collect();
    members.push(member("SAME", members[0].value, EnumKind::Alias("0".to_owned())));
    members.push(member("NR", 3, EnumKind::Counter));
    Item::Enum(Enum { meta: meta(name), width: 8, style, prefix: "HAND_".to_owned(), open: false, members }.into())
}

/// Structs that C and C++ disagree about, or that a compiler warns of.
fn structs() -> Vec<Item> {
    let mut holes = struct_of("hand_holes", fields(["u8 a", "u32 b", "u64 c", "u8 d"]));
    let reason = "published like this */ long ago".to_owned();
    holes.waivers.push(Waiver { lint: "AZ0301".to_owned(), at: None, reason, span: Span::default() });
    let mut packed = struct_of("hand_packed", fields(["u8 a", "u64 b", "aligned_u64 c"]));
    packed.packed = true;
    let mut aligned = struct_of("hand_aligned", fields(["u64 a"]));
    aligned.align = Some(16);
    let mut reserved = field("reserved", array(ty("u8"), 4));
    reserved.reserved = Some(Reserved::Zero);
    reserved.meta.doc.clear();
    let one = inline(false, "one", vec![field("x", ty("u32")), inline(true, "", fields(["u32 y", "s32 z"]))]);
    let arms = vec![one, inline(false, "", fields(["u32 p", "u32 q"])), field("all", ty("hand_later"))];
    let mut rows = field("rows", array(array(inline(false, "", fields(["u16 l", "u16 m"])).ty, 2), 3));
    rows.meta.doc = String::from("Rows of `hand_user`; see `granu` and `HAND_MAX`.");
    let either = vec![field("bytes", flex(ty("u8"))), field("words", flex(ty("u32"))), field("w", ty("u32"))];
    vec![
        item("hand_user", vec![field("size", ty("u32")), reserved, inline(true, "granu", arms), rows]),
        item("hand_later", fields(["le32 a", "be16 b", "le16 c"])),
        item("hand_types", fields(["aligned_u64 a", "aligned_s64 b", "aligned_le64 c", "aligned_be64 d", "u64 e"])),
        item("hand_chars", vec![field("name", array(ty("char"), 8)), field("s", ty("s64"))]),
        item("hand_words", fields(["ptr p", "long l", "ulong u"])),
        item("hand_flex", vec![field("n", ty("u32")), field("data", flex(ty("hand_later")))]),
        item("hand_tail", vec![field("n", ty("u32")), field("inner", ty("hand_flex"))]),
        item("hand_only", vec![field("only", flex(ty("u8")))]),
        item("hand_either", vec![field("n", ty("u32")), inline(true, "", either)]),
        union("hand_union", vec![field("bytes", array(ty("u8"), 5)), field("word", ty("u32"))]),
        Item::Struct(holes.into()),
        Item::Struct(packed.into()),
        Item::Struct(aligned.into()),
    ]
}

/// Everything the language can say, in its nastiest form.
fn torture() -> Model {
    let mut items = vec![
        constant("HAND_MAX", i128::from(u64::MAX), None),
        constant("HAND_HIGH", 1 << 31, None),
        constant("HAND_LOW", -5, None),
        constant("HAND_MAGIC", 59, Some("';'")),
        constant("HAND_SUM", 60, Some("HAND_MAGIC + 1")),
        string("HAND_NAME", "a \"quoted\\ name\u{e9}7"),
    ];
    items.extend(structs());
    items.extend([
        ioctl("HAND_DO", IoctlKind::Io, 0x80, Some(ty("hand_user"))),
        ioctl("HAND_GET", IoctlKind::Ior, 0x81, Some(ty("hand_user"))),
        ioctl("HAND_SET", IoctlKind::Iow, 0x82, Some(ty("u64"))),
        ioctl("HAND_BOTH", IoctlKind::Iowr, 0x83, Some(ty("hand_words"))),
    ]);
    for (style, name) in [(Style::Define, "def"), (Style::Enum, "enu"), (Style::AnonymousEnum, "ano")] {
        items.extend([1, 2, 4, 8].map(|width| flags(&format!("{name}{width}"), width, style)));
        items.push(values(&format!("{name}_values"), style, &[0, 1, 7]));
        items.push(values(&format!("{name}_signed"), style, &[-1, i64::from(i32::MIN), 0x7fff_ffff]));
        items.push(values(&format!("{name}_wide"), style, &[i64::MIN, 0xffff_ffff, i64::MAX]));
    }
    model(items)
}

#[test]
fn whatever_the_language_can_say_compiles() {
    let model = torture();
    let header = c_header::emit(&unit(&model)).expect("a header");
    let asserts = c_asserts::emit(&unit(&model)).expect("assertions");
    if let Err(why) = compiles("linux/hand.h", &header, &asserts) {
        panic!("{header}\n{why}");
    }
}

#[test]
fn assertions_notice_a_header_that_is_wrong() {
    let model = torture();
    let asserts = c_asserts::emit(&unit(&model)).expect("assertions");
    let header = c_header::emit(&unit(&model)).expect("a header");
    for (right, wrong) in [("__be16 b;", "__be32 b;"), ("(1 << 1)", "(1 << 2)"), ("_IOR(';', 129", "_IOR(';', 130")] {
        assert!(header.contains(right), "{right}");
        assert!(compiles("linux/hand.h", &header.replace(right, wrong), &asserts).is_err(), "{wrong}");
    }
}

/// Every schema of this repository at every release of its header.
#[test]
fn the_schemas_of_linux_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/linux");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("the schemas") {
        let path = entry.expect("a schema").path();
        let schema = Schema::load(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for release in schema.releases() {
            let model = schema.at(release);
            let unit = Unit { history: schema.model(), release, ..unit(&model) };
            let header = c_header::emit(&unit).expect("a header");
            let asserts = c_asserts::emit(&unit).expect("assertions");
            let name = unit.release_name();
            if let Err(why) = compiles(&model.header.path, &header, &asserts) {
                panic!("{} at {name}: {why}", path.display());
            }
            seen += 1;
        }
    }
    assert!(seen >= 7, "iommu.h has five releases, iommufd.h two: {seen}");
}
