//! The samples in JavaScript: what is asked of their brothers in Rust is asked of them. Needs Node, and its registry.

use std::{path::Path, process::Command, sync::OnceLock};

use crate::components::{self, repository};
use crate::harness::Server;
use crate::sample_tests::{
    Sample, cat,
    failures::{self, Chain},
    models, outfit, versus, weather,
};

const SAMPLES: [&str; 5] = [
    "cat-javascript",
    "outfit-javascript",
    "versus-javascript",
    "weather-javascript",
    "wrapper-javascript",
];

/// A sample whose code is compiled: each has an engine of its own, which takes some seconds.
fn sample(bot: &str) -> Sample {
    static COMPILED: OnceLock<()> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let section = |bot: &str| {
            let source = components::sample(bot).source;
            format!("[bot.{bot}]\nsource = {source:?}\n")
        };
        let server = Server::start(&SAMPLES.map(section).concat());
        server.wait_ready();
    });
    components::sample(bot)
}

/// Those that ask one bot after another.
fn chains() -> [Chain; 2] {
    [
        weather::chain(sample("weather-javascript")),
        outfit::chain(sample("outfit-javascript")),
    ]
}

#[test]
fn the_cat_is_the_same_cat() {
    let cat = sample("cat-javascript");
    cat::is_the_same_cat(&cat);
    cat::waits_like_the_cat(&cat);
    cat::a_reader_who_leaves_ends_it(&cat);
}

#[test]
fn a_failure_at_any_step_ends_the_reply_with_one_clear_error() {
    failures::any_failure_is_one_error(&chains());
}

#[test]
fn a_failure_leaves_what_was_said_before() {
    let chain = outfit::chain(sample("outfit-javascript"));
    failures::what_was_said_stays(&chain, outfit::BEFORE_THE_PAINTING);
}

#[test]
fn who_leaves_at_any_step_hangs_up_on_the_bot_that_was_asked() {
    failures::who_leaves_hangs_up(&chains());
    versus::who_leaves_hangs_up_on_both(&sample("versus-javascript"));
}

#[test]
fn samples_mount_without_keys_and_without_the_platform() {
    let with_platform = [
        "outfit-javascript",
        "versus-javascript",
        "weather-javascript",
    ];
    failures::mount_without_the_platform(&with_platform.map(sample), &[sample("cat-javascript")]);
}

#[test]
fn outfit_does_what_its_brother_does() {
    let outfit = sample("outfit-javascript");
    outfit::recommends_and_shows_a_top(&outfit);
    outfit::says_what_is_missing(&outfit);
    outfit::takes_the_newest_image_and_the_last_word(&outfit);
}

#[test]
fn versus_does_what_its_brother_does() {
    let versus = sample("versus-javascript");
    versus::shows_both_answers_as_they_grow(&versus);
    versus::shows_long_answers_in_few_pages(&versus);
    versus::tells_each_rival_its_own_words_only(&versus);
    versus::goes_on_with_the_one_that_is_left(&versus);
    versus::ends_with_an_error_when_nobody_is_left(&versus);
}

#[test]
fn weather_does_what_its_brother_does() {
    let weather = sample("weather-javascript");
    weather::asks_a_second_time(&weather);
    weather::hands_on_an_answer_without_calls(&weather);
}

#[test]
fn wrapper_does_what_its_brother_does() {
    let wrapper = sample("wrapper-javascript");
    models::each_word_is_handed_on_before_the_next_is_said(&wrapper, &models::wrapper_asks());
    models::a_key_that_comes_back_is_masked(&wrapper);
    models::without_the_access_key_nobody_is_asked(&wrapper);
    models::what_goes_wrong_is_told_once(&wrapper);
    models::a_silent_model_is_left(&wrapper);
    models::a_reader_who_leaves_hangs_up_on_the_model(&wrapper);
}

/// The tests of the package and of the samples, without WebAssembly, as their pages say them.
#[test]
fn their_own_tests_pass() {
    // Builds install what the package needs, and nothing may be taken away meanwhile.
    sample("cat-javascript");
    for directory in ["guest-sdk/javascript", "plugins/javascript"].map(repository) {
        let install = ["ci", "--no-audit", "--no-fund"];
        if !directory.join("node_modules").exists() {
            npm(&directory, &install);
        }
        npm(&directory, &["test"]);
    }
}

fn npm(directory: &Path, arguments: &[&str]) {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("this test needs Node 20 with npm");
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "npm {arguments:?} in {}\n{said}\n{errors}",
        directory.display()
    );
}
