"""Files as authors write them for fastapi_poe, loaded as the component loads them."""

from __future__ import annotations

import itertools
import sys
import types
from pathlib import Path

import ravenry
from ravenry import bot as ravenry_bot

BOTS = Path(__file__).parent / "fastapi_poe_bots"

_numbers = itertools.count(1)


def load(source: str) -> types.ModuleType:
    """Runs a file in a module of its own."""
    name = f"author_file_{next(_numbers)}"
    module = types.ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def bot_of(source: str) -> ravenry.Bot:
    """The bot that a file is."""
    return ravenry_bot.find(load(source))()


def sample(name: str) -> ravenry.Bot:
    """One of the bots in `fastapi_poe_bots`."""
    return bot_of((BOTS / f"{name}.py").read_text(encoding="utf-8"))
