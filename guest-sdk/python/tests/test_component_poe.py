"""What a bot asks of the platform, across the component's border."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import _fake_gateway as gateway
import _fake_wasi as wasi
from test_component import BorderTest

from ravenry import Attachment, Failure, PoeError, Reply, Stopped, events, poe

types = gateway.types


class PoeTest(BorderTest):
    def test_an_answer_is_read_and_closed_in_order(self) -> None:
        said = gateway.poe.SaidEvent
        gateway.answers.append(
            [
                [said("text", "a", 1, "{}"), said("meta", "", None, '{"linkify":true}')],
                [said("data", "d", None, "{}"), said("suggested_reply", "s", None, "{}")],
                [said("new", "", None, '{"n":1}'), said("replace_response", "r", None, "{}")],
            ]
        )
        heard: list[Any] = []

        async def respond(_: Reply) -> None:
            async for event in poe.ask("A\ud800", temperature=0):
                heard.append(event)

        self.assertIsNone(self.respond(respond))
        self.assertEqual(
            heard,
            [
                events.Text("a", 1),
                events.Meta(linkify=True),
                events.Data("d"),
                events.Suggest("s"),
                events.Other("new", {"n": 1}),
                events.Replace("r"),
            ],
        )
        self.assertEqual(gateway.calls, [("ask", "A\ufffd", '{"temperature":0}')])
        self.assertEqual(wasi.gateway().left_open(), [])
        self.assertEqual(wasi.gateway().closed[-1], "answer")

    def test_an_answer_that_nobody_closes_is_closed_in_order(self) -> None:
        gateway.answers.append([])

        def respond(_: Reply) -> None:
            answer = poe.ask("A")
            pollable = answer._source.subscribe()
            del answer, pollable

        self.assertIsNone(self.respond(respond))
        gc.collect()
        self.assertEqual(wasi.gateway().left_open(), [])
        self.assertEqual(wasi.gateway().closed, ["pollable of answer", "answer"])

    def test_errors_keep_their_words(self) -> None:
        errors, failure = gateway.poe, types.Failure("theirs", False, "x")
        gone = gateway.reply.Stopped_Gone()
        cases: list[tuple[Any, PoeError]] = [
            (errors.PoeError_Denied("k"), PoeError("denied", "k")),
            (errors.PoeError_Invalid("k"), PoeError("invalid", "k")),
            (
                errors.PoeError_Said(failure),
                PoeError("said", said=Failure("theirs", allow_retry=False, error_type="x")),
            ),
            (errors.PoeError_Broken("k"), PoeError("broken", "k")),
            (errors.PoeError_InsufficientFund(), PoeError("insufficient-fund")),
            (errors.PoeError_TooLarge("k"), PoeError("too-large", "k")),
            (errors.PoeError_Stopped(gone), PoeError("stopped", stopped=Stopped("gone"))),
            (errors.PoeError_Other("k"), PoeError("other", "k")),
        ]
        for refusal, expected in cases:
            gateway.answers.append([wasi.Err(refusal)])
            gateway.refusals["authorize"] = [refusal]

            def respond(_: Reply, expected: PoeError = expected) -> None:
                answers: list[Callable[[], Any]] = [
                    lambda: poe.ask("A").text(),
                    lambda: poe.authorize(poe.CostItem(1)),
                ]
                for ask in answers:
                    with self.assertRaises(PoeError) as raised:
                        ask()
                    assert raised.exception == expected, raised.exception

            self.assertIsNone(self.respond(respond))
        self.assertEqual(wasi.gateway().left_open(), [])

    def test_files_and_costs_reach_the_gateway(self) -> None:
        def respond(reply: Reply) -> None:
            self.assertEqual(reply.attach("n", b"x", "t", inline=True).inline_ref, "r")
            self.assertEqual(reply.attach("n", bytes(1024 * 1024 + 1)).inline_ref, None)
            reply.attach_url("http://x", None)
            self.assertEqual(Attachment("url").read(2**40), b"bytes")
            poe.authorize(poe.CostItem(1.5, "w\ud800"), poe.CostItem(2))
            poe.capture(poe.CostItem(2))
            gateway.refusals["write"] = [gateway.poe.PoeError_TooLarge("k")]
            with self.assertRaises(PoeError):
                reply.attach("n", bytes(2 * 1024 * 1024))

        self.assertIsNone(self.respond(respond))
        item = gateway.poe.CostItem
        mebibyte = 1024 * 1024
        self.assertEqual(
            gateway.calls,
            [
                ("attach", "n", "t", b"x", True),
                ("new", "n", None),
                ("write", mebibyte),
                ("write", 1),
                ("finish", False),
                ("attach_url", "http://x", None, False),
                ("read_attachment", "url", 2**32 - 1),
                ("authorize", [item(2, "w\ufffd"), item(2, None)]),
                ("capture", [item(2, None)]),
                ("new", "n", None),
                ("write", mebibyte),
                ("drop",),
            ],
        )
