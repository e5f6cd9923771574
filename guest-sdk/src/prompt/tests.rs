//! What models read of a conversation: the same as with the platform's reference library.

use serde_json::json;

use super::*;
use crate::Attachment;

fn file(name: &str, content_type: &str, parsed: Option<&str>) -> Attachment {
    Attachment {
        url: format!("https://files.test/{name}"),
        name: name.to_owned(),
        content_type: content_type.to_owned(),
        parsed_content: parsed.map(str::to_owned),
        inline_ref: None,
    }
}

fn with(attachments: Vec<Attachment>) -> Message {
    Message {
        attachments,
        ..Message::user("what is this?")
    }
}

fn text_of(name: &str, content: &str) -> String {
    format!("Below is the content of {name}:\n\n{content}")
}

fn url_of(name: &str, content: &str) -> String {
    format!(
        "Assume you can access the external URL {name}. Use the URL's content below to respond to \
         the queries:\n\n{content}"
    )
}

fn image_of(name: &str, analysis: &str) -> String {
    format!(
        "I have uploaded an image ({name}). Assume that you can see the attached image. First, read \
         the image analysis:\n\n<image_analysis>{analysis}</image_analysis>\n\nUse any relevant \
         parts to inform your response. Do NOT reference the image analysis in your response. \
         Respond in the same language as my next message. "
    )
}

#[test]
fn each_kind_of_file_has_its_words() {
    let cases = [
        ("text/plain", "hello", Some(text_of("f", "hello"))),
        ("text/csv", "a,b", Some(text_of("f", "a,b"))),
        ("application/pdf", "page", Some(text_of("f", "page"))),
        ("text/html", "site", Some(url_of("f", "site"))),
        // Only the bare type is a site.
        (
            "text/html; charset=utf-8",
            "site",
            Some(text_of("f", "site")),
        ),
        ("image/png", "a cat", Some(image_of("f", "a cat"))),
        ("x/image-like", "a cat", Some(image_of("f", "a cat"))),
        (
            "image/png",
            "cat.png***a cat",
            Some(image_of("cat.png", "a cat")),
        ),
        (
            "image/png",
            "cat.png***a***cat",
            Some(image_of("cat.png", "a***cat")),
        ),
        ("image/png", "***a cat", Some(image_of("", "a cat"))),
        ("TEXT/PLAIN", "hello", None),
        ("Text/html", "hello", None),
        ("application/json", "{}", None),
        ("video/mp4", "a film", None),
        ("application/pdf; v=1", "page", None),
        ("", "hello", None),
        ("text/plain", "", None),
    ];
    for (content_type, parsed, expected) in cases {
        let mut messages = vec![with(vec![file("f", content_type, Some(parsed))])];
        insert_attachments(&mut messages);
        let last = messages.pop().unwrap();
        assert_eq!(last.content, "what is this?", "{content_type}");
        let inserted: Vec<_> = messages.iter().map(|m| m.content.clone()).collect();
        assert_eq!(
            inserted,
            Vec::from_iter(expected),
            "{content_type} {parsed}"
        );
    }
}

#[test]
fn texts_come_before_images_right_before_the_last_message() {
    let last = with(vec![
        file("a.txt", "text/plain", Some("A")),
        file("b.png", "image/png", Some("b.png***B")),
        file("c.jpg", "image/jpeg", Some("C")),
        file("d.pdf", "application/pdf", Some("D")),
        file("e.html", "text/html", Some("E")),
        file("f.mp4", "video/mp4", None),
    ]);
    let first = with(vec![file("old.txt", "text/plain", Some("old"))]);
    let mut messages = vec![first.clone(), Message::bot("aha"), last.clone()];
    insert_attachments(&mut messages);
    let expected = [
        first,
        Message::bot("aha"),
        Message::user(text_of("a.txt", "A")),
        Message::user(text_of("d.pdf", "D")),
        Message::user(url_of("e.html", "E")),
        Message::user(image_of("b.png", "B")),
        Message::user(image_of("c.jpg", "C")),
        last,
    ];
    assert_eq!(messages, expected);
}

/// Whose message is the last does not matter, and an empty conversation stays empty.
#[test]
fn the_last_message_counts_whatever_its_role() {
    let bot = Message {
        role: Role::Bot,
        ..with(vec![file("a", "text/plain", Some("A"))])
    };
    let mut messages = vec![bot.clone()];
    insert_attachments(&mut messages);
    assert_eq!(messages, [Message::user(text_of("a", "A")), bot]);
    let mut none = Vec::new();
    insert_attachments(&mut none);
    assert_eq!(none, []);
}

#[test]
fn neighbours_of_one_role_are_joined() {
    type Said<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Said<'_>, Said<'_>); 5] = [
        (&[], &[]),
        (&[("user", "a")], &[("user", "a")]),
        (
            &[("user", "a"), ("bot", "b"), ("user", "c")],
            &[("user", "a"), ("bot", "b"), ("user", "c")],
        ),
        (
            &[
                ("system", "s"),
                ("system", "t"),
                ("user", "a"),
                ("user", "b"),
            ],
            &[("system", "s\n\nt"), ("user", "a\n\nb")],
        ),
        (
            &[("new", ""), ("new", "x"), ("new", "y"), ("bot", "z")],
            &[("new", "\n\nx\n\ny"), ("bot", "z")],
        ),
    ];
    let message =
        |(role, content): &(&str, &str)| Message::new(Role::from((*role).to_owned()), *content);
    for (messages, expected) in cases {
        let messages: Vec<_> = messages.iter().map(message).collect();
        let expected: Vec<_> = expected.iter().map(message).collect();
        assert_eq!(alternate_roles(&messages), expected);
    }
}

#[test]
fn files_of_later_messages_come_first_and_once() {
    let url = |url: &str, name: &str| Attachment {
        url: url.to_owned(),
        name: name.to_owned(),
        ..Attachment::default()
    };
    let first = Message {
        message_id: "m-1".to_owned(),
        ..with(vec![url("a", "first"), url("b", "first")])
    };
    let second = Message {
        message_id: "m-2".to_owned(),
        ..with(vec![
            url("b", "second"),
            url("c", "second"),
            url("c", "twice"),
        ])
    };
    let joined = alternate_roles([&first, &second]);
    assert_eq!(joined.len(), 1);
    assert_eq!(joined[0].message_id, "m-1");
    assert_eq!(
        joined[0].attachments,
        [url("b", "second"), url("c", "second"), url("a", "first")]
    );
}

#[test]
fn the_last_messages_are_at_most_as_many() {
    let messages = ["a", "b", "c"].map(Message::user);
    assert_eq!(last(&messages, 2), &messages[1..]);
    assert_eq!(last(&messages, 9), &messages);
    assert_eq!(last(&messages, 0), &[]);
}

#[test]
fn a_bot_is_an_assistant_elsewhere() {
    let call = Message {
        message_type: Some("function_call".to_owned()),
        ..Message::bot("[]")
    };
    let messages = [
        Message::system("s"),
        Message::user("u"),
        call,
        Message::new(Role::Tool, "[]"),
        Message::bot("b"),
        Message::new(Role::Other("new".to_owned()), "n"),
    ];
    assert_eq!(
        role_content(&messages),
        json!([
            {"role": "system", "content": "s"},
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": "b"},
        ])
    );
}
