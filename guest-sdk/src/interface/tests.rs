//! What a bot says, and what the platform answers, keeps its meaning on the way across the border.

use serde_json::json;

use super::{
    bindings::ravenry::bot::{knowledge, poe, reply, types},
    keyvalue::store,
};
use crate::{
    Event, Failure, File, Meta, Stopped,
    cost::CostItem,
    document::{Document, DocumentInfo, Passage},
    failure::{KnowledgeError, PoeError, StoreError},
};

/// What another bot says keeps its kind; what has none of ours stays as it was said.
#[test]
fn what_another_bot_says_arrives_whole() {
    let said = |name: &str, text: &str, data: &str| {
        Event::from(poe::SaidEvent {
            name: name.to_owned(),
            text: text.to_owned(),
            index: Some(3),
            data: data.to_owned(),
        })
    };
    let (index, text) = (Some(3), "a".to_owned());
    let other = |name: &str, data| Event::Other {
        name: name.to_owned(),
        data,
    };
    let cases = [
        (
            said("text", "a", "{}"),
            Event::Text {
                index,
                text: text.clone(),
            },
        ),
        (
            said("replace_response", "a", "{}"),
            Event::Replace { index, text },
        ),
        (
            said("suggested_reply", "a", "{}"),
            Event::Suggest("a".to_owned()),
        ),
        (said("data", "a", "{}"), Event::Data("a".to_owned())),
        (
            said("json", "", r#"{"choices": []}"#),
            Event::Json(json!({"choices": []})),
        ),
        (
            said("meta", "", r#"{"linkify": true, "content_type": null}"#),
            Event::Meta(Meta {
                linkify: Some(true),
                ..Meta::default()
            }),
        ),
        (
            said(
                "file",
                "",
                r#"{"url": "u", "name": "n", "content_type": "c", "inline_ref": null}"#,
            ),
            Event::File(File {
                url: "u".to_owned(),
                name: "n".to_owned(),
                content_type: "c".to_owned(),
                inline_ref: None,
            }),
        ),
        (
            said("meta", "", r#"{"linkify": 1}"#),
            other("meta", json!({"linkify": 1})),
        ),
        (said("file", "", "{}"), other("file", json!({}))),
        (
            said("new_one", "", r#"{"x": 1}"#),
            other("new_one", json!({"x": 1})),
        ),
        (said("New!", "", "nonsense"), other("New!", json!({}))),
    ];
    for (event, expected) in cases {
        assert_eq!(event, expected);
    }
}

#[test]
fn errors_of_the_platform_keep_their_reason() {
    let why = || "why".to_owned();
    let failure = types::Failure {
        text: Some(why()),
        allow_retry: false,
        error_type: Some("x".to_owned()),
    };
    let reasons = [
        (poe::PoeError::Denied(why()), PoeError::Denied(why())),
        (poe::PoeError::Invalid(why()), PoeError::Invalid(why())),
        (
            poe::PoeError::Said(failure),
            PoeError::Said(Failure::new("why").no_retry().error_type("x")),
        ),
        (poe::PoeError::Broken(why()), PoeError::Broken(why())),
        (poe::PoeError::InsufficientFund, PoeError::InsufficientFund),
        (poe::PoeError::TooLarge(why()), PoeError::TooLarge(why())),
        (
            poe::PoeError::Stopped(reply::Stopped::Gone),
            PoeError::Stopped(Stopped::Gone),
        ),
        (poe::PoeError::Other(why()), PoeError::Other(why())),
    ];
    for (generated, plain) in reasons {
        assert_eq!(PoeError::from(generated), plain);
    }
    let item = poe::CostItem::from(CostItem::milli_cents(7).description("words"));
    assert_eq!(item.amount_usd_milli_cents, 7);
    assert_eq!(item.description.as_deref(), Some("words"));
}

#[test]
fn errors_of_the_store_keep_their_reason() {
    let why = || "why".to_owned();
    let full = || "the store is full: no more than 2 entries of the bot are kept".to_owned();
    let away = || "the store is unavailable: the database does not answer".to_owned();
    let reasons = [
        (store::Error::NoSuchStore, StoreError::NoSuchStore),
        (store::Error::AccessDenied, StoreError::AccessDenied),
        (store::Error::Other(why()), StoreError::Other(why())),
        (store::Error::Other(full()), StoreError::Full(full())),
        (store::Error::Other(away()), StoreError::Unavailable(away())),
    ];
    for (generated, plain) in reasons {
        assert_eq!(StoreError::from(generated), plain);
    }
}

#[test]
fn errors_of_the_knowledge_keep_their_reason() {
    use knowledge::KnowledgeError as Generated;
    let why = || "why".to_owned();
    let reasons = [
        (
            Generated::NoSuchCollection,
            KnowledgeError::NoSuchCollection,
        ),
        (Generated::Invalid(why()), KnowledgeError::Invalid(why())),
        (Generated::Full(why()), KnowledgeError::Full(why())),
        (
            Generated::Unavailable(why()),
            KnowledgeError::Unavailable(why()),
        ),
        (Generated::Other(why()), KnowledgeError::Other(why())),
    ];
    for (generated, plain) in reasons {
        assert_eq!(KnowledgeError::from(generated), plain);
    }
}

#[test]
fn documents_leave_and_passages_arrive_whole() {
    let text = |text: &str| text.to_owned();
    let document = Document::plain("i", "x").titled("t").from_source("s");
    let sent = knowledge::Document::from(document);
    let members = [
        &sent.id,
        &sent.title,
        &sent.source,
        &sent.text,
        &sent.format,
    ];
    assert_eq!(members, ["i", "t", "s", "x", "plain"]);
    let passage = Passage::from(knowledge::Passage {
        document: text("d"),
        title: text("t"),
        source: text("s"),
        headings: vec![text("h")],
        first_line: 3,
        last_line: 9,
        text: text("x"),
        score: 0.5,
    });
    let expected = Passage {
        document: text("d"),
        title: text("t"),
        source: text("s"),
        headings: vec![text("h")],
        first_line: 3,
        last_line: 9,
        text: text("x"),
        score: 0.5,
    };
    assert_eq!(passage, expected);
    let info = DocumentInfo::from(knowledge::DocumentInfo {
        id: text("i"),
        title: text("t"),
        source: text("s"),
        bytes: 7,
    });
    assert_eq!((info.id.as_str(), info.title.as_str()), ("i", "t"));
    assert_eq!((info.source.as_str(), info.bytes), ("s", 7));
}

#[test]
fn what_a_bot_says_leaves_whole() {
    let meta = types::MetaEvent::from(Meta {
        content_type: Some("text/plain".to_owned()),
        suggested_replies: Some(true),
        linkify: Some(false),
        refetch_settings: None,
    });
    assert_eq!(meta.content_type.as_deref(), Some("text/plain"));
    assert_eq!(
        (meta.suggested_replies, meta.linkify, meta.refetch_settings),
        (Some(true), Some(false), None)
    );

    let file = types::FileEvent::from(File {
        url: "url".to_owned(),
        content_type: "type".to_owned(),
        name: "name".to_owned(),
        inline_ref: Some("ref".to_owned()),
    });
    assert_eq!(
        (file.url.as_str(), file.content_type.as_str()),
        ("url", "type")
    );
    assert_eq!(
        (file.name.as_str(), file.inline_ref.as_deref()),
        ("name", Some("ref"))
    );

    let failure = types::Failure::from(Failure::new("text").no_retry().error_type("word"));
    assert_eq!(failure.text.as_deref(), Some("text"));
    assert_eq!(
        (failure.allow_retry, failure.error_type.as_deref()),
        (false, Some("word"))
    );
}

#[test]
fn refusals_keep_their_reason() {
    let reasons = [
        (reply::Stopped::TooLong, Stopped::TooLong),
        (reply::Stopped::Ended, Stopped::Ended),
        (reply::Stopped::Gone, Stopped::Gone),
        (
            reply::Stopped::Invalid("a".to_owned()),
            Stopped::Invalid("a".to_owned()),
        ),
        (
            reply::Stopped::Other("b".to_owned()),
            Stopped::Other("b".to_owned()),
        ),
    ];
    for (generated, plain) in reasons {
        assert_eq!(Stopped::from(generated), plain);
    }
}
