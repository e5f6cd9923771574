"""Nothing is lost or swapped on the way across the component's border."""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

import _fake_gateway as gateway
import _fake_wasi as wasi
from _bots import Does, quietly

gateway.install()

_hook = sys.excepthook
from ravenry import _component  # noqa: E402

sys.excepthook = _hook

from ravenry import (  # noqa: E402
    Attachment,
    Bot,
    ErrorReport,
    Failure,
    Feedback,
    Message,
    MessageFeedback,
    MessageReaction,
    Query,
    Reaction,
    Reply,
    Sender,
    Settings,
    Stopped,
    User,
    _backend,
    request,
)
from ravenry._component_convert import query_of, settings_to  # noqa: E402
from ravenry.settings import ParameterControls  # noqa: E402

types = gateway.types


def generated_message(**changed: Any) -> Any:
    members: dict[str, Any] = {
        "role": "bot",
        "content": "content",
        "message_type": "function_call",
        "content_type": "text/plain",
        "timestamp": -1,
        "message_id": "m",
        "sender": types.Sender("id", "name"),
        "feedback": [types.MessageFeedback("like", "reason")],
        "attachments": [types.Attachment("url", "image/png", "name", "ref", "parsed")],
        "parameters": '{"words": 7}',
        "metadata": "metadata",
        "referenced_message": 1,
        "reactions": [types.MessageReaction("u", "heart")],
    }
    return types.Message(**{**members, **changed})


def generated_query(**changed: Any) -> Any:
    members: dict[str, Any] = {
        "version": "1.2",
        "messages": [generated_message()],
        "referenced_messages": [
            generated_message(referenced_message=None),
            generated_message(referenced_message=0),
        ],
        "user_id": "u",
        "conversation_id": "c",
        "message_id": "m",
        "metadata": "d",
        "temperature": 0.5,
        "skip_system_prompt": True,
        "logit_bias": [("token", -100.0)],
        "stop_sequences": ["stop"],
        "language_code": "de",
        "adopt_current_bot_name": False,
        "bot_query_id": "q",
        "users": [types.User("u", "Ann")],
        "tools": "[1]",
        "tool_calls": "[2]",
        "tool_results": "[3]",
        "query_creation_time": 4,
        "extra_params": '{"five": 5, "big": 18446744073709551617}',
    }
    return types.Query(**{**members, **changed})


def message(quoted: Message | None) -> Message:
    return Message(
        role="bot",
        content="content",
        message_type="function_call",
        content_type="text/plain",
        timestamp=-1,
        message_id="m",
        sender=Sender("id", "name"),
        feedback=[MessageFeedback("like", "reason")],
        attachments=[Attachment("url", "image/png", "name", "ref", "parsed")],
        parameters={"words": 7},
        metadata="metadata",
        referenced_message=quoted,
        reactions=[MessageReaction("u", "heart")],
    )


class BorderTest(unittest.TestCase):
    def setUp(self) -> None:
        before = _backend.current
        self.addCleanup(lambda: setattr(_backend, "current", before))
        gateway.begin()

    def respond(self, respond: Callable[[Reply], Any]) -> Any:
        """What the gateway is told at the end: nothing, or a failure."""
        bot = Does(lambda _, reply: respond(reply))
        handler: Any = _component.handler(lambda: bot)()
        try:
            return handler.respond(generated_query(messages=[]))
        except wasi.Err as error:
            return error.value


class QueryTest(BorderTest):
    def test_a_query_arrives_whole(self) -> None:
        self.assertEqual(
            query_of(generated_query()),
            Query(
                version="1.2",
                messages=[message(message(message(None)))],
                user_id="u",
                conversation_id="c",
                message_id="m",
                metadata="d",
                temperature=0.5,
                skip_system_prompt=True,
                logit_bias={"token": -100.0},
                stop_sequences=["stop"],
                language_code="de",
                adopt_current_bot_name=False,
                bot_query_id="q",
                users=[User("u", "Ann")],
                tools=[1],
                tool_calls=[2],
                tool_results=[3],
                query_creation_time=4,
                extra_params={"five": 5, "big": 2**64 + 1},
            ),
        )

    def test_broken_json_counts_as_left_out(self) -> None:
        for broken in ("", "{", "nonsense", "[1]trailing", "3"):
            query = query_of(
                generated_query(
                    messages=[generated_message(parameters=broken, referenced_message=9)],
                    tools=broken,
                    extra_params=broken,
                )
            )
            self.assertEqual((query.tools, query.extra_params), (None, None), broken)
            self.assertEqual(query.messages[0].parameters, {})
            self.assertIsNone(query.messages[0].referenced_message)

    def test_a_number_of_thousands_of_digits_stays_text(self) -> None:
        digits = "1" * 5_000
        query = query_of(generated_query(tools=f"[{digits}]"))
        self.assertEqual(query.tools, [digits])


