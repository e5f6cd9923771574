"""The `openai` that bots have: what it asks, what it gives, and how it fails."""

from __future__ import annotations

import asyncio
import json
import unittest
from collections.abc import Callable
from typing import Any
from unittest import mock

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ravenry import HttpError, _loop
from ravenry.testing import PlayedRequest, Scene, Upstream, now

URL = "https://api.openai.com/v1/"
MESSAGES = [{"role": "user", "content": "hi"}]
ANSWER = {
    "id": "x",
    "model": "m",
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
                ],
            },
        }
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def chunk(**delta: Any) -> str:
    """A piece of an answer."""
    return json.dumps({"id": "x", "choices": [{"index": 0, "delta": delta}]})


def error(status: int) -> Upstream:
    """An answer that is no success."""
    return Upstream.json({"error": {"message": f"m{status}", "code": "c", "type": "t"}}, status)


class Service(unittest.TestCase):
    """A service that gives answers one after the other, the last again and again."""

    def ask(self, *answers: Upstream) -> Any:
        """Runs the rest of the test in a scene with these answers."""
        self.asked: list[PlayedRequest] = []

        def answer(request: PlayedRequest) -> Upstream:
            self.asked.append(request)
            return answers[min(len(self.asked), len(answers)) - 1]

        environment = {"OPENAI_API_KEY": "key"}
        self.enterContext(mock.patch.dict("os.environ", environment))
        self.enterContext(Scene().upstream(URL, answer).during())
        return openai.OpenAI()

    def both(
        self, name: str, members: dict[str, Any], look: Callable[[Any], Any], *answers: Upstream
    ) -> None:
        """The same with both clients."""

        def function(client: Any) -> Any:
            for part in name.split("."):
                client = getattr(client, part)
            return client(**members)

        client = self.ask(*answers)
        look(function(client))

        async def wait() -> None:
            look(await function(openai.AsyncOpenAI()))

        _loop.run(wait())
        self.assertEqual(len(self.asked), 2)


class Answers(Service):
    """What is asked, and what comes."""

    def test_an_answer(self) -> None:
        def look(answer: ChatCompletion) -> None:
            message = answer.choices[0].message
            self.assertEqual(message.tool_calls[0].function.name, "f")
            self.assertIsNone(message.refusal)
            self.assertIsNone(answer.choices[0].logprobs)
            self.assertEqual(answer.usage.total_tokens, 3)
            self.assertEqual(answer.to_dict(), ANSWER)
            self.assertIn("refusal", message.model_dump())
            self.assertNotIn("refusal", message.model_dump(exclude_none=True))
            with self.assertRaises(AttributeError):
                message.unheard_of

        members = {"model": "m", "messages": MESSAGES, "temperature": openai.NOT_GIVEN}
        self.both("chat.completions.create", members, look, Upstream.json(ANSWER))
        self.assertEqual(self.asked[0].url, URL + "chat/completions")
        self.assertEqual(self.asked[0].header("authorization"), "Bearer key")
        self.assertEqual(self.asked[1].json(), {"model": "m", "messages": MESSAGES})

    def test_an_answer_can_be_sent_again(self) -> None:
        client = self.ask(Upstream.json(ANSWER))
        answer = client.chat.completions.create(model="m", messages=MESSAGES)
        message = answer.choices[0].message
        client.chat.completions.create(
            model="m", messages=[message], extra_body={"more": 1}, extra_headers={"X-A": "b"}
        )
        sent = self.asked[1].json()
        self.assertEqual(sent["messages"], [ANSWER["choices"][0]["message"]])  # type: ignore[index]
        self.assertEqual((sent["more"], self.asked[1].header("x-a")), (1, "b"))

    def test_a_stream(self) -> None:
        stream = Upstream.events([chunk(role="assistant"), chunk(content="é"), chunk(), "[DONE]"])
        client = self.ask(stream)
        with client.chat.completions.create(model="m", messages=MESSAGES, stream=True) as pieces:
            kinds = [(type(one), one.choices[0].delta.content) for one in pieces]
        self.assertEqual(kinds, [(ChatCompletionChunk, text) for text in (None, "é", None)])

        async def wait() -> list[Any]:
            pieces = await openai.AsyncOpenAI().chat.completions.create(
                model="m", messages=MESSAGES, stream=True
            )
            return [one.choices[0].delta.content async for one in pieces]

        self.assertEqual(_loop.run(wait()), [None, "é", None])

    def test_several_at_once(self) -> None:
        self.ask(Upstream.events([chunk(content="a"), "[DONE]"]).wait(1))

        async def one() -> str:
            text = ""
            pieces = await openai.AsyncOpenAI().chat.completions.create(
                model="m", messages=MESSAGES, stream=True
            )
            async for piece in pieces:
                text += piece.choices[0].delta.content
            return text

        async def wait() -> list[str]:
            return [*await asyncio.gather(one(), one())]

        self.assertEqual(_loop.run(wait()), ["a", "a"])

    def test_pictures(self) -> None:
        def look(answer: Any) -> None:
            self.assertEqual((answer.data[0].url, answer.data[0].b64_json), ("u", None))

        pictures = Upstream.json({"created": 1, "data": [{"url": "u"}]})
        self.both("images.generate", {"prompt": "a cat"}, look, pictures)
        self.assertEqual(self.asked[0].url, URL + "images/generations")

    def test_addresses_and_keys(self) -> None:
        self.ask(Upstream.json(ANSWER))
        client = openai.OpenAI(base_url=URL + "else/", api_key="mine", default_headers={"x-b": "c"})
        changed = client.with_options(max_retries=0)
        changed.chat.completions.create(model="m", messages=[])
        self.assertEqual(self.asked[0].url, URL + "else/chat/completions")
        self.assertEqual(self.asked[0].header("authorization"), "Bearer mine")
        self.assertEqual(self.asked[0].header("x-b"), "c")


