"""What the models of fastapi_poe convert, refuse and give back."""

from __future__ import annotations

import copy
import json
import pickle
import unittest
from enum import Enum
from typing import Any

import fastapi_poe as fp
from fastapi_poe import types
from fastapi_poe._model import Model
from fastapi_poe.types import PartialResponse, ProtocolMessage, ValidationError


class Role(str, Enum):
    """As some bots have it."""

    USER = "user"


def message(**members: Any) -> ProtocolMessage:
    """A message of these members, with the ones that are required."""
    return ProtocolMessage.model_validate({"role": "user", "content": "hi", **members})


class Conversions(unittest.TestCase):
    """What is given and what becomes of it."""

    def test_values(self) -> None:
        cases: list[tuple[dict[str, Any], str, Any]] = [
            ({"role": Role.USER}, "role", "user"),
            ({"content": Role.USER}, "content", "user"),
            ({"content": b"\xc3\xa9"}, "content", "é"),
            ({"timestamp": "12"}, "timestamp", 12),
            ({"timestamp": " 1_000 "}, "timestamp", 1000),
            ({"timestamp": "1.0"}, "timestamp", 1),
            ({"timestamp": 2.0}, "timestamp", 2),
            ({"timestamp": True}, "timestamp", 1),
            ({"timestamp": 2**70}, "timestamp", 2**70),
            ({"attachments": iter([])}, "attachments", []),
            ({"sender": {"id": "u", "unknown": 1}}, "sender", fp.Sender(id="u")),
            ({"unknown": 1}, "content", "hi"),
        ]
        for members, name, value in cases:
            with self.subTest(members):
                self.assertEqual(getattr(message(**members), name), value)

    def test_nested_dicts_become_models(self) -> None:
        made = message(
            attachments=({"url": "u", "content_type": "c", "name": "n"},),
            referenced_message={"role": "bot", "content": "q", "reactions": []},
        )
        self.assertIsInstance(made.attachments[0], fp.Attachment)
        self.assertEqual(made.referenced_message, ProtocolMessage(role="bot", content="q"))

    def test_objects_stay_and_lists_are_copied(self) -> None:
        files = [fp.Attachment(url="u", content_type="c", name="n")]
        made = message(attachments=files)
        self.assertIs(made.attachments[0], files[0])
        self.assertIsNot(made.attachments, files)

    def test_truth(self) -> None:
        for given, kept in [("yes", True), ("off", False), (1, True), (0.0, False)]:
            with self.subTest(given):
                made = PartialResponse.model_validate({"text": "", "is_suggested_reply": given})
                self.assertIs(made.is_suggested_reply, kept)

    def test_unions_take_what_fits_best(self) -> None:
        for given in (True, 1, 1.5, "1"):
            made = fp.LiteralValue(literal=given)
            self.assertEqual((type(made.literal), made.literal), (type(given), given))
        controls: list[Any] = [
            {"label": "a", "parameter_name": "p"},
            {"label": "a", "parameter_name": "p", "default_value": True},
            {"control": "text_area", "label": "a", "parameter_name": "p"},
            {"control": "divider"},
        ]
        section = fp.Section(controls=controls)
        self.assertEqual(
            [type(control) for control in section.controls or []],
            [fp.TextField, fp.ToggleSwitch, fp.TextArea, fp.Divider],
        )

    def test_costs_are_rounded_up(self) -> None:
        for given, kept in [(25.5, 26), (0.1, 1), (-0.5, 0), (7, 7)]:
            made = fp.CostItem.model_validate({"amount_usd_milli_cents": given})
            self.assertEqual(made.amount_usd_milli_cents, kept)

    def test_a_class_of_an_author_is_a_model_too(self) -> None:
        made = Mine.model_validate({"text": "x", "mine": "4"})
        self.assertEqual((made.mine, made.seen), (4, []))
        self.assertIsNot(made.seen, Mine(text="").seen)
        with self.assertRaises(ValidationError):
            Mine.model_validate({"text": "x", "other": 1})


class Mine(PartialResponse):
    """With fields of its own."""

    mine: int = 3
    seen: list[str] = []


