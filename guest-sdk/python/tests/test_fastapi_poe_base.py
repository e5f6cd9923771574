"""How a `PoeBot` is found, what becomes of what it yields, and what it may ask of the platform."""

from __future__ import annotations

import textwrap
import unittest
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest import mock

import fastapi_poe as fp
from _author_files import bot_of, load
from _bots import quietly
from fastapi_poe._host import Host
from sse_starlette.sse import ServerSentEvent

from ravenry import Attachment, Failure, Message, Query, Settings, _answer_query
from ravenry.events import Data, Error, File, Meta, Other, Replace, Suggest, Text
from ravenry.testing import Scene, Transcript

Say = Callable[["Does", fp.QueryRequest], AsyncIterator[Any]]


class Does(fp.PoeBot):
    """A bot that is one function."""

    say: Say

    async def get_response(self, request: fp.QueryRequest) -> AsyncIterator[Any]:
        async for event in self.say(self, request):
            yield event

    async def get_settings(self, setting: fp.SettingsRequest) -> fp.SettingsResponse:
        return fp.SettingsResponse(server_bot_dependencies={"A": 5})


def play(say: Say, query: str | Query = "hi", scene: Scene | None = None) -> Transcript:
    """What a bot that does this says."""
    bot = Does()
    bot.__dict__["say"] = say
    return (scene or Scene()).ask(Host(bot), query)


def yields(*events: Any) -> Transcript:
    """What becomes of these."""

    async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
        for event in events:
            yield event

    return play(say)


class Events(unittest.TestCase):
    """What is yielded, and what is said."""

    def test_responses(self) -> None:
        both: dict[str, Any] = {"is_suggested_reply": True, "is_replace_response": True}
        file = fp.Attachment(url="u", content_type="c", name="n", parsed_content="p")
        told = yields(
            fp.MetaResponse(text="", suggested_replies=False, content_type="text/plain"),
            fp.PartialResponse(text="a", index=3, data={"b": 1}),
            fp.PartialResponse(text="s", **both),
            fp.PartialResponse(text="r", is_replace_response=True),
            fp.PartialResponse(text="f", attachment=file),
            fp.DataResponse(metadata="d"),
        )
        self.assertEqual(
            told.events,
            [
                Meta("text/plain", False, True, False),
                Text("a"),
                Suggest("s"),
                Replace("r"),
                File("u", "c", "n"),
                Text("f"),
                Data("d"),
            ],
        )

    def test_events_of_its_own(self) -> None:
        told = yields(
            fp.PoeBot.meta_event(suggested_replies=True),
            ServerSentEvent('{"text":"a","index":2}', event="text"),
            ServerSentEvent('{"a":null}', event="news"),
            ServerSentEvent(comment="nothing"),
            ServerSentEvent("{}", event="ping"),
            fp.PoeBot.file_event("u", "c", "n"),
            fp.PoeBot.data_event("d"),
        )
        self.assertEqual(
            told.events,
            [
                Meta("text/markdown", True, True, False),
                Text("a", 2),
                Other("news", {"a": None}),
                File("u", "c", "n"),
                Data("d"),
            ],
        )

    def test_data_that_is_no_object_is_logged(self) -> None:
        with quietly() as log:
            told = yields(ServerSentEvent("[", event="text"), fp.PoeBot.text_event("a"))
        self.assertEqual(told.text, "a")
        self.assertIn("`text` was not sent", log.getvalue())

    def test_nothing_is_sent_after_an_error(self) -> None:
        for error in (
            fp.ErrorResponse(text="e", allow_retry=False, raw_response=ValueError("why")),
            fp.PoeBot.error_event("e", allow_retry=False, raw_response=ValueError("why")),
        ):
            with self.subTest(type(error)), quietly() as log:
                told = yields(error, fp.PartialResponse(text="later"))
            self.assertEqual(told.events, [Error(Failure("e", allow_retry=False))])
            self.assertIn("why", log.getvalue())

    def test_what_cannot_be_said(self) -> None:
        unexpected = Failure("The bot encountered an unexpected issue.", allow_retry=False)
        for event in (None, 3, "text", object()):
            with self.subTest(event), quietly() as log:
                told = yields(fp.PartialResponse(text="a"), event)
            self.assertEqual(told.events, [Text("a"), Error(unexpected)])
            self.assertIn("the bot yielded", log.getvalue())

    def test_where_it_was_yielded_is_the_first_line_of_the_record(self) -> None:
        source = """
import fastapi_poe as fp
class B(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="a")
        yield {"text": "b"}
"""
        other = source.replace("get_response(self, request)", "handle_query(self, request, context)")
        for name, text in (("get_response", source), ("handle_query", other)):
            with self.subTest(name), quietly() as log:
                Scene().ask(bot_of(text), "hi")
            record = log.getvalue().splitlines()
            self.assertRegex(record[1], rf'^  > File "author_file_\d+\.py", line 6, in {name}$')
            self.assertTrue(record[-1].startswith("TypeError: the bot yielded {"), record)

    def test_an_exception_is_logged_and_not_shown(self) -> None:
        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            yield fp.PartialResponse(text="a")
            raise ValueError("secret")

        with quietly() as log:
            told = play(say)
        self.assertNotIn("secret", str(told))
        self.assertEqual(log.getvalue().count("Traceback"), 1)
        self.assertIn("ValueError: secret", log.getvalue())

    def test_who_cannot_pay_reads_so(self) -> None:
        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            amount = fp.CostItem(amount_usd_milli_cents=10)
            await bot.authorize_cost(request, amount)
            yield fp.PartialResponse(text="paid")

        query = Query.of("hi")
        query.bot_query_id = "b"
        told = play(say, query, Scene().budget(5))
        self.assertEqual(told.failure, Failure("", error_type="insufficient_fund"))
        told = play(say, query, Scene().budget(10))
        self.assertEqual(told.text, "paid")


