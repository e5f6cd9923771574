"""What a bot knows: the same in a test's scene and across the component's border."""

from __future__ import annotations

import itertools
import unittest
from collections.abc import Callable
from typing import Any

import _fake_knowledge as gateway
from _author_files import bot_of
from _bots import Does, play, quietly
from test_component import BorderTest
from test_store import raises

import ravenry
from ravenry import KnowledgeError, Query, Reply, Settings, knowledge, testing
from ravenry.bot import Feedback
from ravenry.knowledge import Document, DocumentInfo, Passage
from ravenry.testing import Knowledge, Scene

MANUAL = """\
# Manual

The museum has three floors.

## Opening hours

The museum opens at nine.

```sh
# no heading
```

## Tickets

A ticket is five francs.
"""


class Rules:
    """What holds in both worlds."""

    def does(self, does: Callable[[], None]) -> None:
        """Has a bot do something."""
        raise NotImplementedError

    def test_what_is_put_is_found_until_it_is_removed(self) -> None:
        def does() -> None:
            mine = knowledge.user()
            mine.put_many(Document.plain(id, f"text of {id}") for id in ("b", "a", "c"))
            mine.put(Document("a", "another text", "A title", "https://example.org/ä"))
            passage = Passage("a", "A title", "https://example.org/ä", [], 1, 1, "another text", 2)
            assert mine.search("another text", 1) == [passage]
            assert len(mine.search("text")) == 3
            assert mine.search("cats") == mine.search("text", 0) == []
            assert [mine.remove("b"), mine.remove("b")] == [True, False]
            assert mine.remove_many(id for id in ("c", "x")) == 1
            info = DocumentInfo("a", "A title", "https://example.org/ä", 12)
            assert list(mine.documents()) == [info]
            assert list(knowledge.bot().documents()) == []
            assert [mine.clear(), mine.clear()] == [1, 0]

        self.does(does)

    def test_all_pages_are_gone_through(self) -> None:
        def does() -> None:
            bot = knowledge.bot()
            bot.put_many(Document(str(number), "é") for number in range(7))
            assert [one.id for one in bot.documents()] == list("0123456")
            assert [one.bytes for one in itertools.islice(bot.documents(), 1)] == [2]

        self.does(does)

    def test_what_is_no_document_is_refused(self) -> None:
        def does() -> None:
            bot, odd = knowledge.bot(), list[Any]([None, "text", {"id": "a"}])
            for one in odd:
                raises(TypeError, bot.put, one)
            wrong: Any = "html"
            raises(ValueError, bot.put, Document("a", "text", format=wrong))
            raises(TypeError, bot.remove_many, "text")
            raises(TypeError, bot.remove, 7)
            raises(TypeError, bot.search, None)
            raises(ValueError, bot.search, "text", -1)
            raises(TypeError, bot.search, "text", 1.5)
            assert bot.search("text", 2**70) == []
            bot.put(Document("half", "cat \ud83d\udc08 \ud800"))
            assert bot.search("cat")[0].text == "cat 🐈 \ufffd"

        self.does(does)


class SceneKnowledgeTest(Rules, unittest.TestCase):
    def does(self, does: Callable[[], None]) -> None:
        transcript = play(Scene(), lambda _: does())
        if transcript.error is not None:
            raise transcript.error


