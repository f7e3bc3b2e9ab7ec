//! Conditions from text: Rust's expression syntax, of which only the forms of docs/language.md mean something here.

use std::str::FromStr as _;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::spanned::Spanned as _;

use crate::codes;
use crate::diag::{Ctxt, Diagnostic};
use crate::expr::{Arith, Compare, Expr, ExprKind, Test};
use crate::model::Path;
use crate::source::Span;

/// No condition that people read is longer, or has more parts. syn and we recurse, so there has to be an end.
const LONGEST: usize = 4096;
const MOST_FORMS: usize = 256;

/// What the language has, for those who ask for something else.
const FORMS: &str = "conditions know paths, numbers, == != < <= > >= && || ! + - * &, has(), any(), only(), known(), \
                     one_of(), overflows() and fits_ulong()";

/// Parses a condition; `at` is the place of `text` in the schema. Reports what is wrong with it.
pub fn parse(text: &str, at: Span, cx: &Ctxt) -> Option<Expr> {
    let parser = Parser { at, len: text.len() };
    match parser.text(text) {
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

struct Parser {
    at: Span,
    len: usize,
}

impl Parser {
    fn text(&self, text: &str) -> Parsed<Expr> {
        if text.len() > LONGEST || forms(text) > MOST_FORMS {
            return Err(mistake(self.at, "this condition is too long", "say it in several rules"));
        }
        if text.trim().is_empty() {
            return Err(mistake(self.at, "this condition is empty", FORMS));
        }
        let tokens = TokenStream::from_str(text)
            .map_err(|error| mistake(self.place(error.span()), "this is no expression", "parentheses come in pairs"))?;
        let tree: syn::Expr = syn::parse2(fields_may_be_keywords(tokens))
            .map_err(|error| mistake(self.place(error.span()), &format!("this is no expression: {error}"), FORMS))?;
        let parsed = self.expr(&tree);
        // Places pile up in memory, where there is no compiler that keeps them.
        if !proc_macro::is_available() {
            proc_macro2::extra::invalidate_current_thread_spans();
        }
        parsed
    }

    /// The place in the schema of a place in the text. Text with escapes is longer in the schema: the whole of it is
    /// then the best that can be shown.
    fn place(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        let escaped = (self.at.end.saturating_sub(self.at.start)) as usize != self.len;
        if escaped || range.start >= range.end || range.end > self.len {
            return self.at;
        }
        let shift = |n: usize| self.at.start.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        Span { start: shift(range.start), end: shift(range.end) }
    }

    fn expr(&self, tree: &syn::Expr) -> Parsed<Expr> {
        let span = self.place(tree.span());
        let kind = match tree {
            syn::Expr::Paren(inner) => return self.expr(&inner.expr),
            syn::Expr::Group(inner) => return self.expr(&inner.expr),
            syn::Expr::Lit(lit) => ExprKind::Int(self.number(lit)?),
            syn::Expr::Path(_) | syn::Expr::Field(_) => Self::named(self.path(tree)?),
            syn::Expr::Unary(unary) => match unary.op {
                syn::UnOp::Not(_) => ExprKind::Not(Box::new(self.expr(&unary.expr)?)),
                syn::UnOp::Neg(_) => {
                    let zero = Expr { kind: ExprKind::Int(0), span };
                    ExprKind::Arith(Arith::Sub, Box::new(zero), Box::new(self.expr(&unary.expr)?))
                }
                _ => return Err(mistake(span, "this operator means nothing in a condition", FORMS)),
            },
            syn::Expr::Binary(binary) => self.binary(binary)?,
            syn::Expr::MethodCall(call) => self.test(call)?,
            syn::Expr::Call(call) => self.function(call)?,
            _ => return Err(mistake(span, "this form means nothing in a condition", FORMS)),
        };
        Ok(Expr { kind, span })
    }

    fn number(&self, lit: &syn::ExprLit) -> Parsed<u64> {
        let at = self.place(lit.span());
        match &lit.lit {
            syn::Lit::Int(int) if int.suffix().is_empty() => {
                int.base10_parse().map_err(|_| mistake(at, "this number does not fit 64 bits", "numbers are u64"))
            }
            _ => Err(mistake(at, "only integers have a place in a condition", "numbers are u64, without a suffix")),
        }
    }

    fn named(path: Path) -> ExprKind {
        match path.0.as_slice() {
            [name] if name == "U64_MAX" => ExprKind::Int(u64::MAX),
            [name] if name == "U32_MAX" => ExprKind::Int(u32::MAX.into()),
            _ => ExprKind::Path(path),
        }
    }

    fn path(&self, tree: &syn::Expr) -> Parsed<Path> {
        match tree {
            syn::Expr::Path(path) if path.qself.is_none() => {
                let name = path.path.get_ident().map(plain);
                let help = "fields are joined by a dot: `granu.pasid_info`";
                Ok(Path(vec![name.ok_or_else(|| mistake(self.place(tree.span()), "this is no path", help))?]))
            }
            syn::Expr::Field(field) => {
                let mut path = self.path(&field.base)?;
                match &field.member {
                    syn::Member::Named(name) => path.0.push(plain(name)),
                    syn::Member::Unnamed(_) => {
                        let help = "elements of arrays cannot be named";
                        return Err(mistake(self.place(tree.span()), "this is no path", help));
                    }
                }
                Ok(path)
            }
            _ => Err(mistake(self.place(tree.span()), "this is no path", "a path is names joined by dots")),
        }
    }

    fn binary(&self, binary: &syn::ExprBinary) -> Parsed<ExprKind> {
        let left = self.expr(&binary.left)?;
        let right = self.expr(&binary.right)?;
        let compare = |op| ExprKind::Compare(op, Box::new(left.clone()), Box::new(right.clone()));
        let arith = |op| ExprKind::Arith(op, Box::new(left.clone()), Box::new(right.clone()));
        Ok(match binary.op {
            syn::BinOp::And(_) => ExprKind::And(joined(left, right, |kind| match kind {
                ExprKind::And(parts) => Ok(parts),
                other => Err(other),
            })),
            syn::BinOp::Or(_) => ExprKind::Or(joined(left, right, |kind| match kind {
                ExprKind::Or(parts) => Ok(parts),
                other => Err(other),
            })),
            syn::BinOp::Eq(_) => compare(Compare::Eq),
            syn::BinOp::Ne(_) => compare(Compare::Ne),
            syn::BinOp::Lt(_) => compare(Compare::Lt),
            syn::BinOp::Le(_) => compare(Compare::Le),
            syn::BinOp::Gt(_) => compare(Compare::Gt),
            syn::BinOp::Ge(_) => compare(Compare::Ge),
            syn::BinOp::Add(_) => arith(Arith::Add),
            syn::BinOp::Sub(_) => arith(Arith::Sub),
            syn::BinOp::Mul(_) => arith(Arith::Mul),
            syn::BinOp::BitAnd(_) => arith(Arith::And),
            _ => {
                let at = self.place(binary.op.span());
                return Err(mistake(at, "this operator means nothing in a condition", FORMS));
            }
        })
    }

    fn test(&self, call: &syn::ExprMethodCall) -> Parsed<ExprKind> {
        let test = match plain(&call.method).as_str() {
            "has" => Test::Has,
            "any" => Test::Any,
            "only" => Test::Only,
            "one_of" => Test::OneOf,
            "known" => Test::Known,
            other => {
                let at = self.place(call.method.span());
                return Err(mistake(at, &format!("there is no test `{other}`"), FORMS));
            }
        };
        let path = self.path(&call.receiver)?;
        let mut names = Vec::new();
        let args: Vec<&syn::Expr> = call.args.iter().collect();
        match (test, args.as_slice()) {
            (Test::Known, []) => {}
            (Test::Known, _) => {
                return Err(mistake(self.place(call.args.span()), "`known` takes nothing", "write `flags.known()`"));
            }
            (_, [set]) => self.names(set, &mut names)?,
            (..) => {
                let help = "write `flags.has(A | B)`";
                return Err(mistake(self.place(call.span()), "this test takes one set of members", help));
            }
        }
        Ok(ExprKind::Test(test, path, names))
    }

    /// `A | B | C`
    fn names(&self, set: &syn::Expr, names: &mut Vec<(String, Span)>) -> Parsed<()> {
        match set {
            syn::Expr::Paren(inner) => self.names(&inner.expr, names),
            syn::Expr::Group(inner) => self.names(&inner.expr, names),
            syn::Expr::Binary(binary) if matches!(binary.op, syn::BinOp::BitOr(_)) => {
                self.names(&binary.left, names)?;
                self.names(&binary.right, names)
            }
            syn::Expr::Path(path) if path.path.get_ident().is_some() => {
                names.extend(path.path.get_ident().map(|name| (plain(name), self.place(name.span()))));
                Ok(())
            }
            other => {
                let help = "members are joined by `|`: `flags.has(A | B)`";
                Err(mistake(self.place(other.span()), "this is no member", help))
            }
        }
    }

    fn function(&self, call: &syn::ExprCall) -> Parsed<ExprKind> {
        let name = self.path(&call.func)?.to_string();
        let args: Vec<&syn::Expr> = call.args.iter().collect();
        let [arg] = args.as_slice() else {
            let message = format!("`{name}` takes one argument");
            return Err(mistake(self.place(call.span()), &message, FORMS));
        };
        let arg = Box::new(self.expr(arg)?);
        match name.as_str() {
            "overflows" => Ok(ExprKind::Overflows(arg)),
            "fits_ulong" => Ok(ExprKind::FitsUlong(arg)),
            _ => {
                let at = self.place(call.func.span());
                Err(mistake(at, &format!("there is no function `{name}`"), FORMS))
            }
        }
    }
}

/// `a && b && c` is one list of three.
fn joined(left: Expr, right: Expr, parts: impl Fn(ExprKind) -> Result<Vec<Expr>, ExprKind>) -> Vec<Expr> {
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

fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Structs have fields called `type` and the like; syn takes such a name only in its raw form.
fn fields_may_be_keywords(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), fields_may_be_keywords(group.stream()));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            TokenTree::Ident(name) if is_keyword(&name.to_string()) => {
                TokenTree::Ident(Ident::new_raw(&name.to_string(), name.span()))
            }
            other => other,
        })
        .collect()
}

/// Those that have a raw form.
fn is_keyword(name: &str) -> bool {
    !matches!(name, "self" | "Self" | "super" | "crate" | "_" | "true" | "false")
        && !name.starts_with("r#")
        && syn::parse_str::<Ident>(name).is_err()
}

/// How many forms the text can have at most: an upper bound of how deep its tree is.
fn forms(text: &str) -> usize {
    text.matches(['(', '[', '{', '!', '-', '+', '*', '&', '|', '.', '<', '>', '=', '%', '/', '^']).count()
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

    #[test]
    fn nothing_is_too_deep_for_us() {
        for deep in ["(", "!", "[", "-", "a.", "a + ", "a && ", "{", "a * ("] {
            assert!(parsed(&format!("{}a", deep.repeat(2000))).is_err(), "{deep}");
        }
        assert!(parsed(&format!("{}a == 1", "a + ".repeat(200))).is_ok());
    }
}
