//! Reads the declarations of a C header: what it names, in which order, and of which C type.
//!
//! It knows the part of C that kernel headers are written in. What it does not know it reports, so that nothing of a
//! header goes unseen.

use std::collections::BTreeMap;

/// What one header declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Structs and unions by tag.
    pub structs: BTreeMap<String, CStruct>,
    /// Enums in order: tag, if any, and the names of the members.
    pub enums: Vec<(Option<String>, Vec<String>)>,
    /// Macros without arguments, and what they stand for.
    pub macros: BTreeMap<String, String>,
}

/// A struct or union.
#[derive(Debug, PartialEq, Eq)]
pub struct CStruct {
    /// `struct` or `union`.
    pub keyword: &'static str,
    /// Fields; members of a struct or union written in place follow it.
    pub fields: Vec<CField>,
}

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub struct CField {
    /// `granu.pasid_info`; members of unnamed structs and unions are under their own name.
    pub path: String,
    /// The type as C has it, macros expanded: `__u8[6]`, `struct x`, `union`.
    pub ty: String,
}

impl CField {
    /// Whether it has no size of its own.
    #[must_use]
    pub fn is_flexible(&self) -> bool {
        self.ty.ends_with("[]")
    }
}

/// Scans what `gcc -E -dD` printed, the lines that come from `file` only.
pub fn scan(preprocessed: &str, file: &str) -> Result<Scan, String> {
    let mut found = Scan::default();
    let mut code = String::new();
    let mut inside = false;
    for line in preprocessed.lines() {
        if let Some(marker) = line.strip_prefix("# ") {
            inside = marker.split('"').nth(1) == Some(file);
        } else if inside && let Some(defined) = line.strip_prefix("#define ") {
            let (name, body) = defined.split_once(' ').unwrap_or((defined, ""));
            if !name.contains('(') && !body.is_empty() {
                found.macros.insert(name.to_owned(), body.to_owned());
            }
        } else if inside && !line.starts_with('#') {
            code.push_str(line);
            code.push('\n');
        }
    }
    let mut rest = Tokens { tokens: tokens(&code), at: 0 };
    while rest.at < rest.tokens.len() {
        rest.item(&mut found)?;
    }
    Ok(found)
}

fn tokens(code: &str) -> Vec<String> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut found: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in code.chars() {
        match found.last_mut() {
            Some(last) if in_word && word(c) => last.push(c),
            _ if c.is_whitespace() => {}
            _ => found.push(c.to_string()),
        }
        in_word = word(c);
    }
    found
}

struct Tokens {
    tokens: Vec<String>,
    at: usize,
}

impl Tokens {
    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", String::as_str)
    }

    fn next(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("the header ends inside a declaration")?;
        self.at += 1;
        Ok(token)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let token = self.next()?;
        if token == wanted { Ok(()) } else { Err(format!("`{token}` where `{wanted}` was expected")) }
    }

    fn item(&mut self, found: &mut Scan) -> Result<(), String> {
        let keyword = self.next()?;
        match keyword.as_str() {
            "struct" | "union" => {
                let name = self.next()?;
                self.expect("{")?;
                let keyword = if keyword == "struct" { "struct" } else { "union" };
                let fields = self.fields()?;
                found.structs.insert(name, CStruct { keyword, fields });
                self.declaration().map(drop)
            }
            "enum" => {
                let tag = if self.peek(0) == "{" { None } else { Some(self.next()?) };
                self.expect("{")?;
                found.enums.push((tag, self.members()?));
                self.expect(";")
            }
            other => Err(format!("a declaration that begins with `{other}`")),
        }
    }

    /// Names of an enum's members, its closing brace included.
    fn members(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        while self.peek(0) != "}" {
            names.push(self.next()?);
            while !matches!(self.peek(0), "," | "}") {
                self.next()?;
            }
            if self.peek(0) == "," {
                self.next()?;
            }
        }
        self.next()?;
        Ok(names)
    }

    /// Fields, the closing brace included.
    fn fields(&mut self) -> Result<Vec<CField>, String> {
        let mut fields = Vec::new();
        while self.peek(0) != "}" {
            if matches!(self.peek(0), "struct" | "union") && self.peek(1) == "{" {
                let keyword = self.next()?;
                self.next()?;
                let inner = self.fields()?;
                let declared = self.declaration()?;
                let name = declared.first().cloned().unwrap_or_default();
                let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
                if !name.is_empty() {
                    fields.push(CField { path: name, ty: keyword + &declared[1..].concat() });
                }
                fields.extend(inner.into_iter().map(|f| CField { path: format!("{prefix}{}", f.path), ty: f.ty }));
            } else {
                let declared = self.declaration()?;
                let array = declared.iter().position(|token| token == "[").unwrap_or(declared.len());
                let (before, dimensions) = declared.split_at(array);
                let (name, ty) = before.split_last().ok_or("an empty declaration")?;
                fields.push(CField { path: name.clone(), ty: ty.join(" ") + &dimensions.concat() });
            }
        }
        self.next()?;
        Ok(fields)
    }

    /// Tokens to the next semicolon, which is taken too.
    fn declaration(&mut self) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        loop {
            match self.next()?.as_str() {
                ";" => return Ok(found),
                token => found.push(token.to_owned()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_header_itself_counts() {
        let text = "# 1 \"other.h\"\nstruct no { int x; };\n#define NO 1\n# 1 \"a.h\" 2\n#define _A_H\n#define F(x) x\n\
                    #define YES (1 << 2)\nenum e { A = 1, B, };\nenum { C };\nstruct s { __u8 a[2][3]; union { __u32 b; \
                    struct t c; }; union { __u64 __attribute__((aligned(8))) d; } n; char e[]; };\n";
        let found = scan(text, "a.h").expect("it is well formed");
        assert_eq!(found.macros, BTreeMap::from([("YES".to_owned(), "(1 << 2)".to_owned())]));
        let members = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(found.enums, [(Some("e".to_owned()), members(&["A", "B"])), (None, members(&["C"]))]);
        let fields: Vec<_> = found.structs["s"].fields.iter().map(|f| (f.path.as_str(), f.ty.as_str())).collect();
        let d = "__u64 __attribute__ ( ( aligned ( 8 ) ) )";
        assert_eq!(
            fields,
            [("a", "__u8[2][3]"), ("b", "__u32"), ("c", "struct t"), ("n", "union"), ("n.d", d), ("e", "char[]")]
        );
        assert_eq!(found.structs.len(), 1);
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        assert!(scan("# 1 \"a.h\"\ntypedef int x;\n", "a.h").is_err());
        assert!(scan("# 1 \"a.h\"\nstruct s { int x;\n", "a.h").is_err());
    }
}
