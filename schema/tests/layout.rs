//! Layouts by the C ABI. Expected numbers are what gcc 12 gives with `-m64` and `-m32` (`c_compiles.rs` of codegen asks
//! it again), and for m68k those of its System V ABI supplement: nothing is aligned to more than two bytes.

mod build;

use argsz_schema::ioctl;
use argsz_schema::layout::{Hole, LayoutError, Layouts, layout};
use argsz_schema::model::{IoctlKind, Item, Life, Model, Path, Release, Type};
use argsz_schema::target;
use build::*;

fn on<'m>(model: &'m Model, name: &str) -> Layouts<'m> {
    layout(model, target::find(name).expect("a target")).expect("a layout")
}

fn size_align(layouts: &Layouts<'_>, name: &str) -> (u64, u64) {
    (layouts.structs[name].size, layouts.structs[name].align)
}

fn offsets(layouts: &Layouts<'_>, name: &str) -> Vec<(String, u64, u64)> {
    layouts.structs[name].fields.iter().map(|field| (field.path.to_string(), field.offset, field.size)).collect()
}

fn path(text: &str) -> Path {
    Path(text.split('.').map(str::to_owned).collect())
}

fn place(path: &str, offset: u64, size: u64) -> (String, u64, u64) {
    (path.to_owned(), offset, size)
}

#[test]
fn alignment_of_u64_is_the_targets() {
    let model = model(vec![item("s", fields(["u32 a", "u64 b", "aligned_u64 c", "u8 d"]))]);
    for (name, size, align, b, c) in
        [("x86-64", 32, 8, 8, 16), ("arm", 32, 8, 8, 16), ("i386", 24, 8, 4, 16), ("m68k", 24, 8, 4, 16)]
    {
        let layouts = on(&model, name);
        let expected = [place("a", 0, 4), place("b", b, 8), place("c", c, 8), place("d", c + 8, 1)];
        assert_eq!(offsets(&layouts, "s"), expected, "{name}");
        assert_eq!(size_align(&layouts, "s"), (size.max(c + 16), align), "{name}");
    }
}

#[test]
fn m68k_aligns_to_two_bytes() {
    let model = model(vec![item("s", fields(["u8 a", "u32 b", "u8 c"]))]);
    assert_eq!(size_align(&on(&model, "m68k"), "s"), (8, 2));
    assert_eq!(size_align(&on(&model, "i386"), "s"), (12, 4));
}

#[test]
fn packed_keeps_what_a_declaration_asks_for() {
    let mut def = struct_of("s", fields(["u8 a", "u64 b", "aligned_u64 c", "u16 d"]));
    def.packed = true;
    let model = model(vec![Item::Struct(def.into())]);
    let expected = [place("a", 0, 1), place("b", 1, 8), place("c", 16, 8), place("d", 24, 2)];
    assert_eq!(offsets(&on(&model, "x86-64"), "s"), expected);
    assert_eq!(size_align(&on(&model, "x86-64"), "s"), (32, 8));
}

#[test]
fn an_alignment_asked_for_rounds_the_size() {
    let mut def = struct_of("s", fields(["u32 a", "u32 b", "u32 c"]));
    def.align = Some(16);
    let model = model(vec![Item::Struct(def.into())]);
    assert_eq!(size_align(&on(&model, "i386"), "s"), (16, 16));
    assert_eq!(on(&model, "i386").structs["s"].holes(), [Hole { offset: 12, size: 4, inside: None, tail: true }]);
}

#[test]
fn fields_written_in_place_are_listed_after_their_parent() {
    let arms = vec![
        inline(false, "one", fields(["u8 x", "u32 y"])),
        inline(false, "", fields(["u64 z"])),
        field("raw", array(ty("u8"), 20)),
    ];
    let model = model(vec![item("s", vec![field("k", ty("u32")), inline(true, "u", arms), field("l", ty("u64"))])]);
    let layouts = on(&model, "x86-64");
    let expected = [
        place("k", 0, 4),
        place("u", 8, 24),
        place("u.one", 8, 8),
        place("u.one.x", 8, 1),
        place("u.one.y", 12, 4),
        place("u", 8, 8),
        place("u.z", 8, 8),
        place("u.raw", 8, 20),
        place("l", 32, 8),
    ];
    assert_eq!(offsets(&layouts, "s"), expected);
    let holes: Vec<_> = layouts.structs["s"].holes().iter().map(|hole| (hole.offset, hole.size, hole.inside)).collect();
    assert_eq!(holes, [(4, 4, None), (9, 3, Some(2)), (28, 4, Some(1))]);
}

