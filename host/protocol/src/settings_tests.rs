//! The bytes of settings, and the sentences about them.

use super::*;
use crate::encode;

fn json(settings: &Settings) -> String {
    String::from_utf8(encode::settings(settings)).unwrap()
}

fn text(text: &str) -> String {
    text.to_owned()
}

#[test]
fn empty_settings_say_only_their_version() {
    assert_eq!(json(&Settings::default()), r#"{"response_version": 2}"#);
    assert!(lint(&Settings::default()).is_empty());
}

#[test]
fn full_settings_have_their_exact_bytes() {
    let settings = Settings {
        server_bot_dependencies: vec![("GPT-4o".to_owned(), 1), ("Écho".to_owned(), 100)],
        allow_attachments: Some(true),
        expand_text_attachments: Some(false),
        enable_image_comprehension: Some(true),
        introduction_message: Some(text("Hi\n😀")),
        enforce_author_role_alternation: Some(false),
        enable_multi_entity_prompting: Some(true),
        rate_card: Some(text("[usd_milli_cents=200] a message")),
        cost_label: Some(text("[usd_milli_cents=200]+")),
        parameter_controls: Some(text(
            r#"{"api_version":"2","sections":[{"controls":[{"control":"divider"}]}]}"#,
        )),
        extra: Some(text(r#"{"allow_user_context_clear":true}"#)),
    };
    assert_eq!(
        json(&settings),
        concat!(
            r#"{"response_version": 2, "#,
            r#""server_bot_dependencies": {"GPT-4o": 1, "\u00c9cho": 100}, "#,
            r#""allow_attachments": true, "expand_text_attachments": false, "#,
            r#""enable_image_comprehension": true, "introduction_message": "Hi\n\ud83d\ude00", "#,
            r#""enforce_author_role_alternation": false, "enable_multi_entity_prompting": true, "#,
            r#""rate_card": "[usd_milli_cents=200] a message", "#,
            r#""cost_label": "[usd_milli_cents=200]+", "#,
            r#""parameter_controls": {"api_version": "2", "sections": "#,
            r#"[{"controls": [{"control": "divider"}]}]}, "allow_user_context_clear": true}"#,
        )
    );
    assert_eq!(lint(&settings), [""; 0]);
}

/// A member of `extra` takes the place of the field with its name, also of the version.
#[test]
fn extra_members_win() {
    let settings = Settings {
        allow_attachments: Some(true),
        extra: Some(text(
            r#"{"allow_attachments":null,"response_version":1,"new":[1]}"#,
        )),
        ..Settings::default()
    };
    assert_eq!(
        json(&settings),
        r#"{"response_version": 1, "allow_attachments": null, "new": [1]}"#
    );
}

/// What is not JSON would lose all settings; it is left out instead, and said.
#[test]
fn broken_json_is_left_out() {
    let settings = Settings {
        parameter_controls: Some(text("{\"api_version\": \"2\",}")),
        extra: Some(text("[]")),
        ..Settings::default()
    };
    assert_eq!(json(&settings), r#"{"response_version": 2}"#);
    assert_eq!(
        lint(&settings),
        [
            "`parameter_controls` is left out: it is not JSON at line 1, column 21: trailing comma.",
            "`extra` is left out: it is an array, not a JSON object.",
        ]
    );
}

#[test]
fn mistakes_that_the_platform_drops_are_said() {
    let settings = Settings {
        server_bot_dependencies: vec![
            ("A\n".to_owned(), 0),
            ("B".to_owned(), 101),
            ("B".to_owned(), 1),
            (String::new(), 1),
        ],
        rate_card: Some(text("[usd_milli_cents=1.5] and [usd_milli_cents=2]")),
        cost_label: Some(text("[usd_milli_cents]")),
        extra: Some(text(
            r#"{"response_version":1,"memmory":1,"parameter_controls":{"api_version":"1","sections":[]}}"#,
        )),
        ..Settings::default()
    };
    assert_eq!(
        lint(&settings),
        [
            "`server_bot_dependencies` allows 0 calls to `A\\n`; the platform takes 1 to 100.",
            "`server_bot_dependencies` allows 101 calls to `B`; the platform takes 1 to 100.",
            "`server_bot_dependencies` names `B` twice; the last number counts.",
            "`server_bot_dependencies` names a bot without a name.",
            "`rate_card` has a price mark that is not of the form `[usd_milli_cents=N]`.",
            "`cost_label` has a price mark that is not of the form `[usd_milli_cents=N]`.",
            "`extra` has the member `memmory`, which the platform is not known to take; it may drop all settings.",
            "`response_version` is below 2; the platform then drops `parameter_controls`.",
            "`parameter_controls.api_version` is not \"2\", the only version that there is.",
            "`parameter_controls.sections` is empty.",
        ]
    );
}

/// A bot cannot fill the log with its mistakes.
#[test]
fn sentences_are_bounded() {
    let settings = Settings {
        server_bot_dependencies: vec![("B".to_owned(), 0); 1000],
        ..Settings::default()
    };
    let sentences = lint(&settings);
    assert_eq!(sentences.len(), 51);
    assert_eq!(sentences[50], "There are more mistakes.");
}
