"""The answer to a request."""

from __future__ import annotations

import codecs
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from . import _backend, _text
from ._wait import Wait, now, standing, until
from .failure import HttpError

if TYPE_CHECKING:
    from .sse import Events

#: Most bytes of a body that are read at once.
_CHUNK_BYTES_MAX = 64 * 1024

#: Most bytes of a body that are collected where the caller does not say.
BODY_BYTES_MAX = 32 * 1024 * 1024

#: Most of what a host writes beside a status that is not a success.
_STATUS_BODY_BYTES_MAX = 4 * 1024


class Headers(Mapping[str, str]):
    """Names and values of headers; names are compared without regard to case.

    The value of a name that comes several times is all of them, joined with a comma and a space;
    see `all`. Bytes that are not UTF-8 are replaced by U+FFFD.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        #: Names in lower case, and values, in the order received.
        self.pairs = [(name.lower(), value) for name, value in pairs]

    def all(self, name: str) -> list[str]:
        """Each value of this name."""
        name = name.lower()
        return [value for its, value in self.pairs if its == name]

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.pairs))

    def __len__(self) -> int:
        return len(dict(self.pairs))

    def __repr__(self) -> str:
        return f"Headers({self.pairs!r})"


class Response:
    """The answer to a request: its head has arrived, its body is read bit by bit.

    Methods that begin with `a` let other tasks go on while they wait; the others make them wait
    too. A read that fails or is cancelled hangs up, and so do `close`, the end of a `with` block,
    and dropping the response. Everything that waits raises `HttpError`: `broken`, `timeout`.
    """

    def __init__(
        self, exchange: _backend.Exchange, url: str, status: int, headers: list[tuple[str, str]]
    ) -> None:
        #: The status.
        self.status = status
        #: The headers.
        self.headers = Headers(headers)
        #: The URL that was asked for. It can hold a key.
        self.url = url
        self._exchange: _backend.Exchange | None = exchange
        self._body: bytes | None = None

    def __repr__(self) -> str:
        return f"<Response {self.status}>"

    @property
    def ok(self) -> bool:
        """Whether the status is 200 to 299."""
        return 200 <= self.status <= 299

    def raise_for_status(self) -> Self:
        """This response, where its status is 200 to 299; otherwise `HttpError` of the kind
        `status`.

        The error has the first 4 KiB of what the host wrote, which are waited for.
        """
        return now(self._raise_for_status(standing))

    async def araise_for_status(self) -> Self:
        """The same, while other tasks go on."""
        return await self._raise_for_status(until)

    async def _raise_for_status(self, wait: Wait) -> Self:
        if self.ok:
            return self
        body = self._body or b""
        try:
            while len(body) < _STATUS_BODY_BYTES_MAX:
                chunk = await self._chunk(wait)
                if chunk is None:
                    break
                body += chunk
        except HttpError:
            pass
        self.close()
        retry_after = self.headers.get("retry-after", "").strip()
        raise HttpError(
            "status",
            status=self.status,
            body=body[:_STATUS_BODY_BYTES_MAX].decode(errors="replace"),
            retry_after_seconds=(
                int(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
            ),
        )

    def read(self, bytes_max: int = BODY_BYTES_MAX) -> bytes:
        """The whole body. Kept: it can be asked for again.

        `HttpError` of the kind `too-large` where it has more bytes; no more is then read.
        """
        return now(self._read(bytes_max, standing))

    async def aread(self, bytes_max: int = BODY_BYTES_MAX) -> bytes:
        """The same, while other tasks go on."""
        return await self._read(bytes_max, until)

    async def _read(self, bytes_max: int, wait: Wait) -> bytes:
        if self._body is None:
            chunks: list[bytes] = []
            length = 0
            while (chunk := await self._chunk(wait)) is not None:
                length += len(chunk)
                self._check_length(length, bytes_max)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        self._check_length(len(self._body), bytes_max)
        return self._body

    def _check_length(self, length: int, bytes_max: int) -> None:
        if length > bytes_max:
            self.close()
            raise HttpError("too-large", f"the answer has more than {bytes_max} bytes")

    def text(self, bytes_max: int = BODY_BYTES_MAX) -> str:
        """The whole body as text: in the character set that its header names, otherwise UTF-8.

        `HttpError` of the kind `malformed` where it is not.
        """
        return self._decoded(self.read(bytes_max))

    async def atext(self, bytes_max: int = BODY_BYTES_MAX) -> str:
        """The same, while other tasks go on."""
        return self._decoded(await self.aread(bytes_max))

    def json(self, bytes_max: int = BODY_BYTES_MAX) -> Any:
        """The whole body, read as JSON.

        `HttpError` of the kind `malformed` where it is not JSON.
        """
        return parsed(self.read(bytes_max))

    async def ajson(self, bytes_max: int = BODY_BYTES_MAX) -> Any:
        """The same, while other tasks go on."""
        return parsed(await self.aread(bytes_max))

    def iter_bytes(self) -> Iterator[bytes]:
        """The body as it arrives: chunks of at most 64 KiB, none of them empty."""
        if self._body is not None:
            yield from [self._body] if self._body else []
            return
        while (chunk := now(self._chunk(standing))) is not None:
            yield chunk

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        """The same, while other tasks go on."""
        if self._body is not None:
            if self._body:
                yield self._body
            return
        while (chunk := await self._chunk(until)) is not None:
            yield chunk

    def events(self) -> Events:
        """The body as server-sent events, for `for`; see `sse.events`."""
        from . import sse

        return sse.events(self)

    def aevents(self) -> Events:
        """The same, for `async for`."""
        return self.events()

    def close(self) -> None:
        """Hangs up. May be called twice."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.close()

    async def _chunk(self, wait: Wait) -> bytes | None:
        """What has arrived of the body; `None` after its end."""
        exchange = self._exchange
        if exchange is None:
            return None
        try:
            while (chunk := exchange.read(_CHUNK_BYTES_MAX)) is None:
                await wait(exchange.readable())
        except BaseException:
            self.close()
            raise
        if not chunk:
            self.close()
            return None
        return chunk

    def _decoded(self, body: bytes) -> str:
        encoding = _charset(self.headers.get("content-type", ""))
        try:
            return body.decode(encoding)
        except UnicodeDecodeError as error:
            raise HttpError("malformed", f"the answer is not {encoding}: {error.reason}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _charset(content_type: str) -> str:
    """The character set that a content type names, where Python knows it."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            try:
                return codecs.lookup(value.strip().strip('"')).name
            except LookupError:
                break
    return "utf-8"


def parsed(body: bytes | str) -> Any:
    """The value of a JSON text."""
    try:
        return _text.loads(body.decode("utf-8-sig") if isinstance(body, bytes) else body)
    except (ValueError, RecursionError) as error:
        raise HttpError("malformed", f"the answer is not the JSON wanted: {error}") from None
