"""httpx through the gateway.

    import httpx
    from ravenry.httpx_transport import AsyncTransport

    async with httpx.AsyncClient(transport=AsyncTransport()) as client:
        response = await client.get("https://api.example.com/v1/weather")

Everything above the connection is httpx's own: redirects, cookies, authentication, decompression.
Proxies, HTTP/2 and the options of TLS are the gateway's matter and cannot be set. What goes wrong
is raised as httpx's own errors: `httpx.ConnectError` for a host that the manifest does not name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

from ._http_request import Request
from ._http_response import Response
from ._http_send import send
from ._wait import now, standing, until
from .failure import HttpError

__all__ = ["AsyncTransport", "Transport"]


class Transport(httpx.BaseTransport):
    """For `httpx.Client`. Whatever waits, stands still."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request, and waits for the head of its answer."""
        body: Any = request.stream
        try:
            return _response(now(send(_request(request, body), standing)), _Body)
        except HttpError as error:
            raise _as_httpx(error, request) from error


class AsyncTransport(httpx.AsyncBaseTransport):
    """For `httpx.AsyncClient`. Other tasks go on."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request, and waits for the head of its answer."""
        body: Any = request.stream
        try:
            return _response(await send(_request(request, body), until), _AsyncBody)
        except HttpError as error:
            raise _as_httpx(error, request) from error


class _Body(httpx.SyncByteStream):
    def __init__(self, response: Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_bytes()
        except HttpError as error:
            raise _as_httpx(error, None) from error

    def close(self) -> None:
        self._response.close()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, response: Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_bytes():
                yield chunk
        except HttpError as error:
            raise _as_httpx(error, None) from error

    async def aclose(self) -> None:
        self._response.close()


#: What the gateway sets itself.
_NOT_SENT = frozenset({"connection", "host", "transfer-encoding"})


def _request(request: httpx.Request, body: Any) -> Request:
    headers = [
        (name, value)
        for name, value in request.headers.multi_items()
        if name.lower() not in _NOT_SENT
    ]
    timeout: dict[str, float | None] = request.extensions.get("timeout", {})
    timeouts = (timeout.get("connect"), timeout.get("read"), timeout.get("read"))
    url = str(request.url.copy_with(fragment=None))
    return Request(request.method, url, headers, body, timeouts)


def _response(response: Response, body: Any) -> httpx.Response:
    return httpx.Response(
        response.status, headers=response.headers.pairs, stream=body(response)
    )


def _as_httpx(error: HttpError, request: httpx.Request | None) -> httpx.TransportError:
    if error.kind == "timeout":
        return httpx.ReadTimeout(str(error), request=request)
    if error.kind == "invalid":
        return httpx.UnsupportedProtocol(str(error), request=request)
    # Without a request, its answer had begun.
    if request is None:
        return httpx.ReadError(str(error))
    return httpx.ConnectError(str(error), request=request)
