//! An operation on the store as the log has it, for whoever looks closely: what on which keys, how large, and
//! what came of it. Values are not logged: they are of people.

use ravenry_protocol::shown;
use ravenry_store::{Bucket, Scope};
use tracing::Level;

use crate::imports::log::BotLog;

/// Keys of one operation that are logged.
const KEYS_MAX: usize = 8;

/// Characters of a key that are logged.
const KEY_CHARACTERS_MAX: usize = 128;

/// Whether somebody wants lines of this level.
pub(super) fn is_wanted() -> bool {
    tracing::enabled!(target: "store", Level::DEBUG)
}

/// Writes a line about an operation, where somebody wants lines of this level.
pub(super) fn log(
    log: &BotLog,
    name: &'static str,
    scope: &Scope,
    keys: &[&str],
    (outcome, bytes): (&'static str, usize),
) {
    if !is_wanted() {
        return;
    }
    let origin = log.origin();
    let short = |key: &&str| key.chars().take(KEY_CHARACTERS_MAX).collect::<String>();
    let named: Vec<_> = keys.iter().take(KEYS_MAX).map(short).collect();
    let named = named.join(", ");
    let named = origin.mask.mask(&named);
    let keys = shown::line(&named);
    tracing::debug!(
        target: "store",
        tenant = %origin.tenant, bot = %origin.bot, reference = %origin.reference,
        bucket = word(&scope.bucket), keys = &*keys, bytes, outcome, "the store: {name}"
    );
}

/// A bucket by the name that guests give it.
pub(super) fn word(bucket: &Bucket) -> &'static str {
    match bucket {
        Bucket::Bot => "bot",
        Bucket::User(_) => "user",
        Bucket::Conversation(_) => "conversation",
    }
}
