//! What is printed of a row: its figures, what they are beside `alone`, and whether the aim is met.

use crate::{figures::percentile, polite::Heard};

/// The aim: p50 and p99 at most twice what they are alone and so many milliseconds more.
const MORE_MS: f64 = 1.0;
/// The aim for p99.9, in milliseconds.
const RARE_MS: f64 = 5.0;

/// Some times in milliseconds: half of them are no longer, then 99 and 99.9 in a hundred, then all.
#[derive(Clone, Copy, Default)]
struct Spread {
    half: f64,
    most: f64,
    rare: f64,
    longest: f64,
}

impl Spread {
    fn of(times: &mut [f64]) -> Self {
        Self {
            half: percentile(times, 0.5),
            most: percentile(times, 0.99),
            rare: percentile(times, 0.999),
            longest: percentile(times, 1.0),
        }
    }

    /// What is above the aim, in words.
    fn above(&self, alone: &Self) -> Vec<&'static str> {
        let limit = |alone: f64| 2.0 * alone.max(0.0) + MORE_MS;
        [
            ("p50", self.half > limit(alone.half)),
            ("p99", self.most > limit(alone.most)),
            ("p99.9", self.rare > RARE_MS),
        ]
        .into_iter()
        .filter_map(|(name, above)| above.then_some(name))
        .collect()
    }
}

/// The figures of one row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Found {
    queries: Spread,
    gaps: Spread,
    failures: usize,
    /// Cores that the server was busy on.
    pub(crate) cores: f64,
    /// Cores that others were busy on: neither the server nor the load.
    pub(crate) others: f64,
    /// Answers that the neighbour got in a second.
    pub(crate) answers: f64,
    /// Replies that the honest bot gave in a second.
    pub(crate) honest: Option<f64>,
}

impl Found {
    pub(crate) fn of(mut heard: Heard) -> Self {
        Self {
            queries: Spread::of(&mut heard.queries),
            gaps: Spread::of(&mut heard.gaps),
            failures: heard.failures,
            ..Self::default()
        }
    }

    /// Prints the row. `fair` is the part of its replies alone that the honest bot could claim.
    pub(crate) fn print(&self, name: &str, alone: &Self, honest_alone: f64, fair: f64) {
        let Self { queries, gaps, .. } = self;
        println!(
            "{name:<24}{:>9.2}{:>9.2}{:>9.2}{:>9.2} {:>8.1} {:>8.1} {:>8.2}{:>8.2}{:>8.2} {:>6.2}{:>7.2} {:>6.0}  {}",
            queries.half,
            queries.most,
            queries.rare,
            queries.longest,
            queries.half / alone.queries.half,
            queries.most / alone.queries.most,
            gaps.half,
            gaps.most,
            gaps.longest,
            self.cores,
            self.others,
            self.answers,
            self.verdict(alone),
        );
        if let Some(honest) = self.honest {
            println!(
                "{:<24} {honest:.1} replies of 20 ms in a second, {:.2} of alone, {:.2} of its fair share",
                "",
                honest / honest_alone,
                honest / (honest_alone * fair),
            );
        }
    }

    /// Whether the aim is met, or what is above it.
    fn verdict(&self, alone: &Self) -> String {
        let mut above = self.queries.above(&alone.queries);
        let gaps = self.gaps.above(&alone.gaps);
        if !gaps.is_empty() {
            above.push("gaps");
            above.extend(gaps);
        }
        let failed = format!("{} failed", self.failures);
        if self.failures > 0 {
            above.push(&failed);
        }
        if above.is_empty() {
            "✓".to_owned()
        } else {
            format!("✗ {}", above.join(" "))
        }
    }
}

/// Prints what the columns are.
pub(crate) fn print_header() {
    println!(
        "{:<24}{:>36} {:>17} {:>24} {:>13} {:>6}",
        "", "queries, ms", "to alone", "gaps over 50 ms", "busy cores", "loud"
    );
    println!(
        "{:<24}{:>9}{:>9}{:>9}{:>9} {:>8} {:>8} {:>8}{:>8}{:>8} {:>6}{:>7} {:>6}  aim",
        "",
        "p50",
        "p99",
        "p99.9",
        "max",
        "p50",
        "p99",
        "p50",
        "p99",
        "max",
        "server",
        "others",
        "asks/s"
    );
}
