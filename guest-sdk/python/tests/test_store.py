"""What a bot remembers: the same in a test's scene and across the component's border."""

from __future__ import annotations

import itertools
import math
import unittest
from collections.abc import Callable
from typing import Any

import _fake_keyvalue as keyvalue
from _author_files import bot_of
from _bots import Does, play, quietly
from test_component import BorderTest

import ravenry
from ravenry import Message, Query, Reply, Settings, StoreError, store, testing
from ravenry.bot import Feedback, Reaction
from ravenry.testing import Scene, Store


def raises(kind: Any, call: Callable[..., Any], *values: Any) -> Any:
    """The exception that a call ends with. `assertRaises` belongs to a test, this to a bot."""
    try:
        value = call(*values)
    except kind as error:
        return error
    raise AssertionError(f"{values!r:.200} gives {value!r:.200}")


class Rules:
    """What holds in both worlds."""

    def does(self, does: Callable[[], None]) -> None:
        """Has a bot do something."""
        raise NotImplementedError

    def test_values_are_json_and_have_brackets(self) -> None:
        def does() -> None:
            bucket = store.user()
            value = {"ä": [1, 2.5, None, True, "🐈"], "big": 2**70}
            for key in ("k", "", "ä/../🐈\0"):
                bucket[key] = value
                assert bucket[key] == bucket.get(key) == value
                assert key in bucket
                del bucket[key]
                assert key not in bucket
                assert (bucket.get(key), bucket.get(key, 7)) == (None, 7)
                for absent in (bucket.__getitem__, bucket.__delitem__):
                    raises(KeyError, absent, key)
                bucket.delete(key)
            bucket.set("k", "ä")
            assert bucket.get_bytes("k") == '"ä"'.encode()
            bucket.set("half", "\ud83d\udc08 \ud800")
            assert bucket["half"] == "🐈 \ufffd"
            bucket["none"] = None
            assert "none" in bucket and bucket["none"] is None
            bucket["message"] = Message.user("hi")
            assert Message.from_json(bucket["message"]) == Message.user("hi")

        self.does(does)

    def test_what_is_no_json_is_refused(self) -> None:
        def does() -> None:
            bucket = store.user()
            for value in (object(), {1, 2}, b"bytes", math.nan, {(1, 2): 3}):
                for write in (bucket.set, lambda key, value: bucket.set_many({key: value})):
                    raises((TypeError, ValueError), write, "k", value)
            assert "k" not in bucket
            for odd in ("text", 7, None):
                raises(TypeError, bucket.set_bytes, "k", odd)
            for key in (7, None, b"k"):
                raises(TypeError, bucket.get, key)
                raises(TypeError, lambda key: key in bucket, key)
            for some in (bucket.get_many, bucket.delete_many):
                raises(TypeError, some, "text")
            for value in (b"\xff", b"{", b"", b"[" * 100_000):
                bucket.set_bytes("k", value)
                assert bucket.get_bytes("k") == value
                error = raises(StoreError, bucket.get, "k")
                assert error.kind == "not-json" and '"k"' in str(error), error
                raises(StoreError, bucket.get_many, ["k"])
                raises(StoreError, bucket.update, "k", lambda old: old)
            bucket.set_bytes("k", memoryview(bytearray(b"12"))[1:])
            assert bucket["k"] == 2

        self.does(does)

    def test_numbers_are_added_to(self) -> None:
        def does() -> None:
            bucket = store.bot()
            assert [bucket.increment("n"), bucket.increment("n", 5)] == [1, 6]
            assert bucket.increment("n", by=-10) == -4
            assert (bucket["n"], bucket.get_bytes("n")) == (-4, b"-4")
            bucket["t"] = "text"
            raises(StoreError, bucket.increment, "t")
            raises(ValueError, bucket.increment, "n", 2**63)
            for odd in ("1", 1.0, None):
                raises(TypeError, bucket.increment, "n", odd)
            assert bucket["n"] == -4

        self.does(does)

    def test_several_come_and_go_at_once(self) -> None:
        def does() -> None:
            bucket = store.conversation()
            bucket.set_many({"b": 2, "a": [1], "c": None})
            assert list(bucket.get_many(["b", "none", "a", "c"]).items()) == [
                ("b", 2),
                ("a", [1]),
                ("c", None),
            ]
            bucket.delete_many(key for key in ("a", "none"))
            assert list(bucket) == list(bucket.keys()) == ["b", "c"]
            bucket.set_many({str(number): number for number in range(7)})
            assert sorted(bucket.keys()) == [*"0123456", "b", "c"]
            assert dict(bucket)["6"] == 6
            # Whoever takes one asks for no more than its page.
            assert list(itertools.islice(bucket, 1)) == ["0"]

        self.does(does)

    def test_updates_begin_with_the_default(self) -> None:
        def does() -> None:
            bucket, empty = store.user(), list[str]()

            def added(notes: list[str]) -> list[str]:
                notes.append("note")
                return notes

            assert bucket.update("k", added, default=empty) == ["note"]
            assert bucket.update("k", added) == ["note", "note"] == bucket["k"]
            assert not empty
            assert bucket.update("n", lambda old: (old, 1)) == (None, 1)
            raises(TypeError, bucket.update, "k", lambda notes: notes.append("lost"))
            raises(ZeroDivisionError, bucket.update, "k", lambda _: 1 // 0)
            assert bucket["k"] == ["note", "note"]

        self.does(does)

    def test_who_is_faster_is_asked_after(self) -> None:
        def does() -> None:
            bucket, calls = store.user(), list[Any]()

            def late(until: int) -> Callable[[Any], int]:
                def change(old: Any) -> int:
                    calls.append(old)
                    if len(calls) <= until:
                        store.user()["n"] = len(calls)
                    return 100 + int(old or 0)

                return change

            assert bucket.update("n", late(3)) == 103
            assert (calls, bucket["n"]) == ([None, 1, 2, 3], 103)
            calls.clear()
            error = raises(StoreError, bucket.update, "n", late(100))
            assert error.kind == "unavailable" and "16 attempts" in str(error)
            assert (len(calls), bucket["n"]) == (16, 16)
            # From nothing to something, when it was there in between.
            calls.clear()
            bucket.delete("n")
            assert bucket.update("n", late(1)) == 101

        self.does(does)


class SceneStoreTest(Rules, unittest.TestCase):
    def does(self, does: Callable[[], None]) -> None:
        transcript = play(Scene(), lambda _: does())
        if transcript.error is not None:
            raise transcript.error


class BorderStoreTest(Rules, BorderTest):
    def does(self, does: Callable[[], None]) -> None:
        self.assertIsNone(self.respond(lambda _: does()))

    def test_errors_keep_their_words(self) -> None:
        def does() -> None:
            bucket = store.user()
            calls: list[Callable[[], Any]] = [
                lambda: bucket.get("k"),
                lambda: bucket.set("k", 1),
                lambda: bucket.delete("k"),
                lambda: "k" in bucket,
                lambda: list(bucket),
                lambda: bucket.increment("k"),
                lambda: bucket.get_many(["k"]),
                lambda: bucket.set_many({"k": 1}),
                lambda: bucket.delete_many(["k"]),
                lambda: bucket.update("k", lambda _: 1),
                # Once opened it stays open.
                lambda: store.user().get("k"),
            ]
            for call in calls:
                keyvalue.refusals.append(keyvalue.Other("full"))
                assert raises(StoreError, call) == StoreError("other", "full")
            for text, kind in (
                ("the store is full: no more than 2 entries of the bot are kept", "full"),
                ("the store is unavailable: the database does not answer", "unavailable"),
                ("the store is unavailable", "unavailable"),
                ("the store is fuller", "other"),
                ("a key has at most 1024 bytes", "other"),
            ):
                keyvalue.refusals.append(keyvalue.Other(text))
                error = raises(StoreError, store.bot().get, "k")
                assert (error.kind, error.text) == (kind, text)
            keyvalue.refusals.append(keyvalue.AccessDenied())
            assert raises(StoreError, bucket.get, "k").kind == "access-denied"
            keyvalue.others.append(lambda: keyvalue.refusals.append(keyvalue.Other("away")))
            assert str(raises(StoreError, bucket.update, "k", lambda _: 1)) == "away"
            del keyvalue.buckets["user"]
            error = raises(store.NoSuchStore, store.user().get, "k")
            assert (error.kind, "`user`" in str(error)) == ("no-such-store", True)

        self.does(does)

    def test_a_bucket_is_opened_by_its_first_use(self) -> None:
        keyvalue.buckets.clear()

        def does() -> None:
            made = [store.bot(), store.user(), store.conversation()]
            assert repr(made[0]) == "<bucket 'bot'>"
            raises(store.NoSuchStore, made[0].get, "k")

        self.does(does)


class SceneTest(unittest.TestCase):
    def test_what_is_kept_is_set_before_and_looked_at_after(self) -> None:
        def respond(query: Query, reply: Reply) -> None:
            for bucket in (store.bot(), store.user(), store.conversation()):
                reply.text(f"{bucket.increment('n')} ")

        kept = Store()
        kept.user("u-ann")["n"] = 41
        ann = Query(user_id="u-ann", conversation_id="c-1")
        ben = Query(user_id="u-ben", conversation_id="c-1")
        scene = Scene(store=kept)
        first = scene.ask(Does(respond), ann)
        self.assertEqual(first.text, "1 42 1 ")
        # The scene begins anew; what has become of it is in the transcript.
        self.assertEqual(scene.ask(Does(respond), ann).text, "1 42 1 ")
        second = scene.store(first.store).ask(Does(respond), ben)
        self.assertEqual(second.text, "2 1 2 ")
        self.assertEqual(second.store.user("u-ann")["n"], 42)
        self.assertEqual(second.store.user("u-ben").get("n"), 1)
        self.assertEqual([*second.store.conversation("c-1")], ["n"])
        self.assertEqual(kept.user("u-ann")["n"], 41)
        self.assertEqual(second.store, second.store.copy())
        self.assertNotEqual(second.store, first.store)
        self.assertIn("u-ann", repr(kept))
        # Whoever asks a text has a name, too.
        asked = testing.ask(Does(respond), "hi")
        self.assertEqual(asked.store.user()["n"], 1)
        self.assertEqual(asked.store.conversation("conversation")["n"], 1)

    def test_a_bucket_that_outlives_a_scene_belongs_to_the_next(self) -> None:
        bucket = store.bot()
        for _ in range(2):
            transcript = play(Scene(), lambda reply: reply.text(str(bucket.increment("n"))))
            self.assertEqual(transcript.text, "1")

    def test_who_is_not_named_has_no_bucket(self) -> None:
        def respond(query: Query, reply: Reply) -> None:
            store.bot()["k"] = 1
            for bucket in (store.user(), store.conversation()):
                raises(store.NoSuchStore, bucket.get, "k")
            store.user()["k"] = 1

        with quietly() as log:
            transcript = testing.ask(Does(respond), Query())
        self.assertIsInstance(transcript.error, store.NoSuchStore)
        given_up = "the reply was given up: the store: there is no bucket `user`"
        self.assertIn(given_up, log.getvalue())
        assert transcript.failure is not None
        self.assertFalse(transcript.failure.allow_retry)

    def test_settings_have_the_bots_alone_and_reports_those_of_their_person(self) -> None:
        class Bot(ravenry.Bot):
            def settings(self) -> Settings:
                raises(store.NoSuchStore, store.user().get, "k")
                return Settings(introduction_message=store.bot().get("hello"))

            def respond(self, query: Query, reply: Reply) -> None:
                reply.text("hi")

            def on_reaction(self, reaction: Reaction) -> None:
                store.user()["reaction"] = reaction.reaction

            async def on_feedback(self, feedback: Feedback) -> None:
                store.conversation()["feedback"] = feedback.feedback_type

        kept = Store()
        kept.bot()["hello"] = "Good morning"
        scene = Scene(store=kept)
        with scene.during():
            self.assertEqual(Bot().settings().introduction_message, "Good morning")
        self.assertEqual(scene.ask(Bot, "hi").text, "hi")
        told = scene.reaction(Bot, Reaction("m", "u-ben", "c", "heart"))
        self.assertEqual(told.user("u-ben")["reaction"], "heart")
        told = scene.feedback(Bot(), Feedback("m", "u-ben", "c", "like"))
        self.assertEqual(told.conversation("c")["feedback"], "like")
        self.assertNotIn("feedback", kept.conversation("c"))

    def test_bounds_are_those_of_the_gateway(self) -> None:
        bucket = Store().user()
        large = {str(number): "k" * 2**20 for number in range(5)}
        refused: list[tuple[str, Callable[[], Any]]] = [
            ("a key has at most 1024 bytes", lambda: bucket.increment("ä" * 513)),
            ("a key has at most 1024 bytes", lambda: bucket.set("k" * 1025, 1)),
            ("a key has at most 1024 bytes", lambda: bucket.update("k" * 1025, lambda _: 1)),
            ("a value has at most 1048576 bytes", lambda: bucket.set_bytes("k", bytes(2**20 + 1))),
            ("256 keys are taken at once", lambda: bucket.get_many(map(str, range(257)))),
            ("256 keys are taken at once", lambda: bucket.delete_many(["k"] * 257)),
            ("4194304 bytes together", lambda: bucket.set_many(large)),
        ]
        for words, call in refused:
            self.assertIn(words, str(raises(StoreError, call)))
        self.assertEqual([*bucket], [])
        for number in range(100):
            for start in range(number * 1000, number * 1000 + 1000, 250):
                bucket.set_many({str(key): 0 for key in range(start, start + 250)})
        refusal = raises(StoreError, bucket.set, "more", 1)
        self.assertEqual(refusal.kind, "full")
        self.assertIn("100000 entries", str(refusal))
        bucket.delete("7")
        bucket["more"] = 1
        pages = Store().bot()
        for start in range(0, 2_500, 250):
            pages.set_many({str(key): 0 for key in range(start, start + 250)})
        self.assertEqual([*pages], sorted(str(key) for key in range(2_500)))
        full = Store().bot()
        for number in range(63):
            full.set_bytes(str(number), bytes(2**20))
        self.assertIn("67108864 bytes", str(raises(StoreError, full.set_bytes, "63", bytes(2**20))))
        full.set_bytes("62", bytes(1000))
        pages.set_bytes("n", b"9223372036854775807")
        self.assertIn("64 bits", str(raises(StoreError, pages.increment, "n")))
        pages.set_bytes("n", b" 1")
        self.assertIn("no whole number", str(raises(StoreError, pages.increment, "n")))


class ErrorTest(unittest.TestCase):
    def test_what_is_not_caught_ends_the_reply_politely(self) -> None:
        for error, retry in (
            (StoreError("unavailable", "the database\ndoes not answer"), True),
            (StoreError("full", "the store is full"), False),
            (StoreError("other", "a key has at most 1024 bytes"), False),
            (StoreError("not-json", "k"), False),
            (store.NoSuchStore("user"), False),
        ):

            def respond(_: Reply, error: StoreError = error) -> None:
                raise ExceptionGroup("several", [error]) if retry else error

            with quietly() as log:
                transcript = play(Scene(), respond)
            assert transcript.failure is not None
            self.assertEqual(transcript.failure, error.failure)
            self.assertEqual(transcript.failure.allow_retry, retry)
            # That this is for now is said only where it is so.
            self.assertEqual("right now" in str(transcript.failure.text), retry)
            self.assertTrue(log.getvalue().startswith("the reply was given up: the store: "))
            self.assertEqual(log.getvalue().count("\n"), 1)
            self.assertEqual((error, hash(error)), (error, hash(error)))

    def test_it_is_found_where_it_is_looked_for(self) -> None:
        self.assertIs(ravenry.store, store)
        self.assertIs(ravenry.StoreError, store.StoreError)

    def test_a_bot_of_fastapi_poe_remembers_and_ends_as_politely(self) -> None:
        bot = bot_of("""
import fastapi_poe as fp
from ravenry import store
class B(fp.PoeBot):
    async def get_response(self, request):
        yield fp.PartialResponse(text=str(store.user().increment("n")))
        store.user().increment("n", -(2**63))
        store.user().increment("n", -2)
""")
        with quietly() as log:
            transcript = testing.ask(bot, "hi")
        self.assertEqual(transcript.text, "1")
        assert transcript.failure is not None
        self.assertEqual(transcript.failure.text, "This bot could not do what it needs to answer.")
        self.assertRegex(
            log.getvalue(),
            r"^the reply was given up: the store: the sum does not fit into 64 bits"
            r" \(author_file_\d+\.py, line 8\)\n$",
        )
        self.assertEqual(transcript.store.user()["n"], 1 - 2**63)
