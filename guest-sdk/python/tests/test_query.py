"""The questions that a bot asks of a query, in ordinary and in odd conversations."""

from __future__ import annotations

import unittest
from typing import Any

from ravenry import (
    Attachment,
    Message,
    MessageFeedback,
    MessageReaction,
    Query,
    Sender,
    prompt,
)


def conversation() -> Query:
    return Query.of(
        [
            Message.system("Be brief."),
            Message.user("one"),
            Message.bot("two"),
            Message.user("three"),
        ]
    )


def full() -> Message:
    """Everything that a message can hold."""
    return Message(
        role="bot",
        content="c",
        message_type="function_call",
        content_type="text/plain",
        timestamp=7,
        message_id="m",
        sender=Sender(name="Ann"),
        feedback=[MessageFeedback("like")],
        attachments=[Attachment("u", "image/png", "n", "r")],
        parameters={"words": 3},
        metadata="d",
        reactions=[MessageReaction("u", "heart")],
    )


class QueryTest(unittest.TestCase):
    def test_the_last_message_is_the_question_and_the_rest_is_history(self) -> None:
        query = conversation()
        self.assertEqual(query.last_text, "three")
        self.assertEqual(query.history, query.messages[:3])
        self.assertEqual(Query.of("hi").messages, [Message.user("hi")])

    def test_an_empty_conversation_answers_every_question(self) -> None:
        query = Query()
        self.assertEqual((query.last_text, query.history, query.attachments), ("", [], []))
        self.assertIsNone(query.last_message)
        self.assertIsNone(query.last_user_message)
        self.assertEqual((query.parameters, query.parameter("x", 1)), ({}, 1))
        self.assertIsNone(query.parameter("x"))

    def test_the_last_user_message_is_found_behind_tool_results(self) -> None:
        query = conversation()
        query.messages.append(Message("tool", "[]"))
        self.assertEqual(query.last_text, "[]")
        assert query.last_user_message is not None
        self.assertEqual(query.last_user_message.content, "three")

    def test_attachments_and_parameters_are_those_of_the_last_message(self) -> None:
        query = conversation()
        query.messages[1].attachments.append(Attachment("old"))
        query.messages[3].attachments.append(Attachment("u", name="cat.png"))
        query.messages[1].parameters["words"] = 1
        query.messages[3].parameters["words"] = "many"
        self.assertEqual(query.attachments, [Attachment("u", name="cat.png")])
        self.assertEqual(query.parameters, {"words": "many"})
        self.assertEqual((query.parameter("words"), query.parameter("verses", 2)), ("many", 2))

    def test_a_message_is_written_as_the_protocol_does_and_read_back(self) -> None:
        written = full().to_json()
        self.assertEqual(
            written,
            {
                "role": "bot",
                "content": "c",
                "message_type": "function_call",
                "content_type": "text/plain",
                "timestamp": 7,
                "message_id": "m",
                "sender": {"name": "Ann"},
                "feedback": [{"type": "like", "reason": None}],
                "attachments": [
                    {"url": "u", "content_type": "image/png", "name": "n", "inline_ref": "r"}
                ],
                "reactions": [{"user_id": "u", "reaction": "heart"}],
                "parameters": {"words": 3},
                "metadata": "d",
            },
        )
        self.assertEqual(Message.from_json(written), full())

    def test_reading_a_message_is_tolerant(self) -> None:
        absent = (
            "content_type timestamp message_id sender feedback attachments parameters metadata"
            " message_type referenced_message reactions"
        )
        tolerant: list[dict[str, Any]] = [
            {},
            {"new": {"deep": [1]}, **dict.fromkeys(absent.split())},
            {"feedback": [{}, 1], "attachments": [{}, None], "reactions": ["x"]},
            {"timestamp": "x", "parameters": [], "sender": 3},
            {"referenced_message": {"role": "bot"}},
            {"timestamp": True, "metadata": 3},
        ]
        for members in tolerant:
            message = {"role": "user", "content": "c", **members}
            self.assertEqual(Message.from_json(message), Message.user("c"), members)
        nonsense: list[Any] = [{"role": "user"}, {"content": "c"}, [], "c", None]
        for members in nonsense:
            with self.assertRaises(ValueError, msg=str(members)):
                Message.from_json(members)

    def test_quoted_messages_are_written_within_those_that_quote_them(self) -> None:
        zero, one, two = Message.user("zero"), Message.user("one"), Message.bot("two")
        zero.referenced_message, one.referenced_message = one, two
        written = zero.to_json()
        self.assertEqual(
            written["referenced_message"]["referenced_message"]["content"], "two"
        )
        self.assertEqual(Message.from_json(written), zero)
        # The interface promises that there are no cycles; one would still end.
        loop = Message.user("loop")
        loop.referenced_message = loop
        self.assertEqual(str(loop.to_json()).count("'loop'"), 17)


def file(name: str, content_type: str, parsed: str | None) -> Attachment:
    return Attachment(f"https://files.test/{name}", content_type, name, None, parsed)


def with_files(*attachments: Attachment) -> Message:
    message = Message.user("what is this?")
    message.attachments = list(attachments)
    return message


