"""What the tool knows, and the two questions that it takes to answer with it."""

import json
import unittest
from typing import Any

from ravenry import Failure, PoeError
from ravenry.testing import Asked, Scene, Script
from ravenry.tools import ToolCall
from weather import MODEL, Weather, get_current_weather


def call(identifier: str, arguments: str, name: str = "get_current_weather") -> ToolCall:
    return ToolCall(identifier, name, arguments)


def results(asked: Asked) -> list[Any]:
    """What the model was told that the calls came to."""
    return [json.loads(result["content"]) for result in asked.body["tool_results"]]


class WeatherTest(unittest.TestCase):
    def test_the_tool_knows_three_cities(self) -> None:
        self.assertEqual(
            get_current_weather("TOKYO, Japan"),
            {"location": "Tokyo", "temperature": "11", "unit": "fahrenheit"},
        )
        self.assertEqual(
            get_current_weather("San Francisco, CA", "celsius"),
            {"location": "San Francisco", "temperature": "72", "unit": "celsius"},
        )
        self.assertEqual(
            get_current_weather("Oslo"), {"location": "Oslo", "temperature": "unknown"}
        )

    def test_calls_are_made_once_and_told_in_a_second_question(self) -> None:
        calls = [call("1", '{"location": "Tokyo"}'), call("2", '{"location": "Paris"}')]
        scene = Scene().bot(MODEL, Script().tool_calls(calls), "11 in Tokyo, 22 in Paris.")
        transcript = scene.ask(Weather, "Where is it warmer?")
        self.assertEqual(transcript.text, "11 in Tokyo, 22 in Paris.")
        self.assertEqual(len(transcript.events), 1)
        first, second = transcript.asked
        self.assertEqual(first.body["tools"], second.body["tools"])
        self.assertEqual(second.body["tool_calls"], [call.to_json() for call in calls])
        self.assertEqual([one["temperature"] for one in results(second)], ["11", "22"])

    def test_no_call_means_no_second_question(self) -> None:
        transcript = Scene().bot(MODEL, "Hello.").ask(Weather, "hi")
        self.assertEqual((transcript.text, len(transcript.asked)), ("Hello.", 1))

    def test_a_model_that_calls_wrongly_is_told_so(self) -> None:
        calls = [call("1", "Tokyo"), call("2", "{}", "rm"), call("3", "{}")]
        scene = Scene().bot(MODEL, Script().tool_calls(calls), "Sorry.")
        transcript = scene.ask(Weather, "hi")
        self.assertEqual(transcript.text, "Sorry.")
        self.assertTrue(all(result["error"] for result in results(transcript.asked[1])))

    def test_a_failure_of_either_answer_ends_the_reply(self) -> None:
        failure = Failure("Out of words.", allow_retry=False)
        first = Scene().bot(MODEL, failure).ask(Weather, "hi")
        self.assertEqual(first.failure, failure)
        calls = Script().tool_calls([call("1", '{"location": "Tokyo"}')])
        broken = Script("It").breaks(PoeError("broken"))
        second = Scene().bot(MODEL, calls, broken).ask(Weather, "hi")
        self.assertEqual(second.text, "It")
        self.assertTrue(second.failure and second.failure.allow_retry)

    def test_the_settings_declare_both_questions(self) -> None:
        self.assertEqual(Weather().settings().server_bot_dependencies, {MODEL: 2})
