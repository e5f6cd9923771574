"""The memory that a build leaves behind, arranged so that a query touches little of it.

A query begins with a view of that memory in which each page is copied when it is first written to, and
Python writes a great deal: it counts the references of every object it looks at. So what lives as
long as the interpreter is marked as what needs no counting; and a query gets new memory in one
piece, instead of the holes that the build has left everywhere.
"""

from __future__ import annotations

import gc
import sys
from array import array
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FrameType
from typing import Any

#: Bytes in one piece behind everything else: enough for most queries.
_ROOM = 1 << 19

#: What holds the holes shut.
_filled: list[object] = []


def hold() -> None:
    """Keeps what the build still needs: freed behind it, it would leave holes."""
    _filled.append(gc.get_objects())


def fill() -> None:
    """Fills the holes that the build has left, up to a piece of free memory at the end."""
    room = bytes(_ROOM)
    end = id(room)
    size = _ROOM
    while size > 0:
        _fill(end, partial(bytes, size))
        size = size // 2 if size > 1024 else size - 4
    # Python's smallest pieces, which no bytes fit in.
    _fill(end, lambda: len(_filled) * 0.5)
    _fill(end, object)


def _fill(end: int, made: Callable[[], object]) -> None:
    """Makes things of one size until they are behind the end."""
    one = made()
    while id(one) < end:
        _filled.append(one)
        one = made()


def lasting() -> bytes:
    """The addresses of all objects that live as long as the interpreter.

    Pairs of numbers of 64 bits: where an object is, and where its type is. `build_lasting.py` makes
    them immortal.
    """
    is_immortal: Callable[[object], bool] = getattr(sys, "_is_immortal", lambda one: False)
    found = array("Q")
    for one in _reachable():
        kind = type(one)
        # One that cleans up behind itself may count on it.
        if not is_immortal(one) and not hasattr(kind, "__del__"):
            found.append(id(one))
            found.append(id(kind))
    return found.tobytes()


def _reachable() -> list[object]:
    """All that hangs on modules and types."""
    locks = sys.modules["_frozen_importlib"]
    # What imports under way hold for a while.
    seen = {id(getattr(locks, name, None)) for name in ("_module_locks", "_blocking_on")}
    seen.add(id(sys.modules.get("__main__")))
    found: list[object] = []
    pending: list[object] = [sys.modules, *sys.modules.values(), *_types(object)]
    seen.add(id(pending))
    seen.add(id(found))
    while pending:
        one = pending.pop()
        if id(one) in seen or isinstance(one, FrameType):
            continue
        seen.add(id(one))
        found.append(one)
        pending += _parts(one)
    return found


def _types(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for below in type.__subclasses__(kind):
        yield from _types(below)


def _parts(one: object) -> list[Any]:
    """What an object holds."""
    if isinstance(one, CodeType):
        # The collector does not know of it.
        return [
            *(one.co_consts, one.co_names, one.co_name, one.co_qualname, one.co_filename),
            *(one.co_linetable, one.co_exceptiontable),
        ]
    parts = gc.get_referents(one)
    if isinstance(one, type):
        # Those that are written in C say nothing to the collector.
        parts += gc.get_referents(one.__dict__)
    return parts
