//! Queries: a plain one, by which all others are measured; then all that a query may have at once,
//! and one by one where that fails.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{
    probe::{Prober, Reply, Silence},
    query_builder::{Draft, WORDS},
    settings,
    tolerance::{TOLERANCES, Tolerance},
};
use crate::client::{Post, VERSION, WholeAnswer};
use ravenry_protocol::rules::{self, Rule};

const PLAIN: &str = "a plain query";

/// How a bot answers a plain query: what others may not be worse than.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    status: u16,
    failed: bool,
}

impl Measure {
    /// Whether an answer is as good.
    pub(super) fn met_by(self, reply: &Reply) -> bool {
        reply.status == self.status
            && reply.is_stream
            && reply.began
            && (self.failed || !reply.failed)
    }

    /// An answer that is as good; else what came, and its bytes.
    pub(super) fn met(self, reply: &Result<Reply, Silence>) -> Result<&Reply, (String, String)> {
        match reply {
            Ok(reply) if self.met_by(reply) => Ok(reply),
            Ok(reply) => Err((reply.words(), reply.bytes.clone())),
            Err(silence) => Err((silence.why.clone(), String::new())),
        }
    }
}

/// A query that a rule says is answered.
pub(super) struct Ask {
    pub(super) rule: &'static Rule,
    pub(super) asked: &'static str,
    pub(super) post: Post,
}

/// Asks as the platform does.
pub(super) async fn plain(prober: &Prober<'_>) -> Result<Reply, Silence> {
    prober.query((&Draft::new(WORDS).body()).into()).await
}

/// Judges the plain answer; `None` where it is no measure for others.
pub(super) fn judge_plain(prober: &Prober<'_>, plain: &Result<Reply, Silence>) -> Option<Measure> {
    let most = format!("nothing within {} s", prober.patience.as_secs_f64());
    match plain {
        Ok(reply) => {
            prober.judged(PLAIN, reply);
            if !reply.ended && !reply.began {
                prober.failed(&rules::FIRST_EVENT, PLAIN, "an event within 5 s", &most, "");
            }
            (reply.is_stream && reply.began).then_some(Measure {
                status: reply.status,
                failed: reply.failed,
            })
        }
        Err(silence) if silence.late => {
            prober.failed(&rules::FIRST_EVENT, PLAIN, "an event within 5 s", &most, "");
            None
        }
        Err(silence) => {
            let expected = "an answer";
            prober.failed(&rules::NOT_CUT, PLAIN, expected, &silence.why, "");
            None
        }
    }
}

/// All that a query may have.
pub(super) async fn probe(
    prober: &Prober<'_>,
    measure: Option<Measure>,
    settings: &Result<WholeAnswer, Silence>,
) {
    let Some(measure) = measure else {
        return no_measure(prober, 'Q');
    };
    let mut wanted: Vec<&Tolerance> = TOLERANCES.iter().collect();
    if settings::allow_no_attachments(settings) {
        wanted.retain(|tolerance| tolerance.rule != &rules::ATTACHMENTS);
        let why = "its settings allow none";
        prober.not_applicable(&rules::ATTACHMENTS, why);
    }
    let mut all = Draft::new(WORDS);
    for tolerance in &wanted {
        (tolerance.change)(&mut all);
    }
    let whole = Ask {
        rule: &rules::EVERYTHING,
        asked: "a query with all that one may have",
        post: (&all.body()).into(),
    };
    let parts = wanted.iter().map(|tolerance| {
        let mut draft = Draft::new(WORDS);
        (tolerance.change)(&mut draft);
        Ask {
            rule: tolerance.rule,
            asked: tolerance.asked,
            post: (&draft.body()).into(),
        }
    });
    let parts: Vec<Ask> = parts.collect();
    let nulls = Ask {
        rule: &rules::NULLS,
        asked: "a query with `null` in the place of all that may be absent",
        post: (&nulls().body()).into(),
    };
    let (sample, oddities) = (sample(), old_and_small());
    tokio::join!(
        group(prober, measure, &whole, &parts),
        group(prober, measure, &sample, &oddities),
        one(prober, measure, &nulls),
    );
}

