"""The bots of `fastapi_poe_bots`, each as its author wrote it, event by event."""

from __future__ import annotations

import io
import json
import unittest
from typing import Any, cast
from unittest import mock

from _author_files import BOTS, sample
from _bots import quietly

from ravenry import Attachment, Failure, Feedback, Message, Query, Settings, _answer_query, _urllib
from ravenry._check import check
from ravenry.events import File, Json, Meta, Replace, Suggest, Text
from ravenry.testing import PlayedRequest, Scene, Script, Upstream, ask

META = 'meta {"content_type":"text/markdown","suggested_replies":true,"linkify":true,'


def settings_of(name: str) -> Settings:
    """What a bot says of itself."""
    with Scene().during():
        return cast("Settings", _answer_query.settle(sample(name).settings()))


def spoken(name: str, text: str) -> list[str]:
    """The lines of a bot's transcript."""
    return str(ask(sample(name), text)).splitlines()


def call(place: int, **function: str) -> Json:
    """A piece of a tool call."""
    delta: dict[str, Any] = {"index": place, "function": function}
    if "name" in function:
        delta |= {"id": f"call-{place}", "type": "function"}
    return Json({"choices": [{"delta": {"tool_calls": [delta]}, "finish_reason": None}]})


def content(text: str) -> Json:
    """A piece of text in the shape of a tool chunk."""
    return Json({"choices": [{"delta": {"content": text}, "finish_reason": None}]})


class Alone(unittest.TestCase):
    """Bots that need nobody else."""

    def test_the_echo_says_the_last_message(self) -> None:
        self.assertEqual(spoken("echo_bot", "hé\n"), ['text {"text":"hé\\n"}', "done {}"])

    def test_the_picture_is_markdown(self) -> None:
        text = ask(sample("image_response_bot"), "hi").text
        self.assertEqual(
            text,
            "This is a test image. ![leopard](https://images.example.com/photos/leopard.jpeg)",
        )

    def test_the_cat_hears_words(self) -> None:
        for word, lines in {
            "cardboard": ['text {"text":"crunch "}', 'text {"text":"crunch"}'],
            "FOOD": [
                'text {"text":"meow "}',
                'text {"text":"meow"}',
                'suggested_reply {"text":"feed the cat"}',
            ],
            "square": ['error {"text":"Square snacks are not tasty.","allow_retry":true}'],
            "cube": ['error {"text":"Cube snacks are even less tasty.","allow_retry":false}'],
            "?": ['text {"text":"zzz"}'],
        }.items():
            with self.subTest(word):
                told = spoken("cat_bot", word)
                self.assertTrue(told[0].startswith(META), told[0])
                self.assertEqual(told[1:], [*lines, "done {}"])

    def test_the_cat_takes_its_time(self) -> None:
        counted = ask(sample("cat_bot"), "count")
        self.assertEqual((counted.text, counted.took), ("10", 10))
        self.assertEqual(ask(sample("cat_bot"), "count quickly").took, 0)
        peeked = ask(sample("cat_bot"), "a stranger, plain, with a dog")
        self.assertEqual((peeked.text, peeked.took), ("peek " * 10, 10))
        self.assertEqual(peeked.meta, Meta("text/plain", False, True, False))

    def test_the_cat_has_settings_and_hears_ratings(self) -> None:
        self.assertEqual(
            settings_of("cat_bot"),
            Settings(allow_attachments=True, extra={"allow_user_context_clear": True}),
        )
        with Scene().during(), mock.patch("sys.stdout", io.StringIO()) as log:
            rated = Feedback("m-1", "u-1", "c-1", "like")
            _answer_query.settle(sample("cat_bot").on_feedback(rated))
        self.assertEqual(log.getvalue(), "user u-1 gave like to message m-1\n")

    def test_the_log_shows_the_request(self) -> None:
        query = Query.of("hi")
        query.logit_bias = {"a": 1.0}
        text = ask(sample("log_bot"), query).text
        self.assertIn("'api_key': 'redacted'", text)
        self.assertIn("'logit_bias': {'a': 1.0}", text)
        self.assertIn("ProtocolMessage(role='user', message_type=None, sender_id=None,", text)

    def test_the_http_request_has_headers_and_no_key(self) -> None:
        scene = Scene(raw='{"type": "query"}', headers={"host": "secret.example", "x-a": "b"})
        text = scene.ask(sample("http_request_bot"), "hi").text
        self.assertEqual(
            text, "POST /http query\n```python\n{'host': '[REDACTED]', 'x-a': 'b'}\n```"
        )

    def test_the_video_is_read_and_attached(self) -> None:
        bot = sample("video_bot")
        opened = mock.mock_open(read_data=b"film")
        with mock.patch("builtins.open", opened):
            transcript = ask(bot, "hi")
        opened.assert_called_with("/root/assets/tiger.mp4", "rb")
        self.assertEqual(transcript.uploads[0].name, "tiger.mp4")
        self.assertEqual([type(event) for event in transcript.events], [File, Text])

    def test_what_needs_native_code_is_refused_by_name(self) -> None:
        source = (BOTS / "sdxl_bot.py").read_bytes()
        problems = check("/bots", "sdxl_bot.py", {"sdxl_bot.py": source}).problems
        self.assertTrue(any("PIL" in problem for problem in problems), problems)


