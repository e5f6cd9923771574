"""Parameter controls: what a person can set beside the text field.

The shape is the platform's, version 2 of its parameter controls (2026). The platform silently drops
controls that it finds wrong; the gateway logs a warning for each such mistake, and `Settings.lint`
says the same before.

All of this is imported from `ravenry.settings`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal as _OneOf

#: How two operands are compared.
#:
#: These are the words that the platform's code takes. Its documentation of 2026 has `equals`, which
#: the code refuses.
Comparator = _OneOf["eq", "ne", "gt", "ge", "lt", "le"]

#: Up to here every whole number is a number of its own in floating point: 2^53.
_EXACT_MAX = 2.0**53


def _plain(number: float | None) -> float | None:
    """A whole number is written without a fraction: the platform makes names of ratios, as in
    `16:9`."""
    if isinstance(number, float) and number.is_integer() and abs(number) <= _EXACT_MAX:
        return int(number)
    return number


def _shape(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@dataclass(slots=True)
class Divider:
    """A line between fields."""

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return {"control": "divider"}


@dataclass(slots=True)
class TextField:
    """One line of text that the person types."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a string: letters, digits and `_`, not
    #: beginning with `poe_`. Controls that share a name must share their default.
    parameter_name: str
    #: What is shown until the person types. The platform shows defaults but does not send them.
    default_value: str | None = None
    #: What stands in an empty field, in grey.
    placeholder: str | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return _text_control("text_field", self)


@dataclass(slots=True)
class TextArea:
    """Several lines of text that the person types."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a string.
    parameter_name: str
    #: What is shown until the person types.
    default_value: str | None = None
    #: What stands in an empty field, in grey.
    placeholder: str | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return _text_control("text_area", self)


def _text_control(kind: str, control: TextField | TextArea) -> dict[str, Any]:
    return _shape(
        control=kind,
        label=control.label,
        description=control.description,
        parameter_name=control.parameter_name,
        default_value=control.default_value,
        placeholder=control.placeholder,
    )


@dataclass(slots=True)
class DropDown:
    """A choice among several texts."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a string.
    parameter_name: str
    #: The options: the value that comes back, and the name shown for it.
    options: Mapping[str, str] | Sequence[tuple[str, str]]
    #: The value chosen at first; one of the options.
    default_value: str | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        options = self.options.items() if isinstance(self.options, Mapping) else self.options
        return _shape(
            control="drop_down",
            label=self.label,
            description=self.description,
            parameter_name=self.parameter_name,
            default_value=self.default_value,
            options=[{"value": value, "name": name} for value, name in options],
        )


@dataclass(slots=True)
class ToggleSwitch:
    """A switch."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a boolean.
    parameter_name: str
    #: Whether it is on at first.
    default_value: bool | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return _shape(
            control="toggle_switch",
            label=self.label,
            description=self.description,
            parameter_name=self.parameter_name,
            default_value=self.default_value,
        )


@dataclass(slots=True)
class Slider:
    """A number within bounds."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a number.
    parameter_name: str
    #: The smallest value, at most `max_value`.
    min_value: float
    #: The largest value.
    max_value: float
    #: The distance between values, greater than 0.
    step: float
    #: Where it stands at first.
    default_value: float | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return _shape(
            control="slider",
            label=self.label,
            description=self.description,
            parameter_name=self.parameter_name,
            default_value=_plain(self.default_value),
            min_value=_plain(self.min_value),
            max_value=_plain(self.max_value),
            step=_plain(self.step),
        )


