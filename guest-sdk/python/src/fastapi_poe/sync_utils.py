"""Runs asynchronous functions from plain ones.

Unlike the reference library's, this works within a running loop too, without a thread: that loop
stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Coroutine, Iterator
from typing import Any, TypeVar

from ravenry import _loop

T = TypeVar("T")


def run_sync(coro: Coroutine[Any, Any, T], *, session: object = None) -> T:
    """Runs a coroutine to its end. `session` is not used."""
    return _loop.run(coro)


def iterate(items: AsyncIterable[T]) -> Iterator[T]:
    """What an asynchronous generator yields, once it has yielded everything."""

    async def collect(into: list[T]) -> None:
        async for item in items:
            into.append(item)

    collected: list[T] = []
    try:
        _loop.run(collect(collected))
    except Exception:
        # What came before an error stays valid.
        yield from collected
        raise
    yield from collected
