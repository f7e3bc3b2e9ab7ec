//! `argsz import` as people use it, and what it says of headers it cannot take.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::Project;

const HEADER: &str = r#"/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_DEMO_H
#define _LINUX_DEMO_H

#include <linux/types.h>
#include <linux/ioctl.h>

#define DEMO_TYPE 'D'
#define DEMO_NAME "demo"
#define DEMO_HUGE 0xffffffffffffffffULL
#define DEMO_TWICE(x) ((x) * 2)

/* What a page is made for. */
enum demo_kind {
	DEMO_KIND_NONE,
	DEMO_KIND_READ,	/* to be read */
	DEMO_KIND_READ_OLD = DEMO_KIND_READ,
	DEMO_KIND_MAX,
};

/**
 * struct demo_make - makes a page
 * @argsz: bytes of this struct
 * @kind: what for
 */
struct demo_make {
	__u32 argsz;
	__u32 flags;
#define DEMO_MAKE_FAST	(1 << 0)
#define DEMO_MAKE_DEEP	(1 << 1)
#define DEMO_MAKE_BOTH	(DEMO_MAKE_FAST | DEMO_MAKE_DEEP)
	enum demo_kind kind;
	__u32 __reserved;
	__aligned_u64 where;
	__le32 disk[2][3];
	union {
		__u64 in;
		struct { __u16 lo, hi; } parts[2];
	} type;
	__u8 data[];
};

#define DEMO_MAKE _IO(DEMO_TYPE, 0x10)
#define DEMO_READ _IOR(DEMO_TYPE, 0x11, struct demo_make)
#endif
"#;

#[test]
fn a_header_becomes_a_schema_that_loads() {
    let project = Project::demo();
    project.write("include/linux/demo.h", HEADER);
    let ran = project.run(&["import", "include/linux/demo.h", "--release", "6.1", "-o", "new.toml"]);
    ran.ended(0).says("wrote new.toml");
    project.run(&["check", "new.toml"]).ended(0);
    project.run(&["fmt", "--check", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    insta::assert_snapshot!(text);
    project.run(&["import", "include/linux/demo.h", "-o", "new.toml"]).ended(2).says("new.toml is there already");
}

#[test]
fn the_compilers_message_comes_first() {
    let project = Project::demo();
    project.write("bad.h", "struct demo { nothing_at_all x; };\n");
    let ran = project.run(&["import", "bad.h"]);
    let ran = ran.ended(1).says("nothing_at_all").says("the compiler does not take");
    let first = ran.err.lines().find(|line| line.contains("error")).unwrap();
    assert!(first.contains("bad.h:1:"), "{first}");
}

#[test]
fn a_header_that_is_not_found_needs_an_include_folder() {
    let project = Project::demo();
    project.write("a.h", "#include <elsewhere/b.h>\nstruct a { struct b b; };\n");
    project.write("include/elsewhere/b.h", "struct b { int x; };\n");
    project.run(&["import", "a.h"]).ended(1).says("-I DIR");
    let ran = project.run(&["import", "a.h", "-I", "include"]);
    let ran = ran.ended(0).says("from   = \"elsewhere/b.h\"");
    assert!(!ran.out.contains("name = \"x\""), "copied: {}", ran.out);
}

#[test]
fn no_compiler() {
    let project = Project::demo();
    project.write("a.h", "#define A 1\n");
    project.run_with(&["import", "a.h"], &[("CC", "no-such-compiler")]).ended(3).says("`no-such-compiler`").says("CC=");
}

#[test]
fn no_debug_information() {
    let project = Project::demo();
    project.write("a.h", "struct a { int x; };\n");
    project.run_with(&["import", "a.h"], &[("CC", "cc -Wl,--strip-debug")]).ended(3).says("no debug information");
}

#[test]
fn a_header_of_cxx() {
    let project = Project::demo();
    project.write("a.hpp", "namespace a { class b { int x; }; }\n");
    project.run(&["import", "a.hpp"]).ended(1).says("this looks like C++");
}

#[test]
fn a_header_with_only_macros() {
    let project = Project::demo();
    project.write("a.h", "#define A_ONE 1\n#define A_NAME \"a\"\n#define A_F(x) x\n#define A_TYPE unsigned int\n");
    let ran = project.run(&["import", "a.h"]);
    let ran = ran.ended(0).says("[const.A_ONE]").says("string = \"a\"").says("the macro `A_F`, which has arguments");
    ran.says("the macro `A_TYPE`, which is neither a number nor a text");
    project.write("b.h", "#ifndef B_H\n#define B_H\n#endif\n");
    project.run(&["import", "b.h"]).ended(1).says("defines nothing");
}

#[test]
fn a_name_that_exists_twice() {
    let project = Project::demo();
    let header = "enum demo { DEMO_A = 1, DEMO_B };\n#define DEMO_A DEMO_A\nstruct Demo { int x; };\n\
                  #define DEMO_C 5\n#undef DEMO_C\n#define DEMO_C 6\n";
    project.write("a.h", header);
    let ran = project.run(&["import", "a.h"]);
    let ran = ran.ended(0).says("[enum.demo]").says("[struct.Demo]").says("value = 6");
    assert_eq!(ran.out.matches("DEMO_A").count() + ran.out.matches("\nA = 1").count(), 1, "{}", ran.out);
    project.write("b.h", "struct demo { int a; };\nstruct demo { int b; };\n");
    project.run(&["import", "b.h"]).ended(1).says("b.h:2:8: error: redefinition").says("a name has one meaning");
    // A tag and a macro are different things to C.
    project.write("c.h", "struct demo { int a; };\n#define demo 7\n");
    project.run(&["import", "c.h"]).ended(0).says("[struct.demo]").says("[const.demo]\nvalue = 7");
}

#[test]
fn a_header_that_names_no_license() {
    let project = Project::demo();
    project.write("a.h", "#define A_ONE 1\n");
    project.run(&["import", "a.h"]).ended(0).says("# DECIDE: the license, as the header names none\n[header]");
}

/// Number of bytes of a struct on a target, as `argsz layout` has it.
fn size(project: &Project, schema: &str, name: &str, target: &str) -> String {
    let ran = project.run(&["layout", name, "--header", schema, "--target", target, "--format", "json"]).ended(0);
    let found = ran.out.split("\"size\":").nth(1).unwrap();
    found.trim_start().chars().take_while(char::is_ascii_digit).collect()
}

#[test]
fn a_struct_of_another_header_is_as_large_as_each_machine_has_it() {
    let project = Project::demo();
    let other = "struct other { unsigned a[2]; /* of a kind */ void *b; };\nstruct plain { unsigned a[4]; };\n\
                 struct wide { unsigned long long a; unsigned b; };\n";
    project.write("other.h", other);
    let header = "#include \"other.h\"\nstruct demo { struct other o; struct plain p; struct wide w; };\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("[struct.other]\nfrom   = \"other.h\"\n"), "{text}");
    assert!(text.contains("{ name = \"opaque\", type = \"u32[4]\" }"), "{text}");
    assert!(!text.contains("of a kind"), "{text}");
    assert_eq!(size(&project, "new.toml", "demo", "x86-64"), "48");
    assert_eq!(size(&project, "new.toml", "demo", "i386"), "40");
}

