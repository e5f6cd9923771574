//! Changes to the text of a file that leave the rest as it was: comments, blank lines, and how a person
//! has written what stays. No comment is ever lost, not even of what goes.

mod tokens;

use std::ops::Range;

use similar::{DiffOp, DiffTag};

use self::tokens::{Kind, Token, comments, tokens};

/// How far an entry of a list is indented that has no line of its own yet.
const MARGIN: &str = "  ";

/// The text with each range replaced. Ranges do not meet.
pub(super) fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (range, new) in edits {
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(&new);
        at = range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// What takes the place of lines that go, with an empty line before them: their comments, if there are any.
pub(super) fn gone(text: &str, range: Range<usize>) -> (Range<usize>, String) {
    let left = comments(text.get(range.clone()).unwrap_or_default());
    if left.is_empty() {
        return (with_blank_lines(text, range), String::new());
    }
    (range, left.join("\n"))
}

/// A range with the lines that it ends, and one empty line before it.
fn with_blank_lines(text: &str, range: Range<usize>) -> Range<usize> {
    let before = text.get(..range.start).unwrap_or_default();
    let without = |text: &str| {
        let rest = text.strip_suffix('\n')?;
        Some(rest.strip_suffix('\r').unwrap_or(rest).len())
    };
    let start = without(before).filter(|start| before.get(..*start).is_some_and(is_ended));
    let after = text.get(range.end..).unwrap_or_default();
    let end = ["\r\n", "\n"]
        .into_iter()
        .find(|end| after.starts_with(end));
    start.unwrap_or(range.start)..range.end.saturating_add(end.map_or(0, str::len))
}

fn is_ended(text: &str) -> bool {
    text.ends_with('\n')
}

/// Whether there are comments in a part of a file.
pub(super) fn has_comments(text: &str) -> bool {
    !comments(text).is_empty()
}

/// The text in quotes that begins at this place, or behind its quotes, with these.
pub(super) fn text_around(text: &str, at: usize) -> Option<Range<usize>> {
    let is_text = |range: &Range<usize>| {
        let written = text.get(range.clone()).unwrap_or_default();
        range.contains(&at) && written.starts_with(['"', '\''])
    };
    let mut tokens = tokens(text).into_iter().map(|token| token.range);
    tokens.find(is_text)
}

/// A key with its value, `old` to the end of its last line, as it is with another value. The comment behind it
/// stays there; those inside the old value are above.
pub(super) fn field(old: &str, new: &str) -> String {
    let all = tokens(old);
    let behind = all
        .last()
        .filter(|last| last.kind == Kind::Comment && !new.is_empty());
    let behind = behind.map_or("", |comment| {
        let before = all.iter().rev().nth(1).map_or(0, |token| token.range.end);
        old.get(before..comment.range.end).unwrap_or_default()
    });
    let mut above = comments(old);
    if !behind.is_empty() {
        above.pop();
    }
    let last = [new, behind].concat();
    above.push(&last);
    let lines = above.into_iter().filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// A list of events as it is after these operations, one on each line. What stays is as it was written.
/// `None`: it is not a list of as many as there are in `ops`.
pub(super) fn list(old: &str, ops: &[DiffOp], new: &[String]) -> Option<String> {
    let List {
        head,
        entries,
        tail,
    } = List::cut(old)?;
    let mut out = head;
    for op in ops {
        let before = entries.get(op.old_range())?;
        if op.tag() == DiffTag::Equal {
            for entry in before {
                entry.stay(&mut out);
            }
            continue;
        }
        let after = new.get(op.new_range())?;
        for index in 0..before.len().max(after.len()) {
            match (before.get(index), after.get(index)) {
                (Some(before), Some(after)) => before.become_another(after, &mut out),
                (Some(before), None) => before.go(&mut out),
                (None, after) => {
                    let after = after.map_or("", String::as_str);
                    out.extend([MARGIN, after, ",\n"]);
                }
            }
        }
    }
    Some(out + &tail)
}

/// A list, cut into its entries and what is between them.
struct List<'t> {
    /// To the end of the line on which it begins.
    head: String,
    entries: Vec<Entry<'t>>,
    /// From the first line that has nothing to do with an entry.
    tail: String,
}

/// An entry of a list.
#[derive(Default)]
struct Entry<'t> {
    /// The lines above it: comments, and empty ones.
    above: String,
    /// What its line begins with.
    margin: String,
    /// What was written.
    written: &'t str,
    /// The rest of its last line, without a comma: blanks and a comment.
    behind: String,
}

