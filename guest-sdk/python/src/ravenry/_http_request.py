"""A request to the web: plain data, and nothing that waits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

from . import _http_target
from ._text import dumps, whole
from .failure import HttpError

#: Names and values of headers.
HeadersLike: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]

#: One value of a query or a form: several where it is a sequence, none where it is `None`.
Value: TypeAlias = str | int | float | bool | None
#: Names and values of a query or a form.
Values: TypeAlias = Mapping[str, Value | Sequence[Value]] | Iterable[tuple[str, Value]]

#: The body of a request: at once, or piece by piece.
Content: TypeAlias = bytes | bytearray | memoryview | str | Iterable[bytes] | AsyncIterable[bytes]

#: Methods whose requests say that they have no body, where they have none.
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NO_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True)
class Timeouts:
    """How many seconds to wait for parts of an answer. `None` leaves it to the gateway."""

    #: For a connection.
    connect: float | None = None
    #: For the first byte of the answer.
    first_byte: float | None = None
    #: From one byte of the answer to the next.
    between_bytes: float | None = None

    @classmethod
    def of(cls, timeout: float | Timeouts | None) -> Timeouts:
        """A number holds for each of the three."""
        if isinstance(timeout, Timeouts):
            return timeout
        return cls(timeout, timeout, timeout)

    def parts(self) -> tuple[float | None, float | None, float | None]:
        """The three, checked."""
        parts = (self.connect, self.first_byte, self.between_bytes)
        for seconds in parts:
            if seconds is not None and not seconds > 0:
                raise ValueError(f"a timeout is more than 0 seconds, not {seconds!r}")
        return parts


@dataclass(frozen=True, repr=False)
class Request:
    """A request, ready to be sent."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    #: Bytes, or pieces that are asked for when they are sent.
    body: bytes | Iterable[bytes] | AsyncIterable[bytes]
    timeouts: tuple[float | None, float | None, float | None]

    def __repr__(self) -> str:
        # Values of headers, and URLs, can be secrets, and do not belong in a log.
        names = [name for name, _ in self.headers]
        return f"Request({self.method!r}, {_http_target.parse(self.url).origin!r}, {names!r})"


def prepare(
    method: str,
    url: str,
    *,
    headers: HeadersLike | None,
    params: Values | None,
    json: Any,
    data: Values | bytes | str | None,
    content: Content | None,
    timeout: float | Timeouts | None,
) -> Request:
    """Makes a request of what an author gives.

    `HttpError` of the kind `invalid` where it cannot be sent; `TypeError` and `ValueError` where
    the call itself makes no sense.
    """
    if sum(part is not None for part in (json, data, content)) > 1:
        raise TypeError("a request has one body: give one of `json`, `data` and `content`")
    method = method.upper()
    if not _TOKEN.fullmatch(method):
        raise HttpError("invalid", f"{method!r} is no method")
    pairs: list[tuple[str, str]] = _pairs(headers)
    _check_headers(pairs)
    names = {name.lower() for name, _ in pairs}
    body, content_type = _body(json, data, content)
    if content_type is not None and "content-type" not in names:
        pairs.append(("content-type", content_type))
    if isinstance(body, bytes) and not names & {"content-length", "transfer-encoding"}:
        # Without it the body goes in chunks, which not every host takes.
        if body or method in _WITH_BODY:
            pairs.append(("content-length", str(len(body))))
    target = _http_target.parse(_with_query(url, params))
    return Request(
        method, target.origin + target.path, pairs, body, Timeouts.of(timeout).parts()
    )


def _check_headers(pairs: list[tuple[str, str]]) -> None:
    for name, value in pairs:
        if not _TOKEN.fullmatch(name):
            raise HttpError("invalid", f"{name!r} is no name of a header")
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"the header {name!r} is no text, but {type(value).__name__!r}")
        if _NO_VALUE.search(value):
            raise HttpError(
                "invalid", f"the header {name!r} has characters that no header may have"
            )


def _body(
    json: Any, data: Values | bytes | str | None, content: Content | None
) -> tuple[bytes | Iterable[bytes] | AsyncIterable[bytes], str | None]:
    """A body, and what it is."""
    if json is not None:
        return dumps(json).encode(), "application/json"
    if data is not None:
        if isinstance(data, bytes):
            return data, None
        if isinstance(data, str):
            return whole(data).encode(), None
        return _urlencode(data).encode(), "application/x-www-form-urlencoded"
    if content is None:
        return b"", None
    if isinstance(content, str):
        return whole(content).encode(), None
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content), None
    return content, None


def _with_query(url: str, params: Values | None) -> str:
    query = _urlencode(params) if params else ""
    if not query:
        return url
    url, hash_, fragment = url.partition("#")
    joint = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{joint}{query}{hash_}{fragment}"


def _urlencode(values: Values) -> str:
    pairs: list[tuple[str, str]] = []
    for name, value in _pairs(values):
        several = _several(value)
        pairs += [(name, _text(one)) for one in several if one is not None]
    return urlencode(pairs, errors="replace")


def _pairs(values: Any) -> list[tuple[str, Any]]:
    """Names and values, of a mapping, of pairs, or of nothing."""
    items = getattr(values, "items", None)
    return list((values or ()) if items is None else items())


def _several(value: Any) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else [value]  # pyright: ignore


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
