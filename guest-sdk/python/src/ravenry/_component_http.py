"""Requests through `wasi:http`, which the gateway answers."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

from componentize_py_types import Err as _Err
from componentize_py_types import Ok
from wit_world.imports import outgoing_handler, streams
from wit_world.imports import wasi_http_types as http

from . import _backend, _http_target
from ._component_wait import Handles, nanoseconds
from .failure import HttpError

_METHODS: dict[str, http.Method] = {
    "GET": http.Method_Get(),
    "HEAD": http.Method_Head(),
    "POST": http.Method_Post(),
    "PUT": http.Method_Put(),
    "DELETE": http.Method_Delete(),
    "CONNECT": http.Method_Connect(),
    "OPTIONS": http.Method_Options(),
    "TRACE": http.Method_Trace(),
    "PATCH": http.Method_Patch(),
}

_TIMEOUTS = (
    http.ErrorCode_DnsTimeout,
    http.ErrorCode_ConnectionTimeout,
    http.ErrorCode_ConnectionReadTimeout,
    http.ErrorCode_ConnectionWriteTimeout,
    http.ErrorCode_HttpResponseTimeout,
)
_MISTAKES = (http.ErrorCode_HttpRequestUriInvalid, http.ErrorCode_HttpRequestMethodInvalid)


#: Errors whose value is known by where they come from alone.
Err: type[_Err[Any]] = _Err


class WasiWeb:
    """The part of a `Backend` that is about the web."""

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        timeouts: tuple[float | None, float | None, float | None],
    ) -> _backend.Exchange:
        """Begins a request."""
        return WasiExchange(method, url, headers, timeouts)


class WasiExchange:
    """One request under way."""

    def __init__(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        timeouts: tuple[float | None, float | None, float | None],
    ) -> None:
        target = _http_target.parse(url)
        self._origin = target.origin
        self._handles = handles = Handles()
        # Also where the bot does not close this: the handles outlive it for as long as closing
        # them takes.
        weakref.finalize(self, handles.close).atexit = False
        self._head: tuple[int, list[tuple[str, str]]] | None = None
        self._trailers: http.FutureTrailers | None = None
        self._incoming: http.IncomingBody | None = None
        self._input: streams.InputStream | None = None
        self._output: streams.OutputStream | None = None
        try:
            request = handles.keep(http.OutgoingRequest(_fields(headers)))
            try:
                request.set_method(_METHODS.get(method) or http.Method_Other(method))
                is_https = target.scheme == "https"
                request.set_scheme(http.Scheme_Https() if is_https else http.Scheme_Http())
                request.set_authority(target.authority)
                request.set_path_with_query(target.path)
            except Err:
                raise HttpError("invalid", "the method or the URL is malformed") from None
            options = _options(timeouts)
            try:
                body = handles.keep(request.body())
            except Err:
                raise _refused("a body") from None
            # The request came first, and is handed on first; what is left closes in any order.
            self._outgoing: http.OutgoingBody | None = body
            try:
                future = outgoing_handler.handle(handles.give(request), options)
            except Err as error:
                raise self._error(error.value) from None
            self._future: http.FutureIncomingResponse | None = handles.keep(future)
        except BaseException:
            handles.close()
            raise

    def write(self, piece: bytes) -> int:
        """Takes some of the body of the request, and says how many bytes; 0: not now."""
        stream = self._output_stream()
        try:
            room = stream.check_write()
            if room:
                stream.write(piece[:room])
        except Err as error:
            raise self._stream_error(error.value) from None
        return min(room, len(piece))

    def writable(self) -> _backend.Pollable:
        """Ready when `write` would take something, or would fail."""
        return self._handles.subscribe(self._output_stream())

    def _output_stream(self) -> streams.OutputStream:
        if self._output is None:
            if self._outgoing is None:
                raise HttpError("broken", "the body of the request is over")
            try:
                self._output = self._handles.keep(self._outgoing.write())
            except Err:
                raise _refused("the body") from None
        return self._output

    def finish(self) -> None:
        """The body of the request is whole."""
        body, self._outgoing = self._outgoing, None
        stream, self._output = self._output, None
        if body is None:
            return
        try:
            if stream is not None:
                try:
                    stream.flush()
                finally:
                    self._handles.drop(stream)
        except Err as error:
            self._handles.drop(body)
            raise self._stream_error(error.value) from None
        try:
            http.OutgoingBody.finish(self._handles.give(body), None)
        except Err as error:
            raise self._error(error.value) from None

    def head(self) -> tuple[int, list[tuple[str, str]]] | None:
        """Status and headers of the response; `None`: not yet."""
        if self._head is not None or self._future is None:
            return self._head
        result = self._future.get()
        if result is None:
            return None
        future, self._future = self._future, None
        self._handles.drop(future)
        if not isinstance(result, Ok):
            raise _refused("to give the answer twice")
        told = result.value
        if not isinstance(told, Ok):
            raise self._error(told.value)
        response = self._handles.keep(told.value)
        with response.headers() as fields:
            pairs = [(name, value.decode(errors="replace")) for name, value in fields.entries()]
        try:
            self._incoming = self._handles.keep(response.consume())
            self._input = self._handles.keep(self._incoming.stream())
        except Err:
            raise _refused("the body") from None
        self._head = (response.status(), pairs)
        self._handles.drop(response)
        return self._head

    def answered(self) -> _backend.Pollable:
        """Ready when `head` would give them, or would fail."""
        if self._future is None:
            raise RuntimeError("the answer is there")
        return self._handles.subscribe(self._future)

    def read(self, size: int) -> bytes | None:
        """The next bytes of the response; `None`: not yet; `b""`: the end."""
        if self._input is None:
            return self._end()
        try:
            return self._input.read(size) or None
        except Err as error:
            fault = error.value
        stream, self._input = self._input, None
        self._handles.drop(stream)
        if not isinstance(fault, streams.StreamError_Closed):
            raise self._stream_error(fault)
        body, self._incoming = self._incoming, None
        if body is not None:
            finished = http.IncomingBody.finish(self._handles.give(body))
            self._trailers = self._handles.keep(finished)
        return self._end()

    def _end(self) -> bytes | None:
        """A body that broke off ends like a whole one; only its trailers tell."""
        if self._trailers is None:
            return b""
        result = self._trailers.get()
        if result is None:
            return None
        trailers, self._trailers = self._trailers, None
        self._handles.drop(trailers)
        if isinstance(result, Ok):
            told = result.value
            if not isinstance(told, Ok):
                raise self._error(told.value)
            if told.value is not None:
                told.value.__exit__(None, None, None)
        return b""

    def readable(self) -> _backend.Pollable:
        """Ready when `read` would give something, or would fail."""
        source = self._input or self._trailers
        if source is None:
            raise RuntimeError("the answer is over")
        return self._handles.subscribe(source)

    def close(self) -> None:
        """Hangs up: pollables, then the stream, then the body."""
        self._outgoing = self._output = self._future = None
        self._incoming = self._input = self._trailers = None
        self._handles.close()

    def _error(self, code: http.ErrorCode) -> HttpError:
        """What an error of `wasi:http` means for a bot's author."""
        if isinstance(code, http.ErrorCode_HttpRequestDenied):
            return HttpError.denied(self._origin)
        said = _words(code)
        if isinstance(code, _TIMEOUTS):
            return HttpError("timeout", f"{self._origin} took too long: {said}")
        if isinstance(code, _MISTAKES):
            return HttpError("invalid", f"the request to {self._origin}: {said}")
        return HttpError("broken", f"{self._origin}: {said}")

    def _stream_error(self, fault: streams.StreamError) -> HttpError:
        if isinstance(fault, streams.StreamError_Closed):
            return HttpError("broken", f"{self._origin}: the host reads no further")
        with fault.value as error:
            code = http.http_error_code(error)
            if code is not None:
                return self._error(code)
            # One that comes between two bytes has no code.
            said = error.to_debug_string()
            if "timeout" in said:
                return HttpError("timeout", f"{self._origin} took too long: {said}")
            return HttpError("broken", f"{self._origin}: {said}")


