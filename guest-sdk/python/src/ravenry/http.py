"""Requests to the web, within the hosts that the bot's manifest names.

    from ravenry import http

    response = http.get("https://api.example.com/v1/weather", params={"city": "Basel"})
    degrees = response.raise_for_status().json()["degrees"]

A manifest names hosts in `allowed_outbound_hosts`; every other one is refused, and `HttpError` of
the kind `denied` says which line to add. Keys are best given to a bot as a secret: it then holds a
placeholder, which the gateway swaps on the way to the granted host.

`get`, `post` and `request` stand still until the head of the answer is there. `fetch` is awaited,
and lets other tasks go on. Redirects are not followed. A status is no error: see
`Response.raise_for_status`.

What a request may have:

- `headers`: a mapping, or pairs where a name comes several times;
- `params`: added to the query of the URL; `None` is left out, a list comes as several;
- one body: `json`, with its content type; `data`, a form from a mapping or pairs, or text or
  bytes as they are; `content`, text, bytes, or pieces of bytes that are asked for while they are
  sent;
- `timeout`: seconds for a connection, for the first byte of the answer, and from one byte to the
  next; or `Timeouts`. Without it the gateway's hold.
"""

from __future__ import annotations

from typing import Any

from ._http_request import Content, HeadersLike, Request, Timeouts, Values, prepare
from ._http_response import BODY_BYTES_MAX, Headers, Response
from ._http_send import send
from ._wait import now, standing, until
from .failure import HttpError
from .sse import EVENT_BYTES_MAX, Events, ServerEvent, events

__all__ = [
    "BODY_BYTES_MAX",
    "EVENT_BYTES_MAX",
    "Events",
    "Headers",
    "HttpError",
    "Response",
    "ServerEvent",
    "Timeouts",
    "events",
    "fetch",
    "get",
    "post",
    "request",
]


def request(
    method: str,
    url: str,
    *,
    headers: HeadersLike | None = None,
    params: Values | None = None,
    json: Any = None,
    data: Values | bytes | str | None = None,
    content: Content | None = None,
    timeout: float | Timeouts | None = None,
) -> Response:
    """Sends a request with any method, and waits for the head of its answer.

    `HttpError` of the kind `denied` where the manifest does not name the host; otherwise what went
    wrong on the way.
    """
    sent = prepare(
        method,
        url,
        headers=headers,
        params=params,
        json=json,
        data=data,
        content=content,
        timeout=timeout,
    )
    if hasattr(sent.body, "__aiter__"):
        raise TypeError("pieces that have to be awaited are sent with `await http.fetch(…)`")
    return now(send(sent, standing))


def get(
    url: str,
    *,
    headers: HeadersLike | None = None,
    params: Values | None = None,
    timeout: float | Timeouts | None = None,
) -> Response:
    """A request with the method `GET`; see `request`."""
    return request("GET", url, headers=headers, params=params, timeout=timeout)


def post(
    url: str,
    *,
    headers: HeadersLike | None = None,
    params: Values | None = None,
    json: Any = None,
    data: Values | bytes | str | None = None,
    content: Content | None = None,
    timeout: float | Timeouts | None = None,
) -> Response:
    """A request with the method `POST`; see `request`."""
    return request(
        "POST",
        url,
        headers=headers,
        params=params,
        json=json,
        data=data,
        content=content,
        timeout=timeout,
    )


async def fetch(
    method: str,
    url: str,
    *,
    headers: HeadersLike | None = None,
    params: Values | None = None,
    json: Any = None,
    data: Values | bytes | str | None = None,
    content: Content | None = None,
    timeout: float | Timeouts | None = None,
) -> Response:
    """The same as `request`, while other tasks go on. Cancelled, it hangs up.

    `content` may also be an asynchronous iterable.
    """
    sent: Request = prepare(
        method,
        url,
        headers=headers,
        params=params,
        json=json,
        data=data,
        content=content,
        timeout=timeout,
    )
    return await send(sent, until)
