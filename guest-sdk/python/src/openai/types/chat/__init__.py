"""Types of conversations. What is sent is plain dicts: the types for it are for annotations."""

from __future__ import annotations

from typing import Any, TypeAlias

from ..._objects import ChatCompletion, ChatCompletionChunk
from ..._objects import Message as ChatCompletionMessage
from ..._objects import ToolCall as ChatCompletionMessageToolCall

ChatCompletionMessageParam: TypeAlias = dict[str, Any]
ChatCompletionAssistantMessageParam: TypeAlias = dict[str, Any]
ChatCompletionSystemMessageParam: TypeAlias = dict[str, Any]
ChatCompletionToolMessageParam: TypeAlias = dict[str, Any]
ChatCompletionToolParam: TypeAlias = dict[str, Any]
ChatCompletionUserMessageParam: TypeAlias = dict[str, Any]

__all__ = [
    "ChatCompletion",
    "ChatCompletionAssistantMessageParam",
    "ChatCompletionChunk",
    "ChatCompletionMessage",
    "ChatCompletionMessageParam",
    "ChatCompletionMessageToolCall",
    "ChatCompletionSystemMessageParam",
    "ChatCompletionToolMessageParam",
    "ChatCompletionToolParam",
    "ChatCompletionUserMessageParam",
]
