"""Money and files."""

from __future__ import annotations

import unittest
from functools import partial

from _bots import Does, play

from ravenry import Attachment, Failure, Message, PoeError, Query, Reply, poe, testing
from ravenry.poe import CostItem
from ravenry.testing import Charge, Scene


class CostsTest(unittest.TestCase):
    def test_dollars_are_rounded_up_to_the_next_milli_cent(self) -> None:
        cases = [
            (0.0, 0),
            (1.0, 100_000),
            (0.07, 7_000),
            (0.29, 29_000),
            (1.1, 110_000),
            (0.000_01, 1),
            (0.000_001, 1),
            (0.000_255, 26),
            (2.3e-308, 1),
            (-0.0, 0),
            (90_000_000_000.0, 9_000_000_000_000_000),
        ]
        for usd, milli_cents in cases:
            self.assertEqual(CostItem.usd(usd), CostItem(milli_cents), usd)
        nan, infinite = float("nan"), float("inf")
        for nonsense in (-0.000_001, -1.0, nan, infinite, -infinite, 1e300, 1e11):
            with self.assertRaises(PoeError, msg=str(nonsense)):
                CostItem.usd(nonsense)

    def test_milli_cents_are_rounded_up_and_never_negative(self) -> None:
        cases: list[tuple[float, int]] = [
            (0, 0),
            (3, 3),
            (2.1, 3),
            (2.0, 2),
            (2**64 - 1, 2**64 - 1),
        ]
        for amount, expected in cases:
            self.assertEqual(CostItem(amount).usd_milli_cents, expected)
        nan, infinite = float("nan"), float("inf")
        for nonsense in (-1, -0.5, nan, infinite, 2**64):
            with self.assertRaises(PoeError, msg=str(nonsense)) as raised:
                CostItem(nonsense)
            self.assertEqual(raised.exception.kind, "invalid")

    def test_costs_are_bound_by_what_was_authorized_and_by_the_budget(self) -> None:
        def item(amount: int) -> CostItem:
            return CostItem(amount, "words")

        def respond(_: Reply) -> None:
            poe.authorize(item(30), item(30))
            for charge, amount in ((poe.authorize, 41), (poe.capture, 61)):
                with self.assertRaises(PoeError) as raised:
                    charge(item(amount))
                self.assertEqual(raised.exception.kind, "insufficient-fund")
            poe.capture(item(50))
            poe.authorize(item(51))

        transcript = play(Scene(budget=100), respond)
        charges = [Charge("authorize", [item(30), item(30)]), Charge("capture", [item(50)])]
        self.assertEqual(transcript.charges, charges)
        # The last one was one too many, and the platform says so in its own words.
        self.assertEqual(transcript.failure, Failure("", error_type="insufficient_fund"))
        self.assertEqual(Scene().budget(0).ask(Does(_charges), "hi").failure, transcript.failure)


def _charges(_: Query, reply: Reply) -> None:
    poe.authorize(CostItem(1))


class FilesTest(unittest.TestCase):
    def test_files_are_attached_in_their_place(self) -> None:
        def respond(reply: Reply) -> None:
            reply.text("before")
            plain = reply.attach("a.txt", b"bytes", "text/plain")
            self.assertEqual((plain.inline_ref, plain.content_type), (None, "text/plain"))
            inline = reply.attach("b.png", bytearray((1, 2, 3)), inline=True)
            self.assertEqual(len(inline.inline_ref or ""), 8)
            self.assertEqual(inline.markdown(), f"![b.png][{inline.inline_ref}]")
            reply.text(inline.markdown())
            reply.attach("d.txt", "é\ud800")
            self.assertEqual(reply.attach_url("https://x.test/d/c.gif?q=/e").name, "c.gif")
            self.assertEqual(reply.attach_url("https://x.test").name, "downloaded_file")
            self.assertEqual(reply.attach_url("http://x.test/y", "z", inline=True).name, "z")
            self.assertEqual(reply.attach_url("http://x.test/w", "").name, "w")
            for wrong in (partial(reply.attach, "", b""), partial(reply.attach_url, "ftp://x")):
                with self.assertRaises(PoeError) as raised:
                    wrong()
                self.assertEqual(raised.exception.kind, "invalid")

        transcript = play(Scene(), respond)
        self.assertIsNone(transcript.error)
        names = [getattr(event, "name", "text") for event in transcript.events]
        expected = ["text", "a.txt", "b.png", "text", "d.txt", "c.gif", "downloaded_file", "z", "w"]
        self.assertEqual(names, expected)
        self.assertEqual(transcript.uploads[1].content, bytes((1, 2, 3)))
        self.assertEqual(transcript.uploads[2].content, "é\ufffd".encode())
        self.assertEqual(transcript.uploads[5].from_url, "http://x.test/y")

    def test_a_reply_has_twenty_files_of_fifty_megabytes(self) -> None:
        def respond(reply: Reply) -> None:
            for _ in range(20):
                reply.attach("f", b"")
            for content in (b"", bytes(50_000_001)):
                with self.assertRaises(PoeError) as raised:
                    reply.attach("f", content)
                self.assertEqual(raised.exception.kind, "too-large")

        transcript = play(Scene(), respond)
        self.assertEqual((len(transcript.events), transcript.error), (20, None))

    def test_an_attachment_is_read_up_to_a_bound_and_only_from_the_query(self) -> None:
        message, quoted = Message.user("hi"), Message.bot("before")
        message.attachments = [Attachment("here"), Attachment("gone")]
        quoted.attachments = [Attachment("quoted")]
        message.referenced_message = quoted
        scene = Scene().attachment("here", b"12345").attachment("secret", b"x")
        scene.attachment("quoted", b"q")

        def respond(query: Query, _: Reply) -> None:
            here, gone = query.attachments
            self.assertEqual((here.read(5), here.read()), (b"12345", b"12345"))
            self.assertEqual(Attachment("quoted").read(), b"q")
            cases = [(here, 4, "too-large"), (gone, 5, "broken")]
            for attachment, bytes_max, kind in [*cases, (Attachment("secret"), 5, "denied")]:
                with self.assertRaises(PoeError) as raised:
                    attachment.read(bytes_max)
                self.assertEqual(raised.exception.kind, kind)

        transcript = testing.ask(Does(respond), [message], scene)
        self.assertIsNone(transcript.error)