class BorderKnowledgeTest(Rules, BorderTest):
    def does(self, does: Callable[[], None]) -> None:
        self.assertIsNone(self.respond(lambda _: does()))

    def test_documents_leave_and_passages_arrive_whole(self) -> None:
        def does() -> None:
            knowledge.bot().put(Document.plain("i", "text", title="t", source="s"))
            sent = gateway.collections["bot"]["i"]
            assert sent == gateway.knowledge.Document("i", "t", "s", "text", "plain")
            found = gateway.knowledge.Passage("d", "t", "s", ["h"], 3, 9, "x", 0.5)
            before, gateway.knowledge.search = gateway.knowledge.search, lambda *_: [found]
            try:
                passages = knowledge.bot().search("x")
            finally:
                gateway.knowledge.search = before
            assert passages == [Passage("d", "t", "s", ["h"], 3, 9, "x", 0.5)]

        self.does(does)

    def test_errors_keep_their_words(self) -> None:
        def does() -> None:
            bot = knowledge.bot()
            calls: list[Callable[[], Any]] = [
                lambda: bot.search("text"),
                lambda: bot.put(Document("a", "text")),
                lambda: bot.remove("a"),
                bot.clear,
                lambda: list(bot.documents()),
            ]
            for call, kind in itertools.product(calls, ("invalid", "full", "unavailable", "other")):
                error = getattr(gateway.knowledge, f"KnowledgeError_{kind.title()}")
                gateway.refusals.append(error("why"))
                assert raises(KnowledgeError, call) == KnowledgeError(kind, "why")
            del gateway.collections["user"]
            error = raises(knowledge.NoSuchCollection, knowledge.user().clear)
            assert (error.kind, "`user`" in str(error)) == ("no-such-collection", True)
            assert repr(bot) == "<collection 'bot'>"

        self.does(does)


