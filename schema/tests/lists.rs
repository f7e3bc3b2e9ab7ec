//! Check lists of small schemas: their steps in order, and what the interpreter makes of bytes.

use argsz_schema::checklist::{self, CheckList, Cond, Op, Pointer};
use argsz_schema::interp::{self, Verdict};
use argsz_schema::layout::layout;
use argsz_schema::{Schema, source::Source, target};

const HEAD: &str = "grammar = 1\n[header]\npath = \"linux/x.h\"\nguard = \"X_H\"\nreleases = [\"1\", \"2\"]\n";

fn schema(text: &str) -> Schema {
    match Schema::parse(Source::new("<test>", format!("{HEAD}{text}"))) {
        Ok(schema) => schema,
        Err(rejected) => panic!("{}", rejected.render(false)),
    }
}

fn list_at(text: &str, release: &str) -> CheckList {
    let schema = schema(text);
    let model = schema.at(schema.release(release).expect("a release"));
    let layouts = layout(&model, target::ALL[0]).expect("a layout");
    checklist::compile(&layouts, "s", None).expect("a list")
}

fn list(text: &str) -> CheckList {
    list_at(text, "2")
}

fn ids(list: &CheckList) -> Vec<&str> {
    list.steps.iter().map(|step| step.id.strip_prefix("s/").expect("ids begin with the struct")).collect()
}

fn rule(list: &CheckList, user: &[u8]) -> String {
    match interp::run(list, target::ALL[0], user, None) {
        Verdict::Accepted(_) => "OK".to_owned(),
        Verdict::Refused(refusal) => format!("{} {}", refusal.rule, refusal.errno.0),
    }
}

const FLAGS: &str = "[flags.f]\ntype = \"u32\"\nprefix = \"F_\"\n[flags.f.bits]\nA = 0\nB = 1\n";

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn covered_bytes_are_copied_once() {
    let text = format!(
        "{FLAGS}[struct.s]\ngrows = \"argsz\"\nmin = \"flags\"\ncopy = \"covered\"\neager = true\n\
         fields = [{{ name = \"argsz\", type = \"u32\", role = \"argsz\" }}, {{ name = \"flags\", type = \"u32\", flags = \"f\" }},\n\
         {{ name = \"b\", type = \"u32\", since = \"2\" }}, {{ name = \"a\", type = \"u32\", since = \"2\" }}]\n\
         min_size = [{{ when = \"flags.has(A)\", covers = \"a\", since = \"2\" }}, {{ when = \"flags.has(B)\", covers = \"b\", since = \"2\" }}]\n"
    );
    let list = list(&text);
    assert_eq!(ids(&list), ["copy-fixed", "size", "flags", "size-a", "size-b", "copy-b", "copy-a"]);
    let copies: Vec<&Op> =
        list.steps.iter().map(|step| &step.op).filter(|op| matches!(op, Op::CopyRest { .. })).collect();
    assert_eq!(copies, [&Op::CopyRest { from: 8, to: 12 }, &Op::CopyRest { from: 12, to: 16 }]);
    let held = |user: &[u8]| match interp::run(&list, target::ALL[0], user, None) {
        Verdict::Accepted(held) => held,
        Verdict::Refused(refusal) => panic!("{refusal:?}"),
    };
    assert_eq!(held(&words(&[16, 0, 7, 8])), words(&[16, 0, 0, 0]));
    assert_eq!(held(&words(&[16, 1, 7, 8])), words(&[16, 1, 7, 8]));
    assert_eq!(held(&words(&[16, 2, 7, 8])), words(&[16, 2, 7, 0]));
    assert_eq!(rule(&list, &words(&[12, 1, 7])), "s/size-a EINVAL");
    assert_eq!(rule(&list, &words(&[12, 2])), "s/copy-b EFAULT");
    // Judged before anything else is read.
    assert_eq!(rule(&list, &words(&[16, 4])), "s/flags EINVAL");
}

#[test]
fn the_size_is_read_first_and_what_is_beyond_must_be_zero() {
    let text = "[struct.s]\ngrows = \"size\"\nmin = \"n\"\nfields = [{ name = \"size\", type = \"u32\", role = \"size\" }, \
                { name = \"n\", type = \"u32\", range = \"1..=3\" }]\n";
    let list = list(text);
    assert_eq!(ids(&list), ["copy-fixed", "size", "tail", "copy-rest", "n-range"]);
    assert_eq!(rule(&list, &[8, 0, 0]), "s/copy-fixed EFAULT");
    assert_eq!(rule(&list, &words(&[7, 1])), "s/size EINVAL");
    assert_eq!(rule(&list, &words(&[8])), "s/copy-rest EFAULT");
    assert_eq!(rule(&list, &words(&[8, 3])), "OK");
    assert_eq!(rule(&list, &words(&[8, 4])), "s/n-range EINVAL");
    assert_eq!(rule(&list, &words(&[12, 1, 0])), "OK");
    assert_eq!(rule(&list, &words(&[12, 1, 1])), "s/tail E2BIG");
    assert_eq!(rule(&list, &words(&[12, 1])), "s/tail EFAULT");
    assert_eq!(rule(&list, &words(&[u32::MAX, 1, 0])), "s/tail EFAULT");
}

