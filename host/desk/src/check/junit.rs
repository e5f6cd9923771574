//! A report as JUnit XML, as the servers that run tests read it.
//!
//! A rule is a test case, a subject is a test suite. JUnit knows no warning: a rule that should be
//! kept and is not is a skipped test that says why, so that what fails there fails here as well.

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};

use super::{Report, RuleOutcome};
use ravenry_protocol::rules::{self, Rule, Weight};

/// What a test server calls an error is a test that could not run; here that is a skipped one, which
/// says why. Schemas want the number all the same.
const NO_ERRORS: &str = "0";

/// The report, ending in a newline.
///
/// # Errors
/// None: it is written to memory.
pub fn page(report: &Report) -> io::Result<String> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let seconds = format!("{:.3}", report.took.as_secs_f64());
    let all = [
        ("name", "ravenry check"),
        ("tests", &counted(report, |_, _| true)),
        ("failures", &counted(report, fails)),
        ("errors", NO_ERRORS),
        ("skipped", &counted(report, is_skipped)),
        ("time", &seconds),
    ];
    let suites = writer.create_element("testsuites").with_attributes(all);
    suites.write_inner_content(|writer| {
        for subject in rules::SUBJECTS {
            let own = |rule: &Rule| rule.id.starts_with(subject.letter);
            let attributes = [
                ("name", subject.title),
                ("tests", &counted(report, |rule, _| own(rule))),
                (
                    "failures",
                    &counted(report, |rule, outcome| own(rule) && fails(rule, outcome)),
                ),
                ("errors", NO_ERRORS),
                (
                    "skipped",
                    &counted(report, |rule, outcome| {
                        own(rule) && is_skipped(rule, outcome)
                    }),
                ),
            ];
            let suite = writer
                .create_element("testsuite")
                .with_attributes(attributes);
            suite.write_inner_content(|writer| {
                let cases = report.outcomes.iter().filter(|(rule, _)| own(rule));
                for (rule, outcome) in cases {
                    case(writer, &report.url, rule, outcome)?;
                }
                Ok(())
            })?;
        }
        Ok(())
    })?;
    let mut page = String::from_utf8(writer.into_inner()).map_err(io::Error::other)?;
    page.push('\n');
    Ok(page)
}

fn counted(report: &Report, wanted: impl Fn(&Rule, &RuleOutcome) -> bool) -> String {
    report.count(wanted).to_string()
}

fn fails(rule: &Rule, outcome: &RuleOutcome) -> bool {
    matches!(outcome, RuleOutcome::Failed(_)) && rule.weight == Weight::Must
}

fn is_skipped(rule: &Rule, outcome: &RuleOutcome) -> bool {
    *outcome != RuleOutcome::Passed && !fails(rule, outcome)
}

fn case(
    writer: &mut Writer<Vec<u8>>,
    url: &str,
    rule: &Rule,
    outcome: &RuleOutcome,
) -> io::Result<()> {
    let name = format!("{} {}", rule.id, rule.title);
    let case = writer
        .create_element("testcase")
        .with_attributes([("classname", url), ("name", &name)]);
    let (element, message, text) = match outcome {
        RuleOutcome::Passed => {
            case.write_empty()?;
            return Ok(());
        }
        RuleOutcome::NotApplicable(why) => ("skipped", why.clone(), None),
        RuleOutcome::Failed(broken) => {
            let (expected, got) = (&broken.expected, &broken.got);
            let bytes = broken.bytes.as_deref().unwrap_or("none");
            let text = format!(
                "asked: {}\nbytes: {bytes}\nsource: {}",
                broken.asked, rule.source
            );
            let message = format!("expected {expected}, got {got}");
            match rule.weight {
                Weight::Must => ("failure", message, Some(text)),
                Weight::Should => ("skipped", format!("warning: {message}"), Some(text)),
            }
        }
    };
    case.write_inner_content(|writer| {
        let element = writer
            .create_element(element)
            .with_attribute(("message", message.as_str()));
        match text {
            Some(text) => element.write_text_content(BytesText::new(&text))?,
            None => element.write_empty()?,
        };
        Ok(())
    })?;
    Ok(())
}
