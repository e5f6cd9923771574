"""One query, answered to its end: whatever `respond` is, and however it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from typing import Any

from . import _log
from ._knowledge_error import KnowledgeError
from .events import Data, Error, File, Json, Meta, Other, Replace, Suggest, Text
from .failure import Failure, HttpError, PoeError, Stopped, StoreError
from .reply import Reply

_EVENTS = (Text, Replace, Suggest, Meta, File, Data, Json, Other, Error)

#: What others refuse: each knows what the person is to read.
_REFUSALS = (PoeError, HttpError, StoreError, KnowledgeError)

#: What is named in the log before what it says.
_NAMED = ((StoreError, "the store"), (KnowledgeError, "the knowledge"))

#: What can be iterated, but is hardly meant to be said piece by piece.
_NOT_SAID: tuple[type[Any], ...] = (str, bytes, dict)

#: What an iterator has no more of.
_END: Any = object()


def to_the_end(
    respond: Callable[[], object], reply: Reply
) -> tuple[Failure | None, BaseException | None]:
    """Runs `respond` and says what it yields.

    Returns what the person is to read, if anything, and the exception that was not caught.
    """
    try:
        _finish(respond(), reply)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return _outcome(error), error
    return None, None


def settle(value: Any) -> Any:
    """The value, or what awaiting it gives."""
    return run(_awaited(value)) if hasattr(value, "__await__") else value


async def _awaited(value: Awaitable[Any]) -> Any:
    return await value


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Runs a coroutine to its end. Only here is asyncio imported: a plain bot does without."""
    from . import _loop

    return _loop.run(coroutine)


def _finish(told: Any, reply: Reply) -> None:
    """Says what `respond` gave. A plain function has said everything already."""
    if told is None:
        return
    if isinstance(told, _NOT_SAID):
        raise TypeError(_returned(told))
    if hasattr(told, "__iter__"):
        _say_all(iter(told), reply)
    elif hasattr(told, "__aiter__"):
        run(_say_all_async(aiter(told), reply))
    elif hasattr(told, "__await__"):
        told = settle(told)
        if told is not None:
            raise TypeError(_returned(told))
    else:
        raise TypeError(_returned(told))


def _returned(value: object) -> str:
    return (
        f"`respond` returned {value!r:.200}: say it with `reply.text`, or yield it; nothing else is"
        " said"
    )


def _say_all(events: Iterator[Any], reply: Reply) -> None:
    """Says what a generator yields. What is wrong with an event is raised at its `yield`."""
    throw = getattr(events, "throw", None)
    event = next(events, _END)
    while event is not _END:
        try:
            _say(event, reply)
        except Exception as error:
            if throw is None:
                raise
            try:
                event = throw(error)
            except StopIteration:
                return
        else:
            event = next(events, _END)


async def _say_all_async(events: AsyncIterator[Any], reply: Reply) -> None:
    """The same for an asynchronous generator."""
    throw = getattr(events, "athrow", None)
    event = await anext(events, _END)
    while event is not _END:
        try:
            _say(event, reply)
        except Exception as error:
            if throw is None:
                raise
            try:
                event = await throw(error)
            except StopAsyncIteration:
                return
        else:
            event = await anext(events, _END)


def _say(event: object, reply: Reply) -> None:
    if isinstance(event, str):
        reply.text(event)
    elif isinstance(event, Meta):
        # Mostly another bot's, handed on with all the rest.
        reply.pass_on(event)
    elif isinstance(event, _EVENTS):
        reply.say(event)
    else:
        raise TypeError(
            f"`respond` yielded {event!r:.200}: a text or an event of `ravenry.events` can be said"
        )


def _outcome(error: BaseException) -> Failure | None:
    """What an exception that was not caught means for the person."""
    meant = _meant(error)
    if isinstance(meant, Stopped) and meant.reason != "invalid":
        return None
    if isinstance(meant, Failure):
        return meant
    if isinstance(meant, _REFUSALS):
        failure = meant.failure
        is_quiet = isinstance(meant, PoeError) and (
            meant.kind in ("said", "insufficient-fund") or failure is None
        )
        if not is_quiet:
            place = _log.place(error)
            where = f" ({place})" if place else ""
            names = [f"{name}: " for kind, name in _NAMED if isinstance(meant, kind)]
            what = f"{''.join(names)}{meant}"
            _log.line(f"the reply was given up: {what}{where}".replace("\n", "\\n"))
        return failure
    _log.exception(error)
    return Failure(allow_retry=False)


def _meant(error: BaseException) -> BaseException:
    """What is meant by an exception: of a group of nothing but refusals, the gravest of them."""
    grouped: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    kind: type = type(error)
    if not issubclass(kind, BaseExceptionGroup):
        return error
    leaves = [_meant(one) for one in grouped]
    for kinds in ((Failure,), _REFUSALS, (Stopped,)):
        found = [one for one in leaves if isinstance(one, kinds)]
        if found and all(isinstance(one, (Failure, *_REFUSALS, Stopped)) for one in leaves):
            return found[0]
    return error
