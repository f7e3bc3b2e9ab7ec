//! What is read, what is refused, and where; and that operators bind as syn reads them.

use super::*;

fn parsed(text: &str) -> Result<String, String> {
    let cx = Ctxt::new();
    let end = u32::try_from(text.len()).expect("short") + 10;
    let expr = parse(text, Span { start: 10, end }, &cx);
    let found = cx.finish();
    match expr {
        Some(expr) => Ok(expr.to_string()),
        None => Err(format!("{}..{}: {}", found[0].at.start, found[0].at.end, found[0].message)),
    }
}

#[test]
fn the_forms_of_the_language() {
    for text in [
        "granularity == PASID",
        "type == DEFAULT && match.in != 0",
        "(addr & 4095) == 0 || !(flags.has(A | B))",
        "overflows(iova + (length - 1))",
        "fits_ulong(virt_id)",
        "granu.pasid_info.flags.known()",
        "a && b == 1 && c",
        "flags.only(A) && flags.one_of(A | B) && flags.any(B)",
    ] {
        assert_eq!(parsed(text).map(|shown| shown.replace(['(', ')'], "")), Ok(text.replace(['(', ')'], "")));
    }
    assert_eq!(parsed("iova == U64_MAX"), Ok("iova == 18446744073709551615".into()));
}

#[test]
fn mistakes_have_their_place() {
    assert_eq!(parsed("a % 2 == 0"), Err("12..13: this operator means nothing in a condition".into()));
    assert_eq!(parsed("flags.hass(A)"), Err("16..20: there is no test `hass`".into()));
    assert_eq!(parsed("a == 18446744073709551616"), Err("15..35: this number does not fit 64 bits".into()));
    assert_eq!(parsed("max(a)"), Err("10..13: there is no function `max`".into()));
    assert_eq!(parsed(" "), Err("10..11: this condition is empty".into()));
    assert!(parsed("a ==").is_err_and(|said| said.contains("this is no expression")));
    assert!(parsed("(a").is_err());
    assert!(parsed("a.0 == 1").is_err());
    assert!(parsed("self == 1").is_ok());
    assert!(parsed("a::b == 1").is_err());
    assert!(parsed("true").is_err());
}

/// A text in which every operand stands in parentheses, as syn reads it.
fn in_parentheses(tree: &syn::Expr) -> String {
    use quote::ToTokens as _;
    match tree {
        syn::Expr::Paren(inner) => in_parentheses(&inner.expr),
        syn::Expr::Unary(unary) => format!("{}({})", unary.op.to_token_stream(), in_parentheses(&unary.expr)),
        syn::Expr::Binary(binary) => {
            let [left, right] = [&binary.left, &binary.right].map(|side| in_parentheses(side));
            format!("({left}) {} ({right})", binary.op.to_token_stream())
        }
        other => other.to_token_stream().to_string().replace(' ', ""),
    }
}

#[test]
fn operators_bind_as_in_rust() {
    let operators = ["||", "&&", "==", "<", ">=", "&", "+", "-", "*"];
    let operands = ["a", "!b", "-1", "(c + 1)", "d.e", "f.has(G)", "overflows(x)"];
    let mut state = 1_usize;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..5_000 {
        let mut text = operands[random(operands.len())].to_owned();
        for _ in 0..random(6) {
            text += &format!(" {} {}", operators[random(operators.len())], operands[random(operands.len())]);
        }
        let Ok(tree) = syn::parse_str(&text) else {
            assert!(parsed(&text).is_err(), "{text}");
            refused += 1;
            continue;
        };
        let same = in_parentheses(&tree);
        assert_eq!(parsed(&text), parsed(&same), "{text}\n{same}");
        assert!(parsed(&text).is_ok(), "{text}");
        read += 1;
    }
    assert!(read > 1_000 && refused > 100, "{read} {refused}");
}

#[test]
fn nothing_is_too_deep_for_us() {
    for deep in ["(", "!", "[", "-", "a.", "a + ", "a && ", "{", "a * ("] {
        assert!(parsed(&format!("{}a", deep.repeat(2000))).is_err(), "{deep}");
    }
    assert!(parsed(&format!("{}a == 1", "a + ".repeat(200))).is_ok());
}
