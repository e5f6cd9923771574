//! The questions that a bot asks of a query, in ordinary and in odd conversations.

use super::*;
use serde_json::json;

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
fn a_quoted_message_is_found_and_a_wrong_index_is_nobody() {
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
