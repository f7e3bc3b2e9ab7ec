//! `argsz import --merge`: a new release in a schema that a person wrote.

mod common;

use common::Project;

const OLD: &str = "\
#include <linux/types.h>
#define DEMO_LEFT 7
#define DEMO_FAST (1 << 0)
#define DEMO_DEEP (1 << 1)
#define DEMO_LATE (1 << 2)
enum demo_kind { DEMO_KIND_NONE, DEMO_KIND_READ, DEMO_KIND_NR };
struct demo { __u32 id; __u32 reserved[3]; union { __u32 a; } u; };
struct demo_left { __u32 x; };
";

const NEW: &str = "\
#include <linux/types.h>
#define DEMO_FAST (1 << 0)
#define DEMO_DEEP (1 << 1)
#define DEMO_WIDE (1 << 3)
#define DEMO_OTHER 9
enum demo_kind { DEMO_KIND_NONE, DEMO_KIND_READ, DEMO_KIND_WRITE, DEMO_KIND_NR };
struct demo { __u32 id; __u32 depth; __u32 reserved[2]; union { __u32 a; __u32 b; } u; };
struct demo_came { __u32 x; };
";

/// What a person wrote, in a shape of their own.
const SCHEMA: &str = r#"grammar = 1
# by hand
[header]
path = 'demo.h'
guard = "_DEMO_H"
releases = [ "1.0" ]   # one so far

[const.DEMO_LEFT]
value   = 7

[flags.demo_flags]
type = "u32"
prefix = "DEMO_"
[flags.demo_flags.bits]
FAST = 0   # quick
DEEP = { bit = 1, doc = "Far down." }
LATE = { bit = 2 }

[enum.demo_kind]
prefix = "DEMO_KIND_"
[enum.demo_kind.values]
NONE = 0
READ = 1
NR = { value = 2, counter = true }

[struct.demo]
doc = "Written with care."
fields = [
  { name = "id",   type = "u32" },  # whose
  { name = "reserved", type = "u32[3]", reserved = true },
  { name = "u", union = [
    { name = "a", type = "u32" },
  ] },
]

[struct.demo_left]
fields = [{ name = "x", type = "u32" }]
"#;

fn project() -> Project {
    let project = Project::empty();
    project.write("demo.h", OLD);
    project.write("new/demo.h", NEW);
    project.write("demo.toml", SCHEMA);
    project
}

#[test]
fn what_is_new_begins_and_what_left_ends_and_the_rest_stays_byte_for_byte() {
    let project = project();
    let ran = project.run(&["import", "new/demo.h", "--release", "2.0", "--merge", "demo.toml"]);
    let ran = ran.says("since 2.0: DEMO_WIDE").says("until 2.0: DEMO_LATE").says("since 2.0: demo.depth");
    ran.says("until 2.0: demo_left").says("merged demo.toml");
    let merged = project.read("demo.toml");
    // Every line that did not have to change is there, in order.
    let mut lines = merged.lines();
    for line in SCHEMA.lines() {
        let changed = ["releases", "LATE", "NR =", "name = \"reserved\""].iter().any(|word| line.contains(word));
        assert!(changed || lines.any(|other| other == line), "`{line}` is lost:\n{merged}");
    }
    insta::assert_snapshot!(merged);
    project.run(&["check", "demo.toml"]).ended(0);
    // The schema now has both releases, and agrees with both headers.
    for (header, release) in [("demo.h", "1.0"), ("new/demo.h", "2.0")] {
        let ran = project.run(&["import", header, "--release", release, "--merge", "demo.toml"]);
        ran.ended(0).says("0 began, 0 ended");
        assert_eq!(project.read("demo.toml"), merged);
    }
}

#[test]
fn each_contradiction_is_named_on_both_sides() {
    let project = project();
    let header = NEW.replace("DEMO_DEEP (1 << 1)", "DEMO_DEEP (1 << 5)").replace("__u32 id;", "__u64 id;");
    project.write("new/demo.h", header);
    let ran = project.run(&["import", "new/demo.h", "--release", "2.0", "--merge", "demo.toml"]);
    let ran = ran.ended(1).says("2 contradictions between the schema and the header");
    let ran = ran.says("`DEMO_DEEP`: demo.toml:16 says 0x2, new/demo.h:3 says 0x20");
    let ran = ran.says("`demo.id`: demo.toml:29 says __u32, new/demo.h:7 says __u64");
    // In the order of the schema.
    assert!(ran.err.find("DEMO_DEEP") < ran.err.find("demo.id"), "{}", ran.err);
    assert_eq!(project.read("demo.toml"), SCHEMA);
    // A release that is there is only compared.
    let ran = project.run(&["import", "new/demo.h", "--release", "1.0", "--merge", "demo.toml"]);
    ran.ended(1).says("`demo_left`").says("`DEMO_WIDE`");
}

#[test]
fn a_field_that_moved_was_merged_without_a_word() {
    let project = Project::demo();
    let old = "struct demo { int a; int b; char c[8]; long long d; };\nstruct thin { int a; long long b; };\n";
    project.write("demo.h", old);
    project.run(&["import", "demo.h", "--release", "1.0", "-o", "new.toml"]).ended(0);
    let before = project.read("new.toml");
    let moved = old.replace("int a; int b;", "int b; int a;");
    let packed = moved.replace("long long b; }", "long long b; } __attribute__((packed))");
    project.write("demo.h", packed);
    for release in ["1.0", "1.1"] {
        let ran = project.run(&["import", "demo.h", "--release", release, "--merge", "new.toml"]);
        let ran = ran.ended(1).says("3 contradictions between the schema and the header");
        let ran = ran.says("says that it is at byte 0, demo.h:1 says that it is at byte 4");
        ran.says("`demo.b`").says("`thin.b`").says("says that it is at byte 8, demo.h:2 says that it is at byte 4");
        assert_eq!(project.read("new.toml"), before);
    }
}

#[test]
fn an_ioctl_over_a_struct_that_grew_was_a_contradiction() {
    let project = Project::demo();
    let old = "#include <linux/ioctl.h>\nstruct demo { unsigned argsz; unsigned flags; };\n\
               struct other { int a; int b; };\n#define DEMO_GO _IOWR('d', 1, struct demo)\n";
    project.write("demo.h", old);
    project.run(&["import", "demo.h", "--release", "1.0", "-o", "new.toml"]).ended(0);
    let grown = old.replace("flags;", "flags; unsigned more;");
    // A field that moved is found although a person has to say which flag guards the new one.
    project.write("demo.h", grown.replace("int a; int b;", "int b; int a;"));
    let ran = project.run(&["import", "demo.h", "--release", "1.1", "--merge", "new.toml"]);
    ran.ended(1).says("2 contradictions between the schema and the header").says("`other.a`").says("`other.b`");
    project.write("demo.h", grown);
    let ran = project.run(&["import", "demo.h", "--release", "1.1", "--merge", "new.toml"]);
    ran.says("since 1.1: demo.more").says("AZ0431");
    assert!(project.read("new.toml").contains("since = \"1.1\""), "{}", project.read("new.toml"));
    // Another number is one.
    project.write("demo.h", old.replace("'d', 1", "'d', 2"));
    project.run(&["import", "demo.h", "--release", "1.0", "-o", "again.toml"]).ended(0);
    project.write("demo.h", old);
    let ran = project.run(&["import", "demo.h", "--release", "1.1", "--merge", "again.toml"]);
    ran.ended(1).says("1 contradiction between the schema and the header").says("`DEMO_GO`");
}