def _fields(headers: Sequence[tuple[str, str]]) -> http.Fields:
    pairs = [(name, value.encode(errors="replace")) for name, value in headers]
    try:
        return http.Fields.from_list(pairs)
    except Err as error:
        kind = type(error.value).__name__.removeprefix("HeaderError_")
        names = ", ".join(repr(name) for name, _ in headers)
        raise HttpError("invalid", f"one of the headers {names}: {kind}") from None


def _options(
    timeouts: tuple[float | None, float | None, float | None],
) -> http.RequestOptions | None:
    connect, first_byte, between_bytes = (
        None if seconds is None else nanoseconds(seconds) for seconds in timeouts
    )
    if connect is None and first_byte is None and between_bytes is None:
        return None
    options = http.RequestOptions()
    try:
        options.set_connect_timeout(connect)
        options.set_first_byte_timeout(first_byte)
        options.set_between_bytes_timeout(between_bytes)
    except Err:
        raise _refused("a timeout") from None
    return options


def _refused(what: str) -> HttpError:
    return HttpError("broken", f"the gateway refused {what}")


def _words(code: Any) -> str:
    """The name of an error, and what comes with it."""
    name = type(code).__name__.removeprefix("ErrorCode_")
    value = getattr(code, "value", None)
    return name if value is None else f"{name}({value})"
