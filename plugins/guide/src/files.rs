//! The files of a person: taken in, listed, forgotten.

use std::collections::{BTreeMap, BTreeSet};

use ravenry_sdk::knowledge::{self, Document, Error, Passage};
use ravenry_sdk::{Attachment, Query, Reply, Result};

use crate::command;
use crate::escape::escaped;
use crate::search::PASSAGES_MAX;

/// Most files that are listed.
const LISTED_MAX: usize = 50;

/// How much of the beginnings of files an answer is made from, in characters, all files together: some pages, which
/// any model takes.
const BEGINNINGS_CHARS_MAX: usize = 6_000;

/// What a file is called that has no name.
const UNNAMED: &str = "file";

/// What became of the files of a message.
pub(crate) struct Taken {
    /// All that was said about them.
    pub(crate) said: String,
    /// Which are now in the person's collection, by their identifiers there.
    pub(crate) ids: BTreeSet<String>,
    /// How those begin that have a text, also where they could not be kept.
    pub(crate) beginnings: Vec<Passage>,
}

/// Puts the files of the last message into the person's collection, and says so.
pub(crate) fn take_in(query: &Query, reply: &mut Reply) -> Result<Taken> {
    let files = query.attachments();
    // Without a text, nothing is to be kept.
    let before = if files.iter().any(|file| text(file).is_some()) {
        ids_of_files()?
    } else {
        BTreeSet::new()
    };
    let (mut new, mut again, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, file) in names(files).into_iter().zip(files) {
        let Some(document) = document(&name, file) else {
            unread.push(name);
            continue;
        };
        match knowledge::user().put(document) {
            Ok(()) if before.contains(&name) => again.push(name),
            Ok(()) => new.push(name),
            // The other files are as good as before, and so is the question.
            Err(error) => refused.entry(why_not(error)?).or_default().push(name),
        }
    }
    let ones = if again.len() == 1 { "one" } else { "ones" };
    let in_place = format!(", in the place of the {ones} before");
    let mut said = sentence("I have taken in", &new, "")
        + &sentence("I have taken in", &again, &in_place)
        + &sentence("I cannot read", &unread, "");
    for (why, names) in refused {
        said += &sentence("I could not keep", &names, &why);
    }
    reply.text(&said)?;
    Ok(Taken {
        said,
        ids: new.into_iter().chain(again).collect(),
        beginnings: beginnings(files),
    })
}

/// Why a file was not kept, as the end of a sentence; the error itself, where nothing else can be done either.
fn why_not(error: Error) -> Result<String, Error> {
    match error {
        Error::Invalid(why) | Error::Full(why) if why.is_empty() => Ok(why),
        Error::Invalid(why) | Error::Full(why) => Ok(format!(": {why}")),
        Error::NoSuchCollection => Ok(": I cannot see whose it is".to_owned()),
        error => Err(error),
    }
}

fn sentence(start: &str, names: &[String], end: &str) -> String {
    match names {
        [] => String::new(),
        names => {
            let names: Vec<_> = names.iter().map(|name| escaped(name)).collect();
            format!("{start} {}{end}.\n\n", names.join(", "))
        }
    }
}

fn ids_of_files() -> Result<BTreeSet<String>, Error> {
    let files = knowledge::user().documents();
    let ids: Result<_, Error> = files.map(|file| Ok(file?.id)).collect();
    match ids {
        // A query without a person has no files.
        Err(Error::NoSuchCollection) => Ok(BTreeSet::new()),
        ids => ids,
    }
}

/// How files begin, each with as much as there is room for.
fn beginnings(files: &[Attachment]) -> Vec<Passage> {
    let texts = names(files).into_iter().zip(files);
    let texts = texts.filter_map(|(name, file)| Some((name, text(file)?)));
    let texts: Vec<_> = texts.take(PASSAGES_MAX).collect();
    let chars_max = BEGINNINGS_CHARS_MAX
        .checked_div(texts.len())
        .unwrap_or_default();
    texts
        .into_iter()
        .map(|(name, text)| beginning(name, text, chars_max))
        .collect()
}

fn beginning(name: String, text: &str, chars_max: usize) -> Passage {
    let start = text.trim_start();
    let before = text.strip_suffix(start).unwrap_or_default();
    let first_line = line_ends(before).saturating_add(1);
    let kept = match start.char_indices().nth(chars_max) {
        None => start.trim_end().to_owned(),
        // Between two words, where there are two.
        Some((end, _)) => {
            let start = start.get(..end).unwrap_or_default();
            let whole = start.rsplit_once(char::is_whitespace);
            let start = whole.map_or(start, |(start, _)| start);
            format!("{} …", start.trim_end())
        }
    };
    Passage {
        document: name.clone(),
        title: name.clone(),
        source: name,
        first_line,
        last_line: first_line.saturating_add(line_ends(&kept)),
        text: kept.replace("\r\n", "\n").replace('\r', "\n"),
        ..Passage::default()
    }
}

fn line_ends(text: &str) -> u32 {
    u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX)
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
    let lines = lines.map(|file| format!("- **{}**, {} bytes\n", escaped(&file.id), file.bytes));
    reply.text(lines.collect::<String>())?;
    match files.len().saturating_sub(LISTED_MAX) {
        0 => Ok(()),
        more => writeln!(reply, "- and {more} more"),
    }
}

/// Which file of the person a message wants removed: the one whose name stands behind the verb, and nothing else.
pub(crate) fn to_forget(text: &str) -> Result<Option<String>, Error> {
    let behind = command::behind_forget(text);
    if behind.is_empty() {
        return Ok(None);
    }
    let is_named = |id: &String| behind.iter().any(|rest| command::is_name(rest, id));
    let named = ids_of_files()?.into_iter().filter(is_named);
    Ok(named.max_by_key(String::len))
}

/// Removes one file of the person.
pub(crate) fn forget_one(id: &str, reply: &mut Reply) -> Result {
    knowledge::user().remove(id)?;
    reply.text(format!("I have forgotten {}.", escaped(id)))
}

/// Removes all files of the person.
pub(crate) fn forget(reply: &mut Reply) -> Result {
    match knowledge::user().clear()? {
        0 => reply.text("I have no files of yours."),
        1 => reply.text("I have forgotten your file."),
        count => write!(reply, "I have forgotten your {count} files."),
    }
}
