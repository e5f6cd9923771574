"""What a bot of fastapi_poe hears of other bots: through the gateway, or over the web."""

from __future__ import annotations

import io
import json
import unittest
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import fastapi_poe as fp
from _bots import quietly
from fastapi_poe import client

import ravenry
from ravenry import Failure, PoeError, Query, Reply, Settings
from ravenry.events import Data, File, Json, Meta, Other, Replace, Suggest
from ravenry.testing import PlayedRequest, Scene, Script, Transcript, Upstream

TOOL = fp.ToolDefinition.model_validate(
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "Adds.",
            "parameters": {"type": "object", "properties": {}},
        },
    }
)


def request(**members: Any) -> fp.QueryRequest:
    """A request as a bot has it."""
    message = {"role": "user", "content": "hi"}
    ids = {"user_id": "u", "conversation_id": "c", "message_id": "m"}
    return fp.QueryRequest.model_validate(
        {"version": "1.2", "type": "query", "query": [message], **ids, **members}
    )


class Asks(ravenry.Bot):
    """A bot that is one coroutine, and may ask `A`."""

    inserts_attachments = False

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask

    async def respond(self, query: Query, reply: Reply) -> None:
        await self._ask()

    def settings(self) -> Settings:
        return Settings(server_bot_dependencies={"A": 5})


def play(ask: Callable[[], Awaitable[None]], scene: Scene) -> Transcript:
    """Runs this in a scene. What it raises is raised here."""
    with mock.patch("sys.stdout", io.StringIO()), quietly():
        transcript = scene.ask(Asks(ask), "hi")
    if transcript.error is not None:
        raise transcript.error
    return transcript


def heard(
    scene: Scene, asked: fp.QueryRequest | None = None, key: str = "", **options: Any
) -> list[fp.PartialResponse]:
    """What comes of asking `A`."""
    responses: list[fp.PartialResponse] = []

    async def ask() -> None:
        async for response in fp.stream_request(asked or request(), "A", key, **options):
            responses.append(response)

    play(ask, scene)
    return responses


class Gateway(unittest.TestCase):
    """With the bot's own key."""

    def test_events_become_responses(self) -> None:
        script = Script().event(Meta()).text("a").event(Replace("b", 2)).event(Suggest("c"))
        script.event(File("u", "t", "n", "r")).event(Json({"x": 1, "index": 3}))
        script.event(Data("not ours")).event(Other("news", {})).event(Meta("text/plain"))
        asked = request()
        told = heard(Scene().bot("A", script), asked)
        self.assertEqual([type(one) for one in told], [fp.MetaResponse] + [fp.PartialResponse] * 5)
        meta, text, replaced, suggested, filed, data = told
        assert isinstance(meta, fp.MetaResponse)
        self.assertEqual((meta.linkify, meta.suggested_replies), (False, False))
        self.assertEqual(text.raw_response, {"type": "text", "text": '{"text": "a"}'})
        self.assertEqual(text.full_prompt, repr(asked))
        self.assertEqual((replaced.is_replace_response, replaced.index), (True, 2))
        self.assertTrue(suggested.is_suggested_reply)
        file = fp.Attachment(url="u", content_type="t", name="n", inline_ref="r")
        self.assertEqual(filed.attachment, file)
        self.assertEqual((data.data, data.index), ({"x": 1, "index": 3}, 3))

    def test_what_is_for_debugging_is_in_copies_too(self) -> None:
        (text,) = heard(Scene().bot("A", "a"))
        copied = text.model_copy(update={"text": "b"})
        self.assertEqual(copied.raw_response, text.raw_response)
        self.assertEqual(text.model_dump()["raw_response"]["type"], "text")
        self.assertIn("raw_response={'type': 'text'", repr(text))

    def test_a_question_has_all_members_but_those_of_the_gateway(self) -> None:
        scene = Scene().bot("A", "a")
        asked = request(temperature=0.5, metadata="secret", access_key="another" * 32)

        async def ask() -> None:
            await fp.get_final_response(asked, "A", asked.access_key)

        body = play(ask, scene).asked[0].body
        self.assertEqual((body["temperature"], body["query"][0]["content"]), (0.5, "hi"))
        for name in ("access_key", "api_key", "user_id", "message_id", "metadata", "version"):
            self.assertNotIn(name, body)

    def test_errors_are_the_bots_own_words(self) -> None:
        failure = Failure("no", allow_retry=False, error_type="user_caused_error")
        with self.assertRaises(fp.BotErrorNoRetry) as caught:
            heard(Scene().bot("A", Script("a").fail(failure)))
        members = {"allow_retry": False, "text": "no", "error_type": "user_caused_error"}
        self.assertEqual(json.loads(str(caught.exception)), members)
        with self.assertRaises(fp.BotError) as retry:
            heard(Scene().bot("A", Failure("busy")))
        self.assertNotIsInstance(retry.exception, fp.BotErrorNoRetry)

    def test_other_errors_name_the_bot(self) -> None:
        broken = Script().breaks(PoeError("broken", "reset"))
        with self.assertRaisesRegex(fp.BotError, "communicating with bot A: no answer: reset"):
            heard(Scene().bot("A", broken))

        async def undeclared() -> None:
            await fp.get_final_response(request(), "B")

        with self.assertRaisesRegex(fp.BotErrorNoRetry, "with bot B: not allowed"):
            play(undeclared, Scene().bot("B", "b"))

    def test_on_error_is_told(self) -> None:
        told: list[str] = []
        with self.assertRaises(fp.BotError):
            heard(
                Scene().bot("A", Failure("busy")),
                on_error=lambda error, words: told.append(words),
            )
        self.assertEqual(told, ["Bot request to A failed"])

    def test_final_response(self) -> None:
        for script, text in [
            (Script().event(Meta()).text("a").event(Replace("b")).text("c"), "bc"),
            (Script().event(File("u", "t", "n")), ""),
        ]:
            finals: list[str] = []

            async def ask(finals: list[str] = finals) -> None:
                finals.append(await fp.get_final_response(request(), "A"))

            play(ask, Scene().bot("A", script))
            self.assertEqual(finals, [text])

        async def nothing() -> None:
            await fp.get_final_response(request(), "A")

        with self.assertRaisesRegex(fp.BotError, "Bot A sent no response"):
            play(nothing, Scene().bot("A", Script().event(Suggest("s"))))

    def test_a_conversation_of_ones_own(self) -> None:
        messages = [fp.ProtocolMessage(role="user", content="why?")]

        async def ask() -> None:
            answer = fp.get_bot_response(messages, "A", "", temperature=0.0)
            self.assertEqual([one.text async for one in answer], ["so"])
            again = fp.get_bot_response_sync(messages, "A", "", stop_sequences=["x"])
            self.assertEqual([one.text for one in again], ["so"])

        bodies = [asked.body for asked in play(ask, Scene().bot("A", "so", "so")).asked]
        self.assertEqual([body["query"][0]["content"] for body in bodies], ["why?", "why?"])
        self.assertEqual((bodies[0]["temperature"], bodies[1]["stop_sequences"]), (0.0, ["x"]))