class Upstreams(unittest.TestCase):
    """Bots that ask the web."""

    def test_the_wrapper_streams_a_model(self) -> None:
        chunks = [
            json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            for delta in ({"role": "assistant", "content": ""}, {"content": "Hi"}, {})
        ]
        asked: list[PlayedRequest] = []

        def answer(request: PlayedRequest) -> Upstream:
            asked.append(request)
            return Upstream.events([*chunks, "[DONE]"])

        scene = Scene().upstream("https://api.openai.com/v1/", answer)
        messages = [Message.bot("b" * 99), *(Message.user(str(number)) for number in range(5))]
        with mock.patch.dict("os.environ", {"OPENAI_API_KEY": "key"}):
            transcript = scene.ask(sample("wrapper_bot"), messages)
        self.assertEqual(transcript.events, [Text("Hi")])
        self.assertEqual(asked[0].header("authorization"), "Bearer key")
        body = asked[0].json()
        self.assertEqual([m["content"] for m in body["messages"]], ["0", "1", "2", "3", "4"])
        self.assertEqual((body["model"], body["stream"]), ("gpt-4o-mini", True))

    def test_the_pages_of_documents_are_counted(self) -> None:
        pages = b"<</Type /Page>> <</Type/Page >> <</Type /Pages>>"
        scene = (
            Scene()
            .upstream("https://files.example/a", Upstream(200).body(pages))
            .upstream("https://files.example/b", Upstream(404))
        )
        kind = "application/pdf"
        first, last = Message.user("one"), Message.user("two")
        first.attachments = [Attachment("https://files.example/a", kind, "a.pdf")]
        last.attachments = [
            Attachment("https://files.example/b", kind, "b.pdf"),
            Attachment("https://files.example/c", "image/png", "c.png"),
        ]
        with _urllib.installed():
            transcript = scene.ask(sample("pdf_counter_bot"), [first, last])
        self.assertEqual(
            transcript.events[1:],
            [Text("Failed to retrieve the document."), Text("a.pdf has 2 pages.\n")],
        )


