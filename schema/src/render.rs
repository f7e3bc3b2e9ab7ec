//! What a user sees of findings: text that looks like rustc's, or JSON lines for a program.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet, normalize_untrusted_str};

use crate::diag::{Diagnostic, Severity};
use crate::source::{Source, Span};

/// A schema that was refused: its text, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The text that the places are in.
    pub source: Source,
    /// The findings, in the order of places; at least one.
    pub found: Vec<Diagnostic>,
}

/// Findings that are drawn; what lies beyond is counted. Nobody mends more in one go.
const SHOWN: usize = 400;
/// Lines between two places of one finding that are still drawn as one folded piece of text.
const NEAR: usize = 60;
/// Bytes of a line that is drawn; a longer one is named by its place alone.
const DRAWN_LINE: usize = 4096;

impl Rejected {
    /// All findings as text, with an account of them at the end; `color` adds escape sequences for a terminal.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let drawing = Drawing::new(&self.source);
        let mut text = String::new();
        for finding in self.found.iter().take(SHOWN) {
            text.push_str(&renderer.render(&[drawing.finding(finding)]));
            text.push_str("\n\n");
        }
        text.push_str(&renderer.render(&[Group::with_title(Level::ERROR.primary_title(self.account()))]));
        if let Some(first) = self.found.first() {
            let _ = write!(text, "\n`argsz explain {}` tells more of the first.", first.code.0.id);
        }
        text.push('\n');
        text
    }

    /// The findings as JSON, one object a line: `code`, `severity`, `message`, `file`, `start` and `end` (each
    /// `line` and `column` from 1, columns in characters, and `byte` from 0), `label`, `also`, `help`.
    #[must_use]
    pub fn to_json_lines(&self) -> String {
        let mut text = String::new();
        for finding in &self.found {
            let severity = match finding.code.0.severity {
                Severity::Error => "error",
                Severity::Lint => "lint",
            };
            let also: Vec<String> = finding.also.iter().map(|(at, label)| self.place_json(*at, label)).collect();
            let _ = writeln!(
                text,
                "{{\"code\":{},\"severity\":\"{severity}\",\"message\":{},\"place\":{},\"also\":[{}],\"help\":{}}}",
                quoted(finding.code.0.id),
                quoted(&finding.message),
                self.place_json(finding.at, &finding.label),
                also.join(","),
                finding.help.as_deref().map_or_else(|| "null".to_owned(), quoted),
            );
        }
        text
    }

    fn place_json(&self, at: Span, label: &str) -> String {
        let point = |offset: u32| {
            let (line, column) = self.source.position(offset);
            format!("{{\"line\":{line},\"column\":{column},\"byte\":{offset}}}")
        };
        let file = quoted(&self.source.name.display().to_string());
        let (start, end) = (point(at.start), point(at.end.max(at.start)));
        format!("{{\"file\":{file},\"start\":{start},\"end\":{end},\"label\":{}}}", quoted(label))
    }

    fn account(&self) -> String {
        let name = self.source.name.display();
        let hidden = match self.found.len().saturating_sub(SHOWN) {
            0 => String::new(),
            more => format!("; {more} of them are not shown"),
        };
        match self.found.len() {
            1 => format!("{name} has 1 mistake"),
            many => format!("{name} has {many} mistakes{hidden}"),
        }
    }
}

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Rejected {}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A source that is drawn from: where its lines begin is found once, and of the text only the lines around a place
/// are handed on, so that a finding costs the same in a file of any size.
struct Drawing<'a> {
    source: &'a Source,
    path: String,
    lines: Vec<usize>,
}

/// A place that a finding is about: bytes of the whole text, within one line.
struct Mark<'a> {
    line: usize,
    bytes: Range<usize>,
    kind: AnnotationKind,
    label: &'a str,
}

