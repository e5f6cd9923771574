"""What bots ask of the platform, against a platform that a test writes."""

from __future__ import annotations

import asyncio
import unittest
from typing import Any

from _bots import play, quietly

from ravenry import (
    Attachment,
    Bot,
    Failure,
    Message,
    PoeError,
    Query,
    Reply,
    Settings,
    Stopped,
    poe,
)
from ravenry.events import Data, Event, File, Json, Meta, Replace, Suggest, Text
from ravenry.testing import Asked, Scene, Script

FILE = File("u", "t", "n")


def outcome_of(script: Script) -> str | PoeError:
    """What `A` says, as the text that a bot gets of it, standing still and awaiting."""
    heard: list[str | PoeError] = []

    def standing(reply: Reply) -> None:
        try:
            heard.append(poe.ask("A").text())
        except PoeError as error:
            heard.append(error)

    async def awaiting(reply: Reply) -> None:
        try:
            heard.append(await poe.ask("A").atext())
        except PoeError as error:
            heard.append(error)

    for respond in (standing, awaiting):
        play(Scene().bot("A", script), respond)
    assert heard[0] == heard[1], heard
    return heard[0]


class AnswerTest(unittest.TestCase):
    def test_a_final_response_is_what_the_reference_client_makes_of_it(self) -> None:
        cases = [
            (Script("a").text("b"), "ab"),
            (Script("a").event(Replace("b")).text("c"), "bc"),
            (Script().event(Meta()).text("a").event(Suggest("more")), "a"),
            (Script().event(Data("d")).text("a"), "a"),
            (Script().event(FILE), ""),
            (Script(""), ""),
            (Script().event(Json({})).text("a"), "a"),
        ]
        for script, expected in cases:
            self.assertEqual(outcome_of(script), expected, script)
        for nothing in (
            Script(),
            Script().event(Meta()),
            Script().event(Suggest("more")).event(Data("d")),
        ):
            self.assertEqual(outcome_of(nothing), PoeError("broken", "Bot A sent no response"))
        failure = Failure("no", allow_retry=False)
        failed = outcome_of(Script("a").fail(failure))
        self.assertEqual(failed, PoeError("said", said=failure))

    def test_an_answer_is_over_after_its_end_and_after_its_error(self) -> None:
        broken = PoeError("broken", "cut")
        scene = Scene().bot("A", "a", Script("a").breaks(broken))

        def respond(reply: Reply) -> None:
            whole = poe.ask("A")
            self.assertEqual([*whole], [Text("a")])
            self.assertEqual([*whole], [])
            cut = poe.ask("A")
            self.assertEqual(next(cut), Text("a"))
            with self.assertRaises(PoeError) as raised:
                next(cut)
            self.assertEqual((raised.exception, raised.exception.bot), (broken, "A"))
            self.assertEqual([*cut], [])

        self.assertIsNone(play(scene, respond).error)

    def test_a_closed_answer_is_over(self) -> None:
        def respond(reply: Reply) -> None:
            with poe.ask("A") as answer:
                self.assertEqual(next(answer), Text("a"))
            self.assertEqual([*answer], [])
            answer.close()

        scene = Scene().bot("A", Script("a").wait(1).text("b"))
        transcript = play(scene, respond)
        self.assertEqual((transcript.error, transcript.took), (None, 0))

    def test_events_that_make_no_sense_stay_as_they_were_said(self) -> None:
        from ravenry import _named
        from ravenry.events import Other

        self.assertEqual(_named.tolerant("meta", '{"linkify":1}'), Other("meta", {"linkify": 1}))
        self.assertEqual(_named.tolerant("meta", "{}"), Meta())
        self.assertEqual(_named.tolerant("new", "nonsense"), Other("new", {}))
        self.assertEqual(_named.tolerant("json", '{"n":18446744073709551616}'), Json({"n": 2**64}))

    def test_a_relay_passes_all_on_but_hidden_data(self) -> None:
        script = (
            Script()
            .event(Meta())
            .text("a")
            .event(Data("theirs"))
            .event(Replace("b"))
            .event(FILE)
            .event(Suggest("c"))
            .event(Meta())
        )
        scene = Scene().bot("A", script)
        passed: list[Event] = [Text("a"), Replace("b"), FILE, Suggest("c")]
        every = play(scene, lambda _: poe.ask("A").relay())
        self.assertEqual(every.events, [Meta(), *passed])
        text = play(scene, lambda _: poe.ask("A").relay_text())
        self.assertEqual(text.events, passed[:2])

        def begun_by_hand(_: Reply) -> None:
            answer = poe.ask("A")
            self.assertEqual(next(answer), Meta())
            answer.relay()

        self.assertEqual(play(scene, begun_by_hand).events, passed)

        def yielded(_: Reply) -> Any:
            yield from poe.ask("A")

        self.assertEqual(
            play(scene, yielded).events,
            [Meta(), Text("a"), Data("theirs"), Replace("b"), FILE, Suggest("c")],
        )

    def test_a_relay_ends_with_the_reply(self) -> None:
        scene = Scene(leaves_after=1).bot("A", Script("a").text("b"))
        with quietly() as log:
            transcript = play(scene, lambda _: poe.ask("A").relay())
        self.assertEqual((transcript.text, transcript.failure), ("a", None))
        self.assertEqual(transcript.error, PoeError("stopped", stopped=Stopped("gone")))
        self.assertEqual(log.getvalue(), "")


