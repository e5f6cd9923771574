//! Histories: none, long ones, heavy ones.

use serde_json::Value;

use super::{
    probe::{Prober, Silence},
    query::{Ask, Measure, group},
    query_builder::{Draft, WORDS, message},
};
use ravenry_protocol::rules;

/// Messages of a long history: one more than after which the platform may cut it (specification of
/// 2024 to 2026). Each is two tokens for a language model, so that the question costs little.
const MESSAGES: usize = 1_001;

/// Bytes of a heavy query. They stand in a member that no bot knows: they cost nothing.
const BYTES: usize = 3 * 1024 * 1024;

/// Asks with each.
pub(super) async fn probe(prober: &Prober<'_>, measure: Option<Measure>) {
    // Without a measure, `query` has said so of all rules of this subject.
    let Some(measure) = measure else { return };
    let many = |draft: &mut Draft| {
        let roles = ["user", "bot"].into_iter().cycle();
        let earlier = roles.map(|role| message(role, "."));
        draft.earlier = earlier.take(MESSAGES.saturating_sub(1)).collect();
    };
    let heavy = |draft: &mut Draft| {
        let weight = Value::String("x".repeat(BYTES));
        draft.members.insert("ravenry_check".to_owned(), weight);
    };
    let ask = |rule, asked, changes: &[&dyn Fn(&mut Draft)]| {
        let mut draft = Draft::new(WORDS);
        for change in changes {
            change(&mut draft);
        }
        Ask {
            rule,
            asked,
            post: (&draft.body()).into(),
        }
    };
    let whole = ask(
        &rules::MANY_MESSAGES,
        "a query with 1,001 messages and three megabytes",
        &[&many, &heavy],
    );
    let parts = [
        ask(
            &rules::MANY_MESSAGES,
            "a query with 1,001 messages",
            &[&many],
        ),
        ask(&rules::LARGE_QUERY, "a query of three megabytes", &[&heavy]),
    ];
    tokio::join!(
        group(prober, measure, &whole, &parts),
        nothing(prober, measure)
    );
}

/// A query without messages: refused or answered, as the bot likes.
async fn nothing(prober: &Prober<'_>, measure: Measure) {
    let mut query = Draft::new(WORDS).body();
    if let Some(members) = query.as_object_mut() {
        members.insert("query".to_owned(), Value::Array(Vec::new()));
    }
    let (kept, got, bytes) = match prober.query((&query).into()).await {
        Ok(reply) => {
            let served = reply.status < 500 || measure.met_by(&reply);
            (served && reply.ended, reply.words(), reply.bytes)
        }
        Err(Silence { why, .. }) => (false, why, String::new()),
    };
    let asked = "a query without messages";
    let expected = "an answer, or 4xx";
    prober.hold(&rules::NO_MESSAGES, kept, asked, expected, &got, &bytes);
}
