//! `ravenry check`: drives any bot through the numbered rules of [`protocol::rules`](ravenry_protocol::rules),
//! and says of each whether it is kept.
//!
//! In go a URL and perhaps a key; out comes a [`Report`] with one [`RuleOutcome`] for every rule. Each
//! family of probes is one file, and a probe is a function: it asks, looks at what comes, and writes
//! what it has found into the `probe::Book`. What an answer alone can break is judged as it comes,
//! whatever it was asked for.
//!
//! It costs its target as little as it can: what a query may have is asked for all at once, and one
//! by one only where that fails. All waits have a bound, all that is kept has one, and nothing that
//! comes is shown as it is: every byte that is not printable ASCII is escaped.

mod auth;
mod connection;
mod history;
mod http;
pub mod json;
pub mod junit;
mod probe;
mod query;
mod query_builder;
mod reachability;
pub mod report_text;
mod requests;
mod settings;
mod tolerance;

use std::time::{Duration, Instant};

use self::probe::Prober;
use crate::client::Target;
use ravenry_base::report::Problem;
use ravenry_protocol::rules::{self, Rule, Weight};

/// Longest time for one answer by default: twelve times what the platform waits for
/// the first event, and what proxies in front of language models wait (nginx, `proxy_read_timeout`).
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Shortest time for one answer: a bot may take the 5 s that the platform waits for its first event.
pub const PATIENCE_MIN: Duration = Duration::from_secs(6);

/// What is known of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleOutcome {
    /// It is kept.
    Passed,
    /// It is broken.
    Failed(Broken),
    /// It could not be held against this bot; why.
    NotApplicable(String),
}

/// How a rule is broken. All texts are printable ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What the bot was asked.
    pub asked: String,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub got: String,
    /// The bytes around it, where there are any.
    pub bytes: Option<String>,
}

/// What is known of a bot.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where it is.
    pub url: String,
    /// Queries that it was sent; each may have cost something.
    pub queries: u32,
    /// Other requests that it was sent.
    pub requests: u32,
    /// How long it took.
    pub took: Duration,
    /// Each rule with its outcome, subject by subject.
    pub outcomes: Vec<(&'static Rule, RuleOutcome)>,
}

impl Report {
    /// Rules with an outcome of this kind.
    pub fn count(&self, wanted: impl Fn(&Rule, &RuleOutcome) -> bool) -> usize {
        let found = self.outcomes.iter();
        found
            .filter(|(rule, outcome)| wanted(rule, outcome))
            .count()
    }

    /// Whether every rule that must be kept is kept.
    pub fn is_good(&self) -> bool {
        self.count(|rule, outcome| is_broken(outcome) && rule.weight == Weight::Must) == 0
    }
}

/// Whether a rule is broken.
pub fn is_broken(outcome: &RuleOutcome) -> bool {
    matches!(outcome, RuleOutcome::Failed(_))
}

/// Checks a bot, with so long a wait for each answer.
///
/// # Errors
/// There is no bot, or it refuses the key: one problem, with what to do.
pub async fn check(target: &Target, patience: Duration) -> Result<Report, Box<Problem>> {
    let started = Instant::now();
    let prober = Prober::new(target, patience);
    let (settings, plain) = tokio::join!(settings::ask(&prober), query::plain(&prober));
    if let Some(problem) = reachability::there(target, &settings, &plain) {
        return Err(Box::new(problem));
    }
    settings::judge(&prober, &settings);
    let measure = query::judge_plain(&prober, &plain);
    tokio::join!(
        requests::probe(&prober),
        auth::probe(&prober, &settings, &plain),
        http::probe(&prober, &settings),
        query::probe(&prober, measure, &settings),
        history::probe(&prober, measure),
    );
    // What becomes of others when a reader hangs up would be taken for answers of theirs.
    connection::probe(&prober, measure).await;
    let (queries, requests) = prober.sent();
    let mut book = prober.into_book();
    let outcomes = rules::all().map(|(_, rule)| (rule, book.outcome(rule)));
    Ok(Report {
        url: target.url.to_string(),
        queries,
        requests,
        outcomes: outcomes.collect(),
        took: started.elapsed(),
    })
}
