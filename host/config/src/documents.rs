//! Documents that a bot knows: the files that its manifest names for it.
//!
//! Goes in: the table `knowledge` of a bot. Comes out: patterns of files, and from where they count. Never done
//! here: looking for the files, or into them.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::{
    fence::leaves,
    source_file::{TextFile, excerpt},
    toml_table::Keys,
};
use crate::ids::BotName;
use ravenry_base::report::{Place, Problem};

/// Patterns of one bot.
pub const PATTERNS_MAX: usize = 256;

/// The files that are documents of a bot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentFiles {
    /// The directory that patterns start from; absolute or relative to the working directory.
    pub base: PathBuf,
    /// Names of files, and patterns of them, as `docs/**/*.md`. Empty: there are none.
    pub patterns: Vec<String>,
    /// The directory outside of which nothing is read, links resolved; `None`: everything may be.
    pub fence: Option<PathBuf>,
}

/// A pattern as it was typed.
pub(super) struct PatternEntry {
    pub(super) pattern: String,
    pub(super) place: Place,
}

/// Takes the table `knowledge` out of a bot's table.
pub(super) fn asked(keys: &mut Keys, file: &mut TextFile) -> Vec<PatternEntry> {
    let Some(mut keys) = keys.table("knowledge", file) else {
        return Vec::new();
    };
    let texts = keys.strings("documents", PATTERNS_MAX, file);
    let within = keys.within();
    keys.finish(file);
    let mut entries = Vec::new();
    for (pattern, span) in texts.unwrap_or_default() {
        let (_, rest) = parts(&pattern);
        let wrong = match GlobBuilder::new(&rest).literal_separator(true).build() {
            _ if pattern.is_empty() || pattern.contains('\0') => Some("it is no path".to_owned()),
            Ok(_) => None,
            Err(error) => Some(error.kind().to_string()),
        };
        match wrong {
            None => entries.push(PatternEntry {
                place: file.place(span),
                pattern,
            }),
            Some(why) => file.wrong_but(
                span,
                format!(
                    "`{}` in `documents` {within} names no files: {why}",
                    excerpt(&pattern)
                ),
                "write a name, as `handbook.pdf`, or a pattern, as `docs/**/*.md`",
            ),
        }
    }
    entries
}

/// The files that a bot knows, from the directory of its manifest; what begins outside of the fence is left out.
/// Those that patterns lead to are held to it when they are found.
pub(super) fn files(
    (bot, entries): (&BotName, Vec<PatternEntry>),
    dir: &Path,
    fence: Option<&Path>,
    problems: &mut Vec<Problem>,
) -> DocumentFiles {
    let mut patterns = Vec::new();
    for PatternEntry { pattern, place } in entries {
        let (start, _) = parts(&pattern);
        let what = format!("`{pattern}` in `documents` of bot `{bot}`");
        let leaves = fence.and_then(|home| leaves(home, &dir.join(start), &what, Some(place)));
        match leaves {
            Some(leaves) => problems.push(leaves),
            None => patterns.push(pattern),
        }
    }
    DocumentFiles {
        base: dir.to_owned(),
        patterns,
        fence: fence.map(Path::to_owned),
    }
}

/// A pattern in two parts: the directory that it starts in, and the pattern of what is below that; where it is a mere
/// name, the second is empty.
pub fn parts(pattern: &str) -> (PathBuf, String) {
    let is_plain = |part: &Component<'_>| {
        let part = part.as_os_str().to_string_lossy();
        !part.contains(['*', '?', '[', '{', '\\'])
    };
    let mut parts = Path::new(pattern).components().peekable();
    let mut start = PathBuf::new();
    while let Some(part) = parts.next_if(is_plain) {
        start.push(part);
    }
    let rest: PathBuf = parts.collect();
    (start, rest.to_string_lossy().into_owned())
}
