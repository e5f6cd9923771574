//! The files of a person: taken in, listed, forgotten.

use ravenry_sdk::knowledge::{self, Document, Error};
use ravenry_sdk::{Attachment, Query, Reply, Result};

/// Most files that are listed.
const LISTED_MAX: usize = 50;

/// Puts the files of the last message into the person's collection, and says so: all that was said.
pub(crate) fn take_in(query: &Query, reply: &mut Reply) -> Result<String> {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for file in query.attachments() {
        let Some(document) = document(file) else {
            refused.push(file.name.as_str());
            continue;
        };
        match knowledge::user().put(document) {
            Ok(()) => taken.push(file.name.as_str()),
            // Too large, for one; the other files are as good as before.
            Err(Error::Invalid(_)) => refused.push(file.name.as_str()),
            Err(error) => return Err(error.into()),
        }
    }
    let say = |what: &str, names: Vec<&str>| match names.as_slice() {
        [] => String::new(),
        names => format!("{what} {}.\n\n", names.join(", ")),
    };
    let said = say("I have taken in", taken) + &say("I cannot read", refused);
    reply.text(&said)?;
    Ok(said)
}

/// A file as a document; `None` where the platform has found no text in it.
fn document(file: &Attachment) -> Option<Document> {
    let text = file.parsed_content.as_deref()?;
    let text = Some(text).filter(|text| !text.trim().is_empty())?;
    Some(match file.content_type.as_str() {
        "text/markdown" => Document::markdown(&file.name, text),
        _ => Document::plain(&file.name, text),
    })
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
