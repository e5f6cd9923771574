"""Ends a bot's import that comes to no end, at the line where it is.

The gateway ends it too, but cannot say where. Used by the packer alone: at a query nothing is
watched.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from ._packed import Bundle

SECONDS_MAX = 10.0
"""How long an import may take: half of what the gateway allows for all that packing is."""

_TOOL = 4
"""The number under which the interpreter knows who watches; it has six, and names for the others."""

_JUMPS = 256
"""After so many jumps the clock is looked at."""


class ImportTooLong(BaseException):
    """The import comes to no end. No `except Exception` is to hold it up."""


def within(
    run: Callable[[Bundle], ModuleType], seconds: float = SECONDS_MAX
) -> Callable[[Bundle], ModuleType]:
    """The same function, which is ended within the bot's own files after so many seconds."""
    monitoring: Any = getattr(sys, "monitoring", None)
    # Python has it from 3.12 on: with an older one, tests may run, but no component.
    if monitoring is None:
        return run

    def limited(bundle: Bundle) -> ModuleType:
        jumped = _watcher(bundle.shown(), seconds, monitoring.DISABLE)
        monitoring.use_tool_id(_TOOL, "ravenry")
        monitoring.register_callback(_TOOL, monitoring.events.JUMP, jumped)
        monitoring.set_events(_TOOL, monitoring.events.JUMP)
        try:
            return run(bundle)
        finally:
            monitoring.set_events(_TOOL, 0)
            monitoring.free_tool_id(_TOOL)

    return limited


def _watcher(
    files: frozenset[str], seconds: float, disable: object
) -> Callable[[CodeType, int, int], object]:
    """What is called when code jumps, as every loop does that goes on."""
    end = time.monotonic() + seconds
    count = 0

    def jumped(code: CodeType, offset: int, target: int) -> object:
        nonlocal count
        if code.co_filename not in files:
            # Others are not counted, and never again heard of.
            return disable
        count += 1
        if count % _JUMPS == 0 and time.monotonic() > end:
            raise ImportTooLong(
                f"the import was ended here after {seconds:g} seconds: a bot is imported when it is"
                " built, and again for each query; do the work in `respond`"
            )
        return None

    return jumped
