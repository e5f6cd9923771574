//! The samples in Python: what is asked of their brothers in Rust is asked of them. Needs Python, and its registry.

use std::{fs, path::Path, process::Command};

use crate::components::{compiled, repository, sample};
use crate::harness::{Folder, Server};
use crate::sample_tests::{
    failures::{self, Chain},
    models, outfit, versus, weather,
};

/// The samples and their brothers.
const BROTHERS: [(&str, &str); 7] = [
    ("cat-python", "cat"),
    ("guide-python", "guide"),
    ("notes-python", "notes"),
    ("outfit-python", "outfit"),
    ("versus-python", "versus"),
    ("weather-python", "weather"),
    ("wrapper-python", "wrapper"),
];

/// Those that ask one bot after another.
fn chains() -> [Chain; 2] {
    [
        weather::chain(sample("weather-python")),
        outfit::chain(sample("outfit-python")),
    ]
}

/// The manifest of the samples, with components in place of files.
fn manifest() -> String {
    let text = fs::read_to_string(repository("plugins/python/ravenry.toml")).unwrap();
    let text = text.replace("only_when_named = true\n", "");
    BROTHERS.iter().fold(text, |text, (bot, brother)| {
        let component = sample(bot).source;
        text.replace(
            &format!("source = \"{brother}.py\""),
            &format!("source = {component:?}"),
        )
    })
}

#[test]
fn a_failure_at_any_step_ends_the_reply_with_one_clear_error() {
    failures::any_failure_is_one_error(&chains());
}

#[test]
fn a_failure_leaves_what_was_said_before() {
    let chain = outfit::chain(sample("outfit-python"));
    failures::what_was_said_stays(&chain, outfit::BEFORE_THE_PAINTING);
}

#[test]
fn who_leaves_at_any_step_hangs_up_on_the_bot_that_was_asked() {
    failures::who_leaves_hangs_up(&chains());
    versus::who_leaves_hangs_up_on_both(&sample("versus-python"));
}

#[test]
fn samples_mount_without_keys_and_without_the_platform() {
    let with_platform = ["outfit-python", "versus-python", "weather-python"].map(sample);
    failures::mount_without_the_platform(&with_platform, &[sample("cat-python")]);
}

#[test]
fn outfit_does_what_its_brother_does() {
    let outfit = sample("outfit-python");
    outfit::recommends_and_shows_a_top(&outfit);
    outfit::says_what_is_missing(&outfit);
    outfit::takes_the_newest_image_and_the_last_word(&outfit);
}

#[test]
fn versus_does_what_its_brother_does() {
    let versus = sample("versus-python");
    versus::shows_both_answers_as_they_grow(&versus);
    versus::shows_long_answers_in_few_pages(&versus);
    versus::tells_each_rival_its_own_words_only(&versus);
    versus::goes_on_with_the_one_that_is_left(&versus);
    versus::ends_with_an_error_when_nobody_is_left(&versus);
}

#[test]
fn weather_does_what_its_brother_does() {
    let weather = sample("weather-python");
    weather::asks_a_second_time(&weather);
    weather::hands_on_an_answer_without_calls(&weather);
}

#[test]
fn wrapper_hands_on_what_the_model_says() {
    let wrapper = sample("wrapper-python");
    models::each_word_is_handed_on_before_the_next_is_said(&wrapper, &models::wrapper_asks());
    models::a_key_that_comes_back_is_masked(&wrapper);
    models::without_the_access_key_nobody_is_asked(&wrapper);
}

#[test]
fn wrapper_tells_once_what_goes_wrong() {
    models::what_goes_wrong_is_told_once(&sample("wrapper-python"));
}

#[test]
fn wrapper_hangs_up_on_the_model() {
    let wrapper = sample("wrapper-python");
    models::a_silent_model_is_left(&wrapper);
    models::a_reader_who_leaves_hangs_up_on_the_model(&wrapper);
}

/// The manifest of the samples, where nobody has set anything.
#[test]
fn wrapper_says_what_is_missing() {
    let manifest = manifest().replace("manifest_version = 1\n", "");
    let server = Server::start(&manifest);
    models::without_its_secret_it_says_what_is_missing(&server, "wrapper-python", "OPENAI_API_KEY");
}

/// Their tests without WebAssembly, as their README says them.
#[test]
fn their_own_tests_pass() {
    let output = Command::new("python3")
        .args(["-m", "unittest", "discover", "-s", "tests"])
        .env("PYTHONPATH", ".:../../guest-sdk/python/src")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(repository("plugins/python"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

/// The conversations of the brothers, which `ravenry test` holds them against.
#[test]
fn the_conversations_of_the_brothers_are_theirs() {
    let folder = Folder::empty().file("ravenry.toml", manifest());
    let mut conversations = 0;
    for (bot, brother) in BROTHERS {
        let directory = repository("plugins").join(brother).join("tests");
        let Ok(files) = fs::read_dir(directory) else {
            continue;
        };
        for file in files {
            let file = file.unwrap().path();
            let name = file.file_name().unwrap().to_str().unwrap();
            let text = fs::read_to_string(&file).unwrap();
            let to = folder.path().join("tests").join(format!("{bot}-{name}"));
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, format!("bot = {bot:?}\n{text}")).unwrap();
            conversations += 1;
        }
    }
    assert!(conversations > 6, "{conversations}");
    check(folder.path(), conversations);
}

fn check(directory: &Path, conversations: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_ravenry"))
        .arg("test")
        .env("RAVENRY_LOG", "error")
        .env("RAVENRY_CACHE_DIR", compiled())
        .current_dir(directory)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let passed = format!("{conversations} passed, 0 failed");
    assert!(said.contains(&passed), "{said}\n{errors}");
}