def text_of(name: str, content: str) -> str:
    return f"Below is the content of {name}:\n\n{content}"


def url_of(name: str, content: str) -> str:
    return (
        f"Assume you can access the external URL {name}. Use the URL's content below to respond to"
        f" the queries:\n\n{content}"
    )


def image_of(name: str, analysis: str) -> str:
    return (
        f"I have uploaded an image ({name}). Assume that you can see the attached image. First,"
        f" read the image analysis:\n\n<image_analysis>{analysis}</image_analysis>\n\nUse any"
        " relevant parts to inform your response. Do NOT reference the image analysis in your response."
        " Respond in the same language as my next message. "
    )


class PromptTest(unittest.TestCase):
    def test_each_kind_of_file_has_its_words(self) -> None:
        cases = [
            ("text/plain", "hello", text_of("f", "hello")),
            ("text/csv", "a,b", text_of("f", "a,b")),
            ("application/pdf", "page", text_of("f", "page")),
            ("text/html", "site", url_of("f", "site")),
            ("text/html; charset=utf-8", "site", text_of("f", "site")),
            ("image/png", "a cat", image_of("f", "a cat")),
            ("x/image-like", "a cat", image_of("f", "a cat")),
            ("image/png", "cat.png***a cat", image_of("cat.png", "a cat")),
            ("image/png", "cat.png***a***cat", image_of("cat.png", "a***cat")),
            ("image/png", "***a cat", image_of("", "a cat")),
            ("TEXT/PLAIN", "hello", None),
            ("application/json", "{}", None),
            ("video/mp4", "a film", None),
            ("application/pdf; v=1", "page", None),
            ("", "hello", None),
            ("text/plain", "", None),
        ]
        for content_type, parsed, expected in cases:
            *inserted, last = prompt.insert_attachments(
                [with_files(file("f", content_type, parsed))]
            )
            self.assertEqual(last.content, "what is this?")
            words = [message.content for message in inserted]
            self.assertEqual(words, [] if expected is None else [expected], content_type)

    def test_texts_come_before_images_right_before_the_last_message(self) -> None:
        last = with_files(
            file("a.txt", "text/plain", "A"),
            file("b.png", "image/png", "b.png***B"),
            file("c.jpg", "image/jpeg", "C"),
            file("d.pdf", "application/pdf", "D"),
            file("e.html", "text/html", "E"),
            file("f.mp4", "video/mp4", None),
        )
        first = with_files(file("old.txt", "text/plain", "old"))
        words = [
            text_of("a.txt", "A"),
            text_of("d.pdf", "D"),
            url_of("e.html", "E"),
            image_of("b.png", "B"),
            image_of("c.jpg", "C"),
        ]
        self.assertEqual(
            prompt.insert_attachments([first, Message.bot("aha"), last]),
            [first, Message.bot("aha"), *map(Message.user, words), last],
        )
        self.assertEqual(prompt.insert_attachments([]), [])

    def test_neighbours_of_one_role_are_joined(self) -> None:
        cases: list[tuple[list[tuple[str, str]], list[tuple[str, str]]]] = [
            ([], []),
            ([("user", "a")], [("user", "a")]),
            (
                [("system", "s"), ("system", "t"), ("user", "a"), ("user", "b")],
                [("system", "s\n\nt"), ("user", "a\n\nb")],
            ),
            (
                [("new", ""), ("new", "x"), ("new", "y"), ("bot", "z")],
                [("new", "\n\nx\n\ny"), ("bot", "z")],
            ),
        ]
        for said, expected in cases:
            messages = [Message(*pair) for pair in said]
            joined = prompt.alternate_roles(messages)
            self.assertEqual(joined, [Message(*pair) for pair in expected])
            self.assertEqual(messages, [Message(*pair) for pair in said])

    def test_files_of_later_messages_come_first_and_once(self) -> None:
        first = with_files(Attachment("a", name="first"), Attachment("b", name="first"))
        second = with_files(*(Attachment(url, name="second") for url in "bcc"))
        first.message_id, second.message_id = "m-1", "m-2"
        [joined] = prompt.alternate_roles([first, second])
        self.assertEqual(joined.message_id, "m-1")
        found = [(one.url, one.name) for one in joined.attachments]
        self.assertEqual(found, [("b", "second"), ("c", "second"), ("a", "first")])
        self.assertEqual(len(first.attachments), 2)

    def test_the_last_messages_are_at_most_as_many(self) -> None:
        messages = [Message.user(letter) for letter in "abc"]
        self.assertEqual(prompt.last(messages, 2), messages[1:])
        self.assertEqual(prompt.last(messages, 9), messages)
        self.assertEqual(prompt.last(messages, 0), [])

    def test_a_bot_is_an_assistant_elsewhere(self) -> None:
        messages = [
            Message.system("s"),
            Message.user("u"),
            Message("bot", "[]", message_type="function_call"),
            Message("tool", "[]"),
            Message.bot("b"),
            Message("new", "n"),
        ]
        self.assertEqual(
            prompt.role_content(messages),
            [
                {"role": "system", "content": "s"},
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": "b"},
            ],
        )
