//! Conditions from text: of Rust's expression syntax the forms of docs/language.md, with Rust's precedence.

use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::expr::{Arith, Compare, Expr, ExprKind, Test};
use crate::model::Path;
use crate::source::Span;

/// No condition that people read is longer, has more words and signs, or is deeper. Others recurse over what is read
/// here, so there has to be an end.
const LONGEST: usize = 4096;
const MOST_TOKENS: usize = 512;
const DEEPEST: usize = 64;

/// What the language has, for those who ask for something else.
const FORMS: &str = "conditions know paths, numbers, == != < <= > >= && || ! + - * &, has(), any(), only(), known(), \
                     one_of(), overflows() and fits_ulong()";

/// Signs, the long ones first. Some are of Rust alone: they are read, so that the whole of them is refused.
const SIGNS: [&str; 33] = [
    "<<=", ">>=", "..=", "...", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "::", "->", "=>", "..", "<", ">", "!",
    "+", "-", "*", "&", "|", "(", ")", ".", ",", "%", "/", "^", "=", "?",
];

/// Parses a condition; `at` is the place of `text` in the schema. Reports what is wrong with it.
pub fn parse(text: &str, at: Span, cx: &Ctxt) -> Option<Expr> {
    match Parser::new(text, at).whole() {
        Ok(expr) => Some(expr),
        Err(diagnostic) => {
            cx.report(*diagnostic);
            None
        }
    }
}

type Parsed<T> = Result<T, Box<Diagnostic>>;

#[expect(clippy::unnecessary_box_returns, reason = "an error is boxed, so that results stay small")]
fn mistake(at: Span, message: &str, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(codes::AZ0501, at, message).label("not understood").help(help))
}

