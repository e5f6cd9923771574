//! Other bots that fail, at each step of each sample: the reply ends with one clear error and `done`,
//! what was said before stays, and nobody is asked in vain.

use ravenry_desk::simulator::Answer;

use super::weather::{self, calls};
use super::{KEY, Sample, ask, gateway};
use crate::harness::{self, FakePoe, Script};
use crate::sample_tests::{
    failures::{Chain, any_failure_is_one_error, mount_without_the_platform, what_was_said_stays},
    outfit,
};

/// All samples that ask one bot after another.
pub(super) fn chains() -> Vec<Chain> {
    let says = |text: &str| Answer::stream().text(text).done();
    let chain = |bot, steps| Chain {
        sample: Sample::in_rust(bot),
        query: |_| harness::query("go"),
        steps,
    };
    vec![
        chain("prompt", vec![("Claude-3-Haiku", says("Old pond"))]),
        chain("all-caps", vec![("GPT-3.5-Turbo", says("hi"))]),
        weather::chain(Sample::in_rust("weather")),
        chain(
            "weather-loop",
            vec![
                ("GPT-4o", calls(&[("get_weather", "{}")])),
                ("GPT-4o", calls(&[("get_weather", "{}")])),
                ("GPT-4o", says("22")),
            ],
        ),
        chain(
            "coder",
            vec![
                ("Claude-3.5-Sonnet", says("print(x)")),
                ("Python", says("NameError: x")),
                ("Claude-3.5-Sonnet", says("print(1)")),
                ("Python", says("1")),
                ("Claude-3.5-Sonnet", says("One.")),
            ],
        ),
        outfit::chain(Sample::in_rust("outfit")),
    ]
}

#[test]
fn a_failure_at_any_step_ends_the_reply_with_one_clear_error() {
    any_failure_is_one_error(&chains());
}

/// What was said before the step that failed is still there.
#[test]
fn a_failure_leaves_what_was_said_before() {
    for chain in chains() {
        match chain.sample.bot.as_str() {
            "coder" => what_was_said_stays(&chain, "Summarizing the final output...\nhalf"),
            "outfit" => what_was_said_stays(&chain, outfit::BEFORE_THE_PAINTING),
            _ => {}
        }
    }
}

/// All samples mount on a machine without keys and without the platform. Those that need it say so in
/// an error that a person can read; the others work.
#[test]
fn samples_mount_without_keys_and_without_the_platform() {
    let chains = chains().into_iter().map(|chain| chain.sample);
    let with_platform: Vec<Sample> = chains.chain([Sample::in_rust("versus")]).collect();
    let alone = ["http-request", "log"].map(Sample::in_rust);
    mount_without_the_platform(&with_platform, &alone);
}

/// The reader of a sample that is mounted without a key is not asked for one.
#[test]
fn the_wrong_key_is_told_before_anybody_is_asked() {
    let poe = FakePoe::start().unwrap();
    poe.bot("Claude-3-Haiku", Script::text("Old pond"));
    let server = gateway(&poe, &["prompt"]);
    assert_eq!(server.ask("prompt", "hi").status, 401);
    assert_eq!(poe.queries("Claude-3-Haiku").len(), 0);
    assert_eq!(ask(&server, "prompt", "hi").said(), "Old pond");
    assert_eq!(poe.queries("Claude-3-Haiku")[0].key(), Some(KEY));
}