class Tools(unittest.TestCase):
    """Another bot that calls functions."""

    def chunk(self, delta: Any, reason: str | None = None) -> Json:
        """A piece of an answer."""
        return Json({"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    def script(self) -> Script:
        """Calls `add` with 1 and 2, in pieces."""
        first = {"index": 0, "id": "1", "type": "function", "function": {"name": "add"}}
        first["function"] = {"name": "add", "arguments": '{"a": 1'}
        more = {"index": 0, "function": {"arguments": ', "b": 2}'}}
        script = Script().event(self.chunk({"tool_calls": [first]}))
        script.event(self.chunk({"tool_calls": [more]})).event(self.chunk({}, "tool_calls"))
        return script.event(Json({"choices": [], "usage": {}}))

    def test_pieces_are_handed_out(self) -> None:
        told = heard(Scene().bot("A", self.script()), tools=[TOOL])
        self.assertEqual([len(one.tool_calls) for one in told], [1, 1, 0])
        self.assertEqual(told[1].tool_calls[0].function.arguments, ', "b": 2}')
        self.assertEqual(told[2].data, {"choices": [], "usage": {}})

    def test_functions_are_called_and_may_be_awaited(self) -> None:
        async def add(a: int, b: int) -> int:
            return a + b

        texts: list[str] = []

        async def ask() -> None:
            answer = fp.stream_request(request(), "A", tools=[TOOL], tool_executables=[add])
            texts.extend([one.text async for one in answer])

        asked = play(ask, Scene().bot("A", self.script(), "3")).asked
        self.assertEqual(texts, ["", "3"])
        self.assertEqual(asked[0].body["tools"][0]["function"]["name"], "add")
        self.assertEqual(asked[1].body["tool_results"][0]["content"], "3")
        self.assertEqual(
            asked[1].body["tool_calls"][0]["function"]["arguments"], '{"a": 1, "b": 2}'
        )

    def test_a_function_that_is_not_there(self) -> None:
        with self.assertRaisesRegex(KeyError, "calls 'add'"):
            heard(Scene().bot("A", self.script()), tools=[TOOL], tool_executables=[heard])


class Web(unittest.TestCase):
    """With the key of somebody's account."""

    def events(self, *events: tuple[str, str]) -> Upstream:
        """A stream of these."""
        answer = Upstream(200).header("content-type", "text/event-stream")
        for name, data in events:
            answer = answer.body(f"event: {name}\ndata: {data}\n\n")
        return answer

    def scene(self, *answers: Upstream) -> tuple[Scene, list[PlayedRequest]]:
        """A scene in which the platform gives these answers, and what it was asked."""
        asked: list[PlayedRequest] = []

        def answer(sent: PlayedRequest) -> Upstream:
            asked.append(sent)
            return answers[min(len(asked), len(answers)) - 1]

        return Scene().upstream("https://api.poe.com/bot/A", answer), asked

    def test_the_question_goes_to_the_platform(self) -> None:
        scene, asked = self.scene(
            self.events(
                ("meta", '{"content_type":"text/plain"}'),
                ("ping", "now"),
                ("text", '{"text":"a","index":"banana"}'),
                ("file", '{"url":"u","content_type":"t","name":"n"}'),
                ("done", "{}"),
                ("text", '{"text":"unheard"}'),
            )
        )
        told = heard(scene, key="other key", extra_headers={"X-A": "b"})
        self.assertEqual([one.text for one in told], ["", "a", ""])
        self.assertEqual(asked[0].header("authorization"), "Bearer other key")
        self.assertEqual(asked[0].header("x-a"), "b")
        self.assertEqual(asked[0].json()["query"][0]["content"], "hi")

    def test_an_attempt_is_repeated_until_something_has_come(self) -> None:
        scene, asked = self.scene(Upstream(503), self.events(("text", '{"text":"a"}')))
        self.assertEqual([one.text for one in heard(scene, key="another")], ["a"])
        self.assertEqual(len(asked), 2)
        broken = ravenry.HttpError("broken", "reset")
        scene, asked = self.scene(self.events(("text", '{"text":"a"}')).breaks(broken))
        with self.assertRaisesRegex(fp.BotError, "Error communicating with bot A: reset"):
            heard(scene, key="another")
        self.assertEqual(len(asked), 1)

    def test_mistakes_of_the_other_bot(self) -> None:
        for event, kind, words in [
            (("error", '{"allow_retry":false,"text":"no"}'), fp.BotErrorNoRetry, '"text":"no"'),
            (("text", "nonsense"), fp.BotErrorNoRetry, "Invalid JSON in 'text' event"),
            (("text", '{"txt":1}'), fp.BotErrorNoRetry, "Expected string in 'text'"),
            (("done-ish", "[]"), fp.BotError, "Expected JSON dict"),
        ]:
            with self.subTest(event), self.assertRaisesRegex(kind, words):
                heard(self.scene(self.events(event))[0], key="another")

    def test_a_host_that_is_not_allowed(self) -> None:
        with self.assertRaisesRegex(fp.BotError, "allowed_outbound_hosts"):
            heard(Scene(), key="another")

    def test_uploads(self) -> None:
        sent: list[PlayedRequest] = []
        files: list[fp.Attachment] = []

        def answer(request: PlayedRequest) -> Upstream:
            sent.append(request)
            return Upstream.json({"attachment_url": "https://f/1", "mime_type": "text/plain"})

        async def ask() -> None:
            named = io.BytesIO(b"content")
            named.name = "/tmp/x.txt"
            files.append(await fp.upload_file(named, api_key="another"))
            files.append(
                fp.upload_file_sync(file_url="https://h/y", file_name="y", api_key="another")
            )

        url = "https://www.quora.com/poe_api/file_upload_3RD_PARTY_POST"
        play(ask, Scene().upstream(url, answer))
        self.assertEqual([file.name for file in files], ["x.txt", "y"])
        self.assertEqual(sent[0].header("authorization"), "another")
        self.assertIn(b'name="file"; filename="x.txt"', sent[0].body)
        self.assertIn(b"\r\n\r\ncontent\r\n--", sent[0].body)
        self.assertEqual(sent[1].body, b"download_url=https%3A%2F%2Fh%2Fy&download_filename=y")

    def test_uploads_that_fail(self) -> None:
        async def ask() -> None:
            await fp.upload_file(b"x", file_name="f", api_key="another")

        scene = Scene().upstream("https://www.quora.com/", Upstream.text("no", 500))
        with self.assertRaisesRegex(client.AttachmentUploadError, "500: no"):
            play(ask, scene)
        cases: list[tuple[dict[str, Any], str]] = [
            ({"file": b"x", "api_key": "another"}, "`file_name` is required"),
            ({"file": b"x", "file_name": "f"}, "`api_key` is required"),
            ({"api_key": "another"}, "not both"),
        ]
        for options, words in cases:

            async def mistaken(options: dict[str, Any] = options) -> None:
                await fp.upload_file(**options)

            with self.assertRaisesRegex(ValueError, words):
                play(mistaken, Scene())


if __name__ == "__main__":
    unittest.main()
