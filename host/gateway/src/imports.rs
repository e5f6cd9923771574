//! What a bot may call, in our own types: the state of one call, free of any WIT version.
//!
//! `sandbox` converts the generated types to these and forwards; here live the rules. Each part is
//! plain Rust on `protocol`'s types and is tested without a guest.

pub mod collections;
pub(crate) mod http;
pub mod keyvalue;
pub mod knowledge;
pub(crate) mod log;
// Generated code hands its resources on, which must be public for that.
pub mod poe;
pub mod rehearsal;
pub(crate) mod reply;
pub mod request;

use self::{
    http::Access, keyvalue::Buckets, log::BotLog, poe::Poe, rehearsal::RunContext, reply::Outbox,
    request::Received,
};

/// Everything that one call of a bot can reach. Dropped with its instance.
#[derive(Debug)]
pub struct Call {
    /// Where its events go; `None` in calls that have no reply (settings, reports).
    pub reply: Option<Outbox>,
    /// What it asks of the platform; `None` in calls that have no reply.
    pub poe: Option<Poe>,
    /// What it keeps; `None` where there is no store.
    pub buckets: Option<Buckets>,
    /// The request that it answers.
    pub received: Received,
    /// What it prints.
    pub log: BotLog,
    /// What it may send to other servers.
    pub http: std::sync::Arc<Access>,
    /// What it meets outside.
    pub circumstances: RunContext,
    /// Its configuration, which it sees as environment variables.
    pub config: std::sync::Arc<[(String, String)]>,
}