#[test]
fn a_struct_by_length_takes_no_more_than_it_knows() {
    let text = "[struct.s]\ngrows = \"length\"\nmin = \"n\"\n\
                fields = [{ name = \"n\", type = \"u32\" }, { name = \"m\", type = \"u32\", since = \"2\" }]\n";
    let list = list(text);
    assert_eq!(ids(&list), ["size", "size-max", "copy-rest"]);
    assert_eq!(rule(&list, &words(&[1, 2, 3])), "s/size-max EINVAL");
    assert_eq!(rule(&list, &[0; 3]), "s/size EINVAL");
    let run = |size| interp::run(&list, target::ALL[0], &words(&[1]), size);
    assert_eq!(run(Some(4)), Verdict::Accepted(words(&[1, 0])));
    assert!(matches!(run(Some(8)), Verdict::Refused(refusal) if refusal.errno.0 == "EFAULT"));
}

#[test]
fn without_a_named_minimum_it_is_the_struct_as_it_first_was() {
    let text = "[struct.s]\ngrows = \"size\"\nfields = [{ name = \"size\", type = \"u32\", role = \"size\" }, \
                { name = \"n\", type = \"u64\" }, { name = \"m\", type = \"u32\", since = \"2\" }, \
                { name = \"pad\", type = \"u32\", since = \"2\", reserved = true }]\n\
                waive = [{ lint = \"AZ0320\", reason = \"a test\" }, { lint = \"AZ0322\", reason = \"a test\" }]\n";
    for (release, known) in [("1", 16), ("2", 24)] {
        let list = list_at(text, release);
        assert_eq!(list.known, known);
        assert!(list.steps.iter().any(|step| step.op == Op::MinSize { bytes: 16 }), "{:?}", list.steps);
    }
}

const KIND: &str =
    "[enum.kind]\ntype = \"u32\"\nprefix = \"KIND_\"\n[enum.kind.values]\nNONE = 0\nLEFT = 1\nRIGHT = 2\n";

/// A random history of a header could not say so.
#[test]
fn a_value_without_an_arm_may_come_later() {
    let text = "[enum.kind]\ntype = \"u32\"\nprefix = \"KIND_\"\n[enum.kind.values]\nNONE = 0\nLEFT = 1\n\
         LATER = { value = 2, since = \"2\" }\n\
         [struct.s]\nfields = [{ name = \"kind\", type = \"u32\", enum = \"kind\" }, \
         { name = \"u\", selector = \"kind\", none = [\"NONE\", \"LATER\"], union = [{ when = \"LEFT\", name = \"left\", type = \"u32\" }] }]\n";
    let later = words(&[2, 0]);
    assert_eq!(rule(&list_at(text, "1"), &later), "s/kind EINVAL");
    assert_eq!(rule(&list_at(text, "2"), &later), "OK");
}

#[test]
fn parts_are_judged_where_they_are_active() {
    let text = format!(
        "{KIND}[struct.left]\nfields = [{{ name = \"a\", type = \"u32\", range = \"0..=9\" }}, {{ name = \"b\", type = \"u32\" }}]\n\
         rules = [{{ id = \"order\", require = \"a <= b\", why = \"in order\" }}]\n\
         [union.side]\narms = [{{ when = \"LEFT\", name = \"left\", type = \"left\" }}, \
         {{ default = true, name = \"raw\", type = \"u64\", align = 8 }}]\n\
         [struct.s]\nfields = [{{ name = \"kind\", type = \"u32\", enum = \"kind\" }}, {{ name = \"pad\", type = \"u32\", reserved = true }}, \
         {{ name = \"u\", type = \"side\", selector = \"kind\", none = [\"NONE\"] }}, {{ name = \"two\", type = \"left[2]\" }}]\n\
"
    );
    let list = list(&text);
    assert_eq!(
        ids(&list),
        [
            "copy-fixed",
            "kind",
            "pad",
            "u.left.a-range",
            "u.left.order",
            "u.raw-align",
            "two[0].a-range",
            "two[0].order",
            "two[1].a-range",
            "two[1].order"
        ]
    );
    let rest = [0, 0, 0, 0];
    let user = |kind: u32, a: u32, b: u32| words(&[&[kind, 0, a, b][..], &rest].concat());
    assert_eq!(rule(&list, &user(0, 99, 1)), "OK");
    assert_eq!(rule(&list, &user(1, 99, 1)), "s/u.left.a-range EINVAL");
    assert_eq!(rule(&list, &user(1, 2, 1)), "s/u.left.order EINVAL");
    assert_eq!(rule(&list, &user(2, 2, 1)), "s/u.raw-align EINVAL");
    assert_eq!(rule(&list, &user(2, 8, 0)), "OK");
    assert_eq!(rule(&list, &words(&[0, 0, 0, 0, 0, 0, 1, 0])), "s/two[1].order EINVAL");
}

