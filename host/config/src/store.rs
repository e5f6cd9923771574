//! What bots keep: how long it stays, as an author asks for it and an operator allows it.
//!
//! A bot keeps things in three buckets. In a manifest `ttl` of a bucket says how long what is written there stays;
//! in an operator's file it says how long that may be at most.

use std::time::Duration;

use super::{
    source_file::TextFile,
    toml_table::Keys,
    units::{UnitKind, Value},
};
use crate::ids::BotName;
use ravenry_base::report::{Place, Problem};

/// Shortest time that what is written stays. Anything shorter is over before the next query comes.
pub const TTL_MIN: Duration = Duration::from_secs(1);

/// Longest time: ten years, of 365.25 days as in other durations. Far below where adding it to a date could
/// overflow; who means more means for ever.
pub const TTL_MAX: Duration = Duration::from_hours(10 * (365 * 24 + 6));

/// What to write in place of a `ttl` that is none.
const HINT: &str = "write `ttl = \"90d\"`, or what you mean";

/// How long what is written stays, by bucket; `None`: until it is deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreTtl {
    /// What a bot keeps for itself.
    pub bot: Option<Duration>,
    /// What it keeps for a user.
    pub user: Option<Duration>,
    /// What it keeps for a conversation.
    pub conversation: Option<Duration>,
}

/// A bucket: its name in files, and where its time stands.
type Bucket = (&'static str, fn(&mut StoreTtl) -> &mut Option<Duration>);

/// All buckets.
static BUCKETS: [Bucket; 3] = [
    ("bot", |ttl| &mut ttl.bot),
    ("user", |ttl| &mut ttl.user),
    ("conversation", |ttl| &mut ttl.conversation),
];

/// A time that a file sets for a bucket.
pub(super) struct TtlAsked {
    bucket: Bucket,
    ttl: Duration,
    place: Place,
}

/// Takes the table `store` out of a bot's table, or out of an operator's file.
pub(super) fn asked(keys: &mut Keys, file: &mut TextFile) -> Vec<TtlAsked> {
    let Some(mut keys) = keys.table("store", file) else {
        return Vec::new();
    };
    let mut asked = Vec::new();
    for bucket in BUCKETS {
        if let Some(mut keys) = keys.table(bucket.0, file) {
            asked.extend(ttl(bucket, &mut keys, file));
            keys.finish(file);
        }
    }
    keys.finish(file);
    asked
}

/// Takes the time out of the table of a bucket.
fn ttl(bucket: Bucket, keys: &mut Keys, file: &mut TextFile) -> Option<TtlAsked> {
    let (text, span) = keys.string("ttl", file)?;
    let wrong = match UnitKind::Duration.parse_up_to(&text, Value::Duration(TTL_MAX)) {
        Ok(Value::Duration(ttl)) if ttl >= TTL_MIN => {
            let place = file.place(span);
            return Some(TtlAsked { bucket, ttl, place });
        }
        Ok(_) => format!("must be at least {}", Value::Duration(TTL_MIN)),
        Err(error) => error,
    };
    file.wrong_but(span, format!("`ttl` {} {wrong}", keys.within()), HINT);
    None
}

/// What an operator's file that says this lets bots keep.
pub(super) fn caps(asked: &[TtlAsked]) -> StoreTtl {
    let mut caps = StoreTtl::default();
    for asked in asked {
        *asked.bucket.1(&mut caps) = Some(asked.ttl);
    }
    caps
}

/// How long what a bot keeps stays, when its author asks for this and the operator has these caps; and what is
/// above them. Where the author says nothing, the cap holds.
pub(super) fn effective(
    bot: &BotName,
    asked: &[TtlAsked],
    mut caps: StoreTtl,
) -> (StoreTtl, Vec<Problem>) {
    let mut ttl = caps;
    let mut problems = Vec::new();
    for asked in asked {
        let (name, of) = asked.bucket;
        match *of(&mut caps) {
            Some(cap) if asked.ttl > cap => problems.push(above(bot, name, asked, cap)),
            _ => *of(&mut ttl) = Some(asked.ttl),
        }
    }
    (ttl, problems)
}

/// An author asks for more than the operator allows.
fn above(bot: &BotName, bucket: &str, asked: &TtlAsked, cap: Duration) -> Problem {
    let (wanted, cap) = (Value::Duration(asked.ttl), Value::Duration(cap));
    Problem {
        message: format!(
            "`ttl` of `store.{bucket}` of bot `{bot}` is {wanted}; at most {cap} is allowed"
        ),
        place: Some(asked.place.clone()),
        hint: Some("lower it; only whoever runs the server can raise what is allowed".to_owned()),
        ..Problem::default()
    }
}