class ReplyTest(BorderTest):
    def test_every_event_reaches_the_gateway(self) -> None:
        def says(reply: Reply) -> None:
            reply.meta(linkify=True)
            reply.text("a\ud800")
            reply.text("b", 1)
            reply.replace("c")
            reply.replace("d", 0)
            reply.suggest("e")
            reply.file("u", "t", "n")
            reply.data("g")
            reply.json({"h": ["\ud83d\ude00", 2**70, float("nan")]})
            reply.event("new", {"i": 2})
            reply.error(Failure("j", allow_retry=False))

        self.assertIsNone(self.respond(says))
        self.assertEqual(
            gateway.calls,
            [
                ("meta", types.MetaEvent(None, None, True, None)),
                ("text", "a\ufffd"),
                ("text_at", 1, "b"),
                ("replace", "c"),
                ("replace_at", 0, "d"),
                ("suggest", "e"),
                ("file", types.FileEvent("u", "t", "n", None)),
                ("data", "g"),
                ("json", '{"h":["😀","1180591620717411303424",null]}'),
                ("event", "new", '{"i":2}'),
                ("error", types.Failure("j", False, None)),
            ],
        )

    def test_refusals_come_back(self) -> None:
        reply_of = gateway.reply
        cases: list[tuple[Any, Exception]] = [
            (reply_of.Stopped_TooLong(), Stopped("too-long")),
            (reply_of.Stopped_Ended(), Stopped("ended")),
            (reply_of.Stopped_Gone(), Stopped("gone")),
            (reply_of.Stopped_Other("new"), Stopped("other", "new")),
        ]
        for refusal, expected in cases:
            gateway.refusals["text"] = [refusal]
            raised: list[Exception] = []

            def says(reply: Reply, raised: list[Exception] = raised) -> None:
                try:
                    reply.text("a")
                except Exception as error:
                    raised.append(error)
                    raise

            self.assertIsNone(self.respond(says))
            self.assertEqual(raised, [expected])
        gateway.refusals["meta"] = [reply_of.Stopped_Invalid("late")]

        def mistakes(reply: Reply) -> None:
            with self.assertRaisesRegex(ValueError, "late"):
                reply.meta()
            with self.assertRaises(ValueError):
                reply.text("a", -1)
            with self.assertRaises(ValueError):
                reply.json({"a": "x" * 300_000})
            wrong: Any = 3
            for say in (reply.text, reply.suggest, reply.data, reply.error, reply.say):
                with self.assertRaises((TypeError, AttributeError)):
                    say(wrong)
            with self.assertRaises(TypeError):
                reply.meta(linkify=wrong)
            gateway.calls.clear()
            reply.text("on")

        self.assertIsNone(self.respond(mistakes))
        self.assertEqual(gateway.calls, [("text", "on")])

    def test_the_end_is_told(self) -> None:
        def raises(error: BaseException) -> Callable[[Reply], Any]:
            def respond(_: Reply) -> None:
                raise error

            return respond

        self.assertEqual(
            self.respond(raises(Failure("no\ud800", error_type="e"))),
            types.Failure("no\ufffd", True, "e"),
        )
        self.assertIsNone(self.respond(raises(Stopped("gone"))))
        with quietly() as log:
            self.assertEqual(self.respond(raises(KeyError("x"))), types.Failure(None, False, None))
        self.assertEqual(log.getvalue().splitlines()[-1], "KeyError: 'x'")

    def test_a_bot_that_cannot_be_found_is_a_record(self) -> None:
        def find() -> Bot:
            raise ImportError("no module named 'torch'")

        handler: Any = _component.handler(find)()
        with quietly() as log, self.assertRaises(wasi.Err) as raised:
            handler.respond(generated_query())
        self.assertEqual(raised.exception.value, types.Failure(None, False, None))
        self.assertIn("ImportError: no module named 'torch'", log.getvalue())


class TheRestTest(BorderTest):
    def test_the_request_is_the_gateways(self) -> None:
        def respond(_: Reply) -> None:
            self.assertEqual(request.raw(), '{"new": 1}')
            self.assertEqual(request.header("X\ud800"), "<X\ufffd>")
            self.assertEqual((request.headers(), request.reference()), ([("a", "b")], "k3x9"))

        self.assertIsNone(self.respond(respond))

    def test_settings_leave_whole_and_empty_ones_stay_empty(self) -> None:
        none = settings_to(Settings())
        self.assertEqual((none.server_bot_dependencies, none.extra), ([], None))
        every = settings_to(
            Settings(
                {"Other": 2},
                True,
                False,
                True,
                "hello\ud800",
                False,
                True,
                "card",
                "label",
                ParameterControls(),
                {"new": 1},
            )
        )
        self.assertEqual(
            every,
            types.BotSettings(
                [("Other", 2)],
                True,
                False,
                True,
                "hello\ufffd",
                False,
                True,
                "card",
                "label",
                '{"api_version":"2","sections":[]}',
                '{"new":1}',
            ),
        )
        wrong: Any = "yes"
        for settings in (None, Settings(allow_attachments=wrong), Settings({"A": wrong})):
            with self.assertRaises(TypeError):
                settings_to(settings)

    def test_settings_and_reports_are_handed_over(self) -> None:
        told: list[Any] = []

        class Told(Bot):
            async def settings(self) -> Settings:
                return Settings(cost_label="label")

            async def on_feedback(self, feedback: Feedback) -> None:
                told.append(feedback)

            def on_reaction(self, reaction: Reaction) -> None:
                told.append(reaction)

            def on_error(self, report: ErrorReport) -> None:
                told.append(report)
                raise RuntimeError("on purpose")

        handler: Any = _component.handler(Told)()
        self.assertEqual(handler.settings().cost_label, "label")
        handler.on_feedback(types.Feedback("m", "u", "c", "like"))
        handler.on_reaction(types.Reaction("m", "u", "c", "sad"))
        # There, it does not return.
        with (
            quietly() as log,
            mock.patch.object(os, "_exit", side_effect=SystemExit),
            self.assertRaises(SystemExit),
        ):
            handler.on_error(types.ErrorReport("bad", '{"a": 1}'))
        self.assertEqual(log.getvalue().splitlines()[-1], "RuntimeError: on purpose")
        self.assertEqual(
            told,
            [
                Feedback("m", "u", "c", "like"),
                Reaction("m", "u", "c", "sad"),
                ErrorReport("bad", {"a": 1}),
            ],
        )