#[test]
fn a_field_that_is_aligned_by_itself() {
    let project = Project::demo();
    let header = "struct demo { unsigned char a; unsigned b __attribute__((aligned(8))); unsigned short c; \
                  unsigned char d __attribute__((aligned(8))); };\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("name = \"__hole_1\", type = \"u8[7]\""), "{text}");
    assert!(text.contains("name = \"__hole_14\", type = \"u8[2]\""), "{text}");
    assert_eq!(size(&project, "new.toml", "demo", "x86-64"), "24");
    assert_eq!(size(&project, "new.toml", "demo", "i386"), "24");
}

#[test]
fn bit_fields_without_a_name_leave_their_bytes() {
    let project = Project::demo();
    let header = "typedef unsigned long long u64;\nstruct timer { u64 :64; u64 :64; } __attribute__((aligned(8)));\n\
                  struct demo { union { void *data; u64 :64; } __attribute__((aligned(8))); unsigned x; };\n\
                  struct raw { u64 args[0]; };\n\
                  struct skip {\n\tunsigned a;\n\tunsigned :32; /* pad */\n\tu64 b;\n};\n\
                  struct two { union { u64 __attribute__((aligned(8))) a; unsigned b; }; };\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("name = \"__hole\", type = \"u64[2]\""), "{text}");
    assert_eq!(size(&project, "new.toml", "timer", "i386"), "16");
    assert!(text.contains("[struct.timer]\nalign  = 8\n"), "{text}");
    assert_eq!(size(&project, "new.toml", "demo", "x86-64"), "16");
    assert_eq!(size(&project, "new.toml", "demo", "i386"), "16");
    assert_eq!(size(&project, "new.toml", "raw", "i386"), "0");
    assert_eq!(size(&project, "new.toml", "skip", "i386"), "16");
    assert!(!text.contains("__hole_a"), "{text}");
}

#[test]
fn an_ioctl_by_another_name_is_one() {
    let project = Project::demo();
    let header = "#include <linux/ioctl.h>\nstruct demo { unsigned long long a; unsigned b; };\n\
                  #define DEMO_OLD _IOW('D', 7, struct demo)\n#define DEMO_GO DEMO_OLD\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    let go = text.split("[ioctl.DEMO_GO]").nth(1).expect("an ioctl");
    assert!(go.contains("arg   = \"demo\""), "{text}");
}

