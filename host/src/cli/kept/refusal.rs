//! What the store refuses, as a person reads it: what happened, why, and what to do.

use std::io;

use crate::cli::failure::Failure;
use ravenry_base::report::{Place, Problem};
use ravenry_store::{Error, OpenError, Reason, Unavailable};

/// A store that cannot be used.
pub(super) fn unopened(error: &OpenError, place: &str) -> Failure {
    let hint = match error {
        OpenError::Newer { .. } => "use a `ravenry` that is as new as the one that wrote it",
        OpenError::Older { .. } => {
            "start a server of this version: it brings the data along, and older ones cannot read it then"
        }
        OpenError::Missing => {
            "a server makes it when a bot first keeps something; is this its database?"
        }
        OpenError::Damaged { .. } => {
            "nothing was changed; stop the server and put a backup in its place"
        }
        OpenError::Foreign { .. } => "name the state directory of the server with --state-dir",
        OpenError::File { cause, .. } => what_of_file(cause.kind()),
        OpenError::Url { .. } => "a URL looks like postgres://user:password@host/database",
        OpenError::Unavailable(cause) => what_to_do(cause),
    };
    let mut causes = vec![error.to_string()];
    if let OpenError::Unavailable(cause) = error {
        causes.push(cause.detail.clone());
    }
    Failure::Failed(
        Problem {
            message: "what bots have kept cannot be used".to_owned(),
            causes,
            place: Some(Place::whole(place)),
            hint: Some(hint.to_owned()),
        }
        .into(),
    )
}

/// Something that the store did not do; `message` says what.
pub(in crate::cli) fn undone(message: impl Into<String>, error: &Error) -> Failure {
    let mut causes = vec![error.to_string()];
    let hint = match error {
        Error::Unavailable(cause) => {
            causes.push(cause.detail.clone());
            Some(what_to_do(cause))
        }
        Error::Full { .. } => Some(
            "remove what is not needed, or raise the limit; with --config, those of the operator's file hold",
        ),
        _ => None,
    };
    let problem = Problem {
        message: message.into(),
        causes,
        hint: hint.map(str::to_owned),
        ..Problem::default()
    };
    match error {
        Error::ValueTooLarge { .. } | Error::KeyTooLong { .. } | Error::IdTooLong { .. } => {
            Failure::Usage(problem.into())
        }
        _ => Failure::Failed(problem.into()),
    }
}

/// The database could not be read.
pub(in crate::cli) fn unread(error: &Error) -> Failure {
    undone("what bots have kept cannot be read", error)
}

/// What to do about a file that cannot be opened; what the kinds mean is said at `OpenError::File`.
fn what_of_file(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => {
            "is the disk that it leads to mounted? without the link, a server makes a new file"
        }
        io::ErrorKind::IsADirectory | io::ErrorKind::InvalidInput => {
            "name the state directory of the server with --state-dir, or move away what stands in place of the file"
        }
        _ => "run this as the user of the server",
    }
}

fn what_to_do(cause: &Unavailable) -> &'static str {
    match cause.reason {
        Reason::Away => "is the database there, and may this user and host ask it? then try again",
        Reason::Busy => "try again",
        Reason::DiskFull => "make room on its disk, and try again",
        Reason::Damaged => "stop the server and put a backup in its place",
        Reason::ReadOnly => "run this as the user of the server, where its disk can be written",
        Reason::Other => "the log of the database may say more",
    }
}
