"""The component: what the gateway calls, answered by a bot.

Each call runs in a fresh instance, a copy of the memory that the build left behind. So everything
that costs time and is the same for all queries happens while this is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import request, types

from . import _LATE, _answer_query, _backend, _current_query, _log
from ._component_convert import (
    feedback_of,
    query_of,
    reaction_of,
    report_of,
    settings_to,
)
from ._component_http import WasiWeb
from ._component_knowledge import WasiKnowledge
from ._component_poe import WasiPoe
from ._component_reply import WasiReply, failure_to
from ._component_store import WasiStore
from ._component_wait import WasiTime
from ._text import whole
from .bot import Bot, answer
from .failure import Failure
from .reply import Reply

# What a bot may come to use at a query has to be there when the component is built.
for _name in (*_LATE, "_loop", "_wait", "lint"):
    if _name != "testing":
        import_module(f"ravenry.{_name}")

# A bot may be left to wait for long, or be stopped: what it printed must be out by then. And a
# half of a surrogate pair in a text that came in must not be an error of `print`.
for _stream in (sys.stdout, sys.stderr):
    _reconfigure: Any = getattr(_stream, "reconfigure", None)
    if _reconfigure is not None:
        _reconfigure(line_buffering=True, errors="backslashreplace")


class WasiBackend(WasiTime, WasiReply, WasiPoe, WasiWeb, WasiStore, WasiKnowledge):
    """The gateway, as the world around a bot."""

    def raw(self) -> str:
        """The body of the request."""
        return request.raw()

    def header(self, name: str) -> str | None:
        """One header."""
        return request.header(whole(name))

    def headers(self) -> list[tuple[str, str]]:
        """All headers."""
        return list(request.headers())

    def reference(self) -> str:
        """The reference of the request."""
        return request.reference()


_WORLD = WasiBackend()


@contextmanager
def _ending() -> Generator[None, None, None]:
    """Ends the instance when something is raised: these exports have no error that they could give
    back, and what leaves them would be a panic of the runtime, which says nothing to the author."""
    try:
        yield
    except Exception as error:
        _log.exception(error)
        os._exit(1)


def handler(find_bot: Callable[[], Bot]) -> type[exports.Handler]:
    """The class that exports the handler of a component.

    `find_bot` makes the bot, and is called anew for each call of the gateway: the class that the
    author exported where its module was imported at the build, or what imports it now.
    """

    def found() -> Bot:
        """The bot, for one call."""
        _backend.current = _WORLD
        return find_bot()

    class Handler(exports.Handler):
        """What the gateway calls."""

        def respond(self, query: types.Query) -> None:
            """Answers one query."""
            try:
                bot = found()
            except Exception as error:
                _log.exception(error)
                failure: Failure | None = Failure(allow_retry=False)
            else:
                prepared = _current_query.prepare(query_of(query), bot.inserts_attachments)
                failure = answer(bot, prepared, Reply())
            if failure is not None:
                raise Err(failure_to(failure))

        def settings(self) -> types.BotSettings:
            """How the platform should treat the bot."""
            with _ending():
                return settings_to(_answer_query.settle(found().settings()))

        def on_feedback(self, feedback: types.Feedback) -> None:
            """A person liked or disliked a message."""
            with _ending():
                _answer_query.settle(found().on_feedback(feedback_of(feedback)))

        def on_reaction(self, reaction: types.Reaction) -> None:
            """A person reacted to a message."""
            with _ending():
                _answer_query.settle(found().on_reaction(reaction_of(reaction)))

        def on_error(self, report: types.ErrorReport) -> None:
            """The platform could not make sense of something."""
            with _ending():
                _answer_query.settle(found().on_error(report_of(report)))

    return Handler

