"""Python's own clocks, as the clock of a scene: `time.sleep` takes no time in a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from ._clock import Clock

#: Clocks of `time`, with what makes of a second their unit.
_CLOCKS: dict[str, Callable[[float], Any]] = {
    "monotonic": float,
    "perf_counter": float,
    "time": float,
    "monotonic_ns": lambda seconds: round(seconds * 1e9),
    "perf_counter_ns": lambda seconds: round(seconds * 1e9),
    "time_ns": lambda seconds: round(seconds * 1e9),
}


@contextmanager
def played(clock: Clock, module_name: str | None) -> Generator[None, None, None]:
    """Puts the clock of a scene in the place of Python's.

    A module that has taken `sleep` out of `time` before has its name changed too.
    """
    real = {name: getattr(time, name) for name in ("sleep", *_CLOCKS)}
    fakes: dict[str, Callable[..., Any]] = {"sleep": _sleep(clock)}
    for name, unit in _CLOCKS.items():
        fakes[name] = _clock(clock, real[name](), unit)
    places: list[tuple[Any, str, Any]] = [(time, name, real[name]) for name in fakes]
    module = sys.modules.get(module_name or "")
    for name, value in list(vars(module).items()) if module is not None else []:
        places += [(module, name, value) for known in fakes if value is real[known]]
    put = {real[name]: fake for name, fake in fakes.items()}
    try:
        for place, name, value in places:
            setattr(place, name, put[value])
        yield
    finally:
        for place, name, value in places:
            setattr(place, name, value)


def _sleep(clock: Clock) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        clock.put_forward(clock.now + seconds)

    return sleep


def _clock(clock: Clock, start: Any, unit: Callable[[float], Any]) -> Callable[[], Any]:
    began = clock.now
    return lambda: start + unit(clock.now - began)