class Conversation(unittest.TestCase):
    """What a bot is given."""

    def asked(self, *files: Attachment, **options: Any) -> list[fp.ProtocolMessage]:
        """The messages that a bot is given for a message with these files."""
        given: list[fp.ProtocolMessage] = []

        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            given.extend(request.query)
            yield fp.PartialResponse(text="a")

        message = Message.user("hi")
        message.attachments = list(files)
        bot = Does(**options)
        bot.__dict__["say"] = say
        Scene().ask(Host(bot), [message])
        return given

    def test_files_are_told_of(self) -> None:
        files = [
            Attachment("u", kind, name, parsed_content=text)
            for kind, name, text in [
                ("image/png", "a.png", "b.png***a cat *** asleep"),
                ("text/plain", "t", "T"),
                ("application/pdf", "p", "P"),
                ("text/html", "h", "H"),
                ("image/jpeg", "j", "a dog"),
                ("video/mp4", "v", "V"),
                ("text/plain", "e", None),
            ]
        ]
        texts = [message.content for message in self.asked(*files)]
        self.assertEqual(
            texts[:2], ["Below is the content of t:\n\nT", "Below is the content of p:\n\nP"]
        )
        self.assertTrue(texts[2].startswith("Assume you can access the external URL h. "))
        self.assertIn("(b.png)", texts[3])
        self.assertIn("<image_analysis>a cat *** asleep</image_analysis>", texts[3])
        self.assertIn("(j)", texts[4])
        self.assertEqual(texts[5:], ["hi"])

    def test_or_not(self) -> None:
        file = Attachment("u", "text/plain", "t", parsed_content="T")
        without = self.asked(file, should_insert_attachment_messages=False)
        self.assertEqual([message.content for message in without], ["hi"])
        options = {
            "should_insert_attachment_messages": False,
            "concat_attachments_to_message": True,
        }
        inside = self.asked(file, **options)
        self.assertEqual(
            [message.content for message in inside], ["hi\n\nBelow is the content of t:\n\nT"]
        )

    def test_roles_alternate(self) -> None:
        def file(url: str) -> fp.Attachment:
            return fp.Attachment(url=url, content_type="c", name="n")

        user = {"role": "user", "message_id": "m"}
        messages = [
            fp.ProtocolMessage.model_validate({**user, "content": "a", "attachments": [file("1")]}),
            fp.ProtocolMessage(role="user", content="b", attachments=[file("2"), file("1")]),
            fp.ProtocolMessage(role="bot", content="c"),
        ]
        joined = fp.PoeBot().make_prompt_author_role_alternated(messages)
        self.assertEqual([message.content for message in joined], ["a\n\nb", "c"])
        self.assertEqual([one.url for one in joined[0].attachments], ["2", "1"])
        self.assertEqual(joined[0].message_id, "m")
        self.assertEqual(fp.PoeBot().make_prompt_author_role_alternated([]), [])


