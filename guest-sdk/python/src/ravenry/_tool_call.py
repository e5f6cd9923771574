"""A tool, a call to it, and the result, in the shape that the protocol takes over from OpenAI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._text import dumps, loads
from .query import Message


@dataclass(slots=True)
class Tool:
    """A function that a language model may call."""

    #: The name: letters, digits, `_` and `-`.
    name: str
    #: What it does, for the model. The platform requires one.
    description: str
    #: A JSON schema of the arguments, sent as it stands, `additionalProperties` and all.
    parameters: Mapping[str, Any]
    #: Whether the model has to keep to the schema to the letter. Left out where it is `None`.
    strict: bool | None = None
    #: Further members of `function`, for what models and platform add.
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> dict[str, Any]:
        """The definition as the protocol writes it."""
        function: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "parameters": self.parameters,
        }
        if self.strict is not None:
            function["strict"] = self.strict
        return {"type": "function", "function": {**function, **self.extra}}


@dataclass(slots=True)
class ToolResult:
    """What came of a call."""

    #: The name of the tool.
    name: str
    #: The `id` of the call.
    tool_call_id: str
    #: The result, as the model reads it: mostly JSON text.
    content: str

    def to_json(self) -> dict[str, Any]:
        """The result as the protocol writes it."""
        return {
            "role": "tool",
            "name": self.name,
            "tool_call_id": self.tool_call_id,
            "content": self.content,
        }


@dataclass(slots=True)
class ToolCall:
    """What a language model wants done."""

    #: Tells calls apart; comes back in the result.
    id: str
    #: The name of the tool.
    name: str
    #: The arguments as the model wrote them: mostly the text of a JSON object.
    arguments: str = "{}"
    #: `function`. More may come.
    kind: str = "function"

    def parse(self) -> Any:
        """The arguments, read; `{}` where they are empty, as models leave them for a function
        without parameters.

        A model can write anything, so this can be a `ValueError`, which says what is wrong.
        """
        return loads(self.arguments) if self.arguments.strip() else {}

    def result(self, value: Any) -> ToolResult:
        """The result of this call: any JSON value."""
        return ToolResult(self.name, self.id, dumps(value))

    def to_json(self) -> dict[str, Any]:
        """The call as the protocol writes it."""
        return {
            "id": self.id,
            "type": self.kind,
            "function": {"name": self.name, "arguments": self.arguments},
        }


def calls_message(calls: Iterable[ToolCall]) -> Message:
    """A message of a bot that holds tool calls, to be sent before their results."""
    content = dumps([call.to_json() for call in calls])
    return Message("bot", content, message_type="function_call")


def results_message(results: Iterable[ToolResult]) -> Message:
    """A message that holds the results of tool calls."""
    return Message("tool", dumps([result.to_json() for result in results]))
