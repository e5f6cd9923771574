//! A file, or standard input, as a document that can be put into a collection.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use clap::Args;

use ravenry_base::report::Problem;
use ravenry_documents::{self as documents, Format, Kind};
use ravenry_gateway::imports::knowledge::titled;
use ravenry_store::{DocumentFormat, DocumentOrigin, NewDocument};

/// What is said of documents in place of what their files say.
#[derive(Debug, Args)]
pub(crate) struct DocumentFlags {
    /// What the document is known by [default: the path of its file as it is typed]
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// What readers know it by [default: the title that it has itself]
    #[arg(long, value_name = "TITLE")]
    pub title: Option<String>,
    /// Where it is from, such as a URL [default: the path, or what --id says]
    #[arg(long, value_name = "SOURCE")]
    pub source: Option<String>,
    /// What the files are, whatever their names say: markdown, html, pdf or plain
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Kind>,
}

/// A document as it was read.
#[derive(Debug)]
pub(super) struct ReadDocument {
    /// What is to be put.
    pub(super) document: NewDocument,
    /// Whether that is not all that is in its file.
    pub(super) is_cut: bool,
}

/// Whether standard input is meant.
pub(super) fn is_stdin(file: &Path) -> bool {
    file.as_os_str() == "-"
}

/// Reads one.
///
/// # Errors
/// Why there is no document.
pub(super) fn read(file: &Path, flags: &DocumentFlags) -> Result<ReadDocument, Problem> {
    let name = if is_stdin(file) {
        "standard input".to_owned()
    } else {
        format!("`{}`", file.display())
    };
    let (id, source) = match &flags.id {
        // Where the file was before is not what its readers are to be told.
        Some(id) => (id.clone(), String::new()),
        None => identifier(file, &name)?,
    };
    let kind = kind(file, &name, flags.format)?;
    let bytes = bytes(file).map_err(|error| unreadable(&name, &error))?;
    let text = documents::read(kind, &bytes).map_err(|why| Problem {
        message: format!("{name} {why}"),
        ..Problem::default()
    })?;
    let title = flags.title.clone().or(text.title);
    let document = NewDocument {
        id,
        title: title.unwrap_or_default(),
        source: flags.source.clone().unwrap_or(source),
        text: text.text,
        format: match text.format {
            Format::Markdown => DocumentFormat::Markdown,
            Format::Plain => DocumentFormat::Plain,
        },
        origin: DocumentOrigin::Added,
        // Of use to those alone who read the same file again.
        digest: Vec::new(),
    };
    let document = titled(document);
    Ok(ReadDocument {
        document,
        is_cut: text.is_cut,
    })
}

/// What a file is known by, and where readers are told that it is from: its path, as it was typed.
fn identifier(file: &Path, name: &str) -> Result<(String, String), Problem> {
    let Some(mut id) = file.to_str() else {
        return Err(Problem {
            message: format!("{name} is not UTF-8, and can be no identifier"),
            hint: Some("give it another one with --id".to_owned()),
            ..Problem::default()
        });
    };
    while let Some(rest) = id.strip_prefix("./") {
        id = rest.trim_start_matches('/');
    }
    // As documents have it that a manifest names.
    let source = id.trim_start_matches("../");
    Ok((id.to_owned(), source.to_owned()))
}

/// What a file is: as it is said, or as its name ends.
fn kind(file: &Path, name: &str, said: Option<Kind>) -> Result<Kind, Problem> {
    if is_stdin(file) {
        return Ok(said.unwrap_or(Kind::Markdown));
    }
    let there = fs::metadata(file).map_err(|error| unreadable(name, &error))?;
    if there.is_dir() {
        return Err(Problem {
            message: format!("{name} is a directory"),
            hint: Some("name the files that are in it".to_owned()),
            ..Problem::default()
        });
    }
    let file_name = file.file_name().unwrap_or_default().to_string_lossy();
    said.or_else(|| Kind::of_name(&file_name)).ok_or_else(|| Problem {
        message: format!(
            "{name} is no document: Markdown, HTML, PDF and text are read, by the ending of the name"
        ),
        hint: Some("say with --format what it is".to_owned()),
        ..Problem::default()
    })
}

/// All that there is, if that is not more than is read of one.
fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    if is_stdin(file) {
        return bounded(io::stdin().lock());
    }
    // Opening a pipe waits for whoever writes to it.
    let found = fs::metadata(file)?;
    if !found.is_file() && !found.is_dir() {
        return Err(io::Error::other("it is no file; `-` reads standard input"));
    }
    bounded(File::open(file)?)
}

fn bounded(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // One more is refused by the reader, with its bound.
    let most = (documents::BYTES_MAX as u64).saturating_add(1);
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &io::Error) -> Problem {
    Problem {
        message: format!("cannot read {name}"),
        causes: vec![error.to_string()],
        ..Problem::default()
    }
}

#[cfg(test)]
mod tests {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};

    use super::*;

    #[test]
    fn an_identifier_is_the_path_as_it_was_typed() {
        for (typed, id, source) in [
            ("docs/a.md", "docs/a.md", "docs/a.md"),
            ("./a.md", "a.md", "a.md"),
            (".//./a.md", "a.md", "a.md"),
            ("../../a.md", "../../a.md", "a.md"),
            ("/srv/a.md", "/srv/a.md", "/srv/a.md"),
            (".a.md", ".a.md", ".a.md"),
        ] {
            let found = identifier(Path::new(typed), typed).unwrap();
            assert_eq!(found, (id.to_owned(), source.to_owned()));
        }
        let bytes = Path::new(OsStr::from_bytes(b"\xff.md"));
        assert!(identifier(bytes, "it").is_err());
    }
}