class SceneTest(unittest.TestCase):
    def test_a_passage_says_where_it_stands(self) -> None:
        known = Knowledge()
        known.bot().put(Document("manual.md", MANUAL, source="https://example.org/manual"))
        first, second = known.bot().search("When does the MUSEUM open: opens it at nine?")
        text = "## Opening hours\n\nThe museum opens at nine.\n\n```sh\n# no heading\n```"
        headings = ["Manual", "Opening hours"]
        source = "https://example.org/manual"
        self.assertEqual(
            first, Passage("manual.md", "Manual", source, headings, 5, 11, text, 5.0)
        )
        self.assertEqual((second.score, second.first_line, second.lines), (2.0, 1, "lines 1–3"))
        self.assertEqual(first.citation(1), f"[1] Manual › Opening hours ({source})")
        self.assertEqual(Passage("a", "a", "a").citation("x"), "[x] a")
        self.assertEqual(Passage("a", "a", "a").lines, "line 1")

    def test_passages_have_so_many_words(self) -> None:
        long = f"\n\n{'word ' * 400}\n{'word ' * 100}\n\nlast word"
        known = Knowledge().bot()
        known.put(Document.plain("long", long))
        shape = [
            (len(one.text.split()), one.first_line, one.last_line) for one in known.search("word")
        ]
        # The rest of the long line has room for the lines behind it.
        self.assertEqual(shape, [(180, 3, 3), (180, 3, 3), (142, 3, 6)])
        known.put_many(Document(str(number), "a cat") for number in range(120))
        self.assertEqual(len(known.search("cat", 1_000)), 100)
        # Of equals, the earlier document.
        self.assertEqual(known.search("cat", 1)[0].document, "0")
        # What is behind the first 16 KiB of a question does not count.
        self.assertEqual(known.search("é" * 8 * 1024 + "é cat", 1), [])

    def test_titles_come_from_the_text_where_nobody_gave_one(self) -> None:
        for document, title in (
            (Document("id", "text"), "id"),
            (Document("id", "text\n\n## Two\n\n# One"), "Two"),
            (Document("id", "```\n# no\n```\n# Yes"), "Yes"),
            (Document("id", '---\na: b\ntitle: "Front"\n---\n# One'), "Front"),
            (Document("id", "#hash\n####### seven\n# "), "id"),
            (Document.plain("id", "# One"), "id"),
            (Document.markdown("id", "# One", title="Given"), "Given"),
        ):
            known = Knowledge().bot()
            known.put(document)
            self.assertEqual([one.title for one in known.documents()], [title])

    def test_what_is_known_is_put_in_before_and_looked_at_after(self) -> None:
        def respond(query: Query, reply: Reply) -> None:
            for passage in knowledge.user().search("secret"):
                reply.text(passage.document)
            knowledge.user().put(Document.plain("new", f"of {query.user_id}"))

        known = Knowledge()
        known.user("u-ann").put(Document.plain("a", "a secret"))
        scene = Scene(knowledge=known)
        ann = scene.ask(Does(respond), Query(user_id="u-ann"))
        self.assertEqual(ann.text, "a")
        # The scene begins anew; what has become of it is in the transcript.
        self.assertEqual([one.id for one in known.user("u-ann").documents()], ["a"])
        ben = scene.knowledge(ann.knowledge).ask(Does(respond), Query(user_id="u-ben"))
        self.assertEqual(ben.text, "")
        self.assertEqual([one.id for one in ben.knowledge.user("u-ann").documents()], ["a", "new"])
        self.assertEqual(
            ben.knowledge.document("new", "u-ben"), Document.plain("new", "of u-ben")
        )
        self.assertIsNone(ben.knowledge.document("new"))
        self.assertEqual(ben.knowledge, ben.knowledge.copy())
        self.assertNotEqual(ben.knowledge, ann.knowledge)
        self.assertIn("u-ann", repr(known))
        # Whoever asks a text has a name, too.
        asked = testing.ask(Does(respond), "hi")
        self.assertEqual([one.id for one in asked.knowledge.user().documents()], ["new"])

    def test_who_is_not_named_has_no_collection(self) -> None:
        def respond(query: Query, reply: Reply) -> None:
            self.assertEqual(knowledge.bot().search("text"), [])
            knowledge.user().search("text")

        with quietly() as log:
            transcript = testing.ask(Does(respond), Query())
        self.assertIsInstance(transcript.error, knowledge.NoSuchCollection)
        given_up = "the reply was given up: the knowledge: there is no collection `user`"
        self.assertIn(given_up, log.getvalue())
        assert transcript.failure is not None
        self.assertFalse(transcript.failure.allow_retry)

    def test_settings_have_the_bots_alone_and_reports_that_of_their_person(self) -> None:
        found: list[Passage] = []

        class Bot(ravenry.Bot):
            def settings(self) -> Settings:
                raises(knowledge.NoSuchCollection, knowledge.user().search, "text")
                (hello,) = knowledge.bot().search("hello")
                return Settings(introduction_message=hello.text)

            def respond(self, query: Query, reply: Reply) -> None:
                reply.text("hi")

            async def on_feedback(self, feedback: Feedback) -> None:
                found.extend(knowledge.user().search("text"))

        known = Knowledge()
        known.bot().put(Document("hello", "hello there"))
        known.user("u-ben").put(Document("of ben", "text"))
        scene = Scene(knowledge=known)
        with scene.during():
            self.assertEqual(Bot().settings().introduction_message, "hello there")
        scene.feedback(Bot(), Feedback("m", "u-ben", "c", "like"))
        self.assertEqual([one.document for one in found], ["of ben"])

    def test_bounds_are_those_of_the_gateway(self) -> None:
        known = Knowledge()
        bot = known.bot()
        name, large = "n" * 1025, "x" * (3 << 20)
        three = [Document(id, large) for id in "abc"]
        refused: list[tuple[str, Callable[[], Any]]] = [
            ("a document has an identifier", lambda: bot.put(Document("", "x"))),
            ("an identifier has at most 1024", lambda: bot.put(Document("ä" * 513, "x"))),
            ("a title has at most 1024", lambda: bot.put(Document("a", "x", title=name))),
            ("a source has at most 1024", lambda: bot.put(Document("a", "x", source=name))),
            ("a text has at most 4194304", lambda: bot.put(Document("a", large + large))),
            ("256 documents", lambda: bot.put_many(Document(str(n), "") for n in range(257))),
            ("256 documents", lambda: bot.remove_many(["a"] * 257)),
            ("8388608 bytes together", lambda: bot.put_many(three)),
            ("an identifier", lambda: bot.put_many([Document("good", ""), Document("", "")])),
        ]
        for words, call in refused:
            error = raises(KnowledgeError, call)
            self.assertEqual(error.kind, "invalid")
            self.assertIn(words, str(error))
        self.assertEqual(known, Knowledge())
        for number in range(20):
            bot.put(Document(str(number), large))
        error = raises(KnowledgeError, known.user().put, Document("more", "x" * (4 << 20)))
        self.assertEqual((error.kind, "67108864 bytes" in str(error)), ("full", True))
        # Smaller in the place of larger, and anew where something went.
        bot.put(Document("0", "small"))
        known.user().put(Document("more", "x" * (4 << 20)))

    def test_errors_are_played(self) -> None:
        away, full = KnowledgeError("unavailable", "away"), KnowledgeError("full", "full")

        def when_away(_: Reply) -> None:
            bot = knowledge.bot()
            calls: list[Callable[[], Any]] = [
                lambda: bot.search("text"),
                lambda: bot.put(Document("b", "")),
                lambda: bot.remove("a"),
                bot.clear,
                lambda: list(bot.documents()),
            ]
            for call in calls:
                assert raises(KnowledgeError, call) == away

        def when_full(_: Reply) -> None:
            bot = knowledge.bot()
            assert raises(KnowledgeError, bot.put, Document("b", "")) == full
            assert len(bot.search("text")) == len(list(bot.documents())) == 1
            assert bot.clear() == 1

        for refusal, respond in ((away, when_away), (full, when_full)):
            known = Knowledge(refusal)
            known.bot().put(Document("a", "text"))
            self.assertIsNone(play(Scene(knowledge=known), respond).error)


