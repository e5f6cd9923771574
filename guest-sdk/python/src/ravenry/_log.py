"""The bot's log: what goes wrong, as one record with the author's lines first.

Stderr is the log of a bot. The gateway takes a traceback for one record: it begins with the words
that Python's begin with, all its lines but the last are indented, and the last says what happened.
"""

from __future__ import annotations

import linecache
import sys
import traceback
from types import CodeType, FrameType, TracebackType

#: Packages whose lines are none of the author's.
_OURS = frozenset(
    {"ravenry", "fastapi_poe", "modal", "openai", "wit_world", "componentize_py_types"}
)

#: Lines of others that are shown beside the author's.
_OTHERS_MAX = 8
#: Lines that are shown of one exception.
_FRAMES_MAX = 32
#: Exceptions of a chain or group that are shown.
_CAUSES_MAX = 8
#: Characters that are shown of what an exception says.
_MESSAGE_MAX = 2_000


def line(text: str) -> None:
    """Writes one line."""
    print(text, file=sys.stderr, flush=True)


def exception(error: BaseException, circumstance: str = "") -> None:
    """Writes a record about an exception that was not caught.

    `circumstance` says where, as in "in the task 't', which nobody awaited".
    """
    beginning = "Traceback (most recent call last):"
    lines = [f"{beginning} {circumstance}".rstrip(), *_frames(error), *_causes(error)]
    lines.append(_said(error))
    line("\n".join(lines))


def place(error: BaseException) -> str:
    """The author's line that an exception came from, as in `bot.py, line 7`; empty where there is
    none."""
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if _is_authors(frame):
            return f"{frame.f_code.co_filename}, line {number}"
    return ""


def came_from_yield(error: BaseException, events: object) -> None:
    """Has an exception say where the author yielded what caused it.

    A generator that only hands on what another yields names that one `events`, as we do.
    """
    frame = _yielding(events)
    if frame is not None:
        error.__traceback__ = TracebackType(
            error.__traceback__, frame, frame.f_lasti, frame.f_lineno
        )


def yield_place(events: object) -> str:
    """The author's line that yields at this moment, as in `bot.py, line 7`; empty where there is
    none."""
    frame = _yielding(events)
    return "" if frame is None else f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def _yielding(events: object) -> FrameType | None:
    """The author's frame that waits at its `yield`."""
    frame = _waiting(events)
    while frame is not None and not _is_authors(frame):
        frame = _waiting(frame.f_locals.get("events"))
    return frame


def _waiting(events: object) -> FrameType | None:
    """The frame of a generator that waits at its `yield`."""
    frame: FrameType | None = getattr(events, "ag_frame", None) or getattr(events, "gi_frame", None)
    return frame


def _said(error: BaseException) -> str:
    """What an exception says, in one line."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    try:
        message = str(error)
    except Exception:
        message = "(its text cannot be had)"
    if isinstance(error, SyntaxError) and error.filename:
        message = f"{error.msg} ({error.filename}, line {error.lineno})"
    message = message[:_MESSAGE_MAX].replace("\n", "\\n").replace("\r", "\\r")
    return f"{name}: {message}" if message else name


def _frames(error: BaseException) -> list[str]:
    """The author's lines, the innermost first and marked; then what they called of others.

    Where there is no line of the author, all are others.
    """
    walked = [*traceback.walk_tb(error.__traceback__)][-1_000:]
    authors = [one for one in walked if _is_authors(one[0])]
    others = walked
    if authors:
        called = walked[walked.index(authors[-1]) + 1 :]
        others = [one for one in called if _root(one[0]) not in _OURS]
    lines: list[str] = []
    for frame, number in reversed(authors[-_FRAMES_MAX:]):
        lines += _frame(frame.f_code, number, frame, "> " if not lines else "  ")
    for frame, number in reversed(others[-_OTHERS_MAX:]):
        lines += _frame(frame.f_code, number, frame, "  ")
    return lines


def _frame(code: CodeType, number: int, frame: FrameType, mark: str) -> list[str]:
    lines = [f'  {mark}File "{code.co_filename}", line {number}, in {code.co_name}']
    source = linecache.getline(code.co_filename, number, frame.f_globals).strip()
    if source:
        lines.append(f"        {source}")
    return lines


def _causes(error: BaseException) -> list[str]:
    """What an exception came from, and what is in a group of them."""
    lines: list[str] = []
    seen = {id(error)}
    open_ = [*_next(error)]
    while open_ and len(seen) <= _CAUSES_MAX:
        word, cause = open_.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        lines += [f"  {word} {_said(cause)}", *_frames(cause)]
        open_ += _next(cause)
    return lines


def _next(error: BaseException) -> list[tuple[str, BaseException]]:
    found: list[tuple[str, BaseException]] = []
    grouped: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    if isinstance(error, BaseExceptionGroup):
        found += [("in the group:", one) for one in grouped]
    if error.__cause__ is not None:
        found.append(("because of", error.__cause__))
    elif error.__context__ is not None and not error.__suppress_context__:
        found.append(("while handling", error.__context__))
    return found


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_authors(frame: FrameType) -> bool:
    root = _root(frame)
    if root in _OURS or root in sys.stdlib_module_names:
        return False
    file = frame.f_code.co_filename
    return "site-packages" not in file and not file.startswith("<frozen")
