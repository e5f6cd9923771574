"""Sends a request, and waits for the head of its answer."""

from __future__ import annotations

from collections.abc import AsyncIterable

from . import _backend
from ._http_request import Request
from ._http_response import Response
from ._wait import Wait
from .failure import HttpError

#: Most bytes of a body that are handed on at once.
_PIECE_BYTES_MAX = 64 * 1024


async def send(request: Request, wait: Wait) -> Response:
    """Sends a request. Whatever happens before there is an answer hangs up."""
    exchange = _backend.current.send(
        request.method, request.url, request.headers, request.timeouts
    )
    try:
        await _write(exchange, request, wait)
        while (head := exchange.head()) is None:
            await wait(exchange.answered())
    except BaseException:
        exchange.close()
        raise
    return Response(exchange, request.url, *head)


async def _write(exchange: _backend.Exchange, request: Request, wait: Wait) -> None:
    body = request.body
    if isinstance(body, bytes):
        is_taken = await _pour(exchange, body, wait)
    elif isinstance(body, AsyncIterable):
        is_taken = True
        async for piece in body:
            if not (is_taken := await _pour(exchange, bytes(piece), wait)):
                break
    else:
        is_taken = True
        for piece in body:
            if not (is_taken := await _pour(exchange, bytes(piece), wait)):
                break
    if is_taken:
        try:
            exchange.finish()
        except HttpError:
            # The answer says what went wrong, or that nothing did.
            pass


async def _pour(exchange: _backend.Exchange, piece: bytes, wait: Wait) -> bool:
    """Writes a piece. Whether the host still wants more: one may answer before it has read all, and
    then its answer counts, not what goes wrong here."""
    rest = memoryview(piece)
    try:
        while rest:
            count = exchange.write(bytes(rest[:_PIECE_BYTES_MAX]))
            if count == 0:
                await wait(exchange.writable())
            rest = rest[count:]
    except HttpError:
        return False
    return True
