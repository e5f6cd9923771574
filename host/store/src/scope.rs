//! Whose entry it is: a tenant, a bot of it, and a bucket of that bot.
//!
//! Texts become bytes here, because both databases order and compare bytes in the same way, and because
//! PostgreSQL takes no NUL in a text.

use crate::error::Error;

/// Longest name of a tenant or a bot, in bytes.
///
/// An index of PostgreSQL takes 2,704 bytes a row. Two names, an identifier and a key of the greatest
/// lengths are 2,304 bytes, which leaves room for what the index adds.
pub const NAME_BYTES_MAX: usize = 128;

/// Longest identifier of a user or a conversation, in bytes: what the protocol takes.
pub const ID_BYTES_MAX: usize = 1_024;

/// A part of a bot's state that shares no key with the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// One for the bot, whoever asks.
    Bot,
    /// One for each conversation, by its identifier (any text, at most [`ID_BYTES_MAX`] bytes).
    Conversation(String),
    /// One for each user, by their identifier (any text, at most [`ID_BYTES_MAX`] bytes).
    User(String),
}

/// The kind of a bucket as the first byte of its column.
pub(crate) mod kind {
    pub(crate) const BOT: u8 = b'b';
    pub(crate) const CONVERSATION: u8 = b'c';
    pub(crate) const USER: u8 = b'u';
}

impl Bucket {
    /// What stands in the column: the kind, then the identifier.
    pub(crate) fn to_column(&self) -> Vec<u8> {
        let (kind, id) = match self {
            Self::Bot => (kind::BOT, ""),
            Self::Conversation(id) => (kind::CONVERSATION, id.as_str()),
            Self::User(id) => (kind::USER, id.as_str()),
        };
        let mut column = Vec::with_capacity(id.len().saturating_add(1));
        column.push(kind);
        column.extend_from_slice(id.as_bytes());
        column
    }

    /// The same back. `None`: this program never wrote that.
    pub(crate) fn from_column(column: &[u8]) -> Option<Self> {
        let (kind, id) = column.split_first()?;
        let id = std::str::from_utf8(id).ok()?.to_owned();
        match *kind {
            kind::BOT if id.is_empty() => Some(Self::Bot),
            kind::CONVERSATION => Some(Self::Conversation(id)),
            kind::USER => Some(Self::User(id)),
            _ => None,
        }
    }
}

/// Where keys live: no entry is seen from another scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// Who owns the bot: any text, at most [`NAME_BYTES_MAX`] bytes.
    pub tenant: String,
    /// The bot: any text, at most [`NAME_BYTES_MAX`] bytes.
    pub bot: String,
    /// Which part of its state.
    pub bucket: Bucket,
}

/// A scope as it stands in columns; its lengths were checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tenant: Vec<u8>,
    pub(crate) bot: Vec<u8>,
    pub(crate) bucket: Vec<u8>,
}

impl Place {
    /// Refuses names and identifiers that are too long for an index.
    pub(crate) fn of(scope: &Scope) -> Result<Self, Error> {
        let bucket = scope.bucket.to_column();
        // The first byte is the kind.
        if bucket.len().saturating_sub(1) > ID_BYTES_MAX {
            return Err(Error::IdTooLong {
                limit: ID_BYTES_MAX,
            });
        }
        Ok(Self {
            tenant: name(&scope.tenant)?,
            bot: name(&scope.bot)?,
            bucket,
        })
    }
}

/// The next column in the order of bytes.
pub(crate) fn next(column: &[u8]) -> Vec<u8> {
    let mut next = column.to_vec();
    next.push(0);
    next
}

/// The name of a tenant or a bot as it stands in its column.
pub(crate) fn name(text: &str) -> Result<Vec<u8>, Error> {
    if text.len() > NAME_BYTES_MAX {
        return Err(Error::IdTooLong {
            limit: NAME_BYTES_MAX,
        });
    }
    Ok(text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_come_back_from_their_column() {
        for bucket in [
            Bucket::Bot,
            Bucket::User(String::new()),
            Bucket::User("u\0🦉".to_owned()),
            Bucket::Conversation("b".to_owned()),
        ] {
            assert_eq!(Bucket::from_column(&bucket.to_column()), Some(bucket));
        }
        for column in [&b""[..], b"x", b"bx", b"u\xff"] {
            assert_eq!(Bucket::from_column(column), None);
        }
    }
}
