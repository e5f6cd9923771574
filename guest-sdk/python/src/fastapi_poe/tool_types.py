"""Tools that a model may call, and their calls and results, in the shapes of OpenAI."""

from __future__ import annotations

from typing import Any

from ._model import Model, field


class ParametersDefinition(Model):
    """The parameters of a function, as a JSON schema."""

    type: str
    properties: dict[str, object]
    required: list[str] | None = None


class FunctionDefinition(Model):
    """A function that a model may call."""

    name: str
    description: str
    parameters: ParametersDefinition


class ToolDefinition(Model):
    """A tool that a model may use. `type` is `function`.

    Members beside these, such as `strict`, are not sent on, as in the reference library.
    """

    type: str
    function: FunctionDefinition


class CustomToolDefinition(Model):
    """A tool whose input is plain text. In JSON, `format_` is `format`."""

    name: str
    description: str | None = None
    format_: dict[str, Any] | None = field(default=None, alias="format")


class FunctionCallDefinition(Model):
    """Which function to call; the arguments are JSON as text."""

    name: str
    arguments: str


class ToolCallDefinition(Model):
    """A call that a model asks for."""

    id: str
    type: str
    function: FunctionCallDefinition


class CustomCallDefinition(Model):
    """A call of a custom tool. In JSON, `input_` is `input`."""

    name: str
    input_: str = field(alias="input")


class ToolResultDefinition(Model):
    """What a call has given."""

    role: str
    name: str
    tool_call_id: str
    content: str


class FunctionCallDefinitionDelta(Model):
    """A piece of a call: the name comes with the first, the arguments in pieces."""

    name: str | None = None
    arguments: str


class ToolCallDefinitionDelta(Model):
    """A piece of a call that a model asks for; `index` says of which."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: FunctionCallDefinitionDelta