#[test]
fn an_array_of_no_elements_between_others() {
    let project = Project::demo();
    project.write("demo.h", "struct demo { unsigned char a[3], b[0], c[4]; };\n");
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    assert!(project.read("new.toml").contains("name = \"b\", type = \"u8[0]\""), "{}", project.read("new.toml"));
    assert_eq!(size(&project, "new.toml", "demo", "x86-64"), "7");
}

#[test]
fn a_header_of_300_kilobytes() {
    use std::fmt::Write as _;
    let project = Project::demo();
    let mut text = String::from("#include <linux/types.h>\n");
    for n in 0..3_000 {
        let _ = write!(
            text,
            "struct big_{n} {{\n\t__u32 a; /* the first */\n\t__u32 b[{}];\n}};\n#define BIG_N{n} {n}\n",
            n + 1
        );
    }
    assert!(text.len() > 250_000);
    project.write("big.h", text);
    let ran = project.run(&["import", "big.h", "-o", "big.toml"]);
    ran.ended(0);
    assert_eq!(project.read("big.toml").matches("[struct.big_").count(), 3_000);
}

#[test]
fn a_typedef_in_one_line_became_packed() {
    let project = Project::demo();
    let header = "typedef struct { long long a; int b; } demo_t;\n\
                  typedef struct {\n\tint a;\n  } __demo_u, *demo_p;\n\
                  typedef struct\n{\n\tshort a;\n}\n demo_v;\n\
                  typedef union { int a; char b; } __attribute__((aligned(4))) demo_w;\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(!text.contains("packed"), "{text}");
    assert_eq!(size(&project, "new.toml", "demo_t", "x86-64"), "16");
    for name in ["[struct.__demo_u]", "[struct.demo_v]", "[union.demo_w]"] {
        assert!(text.contains(name), "{name}: {text}");
    }
}

#[test]
fn a_macro_that_is_a_list_of_texts_refused_the_whole_header() {
    let project = Project::demo();
    project
        .write("demo.h", "#define DEMO_NAMES \"one\", \"two\"\n#define DEMO_NAME \"one\"\nstruct demo { int a; };\n");
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("left out: the macro `DEMO_NAMES`"), "{text}");
    assert!(text.contains("[const.DEMO_NAME]") && text.contains("[struct.demo]"), "{text}");
}

#[test]
fn private_parts_of_the_c_library_were_included() {
    let project = Project::demo();
    project.write("demo.h", "#include <stdint.h>\nstruct demo { uint32_t a; };\n");
    project.write("other.h", "#define error\n#include <bits/part.h>\nstruct other { int a; };\n");
    project.write("bits/part.h", "#ifndef error\n# error \"only of other.h\"\n#endif\n");
    project.run(&["import", "other.h", "-I", ".", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("left out: the include `bits/part.h`"), "{text}");
    assert!(!text.contains("includes = [\"bits/part.h\"]"), "{text}");
    project.run(&["import", "demo.h", "-o", "draft.toml"]).ended(0);
    assert!(project.read("draft.toml").contains("includes = [\"stdint.h\"]"), "{}", project.read("draft.toml"));
}

#[test]
fn a_number_of_128_bits_lost_its_upper_half() {
    let project = Project::demo();
    project.write("demo.h", "#define DEMO_WIDE ((__int128)1 << 100)\n#define DEMO_ONE 1\n");
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("left out: the macro `DEMO_WIDE`") && !text.contains("[const.DEMO_WIDE]"), "{text}");
}

#[test]
fn an_ioctl_whose_magic_is_a_semicolon_was_left_out() {
    let project = Project::demo();
    let header = "#include <linux/ioctl.h>\nstruct demo { int a; };\n#define DEMO_TYPE (';')\n\
                  #define DEMO_GO _IO(DEMO_TYPE, 7)\n#define DEMO_READ _IOR('\\'', 8, struct demo)\n\
                  #define DEMO_BRACE '{'\n#define DEMO_END return 1;\n";
    project.write("demo.h", header);
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    for name in ["[ioctl.DEMO_GO]", "[ioctl.DEMO_READ]", "[const.DEMO_TYPE]", "[const.DEMO_BRACE]"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(text.contains("left out: the macro `DEMO_END`"), "{text}");
}

#[test]
fn a_packed_struct_inside_of_another_was_laid_out_with_holes() {
    let project = Project::demo();
    let inner = "struct { unsigned char a; unsigned short b; } __attribute__((packed)) inner; char all[4];";
    project.write("demo.h", format!("struct demo {{ union {{ {inner} }} u; }};\nstruct plain {{ int a; }};\n"));
    project.run(&["import", "demo.h", "-o", "new.toml"]).ended(0);
    let text = project.read("new.toml");
    assert!(text.contains("left out: `struct demo`: `u.inner.b` is at 1, and would be at 2"), "{text}");
    assert!(text.contains("[struct.plain]") && !text.contains("[struct.demo]"), "{text}");
}
