//! A report, and the list of rules, for people.

use std::fmt::Write as _;

use super::{Broken, Report, RuleOutcome, is_broken};
use ravenry_protocol::{
    rules::{self, Rule, Subject, Weight},
    shown::Escaped,
};

/// How things look; without colours, nothing is lost.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether escape sequences of a terminal may be written.
    pub colours: bool,
}

impl Look {
    fn paint(self, code: &str, text: &str) -> String {
        if self.colours {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// The mark of an outcome.
    fn mark(self, rule: &Rule, outcome: &RuleOutcome) -> String {
        match (outcome, rule.weight) {
            (RuleOutcome::Passed, _) => self.paint("32", "✓"),
            (RuleOutcome::Failed(_), Weight::Must) => self.paint("31", "✗"),
            (RuleOutcome::Failed(_), Weight::Should) => self.paint("33", "!"),
            (RuleOutcome::NotApplicable(_), _) => self.paint("2", "–"),
        }
    }
}

/// The report, ending in a newline.
pub fn page(report: &Report, look: Look) -> String {
    let mut page = format!(
        "{}: {} queries and {} other requests in {:.1} s\n",
        report.url,
        report.queries,
        report.requests,
        report.took.as_secs_f64()
    );
    for subject in rules::SUBJECTS {
        let _ = writeln!(page, "\n{}", look.paint("1", subject.title));
        let own = report.outcomes.iter();
        for (rule, outcome) in own.filter(|(rule, _)| rule.id.starts_with(subject.letter)) {
            let mark = look.mark(rule, outcome);
            let _ = writeln!(page, "  {mark} {:<3} {}", rule.id, rule.title);
            match outcome {
                RuleOutcome::Passed => {}
                RuleOutcome::NotApplicable(why) => {
                    let _ = writeln!(page, "        {}", Escaped(why));
                }
                RuleOutcome::Failed(broken) => page.push_str(&failure(subject, rule, broken)),
            }
        }
    }
    page.push('\n');
    page.push_str(&sum(report));
    page
}

fn failure(subject: &Subject, rule: &Rule, broken: &Broken) -> String {
    let mut rows = vec![
        ("asked", &*broken.asked),
        ("expected", &broken.expected),
        ("got", &broken.got),
    ];
    rows.extend(broken.bytes.as_deref().map(|bytes| ("bytes", bytes)));
    rows.extend([("source", rule.source), ("look at", subject.look)]);
    rows.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "        {name:<9} {}", Escaped(value));
        text
    })
}

/// The last line: what it comes to.
fn sum(report: &Report) -> String {
    let broken = |weight| report.count(|rule, outcome| is_broken(outcome) && rule.weight == weight);
    let passed = report.count(|_, outcome| *outcome == RuleOutcome::Passed);
    let (must, should) = (broken(Weight::Must), broken(Weight::Should));
    let rest = report.outcomes.len().saturating_sub(passed + must + should);
    let warning = match should {
        0 => String::new(),
        1 => "\nwarning: 1 rule that should be kept is broken (!)".to_owned(),
        more => format!("\nwarning: {more} rules that should be kept are broken (!)"),
    };
    format!("{passed} passed, {must} failed (✗), {rest} not applicable (–){warning}\n")
}

/// All rules with their sources.
pub fn list(look: Look) -> String {
    let mut page = String::new();
    for subject in rules::SUBJECTS {
        let _ = writeln!(page, "{}", look.paint("1", subject.title));
        let own = rules::all().filter(|(of, _)| of.letter == subject.letter);
        for (_, rule) in own {
            let weight = weight(rule.weight);
            let _ = writeln!(page, "  {:<3} {weight:<6} {}", rule.id, rule.title);
            let _ = writeln!(page, "             {}", rule.source);
        }
    }
    page
}

/// A weight in a word.
pub(super) fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Must => "must",
        Weight::Should => "should",
    }
}
