//! The samples that stream a language model: the reader has each word as the model says it, whatever
//! goes wrong is told once, and the key is the model's host's alone.

use serde_json::json;

use crate::sample_tests::{Sample, models};

/// Asserts this of both of them.
fn both(check: impl Fn(&Sample)) {
    for bot in ["wrapper", "chat-cat"] {
        check(&Sample::in_rust(bot));
    }
}

#[test]
fn each_word_is_handed_on_before_the_next_is_said() {
    let check = models::each_word_is_handed_on_before_the_next_is_said;
    check(&Sample::in_rust("wrapper"), &models::wrapper_asks());
    let (query, mut turns) = models::conversation(60);
    turns.insert(0, json!({ "role": "system", "content": "CHARACTER" }));
    let body = json!({
        "model": "gpt-4o-mini", "messages": turns, "temperature": 0, "stream": true,
    });
    check(&Sample::in_rust("chat-cat"), &(query, body));
}

#[test]
fn what_goes_wrong_at_the_model_is_told_once() {
    both(models::what_goes_wrong_is_told_once);
}

#[test]
fn a_key_that_comes_back_is_masked() {
    models::a_key_that_comes_back_is_masked(&Sample::in_rust("wrapper"));
}

#[test]
fn a_model_that_never_answers_is_left_when_the_time_is_up() {
    both(models::a_silent_model_is_left);
}

#[test]
fn a_reader_who_leaves_hangs_up_on_the_model() {
    both(models::a_reader_who_leaves_hangs_up_on_the_model);
}

#[test]
fn without_the_right_access_key_nobody_is_asked() {
    models::without_the_access_key_nobody_is_asked(&Sample::in_rust("wrapper"));
}
