//! What a person may say: a few sentences about their files, and anything else is a question.

/// What a person wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command<'a> {
    /// An answer from all documents. Can be empty.
    Ask(&'a str),
    /// An answer from their own files. Not empty.
    AskFiles(&'a str),
    /// To see which files they have handed over.
    List,
    /// To have all of them removed.
    Forget,
}

/// Beginnings of a question to a person's own files.
const OF_FILES: [&str; 2] = ["what do my files say about", "what do my files say"];

impl<'a> Command<'a> {
    /// Reads a message. Upper case, and a mark at the end, make no difference.
    pub(crate) fn parse(text: &'a str) -> Self {
        let text = text.trim();
        let bare = text.trim_end_matches(['?', '!', '.']);
        match bare.to_lowercase().as_str() {
            "which files do you have" | "what do my files say" | "list my files" => {
                return Self::List;
            }
            "forget my files" => return Self::Forget,
            _ => {}
        }
        for beginning in OF_FILES {
            let (start, rest) = text.split_at_checked(beginning.len()).unwrap_or_default();
            let is_whole_word = !rest.starts_with(char::is_alphanumeric);
            let rest = rest.trim_start_matches([':', ' ']);
            if start.eq_ignore_ascii_case(beginning) && is_whole_word && !rest.is_empty() {
                return Self::AskFiles(rest);
            }
        }
        Self::Ask(text)
    }
}
