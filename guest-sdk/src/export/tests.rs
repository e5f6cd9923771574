//! Nothing is lost or swapped on the way across the component's border.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::glue::bindings::ravenry::bot::types;
use crate::{
    ErrorReport, Feedback, Reaction,
    query::{Attachment, Message, MessageFeedback, MessageReaction, Query, Role, Sender, User},
    settings::{ParameterControls, Settings},
};

fn generated_message() -> types::Message {
    types::Message {
        role: "bot".to_owned(),
        content: "content".to_owned(),
        message_type: Some("function_call".to_owned()),
        content_type: "text/plain".to_owned(),
        timestamp: -1,
        message_id: "m".to_owned(),
        sender: Some(types::Sender {
            id: Some("id".to_owned()),
            name: Some("name".to_owned()),
        }),
        feedback: vec![types::MessageFeedback {
            feedback_type: "like".to_owned(),
            reason: Some("reason".to_owned()),
        }],
        attachments: vec![types::Attachment {
            url: "url".to_owned(),
            content_type: "image/png".to_owned(),
            name: "name".to_owned(),
            inline_ref: Some("ref".to_owned()),
            parsed_content: Some("parsed".to_owned()),
        }],
        parameters: r#"{"words": 7}"#.to_owned(),
        metadata: Some("metadata".to_owned()),
        referenced_message: Some(3),
        reactions: vec![types::MessageReaction {
            user_id: "u".to_owned(),
            reaction: "heart".to_owned(),
        }],
    }
}

fn message() -> Message {
    Message {
        role: Role::Bot,
        content: "content".to_owned(),
        message_type: Some("function_call".to_owned()),
        content_type: "text/plain".to_owned(),
        timestamp: -1,
        message_id: "m".to_owned(),
        sender: Some(Sender {
            id: Some("id".to_owned()),
            name: Some("name".to_owned()),
        }),
        feedback: vec![MessageFeedback {
            feedback_type: "like".to_owned(),
            reason: Some("reason".to_owned()),
        }],
        attachments: vec![Attachment {
            url: "url".to_owned(),
            content_type: "image/png".to_owned(),
            name: "name".to_owned(),
            inline_ref: Some("ref".to_owned()),
            parsed_content: Some("parsed".to_owned()),
        }],
        parameters: Map::from_iter([("words".to_owned(), json!(7))]),
        metadata: Some("metadata".to_owned()),
        referenced_message: Some(3),
        reactions: vec![MessageReaction {
            user_id: "u".to_owned(),
            reaction: "heart".to_owned(),
        }],
    }
}

