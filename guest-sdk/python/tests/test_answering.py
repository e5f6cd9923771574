"""Whatever `respond` is, and however it ends."""

from __future__ import annotations

import asyncio
import contextlib
import io
import sys
import types
import unittest
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import ravenry
from ravenry import Bot, Failure, HttpError, PoeError, Query, Reply, Settings, Stopped, testing
from ravenry.bot import ErrorReport, Feedback, Reaction, find
from ravenry.events import Error, Meta, Suggest, Text
from ravenry.testing import Scene, Transcript


def bot_of(respond: Callable[[Any, Query, Reply], Any]) -> Bot:
    made: Bot = type("Made", (Bot,), {"respond": respond})()
    return made


def heard(respond: Callable[[Any, Query, Reply], Any]) -> tuple[Transcript, str]:
    """What a bot says, and its log."""
    with contextlib.redirect_stderr(io.StringIO()) as log:
        transcript = testing.ask(bot_of(respond), "hi")
    return transcript, log.getvalue()


class KindsTest(unittest.TestCase):
    def test_everything_can_be_imported_at_once(self) -> None:
        found: dict[str, Any] = {}
        exec("from ravenry import *", found)
        self.assertTrue({"Bot", "http", "poe", "tools"} < set(found))
        self.assertNotIn("testing", found)
        with self.assertRaisesRegex(AttributeError, "'ravenry' has no attribute 'Bat'"):
            exec("import ravenry; ravenry.Bat")

    def test_all_four_kinds_of_respond_say_the_same(self) -> None:
        def function(self: Any, query: Query, reply: Reply) -> None:
            reply.text("a")
            reply.suggest("b")

        def generator(self: Any, query: Query, reply: Reply) -> Iterator[Any]:
            yield "a"
            yield Suggest("b")

        async def coroutine(self: Any, query: Query, reply: Reply) -> None:
            reply.text("a")
            await asyncio.sleep(0)
            reply.suggest("b")

        async def asynchronous(self: Any, query: Query, reply: Reply) -> AsyncIterator[Any]:
            yield "a"
            await asyncio.sleep(0)
            yield Suggest("b")

        for respond in (function, generator, coroutine, asynchronous):
            transcript, log = heard(respond)
            self.assertEqual(transcript.events, [Text("a"), Suggest("b")], respond)
            self.assertEqual((transcript.error, log), (None, ""), respond)

    def test_a_list_of_texts_can_be_returned(self) -> None:
        transcript, _ = heard(lambda *_: ["a", Suggest("b")])
        self.assertEqual(transcript.events, [Text("a"), Suggest("b")])

    def test_a_late_meta_that_is_yielded_is_passed_over(self) -> None:
        def respond(self: Any, query: Query, reply: Reply) -> Iterator[Any]:
            yield from ("a", Meta(), "b")

        transcript, _ = heard(respond)
        self.assertEqual((transcript.text, transcript.error), ("ab", None))

    def test_what_cannot_be_said_is_named(self) -> None:
        def yields(value: Any) -> Callable[..., Any]:
            def respond(self: Any, query: Query, reply: Reply) -> Iterator[Any]:
                yield "first"
                yield value

            return respond

        async def returns(self: Any, query: Query, reply: Reply) -> str:
            return "lost"

        cases: list[tuple[Callable[..., Any], str]] = [
            (yields(None), "yielded None"),
            (yields(3), "yielded 3"),
            (yields(b"x"), "yielded b'x'"),
            (lambda *_: 3, "returned 3"),
            (lambda *_: "lost", "returned 'lost'"),
            (lambda *_: {"a": 1}, "returned {'a': 1}"),
            (returns, "returned 'lost'"),
        ]
        for respond, words in cases:
            transcript, log = heard(respond)
            self.assertIsInstance(transcript.error, TypeError)
            self.assertIn(words, str(transcript.error))
            self.assertEqual(transcript.failure, Failure(allow_retry=False))
            self.assertIn(words, log)

    def test_a_mistake_is_raised_at_its_yield(self) -> None:
        def plain(self: Any, query: Query, reply: Reply) -> Iterator[Any]:
            try:
                yield 3
            except TypeError:
                yield "caught"
            yield " and on"

        async def asynchronous(self: Any, query: Query, reply: Reply) -> AsyncIterator[Any]:
            try:
                yield None
            except TypeError:
                yield "caught"
            yield " and on"

        for respond in (plain, asynchronous):
            self.assertEqual(heard(respond)[0].text, "caught and on")
        _, log = heard(lambda *_: (value for value in ("a", None)))
        self.assertIn("test_answering.py", log)

    def test_a_generator_is_closed_where_the_reader_leaves(self) -> None:
        for is_async in (False, True):
            ended: list[type[BaseException] | None] = []

            def plain(
                self: Any, query: Query, reply: Reply, ended: list[Any] = ended
            ) -> Iterator[str]:
                try:
                    yield from "abc"
                finally:
                    ended.append(sys.exc_info()[0])

            async def asynchronous(
                self: Any, query: Query, reply: Reply, ended: list[Any] = ended
            ) -> AsyncIterator[str]:
                try:
                    for letter in "abc":
                        yield letter
                finally:
                    ended.append(sys.exc_info()[0])

            bot = bot_of(asynchronous if is_async else plain)
            transcript = testing.ask(bot, "hi", Scene(leaves_after=1))
            self.assertEqual((transcript.text, ended), ("a", [Stopped]))

    def test_settings_and_reports_may_be_async(self) -> None:
        class Slow(Bot):
            def respond(self, query: Query, reply: Reply) -> None:
                ravenry.poe.ask("A").relay()

            async def settings(self) -> Settings:
                await asyncio.sleep(1)
                return Settings(server_bot_dependencies={"A": 1})

        transcript = testing.ask(Slow(), "hi", Scene().bot("A", "a"))
        self.assertEqual((transcript.text, transcript.took), ("a", 0))

    def test_a_plain_bot_does_not_need_asyncio(self) -> None:
        source = (
            "import sys, ravenry\n"
            "from ravenry import _answer_query\n"
            "from ravenry.bot import Bot, answer\n"
            "from ravenry.reply import Reply\n"
            "class Quiet(Bot):\n"
            "    def respond(self, query, reply): pass\n"
            "assert answer(Quiet(), ravenry.Query.of('hi'), Reply()) is None\n"
            "assert 'asyncio' not in sys.modules, 'asyncio was imported'\n"
        )
        import os
        import subprocess

        path = os.pathsep.join(sys.path)
        environment = {**os.environ, "PYTHONPATH": path}
        done = subprocess.run(
            [sys.executable, "-c", source], env=environment, capture_output=True, text=True
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))


