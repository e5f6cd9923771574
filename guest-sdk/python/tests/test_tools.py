"""Calls are put together and made as the platform's reference library does, or better."""

from __future__ import annotations

import unittest
from typing import Any

from _bots import play

from ravenry import Reply, poe
from ravenry.events import Event, Json, Suggest, Text
from ravenry.testing import Scene, Script
from ravenry.tools import ToolCall, Turn


def chunk(delta: Any) -> Json:
    return Json({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})


def finished(delta: Any, reason: str) -> Json:
    return Json({"choices": [{"delta": delta, "finish_reason": reason}]})


def calls(made: Any) -> Json:
    return chunk({"tool_calls": made})


def first(index: int, identifier: str, name: str) -> dict[str, Any]:
    function = {"name": name, "arguments": ""}
    return {"index": index, "id": identifier, "type": "function", "function": function}


def more(index: int, arguments: str) -> dict[str, Any]:
    return {"index": index, "function": {"arguments": arguments}}


def put_together(said: list[Event]) -> tuple[list[Event], Turn]:
    """Events in; what is handed on and what was called out, standing still and awaiting."""
    outcomes: list[tuple[list[Event], Turn]] = []

    def standing(_: Reply) -> None:
        turn = Turn(poe.ask("A"))
        outcomes.append(([*turn], turn))

    async def awaiting(_: Reply) -> None:
        turn = Turn(poe.ask("A"))
        outcomes.append(([event async for event in turn], turn))

    script = Script()
    for event in said:
        script.event(event)
    for respond in (standing, awaiting):
        assert play(Scene().bot("A", script), respond).error is None
    one, two = outcomes
    assert one[0] == two[0] and one[1].calls == two[1].calls and one[1].text == two[1].text
    return one


class TurnTest(unittest.TestCase):
    def test_pieces_become_calls_by_their_index(self) -> None:
        both = [ToolCall("a", "one", '{"x":1}'), ToolCall("b", "two", "{}")]
        finish = finished({}, "tool_calls")
        nameless = {"arguments": ""}
        changed = {"name": "y", "arguments": "{"}
        cases: list[tuple[str, list[Event], list[ToolCall]]] = [
            (
                "interleaved",
                [
                    calls([first(0, "a", "one")]),
                    calls([first(1, "b", "two")]),
                    calls([more(0, '{"x"')]),
                    calls([more(1, "{}")]),
                    calls([more(0, ":1}")]),
                    finish,
                ],
                both,
            ),
            (
                "in one chunk, backwards",
                [
                    calls(
                        [
                            first(1, "b", "two"),
                            first(0, "a", "one"),
                            more(1, "{}"),
                            more(0, '{"x":1}'),
                        ]
                    )
                ],
                both,
            ),
            (
                "the first piece of 0 is missing",
                [
                    calls([more(0, '{"x":1}')]),
                    calls([first(1, "b", "two")]),
                    calls([more(1, "{}")]),
                ],
                both[1:],
            ),
            (
                "a first piece lacks its name, its id, its type",
                [
                    calls([{"index": 0, "id": "a", "type": "function", "function": nameless}]),
                    calls([{"index": 1, "type": "function", "function": {"name": "n"}}]),
                    calls([{"index": 2, "id": "a", "function": {"name": "n"}}]),
                    calls([{**first(3, "", "n"), "id": None}]),
                ],
                [],
            ),
            (
                "later pieces change nothing but arguments",
                [
                    calls([first(0, "a", "one")]),
                    calls([{"index": 0, "id": "", "type": "x", "function": changed}]),
                    calls([{"index": 0, "id": "a", "function": {"name": "y"}}]),
                    calls([{"index": 0, "id": "random", "function": {"arguments": "}"}}]),
                ],
                [ToolCall("a", "one", "{}")],
            ),
            (
                "one index, other ids",
                [
                    calls([first(0, "a", "one"), more(0, '{"x":1}')]),
                    calls([first(0, "b", "two")]),
                    calls([more(0, "{}")]),
                ],
                both,
            ),
            (
                "with the end",
                [
                    finished({"tool_calls": [first(0, "a", "one")]}, ""),
                    finished(
                        {"tool_calls": [more(0, '{"x":1}'), first(1, "b", "two"), more(1, "{}")]},
                        "tool_calls",
                    ),
                ],
                both,
            ),
            (
                "nonsense",
                [
                    calls([1, None, "text", {"id": "a"}, {"index": -1}, {"index": "0"}]),
                    calls({"index": 0}),
                    chunk(None),
                    chunk([]),
                    finish,
                ],
                [],
            ),
        ]
        for name, said, expected in cases:
            handed_on, turn = put_together(said)
            self.assertEqual((turn.calls, handed_on), (expected, []), name)

    def test_text_goes_on_whatever_it_comes_in(self) -> None:
        usage, other = Json({"choices": [], "usage": {"total": 3}}), Json({"no": "choices"})
        handed_on, turn = put_together(
            [
                Text("a"),
                chunk({"content": "b"}),
                chunk({"content": None}),
                chunk({"content": "c", "tool_calls": []}),
                chunk({"content": "d", "tool_calls": [first(0, "a", "one")]}),
                finished({"content": "e"}, ""),
                finished({"content": "f"}, "stop"),
                usage,
                other,
                Suggest("s"),
            ]
        )
        self.assertEqual((turn.text, len(turn.calls)), ("abcdef", 1))
        self.assertEqual(handed_on, [*map(Text, "abcdef"), usage, other, Suggest("s")])

    def test_calls_are_bounded(self) -> None:
        many: list[Event] = [calls([first(index, "a", "n")]) for index in range(1_000)]
        self.assertEqual(len(put_together(many)[1].calls), 128)
