"""Tools that a language model may ask this bot to use.

A model does not use a tool itself: it answers with `ToolCall`s, the bot does what they ask, and
asks again with the `ToolResult`s. `Toolbox` does all of that; `Turn` is for a loop of one's own.
"""

from __future__ import annotations

from ._tool_call import Tool, ToolCall, ToolResult, calls_message, results_message
from ._toolbox import Toolbox
from ._turn import Turn

__all__ = [
    "Tool",
    "ToolCall",
    "ToolResult",
    "Toolbox",
    "Turn",
    "calls_message",
    "results_message",
]
