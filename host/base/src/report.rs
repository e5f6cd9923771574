//! How a person reads what is wrong: what happened, why, where, and what to do.
//!
//! [`Problem`] keeps the four apart, [`Problems`] shows all of them at once. Both print for people:
//! text that came out of a file is shown with its control characters escaped, so that a file
//! cannot paint on the terminal of the person who reads the error. What the user has typed is repeated without
//! the password that is in it where it is a URL.

use std::{
    error::Error,
    fmt::{self, Write as _},
};

use crate::secret::without_users;
use ravenry_protocol::shown::Escaped;

/// How many problems are written out; the last line counts them all.
///
/// A file of one mebibyte can hold a hundred thousand mistakes; a person reads a page or two of them.
pub const SHOWN_MAX: usize = 100;

/// A place in a text file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file as the caller wrote it.
    pub file: String,
    /// Line, counted from 1; 0 when the file as a whole is meant, and then only the file is shown.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
}

impl Place {
    /// The file as a whole.
    pub fn whole(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        repeat(formatter, &self.file)?;
        if self.line > 0 {
            write!(formatter, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// One thing that is wrong. Holds no secret: the code that makes one leaves values of keys out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// What happened, in one sentence without a full stop.
    pub message: String,
    /// Why, from the nearest cause to the deepest.
    pub causes: Vec<String>,
    /// Where, if a file says it.
    pub place: Option<Place>,
    /// What to do; best the very line to write.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("error: ")?;
        repeat(formatter, &self.message)?;
        for cause in &self.causes {
            formatter.write_str("\n  caused by: ")?;
            repeat(formatter, cause)?;
        }
        if let Some(place) = &self.place {
            write!(formatter, "\n  --> {place}")?;
        }
        if let Some(hint) = &self.hint {
            formatter.write_str("\nhint: ")?;
            repeat(formatter, hint)?;
        }
        Ok(())
    }
}

impl Error for Problem {}

/// What a file or a person says, as far as it may be seen.
fn repeat(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    write!(formatter, "{}", Escaped(&without_users(text)))
}

/// Everything that is wrong, at once. Prints as lines without a line break at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// `Err(self)` when there is a problem, else the value.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().take(SHOWN_MAX).enumerate() {
            if index > 0 {
                formatter.write_char('\n')?;
            }
            write!(formatter, "{problem}")?;
        }
        match self.0.len() {
            0 | 1 => Ok(()),
            count if count > SHOWN_MAX => {
                write!(
                    formatter,
                    "\n{count} errors, of which the first {SHOWN_MAX} are shown"
                )
            }
            count => write!(formatter, "\n{count} errors"),
        }
    }
}

impl Error for Problems {}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(message: &str) -> Problem {
        Problem {
            message: message.to_owned(),
            ..Problem::default()
        }
    }

    #[test]
    fn a_problem_says_what_why_where_and_what_to_do() {
        let whole = Problem {
            message: "bot `cat` cannot be mounted".to_owned(),
            causes: vec!["it is no component".to_owned(), "it is empty".to_owned()],
            place: Some(Place {
                file: "plugins/ravenry.toml".to_owned(),
                line: 4,
                column: 1,
            }),
            hint: Some("build it".to_owned()),
        };
        let text = Problems(vec![whole, problem("second")]).to_string();
        assert_eq!(
            text,
            "error: bot `cat` cannot be mounted\n  caused by: it is no component\n  caused by: it is empty\n  \
             --> plugins/ravenry.toml:4:1\nhint: build it\nerror: second\n2 errors"
        );
    }

    #[test]
    fn one_problem_is_not_counted() {
        assert_eq!(Problems::from(problem("only")).to_string(), "error: only");
    }

    #[test]
    fn a_place_without_a_line_is_the_file() {
        assert_eq!(Place::whole("a.toml").to_string(), "a.toml");
    }

    #[test]
    fn a_hundred_are_shown_and_all_are_counted() {
        let text = Problems(vec![problem("same"); 101]).to_string();
        assert_eq!(text.lines().count(), 101);
        assert!(text.ends_with("\n101 errors, of which the first 100 are shown"));
    }

    /// A key in an untrusted file with an escape sequence in it does not clear the reader's screen.
    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(
            problem("a\x1b[2J\nb\u{202e}ä").to_string(),
            "error: a\\u{1b}[2J\\nb\\u{202e}ä"
        );
    }

    /// Wherever it was typed.
    #[test]
    fn passwords_are_not_repeated() {
        let url = "http://u:planted@host/".to_owned();
        let whole = Problem {
            message: format!("cannot read `{url}`"),
            causes: vec![url.clone()],
            place: Some(Place::whole(url.clone())),
            hint: Some(url),
        };
        let text = whole.to_string();
        assert!(!text.contains("planted"), "{text}");
        assert_eq!(text.matches("http://***@host/").count(), 4, "{text}");
    }
}