impl<'t> List<'t> {
    fn cut(text: &'t str) -> Option<Self> {
        let ranges = ranges(text)?;
        let mut at = 1;
        let mut head = "[".to_owned();
        let mut entries: Vec<Entry<'t>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let gap = Gap::new(text.get(at..range.start)?);
            match entries.last_mut() {
                Some(last) => last.behind = gap.first,
                None => head += &gap.first,
            }
            entries.push(Entry {
                above: gap.lines,
                margin: gap.last.unwrap_or(MARGIN.to_owned()),
                written: text.get(range.clone())?,
                behind: String::new(),
            });
            at = range.end;
        }
        let Gap { first, lines, last } = Gap::new(text.get(at..)?.strip_suffix(']')?);
        match entries.last_mut() {
            Some(last) => last.behind = first,
            None => head += &first,
        }
        Some(Self {
            head: head.trim_end_matches([' ', '\t', '\r']).to_owned() + "\n",
            entries,
            tail: lines + &last.unwrap_or_default() + "]",
        })
    }
}

/// Where the entries of a list stand in it.
fn ranges(text: &str) -> Option<Vec<Range<usize>>> {
    let (mut depth, mut ranges) = (0_usize, Vec::new());
    let mut entry: Option<Range<usize>> = None;
    for Token { kind, range } in tokens(text) {
        match kind {
            Kind::Comment => continue,
            Kind::Close => depth = depth.checked_sub(1)?,
            Kind::Open | Kind::Comma | Kind::Other => {}
        }
        let is_between = depth == 0 || depth == 1 && kind == Kind::Comma;
        if is_between {
            ranges.extend(entry.take());
        } else {
            let start = entry.map_or(range.start, |entry| entry.start);
            entry = Some(start..range.end);
        }
        if kind == Kind::Open {
            depth = depth.saturating_add(1);
        }
    }
    Some(ranges)
}

/// What stands between two entries, without the comma.
struct Gap {
    /// To the end of the line.
    first: String,
    /// Whole lines.
    lines: String,
    /// The beginning of a line; `None` where all is one.
    last: Option<String>,
}

impl Gap {
    fn new(text: &str) -> Self {
        let mut text = text.to_owned();
        let comma = tokens(&text)
            .into_iter()
            .find(|token| token.kind == Kind::Comma);
        if let Some(comma) = comma {
            text.replace_range(comma.range, "");
        }
        let Some((first, rest)) = text.split_once('\n') else {
            // On one line there are no comments.
            return Self {
                first: String::new(),
                lines: String::new(),
                last: None,
            };
        };
        let (lines, last) = match rest.rsplit_once('\n') {
            Some((lines, last)) => (lines.to_owned() + "\n", last),
            None => (String::new(), rest),
        };
        Self {
            first: first.trim_end().to_owned(),
            lines,
            last: Some(last.to_owned()),
        }
    }
}

impl Entry<'_> {
    fn stay(&self, out: &mut String) {
        let (margin, written) = (self.margin.as_str(), self.written);
        out.extend([&self.above, margin, written, ",", &self.behind, "\n"]);
    }

    /// Another one is in its place, under the same comments.
    fn become_another(&self, new: &str, out: &mut String) {
        out.push_str(&self.above);
        self.keep(&comments(self.written), out);
        out.extend([&self.margin, new, ",", &self.behind, "\n"]);
    }

    /// Nothing is in its place but the comments.
    fn go(&self, out: &mut String) {
        out.push_str(&self.above);
        self.keep(&comments(self.written), out);
        self.keep(&comments(&self.behind), out);
    }

    /// Comments on lines of their own.
    fn keep(&self, comments: &[&str], out: &mut String) {
        for comment in comments {
            out.extend([&self.margin, *comment, "\n"]);
        }
    }
}

#[cfg(test)]
mod tests;
