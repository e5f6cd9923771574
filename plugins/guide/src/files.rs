//! The files of a person: taken in, listed, forgotten.

use std::collections::BTreeSet;

use ravenry_sdk::knowledge::{self, Document, Error};
use ravenry_sdk::{Attachment, Query, Reply, Result};

/// Most files that are listed.
const LISTED_MAX: usize = 50;

/// What a file is called that has no name.
const UNNAMED: &str = "file";

/// What became of the files of a message.
pub(crate) struct Taken {
    /// All that was said about them.
    pub(crate) said: String,
    /// Which are now in the person's collection, by their identifiers there.
    pub(crate) ids: BTreeSet<String>,
}

/// Puts the files of the last message into the person's collection, and says so.
pub(crate) fn take_in(query: &Query, reply: &mut Reply) -> Result<Taken> {
    let files = query.attachments();
    // A query without a person has no collection, and without a text it needs none.
    let before = if files.iter().any(|file| text(file).is_some()) {
        ids_of_files()?
    } else {
        BTreeSet::new()
    };
    let (mut new, mut again, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    for (name, file) in names(files).into_iter().zip(files) {
        let Some(document) = document(&name, file) else {
            refused.push(name);
            continue;
        };
        match knowledge::user().put(document) {
            Ok(()) if before.contains(&name) => again.push(name),
            Ok(()) => new.push(name),
            // Too large, for one; the other files are as good as before.
            Err(Error::Invalid(_)) => refused.push(name),
            Err(error) => return Err(error.into()),
        }
    }
    let ones = if again.len() == 1 { "one" } else { "ones" };
    let in_place = format!(", in the place of the {ones} before");
    let said = sentence("I have taken in", &new, "")
        + &sentence("I have taken in", &again, &in_place)
        + &sentence("I cannot read", &refused, "");
    reply.text(&said)?;
    let ids = new.into_iter().chain(again).collect();
    Ok(Taken { said, ids })
}

fn sentence(start: &str, names: &[String], end: &str) -> String {
    match names {
        [] => String::new(),
        names => format!("{start} {}{end}.\n\n", names.join(", ")),
    }
}

fn ids_of_files() -> Result<BTreeSet<String>, Error> {
    let files = knowledge::user().documents();
    files.map(|file| Ok(file?.id)).collect()
}

/// A name for each file that no other of the message has: `notes.txt`, `notes-2.txt`.
fn names(files: &[Attachment]) -> Vec<String> {
    let own: BTreeSet<&str> = files.iter().map(|file| file.name.trim()).collect();
    let mut given = BTreeSet::new();
    let names = files.iter().map(|file| {
        let (own_name, mut number) = (file.name.trim(), 1_u32);
        let wanted = if own_name.is_empty() {
            UNNAMED
        } else {
            own_name
        };
        let mut name = wanted.to_owned();
        // Nor what another is called by itself, be it later in the message.
        while given.contains(&name) || (name != own_name && own.contains(name.as_str())) {
            number = number.saturating_add(1);
            name = numbered(wanted, number);
        }
        given.insert(name.clone());
        name
    });
    names.collect()
}

/// A number in a name, before its ending.
fn numbered(name: &str, number: u32) -> String {
    match name.rsplit_once('.') {
        Some((start, ending)) if !start.is_empty() => format!("{start}-{number}.{ending}"),
        _ => format!("{name}-{number}"),
    }
}

/// A file as a document; `None` where the platform has found no text in it.
fn document(name: &str, file: &Attachment) -> Option<Document> {
    let text = text(file)?;
    Some(match file.content_type.as_str() {
        "text/markdown" => Document::markdown(name, text),
        _ => Document::plain(name, text),
    })
}

fn text(file: &Attachment) -> Option<&str> {
    let text = file.parsed_content.as_deref()?;
    Some(text).filter(|text| !text.trim().is_empty())
}

/// Says which files there are.
pub(crate) fn list(reply: &mut Reply) -> Result {
    let files: Vec<_> = knowledge::user().documents().collect::<Result<_, _>>()?;
    if files.is_empty() {
        return reply.text("I have no files of yours. Attach one to a message.");
    }
    let lines = files.iter().take(LISTED_MAX);
    let lines = lines.map(|file| format!("- **{}**, {} bytes\n", file.id, file.bytes));
    reply.text(lines.collect::<String>())?;
    match files.len().saturating_sub(LISTED_MAX) {
        0 => Ok(()),
        more => writeln!(reply, "- and {more} more"),
    }
}

/// Removes all files of the person.
pub(crate) fn forget(reply: &mut Reply) -> Result {
    match knowledge::user().clear()? {
        0 => reply.text("I have no files of yours."),
        1 => reply.text("I have forgotten your file."),
        count => write!(reply, "I have forgotten your {count} files."),
    }
}
