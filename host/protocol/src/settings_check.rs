//! Settings as any bot sends them, held against the rules: the body in, findings out.
//!
//! [`settings::lint`](super::settings::lint) says the same of a bot of ours before it is sent.

use serde_json::{Map, Value};

use super::{
    controls,
    json::{self, kind, shown},
    lints::Lints,
    rules::{self, Finding, Rule},
    settings::{DEPENDENCY_CALLS_MAX, MEMBERS, RESPONSE_VERSION, price},
};

/// Members, what they hold in words, and whether a value is that.
type MemberRule = (&'static [&'static str], &'static str, fn(&Value) -> bool);

/// Members that hold something else than a flag.
const KINDS: &[MemberRule] = &[
    (
        &["response_version", "context_clear_window_secs"],
        "a whole number",
        Value::is_i64,
    ),
    (
        &[
            "introduction_message",
            "rate_card",
            "cost_label",
            "custom_rate_card",
        ],
        "a string",
        Value::is_string,
    ),
    (
        &["server_bot_dependencies", "parameter_controls"],
        "an object",
        Value::is_object,
    ),
];

/// Most names that a finding repeats.
const NAMES_MAX: usize = 5;

/// What is wrong with the body of an answer to `settings`. Each rule is reported once.
pub fn judge(body: &[u8]) -> Vec<Finding> {
    let text = String::from_utf8_lossy(body);
    let Ok(Value::Object(members)) = json::parse(&text) else {
        let got = format!("`{}`", shown(&text));
        return vec![finding(&rules::SETTINGS, "a JSON object", got)];
    };
    let mut found = Vec::new();
    let unknown = members.keys().filter(|name| !is_known(name));
    let unknown: Vec<_> = unknown
        .take(NAMES_MAX)
        .map(|name| format!("`{}`", shown(name)))
        .collect();
    if !unknown.is_empty() {
        let rule = &rules::KNOWN_SETTINGS;
        found.push(finding(rule, "known members", unknown.join(", ")));
    }
    found.extend(types(&members));
    let version = members.get("response_version").and_then(Value::as_u64);
    if version.is_none_or(|version| version < u64::from(RESPONSE_VERSION)) {
        let got = members.get("response_version");
        let got = got.map_or("no such member".to_owned(), |got| shown(&got.to_string()));
        found.push(finding(&rules::RESPONSE_VERSION, "2", got));
    }
    found.extend(controls(&members, version));
    found.extend(dependencies(&members));
    let mut marks = Lints::default();
    for name in ["rate_card", "cost_label", "custom_rate_card"] {
        price(name, members.get(name).and_then(Value::as_str), &mut marks);
    }
    let marks = marks.into_sentences();
    if !marks.is_empty() {
        let expected = "`[usd_milli_cents=N]`";
        found.push(finding(&rules::PRICES, expected, marks.join(" ")));
    }
    found
}

fn is_known(name: &str) -> bool {
    MEMBERS.contains(&name)
}

fn finding(rule: &'static Rule, expected: &str, got: String) -> Finding {
    Finding {
        rule,
        expected: expected.to_owned(),
        got,
    }
}

/// The first member of another type than the protocol gives it.
fn types(members: &Map<String, Value>) -> Option<Finding> {
    members.iter().find_map(|(name, value)| {
        if value.is_null() || !is_known(name) {
            return None;
        }
        let row = KINDS
            .iter()
            .find(|(names, ..)| names.contains(&name.as_str()));
        let (expected, fits) = match row {
            Some((_, expected, fits)) => (*expected, fits(value)),
            None => ("a boolean", value.is_boolean()),
        };
        let got = || format!("`{name}` is {}", kind(value));
        (!fits).then(|| finding(&rules::SETTING_TYPES, expected, got()))
    })
}

fn controls(members: &Map<String, Value>, version: Option<u64>) -> Option<Finding> {
    let value = members
        .get("parameter_controls")
        .filter(|value| value.is_object())?;
    let mut lints = Lints::default();
    if version.is_none_or(|version| version < u64::from(RESPONSE_VERSION)) {
        lints.say(|| "`response_version` is below 2; the platform then drops them.".to_owned());
    }
    controls::lint(value, &mut lints);
    let sentences = lints.into_sentences();
    let expected = "controls of the documented shape";
    (!sentences.is_empty()).then(|| finding(&rules::CONTROLS, expected, sentences.join(" ")))
}

fn dependencies(members: &Map<String, Value>) -> Option<Finding> {
    let calls = members.get("server_bot_dependencies")?.as_object()?;
    let most = u64::from(DEPENDENCY_CALLS_MAX);
    calls.iter().find_map(|(bot, calls)| {
        let fits = calls
            .as_u64()
            .is_some_and(|calls| (1..=most).contains(&calls));
        let got = || format!("{} for `{}`", shown(&calls.to_string()), shown(bot));
        (!fits).then(|| finding(&rules::DEPENDENCIES, "a number from 1 to 100", got()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Vec<&'static str> {
        let found = judge(body.as_bytes());
        found.iter().map(|finding| finding.rule.id).collect()
    }

    #[test]
    fn good_settings_break_nothing() {
        for body in [
            r#"{"response_version":2}"#,
            r#"{"response_version":2,"server_bot_dependencies":{"A":1,"B":100},"rate_card":"[usd_milli_cents=12]","allow_attachments":true,"introduction_message":"hi","parameter_controls":null,"context_clear_window_secs":null}"#,
            r#"{"response_version":2,"parameter_controls":{"api_version":"2","sections":[{"controls":[{"control":"divider"}]}]}}"#,
        ] {
            assert_eq!(found(body), [""; 0], "{body}");
        }
    }

    #[test]
    fn each_mistake_has_its_rule() {
        for (body, rules) in [
            ("", &["S1"][..]),
            ("[]", &["S1"]),
            ("{", &["S1"]),
            ("\u{fffd}", &["S1"]),
            (r#"{"response_version":2,"colour":1,"a":2}"#, &["S2"]),
            (
                r#"{"response_version":2,"allow_attachments":"yes"}"#,
                &["S3"],
            ),
            (r#"{"response_version":2.5}"#, &["S3", "S4"]),
            ("{}", &["S4"]),
            (r#"{"response_version":1}"#, &["S4"]),
            (r#"{"response_version":2,"parameter_controls":{}}"#, &["S5"]),
            (
                r#"{"parameter_controls":{"api_version":"2","sections":[{"controls":[{"control":"divider"}]}]}}"#,
                &["S4", "S5"],
            ),
            (
                r#"{"response_version":2,"server_bot_dependencies":{"A":0}}"#,
                &["S6"],
            ),
            (
                r#"{"response_version":2,"server_bot_dependencies":{"A":"1"}}"#,
                &["S6"],
            ),
            (
                r#"{"response_version":2,"server_bot_dependencies":[]}"#,
                &["S3"],
            ),
            (
                r#"{"response_version":2,"cost_label":"[usd_milli_cents=x]"}"#,
                &["S7"],
            ),
        ] {
            assert_eq!(found(body), rules, "{body}");
        }
    }
}
