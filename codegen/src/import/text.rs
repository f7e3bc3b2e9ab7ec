//! The header as text: what stands in comments, and where blocks end. Everything else is the compiler's to say.

/// A comment of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    /// First line, from 1.
    pub(super) first: u32,
    /// Last line.
    pub(super) last: u32,
    /// Whether code stands before it on its first line.
    pub(super) beside: bool,
    /// Its words, without marks and stars.
    pub(super) words: String,
    /// Whether it is kernel-doc.
    pub(super) kernel_doc: bool,
}

/// A header's text, taken apart.
#[derive(Debug)]
pub(super) struct Text {
    /// The code, with blanks for every comment.
    lines: Vec<String>,
    /// The comments, in order.
    comments: Vec<Comment>,
}

impl Text {
    /// Whether a bit-field without a name (`__u32 :32;`) stands between the lines of two members.
    pub(super) fn skips_bits(&self, last: u32, next: u32) -> bool {
        let between = (last as usize).min(self.lines.len())..(next as usize).saturating_sub(1).min(self.lines.len());
        let nameless = |line: &String| {
            let width = line.split_once(':').map(|(word, width)| (word.trim(), width.trim().trim_end_matches(';')));
            width.is_some_and(|(word, width)| !word.contains(' ') && width.parse::<u32>().is_ok())
        };
        self.lines.get(between).unwrap_or_default().iter().any(nameless)
    }

    pub(super) fn new(text: &str) -> Self {
        let (mut code, mut comments) = (String::with_capacity(text.len()), Vec::new());
        let mut rest = text;
        let mut line = 1;
        let mut add = |comment: &str, line: u32, code: &str| {
            let height = u32::try_from(comment.matches('\n').count()).unwrap_or(0);
            let beside = code.rsplit('\n').next().is_some_and(|before| !before.trim().is_empty());
            let kernel_doc = comment.starts_with("/**");
            comments.push(Comment { first: line, last: line + height, beside, words: words(comment), kernel_doc });
            height
        };
        while let Some(first) = rest.chars().next() {
            let length = if let Some(inner) = rest.strip_prefix("/*") {
                let length = inner.find("*/").map_or(rest.len(), |end| end + 4);
                line += add(&rest[..length], line, &code);
                code.extend(rest[..length].chars().filter(|c| *c == '\n'));
                length
            } else if rest.starts_with("//") {
                let length = rest.find('\n').unwrap_or(rest.len());
                add(&rest[..length], line, &code);
                length
            } else if first == '"' || first == '\'' {
                let length = string(rest, first);
                // Braces in it open nothing.
                code.extend([first, first]);
                line += u32::try_from(rest[..length].matches('\n').count()).unwrap_or(0);
                length
            } else {
                line += u32::from(first == '\n');
                code.push(first);
                first.len_utf8()
            };
            rest = &rest[length..];
        }
        Self { lines: code.lines().map(str::to_owned).collect(), comments }
    }

    /// The line on which the block that opens at or after `line` closes.
    pub(super) fn end_of_block(&self, line: u32) -> u32 {
        let mut depth = 0_usize;
        for (at, text) in (line..).zip(self.lines.iter().skip(line.saturating_sub(1) as usize)) {
            for c in text.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            return at;
                        }
                    }
                    ';' if depth == 0 => return at,
                    _ => {}
                }
            }
        }
        line
    }

    /// What the comments say of the thing on `line`: beside it, or on the lines right above.
    pub(super) fn doc(&self, line: u32) -> String {
        let beside = self.comments.iter().find(|comment| comment.beside && comment.first == line);
        let above = || self.above(line).filter(|comment| !comment.kernel_doc);
        beside.or_else(above).map_or_else(String::new, |comment| comment.words.clone())
    }

    fn above(&self, line: u32) -> Option<&Comment> {
        self.comments.iter().rfind(|comment| !comment.beside && comment.last + 1 == line)
    }

    /// What kernel-doc right above `line` says of the whole.
    pub(super) fn kernel_doc(&self, line: u32) -> String {
        let Some(comment) = self.above(line).filter(|comment| comment.kernel_doc) else { return String::new() };
        let whole: Vec<&str> = comment.words.lines().filter(|line| !line.trim_start().starts_with('@')).collect();
        let title = whole.first().and_then(|title| title.split_once(" - ")).map_or("", |(_, brief)| brief);
        let rest = whole.get(1..).unwrap_or_default().join("\n");
        format!("{title}\n{rest}").trim().to_owned()
    }

    /// What kernel-doc above `line` says of its member `name`.
    pub(super) fn kernel_doc_of(&self, line: u32, name: &str) -> String {
        let Some(comment) = self.above(line).filter(|comment| comment.kernel_doc) else { return String::new() };
        let mut lines = comment.words.lines().skip_while(|line| !is_of(line, name));
        let Some((_, first)) = lines.next().and_then(|line| line.split_once(':')) else { return String::new() };
        let more = lines.take_while(|line| !line.trim().is_empty() && !line.trim_start().starts_with('@'));
        std::iter::once(first.trim()).chain(more.map(str::trim)).collect::<Vec<_>>().join(" ").trim().to_owned()
    }

    /// The code of a line.
    pub(super) fn code(&self, line: u32) -> &str {
        self.lines.get(line.saturating_sub(1) as usize).map_or("", String::as_str)
    }
}

fn is_of(line: &str, name: &str) -> bool {
    line.trim_start().strip_prefix('@').and_then(|rest| rest.split_once(':')).is_some_and(|(of, _)| of == name)
}

/// Bytes of the literal that `text` begins with.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// What a comment says.
fn words(comment: &str) -> String {
    let inner = comment.trim_start_matches('/').trim_start_matches('*').trim_end_matches("*/");
    let inner = inner.trim_start_matches(['<', '!']);
    let lines: Vec<&str> = inner.lines().map(|line| line.trim().trim_start_matches('*').trim()).collect();
    let text = lines.join("\n");
    // What is drawn says nothing.
    if text.chars().any(char::is_alphanumeric) { text.trim().to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "/* Licence */\n#define A 1 /* beside */\n\n/**\n * struct s - the brief\n * @x: of x,\n *     more\n * Rest.\n */\nstruct s {\n\t// above\n\tint x;\n\tstruct { int \"}\"; } y;\n};\n";

    #[test]
    fn comments_belong_to_what_is_beside_or_below_them() {
        let text = Text::new(HEADER);
        assert_eq!(text.doc(2), "beside");
        assert_eq!(text.doc(12), "above");
        assert_eq!(text.doc(13), "");
        assert_eq!(text.kernel_doc(10), "the brief\nmore\nRest.");
        assert_eq!(text.kernel_doc_of(10, "x"), "of x, more Rest.");
        assert_eq!(text.kernel_doc_of(10, "y"), "");
    }

    #[test]
    fn blocks_end_where_their_brace_closes() {
        assert_eq!(Text::new(HEADER).end_of_block(10), 14);
        assert_eq!(Text::new("struct a;\nstruct b {\n}").end_of_block(1), 1);
    }
}
