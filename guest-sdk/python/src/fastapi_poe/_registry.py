"""Which bots a file registers, and which of them this component is.

A file may call `run` or `make_app`, or have a function for Modal that calls `make_app`, or do so
only where it is the program itself (`if __name__ == "__main__"`). So the bots are looked for in
this order: those registered while the file was imported, those that its functions for Modal
register, and the only class derived from `PoeBot`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import ravenry
from fastapi import FastAPI

if TYPE_CHECKING:
    from .base import PoeBot

_PATH_VARIABLE = "FASTAPI_POE_PATH"

# Packages that register on behalf of an author's file.
_HELPERS = frozenset({"fastapi_poe", "modal", "ravenry"})


class Registry:
    """What one module has registered."""

    def __init__(self) -> None:
        self.bots: list[PoeBot] = []
        self.functions: list[Callable[[], object]] = []
        self.classes: list[type[PoeBot]] = []

    def bot(self) -> ravenry.Bot:
        """The bot that this component is, as the gateway asks it."""
        from ._host import Host

        modal = sys.modules.get("modal._noted")
        if modal is not None:
            modal.set_variables()
        bot = self.choose()
        return Host(bot, self._remark(bot))

    def _remark(self, served: PoeBot) -> str:
        """What the build is to say: which bots of the file are not served, where nobody chose."""
        others = [_shown(bot) for bot in self.bots if bot is not served]
        if not others or _PATH_VARIABLE in os.environ:
            return ""
        return (
            f"this file has {len(self.bots)} bots, and a bot here is one of them: served is"
            f" {_shown(served)}, not {', '.join(others)}. `ravenry new --from FILE` writes a manifest"
            f" that serves each of them; `{_PATH_VARIABLE}` in the `config` of a bot says which one it"
            " is"
        )

    def choose(self) -> PoeBot:
        """The bot that this component is. `RuntimeError` where that cannot be said."""
        if not self.bots:
            for function in self.functions:
                _call(function)
        if not self.bots:
            self.bots.append(self._only())
        path = os.environ.get(_PATH_VARIABLE)
        if path is None:
            return self.bots[0]
        for bot in self.bots:
            if bot.path.strip("/") == path.strip("/"):
                return bot
        paths = ", ".join(bot.path for bot in self.bots)
        raise RuntimeError(
            f"{_PATH_VARIABLE} is `{path}`, and there is no bot at this path; there are: {paths}"
        )

    def _only(self) -> PoeBot:
        # One that others are derived from is a base, and no bot of its own.
        leaves = [
            kind
            for kind in self.classes
            if not any(kind in one.__mro__[1:] for one in self.classes)
        ]
        if len(leaves) == 1:
            return leaves[0]()
        if not leaves:
            raise RuntimeError(
                "no bot is registered: call `fastapi_poe.run` or `make_app` with one"
            )
        names = ", ".join(kind.__name__ for kind in leaves)
        raise RuntimeError(
            f"there are several bots, and none is registered ({names}): call `fastapi_poe.run` or "
            "`make_app` with one"
        )


def _shown(bot: PoeBot) -> str:
    """A bot as its author knows it."""
    return f"{type(bot).__name__} (path `{bot.path}`)"


def _call(function: Callable[..., object]) -> None:
    """Calls a function that registers bots; one of a class with an object of that class."""
    owner: Any = sys.modules.get(function.__module__)
    names = function.__qualname__.split(".")[:-1]
    for name in names:
        owner = getattr(owner, name, None)
    if names and isinstance(owner, type):
        function(owner())
    else:
        function()


_registries: dict[str, Registry] = {}


def _of_author() -> Registry:
    """What the author's module that is running has registered."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__", ""))
        if name.partition(".")[0] not in _HELPERS:
            return of(name)
        frame = frame.f_back
    return of("__main__")


def of(module: str) -> Registry:
    """What a module has registered. The first time, the module's bot becomes the component's."""
    registry = _registries.get(module)
    if registry is None:
        registry = _registries[module] = Registry()
        ravenry.export(registry.bot)
    return registry


def declare(kind: type[PoeBot]) -> None:
    """Notes a class of bots."""
    _of_author().classes.append(kind)


def defer(function: Callable[[], object]) -> None:
    """Notes a function that is to register bots when they are needed."""
    _of_author().functions.append(function)


def _register(bots: Sequence[PoeBot]) -> None:
    registered = _of_author().bots
    paths: set[str] = set()
    for bot in bots:
        if bot.path in paths:
            raise ValueError(
                f"Multiple bots are trying to use the same path: {bot.path}. "
                "Please use a different path for each bot."
            )
        paths.add(bot.path)
    registered.extend(bot for bot in bots if not any(bot is known for known in registered))


def make_app(
    bot: PoeBot | Sequence[PoeBot],
    access_key: str | None = "",
    *,
    bot_name: str | None = "",
    api_key: str | None = "",
    allow_without_key: bool = False,
    app: FastAPI | None = None,
) -> FastAPI:
    """Registers bots. The app that it returns can be passed on, and nothing else: the gateway
    serves.

    Raises `ValueError` where a key or a name is given twice, or two bots have one path.
    """
    from .base import PoeBot

    if not isinstance(bot, PoeBot):
        if access_key or api_key or bot_name:
            raise ValueError(
                "When serving multiple bots, the access_key/bot_name must be set on each bot"
            )
        _register(list(bot))
        return FastAPI() if app is None else app
    if bot.access_key is not None and (access_key or api_key):
        which = "access_key" if access_key else "api_key"
        raise ValueError(f"Cannot provide {which} if the bot object already has an access key")
    if bot.bot_name is not None and bot_name:
        raise ValueError("Cannot provide bot_name if the bot object already has a bot_name")
    if bot.access_key is None:
        environ = os.environ.get
        key = access_key or environ("POE_ACCESS_KEY") or api_key or environ("POE_API_KEY")
        bot.access_key = key or None
    if bot.bot_name is None:
        bot.bot_name = bot_name
    _register([bot])
    return FastAPI() if app is None else app


def run(
    bot: PoeBot | Sequence[PoeBot],
    access_key: str | None = "",
    *,
    api_key: str | None = "",
    allow_without_key: bool = False,
    app: FastAPI | None = None,
) -> None:
    """Registers bots, as `make_app` does, and returns: the gateway serves them."""
    make_app(bot, access_key, api_key=api_key, allow_without_key=allow_without_key, app=app)
