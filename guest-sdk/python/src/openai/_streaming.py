"""Answers that come in pieces."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from ravenry import http

from ._errors import APIError, of_http
from ._objects import OpenAIObject

T = TypeVar("T", bound=OpenAIObject)


def _piece(kind: type[T], data: str) -> T:
    try:
        value: Any = json.loads(data)
    except ValueError:
        raise APIError(f"a piece of the answer is no JSON: {data[:200]}") from None
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    error = members.get("error")
    if error:
        said = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
        raise APIError(str(said.get("message") or "An error occurred during streaming"), error)
    return kind(**members)


class Stream(Generic[T]):
    """The pieces of an answer, as they come. Closing it, or leaving its `with`, hangs up."""

    def __init__(self, kind: type[T], response: http.Response) -> None:
        self.response = response
        self._kind = kind
        self._pieces = self._read()

    def _read(self) -> Iterator[T]:
        with self.response:
            try:
                for event in self.response.events():
                    if event.is_done:
                        return
                    yield _piece(self._kind, event.data)
            except http.HttpError as error:
                raise of_http(error) from error

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        return next(self._pieces)

    def close(self) -> None:
        """Hangs up."""
        self.response.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncStream(Generic[T]):
    """The same, while other tasks go on."""

    def __init__(self, kind: type[T], response: http.Response) -> None:
        self.response = response
        self._kind = kind
        self._pieces = self._read()

    async def _read(self) -> AsyncIterator[T]:
        async with self.response:
            try:
                async for event in self.response.aevents():
                    if event.is_done:
                        return
                    yield _piece(self._kind, event.data)
            except http.HttpError as error:
                raise of_http(error) from error

    def __aiter__(self) -> AsyncIterator[T]:
        return self

    async def __anext__(self) -> T:
        return await anext(self._pieces)

    async def close(self) -> None:
        """Hangs up."""
        self.response.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
