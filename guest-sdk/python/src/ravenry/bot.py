"""What a bot is, and what it is told beside queries."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

from . import _answer_query, _log
from ._text import dumps
from .events import Event
from .failure import Failure
from .query import Query
from .reply import Reply
from .settings import Settings

__all__ = ["Bot", "ErrorReport", "Feedback", "Reaction", "answer", "export", "find"]


@dataclass(slots=True)
class Feedback:
    """A person's like or dislike of a message of this bot."""

    #: The message.
    message_id: str = ""
    #: Who judged.
    user_id: str = ""
    #: Where.
    conversation_id: str = ""
    #: `like` or `dislike`. More may come.
    feedback_type: str = ""


@dataclass(slots=True)
class Reaction:
    """A person's reaction to a message of this bot."""

    #: The message.
    message_id: str = ""
    #: Who reacted.
    user_id: str = ""
    #: Where.
    conversation_id: str = ""
    #: Such as `like`, `heart`, `laughing`, `surprised`, `sad`; other forms occur.
    reaction: str = ""


@dataclass(slots=True)
class ErrorReport:
    """What the platform could not make sense of."""

    #: What was wrong, in words. Chosen by the sender: it can hold line breaks.
    message: str = ""
    #: Details, in no fixed shape.
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])


#: What `respond` may give: nothing, texts and events one after the other, or something to await.
Said = Iterable[str | Event] | AsyncIterable[str | Event] | Awaitable[None] | None


class Bot:
    """A bot: `respond` is required, the rest has defaults. Each may be `async`.

        class Parrot(ravenry.Bot):
            def respond(self, query, reply):
                reply.text(query.last_text)

    Each call runs in a fresh instance of the component, so nothing can be carried from one call to
    the next: neither in `self`, nor in a global; `ravenry.store` remembers. A call may compute 2 s at once, and 100 ms come
    back per second on the clock; waiting costs nothing. These are the defaults of the gateway;
    whoever runs it chooses.
    """

    #: Whether the text of attached files is put into the conversation before `respond` sees it.
    #:
    #: For each file of the last message whose text the platform has extracted, a message of the
    #: user that quotes it is inserted before that last message: what a language model needs to know
    #: of it. See `prompt.insert_attachments` for the rules. A bot that reads files itself sets
    #: `False`.
    inserts_attachments: bool = True

    def respond(self, query: Query, reply: Reply) -> Said:
        """Answers one query, by calling the functions of `reply` or by yielding.

        A function, a generator, a coroutine or an asynchronous generator. What a generator yields
        is said: a text, or one of `ravenry.events`; a `Meta` that is not the first event is passed
        over. Anything else that is yielded or returned is a `TypeError`.

        Returning ends the reply. A bot that returns without having said anything gets an error
        written in its name. The call may take 3,600 s on the clock. When the reader leaves, the
        instance is discarded wherever it stands.

        A `Failure` is the polite way to give up: what was said stays, and the failure is shown
        below it. A `Stopped` that is not caught ends the reply quietly, a `PoeError`, `HttpError` or
        `StoreError` with its own sentence. Any other exception is a record of the bot's log, and the person
        reads that the bot failed.
        """
        raise NotImplementedError(f"{type(self).__name__} has no `respond`")

    def settings(self) -> Settings | Awaitable[Settings]:
        """How the platform should treat this bot. By default all is left to the platform.

        Must answer within 5 s, and the same each time: the platform keeps the answer.
        """
        return Settings()

    def on_feedback(self, feedback: Feedback) -> Awaitable[None] | None:
        """A person liked or disliked a message of this bot. By default nothing happens.

        The platform no longer sends this to new bots; see `on_reaction`. The call may take 5 s, and
        nobody is shown its outcome. The same holds for the two below.
        """
        return None

    def on_reaction(self, reaction: Reaction) -> Awaitable[None] | None:
        """A person put a reaction (an emoji) on a message of this bot, or took it away. By default
        nothing happens."""
        return None

    def on_error(self, report: ErrorReport) -> Awaitable[None] | None:
        """The platform could not make sense of something that was sent in this bot's name. By
        default it is written to the bot's log, in one line."""
        words = dumps(report.message)
        _log.line(f"the platform reports an error: {words} {dumps(report.metadata)}")
        return None


def answer(bot: Bot, query: Query, reply: Reply) -> Failure | None:
    """Has a bot answer one query, to its end: the failure that the person is to read, if there is
    one.

    Used by the component and by `testing`, so that tests see what readers see.
    """
    failure, _ = _answer_query.to_the_end(lambda: bot.respond(query, reply), reply)
    return failure


_B = TypeVar("_B", bound=Callable[[], Bot])

#: What was made the bot of the component, with the module that said so.
_exported: dict[str, Callable[[], Bot]] = {}


def export(make: _B) -> _B:
    """Makes a class, or a function that gives a bot, the bot of this component.

        ravenry.export(Parrot)

    A statement at the end of the file, or a decorator of the class. It is called anew for each call
    of the gateway. A file that defines exactly one bot needs none. `RuntimeError` where the same
    file has exported another already.
    """
    if not callable(make):
        raise TypeError(
            f"export the class of a bot, or a function that makes one, not {make!r:.200}"
        )
    given: object = make
    if isinstance(given, type) and not issubclass(given, Bot):
        raise TypeError(f"{given.__name__} is not a bot: derive it from `ravenry.Bot`")
    module = _caller()
    before = _exported.get(module)
    if before is not None and _title(before) != _title(make):
        raise RuntimeError(
            f"one component is one bot: {_title(before)} is exported already, and {_title(make)}"
            " would be the second"
        )
    _exported[module] = make
    return make


def find(module: ModuleType) -> Callable[[], Bot]:
    """The bot of a module: what it exported, or the only bot that it defines.

    `LookupError` where there is none, or more than one to choose from.
    """
    name = module.__name__
    if name in _exported:
        return _exported[name]
    if len(_exported) == 1:
        return next(iter(_exported.values()))
    own = {
        id(value): value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Bot) and value.__module__ == name
    }
    classes = list(own.values())
    # One that others of the file are derived from is a base, not a bot of its own.
    classes = [one for one in classes if not any(one in other.__mro__[1:] for other in classes)]
    if len(classes) == 1:
        return classes[0]
    if not classes:
        raise LookupError(
            "there is no bot: define a class derived from `ravenry.Bot`, or `ravenry.export` one"
        )
    names = ", ".join(sorted(one.__name__ for one in classes))
    raise LookupError(f"there are several bots ({names}): say which with `ravenry.export`")


#: Packages that export on behalf of an author's file.
_HELPERS = frozenset({"ravenry", "fastapi_poe", "modal"})


def _caller() -> str:
    """The name of the author's module that is running."""
    depth = 1
    while True:
        try:
            name = str(sys._getframe(depth).f_globals.get("__name__", ""))
        except ValueError:
            return "__main__"
        if name.partition(".")[0] not in _HELPERS:
            return name
        depth += 1


def _title(make: Callable[[], Bot]) -> str:
    return str(getattr(make, "__qualname__", make))
