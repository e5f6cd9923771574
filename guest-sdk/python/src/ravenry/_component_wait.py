"""Waiting in a component: pollables of WASI, and handles that have to be closed in order.

The gateway traps when a handle is closed before what came from it: a pollable belongs to its
stream, a stream to its body. A trap cannot be caught. So nothing here is left to the garbage
collector, which knows no order.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from wit_world.imports import monotonic_clock, poll

from . import _backend, _loop

# A test that plays the gateway imports this too, and keeps the loops that it has.
if sys.platform == "wasi":
    _loop.install()
    _loop.prepared.append(_loop.Loop())

#: Longer than 584 years is for ever.
_NANOSECONDS_MAX = 2**64 - 1


class _Handle(Protocol):
    def __exit__(self, kind: None, error: None, trace: None, /) -> bool | None: ...


class _Source(_Handle, Protocol):
    def subscribe(self) -> poll.Pollable: ...


_H = TypeVar("_H", bound=_Handle)


def nanoseconds(seconds: float) -> int:
    """So many seconds as WASI counts them; never less."""
    if seconds * 1e9 >= _NANOSECONDS_MAX:
        return _NANOSECONDS_MAX
    return max(0, math.ceil(seconds * 1e9))


class WasiPollable:
    """A pollable, which its `Handles` close first."""

    def __init__(self, inner: poll.Pollable, of: Handles | None = None) -> None:
        self._inner: poll.Pollable | None = inner
        self._of = of

    @property
    def inner(self) -> poll.Pollable:
        """What the gateway knows it by."""
        if self._inner is None:
            raise RuntimeError("what was to be waited for is closed")
        return self._inner

    def ready(self) -> bool:
        """Whether it is ready now."""
        return self.inner.ready()

    def block(self) -> None:
        """Waits until it is ready."""
        self.inner.block()

    def close(self) -> None:
        """Gives it back."""
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.__exit__(None, None, None)
            if self._of is not None:
                self._of.forget_pollable(self)


class Handles:
    """Handles that came from each other. Closed: pollables first, then the others, newest first."""

    def __init__(self) -> None:
        self._pollables: list[WasiPollable] = []
        self._others: list[_Handle] = []

    def keep(self, handle: _H) -> _H:
        """Takes a handle, which came from those that are here already or from none."""
        self._others.append(handle)
        return handle

    def give(self, handle: _H) -> _H:
        """Hands a handle on: whoever takes it closes it."""
        self._others = [other for other in self._others if other is not handle]
        return handle

    def drop(self, handle: _Handle) -> None:
        """Closes one handle, of which no pollable and no other handle is left."""
        self.give(handle).__exit__(None, None, None)

    def subscribe(self, source: _Source) -> WasiPollable:
        """A pollable of a handle that is here."""
        pollable = WasiPollable(source.subscribe(), self)
        self._pollables.append(pollable)
        return pollable

    def forget_pollable(self, pollable: WasiPollable) -> None:
        """A pollable is closed."""
        if pollable in self._pollables:
            self._pollables.remove(pollable)

    def close(self) -> None:
        """Closes all of them. May be called twice."""
        while self._pollables:
            self._pollables.pop().close()
        while self._others:
            self._others.pop().__exit__(None, None, None)


class WasiTime:
    """The part of a `Backend` that is about time."""

    def monotonic(self) -> float:
        """Seconds of the gateway's clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(max(0.0, seconds))

    def after(self, seconds: float) -> _backend.Pollable:
        """Ready after so much time."""
        return WasiPollable(monotonic_clock.subscribe_duration(nanoseconds(seconds)))

    def poll(self, pollables: Sequence[Any]) -> list[int]:
        """Waits until at least one of these is ready: which ones are."""
        return poll.poll([pollable.inner for pollable in pollables])
