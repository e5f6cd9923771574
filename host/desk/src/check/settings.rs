//! Settings: asked for once, held against what the protocol and the platform's checker take.

use serde_json::{Value, json};

use super::probe::{Prober, Silence, content_type};
use crate::client::{VERSION, WholeAnswer};
use ravenry_protocol::{mend, rules, settings_check};

const ASKED: &str = "a request for settings";

/// Asks for them.
pub(super) async fn ask(prober: &Prober<'_>) -> Result<WholeAnswer, Silence> {
    let body = json!({"version": VERSION, "type": "settings"});
    prober.call(prober.target, (&body).into()).await
}

/// Whether a bot has answered: also one that says that it has none.
pub(super) fn are_of_a_bot(told: &WholeAnswer) -> bool {
    let is_object = || matches!(mend::read_bytes(&told.body), Ok(Value::Object(_)));
    told.status == 501 || told.status == 200 && is_object()
}

/// Whether they say, in so many words, that a message has no attachments.
pub(super) fn allow_no_attachments(settings: &Result<WholeAnswer, Silence>) -> bool {
    let Ok(told) = settings else { return false };
    let settings: Option<Value> = mend::read_bytes(&told.body).ok();
    settings.is_some_and(|settings| settings.get("allow_attachments") == Some(&false.into()))
}

/// Holds them against the rules.
pub(super) fn judge(prober: &Prober<'_>, settings: &Result<WholeAnswer, Silence>) {
    let expected = "200 and a JSON object";
    let told = match settings {
        Ok(told) if told.status == 501 => {
            return none(prober, "it says with 501 that it has no settings");
        }
        Ok(told) if told.status == 200 => told,
        Ok(told) => {
            let got = format!("status {}", told.status);
            let bytes = prober.excerpt(&told.body);
            prober.failed(&rules::SETTINGS, ASKED, expected, &got, &bytes);
            return none(prober, "there are no settings");
        }
        Err(silence) => {
            prober.failed(&rules::SETTINGS, ASKED, expected, &silence.why, "");
            return none(prober, "there are no settings");
        }
    };
    let bytes = prober.excerpt(&told.body);
    for finding in settings_check::judge(&told.body) {
        prober.failed(finding.rule, ASKED, &finding.expected, &finding.got, &bytes);
        if finding.rule == &rules::SETTINGS {
            return none(prober, "there are no settings");
        }
    }
    let kind = content_type(&told.headers);
    prober.hold(
        &rules::SETTINGS_AS_JSON,
        kind.to_ascii_lowercase().starts_with("application/json"),
        ASKED,
        "`application/json`",
        "another content type",
        &prober.excerpt(format!("content-type: {kind}").as_bytes()),
    );
    for (subject, rule) in rules::all() {
        if subject.letter == 'S' {
            prober.passed(rule);
        }
    }
}

/// What is not there cannot be wrong.
fn none(prober: &Prober<'_>, why: &str) {
    for (subject, rule) in rules::all() {
        if subject.letter == 'S' {
            prober.not_applicable(rule, why);
        }
    }
}