/// A word or sign of the text.
#[derive(Clone, Copy, PartialEq)]
enum Token<'t> {
    Name(&'t str),
    Number(&'t str),
    Sign(&'static str),
    /// No word of any language.
    Other,
    End,
}

/// What joins two operands.
#[derive(Clone, Copy)]
enum Operator {
    And,
    Or,
    Compare(Compare),
    Arith(Arith),
}

/// How close comparisons bind, of which none follows another.
const COMPARES: u8 = 3;

/// An operator, and how close it binds.
fn operator(sign: &str) -> Option<(Operator, u8)> {
    Some(match sign {
        "||" => (Operator::Or, 1),
        "&&" => (Operator::And, 2),
        "==" => (Operator::Compare(Compare::Eq), COMPARES),
        "!=" => (Operator::Compare(Compare::Ne), COMPARES),
        "<" => (Operator::Compare(Compare::Lt), COMPARES),
        "<=" => (Operator::Compare(Compare::Le), COMPARES),
        ">" => (Operator::Compare(Compare::Gt), COMPARES),
        ">=" => (Operator::Compare(Compare::Ge), COMPARES),
        "&" => (Operator::Arith(Arith::And), 4),
        "+" => (Operator::Arith(Arith::Add), 5),
        "-" => (Operator::Arith(Arith::Sub), 5),
        "*" => (Operator::Arith(Arith::Mul), 6),
        _ => return None,
    })
}

/// Reads a text from left to right. Places in it are bytes from its beginning.
struct Parser<'t> {
    text: &'t str,
    at: Span,
    /// The token that comes next, and its place.
    next: Token<'t>,
    start: usize,
    end: usize,
    /// The end of the token before.
    done: usize,
    tokens: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, at: Span) -> Self {
        let mut parser = Self { text, at, next: Token::End, start: 0, end: 0, done: 0, tokens: 0 };
        parser.advance();
        parser
    }

    fn whole(mut self) -> Parsed<Expr> {
        if self.text.len() > LONGEST {
            return Err(self.too_long());
        }
        if self.next == Token::End {
            return Err(mistake(self.at, "this condition is empty", FORMS));
        }
        let expr = self.expr(0, 0)?;
        match self.next {
            Token::End => Ok(expr),
            Token::Sign(")") => Err(mistake(self.here(), "this is no expression", "parentheses come in pairs")),
            Token::Sign(_) => Err(mistake(self.here(), "this operator means nothing in a condition", FORMS)),
            _ => Err(mistake(self.here(), "this is no expression: an operator is missing before it", FORMS)),
        }
    }

    #[expect(clippy::unnecessary_box_returns, reason = "an error is boxed, so that results stay small")]
    fn too_long(&self) -> Box<Diagnostic> {
        mistake(self.at, "this condition is too long", "say it in several rules")
    }

    /// The place in the schema of `start..end`. Text with escapes is longer in the schema: the whole of it is then the
    /// best that can be shown.
    fn place(&self, start: usize, end: usize) -> Span {
        let escaped = (self.at.end.saturating_sub(self.at.start)) as usize != self.text.len();
        if escaped || start >= end || end > self.text.len() {
            return self.at;
        }
        let shift = |n: usize| self.at.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        Span { start: shift(start), end: shift(end) }
    }

    /// The place of the token that comes next.
    fn here(&self) -> Span {
        self.place(self.start, self.end)
    }

    /// The place of all that was taken since `start`.
    fn since(&self, start: usize) -> Span {
        self.place(start, self.done)
    }

    fn advance(&mut self) {
        self.done = self.end;
        self.tokens += 1;
        let rest = &self.text[self.end..];
        let trimmed = rest.trim_start();
        self.start = self.text.len() - trimmed.len();
        let word = trimmed.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        let length;
        (self.next, length) = match trimmed.bytes().next() {
            None => (Token::End, 0),
            Some(b'0'..=b'9') => (Token::Number(&trimmed[..word]), word),
            Some(_) if word > 0 => (Token::Name(&trimmed[..word]), word),
            Some(_) => match SIGNS.iter().find(|sign| trimmed.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => (Token::Other, trimmed.chars().next().map_or(0, char::len_utf8)),
            },
        };
        self.end = self.start + length;
    }

    /// Takes the sign if it comes next.
    fn take(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.next, Token::Sign(next) if next == sign);
        if is_next {
            self.advance();
        }
        is_next
    }

    fn close(&mut self) -> Parsed<()> {
        if self.take(")") {
            return Ok(());
        }
        Err(mistake(self.here(), "this is no expression: `)` is missing", "parentheses come in pairs"))
    }

    /// Operands joined by operators that bind at least so close.
    fn expr(&mut self, least: u8, depth: usize) -> Parsed<Expr> {
        let start = self.start;
        let mut left = self.unary(depth)?;
        let mut compared = false;
        while let Token::Sign(sign) = self.next
            && let Some((operator, binds)) = operator(sign)
            && binds >= least
        {
            if binds == COMPARES && std::mem::replace(&mut compared, true) {
                let message = "this is no expression: comparisons cannot be chained";
                return Err(mistake(self.here(), message, "join them by `&&`"));
            }
            self.advance();
            let right = self.expr(binds + 1, depth + 1)?;
            compared &= binds >= COMPARES;
            left = Expr { kind: joined(operator, left, right), span: self.since(start) };
        }
        Ok(left)
    }

    fn unary(&mut self, depth: usize) -> Parsed<Expr> {
        if depth > DEEPEST || self.tokens > MOST_TOKENS {
            return Err(self.too_long());
        }
        let start = self.start;
        if self.take("!") {
            let of = Box::new(self.unary(depth + 1)?);
            return Ok(Expr { kind: ExprKind::Not(of), span: self.since(start) });
        }
        if self.take("-") {
            let of = Box::new(self.unary(depth + 1)?);
            let span = self.since(start);
            let zero = Box::new(Expr { kind: ExprKind::Int(0), span });
            return Ok(Expr { kind: ExprKind::Arith(Arith::Sub, zero, of), span });
        }
        if self.take("(") {
            let inner = self.expr(0, depth + 1)?;
            self.close()?;
            return Ok(inner);
        }
        let kind = self.operand(depth)?;
        Ok(Expr { kind, span: self.since(start) })
    }

    fn operand(&mut self, depth: usize) -> Parsed<ExprKind> {
        let here = self.here();
        match self.next {
            Token::Number(digits) => {
                self.advance();
                number(digits, here).map(ExprKind::Int)
            }
            Token::Name("true" | "false") => {
                Err(mistake(here, "only integers have a place in a condition", "numbers are u64, without a suffix"))
            }
            Token::Name(_) => self.path(depth),
            Token::End => Err(mistake(self.at, "this is no expression: its end is missing", FORMS)),
            _ => Err(mistake(here, "this is no expression", FORMS)),
        }
    }

    /// A path, a test of one, or the call of a function.
    fn path(&mut self, depth: usize) -> Parsed<ExprKind> {
        let start = self.start;
        let mut path = Vec::new();
        loop {
            let (here, from) = (self.here(), self.start);
            let Token::Name(name) = self.next else {
                let help = match self.next {
                    Token::Number(_) => "elements of arrays cannot be named",
                    _ => "a path is names joined by dots",
                };
                return Err(mistake(here, "this is no path", help));
            };
            self.advance();
            if self.take("(") {
                if path.is_empty() {
                    return self.function(name, from, depth);
                }
                return self.test(Path(path), name, start, here);
            }
            path.push(name.to_owned());
            if path.len() > DEEPEST {
                return Err(self.too_long());
            }
            if self.take(".") {
                continue;
            }
            if matches!(self.next, Token::Sign("::")) {
                return Err(mistake(self.here(), "this is no path", "fields are joined by a dot: `granu.pasid_info`"));
            }
            return Ok(match path.as_slice() {
                [name] if name == "U64_MAX" => ExprKind::Int(u64::MAX),
                [name] if name == "U32_MAX" => ExprKind::Int(u32::MAX.into()),
                _ => ExprKind::Path(Path(path)),
            });
        }
    }

    /// `path.test(A | B)`, behind its opening parenthesis.
    fn test(&mut self, path: Path, name: &str, start: usize, at: Span) -> Parsed<ExprKind> {
        let test = match name {
            "has" => Test::Has,
            "any" => Test::Any,
            "only" => Test::Only,
            "one_of" => Test::OneOf,
            "known" => Test::Known,
            other => return Err(mistake(at, &format!("there is no test `{other}`"), FORMS)),
        };
        let mut names = Vec::new();
        if test == Test::Known {
            if !self.take(")") {
                return Err(mistake(self.here(), "`known` takes nothing", "write `flags.known()`"));
            }
        } else {
            if !matches!(self.next, Token::Sign(")")) {
                self.names(&mut names, 0)?;
            }
            if names.is_empty() || matches!(self.next, Token::Sign(",")) {
                let help = "write `flags.has(A | B)`";
                return Err(mistake(self.place(start, self.end), "this test takes one set of members", help));
            }
            self.close()?;
        }
        Ok(ExprKind::Test(test, path, names))
    }

    /// `A | B | C`
    fn names(&mut self, names: &mut Vec<(String, Span)>, depth: usize) -> Parsed<()> {
        loop {
            if depth > DEEPEST || self.tokens > MOST_TOKENS {
                return Err(self.too_long());
            }
            let here = self.here();
            match self.next {
                Token::Name(name) => {
                    names.push((name.to_owned(), here));
                    self.advance();
                }
                Token::Sign("(") => {
                    self.advance();
                    self.names(names, depth + 1)?;
                    self.close()?;
                }
                _ => {
                    let help = "members are joined by `|`: `flags.has(A | B)`";
                    return Err(mistake(here, "this is no member", help));
                }
            }
            if !self.take("|") {
                return Ok(());
            }
        }
    }

    /// `function(term)`, behind its opening parenthesis.
    fn function(&mut self, name: &str, start: usize, depth: usize) -> Parsed<ExprKind> {
        let of: fn(Box<Expr>) -> ExprKind = match name {
            "overflows" => ExprKind::Overflows,
            "fits_ulong" => ExprKind::FitsUlong,
            _ => {
                let at = self.place(start, start + name.len());
                return Err(mistake(at, &format!("there is no function `{name}`"), FORMS));
            }
        };
        if !matches!(self.next, Token::Sign(")")) {
            let of = of(Box::new(self.expr(0, depth + 1)?));
            if !matches!(self.next, Token::Sign(",")) {
                return self.close().map(|()| of);
            }
        }
        Err(mistake(self.place(start, self.end), &format!("`{name}` takes one argument"), FORMS))
    }
}

