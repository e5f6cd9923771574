"""Waiting, in the two ways that a bot can: standing still, or awaiting beside other tasks.

What waits is written once, as a coroutine that is given a `Wait`. With `standing` it never
suspends, and `now` runs the whole of it at once; with `until` it suspends on the loop of `_loop`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeAlias, TypeVar

from . import _backend

T = TypeVar("T")

#: How to wait for a pollable, which is closed in any case: also where the wait is cancelled.
Wait: TypeAlias = Callable[[_backend.Pollable], Awaitable[None]]

#: Most seconds that are waited for at once; about a day, as in asyncio.
_SECONDS_MAX = 24 * 3600.0

#: How often in a row the loop goes on with what is ready before it looks at the pollables. Each
#: look is a call of the gateway.
_TURNS_PER_LOOK = 16

#: How often in a row before a loop that never waits is held to be one that waits in the wrong way:
#: a task that does `while not done: await asyncio.sleep(0)`. It is then made to wait, longer each
#: time, so that it does not use up the computing time of the bot, and that a test's clock goes on.
_TURNS_PER_REST = 512
_REST_SECONDS = 0.001
_REST_SECONDS_MAX = 0.05


class NothingToWaitFor(Exception):
    """Raised by `Waits.select` where nothing can ever become ready."""


class Waits:
    """The pollables that futures of one loop wait for.

    The loop uses it as its selector: `select` is where everything stands still. `until_timer` gives
    the seconds until the next timer of the loop, and `None` where it has none.
    """

    def __init__(self, until_timer: Callable[[], float | None]) -> None:
        self._until_timer = until_timer
        self._waiting: dict[asyncio.Future[None], Sequence[_backend.Pollable]] = {}
        self._turns = 0

    def add(
        self, future: asyncio.Future[None], pollables: Sequence[_backend.Pollable]
    ) -> None:
        """Has this future told when one of the pollables is ready."""
        self._waiting[future] = pollables

    def discard(self, future: asyncio.Future[None]) -> None:
        """Forgets a future."""
        self._waiting.pop(future, None)

    def select(self, timeout: float | None) -> list[asyncio.Future[None]]:
        """The futures whose pollables are ready; waits for one, at most so many seconds.

        With a timeout of 0 it mostly does not look at all: there is something else to go on with.
        `NothingToWaitFor` where nothing can ever become ready.
        """
        if timeout is not None and timeout <= 0.0:
            self._turns += 1
            if self._turns % _TURNS_PER_REST == 0:
                timeout = self._rest()
            elif self._turns % _TURNS_PER_LOOK or not self._waiting:
                return []
        else:
            self._turns = 0
        world = _backend.current
        futures: list[asyncio.Future[None]] = []
        pollables: list[_backend.Pollable] = []
        for future, its in self._waiting.items():
            futures += [future] * len(its)
            pollables += its
        if timeout is None:
            if not pollables:
                raise NothingToWaitFor
            ready = world.poll(pollables)
        elif not pollables:
            if timeout > 0.0:
                world.sleep(min(timeout, _SECONDS_MAX))
            return []
        else:
            timer = world.after(min(timeout, _SECONDS_MAX))
            try:
                ready = world.poll([*pollables, timer])
            finally:
                timer.close()
        # The timer comes last, and no task waits for it here.
        told = list(dict.fromkeys(futures[place] for place in ready if place < len(futures)))
        for future in told:
            del self._waiting[future]
        return told

    def _rest(self) -> float:
        """How long a loop rests that has not waited for so many turns; 0 where nothing else can
        happen meanwhile."""
        until_timer = self._until_timer()
        if until_timer is None and not self._waiting:
            return 0.0
        longer: float = 2 ** min(self._turns // _TURNS_PER_REST - 1, 10)
        seconds = min(_REST_SECONDS * longer, _REST_SECONDS_MAX)
        return seconds if until_timer is None else min(seconds, max(0.0, until_timer))

    def close(self) -> None:
        """There is nothing to give back: who waits closes what it waits for."""


async def until(pollable: _backend.Pollable) -> None:
    """Waits until this is ready, while other tasks go on, and closes it.

    Cancelled, it closes the pollable before anything that the cancelled task holds.
    """
    await until_any([pollable])


async def until_any(pollables: Sequence[_backend.Pollable]) -> None:
    """Waits until at least one of these is ready, and closes all of them."""
    try:
        loop = asyncio.get_running_loop()
        waits: Waits | None = getattr(loop, "waits", None)
        if waits is None:
            raise RuntimeError(
                "this can be awaited in a bot, or in a test through `ravenry.testing`; the event"
                " loop here is another one"
            )
        future: asyncio.Future[None] = loop.create_future()
        waits.add(future, pollables)
        try:
            await future
        finally:
            waits.discard(future)
    finally:
        for pollable in pollables:
            pollable.close()


async def standing(pollable: _backend.Pollable) -> None:
    """Stands still until this is ready, all other tasks too, and closes it. Never suspends."""
    try:
        pollable.block()
    finally:
        pollable.close()


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits by `standing` alone."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        value: T = end.value
        return value
    coroutine.close()
    raise RuntimeError("a coroutine that was to stand still has suspended")
