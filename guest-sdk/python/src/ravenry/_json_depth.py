"""Bounds how deep JSON may be nested that is read: `RecursionError`, not the end of the component.

The reader of CPython recurses in C, and looks only at the stack in the component's own memory. The
one that WebAssembly has besides is used up before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

DEPTH_MAX = 2_000
"""How deep. The stack has room for twice as much; and what was read is to be compared, written and
freed, which takes as much again."""

_WIDTH = 1 << 16
"""Most characters that are counted at once."""

_SPACE = re.compile(r"[ \t\n\r]*")
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_BRACKETS = re.compile(r"[\[{\]}]")


def install() -> None:
    """Has `json.loads` and all that goes through it read so. For the life of the process."""
    json.JSONDecoder.decode = decode  # type: ignore[method-assign]


def decode(self: json.JSONDecoder, s: str, _w: Callable[..., Any] = _SPACE.match) -> Any:
    """What Python's own does; `RecursionError` where the text is nested too deep."""
    # Most texts are not even long enough.
    if len(s) > DEPTH_MAX and _may_be_deep(s) and _depth(s) > DEPTH_MAX:
        raise RecursionError(f"JSON nested more than {DEPTH_MAX} deep cannot be read here")
    value, end = self.raw_decode(s, idx=_w(s, 0).end())
    end = _w(s, end).end()
    if end != len(s):
        raise json.JSONDecodeError("Extra data", s, end)
    return value


def _may_be_deep(s: str) -> bool:
    """Whether a text may be nested too deep: a look that takes a tenth of what reading takes.

    Brackets in strings count too. So closing ones may hide something that is nested too deep, and it
    then ends the component, as other recursion does.
    """
    depth = at = closed_before = 0
    width = _WIDTH
    while at < len(s):
        opened = s.count("[", at, at + width) + s.count("{", at, at + width)
        if depth + opened > DEPTH_MAX:
            # Only now does it matter how many were closed.
            depth -= s.count("]", closed_before, at) + s.count("}", closed_before, at)
            closed_before = at
        if depth + opened <= DEPTH_MAX:
            depth, at, width = depth + opened, at + width, min(width * 2, _WIDTH)
        elif width > DEPTH_MAX:
            width //= 2
        else:
            return True
    return False


def _depth(s: str) -> int:
    """How deep a text is nested at most."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(_STRINGS.sub("", s)):
        depth += 1 if found[0] in "[{" else -1
        deepest = max(deepest, depth)
    return deepest