#[test]
fn an_element_written_in_place_has_its_own_size_and_padding() {
    let parts = || inline(false, "parts", fields(["u32 a", "u16 b"]));
    let times =
        |name: &str, of: fn(argsz_schema::model::Type) -> argsz_schema::model::Type| field(name, of(parts().ty));
    let fixed = times("fixed", |of| array(of, 2));
    let mut def = struct_of("s", vec![field("n", ty("u8")), fixed, times("open", flex)]);
    def.packed = true;
    let model = model(vec![Item::Struct(def.into())]);
    let layouts = on(&model, "x86-64");
    let laid = &layouts.structs["s"];
    assert_eq!((laid.size, laid.align), (17, 1));
    assert_eq!((laid.element(1), laid.element(4)), ((8, 4), (8, 4)));
    let hole = |offset, at| Hole { offset, size: 2, inside: Some(at), tail: true };
    assert_eq!(laid.holes(), [hole(7, 1), hole(23, 4)]);
}

#[test]
fn arrays_multiply_and_flexible_ones_count_nothing() {
    let elements = array(array(ty("u16"), 3), 5);
    let model = model(vec![item("s", vec![field("n", ty("u8")), field("a", elements), field("d", flex(ty("u64")))])]);
    let layouts = on(&model, "x86-64");
    assert_eq!(offsets(&layouts, "s"), [place("n", 0, 1), place("a", 2, 30), place("d", 32, 0)]);
    assert_eq!(size_align(&layouts, "s"), (32, 8));
}

#[test]
fn a_flexible_array_may_begin_in_the_padding() {
    let model = model(vec![item("s", vec![field("a", ty("u64")), field("b", ty("u32")), field("d", flex(ty("u8")))])]);
    let layouts = on(&model, "x86-64");
    assert_eq!(offsets(&layouts, "s")[2], place("d", 12, 0));
    assert_eq!(layouts.structs["s"].holes(), [Hole { offset: 12, size: 4, inside: None, tail: true }]);
}

#[test]
fn words_of_the_target_are_as_wide_as_its_pointers() {
    let model = model(vec![item("s", fields(["u32 a", "ptr b", "ulong c", "long d"]))]);
    assert_eq!(size_align(&on(&model, "s390x"), "s"), (32, 8));
    assert_eq!(size_align(&on(&model, "i386"), "s"), (16, 4));
}

#[test]
fn a_struct_may_stand_before_what_it_contains() {
    let model = model(vec![item("outer", fields(["u8 a", "inner b"])), item("inner", fields(["u64 x"]))]);
    let layouts = on(&model, "x86-64");
    assert_eq!(size_align(&layouts, "outer"), (16, 8));
    assert_eq!(layouts.structs.keys().copied().collect::<Vec<_>>(), ["outer", "inner"]);
}

#[test]
fn what_has_no_layout_is_an_error() {
    let target = target::ALL[0];
    let model_of = |fields| model(vec![item("s", fields)]);
    let unknown = layout(&model_of(fields(["nothing a"])), target).map(drop);
    assert!(matches!(unknown, Err(LayoutError::UnknownType { name, .. }) if name == "nothing"));
    let huge = array(array(array(ty("u64"), u64::MAX), u64::MAX), u64::MAX);
    let huge = layout(&model_of(vec![field("a", huge)]), target).map(drop);
    assert!(matches!(huge, Err(LayoutError::TooLarge { .. })));
    let two = vec![field("a", array(ty("u8"), 1 << 30)), field("b", array(ty("u8"), 1 << 30))];
    assert!(matches!(layout(&model_of(two), target).map(drop), Err(LayoutError::TooLarge { .. })));
    let deep = (0..200).fold(field("x", ty("u8")), |inner, _| inline(false, "n", vec![inner]));
    let deep = model_of(vec![deep]);
    assert!(matches!(layout(&deep, target).map(drop), Err(LayoutError::TooLarge { .. })));
}

#[test]
fn a_cycle_is_named_in_its_order() {
    let items = [("z", "a"), ("a", "b"), ("b", "c"), ("c", "a")];
    let model = model(items.map(|(name, of)| item(name, vec![field("f", array(ty(of), 2))])).to_vec());
    let Err(LayoutError::Cycle { path, .. }) = layout(&model, target::ALL[0]) else { panic!("there is a cycle") };
    assert_eq!(path, ["a", "b", "c", "a"]);
}