class EndingsTest(unittest.TestCase):
    def ends(self, error: BaseException) -> tuple[Failure | None, str]:
        def respond(self: Any, query: Query, reply: Reply) -> None:
            reply.text("so far ")
            raise error

        transcript, log = heard(respond)
        self.assertIs(transcript.error, error)
        self.assertEqual(transcript.text, "so far ")
        return transcript.failure, log

    def test_each_error_ends_a_reply_in_its_own_way(self) -> None:
        said = Failure("Out of words.", allow_retry=False, error_type="x")
        busy = Failure("Something this bot relies on did not answer.")
        unusable = Failure("Something this bot relies on gave an answer it cannot use.")
        unable = Failure("This bot could not do what it needs to answer.", allow_retry=False)
        large = Failure("That is too large for this bot.", allow_retry=False)
        fund = Failure("", error_type="insufficient_fund")
        failed = Failure(allow_retry=False)
        quiet: list[tuple[BaseException, Failure | None]] = [
            (said, said),
            (Stopped("gone"), None),
            (Stopped("too-long"), None),
            (PoeError("said", said=said), said),
            (PoeError("insufficient-fund"), fund),
            (PoeError("stopped", stopped=Stopped("gone")), None),
        ]
        for error, failure in quiet:
            self.assertEqual(self.ends(error), (failure, ""), repr(error))
        told: list[tuple[BaseException, Failure | None]] = [
            (PoeError("broken", "k"), busy),
            (PoeError("too-large", "k"), large),
            (PoeError("denied", "k"), unable),
            (PoeError("invalid", "k"), unable),
            (PoeError("other", "k"), unable),
            (PoeError("stopped", stopped=Stopped("invalid", "k")), failed),
            (HttpError("broken", "k"), busy),
            (HttpError("timeout", "k"), busy),
            (HttpError("status", status=429, body="k"), busy),
            (HttpError("status", status=503, body="k"), busy),
            (HttpError("status", status=404, body="k"), unable),
            (HttpError("too-large", "k"), unusable),
            (HttpError("malformed", "k"), unusable),
            (HttpError("denied", "k"), unable),
            (HttpError("invalid", "k"), unable),
        ]
        for error, failure in told:
            found, log = self.ends(error)
            self.assertEqual(found, failure, repr(error))
            place = r"\(.*test_answering.py, line \d+\)"
            self.assertRegex(log, rf"^the reply was given up: .*k.* {place}\n$")

    def test_refusals_in_a_group_keep_their_words(self) -> None:
        async def respond(self: Any, query: Query, reply: Reply) -> None:
            async def fails() -> None:
                raise Failure("from a task")

            async with asyncio.TaskGroup() as group:
                group.create_task(fails())

        transcript, log = heard(respond)
        self.assertEqual((transcript.failure, log), (Failure("from a task"), ""))
        mixed = BaseExceptionGroup("two", [Failure("no"), KeyError("mistake")])
        failure, log = self.ends(mixed)
        self.assertEqual(failure, Failure(allow_retry=False))
        self.assertIn("in the group: KeyError: 'mistake'", log)

    def test_an_exception_is_one_record_with_the_authors_lines_first(self) -> None:
        def inner() -> None:
            import json

            json.loads("{")

        def respond(self: Any, query: Query, reply: Reply) -> None:
            try:
                inner()
            except ValueError as error:
                raise RuntimeError("two\nlines") from error

        transcript, log = heard(respond)
        self.assertEqual(transcript.failure, Failure(allow_retry=False))
        lines = log.splitlines()
        self.assertEqual(lines[0], "Traceback (most recent call last):")
        self.assertRegex(lines[1], r'^  > File ".*test_answering.py", line \d+, in respond$')
        self.assertEqual(lines[-1], r"RuntimeError: two\nlines")
        self.assertTrue(all(line.startswith("  ") for line in lines[1:-1]), log)
        self.assertIn("because of json.decoder.JSONDecodeError: ", log)
        self.assertNotIn("ravenry/", log)

    def test_whatever_is_raised_becomes_a_record(self) -> None:
        class Odd(Exception):
            def __str__(self) -> str:
                raise ValueError

        for error in (SystemExit(3), asyncio.CancelledError(), Odd(), GeneratorExit()):
            failure, log = self.ends(error)
            self.assertEqual(failure, Failure(allow_retry=False))
            self.assertIn(type(error).__name__, log)
        with self.assertRaises(KeyboardInterrupt):
            self.ends(KeyboardInterrupt())

    def test_a_generator_that_raises_keeps_what_was_said(self) -> None:
        def respond(self: Any, query: Query, reply: Reply) -> Iterator[str]:
            yield "a"
            yield "b"
            raise ZeroDivisionError

        transcript, log = heard(respond)
        self.assertEqual(
            transcript.events, [Text("a"), Text("b"), Error(Failure(allow_retry=False))]
        )
        self.assertTrue(log.endswith("\nZeroDivisionError\n"))

    def test_a_failure_has_a_text(self) -> None:
        wrong: Any = ValueError("no")
        with self.assertRaisesRegex(TypeError, "a text is a `str`"):
            Failure(wrong)
        with self.assertRaisesRegex(TypeError, "a text is a `str`"):
            Failure("no", error_type=wrong)

    def test_words_of_errors(self) -> None:
        words = [
            (Failure(), "the bot gave up without a word"),
            (Failure("no"), "no"),
            (Stopped("too-long"), "the reply would be longer than it may be"),
            (Stopped("ended"), "the reply is over"),
            (Stopped("gone"), "the client has left, or the gateway is stopping"),
            (Stopped("other", "new"), "new"),
            (PoeError("denied", "k"), "not allowed: k"),
            (PoeError("invalid", "k"), "makes no sense: k"),
            (PoeError("broken", "k"), "no answer: k"),
            (PoeError("too-large", "k"), "too large: k"),
            (PoeError("other", "k"), "k"),
            (PoeError("insufficient-fund"), "the person cannot pay for it"),
            (PoeError("said", said=Failure("b")), "the other bot ended with an error: b"),
            (PoeError("stopped", stopped=Stopped("ended")), "the reply is over"),
            (HttpError("broken", "reset"), "reset"),
            (HttpError("status", status=500, body='a"b'), 'the host answered 500: "a\\"b"'),
        ]
        for error, expected in words:
            self.assertEqual(str(error), expected)