fn generated_query() -> types::Query {
    types::Query {
        version: "1.2".to_owned(),
        messages: vec![generated_message()],
        referenced_messages: vec![generated_message(), generated_message()],
        user_id: "u".to_owned(),
        conversation_id: "c".to_owned(),
        message_id: "m".to_owned(),
        metadata: "d".to_owned(),
        temperature: Some(0.5),
        skip_system_prompt: true,
        logit_bias: vec![("token".to_owned(), -100.0)],
        stop_sequences: vec!["stop".to_owned()],
        language_code: "de".to_owned(),
        adopt_current_bot_name: Some(false),
        bot_query_id: "q".to_owned(),
        users: vec![types::User {
            id: "u".to_owned(),
            name: Some("Ann".to_owned()),
        }],
        tools: Some("[1]".to_owned()),
        tool_calls: Some("[2]".to_owned()),
        tool_results: Some("[3]".to_owned()),
        query_creation_time: Some(4),
        extra_params: Some(r#"{"five": 5}"#.to_owned()),
    }
}

#[test]
fn a_query_arrives_whole() {
    let expected = Query {
        version: "1.2".to_owned(),
        messages: vec![message()],
        referenced_messages: vec![message(), message()],
        user_id: "u".to_owned(),
        conversation_id: "c".to_owned(),
        message_id: "m".to_owned(),
        metadata: "d".to_owned(),
        temperature: Some(0.5),
        skip_system_prompt: true,
        logit_bias: BTreeMap::from([("token".to_owned(), -100.0)]),
        stop_sequences: vec!["stop".to_owned()],
        language_code: "de".to_owned(),
        adopt_current_bot_name: Some(false),
        bot_query_id: "q".to_owned(),
        users: vec![User {
            id: "u".to_owned(),
            name: Some("Ann".to_owned()),
        }],
        tools: Some(json!([1])),
        tool_calls: Some(json!([2])),
        tool_results: Some(json!([3])),
        query_creation_time: Some(4),
        extra_params: Some(json!({"five": 5})),
    };
    assert_eq!(Query::from(generated_query()), expected);
}

/// A bot goes on where a field is not the JSON that the interface promises.
#[test]
fn broken_json_counts_as_left_out() {
    for broken in ["", "{", "nonsense", "[1]trailing"] {
        let query = Query::from(types::Query {
            messages: vec![types::Message {
                parameters: broken.to_owned(),
                ..generated_message()
            }],
            tools: Some(broken.to_owned()),
            extra_params: Some(broken.to_owned()),
            ..generated_query()
        });
        assert_eq!((query.tools, query.extra_params), (None, None), "{broken}");
        assert_eq!(query.messages[0].parameters, Map::new(), "{broken}");
    }
    let list = types::Message {
        parameters: "[1]".to_owned(),
        ..generated_message()
    };
    assert_eq!(Message::from(list).parameters, Map::new());
}

#[test]
fn reports_arrive_whole() {
    let feedback = Feedback::from(types::Feedback {
        message_id: "m".to_owned(),
        user_id: "u".to_owned(),
        conversation_id: "c".to_owned(),
        feedback_type: "like".to_owned(),
    });
    let parts = (
        feedback.message_id,
        feedback.user_id,
        feedback.conversation_id,
    );
    assert_eq!(
        (parts.0.as_str(), parts.1.as_str(), parts.2.as_str()),
        ("m", "u", "c")
    );
    assert_eq!(feedback.feedback_type, "like");

    let reaction = Reaction::from(types::Reaction {
        message_id: "m".to_owned(),
        user_id: "u".to_owned(),
        conversation_id: "c".to_owned(),
        reaction: "sad".to_owned(),
    });
    let parts = (
        reaction.message_id,
        reaction.user_id,
        reaction.conversation_id,
    );
    assert_eq!(
        (parts.0.as_str(), parts.1.as_str(), parts.2.as_str()),
        ("m", "u", "c")
    );
    assert_eq!(reaction.reaction, "sad");

    let report = ErrorReport::from(types::ErrorReport {
        message: "bad".to_owned(),
        metadata: r#"{"a": 1}"#.to_owned(),
    });
    assert_eq!(report.message, "bad");
    assert_eq!(report.metadata["a"], 1);
}

#[test]
fn settings_leave_whole_and_empty_ones_stay_empty() {
    let none = types::BotSettings::from(Settings::default());
    assert_eq!(
        (none.extra, none.parameter_controls, none.rate_card),
        (None, None, None)
    );
    assert!(none.server_bot_dependencies.is_empty());

    let all = types::BotSettings::from(Settings {
        server_bot_dependencies: BTreeMap::from([("Other".to_owned(), 2)]),
        allow_attachments: Some(true),
        expand_text_attachments: Some(false),
        enable_image_comprehension: Some(true),
        introduction_message: Some("hello".to_owned()),
        enforce_author_role_alternation: Some(false),
        enable_multi_entity_prompting: Some(true),
        rate_card: Some("card".to_owned()),
        cost_label: Some("label".to_owned()),
        parameter_controls: Some(ParameterControls::default()),
        extra: Map::from_iter([("new".to_owned(), json!(1))]),
    });
    assert_eq!(all.server_bot_dependencies, [("Other".to_owned(), 2)]);
    let switches = [
        all.allow_attachments,
        all.expand_text_attachments,
        all.enable_image_comprehension,
        all.enforce_author_role_alternation,
        all.enable_multi_entity_prompting,
    ];
    assert_eq!(
        switches.map(Option::unwrap),
        [true, false, true, false, true]
    );
    let texts = [
        all.introduction_message,
        all.rate_card,
        all.cost_label,
        all.extra,
    ];
    assert_eq!(
        texts.map(Option::unwrap),
        ["hello", "card", "label", r#"{"new":1}"#]
    );
    assert_eq!(
        all.parameter_controls.as_deref(),
        Some(r#"{"api_version":"2","sections":[]}"#)
    );
}
