"""The clock of a test: no time passes.

Everything that a bot can wait for natively is a `Moment`: a sleep, a script that pauses, a slow
upstream. Where nothing can go on, the clock is put forward to the earliest moment that is waited
for.
"""

from __future__ import annotations

from collections.abc import Sequence

from ._backend import Pollable


class Clock:
    """A clock that stands until a task waits."""

    def __init__(self) -> None:
        #: Seconds since the query.
        self.now = 0.0

    def after(self, seconds: float) -> Moment:
        """What is ready after so much time."""
        return Moment(self, self.now + max(0.0, seconds))

    def put_forward(self, at: float) -> None:
        """Goes on to this time, unless it is over."""
        self.now = max(self.now, at)

    def poll(self, pollables: Sequence[Pollable]) -> list[int]:
        """Goes on to the earliest of these, of which there is one: the places of all that are
        ready."""
        if not any(pollable.ready() for pollable in pollables):
            moments = [pollable for pollable in pollables if isinstance(pollable, Moment)]
            self.put_forward(min(moment.at for moment in moments))
        return [place for place, pollable in enumerate(pollables) if pollable.ready()]


class Moment:
    """A point in time on such a clock; what WASI calls a pollable."""

    def __init__(self, clock: Clock, at: float) -> None:
        self._clock = clock
        #: Seconds since the query.
        self.at = at
        #: Whether it was given back.
        self.is_closed = False

    def ready(self) -> bool:
        """Whether it has come."""
        return self.at <= self._clock.now

    def block(self) -> None:
        """Puts the clock forward to it."""
        self._clock.put_forward(self.at)

    def close(self) -> None:
        """Gives it back."""
        self.is_closed = True