class AskTest(unittest.TestCase):
    def test_the_same_conversation_is_an_empty_body(self) -> None:
        transcript = play(Scene().bot("A", "a"), lambda _: poe.ask("A").relay())
        self.assertEqual(transcript.asked, [Asked("A", {})])

    def test_a_question_holds_what_was_said_of_it(self) -> None:
        def respond(_: Reply) -> None:
            poe.ask(
                "A",
                messages=[Message.system("s"), Message.user("u\ud800")],
                body={"temperature": 1, "language_code": "de"},
                temperature=0.0,
                stop_sequences=["x", "y"],
                skip_system_prompt=True,
            ).relay()

        asked = play(Scene().bot("A", "a"), respond).asked[0]
        markdown = "text/markdown"
        self.assertEqual(
            asked.body,
            {
                "query": [
                    {"role": "system", "content": "s", "content_type": markdown},
                    {"role": "user", "content": "u\ufffd", "content_type": markdown},
                ],
                "temperature": 0.0,
                "stop_sequences": ["x", "y"],
                "skip_system_prompt": True,
                "language_code": "de",
            },
        )
        self.assertEqual([message.content for message in asked.messages], ["s", "u\ufffd"])

    def test_inserted_messages_reach_the_other_bot_with_what_they_quote(self) -> None:
        class Asks(Bot):
            def __init__(self, inserts: bool) -> None:
                self.inserts_attachments = inserts

            def respond(self, query: Query, reply: Reply) -> None:
                assert query.last_text == "what?"
                poe.ask("A").relay()

            def settings(self) -> Settings:
                return Settings(server_bot_dependencies={"A": 1})

        message = Message.user("what?")
        message.referenced_message = Message.bot("quoted")
        message.attachments = [Attachment("u", "text/plain", "f", None, "content")]
        scene = Scene().bot("A", "a")
        messages = scene.ask(Asks(True), [message]).asked[0].body["query"]
        self.assertEqual(messages[0]["content"], "Below is the content of f:\n\ncontent")
        self.assertEqual(messages[1]["content"], "what?")
        self.assertEqual(messages[1]["referenced_message"]["content"], "quoted")
        self.assertEqual(scene.ask(Asks(False), [message]).asked[0].body, {})
        # The next query does not inherit it.
        self.assertEqual(scene.ask(Asks(True), "what?").asked[0].body, {})

    def test_what_is_not_declared_is_denied_and_not_sent(self) -> None:
        scene = Scene().bot("Stranger", "a").bot("C", lambda asked: f"c{len(asked.body)}")

        def kind(name: str) -> str:
            try:
                return poe.ask(name).text()
            except PoeError as error:
                return error.kind

        def respond(_: Reply) -> None:
            self.assertEqual(kind("Stranger"), "denied")
            self.assertEqual([kind("C") for _ in range(6)], ["c0"] * 5 + ["denied"])
            self.assertEqual(kind("B"), "broken")

        transcript = play(scene, respond)
        self.assertIsNone(transcript.error)
        self.assertEqual(len(transcript.asked), 6)
        # Outside `respond` there is nobody to ask for.
        with scene.during():
            self.assertEqual(kind("C"), "denied")