class Errors(Service):
    """How it fails."""

    def test_a_class_for_each_status(self) -> None:
        for status, kind in {
            400: openai.BadRequestError,
            401: openai.AuthenticationError,
            403: openai.PermissionDeniedError,
            404: openai.NotFoundError,
            409: openai.ConflictError,
            422: openai.UnprocessableEntityError,
            429: openai.RateLimitError,
            418: openai.APIStatusError,
            503: openai.InternalServerError,
        }.items():
            client = self.ask(error(status)).with_options(max_retries=0)
            with self.subTest(status), self.assertRaises(kind) as caught:
                client.chat.completions.create(model="m", messages=[])
            self.assertEqual(str(caught.exception), f"Error code: {status} - m{status}")
            self.assertEqual(caught.exception.status_code, status)
            self.assertEqual((caught.exception.code, caught.exception.type), ("c", "t"))

    def test_the_answer_is_there_as_in_openais_library(self) -> None:
        client = self.ask(error(429).header("Retry-After", "7")).with_options(max_retries=0)
        with self.assertRaises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="m", messages=[])
        response = caught.exception.response
        self.assertEqual(response.status_code, 429)
        self.assertEqual(response.headers["retry-after"], "7")
        self.assertEqual(response.json()["error"]["message"], "m429")
        self.assertEqual(json.loads(response.text), json.loads(response.content))

    def test_it_tries_again_where_that_may_help(self) -> None:
        asked_to_wait = error(429).header("retry-after", "7")
        client = self.ask(asked_to_wait, error(500), Upstream.json(ANSWER))
        began = now()
        client.chat.completions.create(model="m", messages=[])
        self.assertEqual((len(self.asked), now() - began), (3, 8.0))
        client = self.ask(error(400))
        with self.assertRaises(openai.BadRequestError):
            client.chat.completions.create(model="m", messages=[])
        self.assertEqual(len(self.asked), 1)

    def test_no_answer(self) -> None:
        for cause, kind in [
            ("timeout", openai.APITimeoutError),
            ("broken", openai.APIConnectionError),
        ]:
            client = self.ask(Upstream.unreachable(HttpError(cause, "why")))  # type: ignore[arg-type]
            with self.assertRaisesRegex(kind, "why"):
                client.chat.completions.create(model="m", messages=[])
            self.assertEqual(len(self.asked), 3)

    def test_a_host_that_is_not_allowed(self) -> None:
        with Scene().during(), self.assertRaisesRegex(openai.APIError, "allowed_outbound_hosts"):
            openai.OpenAI(api_key="k").chat.completions.create(model="m", messages=[])

    def test_answers_that_make_no_sense(self) -> None:
        client = self.ask(Upstream.text("nonsense"))
        with self.assertRaises(openai.APIResponseValidationError):
            client.chat.completions.create(model="m", messages=[])
        client = self.ask(Upstream.events([chunk(content="a"), '{"error":{"message":"boom"}}']))
        with self.assertRaisesRegex(openai.APIError, "boom"):
            list(client.chat.completions.create(model="m", messages=[], stream=True))

    def test_a_key_is_needed_when_something_is_asked(self) -> None:
        with mock.patch.dict("os.environ", clear=True):
            client = openai.AsyncOpenAI()
            with self.assertRaisesRegex(openai.OpenAIError, "OPENAI_API_KEY"), Scene().during():
                _loop.run(client.chat.completions.create(model="m", messages=[]))

    def test_everything_else_is_refused_by_name(self) -> None:
        client = openai.OpenAI()
        cases: list[tuple[Callable[[], Any], str]] = [
            (lambda: client.embeddings, "`client.embeddings` is not in"),
            (lambda: client.chat.completions.parse, "`chat.completions.parse` is not in"),
            (lambda: client.images.edit, "`images.edit` is not in"),
        ]
        for look, words in cases:
            with self.assertRaisesRegex(AttributeError, words):
                look()
        with self.assertRaisesRegex(ImportError, "`openai.AzureOpenAI` is not in"):
            openai.AzureOpenAI  # pyright: ignore
        with self.assertRaisesRegex(TypeError, "`model`"):
            client.chat.completions.create(messages=[])


if __name__ == "__main__":
    unittest.main()
