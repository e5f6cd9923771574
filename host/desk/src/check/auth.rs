//! The access key: who gets in, who does not, and what those are told.

use http::{
    HeaderMap, HeaderValue,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use serde_json::json;

use super::{
    probe::{Prober, Reply, Silence},
    query_builder::{Draft, WORDS},
};
use crate::client::{Post, Target, VERSION, WholeAnswer};
use ravenry_base::secret::Secret;
use ravenry_protocol::rules;

/// A key that no bot has; as long as those of the platform.
const WRONG: &str = "ravenry-check-with-a-wrong-key--";

/// Tries the right key, wrong ones, and none.
pub(super) async fn probe(
    prober: &Prober<'_>,
    settings: &Result<WholeAnswer, Silence>,
    plain: &Result<Reply, Silence>,
) {
    let Some(key) = &prober.target.key else {
        for (subject, rule) in rules::all() {
            if subject.letter == 'A' {
                prober.not_applicable(rule, "no key was given");
            }
        }
        return;
    };
    let statuses = [
        settings.as_ref().ok().map(|told| told.status),
        plain.as_ref().ok().map(|reply| reply.status),
    ];
    for (status, asked) in statuses.iter().zip(["settings", "a plain query"]) {
        if let Some(status) = status {
            let got = format!("status {status}");
            let kept = !is_refusal(*status);
            prober.hold(&rules::KEY_TAKEN, kept, asked, "no refusal", &got, "");
        }
    }
    tokio::join!(
        scheme(prober, key),
        refused(prober, &rules::NO_KEY, "settings, without a key", None),
        wrong_keys(prober, key),
        query_with_a_wrong_key(prober),
    );
    let why = "nothing was refused with 401";
    prober.not_applicable(&rules::CHALLENGE, why);
    prober.not_applicable(&rules::KEY_KEPT, "nothing was refused");
}

fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}

fn settings() -> Post {
    (&json!({"version": VERSION, "type": "settings"})).into()
}

async fn scheme(prober: &Prober<'_>, key: &Secret) {
    let asked = "settings, with `bearer` in lower case";
    let Ok(value) = key.reveal(|key| HeaderValue::try_from(format!("bearer {key}"))) else {
        return prober.not_applicable(&rules::SCHEME, "the key does not fit into a header");
    };
    let post = Post {
        headers: HeaderMap::from_iter([(AUTHORIZATION, value)]),
        ..settings()
    };
    let rule = &rules::SCHEME;
    match prober.call(prober.target, post).await {
        Ok(told) => {
            let got = format!("status {}", told.status);
            let (kept, bytes) = (!is_refusal(told.status), prober.excerpt(&told.body));
            prober.hold(rule, kept, asked, "no refusal", &got, &bytes);
        }
        Err(Silence { why, .. }) => prober.failed(rule, asked, "no refusal", &why, ""),
    }
}

/// Another key, the right one without its end, and with more than its end.
async fn wrong_keys(prober: &Prober<'_>, key: &Secret) {
    let (shorter, longer) = key.reveal(|key| {
        let mut characters = key.chars();
        characters.next_back();
        (characters.as_str().to_owned(), format!("{key}x"))
    });
    for (wrong, asked) in [
        (WRONG.to_owned(), "settings, with a wrong key"),
        (shorter, "settings, with the beginning of the key"),
        (longer, "settings, with more than the key"),
    ] {
        let wrong = Secret::new(wrong);
        if !wrong.is_empty() {
            refused(prober, &rules::WRONG_KEY, asked, Some(wrong)).await;
        }
    }
}

/// Asks for settings with this key, and looks at the refusal.
async fn refused(
    prober: &Prober<'_>,
    rule: &'static rules::Rule,
    asked: &str,
    wrong: Option<Secret>,
) {
    let expected = "401 or 403";
    let target = Target {
        url: prober.target.url.clone(),
        key: wrong,
    };
    let told = match prober.call(&target, settings()).await {
        Ok(told) => told,
        Err(Silence { why, .. }) => return prober.failed(rule, asked, expected, &why, ""),
    };
    let (got, bytes) = (
        format!("status {}", told.status),
        prober.excerpt(&told.body),
    );
    let kept = is_refusal(told.status);
    prober.hold(rule, kept, asked, expected, &got, &bytes);
    if !kept {
        return;
    }
    let keys = [&target.key, &prober.target.key];
    let repeats = keys
        .into_iter()
        .flatten()
        .any(|key| key.reveal(|key| says(&told, key)));
    let repeated = "a key, in what the refusal says";
    prober.hold(&rules::KEY_KEPT, !repeats, asked, "no key", repeated, "");
    if told.status == 401 {
        let challenged = told.headers.contains_key(WWW_AUTHENTICATE);
        let expected = "the header `www-authenticate`";
        let rule = &rules::CHALLENGE;
        prober.hold(rule, challenged, asked, expected, "no such header", "");
    }
}

/// Whether headers or body of an answer have this in them.
fn says(told: &WholeAnswer, key: &str) -> bool {
    let within = |bytes: &[u8]| {
        let mut windows = bytes.windows(key.len().max(1));
        !key.is_empty() && windows.any(|window| window == key.as_bytes())
    };
    within(&told.body) || told.headers.values().any(|value| within(value.as_bytes()))
}

/// A bot that keeps to the protocol refuses it, so that it costs nothing.
async fn query_with_a_wrong_key(prober: &Prober<'_>) {
    let post = Post {
        headers: HeaderMap::from_iter([(
            AUTHORIZATION,
            HeaderValue::from_static("Bearer ravenry-check-with-a-wrong-key--"),
        )]),
        ..Post::from(&Draft::new(WORDS).body())
    };
    let (rule, asked) = (&rules::WRONG_KEY, "a plain query, with a wrong key");
    match prober.query(post).await {
        Ok(reply) => {
            let kept = is_refusal(reply.status);
            let got = format!("status {}", reply.status);
            prober.hold(rule, kept, asked, "401 or 403", &got, &reply.bytes);
        }
        Err(Silence { why, .. }) => prober.failed(rule, asked, "401 or 403", &why, ""),
    }
}