impl<'a> Drawing<'a> {
    fn new(source: &'a Source) -> Self {
        let lines = std::iter::once(0).chain(source.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { source, path: normalize_untrusted_str(&source.name.display().to_string()), lines }
    }

    fn finding<'s>(&'s self, finding: &'s Diagnostic) -> Group<'s> {
        let mut marks = vec![self.mark(finding.at, AnnotationKind::Primary, &finding.label)];
        marks.extend(finding.also.iter().map(|(at, label)| self.mark(*at, AnnotationKind::Context, label)));
        let title = Level::ERROR.primary_title(normalize_untrusted_str(&finding.message)).id(finding.code.0.id);
        let mut group = Group::with_title(title);
        // The piece with the finding itself comes first, the others after it in the order of the text.
        let main = marks[0].line;
        marks.sort_by_key(|mark| mark.bytes.start);
        let mut pieces: Vec<Vec<Mark<'_>>> = Vec::new();
        for mark in marks {
            match pieces.last_mut() {
                Some(piece) if piece.last().is_some_and(|last| mark.line - last.line <= NEAR) => piece.push(mark),
                _ => pieces.push(vec![mark]),
            }
        }
        pieces.sort_by_key(|piece| !piece.iter().any(|mark| mark.line == main));
        for piece in &pieces {
            group = self.piece(group, piece);
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
        }
        if finding.code.0.severity == Severity::Lint {
            let id = finding.code.0.id;
            let note = format!("this is a lint: `waive = [{{ lint = \"{id}\", reason = \"...\" }}]` accepts it");
            group = group.element(Level::NOTE.message(note));
        }
        group
    }

    fn piece<'s>(&'s self, group: Group<'s>, marks: &[Mark<'s>]) -> Group<'s> {
        let (Some(first), Some(last)) = (marks.first(), marks.last()) else { return group };
        let window = self.line(first.line).start..self.line(last.line).end;
        if marks.iter().any(|mark| self.line(mark.line).len() > DRAWN_LINE) {
            let column = self.source.text[self.line(first.line).start..first.bytes.start].chars().count() + 1;
            let origin = Origin::path(&*self.path).line(first.line + 1).char_column(column);
            let label = marks.iter().find(|mark| !mark.label.is_empty());
            let group = group.element(origin);
            return match label {
                Some(mark) => group.element(Level::NOTE.message(normalize_untrusted_str(mark.label))),
                None => group,
            };
        }
        let start = window.start;
        let annotations = marks.iter().map(|mark| {
            let annotation = mark.kind.span(mark.bytes.start - start..mark.bytes.end - start);
            if mark.label.is_empty() { annotation } else { annotation.label(normalize_untrusted_str(mark.label)) }
        });
        let annotations: Vec<Annotation<'_>> = annotations.collect();
        let snippet = Snippet::source(&self.source.text[window]).path(&*self.path).line_start(first.line + 1);
        group.element(snippet.annotations(annotations))
    }

    /// The bytes of a line, without its end.
    fn line(&self, line: usize) -> Range<usize> {
        let start = self.lines[line];
        let end = self.lines.get(line + 1).map_or(self.source.text.len(), |next| next - 1);
        start..end.max(start)
    }

    /// A place cut to whole characters of its first line, at least one where there is one.
    fn mark<'l>(&self, at: Span, kind: AnnotationKind, label: &'l str) -> Mark<'l> {
        let text = &self.source.text;
        let start = text.floor_char_boundary((at.start as usize).min(text.len()));
        let line = self.lines.partition_point(|begin| *begin <= start).saturating_sub(1);
        let limit = self.line(line).end.max(start);
        let end = text.ceil_char_boundary((at.end as usize).clamp(start, limit));
        let end = start + text[start..end].trim_end().len();
        let end = if end == start { text.ceil_char_boundary((start + 1).min(limit)) } else { end };
        Mark { line, bytes: start..end.max(start), kind, label }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn rejected(text: &str, found: Vec<Diagnostic>) -> Rejected {
        Rejected { source: Source::new("a.toml", text), found }
    }

    fn at(text: &str, word: &str) -> Span {
        let start = text.find(word).expect("the word is in the text");
        Span::from(start..start + word.len())
    }

    #[test]
    fn a_finding_looks_like_rustc() {
        let text = "grammar = 1\nunkown = 2\nother = 3\n";
        let finding = Diagnostic::new(codes::AZ0002, at(text, "unkown"), "no key `unkown`")
            .label("not known here")
            .also(at(text, "other"), "this one is")
            .help("did you mean `unknown`?");
        insta::assert_snapshot!(rejected(text, vec![finding]).render(false), @r"
        error[AZ0002]: no key `unkown`
         --> a.toml:2:1
          |
        2 | unkown = 2
          | ^^^^^^ not known here
        3 | other = 3
          | ----- this one is
          |
          = help: did you mean `unknown`?

        error: a.toml has 1 mistake
        `argsz explain AZ0002` tells more of the first.
        ");
    }

    #[test]
    fn places_far_apart_are_separate_pieces() {
        let text = format!("first = 1\n{}second = 2\n", "# nothing\n".repeat(500));
        let finding = Diagnostic::new(codes::AZ0002, at(&text, "second"), "again").also(at(&text, "first"), "here");
        insta::assert_snapshot!(rejected(&text, vec![finding]).render(false), @r"
        error[AZ0002]: again
           --> a.toml:502:1
            |
        502 | second = 2
            | ^^^^^^
            |
           ::: a.toml:1:1
            |
          1 | first = 1
            | ----- here

        error: a.toml has 1 mistake
        `argsz explain AZ0002` tells more of the first.
        ");
    }

    #[test]
    fn odd_places_are_drawn_too() {
        for text in ["", "\n", "é", "x = \"ééé\"\r\ny = 1", &"a".repeat(10_000)] {
            for span in [0..0, 0..1, 1..2, 5..6, 7..9_000_000, 9_000_000..9_000_001] {
                let span = Span::from(span);
                let found = vec![Diagnostic::new(codes::AZ0001, span, "odd").also(span, "here")];
                let rejected = rejected(text, found);
                assert!(rejected.render(false).contains("a.toml:"), "{text:?} {span:?}");
                assert!(rejected.render(true).contains("AZ0001"));
            }
        }
    }

    #[test]
    fn json_has_the_places() {
        let text = "é = 1\nunkown = \"a\\tb\"\n";
        let finding = Diagnostic::new(codes::AZ0002, at(text, "unkown"), "a \"quote\"\n");
        assert_eq!(
            rejected(text, vec![finding]).to_json_lines(),
            "{\"code\":\"AZ0002\",\"severity\":\"error\",\"message\":\"a \\\"quote\\\"\\n\",\"place\":{\"file\":\"a.toml\",\
             \"start\":{\"line\":2,\"column\":1,\"byte\":7},\"end\":{\"line\":2,\"column\":7,\"byte\":13},\"label\":\"\"},\
             \"also\":[],\"help\":null}\n"
        );
    }

    #[test]
    fn many_findings_are_counted() {
        let found = (0..1000).map(|_| Diagnostic::new(codes::AZ0001, Span::default(), "x")).collect();
        assert!(rejected("x", found).render(false).contains("1000 mistakes; 600 of them are not shown"));
    }
}
