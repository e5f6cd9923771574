//! What a bot keeps after a turn, held against what the file says of it: key by key where it names keys, and
//! where it names none, whether anything is another than before.

use std::ops::Range;

use super::{Difference, Line, shortened};
use crate::replay::{
    edit,
    kept::{self, BUCKETS, Change, KeptAround},
    read::{KeptEntry, KeptPart, Script, ScriptTurn},
    value,
};
use ravenry_base::report::Place;

/// All that differs after one turn.
pub(super) fn differences(
    script: &Script,
    turn: &ScriptTurn,
    around: &KeptAround,
) -> Vec<Difference> {
    let Some(store) = &turn.store else {
        return Vec::new();
    };
    let named = store.entries.iter();
    let mut differences: Vec<_> = named
        .filter_map(|entry| another(script, turn, entry, around))
        .collect();
    let unchanged = store.unchanged.iter();
    differences.extend(unchanged.filter_map(|part| changed(script, turn, part, around)));
    differences
}

/// A value that is not what the file says.
fn another(
    script: &Script,
    turn: &ScriptTurn,
    entry: &KeptEntry,
    around: &KeptAround,
) -> Option<Difference> {
    let actual = around.after.get(&entry.key).map(Vec::as_slice);
    let what = match (entry.expected.as_deref(), actual) {
        (None, None) => return None,
        (Some(expected), Some(actual)) if kept::same(expected, actual) => return None,
        (Some(_), Some(_)) => "is another",
        (Some(_), None) => "is not there",
        (None, Some(_)) => "is there",
    };
    let (bucket, key) = &entry.key;
    let shown = |value| format!("{bucket}.{}", kept::line((&entry.key, value)));
    let span = literal(script, entry);
    Some(Difference {
        place: at(turn, entry.line),
        message: format!(
            "after {}, {} of `{bucket}` {what}",
            shortened(&turn.said.say),
            shortened(key)
        ),
        hint: span.is_none().then(|| {
            let line = kept::line((&entry.key, actual));
            format!("what has a header or comments of its own is not updated: write {line}")
        }),
        lines: vec![
            Line::Gone(entry.line, shown(entry.expected.as_deref())),
            Line::New(shown(actual)),
        ],
        error: None,
        edit: span.map(|span| (span, kept::written(actual))),
    })
}

/// Where a value stands with its quotes; `None`: it is a table whose keys are on lines of their own, or would lose
/// its comments.
fn literal(script: &Script, entry: &KeptEntry) -> Option<Range<usize>> {
    if entry.is_text {
        return edit::text_around(&script.text, entry.span.start);
    }
    let range = entry.span.start..entry.span.end;
    let written = script.text.get(range.clone())?;
    let is_whole = kept::says(written, entry.expected.as_deref());
    (is_whole && !edit::has_comments(written)).then_some(range)
}

/// Changes where the file says that there are none.
fn changed(
    script: &Script,
    turn: &ScriptTurn,
    part: &KeptPart,
    around: &KeptAround,
) -> Option<Difference> {
    let buckets = BUCKETS.into_iter();
    let buckets = buckets.filter(|bucket| part.bucket.is_none_or(|only| only == *bucket));
    let changes: Vec<_> = buckets
        .map(|bucket| (bucket, around.changes(bucket)))
        .filter(|(_, changes)| !changes.is_empty())
        .collect();
    if changes.is_empty() {
        return None;
    }
    let lines = changes.iter().flat_map(|(bucket, changes)| {
        let line = move |change: &Change<'_>| format!("{bucket}.{}", kept::line(*change));
        changes.iter().map(line)
    });
    let lines = lines.map(Line::New).collect();
    let whose = part
        .bucket
        .map_or("the store".to_owned(), |bucket| format!("`{bucket}`"));
    Some(Difference {
        place: at(turn, part.line),
        message: format!(
            "{} changes {whose}, and the file says that it does not",
            shortened(&turn.said.say)
        ),
        hint: None,
        error: None,
        lines,
        edit: Some(filled(script, part, &changes)),
    })
}

/// The changes in the place of nothing.
fn filled(
    script: &Script,
    part: &KeptPart,
    changes: &[(&str, Vec<Change<'_>>)],
) -> (Range<usize>, String) {
    let members = |changes: &[Change<'_>]| -> Vec<String> {
        changes.iter().map(|change| kept::line(*change)).collect()
    };
    let entries: Vec<String> = match part.bucket {
        Some(_) => changes.iter().flat_map(|(_, all)| members(all)).collect(),
        None => changes
            .iter()
            .map(|(bucket, all)| format!("{} = {}", value::key(bucket), table(&members(all))))
            .collect(),
    };
    let written = script.text.get(part.span.start..).unwrap_or_default();
    if written.starts_with('{') {
        return (part.span.start..part.span.end, table(&entries));
    }
    // Below the header.
    let line = written.lines().next().unwrap_or_default();
    let end = part.span.start.saturating_add(line.len());
    (end..end, format!("\n{}", entries.join("\n")))
}

fn table(entries: &[String]) -> String {
    format!("{{ {} }}", entries.join(", "))
}

fn at(turn: &ScriptTurn, line: u32) -> Place {
    Place {
        line,
        ..turn.place.clone()
    }
}