class Refusals(unittest.TestCase):
    """What cannot be converted."""

    def test_sentences_name_the_place(self) -> None:
        cases: list[tuple[type[Model], dict[str, Any], str]] = [
            (ProtocolMessage, {"role": "x", "content": ""}, "role\n  should be one of 'system'"),
            (ProtocolMessage, {"role": "user"}, "content\n  is missing"),
            (ProtocolMessage, {"role": "user", "content": 1}, "content\n  should be text"),
            (
                ProtocolMessage,
                {"role": "user", "content": "", "attachments": [{"url": 1}]},
                "attachments.0.url\n  should be text, and is 1 (int)",
            ),
            (PartialResponse, {"text": "", "txt": ""}, "txt\n  is not a member"),
            (fp.SettingsResponse, {"allow_atachments": True}, "allow_atachments\n  is not"),
            (fp.MessageFeedback, {"type": "like"}, "reason\n  is missing"),
            (fp.CostItem, {"amount_usd_milli_cents": "5"}, "a whole number of thousandths"),
            (fp.CostItem, {"amount_usd_milli_cents": float("nan")}, "a finite amount"),
            (fp.CostItem, {"amount_usd_milli_cents": -1}, "should not be negative"),
            (fp.Section, {"controls": [{"control": "nope"}]}, "controls.0\n  should be one of"),
            (
                fp.Section,
                {"controls": [{"control": "slider", "label": "a"}]},
                "controls.0.parameter_name\n  is missing",
            ),
        ]
        for kind, members, words in cases:
            with self.subTest(words), self.assertRaises(ValidationError) as caught:
                kind.model_validate(members)
            self.assertIn(words, str(caught.exception))
            self.assertIsInstance(caught.exception, ValueError)

    def test_all_mistakes_are_named_at_once(self) -> None:
        with self.assertRaises(ValidationError) as caught:
            fp.QueryRequest.model_validate({"version": 1, "type": "nothing"})
        self.assertEqual(caught.exception.error_count(), 6)

    def test_there_are_no_other_attributes(self) -> None:
        made = PartialResponse(text="x")
        with self.assertRaisesRegex(ValueError, 'has no field "texts"'):
            setattr(made, "texts", "y")
        with self.assertRaises(AttributeError):
            getattr(made, "texts")
        with self.assertRaises(AttributeError):
            getattr(PartialResponse, "text")


class Round(unittest.TestCase):
    """Dicts, JSON, copies, equality."""

    def test_dicts(self) -> None:
        made = message(attachments=[fp.Attachment(url="u", content_type="c", name="n")])
        self.assertEqual(list(made.model_dump()), list(ProtocolMessage.model_fields))
        self.assertEqual(made.dict(include={"role": True}), {"role": "user"})
        self.assertNotIn("role", made.model_dump(exclude={"role"}))
        self.assertEqual(
            made.model_dump(exclude={"attachments": {0: {"url"}}})["attachments"],
            [{"content_type": "c", "name": "n", "inline_ref": None, "parsed_content": None}],
        )
        self.assertEqual(
            made.model_dump(exclude_unset=True)["attachments"],
            [{"url": "u", "content_type": "c", "name": "n"}],
        )
        self.assertEqual(
            message().model_dump(exclude_defaults=True), {"role": "user", "content": "hi"}
        )
        self.assertEqual(ProtocolMessage.model_validate(made.model_dump()), made)
        self.assertEqual(dict(fp.User(id="u")), {"id": "u", "name": None})

    def test_json(self) -> None:
        self.assertEqual(fp.User(id="é").model_dump_json(), '{"id":"é","name":null}')
        self.assertEqual(fp.User(id="u").json(indent=1), '{\n "id": "u",\n "name": null\n}')
        made = message(parameters={"a": float("inf"), "b": (1, {2}), "c": fp.User(id="u")})
        parameters = json.loads(made.model_dump_json())["parameters"]
        self.assertEqual(parameters, {"a": None, "b": [1, [2]], "c": {"id": "u", "name": None}})
        with self.assertRaisesRegex(ValueError, "no JSON for a object"):
            message(parameters={"a": object()}).model_dump_json()
        self.assertEqual(fp.User.model_validate_json('{"id":"u"}'), fp.User(id="u"))
        with self.assertRaises(ValidationError):
            fp.User.model_validate_json("{")

    def test_aliases(self) -> None:
        members = {"name": "n", "format": {"a": 1}}
        made = types.CustomToolDefinition.model_validate(members)
        self.assertEqual(made.format_, {"a": 1})
        self.assertEqual(made.model_dump(by_alias=True, exclude_none=True), members)

    def test_copies(self) -> None:
        made = message(parameters={"a": [1]})
        changed = made.model_copy(update={"content": "other"})
        self.assertEqual((made.content, changed.content), ("hi", "other"))
        self.assertIs(changed.parameters, made.parameters)
        self.assertIsNot(made.model_copy(deep=True).parameters["a"], made.parameters["a"])
        self.assertFalse(hasattr(made.copy(exclude={"role"}), "role"))
        for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            self.assertEqual(again, made)
            self.assertEqual(again.model_fields_set, made.model_fields_set)

    def test_equality_and_text(self) -> None:
        self.assertEqual(fp.User(id="u"), fp.User(id="u", name=None))
        self.assertNotEqual(PartialResponse(text=""), fp.MetaResponse(text=""))
        self.assertEqual(repr(fp.User(id="u")), "User(id='u', name=None)")
        self.assertEqual(str(fp.User(id="u")), "id='u' name=None")
        with self.assertRaises(TypeError):
            hash(fp.User(id="u"))

    def test_what_is_assigned_is_not_checked(self) -> None:
        made = PartialResponse(text="x")
        setattr(made, "text", 5)
        self.assertEqual(made.model_dump()["text"], 5)

    def test_tools_keep_only_what_the_reference_library_keeps(self) -> None:
        tool = {
            "type": "function",
            "function": {
                "name": "n",
                "description": "d",
                "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
                "strict": True,
            },
        }
        made = fp.ToolDefinition.model_validate(tool).model_dump(exclude_none=True)
        self.assertNotIn("strict", made["function"])
        self.assertEqual(made["function"]["parameters"], {"type": "object", "properties": {}})


if __name__ == "__main__":
    unittest.main()
