//! What a person may say: one word, and mostly something behind it.

/// What a person wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// To have this kept. Not empty.
    Remember(&'a str),
    /// To see what is kept.
    List,
    /// To have something removed.
    Forget(Which),
    /// Something that this bot does not understand.
    Help,
}

/// What is to be removed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// The note of this number.
    One(u64),
    /// All notes.
    All,
}

impl<'a> Command<'a> {
    /// Reads a message. Upper case, spaces and a colon behind the first word make no difference.
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let end = text.find(|c: char| c == ':' || c.is_whitespace());
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        let rest = rest.trim_start();
        let rest = rest.strip_prefix(':').unwrap_or(rest).trim();
        match (word.to_lowercase().as_str(), rest) {
            ("remember" | "note", note) if !note.is_empty() => Self::Remember(note),
            ("list", "") => Self::List,
            ("forget", which) => Which::parse(which).map_or(Self::Help, Self::Forget),
            _ => Self::Help,
        }
    }
}

impl Which {
    fn parse(text: &str) -> Option<Self> {
        match text.to_lowercase().as_str() {
            "everything" | "all" => Some(Self::All),
            number => number.trim_start_matches('#').parse().ok().map(Self::One),
        }
    }
}
