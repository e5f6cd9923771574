"""Makes a bundle of a bot's files, when it is built: checks, compiles and imports them."""

from __future__ import annotations

import os
import posixpath
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from . import _check, _import_limit, _log, _packed
from .bot import find

BYTES_MAX = 15_000_000
"""The largest bundle that the gateway takes."""


class Unfit(Exception):
    """Why these files cannot be a bot, as the author reads it."""


def imported(
    entry: str, files: Mapping[str, bytes], run: Callable[[_packed.Bundle], ModuleType]
) -> _packed.Bundle:
    """Checks a bot's files and imports the bot: its bundle.

    `entry` is the path of the bot's file as the author knows it, such as `/bots/cat/bot.py`;
    paths of `files` are relative to the bot's directory, and what stands in `entry` in front of one
    of them is the path of that directory, which tracebacks show. `run` makes a bundle the bot and
    imports its file, for good. `Unfit` where something cannot work.
    """
    root, path = split(entry, files)
    checked = _check.check(root, path, files)
    if checked.problems:
        raise Unfit("\n".join(checked.problems))
    bundle = _packed.made(root, path, checked.main, files).bundle()
    try:
        bot = find(run(bundle))()
    except BaseException as error:
        raise Unfit(told(bundle, error)) from error
    _remark(bot, entry)
    return bundle


def _remark(bot: object, entry: str) -> None:
    """Says what there is to say of a bot that can be served: in the log, which `ravenry up` shows."""
    host: Any = sys.modules.get("fastapi_poe._host")
    remark = str(getattr(bot, "remark", "")) if host and isinstance(bot, host.Host) else ""
    if remark:
        _log.line(f"{entry}: {remark.replace('FILE', _quoted(entry))}")


def _quoted(path: str) -> str:
    """A path as one types it."""
    return path if re.fullmatch(r"[\w@%+=:,./-]+", path) else f"'{path}'"


def pack(
    entry: str, files: Mapping[str, bytes], run: Callable[[_packed.Bundle], ModuleType]
) -> bytes:
    """The bytes of a bot's bundle; see `imported`. What its import needs stands in front."""
    bundle = imported(entry, dict(sorted(files.items())), run)
    written = _packed.written(bundle, loaded(bundle))
    if len(written) > BYTES_MAX:
        raise Unfit(
            f"the bot's files take {len(written) / 1e6:.0f} MB, and 15 are allowed: leave out"
            " what it does not read"
        )
    return written


def split(entry: str, files: Mapping[str, bytes | None]) -> tuple[str, str]:
    """The path of a bot's directory, and that of its file from there."""
    parts = entry.replace("\\", "/").split("/")
    for count in range(len(parts)):
        path = "/".join(parts[count:])
        if path in files:
            return "/".join(parts[:count]) or ("/" if count else ""), path
    raise Unfit(f"{entry}: this file is not there")


def loaded(bundle: _packed.Bundle) -> list[str]:
    """The paths of the bot's modules that are imported by now, in order, its own file first."""
    paths = [bundle.index["entry"]]
    for module in list(sys.modules.values()):
        path = bundle.inside(getattr(module, "__file__", None) or "")
        if path in bundle.index["code"] and path not in paths:
            paths.append(path)
    return paths


def told(bundle: _packed.Bundle, error: BaseException) -> str:
    """What a bot raised while it was imported: Python's traceback, from the bot's first line on.

    What did not come out of the bot's files, such as that there is no bot in them, is a sentence.
    """
    shown = bundle.shown()
    place = posixpath.join(bundle.index["root"], bundle.index["entry"])
    own = {_packed.run.__code__.co_filename, _import_limit.within.__code__.co_filename}
    whole = traceback.TracebackException.from_exception(error)
    if not any(frame.filename in shown for frame in whole.stack):
        return f"{place}: {error}"
    one: traceback.TracebackException | None = whole
    while one is not None:
        first = next((n for n, frame in enumerate(one.stack) if frame.filename in shown), 0)
        kept = [
            frame
            for frame in one.stack[first:]
            if frame.filename not in own and "importlib" not in frame.filename
        ]
        one.stack = traceback.StackSummary.from_list(kept)
        one = one.__cause__ or one.__context__
    lines = "".join(whole.format()).rstrip()
    return f"{place}: the bot cannot be imported\n{lines}{_of_variable(error, bundle)}"


def _of_variable(error: BaseException, bundle: _packed.Bundle) -> str:
    """Where a variable comes from, if it is one that is missing."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    asks = type(os.environ).__getitem__.__code__
    if not isinstance(error, KeyError) or place is None or place.tb_frame.f_code is not asks:
        return ""
    entry = bundle.index["entry"]
    return (
        f"\n{error.args[0]} is no variable of this bot: the manifest sets it, in `config` or, where it"
        f" is a key, in `secrets`. `ravenry new --from {entry}` writes one"
    )