class Files(unittest.TestCase):
    """What a bot attaches."""

    def test_files_stand_where_they_were_attached(self) -> None:
        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            yield fp.PartialResponse(text="a")
            made = await bot.post_message_attachment(
                message_id=request.message_id, file_data=b"x", filename="f.mp4", is_inline=True
            )
            yield fp.PartialResponse(text=f"![f][{made.inline_ref}]")
            await bot.post_message_attachment(
                message_id="another", download_url="https://h/a%20b.png?c"
            )

        told = play(say)
        self.assertEqual([type(event) for event in told.events], [Text, File, Text, File])
        label = told.events[1].members()["inline_ref"]
        self.assertEqual(told.events[1].members()["content_type"], "video/mp4")
        self.assertEqual(told.events[2], Text(f"![f][{label}]"))
        self.assertEqual(told.events[3].members()["name"], "a b.png")

    def test_mistakes(self) -> None:
        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            mistakes: list[dict[str, Any]] = [
                {"file_data": b"x", "filename": "f"},
                {"message_id": "m", "file_data": b"x"},
                {"message_id": "m", "filename": "f"},
                {"message_id": "m", "filename": "f", "file_data": b"", "download_url": "u"},
            ]
            for options in mistakes:
                try:
                    await bot.post_message_attachment(**options)
                except Exception as error:
                    yield fp.PartialResponse(text=f"{type(error).__name__} ")

        self.assertEqual(
            play(say).text,
            "InvalidParameterError InvalidParameterError ValueError ValueError ",
        )

    def test_what_upload_file_attached_is_not_attached_twice(self) -> None:
        async def say(bot: Does, request: fp.QueryRequest) -> AsyncIterator[Any]:
            file = await fp.upload_file(b"x", file_name="f", api_key=request.access_key)
            yield fp.PartialResponse(text="a", attachment=file)

        self.assertEqual([type(event) for event in play(say).events], [File, Text])


HEAD = """
import fastapi_poe as fp
from modal import App, Image, asgi_app

class One(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=f"one {request.access_key}")

class Two(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text="two")
"""


class Registering(unittest.TestCase):
    """Which bot a file is."""

    def said(self, rest: str, head: str = HEAD, **environment: str) -> str:
        """What the bot of this file says."""
        with mock.patch.dict("os.environ", environment):
            return Scene().ask(bot_of(head + textwrap.dedent(rest)), "hi").text

    def test_the_one_that_is_run(self) -> None:
        self.assertEqual(self.said("fp.run(Two(), allow_without_key=True)"), "two")
        self.assertEqual(self.said("fp.make_app(Two(), allow_without_key=True)"), "two")

    def test_the_one_that_a_function_for_modal_makes(self) -> None:
        rest = """
            app = App("a", image=Image.debian_slim())

            @app.function()
            @asgi_app()
            def fastapi_app():
                return fp.make_app(make())

            def make():
                return Two()
        """
        self.assertEqual(self.said(rest), "two")

    def test_the_only_class(self) -> None:
        self.assertEqual(self.said("", HEAD[: HEAD.index("class Two")]), "one <missing>")

    def test_several_are_told_apart_by_their_paths(self) -> None:
        rest = 'fp.make_app([One(path="/one"), Two(path="/two")], allow_without_key=True)'
        self.assertEqual(self.said(rest), "one <missing>")
        self.assertEqual(self.said(rest, FASTAPI_POE_PATH="two/"), "two")
        with self.assertRaisesRegex(RuntimeError, "there are: /one, /two"):
            self.said(rest, FASTAPI_POE_PATH="/three")

    def test_keys(self) -> None:
        self.assertEqual(self.said('fp.run(One(), access_key="k")'), "one k")
        self.assertEqual(self.said("fp.run(One())", POE_ACCESS_KEY="e"), "one e")

    def test_mistakes(self) -> None:
        for rest, words in [
            ('fp.run(One(access_key="secret"), access_key="b")', "already has an access key"),
            ('fp.run([One()], access_key="b")', "must be set on each bot"),
            ('fp.make_app([One(access_key="secret"), Two()])', "same path: /"),
        ]:
            with self.subTest(words), self.assertRaisesRegex(ValueError, words) as caught:
                load(HEAD + rest)
            self.assertNotIn("secret", str(caught.exception))
        with self.assertRaisesRegex(RuntimeError, r"several bots.*One, Two"):
            self.said("")

    def test_the_app_says_what_it_is_not(self) -> None:
        app = load(HEAD + "app = fp.make_app(One())").app
        with self.assertRaisesRegex(AttributeError, "an ASGI app cannot run"):
            app.get("/health")

    def test_settings(self) -> None:
        rest = """
            async def get_settings(self, setting):
                return fp.SettingsResponse(
                    response_version=1, context_clear_window_secs=0, introduction_message="i"
                )
            One.get_settings = get_settings
            fp.run(One())
        """
        with Scene().during():
            settings = _answer_query.settle(bot_of(HEAD + textwrap.dedent(rest)).settings())
        extra = {"context_clear_window_secs": 0, "response_version": 1}
        self.assertEqual(settings, Settings(introduction_message="i", extra=extra))


if __name__ == "__main__":
    unittest.main()