#[test]
fn a_table_refuses_every_other_pair() {
    let text = format!(
        "{FLAGS}{KIND}[struct.s]\nfields = [{{ name = \"f\", type = \"u32\", flags = \"f\" }}, {{ name = \"kind\", type = \"u32\", enum = \"kind\" }}]\n\
         rules = [{{ id = \"pairs\", combine = [\"f\", \"kind\"], allowed = {{ A = [\"NONE\", \"LEFT\", \"RIGHT\"], B = [\"LEFT\"] }}, why = \"pairs\" }}]\n"
    );
    let list = list(&text);
    for f in 0..4 {
        for kind in 0..3 {
            let allowed = f & 2 == 0 || kind == 1;
            let expected = if allowed { "OK" } else { "s/pairs EINVAL" };
            assert_eq!(rule(&list, &words(&[f, kind])), expected, "{f} {kind}");
        }
    }
}

#[test]
fn signed_numbers_and_byte_orders() {
    let text = "[struct.s]\nfields = [{ name = \"fd\", type = \"s32\" }, { name = \"big\", type = \"be32\" }]\n\
                rules = [{ id = \"fd\", refuse = \"fd < -1\", why = \"no such file\" }, \
                { id = \"big\", refuse = \"big > 256\", why = \"too big\" }]\n";
    let list = list(text);
    let run = |fd: i32, big: u32| {
        let user: Vec<u8> = fd.to_le_bytes().into_iter().chain(big.to_be_bytes()).collect();
        rule(&list, &user)
    };
    assert_eq!(run(-1, 256), "OK");
    assert_eq!(run(-2, 0), "s/fd EINVAL");
    assert_eq!(run(5, 257), "s/big EINVAL");
}

#[test]
fn what_comes_after_look_ups_comes_last() {
    let text = "[struct.s]\nfields = [{ name = \"a\", type = \"u32\", accepts = [0], after = \"lookup\" }, \
                { name = \"b\", type = \"u32\", accepts = [0] }]\n";
    let list = list(text);
    assert_eq!(ids(&list), ["copy-fixed", "b", "a"]);
    let (verdict, judged) = interp::trace(&list, target::ALL[0], &words(&[1, 1]), None);
    assert!(matches!(verdict, Verdict::Refused(refusal) if refusal.rule == "s/b"));
    assert_eq!(judged, [0, 1]);
}

#[test]
fn pointers_lead_to_structs_by_their_selector() {
    let text = format!(
        "{KIND}[struct.left]\ngrows = \"length\"\nfields = [{{ name = \"a\", type = \"u32\" }}]\n\
         [struct.s]\nfields = [{{ name = \"kind\", type = \"u32\", enum = \"kind\" }}, {{ name = \"len\", type = \"u32\" }}, \
         {{ name = \"data\", type = \"aligned_u64\", points_to = {{ bytes = \"len\", selector = \"kind\", arms = [{{ when = \"LEFT\", type = \"left\" }}] }} }}]\n"
    );
    let schema = schema(&text);
    let model = schema.at(schema.release("2").expect("a release"));
    let layouts = layout(&model, target::ALL[0]).expect("a layout");
    let found = checklist::pointers(&layouts, "s").expect("pointers");
    let [Pointer { word, to, bytes: Some(bytes), count: None, stride: None, .. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!((word.offset, bytes.offset), (8, 4));
    assert!(matches!(to.as_slice(), [(Cond::Compare(..), name)] if name == "left"));
    assert!(checklist::compile(&layouts, "left", None).is_ok());
}

#[test]
fn no_bytes_make_the_interpreter_panic() {
    let text = "[struct.s]\ngrows = \"size\"\nmin = \"n\"\nfields = [{ name = \"size\", type = \"u32\", role = \"size\" }, \
                { name = \"n\", type = \"u32\" }, { name = \"x\", type = \"u64\", since = \"2\" }, { name = \"y\", type = \"u64\", since = \"2\" }]\n\
                rules = [{ refuse = \"overflows(x * y + n)\", since = \"2\", why = \"too large\" }]\n";
    let list = list(text);
    let mut state = 1_u64;
    for _ in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let len = usize::try_from(state >> 59).expect("small");
        let mut user: Vec<u8> =
            (0..len).map(|i| state.rotate_left(u32::try_from(i).expect("small") * 7).to_le_bytes()[0]).collect();
        if let (Some(first), true) = (user.first_mut(), state & 4 == 0) {
            *first = u8::try_from(len).expect("small");
        }
        for target in target::ALL {
            let _ = interp::run(&list, *target, &user, Some(state));
        }
    }
}
