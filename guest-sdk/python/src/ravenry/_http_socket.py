"""What `http.client` takes for a socket, and what is a request through the gateway.

`http.client` writes a request as text and reads the response as text. This reads the one and writes
the other, so that everything built on `http.client` works as it is.
"""

from __future__ import annotations

import io
from http import HTTPStatus
from typing import Any

from . import _backend
from .failure import HttpError

#: What belongs to one connection, which the gateway makes itself.
_HOP_BY_HOP = frozenset(
    {
        *("connection", "host", "http2-settings", "keep-alive", "proxy-authenticate"),
        *("proxy-authorization", "proxy-connection", "te", "transfer-encoding", "upgrade"),
    }
)

#: Most bytes that the head of a request may have.
_HEAD_BYTES_MAX = 1024 * 1024

_PIECE_BYTES_MAX = 64 * 1024


def as_os_error(error: HttpError) -> OSError:
    """The same as the libraries built on sockets know it. The sentence stays."""
    if error.kind == "timeout":
        return TimeoutError(str(error))
    if error.kind == "denied":
        return PermissionError(str(error))
    return ConnectionError(str(error))


class GatewaySocket:
    """One connection, for one request and its response. Whatever waits, stands still."""

    def __init__(self, origin: str, timeout: float | None) -> None:
        self._origin = origin
        self._connect_timeout = timeout
        self._timeout = timeout
        self._head = b""
        self._method = ""
        self._exchange: _backend.Exchange | None = None
        #: Bytes of the body that are still to come; `None` where it comes in chunks.
        self._left: int | None = 0
        self._chunks = _Unchunked()
        self._has_file = False

    # What `http.client` and what is built on it call.

    def settimeout(self, timeout: float | None) -> None:
        """Seconds to wait for the head of the response, and for more of its body."""
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        """The same."""
        return self._timeout

    def setsockopt(self, *_: Any) -> None:
        """There is nothing to set."""

    def shutdown(self, _: int) -> None:
        """The end of the request is known without it."""

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        """Takes the next bytes of the request."""
        try:
            self._take(bytes(data))
        except HttpError as error:
            raise as_os_error(error) from error

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """The same."""
        self.sendall(data)
        return len(data)

    def makefile(self, mode: str = "rb", buffering: int | None = None) -> io.BufferedReader:
        """The response, to be read."""
        self._has_file = True
        return io.BufferedReader(_ResponseFile(self))

    def close(self) -> None:
        """Hangs up, unless the response is still being read."""
        if not self._has_file:
            self.hang_up()

    # Between the two halves.

    @property
    def method(self) -> str:
        """The method of the request."""
        return self._method

    @property
    def exchange(self) -> _backend.Exchange:
        """The request under way."""
        if self._exchange is None:
            raise ConnectionError("no request was sent, or it was given up")
        return self._exchange

    def hang_up(self) -> None:
        """Gives the request up."""
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            exchange.close()

    def wait(self, pollable: _backend.Pollable) -> None:
        """Stands still; `TimeoutError` where it takes too long."""
        world = _backend.current
        try:
            if self._timeout is None:
                pollable.block()
                return
            timer = world.after(self._timeout)
            try:
                if 0 not in world.poll([pollable, timer]):
                    raise TimeoutError("timed out")
            finally:
                timer.close()
        finally:
            pollable.close()

    def _take(self, data: bytes) -> None:
        if self._exchange is None:
            self._head += data
            head, separator, data = self._head.partition(b"\r\n\r\n")
            if not separator:
                if len(self._head) > _HEAD_BYTES_MAX:
                    raise HttpError("invalid", "the headers of the request have no end")
                return
            self._begin(head)
        if self._left is None:
            data, is_end = self._chunks.feed(data)
        else:
            self._left -= len(data)
            is_end = self._left <= 0
        self._write(data)
        if is_end:
            try:
                self.exchange.finish()
            except HttpError:
                # The response says what went wrong, or that nothing did.
                pass

    def _begin(self, head: bytes) -> None:
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ", 2)
        pairs: list[tuple[str, str]] = []
        for line in lines:
            name, _, value = line.partition(":")
            value = value.strip()
            lower = name.lower()
            if lower == "content-length":
                self._left = int(value)
            elif lower == "transfer-encoding":
                self._left = None
            if lower not in _HOP_BY_HOP:
                pairs.append((name, value))
        self._method = method
        timeouts = (self._connect_timeout, None, None)
        self._exchange = _backend.current.send(method, self._origin + path, pairs, timeouts)

    def _write(self, data: bytes) -> None:
        exchange = self.exchange
        rest = memoryview(data)
        while rest:
            try:
                count = exchange.write(bytes(rest[:_PIECE_BYTES_MAX]))
            except HttpError:
                # A host may answer before it has read everything.
                return
            if count == 0:
                self.wait(exchange.writable())
            rest = rest[count:]


class _Unchunked:
    """Takes the sizes out of a body that comes in chunks."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """The bytes that are in this, and whether it was the end."""
        self._rest += data
        body = b""
        while True:
            line, separator, after = self._rest.partition(b"\r\n")
            if not separator:
                return body, False
            size = int(line.partition(b";")[0], 16)
            if size == 0:
                return body, True
            if len(after) < size + 2:
                return body, False
            body += after[:size]
            self._rest = after[size + 2 :]


class _ResponseFile(io.RawIOBase):
    """The response as text: its head, and its body as it comes."""

    def __init__(self, socket: GatewaySocket) -> None:
        self._socket = socket
        self._ready = b""
        self._has_head = False
        #: How much comes is not known beforehand, so the body goes on in chunks, as they come: who
        #: reads then gets each of them at once.
        self._is_chunked = False
        self._is_over = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; waits for one."""
        while not self._ready and not self._is_over:
            try:
                self._ready = self._body() if self._has_head else self._head()
            except HttpError as error:
                self._socket.hang_up()
                raise as_os_error(error) from error
            except OSError:
                self._socket.hang_up()
                raise
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _head(self) -> bytes:
        exchange = self._socket.exchange
        while (head := exchange.head()) is None:
            self._socket.wait(exchange.answered())
        self._has_head = True
        status, headers = head
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = ""
        lines = [f"HTTP/1.1 {status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers if name not in _HOP_BY_HOP]
        has_body = self._socket.method != "HEAD" and status not in (204, 304)
        self._is_chunked = has_body and all(name != "content-length" for name, _ in headers)
        if self._is_chunked:
            lines.append("transfer-encoding: chunked")
        return "\r\n".join([*lines, "connection: close", "", ""]).encode()

    def _body(self) -> bytes:
        exchange = self._socket.exchange
        while (piece := exchange.read(_PIECE_BYTES_MAX)) is None:
            self._socket.wait(exchange.readable())
        if not piece:
            self._is_over = True
            self._socket.hang_up()
        if self._is_chunked:
            # The end is a chunk of no bytes.
            return b"%x\r\n%b\r\n" % (len(piece), piece)
        return piece

    def close(self) -> None:
        """Hangs up."""
        if not self.closed:
            self._socket.hang_up()
        super().close()
