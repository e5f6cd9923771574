//! Files from this machine to a bot, and back.
//!
//! What is attached lies at a URL on loopback, as the platform's storage would have it. What a bot
//! attached is written where the person says, or under a name of our own: an untrusted name is never
//! a path, and nothing is overwritten.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::diagnosis;
use crate::{
    client::{Attachment, Client, Target, WholeAnswer},
    simulator::{FILE_BYTES_MAX, Simulator, mime_type_of},
};
use ravenry_base::report::Problem;
use ravenry_protocol::event;

/// Most text of a file that goes along with it, in bytes.
const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// How a file of an answer is given another name.
const SAVE: &str = "/save N PATH";

/// Why a file is not written.
const THERE: &str = "there is such a file already";

/// Longest end of a name that is taken over.
const EXTENSION_MAX: usize = 8;

/// Where attached files lie. They go with it.
#[derive(Default)]
pub(super) struct Shelf(Option<Simulator>);

impl Shelf {
    /// Puts a file of this machine up for the bot. Its text goes along where it is text.
    pub(super) fn put(&mut self, path: &Path) -> Result<Attachment, Problem> {
        let cannot = |why: String| Problem {
            message: format!("`{}` cannot be attached", path.display()),
            causes: vec![why],
            ..Problem::default()
        };
        let length = fs::metadata(path).map_err(|error| cannot(error.to_string()))?;
        let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
        if !length.is_file() {
            return Err(cannot("it is no file".to_owned()));
        }
        if length.len() > most {
            return Err(cannot(format!("it has more than {FILE_BYTES_MAX} bytes")));
        }
        let bytes = fs::read(path).map_err(|error| cannot(error.to_string()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let content_type = mime_type_of(&name).to_owned();
        let parsed_content = text(&content_type, &bytes);
        let poe = match &mut self.0 {
            Some(poe) => poe,
            none => none.insert(Simulator::start().map_err(|error| cannot(error.to_string()))?),
        };
        let url = poe.attachment(&name, bytes);
        Ok(Attachment {
            url: url.ok_or_else(|| cannot("too many files are attached already".to_owned()))?,
            content_type,
            name: name.into_owned(),
            inline_ref: None,
            parsed_content,
        })
    }
}

/// What is written in a file, where that is plain text.
fn text(content_type: &str, bytes: &[u8]) -> Option<String> {
    let is_text = content_type.starts_with("text/") || content_type == "application/json";
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_text)?;
    let end = text.floor_char_boundary(TEXT_BYTES_MAX);
    text.get(..end).map(str::to_owned)
}

/// Fetches a file that a bot attached, the one with this number, and says where it lies now.
pub(super) async fn save(
    client: &Client,
    file: &event::File,
    number: usize,
    path: Option<&str>,
) -> Result<PathBuf, Problem> {
    let path = path.map_or_else(|| own_name(number, &file.name), PathBuf::from);
    if path.exists() {
        return Err(unwritten(&path, THERE, SAVE));
    }
    let from = Target::parse(&file.url, None).map_err(|error| Problem {
        message: error.to_string(),
        ..Problem::default()
    })?;
    let told = client.download(&from, FILE_BYTES_MAX).await;
    let WholeAnswer { status, body, .. } = told.map_err(|error| error.problem())?;
    if let Some(refused) = diagnosis::refused(&from, status, None) {
        return Err(Problem {
            message: format!("{} cannot be fetched (status {status})", from.url),
            hint: None,
            ..refused
        });
    }
    write(&path, &body, SAVE)?;
    Ok(path)
}

/// Writes a new file. Nothing is overwritten: a file that was made meanwhile stays.
pub(super) fn write(path: &Path, bytes: &[u8], command: &str) -> Result<(), Problem> {
    let written = File::create_new(path).and_then(|mut new| new.write_all(bytes));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => unwritten(path, THERE, command),
        _ => unwritten(path, &error.to_string(), command),
    })
}

fn unwritten(path: &Path, why: &str, command: &str) -> Problem {
    Problem {
        message: format!("`{}` was not written", path.display()),
        causes: vec![why.to_owned()],
        hint: Some(format!("name another one: {command}")),
        ..Problem::default()
    }
}

/// `file-1.png`: of the untrusted name only a short end of letters and digits.
fn own_name(number: usize, name: &str) -> PathBuf {
    let end = name.rsplit_once('.').map_or("", |(_, end)| end);
    let plain = end
        .chars()
        .all(|character| character.is_ascii_alphanumeric());
    let own = format!("file-{number}");
    if end.is_empty() || end.len() > EXTENSION_MAX || !plain {
        return own.into();
    }
    format!("{own}.{}", end.to_ascii_lowercase()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untrusted_name_is_never_a_path() {
        for (name, own) in [
            ("tiger.mp4", "file-1.mp4"),
            ("Tiger.MP4", "file-1.mp4"),
            ("../../.bashrc", "file-1.bashrc"),
            ("/etc/passwd", "file-1"),
            ("a./../b", "file-1"),
            ("a.b\0c", "file-1"),
            ("a.tar.gz", "file-1.gz"),
            ("a.verylongend", "file-1"),
            ("", "file-1"),
        ] {
            assert_eq!(own_name(1, name), PathBuf::from(own), "{name:?}");
        }
    }

    #[test]
    fn text_goes_along_and_nothing_else() {
        assert_eq!(text("text/plain", b"hi").as_deref(), Some("hi"));
        assert_eq!(text("application/json", b"{}").as_deref(), Some("{}"));
        assert_eq!(text("text/plain", b"\xff"), None);
        assert_eq!(text("image/png", b"hi"), None);
        let long = "é".repeat(TEXT_BYTES_MAX);
        assert_eq!(
            text("text/csv", long.as_bytes()).unwrap().len(),
            TEXT_BYTES_MAX
        );
    }
}
