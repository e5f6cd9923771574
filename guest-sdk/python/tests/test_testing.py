"""The reader of native tests keeps the rules of the gateway, and time is played."""

from __future__ import annotations

import asyncio
import time
import unittest
from collections.abc import Iterator
from time import sleep as sleep_of_its_own

from _bots import Does, play, quietly

from ravenry import Bot, Message, Query, Reply, http, poe, request, testing
from ravenry.events import Replace, Suggest, Text
from ravenry.testing import Scene, Upstream


class Slow(Bot):
    """What the documentation of `testing` shows."""

    def respond(self, query: Query, reply: Reply) -> None:
        reply.replace("Thinking…")
        time.sleep(60)
        reply.replace(query.last_text.upper())
        reply.suggest("again")


class DoesHere(Does):
    """A bot of this module, which has a `sleep` of its own."""


class TimeTest(unittest.TestCase):
    def test_the_example_of_the_documentation(self) -> None:
        before = time.monotonic()
        conversation = [Message.user("one"), Message.bot("ONE"), Message.user("two")]
        transcript = testing.ask(Slow, conversation)
        self.assertEqual(
            str(transcript),
            """\
replace_response {"text":"Thinking…"}
wait 60s
replace_response {"text":"TWO"}
suggested_reply {"text":"again"}
done {}
""",
        )
        self.assertEqual((transcript.text, transcript.took), ("TWO", 60))
        self.assertEqual(
            transcript.timed,
            [(0, Replace("Thinking…")), (60, Replace("TWO")), (60, Suggest("again"))],
        )
        self.assertLess(time.monotonic() - before, 30)

    def test_every_way_to_wait_takes_no_time(self) -> None:
        async def awaits(query: Query, reply: Reply) -> None:
            began = (time.monotonic(), time.time(), time.perf_counter(), time.time_ns())
            await asyncio.sleep(0.001)
            reply.text("a")
            await asyncio.gather(asyncio.sleep(2), asyncio.sleep(3))
            reply.text("b")
            sleep_of_its_own(1e-6)
            ended = (time.monotonic(), time.time(), time.perf_counter(), time.time_ns())
            passed = [end - begin for begin, end in zip(began, ended, strict=True)]
            for seconds in (*passed[:3], passed[3] / 1e9):
                assert abs(seconds - 3.001001) < 1e-5, passed
            assert abs(testing.now() - 3.001001) < 1e-9

        transcript = testing.ask(DoesHere(awaits), "hi")
        self.assertIsNone(transcript.error)
        self.assertEqual(
            str(transcript),
            'wait 1ms\ntext {"text":"a"}\nwait 3s\ntext {"text":"b"}\nwait 1µs\ndone {}\n',
        )
        self.assertIs(time.sleep, sleep_of_its_own)

    def test_waiting_backwards_is_refused(self) -> None:
        with self.assertRaises(ValueError), Scene().during():
            time.sleep(-1)


class SceneTest(unittest.TestCase):
    def test_the_request_is_the_one_of_the_scene(self) -> None:
        headers = [
            ("X-Trace", "a"),
            ("authorization", "Bearer secret"),
            ("Cookie", "secret"),
            ("Proxy-Authorization", "secret"),
            ("x-trace", "b"),
        ]
        scene = Scene(raw='{"new": 1}', headers=headers, reference="k3x9")
        with scene.during():
            self.assertEqual(request.raw(), '{"new": 1}')
            self.assertEqual(request.header("X-TRACE"), "a, b")
            self.assertIsNone(request.header("Authorization"))
            self.assertEqual(request.headers(), [("x-trace", "a"), ("x-trace", "b")])
            self.assertEqual(request.reference(), "k3x9")
            # A scene within a scene hides it, and gives it back.
            with Scene(headers={"a": "b"}).during():
                self.assertEqual((request.reference(), request.header("a")), ("test", "b"))
            self.assertEqual(request.reference(), "k3x9")
        with self.assertRaises(RuntimeError):
            request.raw()

    def test_a_scene_begins_anew_each_time(self) -> None:
        scene = Scene(budget=10).bot("A", "one")

        def respond(reply: Reply) -> None:
            poe.authorize(poe.CostItem(10))
            poe.capture(poe.CostItem(10))
            poe.ask("A").relay()

        for _ in range(2):
            transcript = play(scene, respond)
            self.assertEqual((transcript.text, transcript.error), ("one", None))

    def test_the_web_of_the_scene_is_asked(self) -> None:
        def respond(reply: Reply) -> None:
            reply.text(http.get("https://a.test/x").text())

        scene = Scene().upstream("https://a.test/", Upstream(200).wait(2).body("hello"))
        transcript = play(scene, respond)
        self.assertEqual((transcript.text, transcript.took), ("hello", 2))
        self.assertEqual([sent.url for sent in transcript.requests], ["https://a.test/x"])

    def test_a_bot_or_what_makes_one_is_asked(self) -> None:
        def says(_: Query, __: Reply) -> Iterator[str]:
            yield "made"

        self.assertEqual(testing.ask(lambda: Does(says), "hi").events, [Text("made")])
        self.assertEqual(str(testing.ask(Does(lambda *_: None), Query.of("hi"))), "done {}\n")

    def test_waiting_for_nothing_is_said(self) -> None:
        async def respond(reply: Reply) -> None:
            await asyncio.Event().wait()

        with quietly() as log:
            transcript = play(Scene(), respond)
        self.assertIsInstance(transcript.error, RuntimeError)
        self.assertIn("test_testing.py", log.getvalue())
