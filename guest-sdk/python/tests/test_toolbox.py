"""Tools with what they do, used as the platform's reference library does, or better."""

from __future__ import annotations

import asyncio
import unittest
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from _bots import Does, play, quietly

from ravenry import Failure, Message, PoeError, Reply
from ravenry.testing import Scene, Script
from ravenry.tools import Tool, Toolbox, ToolCall, calls_message, results_message


class ToolTest(unittest.TestCase):
    def test_a_definition_leaves_whole(self) -> None:
        schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
        function: dict[str, Any] = {"name": "n", "description": "d", "parameters": schema}
        self.assertEqual(
            Tool("n", "d", schema).to_json(), {"type": "function", "function": function}
        )
        tool = Tool("n", "d", schema, strict=True, extra={"new": 1})
        self.assertEqual(
            tool.to_json()["function"], {**function, "strict": True, "new": 1}
        )

    def test_calls_and_results_are_messages_of_their_own_kind(self) -> None:
        made = ToolCall("a", "echo")
        self.assertEqual(
            calls_message([made]),
            Message(
                "bot",
                '[{"id":"a","type":"function","function":{"name":"echo","arguments":"{}"}}]',
                message_type="function_call",
            ),
        )
        self.assertEqual(
            results_message([made.result(1)]),
            Message("tool", '[{"role":"tool","name":"echo","tool_call_id":"a","content":"1"}]'),
        )

    def test_a_signature_becomes_a_schema(self) -> None:
        box = Toolbox()

        @box.tool
        def weather(
            city: Annotated[str, "in English"],
            days: int = 1,
            unit: Literal["c", "f"] = "c",
            where: dict[str, float] | None = None,
            *,
            tags: list[str],
            exact: bool | None = None,
            more: Any = None,
        ) -> str:
            """The weather
            of the next days.

            It is mostly grey.

            Args:
                days: How many.
                tags (list): What to look for: clouds, rain.
            Returns:
                words
            """
            return city

        self.assertEqual(weather("x", tags=[]), "x")
        [tool] = box.tools
        self.assertEqual(tool.name, "weather")
        self.assertEqual(tool.description, "The weather of the next days.")
        self.assertEqual(
            tool.parameters,
            {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "in English"},
                    "days": {"type": "integer", "description": "How many.", "default": 1},
                    "unit": {"type": "string", "enum": ["c", "f"], "default": "c"},
                    "where": {
                        "anyOf": [
                            {"type": "object", "additionalProperties": {"type": "number"}},
                            {"type": "null"},
                        ]
                    },
                    "tags": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "What to look for: clouds, rain.",
                    },
                    "exact": {"type": ["boolean", "null"]},
                    "more": {},
                },
                "required": ["city", "tags"],
            },
        )

    def test_what_cannot_be_described_is_said(self) -> None:
        def takes_set(x: set[int]) -> None: ...

        def takes_many(*x: int) -> None: ...

        box = Toolbox()
        with self.assertRaisesRegex(TypeError, "the parameter `x` cannot be described"):
            box.tool(takes_set)
        with self.assertRaisesRegex(TypeError, "named parameters only"):
            box.tool(takes_many)
        box.add("f", "d", {}, takes_set)
        with self.assertRaisesRegex(ValueError, "'f' already"):
            box.tool(name="f")(lambda: None)