class ExportTest(unittest.TestCase):
    def module(self, source: str, name: str) -> types.ModuleType:
        module = types.ModuleType(name)
        exec(compile(source, f"{name}.py", "exec"), module.__dict__)
        return module

    def setUp(self) -> None:
        from ravenry import bot

        before = dict(bot._exported)
        bot._exported.clear()

        def restore() -> None:
            bot._exported.clear()
            bot._exported.update(before)

        self.addCleanup(restore)

    def test_the_only_bot_of_a_file_needs_no_export(self) -> None:
        source = (
            "from ravenry import Bot\n"
            "class Base(Bot): pass\n"
            "class Parrot(Base): pass\n"
            "Alias = Parrot\n"
        )
        module = self.module(source, "one")
        self.assertIs(find(module), module.Parrot)

    def test_what_was_exported_is_the_bot(self) -> None:
        source = (
            "from ravenry import Bot, export\n"
            "class A(Bot): pass\n"
            "@export\n"
            "class B(Bot): pass\n"
        )
        module = self.module(source, "two")
        self.assertIs(find(module), module.B)

    def test_none_several_and_twice_are_said(self) -> None:
        with self.assertRaisesRegex(LookupError, "there is no bot"):
            find(self.module("from ravenry import Bot", "none"))
        several = "from ravenry import Bot\nclass A(Bot): pass\nclass B(Bot): pass\n"
        with self.assertRaisesRegex(LookupError, r"several bots \(A, B\)"):
            find(self.module(several, "several"))
        with self.assertRaisesRegex(RuntimeError, "A is exported already, and B"):
            twice = "import ravenry\nravenry.export(A)\nravenry.export(A)\nravenry.export(B)\n"
            self.module(several + twice, "twice")
        with self.assertRaisesRegex(TypeError, "int is not a bot"):
            self.module("import ravenry\nravenry.export(int)", "wrong")
        with self.assertRaisesRegex(TypeError, "not 3"):
            self.module("import ravenry\nravenry.export(3)", "wrong")

    def test_the_rest_of_a_bot_has_defaults(self) -> None:
        bot = bot_of(lambda *_: None)
        self.assertEqual(bot.settings(), Settings())
        self.assertTrue(bot.inserts_attachments)
        bot.on_feedback(Feedback())
        bot.on_reaction(Reaction())
        with contextlib.redirect_stderr(io.StringIO()) as log:
            bot.on_error(ErrorReport("a\nb", {"c": 1}))
        self.assertEqual(log.getvalue(), 'the platform reports an error: "a\\nb" {"c":1}\n')
        with contextlib.redirect_stderr(io.StringIO()):
            transcript = testing.ask(Bot(), "hi")
        self.assertIsInstance(transcript.error, NotImplementedError)

    def test_asking_outside_of_a_query_is_said(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "no query"):
            Reply().text("a")