fn number(digits: &str, at: Span) -> Parsed<u64> {
    let plain = digits.replace('_', "");
    let (digits, radix) = match plain.get(..2) {
        Some("0x") => (&plain[2..], 16),
        Some("0o") => (&plain[2..], 8),
        Some("0b") => (&plain[2..], 2),
        _ => (plain.as_str(), 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        let help = "numbers are u64, without a suffix";
        return Err(mistake(at, "only integers have a place in a condition", help));
    }
    u64::from_str_radix(digits, radix).map_err(|_| mistake(at, "this number does not fit 64 bits", "numbers are u64"))
}

fn joined(operator: Operator, left: Expr, right: Expr) -> ExprKind {
    match operator {
        Operator::And => ExprKind::And(list(left, right, |kind| match kind {
            ExprKind::And(parts) => Ok(parts),
            other => Err(other),
        })),
        Operator::Or => ExprKind::Or(list(left, right, |kind| match kind {
            ExprKind::Or(parts) => Ok(parts),
            other => Err(other),
        })),
        Operator::Compare(compare) => ExprKind::Compare(compare, Box::new(left), Box::new(right)),
        Operator::Arith(arith) => ExprKind::Arith(arith, Box::new(left), Box::new(right)),
    }
}

/// `a && b && c` is one list of three.
fn list(left: Expr, right: Expr, parts: fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Vec<Expr> {
    let mut all = Vec::new();
    for side in [left, right] {
        let span = side.span;
        match parts(side.kind) {
            Ok(inner) => all.extend(inner),
            Err(kind) => all.push(Expr { kind, span }),
        }
    }
    all
}

#[cfg(test)]
mod tests {
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
}
