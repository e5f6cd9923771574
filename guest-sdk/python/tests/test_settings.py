"""The JSON of every kind of control, as the platform wants it; and each mistake that the platform
drops in silence has its sentence."""

from __future__ import annotations

import unittest
from collections.abc import Sequence
from typing import Any

from ravenry import Settings
from ravenry.settings import (
    AspectRatio,
    Comparator,
    Condition,
    Control,
    Divider,
    DropDown,
    Field,
    Literal,
    Operand,
    Parameter,
    ParameterControls,
    Ratio,
    Section,
    Slider,
    Tab,
    TextArea,
    TextField,
    ToggleSwitch,
)


class ControlsTest(unittest.TestCase):
    maxDiff = None

    def test_sections_hold_controls_or_tabs(self) -> None:
        controls = ParameterControls(
            [
                Section([Divider()], name="First", collapsed_by_default=True),
                Section(tabs=[Tab("Tab", [Divider()])]),
            ]
        )
        self.assertEqual(
            controls.to_json(),
            {
                "api_version": "2",
                "sections": [
                    {
                        "name": "First",
                        "collapsed_by_default": True,
                        "controls": [{"control": "divider"}],
                    },
                    {"tabs": [{"name": "Tab", "controls": [{"control": "divider"}]}]},
                ],
            },
        )

    def test_text_fields_and_areas_differ_in_their_name_only(self) -> None:
        expected = {
            "control": "text_field",
            "label": "Label",
            "description": "c",
            "parameter_name": "name",
            "default_value": "a",
            "placeholder": "b",
        }
        self.assertEqual(TextField("Label", "name", "a", "b", "c").to_json(), expected)
        area = TextArea("Label", "name", "a", "b", "c").to_json()
        self.assertEqual(area, {**expected, "control": "text_area"})

    def test_what_is_none_is_left_out(self) -> None:
        self.assertEqual(
            ToggleSwitch("Label", "name").to_json(),
            {"control": "toggle_switch", "label": "Label", "parameter_name": "name"},
        )

    def test_drop_downs_name_their_options(self) -> None:
        expected = {
            "control": "drop_down",
            "label": "Label",
            "parameter_name": "name",
            "default_value": "s",
            "options": [{"value": "s", "name": "Small"}, {"value": "l", "name": "Large"}],
        }
        pairs = [("s", "Small"), ("l", "Large")]
        self.assertEqual(DropDown("Label", "name", pairs, "s").to_json(), expected)
        self.assertEqual(DropDown("Label", "name", dict(pairs), "s").to_json(), expected)

    def test_sliders_and_ratios_are_numbers(self) -> None:
        slider = Slider("Label", "name", 0.0, 1.5, 0.25, default_value=0.5).to_json()
        self.assertEqual(
            slider,
            {
                "control": "slider",
                "label": "Label",
                "parameter_name": "name",
                "default_value": 0.5,
                "min_value": 0,
                "max_value": 1.5,
                "step": 0.25,
            },
        )
        self.assertIs(type(slider["min_value"]), int)
        ratios = AspectRatio("Label", "name", [Ratio(16.0, 9), Ratio(1, 1, "square")])
        self.assertEqual(
            ratios.to_json()["options"],
            [{"width": 16, "height": 9}, {"value": "square", "width": 1, "height": 1}],
        )

    def test_conditions_use_the_words_of_the_platforms_code(self) -> None:
        words: tuple[Comparator, ...] = ("eq", "ne", "gt", "ge", "lt", "le")
        for word in words:
            condition = Condition(Parameter("words"), word, Literal(100), [Divider()])
            self.assertEqual(
                condition.to_json(),
                {
                    "control": "condition",
                    "condition": {
                        "comparator": word,
                        "left": {"parameter_name": "words"},
                        "right": {"literal": 100},
                    },
                    "controls": [{"control": "divider"}],
                },
            )


def text_field(name: str, default: str | None = None) -> TextField:
    return TextField("Label", name, default)


def drop_down(default: str | None, options: Sequence[str]) -> DropDown:
    return DropDown("", "size", [(option, option) for option in options], default)


def slider(least: float, most: float, step: float, default: float | None = None) -> Slider:
    return Slider("", "words", least, most, step, default)


def ratio(default: str | None, *options: Ratio) -> AspectRatio:
    return AspectRatio("", "ratio", options, default)


def when(left: Operand, right: Operand, controls: Sequence[Field]) -> Condition:
    return Condition(left, "eq", right, controls)


def lint(controls: Sequence[Control]) -> list[str]:
    return Settings(parameter_controls=ParameterControls([Section(controls)])).lint()