#[test]
fn a_hundred_thousand_structs_in_a_chain_are_no_danger() {
    let count = 100_000;
    let link = |n: u32| {
        item(&format!("s{n}"), vec![field("f", if n + 1 < count { ty(&format!("s{}", n + 1)) } else { ty("u64") })])
    };
    let model = model((0..count).map(link).collect()).at(Release(0));
    let layouts = on(&model, "x86-64");
    assert_eq!(size_align(&layouts, "s0"), (8, 8));
    assert!(model.find_struct("s99999").is_some());
}

#[test]
fn a_path_goes_through_named_types_and_arms() {
    let vendor = inline(true, "vendor", fields(["vtd vtd", "smmu smmu"]));
    let model = model(vec![
        item("vtd", fields(["u64 flags", "u32 pat"])),
        item("smmu", fields(["u64 ste"])),
        item("bind", vec![field("version", ty("u32")), vendor]),
        union("any", fields(["bind b", "u8 raw"])),
        item("outer", fields(["u64 first", "any any"])),
    ]);
    let layouts = on(&model, "x86-64");
    let found = layouts.locate("bind", &path("vendor.vtd.pat")).expect("pat");
    assert_eq!((found.offset, found.size, found.owner.meta.name.as_str()), (16, 4, "vtd"));
    assert_eq!(found.conditions.len(), 1);
    assert_eq!(found.conditions[0].arm.meta.name, "vtd");
    assert_eq!(found.conditions[0].scope.meta.name, "bind");
    let found = layouts.locate("outer", &path("any.b.vendor.smmu.ste")).expect("ste");
    assert_eq!((found.offset, found.size), (16, 8));
    let arms: Vec<_> = found
        .conditions
        .iter()
        .map(|on| (on.arm.meta.name.as_str(), on.union.map_or("", |union| &union.meta.name), on.scope_path.as_str()))
        .collect();
    assert_eq!(arms, [("b", "any", ""), ("smmu", "vendor", "any.b")]);
    for missing in ["vendor.nothing", "version.x", "", "vendor.vtd.pat.x"] {
        assert!(layouts.locate("bind", &path(missing)).is_none(), "{missing}");
    }
}

#[test]
fn a_projection_has_what_lives_then() {
    let mut late = field("late", ty("u32"));
    late.meta.life.since = Release(1);
    let mut early = field("early", ty("u64"));
    early.meta.life = Life { since: Release(0), until: Some(Release(2)) };
    let mut gone = struct_of("gone", fields(["u8 a"]));
    gone.meta.life.until = Some(Release(1));
    let whole = model(vec![item("s", vec![inline(false, "", vec![early, late])]), Item::Struct(gone.into())]);
    let names = |release| {
        let model = whole.at(Release(release));
        let members: Vec<String> =
            on(&model, "x86-64").structs["s"].fields[1..].iter().map(|f| f.path.to_string()).collect();
        (members.join(" "), model.find_struct("gone").is_some())
    };
    assert_eq!(names(0), ("early".to_owned(), true));
    assert_eq!(names(1), ("early late".to_owned(), false));
    assert_eq!(names(2), ("late".to_owned(), false));
}

/// Numbers from asm-generic/ioctl.h and the powerpc header, computed by hand.
#[test]
fn ioctl_numbers_are_those_of_the_macros() {
    let model = model(vec![
        item("s", fields(["u64 a", "u64 b"])),
        ioctl("NONE", IoctlKind::Io, 0x80, None),
        ioctl("READ", IoctlKind::Ior, 1, Some(ty("s"))),
        ioctl("WRITE", IoctlKind::Iow, 2, Some(ty("u32"))),
        ioctl("BOTH", IoctlKind::Iowr, 3, Some(ty("s"))),
        ioctl("HUGE", IoctlKind::Iowr, 4, Some(array(ty("u8"), 8192))),
    ]);
    let numbers = |name| {
        let layouts = on(&model, name);
        model.ioctls().map(|one| ioctl::number(one, &layouts)).collect::<Vec<_>>()
    };
    let usual = [0x3b80, 0x8010_3b01, 0x4004_3b02, 0xc010_3b03, 0xe000_3b04];
    assert_eq!(numbers("x86-64"), usual.map(Some));
    let wide = [Some(0x2000_3b80), Some(0x4010_3b01), Some(0x8004_3b02), Some(0xc010_3b03), None];
    assert_eq!(numbers("powerpc64le"), wide);
}

#[test]
fn types_are_peeled_without_recursion() {
    let many = (0..50).fold(ty("u8"), |of, _| array(of, 1));
    assert!(matches!(argsz_schema::layout::base(&many), Type::Prim(_)));
}
