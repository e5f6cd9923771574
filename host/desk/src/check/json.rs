//! A report, and the list of rules, for programs.

use serde_json::{Value, json};

use super::{Report, RuleOutcome, report_text::weight};
use ravenry_protocol::rules::{self, Rule};

/// The report as one JSON object, ending in a newline.
pub fn page(report: &Report) -> String {
    let rules: Vec<Value> = report
        .outcomes
        .iter()
        .map(|(rule, outcome)| with(described(rule), found(outcome)))
        .collect();
    let page = json!({
        "url": report.url,
        "good": report.is_good(),
        "queries": report.queries,
        "requests": report.requests,
        "took_ms": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        "rules": rules,
    });
    format!("{page:#}\n")
}

/// All rules as one JSON array, ending in a newline.
pub fn list() -> String {
    let rules: Vec<Value> = rules::all().map(|(_, rule)| described(rule)).collect();
    format!("{:#}\n", Value::Array(rules))
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "title": rule.title,
        "source": rule.source,
        "weight": weight(rule.weight),
    })
}

fn found(outcome: &RuleOutcome) -> Value {
    match outcome {
        RuleOutcome::Passed => json!({"outcome": "passed"}),
        RuleOutcome::NotApplicable(why) => json!({"outcome": "not applicable", "why": why}),
        RuleOutcome::Failed(broken) => json!({
            "outcome": "failed",
            "asked": broken.asked,
            "expected": broken.expected,
            "got": broken.got,
            "bytes": broken.bytes,
        }),
    }
}

fn with(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}
