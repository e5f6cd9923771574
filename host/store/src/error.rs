//! What can go wrong, by what the caller can do about it.

use std::{fmt, path::PathBuf};

use crate::{document_error::DocumentError, version::Versioned};

/// Why an operation did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A bound of the bot or its tenant would be passed; nothing has changed. What has expired is not counted.
    #[error("no more than {limit} {which} are kept")]
    Full {
        /// Which bound.
        which: Limit,
        /// How much of it there may be.
        limit: u64,
    },
    /// The value is longer than a value may be.
    #[error("a value has at most {limit} bytes")]
    ValueTooLarge {
        /// In bytes.
        limit: usize,
    },
    /// The key is longer than a key may be.
    #[error("a key has at most {limit} bytes")]
    KeyTooLong {
        /// In bytes.
        limit: usize,
    },
    /// The name of a tenant or a bot, or the identifier of a user or a conversation, is too long.
    #[error("a name or identifier here has at most {limit} bytes")]
    IdTooLong {
        /// In bytes.
        limit: usize,
    },
    /// More keys at once than one call takes.
    #[error("at most {limit} keys are taken at once")]
    TooManyKeys {
        /// How many.
        limit: usize,
    },
    /// The values of one call are more than one call takes or gives.
    #[error("the values of one call have at most {limit} bytes together")]
    TooManyBytes {
        /// In bytes.
        limit: usize,
    },
    /// This store never gave out that cursor for this scope.
    #[error("there is no such cursor")]
    NoSuchCursor,
    /// What is to be incremented is no decimal number of 64 bits; it has not changed.
    #[error("the value is no whole number of 64 bits")]
    NotANumber,
    /// The sum does not fit into 64 bits; nothing has changed.
    #[error("the sum does not fit into 64 bits")]
    Overflow,
    /// Documents are more or longer than they may be; nothing has changed.
    #[error(transparent)]
    Documents(#[from] DocumentError),
    /// The database did not do it. A write may have happened all the same, unless the reason excludes that.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Which bound a write would have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Entries and documents of the bot.
    BotKeys,
    /// Bytes of the bot.
    BotBytes,
    /// Entries and documents of the tenant.
    TenantKeys,
    /// Bytes of the tenant.
    TenantBytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BotKeys => "entries of the bot",
            Self::BotBytes => "bytes of the bot",
            Self::TenantKeys => "entries of the tenant",
            Self::TenantBytes => "bytes of the tenant",
        })
    }
}

/// Why a swap did not happen.
#[derive(Debug, thiserror::Error)]
pub enum SwapError {
    /// The entry has another version by now, which is here; nothing has changed.
    #[error("the entry has changed meanwhile")]
    Conflict(Versioned),
    /// As in every operation.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The database did not do what it was asked for. It is tried anew with each call, so it comes back by itself.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the store is unavailable: {reason}")]
pub struct Unavailable {
    /// Of which kind the cause is.
    pub reason: Reason,
    /// In the words of the database, for the log of an operator.
    pub detail: String,
}

/// Kinds of causes for [`Unavailable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The database cannot be reached, or did not answer in time.
    #[error("the database does not answer")]
    Away,
    /// Others write so much that the wait was over before it was this one's turn. It has not happened.
    #[error("too many writes are waiting")]
    Busy,
    /// There is no room on the disk. It has not happened; reading goes on, and writing once there is room.
    #[error("the disk of the database is full")]
    DiskFull,
    /// What the database has stored contradicts itself: stop, and restore a backup.
    #[error("the database is damaged")]
    Damaged,
    /// The database takes no writes, as a standby server or a disk that was mounted read-only.
    #[error("the database is read-only")]
    ReadOnly,
    /// Anything else.
    #[error("the database reports an error")]
    Other,
}

/// Why a store could not be opened. What is there was not changed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer program has written the data; this one does not understand it.
    #[error("the data is of version {found}, and this program knows versions up to {known}")]
    Newer {
        /// The version of the data.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// There are no tables of a store, and none were to be made.
    #[error("no store is there yet")]
    Missing,
    /// An older program has written the data, and it was not to be changed.
    #[error("the data is of version {found}, and this program reads version {known}")]
    Older {
        /// The version of the data.
        found: i64,
        /// The version that this program reads.
        known: i64,
    },
    /// The file is no database any more, or contradicts itself.
    #[error("the database `{}` is damaged: {detail}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file is a database, but of another program.
    #[error("`{}` is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read, written or made.
    #[error("the database `{}` cannot be used: {cause}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not. Of the kind `NotFound` where it is a link whose end is not there, `IsADirectory` or
        /// `InvalidInput` where it is no file.
        cause: std::io::Error,
    },
    /// The URL is none of a PostgreSQL database.
    #[error("the URL of the database cannot be used: {detail}")]
    Url {
        /// What is wrong with it, without the URL: it may hold a password.
        detail: String,
    },
    /// The database cannot be reached or refuses to work.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}
