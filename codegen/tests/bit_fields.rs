//! Bit-fields of C: imported as the number that holds them, printed as what they were, and where a compiler puts them.
#![cfg(feature = "import")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use argsz_codegen::import::{Request, import};
use argsz_codegen::{Shared, Unit, c_asserts, c_header, rust};
use argsz_schema::Schema;
use argsz_schema::source::Source;

const HEADER: &str = "#ifndef T_H\n#define T_H\n#include <linux/types.h>\n\nstruct packet {\n\t__u8 ihl:4;\n\t__u8 version:4;\n\
    \t__u8 tos;\n\t__u16 length;\n\t__u32 on:1, off:2, :5, rest:24;\n\t__u64 all:64;\n};\n\n#endif\n";

#[test]
fn bit_fields_are_imported_and_printed_where_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let header = folder.path().join("t.h");
    std::fs::write(&header, HEADER).unwrap();
    let request =
        Request { header: header.clone(), include: Vec::new(), release: "1.0".to_owned(), compiler: "cc".into() };
    let imported = import(&request).unwrap();
    assert_eq!(imported.missing, [""; 0]);
    let schema = Schema::parse(Source::new("t.toml", &imported.text)).unwrap_or_else(|found| panic!("{found}"));
    let release = schema.releases().last().unwrap();
    let model = schema.at(release);
    let unit = Unit {
        history: schema.model(),
        release,
        model: &model,
        stem: "t",
        source_name: "t",
        input_hash: "0",
        shared: Shared::default(),
    };
    let printed = c_header::emit(&unit).unwrap();
    for line in ["__u8 ihl:4;", "__u8 version:4;", "__u32 on:1;", "__u32 off:2;", "__u32 rest:24;", "__u64 all:64;"] {
        assert!(printed.contains(line), "{line}: {printed}");
    }
    rust::emit(&unit).unwrap();

    // The original and what is printed of it, byte by byte.
    std::fs::create_dir_all(folder.path().join(&model.header.path).parent().unwrap()).unwrap();
    std::fs::write(folder.path().join(&model.header.path), printed).unwrap();
    let asserts = folder.path().join("asserts.c");
    std::fs::write(&asserts, c_asserts::emit(&unit).unwrap()).unwrap();
    let program = "#include <stdio.h>\nint main(void)\n{\n\tstruct packet p = { 0 };\n\tconst unsigned char *at = (void *)&p;\n\
        \n\tp.ihl = 5;\n\tp.version = 4;\n\tp.on = 1;\n\tp.off = 2;\n\tp.rest = 0xabcdef;\n\tp.all = 7;\n\
        \tfor (unsigned i = 0; i < sizeof(p); i++)\n\t\tprintf(\"%02x\", at[i]);\n\treturn 0;\n}\n";
    let bytes = |include: &str| {
        let source = folder.path().join("main.c");
        std::fs::write(&source, format!("#include \"{include}\"\n{program}")).unwrap();
        let mut cc = Command::new("cc");
        cc.arg("-I").arg(folder.path()).arg(&source).arg("-o").arg(folder.path().join("run"));
        assert!(cc.status().unwrap().success());
        String::from_utf8(Command::new(folder.path().join("run")).output().unwrap().stdout).unwrap()
    };
    let original = bytes("t.h");
    assert_eq!(original, "4500000005efcdab0700000000000000");
    assert_eq!(bytes(&model.header.path), original);
    let checked = Command::new("cc").args(["-fsyntax-only", "-I"]).arg(folder.path()).arg(&asserts).status().unwrap();
    assert!(checked.success());
}