class ErrorTest(unittest.TestCase):
    def test_what_is_not_caught_ends_the_reply_politely(self) -> None:
        for error, retry in (
            (KnowledgeError("unavailable", "the database\ndoes not answer"), True),
            (KnowledgeError("full", "no more than 2 documents"), False),
            (KnowledgeError("invalid", "a title has at most 1024 bytes"), False),
            (KnowledgeError("other", "secret"), False),
            (knowledge.NoSuchCollection("user"), False),
        ):

            def respond(_: Reply, error: KnowledgeError = error) -> None:
                raise ExceptionGroup("several", [error]) if retry else error

            with quietly() as log:
                transcript = play(Scene(), respond)
            assert transcript.failure is not None
            self.assertEqual(transcript.failure, error.failure)
            self.assertEqual(transcript.failure.allow_retry, retry)
            # That this is for now is said only where it is so.
            self.assertEqual("right now" in str(transcript.failure.text), retry)
            self.assertTrue(log.getvalue().startswith("the reply was given up: the knowledge: "))
            self.assertEqual(log.getvalue().count("\n"), 1)
            self.assertEqual((error, hash(error)), (error, hash(error)))

    def test_it_is_found_where_it_is_looked_for(self) -> None:
        self.assertIs(ravenry.knowledge, knowledge)
        self.assertIs(ravenry.KnowledgeError, knowledge.KnowledgeError)

    def test_a_bot_of_fastapi_poe_knows_and_ends_as_politely(self) -> None:
        bot = bot_of("""
import fastapi_poe as fp
from ravenry import knowledge
class B(fp.PoeBot):
    async def get_response(self, request):
        knowledge.user().put(knowledge.Document("a", "milk"))
        yield fp.PartialResponse(text=knowledge.user().search("milk")[0].citation(1))
        knowledge.user().put(knowledge.Document("", "milk"))
""")
        with quietly() as log:
            transcript = testing.ask(bot, "hi")
        self.assertEqual(transcript.text, "[1] a")
        assert transcript.failure is not None
        self.assertEqual(transcript.failure.text, "This bot could not do what it needs to answer.")
        self.assertIn("the reply was given up: the knowledge: a document has an", log.getvalue())