class Others(unittest.TestCase):
    """Bots that ask other bots."""

    def test_the_prompt_stands_in_front(self) -> None:
        answer = (
            Script()
            .event(Meta("text/plain", suggested_replies=True))
            .text("so")
            .event(Suggest("more"))
            .event(File("https://f/x.png", "image/png", "x.png", "ref"))
        )
        # What the file registers only as a program is found by its class.
        transcript = Scene().bot("Claude-3-Haiku", answer).ask(sample("prompt_bot"), "hi")
        self.assertEqual(
            transcript.events,
            [
                Meta("text/plain", True, False, False),
                Text("so"),
                Suggest("more"),
                File("https://f/x.png", "image/png", "x.png", "ref"),
            ],
        )
        messages = transcript.asked[0].messages
        self.assertEqual([m.role for m in messages], ["system", "user"])

    def test_capitals(self) -> None:
        answer = Script("a").event(Replace("b")).event(Suggest("c"))
        transcript = Scene().bot("GPT-3.5-Turbo", answer).ask(sample("all_caps_bot"), "hi")
        self.assertEqual(transcript.events, [Text("A"), Replace("B"), Suggest("C")])

    def test_what_another_bot_cannot_say_is_the_usual_sentence(self) -> None:
        scene = Scene().bot("GPT-3.5-Turbo", Script("a").fail(Failure("secret")))
        with quietly() as log, mock.patch("sys.stdout", io.StringIO()):
            transcript = scene.ask(sample("all_caps_bot"), "hi")
        unexpected = "The bot encountered an unexpected issue."
        self.assertEqual(transcript.failure, Failure(unexpected, allow_retry=False))
        self.assertIn("secret", log.getvalue())

    def test_who_cannot_pay_another_bot_reads_so(self) -> None:
        failure = Failure("", error_type="insufficient_fund", allow_retry=False)
        transcript = Scene().bot("GPT-3.5-Turbo", failure).ask(sample("all_caps_bot"), "hi")
        self.assertEqual(transcript.failure, Failure("", error_type="insufficient_fund"))

    def test_a_function_is_called_once(self) -> None:
        calls = Script()
        for piece in (
            call(0, name="get_current_weather", arguments='{"location"'),
            call(0, arguments=': "Tokyo"}'),
            call(7, arguments="whose beginning is lost"),
        ):
            calls.event(piece)
        scene = Scene().bot("GPT-3.5-Turbo", calls, "It is 11.")
        transcript = scene.ask(sample("function_calling_bot"), "the weather?")
        self.assertEqual(transcript.text, "It is 11.")
        results = transcript.asked[1].body["tool_results"]
        self.assertEqual(results[0]["tool_call_id"], "call-0")
        self.assertEqual(json.loads(json.loads(results[0]["content"]))["temperature"], "11")
        self.assertEqual(len(results), 1)

    def test_without_a_call_its_content_is_the_answer(self) -> None:
        scene = Scene().bot("GPT-3.5-Turbo", Script().event(content("He")).event(content("llo")))
        transcript = scene.ask(sample("function_calling_bot"), "hi")
        self.assertEqual((transcript.text, len(transcript.asked)), ("Hello", 1))

    def test_calls_are_kept_for_later(self) -> None:
        calls = Script().event(
            call(0, name="get_weather", arguments='{"latitude": 1, "longitude": 2}')
        )
        weather = Upstream.json({"current": {"temperature_2m": 7.5}})
        scene = Scene().upstream("https://api.open-meteo.com/", weather)
        with _urllib.installed():
            first = scene.bot("GPT-4o", calls, "7.5").ask(sample("function_calling_loop_bot"), "?")
        self.assertEqual(first.text, "7.5")
        kept: str = first.events[-1].members()["metadata"]
        self.assertEqual([message["role"] for message in json.loads(kept)], ["bot", "tool"])
        self.assertEqual(json.loads(json.loads(kept)[1]["content"])[0]["content"], "7.5")

        answer = Message.bot("7.5")
        answer.metadata = kept
        scene = Scene().bot("GPT-4o", "again")
        later = scene.ask(sample("function_calling_loop_bot"), [answer, Message.user("and now?")])
        roles = [message.role for message in later.asked[0].messages]
        self.assertEqual(roles, ["bot", "tool", "bot", "user"])
        self.assertEqual(later.events[-1].members(), {"metadata": "[]"})

    def test_two_answers_grow_side_by_side(self) -> None:
        scene = (
            Scene()
            .bot("GPT-3.5-Turbo", Script().wait(1).text("a").wait(2).text("b"))
            .bot("Claude-3.5-Haiku", Script().wait(2).text("c").event(Suggest("d")))
        )
        transcript = scene.ask(sample("versus_bot"), "hi")
        # Which of them is above the other is chance.
        self.assertEqual(
            sorted(transcript.text.split("\n\n")),
            ["**Claude-3.5-Haiku** says:\nc", "**Gpt-3.5-Turbo** says:\nab"],
        )
        self.assertEqual((transcript.suggestions, transcript.took), (["d"], 3))

    def test_a_picture_is_asked_for_and_shown(self) -> None:
        message = Message.user("what suits me?")
        message.attachments = [Attachment("https://files.example/o.png", "image/png", "o.png")]
        scene = (
            Scene()
            .bot("Claude-3.5-Sonnet", Script("A red ").text("shirt"))
            .bot("Imagen3-Fast", Script().event(File("https://f/i.png", "image/png", "i.png")))
        )
        transcript = scene.ask(sample("outfit_bot"), [message])
        file = next(event for event in transcript.events if isinstance(event, File))
        self.assertEqual(file.name, "new_top.png")
        self.assertTrue(transcript.text.endswith(f"![new_top][{file.inline_ref}]"))
        prompt = transcript.asked[1].messages[0].content
        self.assertEqual(prompt, "A photo of: A red shirt")
        alone = ask(sample("outfit_bot"), "hi")
        self.assertEqual(alone.text, "Please attach an image of your outfit.")

    def test_a_program_is_written_run_and_mended(self) -> None:
        code = "```python\nprint(42)\n```"
        scene = (
            Scene()
            .bot("Claude-3.5-Sonnet", "Here:\n" + code, code, "It prints 42.")
            .bot("Python", "NameError: no", "42")
        )
        transcript = scene.ask(sample("coder_bot"), "print 42")
        self.assertEqual([asked.bot for asked in transcript.asked][-1], "Claude-3.5-Sonnet")
        self.assertEqual(len(transcript.asked), 5)
        self.assertTrue(transcript.text.endswith("Output:\n42\nIt prints 42."), transcript.text)

    def test_settings(self) -> None:
        for name, calls in {
            "prompt_bot": {"Claude-3-Haiku": 1},
            "function_calling_loop_bot": {"GPT-4o": 10},
            "versus_bot": {"GPT-3.5-Turbo": 1, "Claude-3.5-Haiku": 1},
        }.items():
            with self.subTest(name):
                self.assertEqual(settings_of(name), Settings(server_bot_dependencies=calls))


if __name__ == "__main__":
    unittest.main()
