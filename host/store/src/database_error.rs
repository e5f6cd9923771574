//! What the errors of a database mean, and how they are said.

use std::fmt::Write as _;

use sqlx::postgres::PgDatabaseError;

use crate::{
    error::{Reason, Unavailable},
    pools::Engine,
};

impl Engine {
    /// What the error of a statement or a connection means.
    pub(crate) fn unavailable(self, error: &sqlx::Error) -> Unavailable {
        let reason = match error {
            sqlx::Error::Database(error) => match self {
                Self::Sqlite => sqlite_reason(error.code().as_deref()),
                Self::Postgres => postgres_reason(error.code().as_deref()),
            },
            sqlx::Error::PoolTimedOut if self == Self::Sqlite => Reason::Busy,
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Reason::Away,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Reason::Damaged,
            _ => Reason::Other,
        };
        Unavailable {
            reason,
            detail: said(error),
        }
    }

    /// Whether the same may succeed when it is tried again at once: nothing of it has happened.
    pub(crate) fn may_retry(self, error: &sqlx::Error) -> bool {
        let code = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        match self {
            // SQLite has waited for the lock already.
            Self::Sqlite => false,
            // A deadlock, or a conflict of transactions.
            Self::Postgres => matches!(code.as_deref(), Some("40001" | "40P01")),
        }
    }
}

/// An error as people read it. What sqlx makes of one of PostgreSQL ends with a line of the server's own source,
/// which readers take for one of theirs: said is what the server has written for people, and its code.
fn said(error: &sqlx::Error) -> String {
    let from_server = error.as_database_error();
    let from_server = from_server.and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    let Some(error) = from_server else {
        return error.to_string();
    };
    let mut text = format!("{} (SQLSTATE {})", error.message(), error.code());
    // Where a rule of a table is broken, its detail is the row: what bots keep is nothing for a log.
    let detail = error.detail().filter(|_| !error.code().starts_with("23"));
    for (name, more) in [("detail", detail), ("hint", error.hint())] {
        if let Some(more) = more {
            // Writing into a `String` cannot fail.
            let _ = write!(text, "; {name}: {more}");
        }
    }
    text
}

/// By the codes of <https://sqlite.org/rescode.html>; the lowest byte is the kind.
fn sqlite_reason(code: Option<&str>) -> Reason {
    /// The index of the log cannot grow.
    const SHARED_MEMORY_SIZE: i32 = 4_874;
    let Some(code) = code.and_then(|code| code.parse::<i32>().ok()) else {
        return Reason::Other;
    };
    match code & 0xff {
        5 | 6 => Reason::Busy,
        8 => Reason::ReadOnly,
        10 if code == SHARED_MEMORY_SIZE => Reason::DiskFull,
        10 | 14 => Reason::Away,
        11 | 26 => Reason::Damaged,
        13 => Reason::DiskFull,
        _ => Reason::Other,
    }
}

/// By appendix A of PostgreSQL's documentation.
fn postgres_reason(code: Option<&str>) -> Reason {
    match code.unwrap_or_default() {
        // Too many connections; canceled, as by a timeout; ends, or is not up yet.
        "53300" | "57014" | "57P01" | "57P02" | "57P03" | "25P03" => Reason::Away,
        "53100" => Reason::DiskFull,
        "55P03" | "40001" | "40P01" => Reason::Busy,
        "25006" => Reason::ReadOnly,
        "XX001" | "XX002" => Reason::Damaged,
        code if code.starts_with("08") => Reason::Away,
        _ => Reason::Other,
    }
}
