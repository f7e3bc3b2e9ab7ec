//! Conditions from text: of Rust's expression syntax the forms of docs/language.md, with Rust's precedence.

use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::expr::{Arith, Compare, Expr, ExprKind, Test};
use crate::expr_hints::{self, FORMS, near_or_all};
use crate::model::Path;
use crate::source::Span;

/// No condition that people read is longer, has more words and signs, or is deeper. Others recurse over what is read
/// here, so there has to be an end.
const LONGEST: usize = 4096;
const MOST_TOKENS: usize = 512;
const DEEPEST: usize = 64;

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
            Token::Sign(sign) => Err(self.unexpected(expr_hints::sign(sign))),
            _ if self.text[..self.done].ends_with("not") => {
                let at = self.place(self.done - 3, self.done);
                Err(mistake(at, "`not` is no operator here", "write `!` before it: `!flags.has(A)`"))
            }
            Token::Name(word) => Err(self.unexpected(expr_hints::word(word))),
            _ => Err(self.unexpected(expr_hints::word(""))),
        }
    }

    #[expect(clippy::unnecessary_box_returns, reason = "an error is boxed, so that results stay small")]
    fn unexpected(&self, (message, help): (&str, &str)) -> Box<Diagnostic> {
        mistake(self.here(), message, help)
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
            Token::Other if self.text[self.start..].starts_with(['\'', '"']) => {
                let help = "give the value a name, `[const.X]`, and compare with that";
                Err(mistake(here, "only integers have a place in a condition", help))
            }
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
            other => {
                let help = near_or_all(other, &["has", "any", "only", "one_of", "known"]);
                return Err(mistake(at, &format!("there is no test `{other}`"), &help));
            }
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
            if matches!(self.next, Token::Sign(sign) if sign != ")") {
                let help = "write `flags.has(A | B)`";
                return Err(mistake(self.here(), "the members of a test are joined by `|`", help));
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
                let help = near_or_all(name, &["overflows", "fits_ulong"]);
                return Err(mistake(at, &format!("there is no function `{name}`"), &help));
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
mod tests;