/// Asks for all at once; where that fails, for each by itself, so that it is known which.
pub(super) async fn group(prober: &Prober<'_>, measure: Measure, whole: &Ask, parts: &[Ask]) {
    let reply = prober.query(whole.post.clone()).await;
    let (got, bytes) = match measure.met(&reply) {
        Ok(reply) => {
            prober.judged(whole.asked, reply);
            for ask in parts.iter().chain([whole]) {
                prober.passed(ask.rule);
            }
            return;
        }
        Err(came) => came,
    };
    let kept = join_all(parts.iter().map(|ask| one(prober, measure, ask))).await;
    if kept.contains(&false) {
        prober.not_applicable(whole.rule, "it is known which part of it is not taken");
    } else {
        prober.failed(whole.rule, whole.asked, "an answer", &got, &bytes);
    }
}

/// Asks, and says whether the rule is kept.
pub(super) async fn one(prober: &Prober<'_>, measure: Measure, ask: &Ask) -> bool {
    let reply = prober.query(ask.post.clone()).await;
    match measure.met(&reply) {
        Ok(reply) => {
            prober.judged(ask.asked, reply);
            prober.passed(ask.rule);
            true
        }
        Err((got, bytes)) => {
            prober.failed(ask.rule, ask.asked, "an answer", &got, &bytes);
            false
        }
    }
}

/// Without a plain answer, nothing is known about others.
pub(super) fn no_measure(prober: &Prober<'_>, letter: char) {
    for (subject, rule) in rules::all() {
        if subject.letter == letter {
            prober.not_applicable(rule, "a plain query is not answered with events");
        }
    }
}

/// Every member but those that a query needs is `null`.
fn nulls() -> Draft {
    let mut draft = Draft::new(WORDS);
    let needed = |name: &str| {
        matches!(name, "version" | "type" | "role" | "content" | "message_id")
            || name.ends_with("_id")
    };
    for members in [&mut draft.members, &mut draft.last] {
        for (name, value) in members {
            if !needed(name) {
                *value = Value::Null;
            }
        }
    }
    draft
}

/// The sample request of the specification of 2023, but for what it asks.
fn sample() -> Ask {
    let text = format!(
        r#"{{
    "version": "1.0",
    "type": "query",
    "query": [
        {{
            "role": "user",
            "content": "{WORDS}",
            "content_type": "text/markdown",
            "timestamp": 1678299819427621,
        }}
    ],
    "user": "u-1234abcd5678efgh",
    "conversation": "c-jklm9012nopq3456",
}}
"#
    );
    Ask {
        rule: &rules::OLD_NAMES,
        asked: "the sample request of 2023",
        post: Post {
            body: text.into(),
            ..Post::default()
        },
    }
}

/// What is odd about that sample, one by one.
fn old_and_small() -> Vec<Ask> {
    let small = |ids: [&str; 2]| {
        let mut query = json!({
            "version": VERSION,
            "type": "query",
            "query": [{"role": "user", "content": WORDS}],
            "message_id": "m-00000000000000000000000000000000",
        });
        if let Some(members) = query.as_object_mut() {
            let [user, conversation] = ids;
            members.insert(user.to_owned(), "u-00000000000000000000000000000000".into());
            members.insert(
                conversation.to_owned(),
                "c-00000000000000000000000000000000".into(),
            );
        }
        query
    };
    let plain = small(["user_id", "conversation_id"]);
    let commas = Draft::new(WORDS).body().to_string();
    let commas = commas.strip_suffix('}').map(|rest| format!("{rest},}}"));
    vec![
        Ask {
            rule: &rules::MINIMAL,
            asked: "a query with what it needs and no more",
            post: (&plain).into(),
        },
        Ask {
            rule: &rules::OLD_NAMES,
            asked: "a query with `user` and `conversation`",
            post: (&small(["user", "conversation"])).into(),
        },
        Ask {
            rule: &rules::TRAILING_COMMAS,
            asked: "a query with a comma after its last member",
            post: Post {
                body: commas.unwrap_or_default().into(),
                ..Post::default()
            },
        },
    ]
}
