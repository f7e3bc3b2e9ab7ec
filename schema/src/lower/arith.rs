//! Arithmetic over integers, characters and names of constants.
//!
//! What is read here is also printed in C as it was written, so only what C and Rust read alike is understood. A text
//! becomes steps for a stack machine: working them out needs no recursion, whatever the text.

/// Longest expression that is read.
const LONGEST: usize = 1024;
/// Most parentheses and signs that are open at a time.
const DEEPEST: usize = 64;

/// An expression, as steps for a stack of numbers.
#[derive(Debug)]
pub(super) struct Program(Vec<Step>);

#[derive(Debug, PartialEq)]
enum Step {
    Int(i128),
    Name(String),
    Neg,
    Op(Op),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Mul,
    Add,
    Sub,
    Shl,
    And,
    Or,
}

/// Operators, those that bind closest first.
const OPS: [(&str, Op, u8); 6] =
    [("*", Op::Mul, 5), ("+", Op::Add, 4), ("-", Op::Sub, 4), ("<<", Op::Shl, 3), ("&", Op::And, 2), ("|", Op::Or, 1)];

/// Reads an expression; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Program, String> {
    if text.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} letters"));
    }
    let mut reader = Reader { rest: text.trim_start_matches(' '), steps: Vec::new() };
    reader.expression(0, 0)?;
    if reader.rest.is_empty() {
        return Ok(Program(reader.steps));
    }
    Err(format!("`{}` has no place in it; it knows + - * | & <<", first(reader.rest)))
}

impl Program {
    /// The constants it is made of.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| match step {
            Step::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }

    /// Works it out; the error says why there is no value.
    pub(super) fn run(&self, lookup: impl Fn(&str) -> Option<i128>) -> Result<i128, String> {
        let mut stack = Vec::new();
        for step in &self.0 {
            let value = match step {
                Step::Int(number) => Some(*number),
                Step::Name(name) => Some(lookup(name).ok_or_else(|| format!("there is no constant `{name}`"))?),
                Step::Neg => stack.pop().and_then(i128::checked_neg),
                Step::Op(op) => {
                    let right = stack.pop();
                    stack.pop().zip(right).and_then(|(left, right)| op.apply(left, right))
                }
            };
            stack.push(value.ok_or_else(|| match step {
                Step::Op(Op::Shl) => "it is shifted by 0 to 63 bits, or leaves 128".to_owned(),
                _ => "a value of it leaves 128 bits".to_owned(),
            })?);
        }
        stack.pop().ok_or_else(|| "it is empty".to_owned())
    }
}

impl Op {
    fn apply(self, left: i128, right: i128) -> Option<i128> {
        match self {
            Self::Mul => left.checked_mul(right),
            Self::Add => left.checked_add(right),
            Self::Sub => left.checked_sub(right),
            Self::Shl => u32::try_from(right).ok().filter(|n| *n < 64).and_then(|n| left.checked_mul(1 << n)),
            Self::And => Some(left & right),
            Self::Or => Some(left | right),
        }
    }
}

fn first(text: &str) -> String {
    text.chars().next().map(String::from).unwrap_or_default()
}

struct Reader<'t> {
    rest: &'t str,
    steps: Vec<Step>,
}

impl<'t> Reader<'t> {
    /// Takes that many bytes, and the blanks behind them: a `#define` has one line.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest.trim_start_matches(' ');
        taken
    }

    /// Terms joined by operators that bind closer than `least`.
    fn expression(&mut self, least: u8, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err("it is too deep".into());
        }
        self.term(depth)?;
        while let Some((text, op, binds)) = OPS.iter().find(|(text, ..)| self.rest.starts_with(text)).copied() {
            if binds <= least {
                break;
            }
            self.take(text.len());
            self.expression(binds, depth + 1)?;
            self.steps.push(Step::Op(op));
        }
        Ok(())
    }

    fn term(&mut self, depth: usize) -> Result<(), String> {
        let word = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        match self.rest.chars().next() {
            None => return Err("it ends where a number or a name should follow".into()),
            Some('(') => {
                self.take(1);
                self.expression(0, depth + 1)?;
                if !self.rest.starts_with(')') {
                    return Err("a `)` is missing".into());
                }
                self.take(1);
            }
            Some('-') => {
                self.take(1);
                // A sign binds closer than any operator.
                self.expression(u8::MAX, depth + 1)?;
                self.steps.push(Step::Neg);
            }
            Some('\'') => self.letter()?,
            Some(c) if c.is_ascii_digit() => {
                let number = integer(self.take(word))?;
                self.steps.push(Step::Int(number));
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.take(word).to_owned();
                self.steps.push(Step::Name(name));
            }
            Some(c) => return Err(format!("`{c}` has no place in it; it knows + - * | & <<")),
        }
        Ok(())
    }

    /// `';'`, or `'\\'`, `'\''`, `'\n'`, `'\t'`, `'\0'`.
    fn letter(&mut self) -> Result<(), String> {
        let wrong = || "a character is one ASCII letter between `'`".to_owned();
        let bytes = self.rest.as_bytes();
        let (value, len) = match bytes.get(1..4) {
            Some([b'\\', escaped, b'\'']) => {
                let known = [(b'\\', b'\\'), (b'\'', b'\''), (b'n', b'\n'), (b't', b'\t'), (b'0', 0)];
                (known.iter().find(|(letter, _)| letter == escaped).ok_or_else(wrong)?.1, 4)
            }
            _ => match bytes.get(1..3) {
                Some([letter, b'\'']) if letter.is_ascii() && !matches!(letter, b'\\' | b'\'') => (*letter, 3),
                _ => return Err(wrong()),
            },
        };
        self.take(len);
        self.steps.push(Step::Int(i128::from(value)));
        Ok(())
    }
}

/// A number as both C and Rust read it: `017` is another number in C, and `0o17`, `1_000` are none.
fn integer(word: &str) -> Result<i128, String> {
    let hex = word.strip_prefix("0x");
    let decimal = word == "0" || !word.starts_with('0');
    match hex {
        Some(hex) => i128::from_str_radix(hex, 16).ok(),
        None => word.parse().ok().filter(|_| decimal),
    }
    .ok_or_else(|| format!("`{word}` is not a number; write it as `123` or `0x7b`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<i128, String> {
        parse(text)?.run(|name| (name == "X").then_some(10))
    }

    #[test]
    fn operators_bind_as_in_c() {
        // Second source: the C standard's table of precedence; each was also given to gcc.
        for (text, number) in [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("10 - 3 - 2", 5),
            ("1 << 2 + 1", 8),
            ("1 | 6 & 3", 3),
            ("-2 * -X", 20),
            ("';'", 59),
            (r"'\''", 39),
            ("0xFF & X", 10),
            ("X-1", 9),
        ] {
            assert_eq!(value(text), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_has_no_value_says_why() {
        for text in [
            "", "1 +", "(1", "1)", "Y", "1 / 2", "''", "'ab'", "'é'", "017", "1_0", "0x", "1 << 64", "é", "1 2",
            "1 +\n2",
        ] {
            assert!(value(text).is_err(), "{text}");
        }
        assert!(value("0x7fffffffffffffffffffffffffffffff + 1").is_err());
    }

    #[test]
    fn depth_has_an_end() {
        for text in ["(".repeat(1000), "-".repeat(1000) + "1", "(".repeat(100_000), "1+".repeat(500) + "1"] {
            let found = value(&text);
            assert_eq!(found.is_ok(), text.ends_with("+1") && !text.starts_with('-'), "{found:?}");
        }
    }
}
