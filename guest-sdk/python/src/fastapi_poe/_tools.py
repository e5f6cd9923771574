"""Lets another bot call functions of this one: once, and then it answers with their results."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Sequence
from typing import Any, cast

from .types import (
    FunctionCallDefinition,
    PartialResponse,
    ToolCallDefinition,
    ToolCallDefinitionDelta,
    ToolDefinition,
    ToolResultDefinition,
)

# Asks with these tools, calls and results.
Ask = Callable[
    [Sequence[ToolDefinition], list[ToolCallDefinition] | None, list[ToolResultDefinition] | None],
    AsyncIterable[PartialResponse],
]


async def with_tools(
    ask: Ask, tools: Sequence[ToolDefinition], executables: Sequence[Callable[..., Any]] | None
) -> AsyncGenerator[PartialResponse, None]:
    """The answer of a bot that was offered tools.

    Without functions to call, the pieces of its calls are yielded. With them, its calls are
    gathered and made, and the bot is asked again with their results.
    """
    calls: dict[int, ToolCallDefinition] = {}
    async for message in ask(tools, None, None):
        choice = _choice(message.data)
        if choice is None:
            yield message
            continue
        # Pieces of content can follow the end of one answer; the end itself says nothing.
        if choice.get("finish_reason") is not None:
            continue
        delta: dict[str, Any] = choice.get("delta") or {}
        if "tool_calls" in delta:
            pieces = [
                ToolCallDefinitionDelta.model_validate(piece) for piece in delta["tool_calls"]
            ]
            if executables is None:
                yield PartialResponse(text="", tool_calls=pieces, index=message.index)
            else:
                for piece in pieces:
                    _gather(calls, piece)
        elif delta.get("content") is not None:
            yield PartialResponse(text=delta["content"], index=message.index)
    if not executables or not calls:
        return
    gathered = list(calls.values())
    results = [await _call(executables, call) for call in gathered]
    async for message in ask(tools, gathered, results):
        yield message


def _choice(data: dict[str, Any] | None) -> dict[str, Any] | None:
    choices = (data or {}).get("choices")
    if isinstance(choices, list) and choices:
        first = cast("list[object]", choices)[0]
        if isinstance(first, dict):
            return cast("dict[str, Any]", first)
    return None


def _gather(calls: dict[int, ToolCallDefinition], piece: ToolCallDefinitionDelta) -> None:
    """Adds a piece to its call. One whose beginning is missing cannot be made."""
    known = calls.get(piece.index)
    if known is not None:
        known.function.arguments += piece.function.arguments
    elif piece.id is not None and piece.type is not None and piece.function.name is not None:
        function = FunctionCallDefinition(
            name=piece.function.name, arguments=piece.function.arguments
        )
        calls[piece.index] = ToolCallDefinition(id=piece.id, type=piece.type, function=function)


async def _call(
    executables: Sequence[Callable[..., Any]], call: ToolCallDefinition
) -> ToolResultDefinition:
    functions = {function.__name__: function for function in executables}
    name = call.function.name
    if name not in functions:
        raise KeyError(f"the bot calls {name!r}, and there is no such function: {list(functions)}")
    result = functions[name](**json.loads(call.function.arguments))
    if inspect.isawaitable(result):
        result = await result
    return ToolResultDefinition(
        role="tool", tool_call_id=call.id, name=name, content=json.dumps(result)
    )