@dataclass(slots=True)
class Ratio:
    """One ratio of width to height."""

    #: The width, in the unit of the height.
    width: float
    #: The height, in the unit of the width.
    height: float
    #: The value that comes back; `width:height` where it is `None`.
    value: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The option as the platform wants it."""
        return _shape(value=self.value, width=_plain(self.width), height=_plain(self.height))


@dataclass(slots=True)
class AspectRatio:
    """A choice among ratios of width to height."""

    #: What is written beside it.
    label: str
    #: The name under which the value comes back, as a string.
    parameter_name: str
    #: The ratios to choose from.
    options: Sequence[Ratio]
    #: The value chosen at first; one of the options.
    default_value: str | None = None
    #: A longer explanation.
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return _shape(
            control="aspect_ratio",
            label=self.label,
            description=self.description,
            parameter_name=self.parameter_name,
            default_value=self.default_value,
            options=[option.to_json() for option in self.options],
        )


#: A field, or a line between fields.
Field = Divider | TextField | TextArea | DropDown | ToggleSwitch | Slider | AspectRatio


@dataclass(slots=True)
class Literal:
    """One side of a comparison: a string, a number or a boolean; nothing else."""

    value: str | float | bool

    def to_json(self) -> dict[str, Any]:
        """The operand as the platform wants it."""
        return {"literal": self.value}


@dataclass(slots=True)
class Parameter:
    """One side of a comparison: the present value of the control with this parameter name."""

    name: str

    def to_json(self) -> dict[str, Any]:
        """The operand as the platform wants it."""
        return {"parameter_name": self.name}


#: One side of a comparison.
Operand = Literal | Parameter


@dataclass(slots=True)
class Condition:
    """Fields that are shown while a comparison holds. Conditions cannot be nested."""

    #: The left side.
    left: Operand
    #: How the sides are compared.
    comparator: Comparator
    #: The right side.
    right: Operand
    #: The fields, from top to bottom.
    controls: Sequence[Field]

    def to_json(self) -> dict[str, Any]:
        """The control as the platform wants it."""
        return {
            "control": "condition",
            "condition": {
                "comparator": self.comparator,
                "left": self.left.to_json(),
                "right": self.right.to_json(),
            },
            "controls": [control.to_json() for control in self.controls],
        }


#: One entry of a section or tab: a field, or fields under a condition.
Control = Field | Condition


@dataclass(slots=True)
class Tab:
    """One tab of a section."""

    #: What is written on the tab.
    name: str
    #: Its controls, from top to bottom. The platform wants at least one.
    controls: Sequence[Control]

    def to_json(self) -> dict[str, Any]:
        """The tab as the platform wants it."""
        return {"name": self.name, "controls": [control.to_json() for control in self.controls]}


@dataclass(slots=True)
class Section:
    """A part of the controls under one heading: controls, or tabs of controls, but not both."""

    #: Controls, from top to bottom.
    controls: Sequence[Control] | None = None
    #: Tabs, from left to right.
    tabs: Sequence[Tab] | None = None
    #: The heading.
    name: str | None = None
    #: Whether the section is folded until the person opens it.
    collapsed_by_default: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """The section as the platform wants it."""
        controls, tabs = self.controls, self.tabs
        return _shape(
            name=self.name,
            collapsed_by_default=self.collapsed_by_default,
            controls=None if controls is None else [control.to_json() for control in controls],
            tabs=None if tabs is None else [tab.to_json() for tab in tabs],
        )


@dataclass(slots=True)
class ParameterControls:
    """Controls shown beside the text field. What the person sets comes back in
    `Message.parameters`.

        >>> poem = ToggleSwitch("As a poem", "poem", default_value=False)
        >>> verses = Slider("Verses", "verses", min_value=1, max_value=12, step=1)
        >>> only_for_poems = Condition(Parameter("poem"), "eq", Literal(True), [verses])
        >>> controls = ParameterControls([Section([poem, only_for_poems], name="Form")])
        >>> controls.to_json()["sections"][0]["controls"][0]["control"]
        'toggle_switch'
    """

    #: The sections, from top to bottom. The platform wants at least one.
    sections: Sequence[Section] = field(default_factory=list[Section])

    def to_json(self) -> dict[str, Any]:
        """The JSON object that the platform documents: `{"api_version": "2", "sections": […]}`."""
        return {
            "api_version": "2",
            "sections": [section.to_json() for section in self.sections],
        }
