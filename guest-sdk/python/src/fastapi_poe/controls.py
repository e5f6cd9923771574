"""The controls that a bot shows beside the text field, as models.

All of them refuse members that they do not have. The platform drops wrong controls without a word;
the gateway's log says what is wrong with them.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, Union

from ._model import Model

Number: TypeAlias = Union[int, float]


class Divider(Model, extra="forbid"):
    """A line between controls."""

    control: Literal["divider"] = "divider"


class TextField(Model, extra="forbid"):
    """A line of text."""

    control: Literal["text_field"] = "text_field"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: str | None = None
    placeholder: str | None = None


class TextArea(Model, extra="forbid"):
    """Several lines of text."""

    control: Literal["text_area"] = "text_area"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: str | None = None
    placeholder: str | None = None


class ValueNamePair(Model, extra="forbid"):
    """One choice of a `DropDown`: what the bot is sent, and what the person reads."""

    value: str
    name: str


class DropDown(Model, extra="forbid"):
    """One of several choices."""

    control: Literal["drop_down"] = "drop_down"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: str | None = None
    options: list[ValueNamePair]


class ToggleSwitch(Model, extra="forbid"):
    """On or off."""

    control: Literal["toggle_switch"] = "toggle_switch"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: bool | None = None


class Slider(Model, extra="forbid"):
    """A number in a range."""

    control: Literal["slider"] = "slider"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: Number | None = None
    min_value: Number
    max_value: Number
    step: Number


class AspectRatioOption(Model, extra="forbid"):
    """One choice of an `AspectRatio`; without a value, the bot is sent `width:height`."""

    value: str | None = None
    width: Number
    height: Number


class AspectRatio(Model, extra="forbid"):
    """The shape of a picture."""

    control: Literal["aspect_ratio"] = "aspect_ratio"
    label: str
    description: str | None = None
    parameter_name: str
    default_value: str | None = None
    options: list[AspectRatioOption]


BaseControl: TypeAlias = Union[
    Divider, TextField, TextArea, DropDown, ToggleSwitch, Slider, AspectRatio
]


class LiteralValue(Model, extra="forbid"):
    """A fixed side of a comparison."""

    literal: str | float | int | bool


class ParameterValue(Model, extra="forbid"):
    """A side of a comparison that the person has set."""

    parameter_name: str


class ComparatorCondition(Model, extra="forbid"):
    """A comparison of two values. What the platform's pages call `equals` is `eq`."""

    comparator: Literal["eq", "ne", "gt", "ge", "lt", "le"]
    left: LiteralValue | ParameterValue
    right: LiteralValue | ParameterValue


class ConditionallyRenderControls(Model, extra="forbid"):
    """Controls that are there while a condition holds. They do not nest."""

    control: Literal["condition"] = "condition"
    condition: ComparatorCondition
    controls: list[BaseControl]


FullControls: TypeAlias = Union[
    Divider,
    TextField,
    TextArea,
    DropDown,
    ToggleSwitch,
    Slider,
    AspectRatio,
    ConditionallyRenderControls,
]


class Tab(Model, extra="forbid"):
    """Controls on a page of their own within a section."""

    name: str | None = None
    controls: list[FullControls]


class Section(Model, extra="forbid"):
    """A group of controls, or of tabs."""

    name: str | None = None
    controls: list[FullControls] | None = None
    tabs: list[Tab] | None = None
    collapsed_by_default: bool | None = None


class ParameterControls(Model, extra="forbid"):
    """All controls of a bot. The values that people set come as `ProtocolMessage.parameters`."""

    api_version: Literal["2"] = "2"
    sections: list[Section]
