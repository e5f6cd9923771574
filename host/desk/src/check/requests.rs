//! Requests that are no queries: reports, what is not known, and what is none. They cost nothing.

use serde_json::{Value, json};

use super::probe::{Prober, Silence};
use crate::client::{Conversation, Post, VERSION, WholeAnswer};
use ravenry_protocol::rules::{self, Rule};

/// The message that is reported on; there is none.
const MESSAGE_ID: &str = "m-00000000000000000000000000000000";

/// Bodies that are no JSON objects.
const NO_OBJECTS: [&str; 4] = ["", "{\"type\":", "[]", "\"query\""];

/// Sends all of them.
pub(super) async fn probe(prober: &Prober<'_>) {
    tokio::join!(reports(prober), unknown_type(prober), no_json(prober));
}

fn reports_words(rule: &Rule) -> &'static str {
    match rule.id {
        "R3" => "a like",
        "R4" => "a reaction",
        "R5" => "a report of an error",
        _ => "feedback `shrug`, and the reaction `flamingo`",
    }
}

async fn reports(prober: &Prober<'_>) {
    let talk = Conversation::new(Vec::new());
    let error = json!({
        "version": VERSION,
        "type": "report_error",
        "message": "This is an automatic check of your bot: nothing is wrong.",
        "metadata": {"ravenry_check": true},
    });
    let taken = |told: &WholeAnswer| (200..300).contains(&told.status) || told.status == 501;
    let expected = "2xx or 501";
    let unknown = &rules::UNKNOWN_REPORTS;
    let like = talk.feedback(MESSAGE_ID, "like");
    let heart = talk.reaction(0, MESSAGE_ID, "heart");
    let shrug = talk.feedback(MESSAGE_ID, "shrug");
    let flamingo = talk.reaction(0, MESSAGE_ID, "flamingo");
    let half = talk.reaction(0, MESSAGE_ID, "HALF").to_string();
    let half = Post {
        body: half.replace("HALF", "\\ud83d").into(),
        ..Post::default()
    };
    let send = |rule, body: &Value| {
        ask(
            prober,
            rule,
            reports_words(rule),
            body.into(),
            expected,
            taken,
        )
    };
    tokio::join!(
        send(&rules::FEEDBACK, &like),
        send(&rules::REACTION, &heart),
        send(&rules::ERROR_REPORT, &error),
        send(unknown, &shrug),
        send(unknown, &flamingo),
        ask(
            prober,
            &rules::HALF_A_CHARACTER,
            "a reaction that is half a character",
            half,
            "2xx or 4xx",
            |told| told.status < 500 || told.status == 501,
        ),
    );
}

async fn unknown_type(prober: &Prober<'_>) {
    let body = json!({"version": VERSION, "type": "ravenry_check"});
    let asked = "a request of the type `ravenry_check`";
    let is_501 = |told: &WholeAnswer| told.status == 501;
    ask(
        prober,
        &rules::UNKNOWN_TYPE,
        asked,
        (&body).into(),
        "501",
        is_501,
    )
    .await;
}

async fn no_json(prober: &Prober<'_>) {
    for body in NO_OBJECTS {
        let asked = format!("the body `{body}`");
        let post = Post {
            body: body.into(),
            ..Post::default()
        };
        let refused = |told: &WholeAnswer| (400..500).contains(&told.status);
        ask(prober, &rules::NO_JSON, &asked, post, "4xx", refused).await;
    }
}

/// Sends a request, and holds what comes against a rule.
async fn ask(
    prober: &Prober<'_>,
    rule: &'static Rule,
    asked: &str,
    post: Post,
    expected: &str,
    fits: impl Fn(&WholeAnswer) -> bool,
) {
    match prober.call(prober.target, post).await {
        Ok(told) => {
            let got = format!("status {}", told.status);
            let bytes = prober.excerpt(&told.body);
            prober.hold(rule, fits(&told), asked, expected, &got, &bytes);
        }
        Err(Silence { why, .. }) => prober.failed(rule, asked, expected, &why, ""),
    }
}