class ToolboxTest(unittest.TestCase):
    def box(self) -> Toolbox:
        box = Toolbox()

        def echo(**arguments: Any) -> Any:
            return {"got": arguments}

        box.add("echo", "Says it again.", {"type": "object"}, echo)
        return box

    def run_both(
        self, box: Toolbox, scene: Callable[[], Scene], rounds: int = 1, query: Any = None
    ) -> Any:
        def plain(reply: Reply) -> None:
            box.run("A", query, reply, rounds=rounds, temperature=0.5)

        async def awaiting(reply: Reply) -> None:
            await box.arun("A", query, reply, rounds=rounds, temperature=0.5)

        one, two = (play(scene(), respond) for respond in (plain, awaiting))
        self.assertEqual((one.events, one.asked), (two.events, two.asked))
        return one

    def test_tools_are_used_once_and_the_model_asked_again(self) -> None:
        made = [ToolCall("a", "echo", '{"x": 1}'), ToolCall("b", "echo", "")]

        def scene() -> Scene:
            return Scene().bot("A", Script("Let me see. ").tool_calls(made), "There you are.")

        transcript = self.run_both(self.box(), scene)
        self.assertEqual(transcript.text, "Let me see. There you are.")
        one, two = transcript.asked
        self.assertEqual(sorted(one.body), ["temperature", "tools"])
        self.assertEqual(two.body["tools"], one.body["tools"])
        self.assertEqual(two.body["temperature"], 0.5)
        self.assertEqual(two.body["tool_calls"], [call.to_json() for call in made])
        results = [result["content"] for result in two.body["tool_results"]]
        self.assertEqual(results, ['{"got":{"x":1}}', '{"got":{}}'])

    def test_without_calls_there_is_no_second_question(self) -> None:
        transcript = self.run_both(self.box(), lambda: Scene().bot("A", "No need."))
        self.assertEqual((transcript.text, len(transcript.asked)), ("No need.", 1))

    def test_several_rounds_grow_the_conversation(self) -> None:
        def calling(name: str) -> Script:
            return Script().tool_calls([ToolCall(name, "echo")])

        def scene() -> Scene:
            return Scene().bot("A", calling("a"), calling("b"), calling("c"), "End.")

        messages = [Message.user("hello")]
        transcript = self.run_both(self.box(), scene, rounds=3, query=messages)
        self.assertEqual((transcript.text, len(transcript.asked)), ("End.", 4))
        roles = [[message.role for message in asked.messages] for asked in transcript.asked]
        pair = ["bot", "tool"]
        self.assertEqual(roles, [["user"], ["user"], ["user", *pair], ["user", *pair, *pair]])
        last = transcript.asked[3].body
        self.assertEqual(last["tool_calls"][0]["id"], "c")
        # So that the model has to answer.
        self.assertNotIn("tools", last)
        self.assertEqual(len(messages), 1)
        without = self.run_both(self.box(), scene, rounds=3)
        roles = [[message.role for message in asked.messages] for asked in without.asked]
        self.assertEqual(roles, [[], [], ["user", *pair], ["user", *pair, *pair]])
        ended = self.run_both(self.box(), scene, rounds=0)
        self.assertEqual(len(ended.asked), 1)

    def test_a_wrong_call_has_an_error_for_a_result(self) -> None:
        box = self.box()

        @box.tool
        def add(a: int, b: float = 0, kind: Literal["x"] | None = None) -> float:
            return a + b

        cases = [
            ("rm", "{}", "there is no tool named 'rm'"),
            ("echo", "{not json", "the arguments are not JSON: "),
            ("echo", '"text"', "the arguments are no JSON object"),
            ("add", "{}", "the parameter 'a' is missing"),
            ("add", '{"a": "1"}', "'a' should be of the type integer, not '1'"),
            ("add", '{"a": true}', "'a' should be of the type integer, not True"),
            ("add", '{"a": 1, "c": 1}', "there is no parameter 'c'"),
            ("add", '{"a": 1, "kind": "y"}', "'kind' does not fit: 'y'"),
        ]
        for name, arguments, words in cases:
            [result] = box.execute([ToolCall("i", name, arguments)])
            self.assertIn(words, result.content)
            self.assertTrue(result.content.startswith('{"error":'), result.content)
        [result] = box.execute([ToolCall("i", "add", '{"a": 3.0, "b": 2, "kind": "x"}')])
        self.assertEqual(result.content, "5.0")

    def test_what_a_tool_raises_ends_the_reply(self) -> None:
        for error in (Failure("no tool today"), PoeError("insufficient-fund"), TypeError("mine")):
            box = Toolbox()

            @box.tool
            def breaks(error: Any = error) -> None:
                raise error

            scene = Scene().bot("A", Script().tool_calls([ToolCall("a", "breaks")]))
            runs = partial(box.run, "A", None)
            with quietly():
                transcript = play(scene, runs)
            self.assertIs(transcript.error, error)

    def test_async_tools_run_at_the_same_time(self) -> None:
        box = Toolbox()

        @box.tool
        async def slow(seconds: int) -> int:
            await asyncio.sleep(seconds)
            return seconds

        @box.tool
        def plain() -> str:
            return "at once"

        made = [
            ToolCall("a", "slow", '{"seconds": 3}'),
            ToolCall("b", "slow", '{"seconds": 2}'),
            ToolCall("c", "plain"),
        ]
        contents = ["3", "2", '"at once"']

        async def awaiting(reply: Reply) -> None:
            results = await box.aexecute(made)
            assert [result.content for result in results] == contents

        def standing(reply: Reply) -> None:
            assert [result.content for result in box.execute(made)] == contents

        self.assertEqual(play(Scene(), awaiting).took, 3)
        self.assertEqual(play(Scene(), standing).took, 5)

    def test_a_text_is_no_conversation(self) -> None:
        with quietly():
            wrong: Any = "hello"
            transcript = Scene().ask(Does(lambda _, reply: Toolbox().run("A", wrong, reply)), "hi")
        self.assertIsInstance(transcript.error, TypeError)
