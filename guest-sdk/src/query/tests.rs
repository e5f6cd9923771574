//! The questions that a bot asks of a query, in ordinary and in odd conversations.

use serde_json::json;

use super::*;

fn conversation() -> Query {
    Query::from(vec![
        Message::system("Be brief."),
        Message::user("one"),
        Message::bot("two"),
        Message::user("three"),
    ])
}

#[test]
fn the_last_message_is_the_question_and_the_rest_is_history() {
    let query = conversation();
    assert_eq!(query.last_text(), "three");
    assert_eq!(query.history(), &query.messages[..3]);
}

#[test]
fn an_empty_conversation_answers_every_question() {
    let query = Query::default();
    assert_eq!(query.last_text(), "");
    assert_eq!(query.last_message(), None);
    assert_eq!(query.last_user_message(), None);
    assert_eq!(query.history(), &[]);
    assert_eq!(query.attachments(), &[]);
    assert_eq!(query.parameter("anything"), None);
}

#[test]
fn the_last_user_message_is_found_behind_tool_results() {
    let mut query = conversation();
    query.messages.push(Message::new(Role::Tool, "[]"));
    assert_eq!(query.last_text(), "[]");
    assert_eq!(
        query
            .last_user_message()
            .map(|message| message.content.as_str()),
        Some("three")
    );
}

#[test]
fn attachments_and_parameters_are_those_of_the_last_message() {
    let mut query = conversation();
    let attachment = Attachment {
        name: "cat.png".to_owned(),
        ..Attachment::default()
    };
    query.messages[1].attachments.push(Attachment::default());
    query.messages[3].attachments.push(attachment.clone());
    query.messages[1]
        .parameters
        .insert("words".to_owned(), json!(1));
    query.messages[3]
        .parameters
        .insert("words".to_owned(), json!("many"));
    assert_eq!(query.attachments(), &[attachment]);
    assert_eq!(query.parameter("words"), Some(&json!("many")));
    assert_eq!(query.parameter("verses"), None);
}

#[test]
fn a_quoted_message_is_found_and_a_wrong_index_is_none() {
    let mut query = conversation();
    query.referenced_messages = vec![Message::bot("quoted")];
    let quoting = |index| Message {
        referenced_message: index,
        ..Message::default()
    };
    assert_eq!(
        query.referenced(&quoting(Some(0))),
        Some(&Message::bot("quoted"))
    );
    assert_eq!(query.referenced(&quoting(Some(1))), None);
    assert_eq!(query.referenced(&quoting(Some(u32::MAX))), None);
    assert_eq!(query.referenced(&quoting(None)), None);
}

#[test]
fn roles_keep_their_word() {
    for word in ["system", "user", "bot", "tool", "assistant", ""] {
        assert_eq!(Role::from(word.to_owned()).to_string(), word);
    }
    assert_eq!(Role::from("tool".to_owned()), Role::Tool);
    assert_eq!(
        Role::from("User".to_owned()),
        Role::Other("User".to_owned())
    );
}

/// Everything that a message can hold.
fn full() -> Message {
    Message {
        role: Role::Bot,
        content: "c".to_owned(),
        message_type: Some("function_call".to_owned()),
        content_type: "text/plain".to_owned(),
        timestamp: 7,
        message_id: "m".to_owned(),
        sender: Some(Sender {
            id: None,
            name: Some("Ann".to_owned()),
        }),
        feedback: vec![MessageFeedback {
            feedback_type: "like".to_owned(),
            reason: None,
        }],
        attachments: vec![Attachment {
            url: "u".to_owned(),
            content_type: "image/png".to_owned(),
            name: "n".to_owned(),
            inline_ref: Some("r".to_owned()),
            parsed_content: None,
        }],
        parameters: Map::from_iter([("words".to_owned(), json!(3))]),
        metadata: Some("d".to_owned()),
        referenced_message: None,
        reactions: vec![MessageReaction {
            user_id: "u".to_owned(),
            reaction: "heart".to_owned(),
        }],
    }
}

#[test]
fn a_message_is_written_as_the_protocol_does_and_read_back() {
    let written = full().to_json();
    assert_eq!(
        written,
        json!({
            "role": "bot", "content": "c", "message_type": "function_call",
            "content_type": "text/plain", "timestamp": 7, "message_id": "m",
            "sender": {"name": "Ann"}, "feedback": [{"type": "like", "reason": null}],
            "attachments": [{"url": "u", "content_type": "image/png", "name": "n", "inline_ref": "r"}],
            "reactions": [{"user_id": "u", "reaction": "heart"}],
            "parameters": {"words": 3}, "metadata": "d",
        })
    );
    assert_eq!(serde_json::from_value::<Message>(written).unwrap(), full());
    let through_text = serde_json::to_string(&full()).unwrap();
    assert_eq!(
        serde_json::from_str::<Message>(&through_text).unwrap(),
        full()
    );
}

/// The protocol grows, and other libraries write every default out.
#[test]
fn reading_a_message_is_tolerant() {
    let tolerant = [
        json!({"role": "user", "content": "c"}),
        json!({"role": "user", "content": "c", "new": {"deep": [1]}, "content_type": null,
               "timestamp": null, "message_id": null, "sender": null, "feedback": null,
               "attachments": null, "parameters": null, "metadata": null, "message_type": null,
               "referenced_message": {"role": "bot", "content": "x"}, "reactions": null}),
        json!({"role": "user", "content": "c", "feedback": [{}, 1], "attachments": [{}, null],
               "reactions": ["x"], "timestamp": "x", "parameters": []}),
    ];
    for message in tolerant {
        let read: Message = serde_json::from_value(message.clone()).unwrap();
        assert_eq!(read, Message::user("c"), "{message}");
    }
    for nonsense in [
        json!({"role": "user"}),
        json!({"content": "c"}),
        json!([]),
        json!("c"),
    ] {
        assert!(
            serde_json::from_value::<Message>(nonsense.clone()).is_err(),
            "{nonsense}"
        );
    }
}

#[test]
fn quoted_messages_are_written_within_those_that_quote_them() {
    let quotes = |content: &str, index| Message {
        referenced_message: Some(index),
        ..Message::user(content)
    };
    let query = Query {
        referenced_messages: vec![quotes("one", 1), Message::bot("two"), quotes("loop", 2)],
        ..Query::default()
    };
    let written = query.message_to_json(&quotes("zero", 0));
    let one = &written["referenced_message"];
    assert_eq!(
        (&one["content"], &one["referenced_message"]["content"]),
        (&json!("one"), &json!("two"))
    );
    assert_eq!(
        query
            .message_to_json(&quotes("x", 9))
            .get("referenced_message"),
        None
    );
    assert_eq!(quotes("x", 0).to_json().get("referenced_message"), None);
    // The interface promises that there are no cycles; one would still end.
    let endless = query.message_to_json(&quotes("x", 2)).to_string();
    assert_eq!(endless.matches("loop").count(), 16);
}