class MergeTest(unittest.TestCase):
    SCENE = (
        Scene()
        .bot("A", Script("a1").wait(3).text("a2"))
        .bot("B", Script().wait(1).text("b1").wait(1).fail(Failure("b")))
        .bot("C", Script())
    )
    EXPECTED = [
        (0, '0 text {"text":"a1"}'),
        (1, '1 text {"text":"b1"}'),
        (2, "1 the other bot ended with an error: b"),
        (3, '0 text {"text":"a2"}'),
    ]

    def heard(self, respond: Any) -> list[tuple[float, str]]:
        transcript = play(self.SCENE, respond)
        self.assertIsNone(transcript.error)
        return [(at, event.text) for at, event in transcript.timed if isinstance(event, Text)]

    def test_merged_answers_come_as_they_arrive(self) -> None:
        def respond(reply: Reply) -> None:
            for which, event in poe.merge(*map(poe.ask, "ABC")).outcomes():
                reply.text(f"{which} {event}")

        async def awaiting(reply: Reply) -> None:
            async for which, event in poe.merge(*map(poe.ask, "ABC")).aoutcomes():
                reply.text(f"{which} {event}")

        self.assertEqual(self.heard(respond), self.EXPECTED)
        self.assertEqual(self.heard(awaiting), self.EXPECTED)

    def test_the_first_error_is_raised_and_the_others_go_on(self) -> None:
        def respond(reply: Reply) -> None:
            merged = poe.merge(*map(poe.ask, "ABC"))
            with self.assertRaises(PoeError) as raised:
                for which, event in merged:
                    reply.text(f"{which} {event}")
            reply.text(f"{raised.exception.bot}!")
            for which, event in merged:
                reply.text(f"{which} {event}")

        async def awaiting(reply: Reply) -> None:
            merged = poe.merge(*map(poe.ask, "ABC"))
            with self.assertRaises(PoeError) as raised:
                async for which, event in merged:
                    reply.text(f"{which} {event}")
            reply.text(f"{raised.exception.bot}!")
            async for which, event in merged:
                reply.text(f"{which} {event}")

        expected = [*self.EXPECTED]
        expected[2] = (2, "B!")
        self.assertEqual(self.heard(respond), expected)
        self.assertEqual(self.heard(awaiting), expected)

    def test_several_answers_are_read_at_the_same_time(self) -> None:
        async def respond(reply: Reply) -> None:
            slow, quick = poe.ask("A"), poe.ask("B")
            for text in await asyncio.gather(slow.atext(), quick.atext()):
                reply.text(text)

        scene = Scene().bot("A", Script().wait(3).text("a")).bot("B", Script().wait(2).text("b"))
        transcript = play(scene, respond)
        self.assertEqual((transcript.text, transcript.took), ("ab", 3))

    def test_a_timeout_gives_an_answer_up(self) -> None:
        async def respond(reply: Reply) -> None:
            try:
                async with asyncio.timeout(1), poe.ask("A") as answer:
                    await answer.atext()
            except TimeoutError:
                reply.text("too slow")

        transcript = play(Scene().bot("A", Script().wait(3).text("a")), respond)
        self.assertEqual((transcript.text, transcript.took), ("too slow", 1))
