"""The gateway's `wit_world`, played: handles with parents, and a trap for what the gateway traps
at.

`install` puts it where `ravenry._component_http` and `ravenry._component_wait` look for the
generated bindings. One `Gateway` then plays the host: it answers each request as a test says, and
keeps what was closed, in order.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


class Trap(BaseException):
    """What nothing in a component can catch."""


@dataclass
class Ok:
    value: Any


@dataclass(frozen=True)
class Err(Exception):
    value: Any


class Handle:
    """A resource. Closing it while something that came from it is open is a trap."""

    def __init__(self, kind: str, parent: Handle | None = None) -> None:
        self.kind = kind
        self.parent = parent
        self.children = 0
        self.is_open = True
        if parent is not None:
            parent.live()
            parent.children += 1
        gateway().opened.append(self)

    def live(self) -> None:
        if not self.is_open:
            raise Trap(f"unknown handle: {self.kind}")

    def release(self) -> None:
        self.live()
        if self.children:
            raise Trap(f"resource has children: {self.kind}")
        self.is_open = False
        if self.parent is not None:
            self.parent.children -= 1

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()
        gateway().closed.append(self.kind)


class Pollable(Handle):
    def __init__(self, kind: str, parent: Handle | None, ready: Callable[[], bool]) -> None:
        super().__init__(kind, parent)
        self._ready = ready

    def ready(self) -> bool:
        self.live()
        return self._ready()

    def block(self) -> None:
        poll([self])


def poll(pollables: list[Pollable]) -> list[int]:
    """Lets the host go on, step by step, until one of these is ready."""
    if not pollables:
        raise Trap("empty list")
    for _ in range(1_000):
        ready = [place for place, pollable in enumerate(pollables) if pollable.ready()]
        if ready:
            return ready
        gateway().turn += 1
    raise Trap("waits for ever")


@dataclass
class Gateway:
    """The host: each of its steps takes one turn of waiting."""

    #: Bytes that `check-write` allows at once; every other look it allows none.
    room: int = 4
    #: Chunks of the answer; an exception ends it.
    chunks: list[Any] = field(default_factory=list[Any])
    #: What `get` of the answer's future gives.
    head: Any = None
    #: What the trailers say.
    end: Any = field(default_factory=lambda: Ok(Ok(None)))
    turn: int = 0
    sent: bytes = b""
    is_whole: bool = False
    request: Any = None
    options: Any = None
    opened: list[Handle] = field(default_factory=list[Handle])
    closed: list[str] = field(default_factory=list[str])

    def left_open(self) -> list[str]:
        return [handle.kind for handle in self.opened if handle.is_open]


_gateway: list[Gateway] = []


def gateway() -> Gateway:
    return _gateway[-1]


def play(host: Gateway) -> Gateway:
    """Makes this the host from now on."""
    _gateway[:] = [host]
    return host


class _Waiting(Handle):
    """A resource that is ready a turn after it was looked at in vain."""

    def __init__(self, kind: str, parent: Handle | None = None) -> None:
        super().__init__(kind, parent)
        self.ready_at = gateway().turn + 1

    def is_ready(self) -> bool:
        self.live()
        return gateway().turn >= self.ready_at

    def used(self) -> None:
        self.ready_at = gateway().turn + 1

    def subscribe(self) -> Pollable:
        self.live()
        return Pollable(f"pollable of {self.kind}", self, self.is_ready)


class Fields(Handle):
    def __init__(self, pairs: Any, parent: Handle | None = None) -> None:
        super().__init__("fields", parent)
        self._pairs = pairs

    @classmethod
    def from_list(cls, entries: Any) -> Fields:
        return cls(entries)

    def entries(self) -> Any:
        return self._pairs


class OutgoingRequest(Handle):
    def __init__(self, headers: Fields) -> None:
        super().__init__("outgoing-request")
        self.headers = headers.entries()
        headers.release()
        self.said: dict[str, Any] = {}

    def set_method(self, value: Any) -> None:
        self.said["method"] = type(value).__name__

    def set_scheme(self, value: Any) -> None:
        self.said["scheme"] = type(value).__name__

    def set_authority(self, value: Any) -> None:
        if "bad" in value:
            raise Err(None)
        self.said["authority"] = value

    def set_path_with_query(self, value: Any) -> None:
        self.said["path"] = value

    def body(self) -> OutgoingBody:
        return OutgoingBody("outgoing-body")


class OutgoingBody(Handle):
    def write(self) -> OutputStream:
        return OutputStream("output-stream", self)

    @classmethod
    def finish(cls, this: OutgoingBody, trailers: Any) -> None:
        this.release()
        gateway().is_whole = True


class OutputStream(_Waiting):
    def check_write(self) -> int:
        if not self.is_ready():
            return 0
        return gateway().room

    def write(self, contents: bytes) -> None:
        if len(contents) > gateway().room or not self.is_ready():
            raise Trap("write exceeded budget")
        gateway().sent += contents
        self.used()

    def flush(self) -> None:
        self.live()


class RequestOptions(Handle):
    def __init__(self) -> None:
        super().__init__("request-options")
        self.set: list[Any] = []

    def set_connect_timeout(self, value: Any) -> None:
        self.set.append(value)

    set_first_byte_timeout = set_between_bytes_timeout = set_connect_timeout


class Future(_Waiting):
    def get(self) -> Any:
        if not self.is_ready():
            return None
        head = gateway().head
        return head if head is not None else Ok(Ok(IncomingResponse("incoming-response")))


class IncomingResponse(Handle):
    def status(self) -> int:
        return 200

    def headers(self) -> Fields:
        return Fields([("X-One", b"1")], self)

    def consume(self) -> IncomingBody:
        return IncomingBody("incoming-body")


class IncomingBody(Handle):
    def stream(self) -> InputStream:
        return InputStream("input-stream", self)

    @classmethod
    def finish(cls, this: IncomingBody) -> Trailers:
        this.release()
        return Trailers("future-trailers")


class InputStream(_Waiting):
    def read(self, len: int) -> bytes:
        if not self.is_ready():
            return b""
        self.used()
        if not gateway().chunks:
            raise Err(sys.modules["wit_world.imports.streams"].StreamError_Closed())
        chunk = gateway().chunks.pop(0)
        if isinstance(chunk, BaseException):
            raise chunk
        return bytes(chunk)


class Trailers(_Waiting):
    def get(self) -> Any:
        return gateway().end if self.is_ready() else None


class IoError(Handle):
    def __init__(self, code: Any = None, said: str = "") -> None:
        super().__init__("error")
        self.code = code
        self._said = said

    def to_debug_string(self) -> str:
        return self._said


def _code_of(error: IoError) -> Any:
    return error.code


def _handle(request: OutgoingRequest, options: Any) -> Future:
    request.release()
    if options is not None:
        options.release()
    gateway().request, gateway().options = request, options
    return Future("future-incoming-response")


def _subscribe_duration(when: int) -> Pollable:
    at = gateway().turn + when
    return Pollable("timer", None, lambda: gateway().turn >= at)


class _Valued:
    def __init__(self, value: Any) -> None:
        self.value = value


def _cases(module: ModuleType, prefix: str, names: str) -> None:
    for name in names.split():
        with_value = name.endswith("+")
        name = f"{prefix}_{name.rstrip('+')}"
        setattr(module, name, type(name, (_Valued,) if with_value else (), {}))


def install() -> None:
    """Puts this in the place of the generated bindings."""
    if "wit_world" in sys.modules:
        return
    modules = {
        name: ModuleType(name)
        for name in ("componentize_py_types", "wit_world", "wit_world.imports")
    }
    for name in ("poll", "monotonic_clock", "streams", "outgoing_handler", "wasi_http_types"):
        module = modules[f"wit_world.imports.{name}"] = ModuleType(name)
        setattr(modules["wit_world.imports"], name, module)
    types: Any = modules["componentize_py_types"]
    types.Ok, types.Err = Ok, Err
    polling: Any = modules["wit_world.imports.poll"]
    polling.Pollable, polling.poll = Pollable, poll
    clock: Any = modules["wit_world.imports.monotonic_clock"]
    clock.subscribe_duration = _subscribe_duration
    streams: Any = modules["wit_world.imports.streams"]
    streams.InputStream, streams.OutputStream = InputStream, OutputStream
    _cases(streams, "StreamError", "Closed LastOperationFailed+")
    handler: Any = modules["wit_world.imports.outgoing_handler"]
    handler.handle = _handle
    http: Any = modules["wit_world.imports.wasi_http_types"]
    _cases(http, "Method", "Get Head Post Put Delete Connect Options Trace Patch Other+")
    _cases(http, "Scheme", "Http Https Other+")
    _cases(
        http,
        "ErrorCode",
        "DnsTimeout ConnectionTimeout ConnectionReadTimeout ConnectionWriteTimeout"
        " HttpResponseTimeout HttpRequestUriInvalid HttpRequestMethodInvalid HttpRequestDenied"
        " ConnectionRefused InternalError+",
    )
    for kind in (Fields, OutgoingRequest, OutgoingBody, RequestOptions, IncomingBody):
        setattr(http, kind.__name__, kind)
    http.FutureIncomingResponse, http.FutureTrailers = Future, Trailers
    http.IncomingResponse = IncomingResponse
    http.http_error_code = _code_of
    sys.modules.update(modules)
