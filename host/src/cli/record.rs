//! `ravenry up --record DIR`: each query becomes a conversation in a file.

use std::{borrow::Cow, path::Path, sync::Arc};

use super::failure::Failure;
use ravenry_base::report::Problem;
use ravenry_desk::replay::{
    Observed,
    archive::{Archive, Entry, Writer},
    event::events,
    kept::KeptAround,
    record::Recorded,
};
use ravenry_gateway::server::record::{self, Recorder};

/// Keeps conversations in this directory, the last of them when the writer goes.
///
/// # Errors
/// It cannot be made.
pub(super) fn recorder(directory: &Path) -> Result<(Recorder, Writer), Failure> {
    let (archive, writer) = Archive::open(directory).map_err(|error| {
        let problem = Problem {
            message: format!("conversations cannot be kept in `{}`", directory.display()),
            causes: vec![error.to_string()],
            hint: Some("name another directory with `--record`".to_owned()),
            ..Problem::default()
        };
        Failure::Failed(problem.into())
    })?;
    let recorder: Recorder = Arc::new(move |seen: record::Recorded| {
        // As in 2026-11-25T22-55-01: sorted by name is sorted by time.
        let time = humantime::format_rfc3339_seconds(seen.arrived).to_string();
        let time = time.trim_end_matches('Z').replace(':', "-");
        archive.add(Entry {
            name: format!("{}-{time}", seen.bot),
            text: Box::new(move || text(&seen)),
        });
    });
    Ok((recorder, writer))
}

/// The file about one query.
fn text(seen: &record::Recorded) -> String {
    let mut notes = vec![
        "Recorded from a live bot. Read it before you share it: what people said is in it."
            .to_owned(),
    ];
    if !seen.ended {
        notes.push("The reader left before the end.".to_owned());
    }
    if seen.cut {
        notes.push("Not all of it fitted.".to_owned());
    }
    if seen.kept.is_unread {
        let note = "Values that the bot saw only the keys of are not known; they are empty here.";
        notes.push(note.to_owned());
    }
    let events = events(&seen.chunks).unwrap_or_default();
    let mut deeds = Observed::new(events, seen.exchanges.clone());
    deeds.kept = KeptAround {
        before: seen.kept.before.clone(),
        after: seen.kept.after.clone(),
    };
    let query = serde_json::from_str(&seen.query).unwrap_or_default();
    let recorded = Recorded {
        bot: Some(&seen.bot),
        began: seen.arrived,
        turns: vec![(Cow::Owned(query), deeds)],
        notes,
    };
    recorded.text(&seen.mask)
}
