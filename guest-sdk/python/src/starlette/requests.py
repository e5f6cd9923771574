"""The HTTP request that a bot answers, with what a bot can know of it."""

from __future__ import annotations

import json
from collections.abc import ItemsView, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit


class Headers(Mapping[str, str]):
    """Headers by name, without regard to case."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self.raw = raw
        self._all = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in raw]
        # The first of several with one name.
        self._first = dict(reversed(self._all))

    def __getitem__(self, key: str) -> str:
        return self._first[key.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._first

    def __repr__(self) -> str:
        return f"Headers({self._first!r})"

    def getlist(self, key: str) -> list[str]:
        """All values of one name."""
        return [value for name, value in self._all if name == key.lower()]

    def multi_items(self) -> list[tuple[str, str]]:
        """All headers, in the order received."""
        return list(self._all)


class URL(str):
    """A URL as text, with its parts as attributes."""

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(str(self))

    @property
    def scheme(self) -> str:
        """Always `https`: what the platform asks for."""
        return self._parts.scheme

    @property
    def hostname(self) -> str | None:
        """The host that the request names."""
        return self._parts.hostname

    @property
    def path(self) -> str:
        """The path of the bot."""
        return self._parts.path

    @property
    def query(self) -> str:
        """Empty: the platform sends none."""
        return self._parts.query


class Request(Mapping[str, Any]):
    """A request as the gateway passes it on: without its keys, its address and its connection.

    A mapping over `scope`, as in starlette. What there is nothing for here raises `AttributeError`
    with a sentence.
    """

    scope: dict[str, Any]

    def __init__(self, scope: dict[str, Any], receive: Any = None, send: Any = None) -> None:
        self.scope = scope

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)

    # The view of the scope itself is quicker, and prints well.
    def items(self) -> ItemsView[str, Any]:
        """What `scope` has."""
        return self.scope.items()

    # A request is itself and no other.
    __eq__ = object.__eq__
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]

    @property
    def method(self) -> str:
        """Always `POST`."""
        return str(self.scope["method"])

    @property
    def headers(self) -> Headers:
        """The headers, without `Authorization` and cookies, which stay with the gateway."""
        return Headers(self.scope["headers"])

    @property
    def url(self) -> URL:
        """The bot's path at the host that the request names."""
        host = self.headers.get("host", "localhost")
        return URL(f"https://{host}{self.scope['path']}")

    @property
    def client(self) -> None:
        """Nobody: the gateway keeps addresses to itself."""

    @property
    def query_params(self) -> dict[str, str]:
        """Empty: the platform sends none."""
        return {}

    @property
    def path_params(self) -> dict[str, Any]:
        """Empty: a bot has one path."""
        return {}

    @property
    def cookies(self) -> dict[str, str]:
        """Empty: they stay with the gateway."""
        return {}

    async def body(self) -> bytes:
        """The body as it was received; access keys in it are empty."""
        return b""

    async def json(self) -> Any:
        """The body as JSON."""
        return json.loads(await self.body())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"a request has no `{name}` here: the gateway passes on the headers and the body, and "
            "keeps connection, address and keys"
        )
