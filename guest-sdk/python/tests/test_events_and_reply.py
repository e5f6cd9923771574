"""What a bot says: every event by its function, by its class and by its name, and what is
refused."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from _bots import Does, quietly

from ravenry import Failure, Reply, Stopped, events, testing
from ravenry.events import Data, Error, Event, File, Json, Meta, Other, Replace, Suggest, Text
from ravenry.testing import Scene, Transcript


def transcript(respond: Callable[[Reply], Any], scene: Scene | None = None) -> Transcript:
    return testing.ask(Does(lambda _, reply: respond(reply)), "hi", scene)


class EventsTest(unittest.TestCase):
    def test_every_event_has_its_name_and_members(self) -> None:
        def says(reply: Reply) -> None:
            reply.meta(linkify=True)
            reply.text("a")
            reply.text("b", index=1)
            reply.replace("c")
            reply.replace("d", index=1)
            reply.suggest("e")
            reply.file("https://example.org/f", "text/plain", "f")
            reply.data("g")
            reply.json({"h": 1})
            reply.event("new_one", {"i": 2})
            reply.error(Failure("j", error_type="k"))

        heard = transcript(says)
        self.assertEqual(
            str(heard),
            """\
meta {"linkify":true}
text {"text":"a"}
text {"text":"b","index":1}
replace_response {"text":"c"}
replace_response {"text":"d","index":1}
suggested_reply {"text":"e"}
file {"url":"https://example.org/f","content_type":"text/plain","name":"f"}
data {"metadata":"g"}
json {"h":1}
new_one {"i":2}
error {"text":"j","allow_retry":true,"error_type":"k"}
done {}
""",
        )
        self.assertEqual((heard.text, heard.text_at(1)), ("c", "d"))
        self.assertEqual(heard.suggestions, ["e"])
        assert heard.meta is not None
        self.assertTrue(heard.meta.linkify)
        self.assertIsNone(heard.error)

        def yields(_: Reply) -> Iterator[str | Event]:
            yield Meta(linkify=True)
            yield "a"
            yield Text("b", 1)
            yield Replace("c")
            yield Replace("d", 1)
            yield Suggest("e")
            yield File("https://example.org/f", "text/plain", "f")
            yield Data("g")
            yield Json({"h": 1})
            yield Other("new_one", {"i": 2})
            yield Error(Failure("j", error_type="k"))

        self.assertEqual(transcript(yields).events, heard.events)

    def test_events_by_name_are_what_their_functions_make(self) -> None:
        def by_name(reply: Reply) -> None:
            reply.event("meta", {"content_type": "text/plain", "linkify": None})
            reply.event("text", {"text": "a", "index": 0})
            reply.event("replace_response", {"text": "b"})
            reply.event("suggested_reply", {"text": "c"})
            reply.event("file", {"url": "u", "content_type": "t", "name": "n", "inline_ref": "r"})
            reply.event("data", {"metadata": "d"})
            reply.event("json", {})
            reply.event("error", {"text": "e", "allow_retry": False})

        def by_function(reply: Reply) -> None:
            reply.meta(content_type="text/plain")
            reply.text("a", 0)
            reply.replace("b")
            reply.suggest("c")
            reply.file("u", "t", "n", "r")
            reply.data("d")
            reply.json({})
            reply.error(Failure("e", allow_retry=False))

        self.assertEqual(transcript(by_name), transcript(by_function))

    def test_nonsense_is_refused_and_the_reply_goes_on(self) -> None:
        nonsense: list[tuple[str, Any]] = [
            ("done", {}),
            ("ping", {}),
            ("", {}),
            ("Text", {}),
            ("te xt", {}),
            ("téxt", {}),
            ("a" * 65, {}),
            ("fine", []),
            ("fine", "text"),
            ("json", None),
            ("text", {}),
            ("text", {"text": 1}),
            ("text", {"text": "a", "index": -1}),
            ("text", {"text": "a", "index": 2**32}),
            ("text", {"text": "a", "index": True}),
            ("meta", {"linkify": "yes"}),
            ("meta", {"content_type": "text/html"}),
            ("error", {"allow_retry": 1}),
            ("fine", {"a": "x" * (256 * 1024)}),
        ]

        def says(reply: Reply) -> None:
            for name, value in nonsense:
                with self.assertRaises(ValueError, msg=f"{name} {value!r:.80}"):
                    reply.event(name, value)
            bad: Any = [1]
            with self.assertRaises(ValueError):
                reply.json(bad)
            with self.assertRaises(ValueError):
                reply.text("a", -1)
            with self.assertRaises(ValueError):
                reply.meta(content_type="text/html")
            reply.text("still here")

        heard = transcript(says)
        self.assertIsNone(heard.error)
        self.assertEqual(heard.events, [Text("still here")])
        self.assertEqual(len(heard.refused), len(nonsense) + 3)

    def test_what_is_no_text_is_a_mistake_with_a_sentence(self) -> None:
        wrong: list[Any] = [3, None, b"bytes"]
        for value in wrong:
            says = partial(Reply.text, text=value)
            with quietly():
                heard = transcript(says)
            self.assertIsInstance(heard.error, TypeError)
            self.assertIn(repr(value), str(heard.error))

    def test_meta_counts_only_first_but_empty_text_is_not_sent(self) -> None:
        def says(reply: Reply) -> None:
            reply.text("")
            reply.meta()
            with self.assertRaises(ValueError):
                reply.meta()
            reply.replace("")

        self.assertEqual(transcript(says).events, [Meta(), Replace("")])

    def test_halves_of_characters_are_joined_or_replaced(self) -> None:
        def says(reply: Reply) -> None:
            reply.text("a\ud83d")
            reply.text("\ud83d\ude00")
            reply.json({"deep": ["\udc00", {"\ud800": 1}]})
            reply.error(Failure("\ud800"))

        heard = transcript(says)
        self.assertEqual(
            heard.events,
            [
                Text("a\ufffd"),
                Text("😀"),
                Json({"deep": ["\ufffd", {"\ufffd": 1}]}),
                Error(Failure("\ufffd")),
            ],
        )

    def test_numbers_keep_their_value_as_far_as_the_wire_has_room(self) -> None:
        value = {
            "whole": [2**64 - 1, -(2**63), 2**64, -(2**63) - 1, 2**70],
            "text": "1234567890123456789012345678901234567890",
            "float": [0.5, float("nan"), float("inf")],
        }
        heard = transcript(lambda reply: reply.json(value))
        big = [2**64 - 1, -(2**63), str(2**64), str(-(2**63) - 1), str(2**70)]
        expected = {"whole": big, "text": value["text"], "float": [0.5, None, None]}
        self.assertEqual(heard.events, [Json(expected)])

    def test_str_of_an_event_is_its_line(self) -> None:
        self.assertEqual(str(Text("ü\n")), 'text {"text":"ü\\n"}')
        self.assertEqual(str(Other("a", {"b": [1, 2]})), 'a {"b":[1,2]}')
        self.assertEqual(File("u", "t", "n", "r").markdown(), "![n][r]")
        self.assertEqual(File("u", "t", "n").markdown(), "")
        self.assertNotEqual(Text("a"), Suggest("a"))
        self.assertEqual(len({Text("a"), Text("a"), Text("a", 0)}), 2)
        self.assertTrue(set(events.__all__) > {"Event", "Text"})


class BoundsTest(unittest.TestCase):
    def test_a_reply_holds_so_many_characters_and_not_one_more(self) -> None:
        def says(last: str) -> Transcript:
            def respond(reply: Reply) -> None:
                reply.text("éé")
                reply.replace("éé")
                reply.suggest("éé")
                reply.data("éé")
                reply.text(last)
                reply.text("")

            return transcript(respond, Scene(characters_max=10))

        self.assertIsNone(says("éé").error)
        long = says("ééé")
        self.assertEqual(long.error, Stopped("too-long"))
        self.assertEqual(len(long.events), 4)

    def test_objects_and_files_count_with_their_bytes(self) -> None:
        file = partial(Reply.file, url="uuu", content_type="ttt", name="nnn")
        for says in (partial(Reply.json, value={"a": "é"}), file):
            heard = transcript(says, Scene(characters_max=8))
            self.assertEqual(heard.error, Stopped("too-long"))

    def test_a_reply_holds_so_many_events_and_not_one_more(self) -> None:
        def talks(reply: Reply) -> None:
            while True:
                reply.text("a")

        heard = transcript(talks, Scene(events_max=3))
        self.assertEqual(heard.refused, [Stopped("too-long")])
        self.assertEqual(len(transcript(talks).events), 10_000)

    def test_nothing_is_taken_after_an_error(self) -> None:
        def says(reply: Reply) -> None:
            reply.error(Failure("over"))
            reply.text("more")

        heard = transcript(says)
        self.assertEqual(heard.events, [Error(Failure("over"))])
        self.assertEqual(heard.error, Stopped("ended"))

    def test_a_refusal_is_no_failure_for_the_person(self) -> None:
        def counts(reply: Reply) -> Iterator[str]:
            for number in range(10):
                yield f"{number} "

        heard = transcript(counts, Scene(leaves_after=2))
        self.assertEqual(heard.text, "0 1 ")
        self.assertIsNone(heard.failure)
        self.assertEqual(heard.error, Stopped("gone"))

    def test_the_sentence_of_a_failure_is_cut_and_counted(self) -> None:
        def raises(_: Reply) -> None:
            raise Failure("é" * 5_000, error_type="e" * 100)

        said = transcript(lambda reply: reply.error(Failure("é" * 5_000)))
        raised = transcript(raises)
        for heard in (said, raised):
            assert heard.failure is not None and heard.failure.text is not None
            self.assertEqual(len(heard.failure.text), 4_096)
        assert raised.failure is not None
        self.assertEqual(raised.failure.error_type, "e" * 64)

    def test_another_bots_events_are_passed_on_by_its_rules(self) -> None:
        def says(reply: Reply) -> None:
            for event in (Meta(), Text("a"), Data("theirs"), Meta(), Suggest("b")):
                reply.pass_on(event)

        self.assertEqual(transcript(says).events, [Meta(), Text("a"), Suggest("b")])