class LintTest(unittest.TestCase):
    def test_controls_that_the_platform_takes_have_no_mistakes(self) -> None:
        mistakes = lint(
            [
                Divider(),
                text_field("a_Z_9", "x"),
                text_field("a_Z_9", "x"),
                drop_down("s", ["s", "m"]),
                slider(0, 10, 0.5, 10),
                ratio("16:9", Ratio(16.0, 9), Ratio(1.5, 1)),
                when(Parameter("words"), Literal(3), [Divider()]),
            ]
        )
        mistakes += lint([ratio("1.5:1", Ratio(1.5, 1))])
        mistakes += lint([ratio("a", Ratio(1.5, 1, "a"))])
        self.assertEqual([*mistakes, *Settings().lint()], [])

    def test_each_mistake_in_a_control_is_named_with_its_place(self) -> None:
        name = "parameter_name` should consist of letters, digits and `_`."
        nothing: Any = None
        infinite, nan = float("inf"), float("nan")
        cases: list[tuple[list[Control], str]] = [
            ([], "` is empty."),
            ([text_field("")], name),
            ([text_field("a-b")], name),
            ([text_field("é")], name),
            ([text_field("a\n")], name),
            (
                [text_field("poe_x")],
                "parameter_name` starts with `poe_`, which belongs to the platform.",
            ),
            (
                [text_field("a"), text_field("a", "")],
                "parameter_name` stands for a control with another default, too.",
            ),
            ([drop_down(None, [])], "options` is empty."),
            ([drop_down("x", ["s"])], "default_value` is not the value of an option."),
            ([slider(0, 1, 0)], "step` is not above 0."),
            ([slider(0, 1, -1)], "step` is not above 0."),
            ([slider(2, 1, 1)], "min_value` is above `max_value`."),
            (
                [slider(0, 1, 1, 1.5)],
                "default_value` is not between `min_value` and `max_value`.",
            ),
            ([slider(0, infinite, 1)], "max_value` is missing."),
            ([slider(0, 1, nan)], "step` is missing."),
            ([ratio(None)], "options` is empty."),
            ([ratio(None, Ratio(0, 1))], "width` is not above 0."),
            ([ratio(None, Ratio(1, nan))], "height` is missing."),
            (
                [ratio("16:9", Ratio(16, 9, "wide"))],
                "default_value` is not the value of an option.",
            ),
            ([when(Literal(1), Literal(1), [])], "controls` is empty."),
            (
                [when(Literal(nothing), Literal(1), [Divider()])],
                "left.literal` should be a string, a number or a boolean.",
            ),
            (
                [when(Literal(1), Parameter("x"), [Divider()])],
                "right` names the parameter `x`, which no control sets.",
            ),
        ]
        for controls, expected in cases:
            mistakes = lint(controls)
            self.assertEqual(len(mistakes), 1, (expected, mistakes))
            self.assertTrue(mistakes[0].startswith("`parameter_controls.sections[0].controls"))
            self.assertTrue(mistakes[0].endswith(expected), mistakes[0])

    def test_controls_as_json_are_looked_at_too(self) -> None:
        top = "parameter_controls"
        place = f"{top}.sections[0]"
        cases: list[tuple[Any, list[str]]] = [
            ([], [f"`{top}` should be an object, but is an array."]),
            (
                {"sections": []},
                [f"`{top}.api_version` is missing.", f"`{top}.sections` is empty."],
            ),
            (
                {"api_version": "3", "sections": [{}]},
                [
                    f'`{top}.api_version` is not "2", the only version that there is.',
                    f"`{place}` has neither `controls` nor `tabs`.",
                ],
            ),
            (
                {"api_version": "2", "sections": [{"controls": [{"control": "dial"}]}]},
                [f"`{place}.controls[0]` is of the unknown kind `dial`."],
            ),
            (
                {
                    "api_version": "2",
                    "sections": [{"controls": [3, {"control": "divider", "x": 1}]}],
                },
                [
                    f"`{place}.controls[0]` should be an object, but is a number.",
                    f"`{place}.controls[1].x` is not known to the platform.",
                ],
            ),
        ]
        for controls, expected in cases:
            self.assertEqual(Settings(parameter_controls=controls).lint(), expected)

    def test_nothing_may_be_empty(self) -> None:
        none = Settings(parameter_controls=ParameterControls())
        self.assertEqual(none.lint(), ["`parameter_controls.sections` is empty."])
        for tabs, place in (([], "tabs"), ([Tab("", [])], "tabs[0].controls")):
            settings = Settings(parameter_controls=ParameterControls([Section(tabs=tabs)]))
            self.assertEqual(
                settings.lint(), [f"`parameter_controls.sections[0].{place}` is empty."]
            )

    def test_each_mistake_beside_the_controls_is_named(self) -> None:
        def extra(name: str, value: Any) -> Settings:
            controls = ParameterControls([Section([Divider()])])
            return Settings(parameter_controls=controls, extra={name: value})

        marks = "[usd_milli_cents=] [usd_milli_cents=1.5] [usd_milli_cents 3]"
        cases = [
            (Settings({"A": 1, "B": 100}), 0),
            (Settings({"A": 0, "B": 101}), 2),
            (Settings({"": 1}), 1),
            (Settings(rate_card="[usd_milli_cents=15] per message"), 0),
            (Settings(rate_card=marks), 3),
            (extra("response_version", 2), 0),
            (extra("response_version", 1), 1),
            (extra("allow_user_context_clear", True), 0),
            (extra("new_one", 1), 1),
        ]
        for settings, count in cases:
            self.assertEqual(len(settings.lint()), count, settings)

    def test_sentences_are_bounded(self) -> None:
        mistakes = Settings({f"B{number}": 0 for number in range(100)}).lint()
        self.assertEqual((len(mistakes), mistakes[-1]), (51, "There are more mistakes."))
