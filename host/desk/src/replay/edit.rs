//! Changes to the text of a file that leave the rest as it was: comments, blank lines, and how a person
//! has written what stays.

use std::ops::Range;

use similar::{DiffOp, DiffTag};

use super::{read::Answer, value};

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

/// A range with the lines that it ends, and one empty line before it.
pub(super) fn with_blank_lines(text: &str, range: Range<usize>) -> Range<usize> {
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

/// A list of events as it is after these operations. Entries that stay keep their lines; comments stay
/// where they are, also above lines that go.
pub(super) fn list(text: &str, answer: &Answer, ops: &[DiffOp], new: &[String]) -> String {
    let anew = || value::list(new, 0, true);
    let Some((head, segments, tail)) = segments(text, answer) else {
        return anew();
    };
    let mut out = head.to_owned();
    for op in ops {
        for segment in segments.get(op.old_range()).unwrap_or_default() {
            if op.tag() == DiffTag::Equal {
                out.push_str(&segment.with_comma());
            } else {
                out.push_str(segment.above);
            }
        }
        if op.tag() != DiffTag::Equal {
            for line in new.get(op.new_range()).unwrap_or_default() {
                out.extend(["  ", line, ",\n"]);
            }
        }
    }
    out + tail
}

/// The lines of one entry.
struct Segment<'t> {
    /// Comments and empty lines above it.
    above: &'t str,
    /// From the margin to behind its value.
    entry: &'t str,
    /// The rest of its last line: a comma, a comment.
    rest: &'t str,
}

impl Segment<'_> {
    fn with_comma(&self) -> String {
        let comma = if self.rest.trim_start().starts_with(',') {
            ""
        } else {
            ","
        };
        [self.above, self.entry, comma, self.rest].concat()
    }
}

/// A list cut at its entries; `None` where not each entry has lines of its own.
fn segments<'t>(text: &'t str, answer: &Answer) -> Option<(&'t str, Vec<Segment<'t>>, &'t str)> {
    let line_end = |from: usize| {
        from.checked_add(text.get(from..)?.find('\n')?)?
            .checked_add(1)
    };
    let mut at = line_end(answer.span.start)?;
    let head = text.get(answer.span.start..at)?;
    let mut segments = Vec::new();
    for placed in &answer.events {
        let margin = text.get(..placed.span.start)?.rfind('\n')?.checked_add(1)?;
        let end = line_end(placed.span.end)?;
        let entry = text.get(margin..placed.span.end)?;
        // Texts are not told from their quotes here, and two entries may share a line.
        let begins_well = entry.trim_start().starts_with('{');
        if margin < at || !begins_well || end > answer.span.end {
            return None;
        }
        segments.push(Segment {
            above: text.get(at..margin)?,
            entry,
            rest: text.get(placed.span.end..end)?,
        });
        at = end;
    }
    Some((head, segments, text.get(at..answer.span.end)?))
}
