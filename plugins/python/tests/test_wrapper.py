"""What the model is asked, what becomes of its answer, and what may go wrong on the way."""

import json
import os
import unittest
from unittest import mock

from ravenry import HttpError, Message
from ravenry.testing import Scene, Transcript, Upstream
from wrapper import Wrapper

OPENAI = "https://api.openai.com/v1"


def chunk(text: str, reason: str | None = None) -> str:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return json.dumps({"choices": [choice]})


def whole() -> Upstream:
    """An answer with everything that a real one has beside its words."""
    role = {"choices": [{"delta": {"role": "assistant", "content": ""}}]}
    end = '{"choices": [{"delta": {}, "finish_reason": "stop"}]}'
    usage = '{"choices": [], "usage": {"total_tokens": 3}}'
    words = [json.dumps(role), chunk("Hel"), chunk("lo")]
    return Upstream.events([*words, end, usage, "[DONE]"])


@mock.patch.dict(os.environ, {"OPENAI_API_KEY": "placeholder"}, clear=True)
class WrapperTest(unittest.TestCase):
    def asked(self, answer: Upstream, *query: Message) -> Transcript:
        """What is said with a model that answers so."""
        return Scene().upstream(OPENAI, answer).ask(Wrapper, query or [Message.user("hi")])

    def test_the_words_come_as_the_model_says_them(self) -> None:
        self.assertEqual(
            str(self.asked(whole())),
            'text {"text":"Hel"}\ntext {"text":"lo"}\ndone {}\n',
        )

    def test_a_reason_to_finish_is_an_end_and_an_empty_one_is_none(self) -> None:
        for reason in ("stop", "length", ""):
            transcript = self.asked(Upstream.events([chunk("Hel"), chunk("lo", reason)]))
            self.assertEqual(transcript.text, "Hello")
            self.assertEqual(transcript.failure is None, reason != "", reason)

    def test_five_messages_are_sent_and_of_each_fifty_characters(self) -> None:
        talk = [Message.user(str(number)) for number in range(4)]
        talk += [Message.bot("meow"), Message.system("be brief"), Message.user("\U0001f431" * 60)]
        (request,) = self.asked(whole(), *talk).requests
        self.assertEqual(request.url, f"{OPENAI}/chat/completions")
        self.assertEqual(request.header("authorization"), "Bearer placeholder")
        self.assertEqual(
            request.json(),
            {
                "model": "gpt-4o-mini",
                "messages": [
                    {"role": "user", "content": "2"},
                    {"role": "user", "content": "3"},
                    {"role": "assistant", "content": "meow"},
                    {"role": "system", "content": "be brief"},
                    {"role": "user", "content": "\U0001f431" * 50},
                ],
                "temperature": 1.0,
                "max_tokens": 50,
                "stream": True,
            },
        )

    def test_a_role_of_the_future_is_left_out(self) -> None:
        (request,) = self.asked(whole(), Message("ghost", "boo"), Message.user("hi")).requests
        self.assertEqual(request.json()["messages"], [{"role": "user", "content": "hi"}])

    def test_another_api_may_be_named(self) -> None:
        scene = Scene().upstream("http://llama.test/v1/chat/completions", whole())
        named = {"OPENAI_BASE_URL": "http://llama.test/v1/", "OPENAI_MODEL": "llama"}
        with mock.patch.dict(os.environ, named):
            transcript = scene.ask(Wrapper, "hi")
        self.assertEqual(transcript.text, "Hello")
        self.assertEqual(transcript.requests[0].json()["model"], "llama")

    def test_without_a_key_nobody_is_asked_and_the_operator_is_told(self) -> None:
        with mock.patch.dict(os.environ, clear=True):
            transcript = Scene().ask(Wrapper, "hi")
        self.assertEqual(transcript.requests, [])
        self.assertIn("OPENAI_API_KEY", str(transcript.failure))
        self.assertFalse(transcript.failure and transcript.failure.allow_retry)

    def test_what_goes_wrong_is_told(self) -> None:
        cut = HttpError("broken", "cut")
        gave_up = json.dumps({"error": {"message": "overloaded"}})
        html = Upstream(200).header("content-type", "text/html").body("<h1>Login</h1>\n\n")
        rows: list[tuple[str, Upstream, str, bool]] = [
            ("no key", Upstream(401), "", False),
            ("too many", Upstream(429), "", True),
            ("down", Upstream(500), "", True),
            ("unreachable", Upstream.unreachable(cut), "", True),
            ("a page", html, "", True),
            ("no words", Upstream.events([]), "", True),
            ("no JSON", Upstream.events(["{"]), "", True),
            ("no object", Upstream.events(["[1]", "7", "null"]), "", True),
            ("cut", Upstream.events([chunk("Hel")]).breaks(cut), "Hel", True),
            ("short", Upstream.events([chunk("Hel")]), "Hel", True),
            ("gave up", Upstream.events([chunk("Hel"), gave_up]), "Hel", True),
        ]
        for case, answer, said, retry in rows:
            with self.subTest(case):
                transcript = self.asked(answer)
                self.assertEqual(transcript.text, said)
                self.assertEqual(transcript.failure and transcript.failure.allow_retry, retry)
