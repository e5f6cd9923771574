"""The web as a test writes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from . import _http_target
from ._clock import Clock, Moment
from .failure import HttpError

#: One step of an answer: seconds to pass, bytes to arrive, or how it breaks off.
_Step: TypeAlias = float | bytes | HttpError


@dataclass(repr=False)
class PlayedRequest:
    """A request as it was sent to the web of a test."""

    #: The method, in capitals.
    method: str
    #: The URL, with its query.
    url: str
    #: Names and values of headers, in the order in which they were sent.
    headers: list[tuple[str, str]]
    #: What was sent along.
    body: bytes = b""
    #: Seconds for a connection, for the first byte, and between bytes.
    timeouts: tuple[float | None, float | None, float | None] = (None, None, None)

    def header(self, name: str) -> str | None:
        """The first header of this name, compared without regard to case."""
        name = name.lower()
        return next((value for its, value in self.headers if its.lower() == name), None)

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def __repr__(self) -> str:
        # Values of headers are secrets as often as not.
        names = [name for name, _ in self.headers]
        return (
            f"PlayedRequest({self.method!r}, {self.url!r}, headers={names!r},"
            f" {len(self.body)} bytes, timeouts={self.timeouts!r})"
        )


@dataclass(frozen=True)
class Upstream:
    """What a host of the web answers in a test, step by step.

        slow = Upstream(200).wait(3).body("at last")
        broken = Upstream(200).body("half an ans").breaks(HttpError("broken", "reset"))
        model = Upstream.events(['{"text": "hi"}', "[DONE]"])

    Each method gives a new one, so that an answer can be used many times.
    """

    #: The status; 0 for a host that cannot be reached.
    status: int = 200
    #: Names in lower case, and values.
    headers: tuple[tuple[str, str], ...] = ()
    _steps: tuple[_Step, ...] = field(default=(), repr=False)

    @classmethod
    def json(cls, value: Any, status: int = 200) -> Upstream:
        """A JSON value."""
        answer = cls(status).header("content-type", "application/json")
        return answer.body(json.dumps(value, ensure_ascii=False))

    @classmethod
    def text(cls, text: str, status: int = 200) -> Upstream:
        """A text."""
        return cls(status).header("content-type", "text/plain; charset=utf-8").body(text)

    @classmethod
    def events(cls, data: Iterable[str]) -> Upstream:
        """Server-sent events with status 200: the data of each, one chunk per event."""
        answer = cls(200).header("content-type", "text/event-stream")
        for one in data:
            lines = one.replace("\n", "\ndata: ")
            answer = answer.body(f"data: {lines}\n\n")
        return answer

    @classmethod
    def unreachable(cls, error: HttpError) -> Upstream:
        """A host that cannot be reached: the request itself fails."""
        return cls(0).breaks(error)

    def header(self, name: str, value: str) -> Upstream:
        """Adds a header."""
        return replace(self, headers=(*self.headers, (name.lower(), value)))

    def body(self, part: bytes | str) -> Upstream:
        """Adds a part of the body, which arrives as a chunk of its own."""
        chunk = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        return replace(self, _steps=(*self._steps, chunk))

    def wait(self, seconds: float) -> Upstream:
        """Pauses, on the clock of the scene. Before the first part of the body, the head waits
        too."""
        return replace(self, _steps=(*self._steps, float(seconds)))

    def breaks(self, error: HttpError) -> Upstream:
        """Breaks off."""
        return replace(self, _steps=(*self._steps, error))

    def timeline(self, timeouts: Sequence[float | None]) -> list[tuple[float, bytes | HttpError]]:
        """When what arrives, in seconds from the request on; as far as the timeouts let it."""
        _, first_byte, between_bytes = timeouts
        at, last = 0.0, 0.0
        arrives: list[tuple[float, bytes | HttpError]] = []
        for step in self._steps:
            if isinstance(step, (float, int)):
                at += step
                continue
            bound = between_bytes if arrives else first_byte
            if bound is not None and at - last > bound:
                error = HttpError("timeout", f"the host took too long: {bound} s")
                return [*arrives, (last + bound, error)]
            if step != b"":
                arrives.append((at, step))
            last = at
        return arrives


#: What an upstream answers to a request.
_Answer: TypeAlias = Callable[[PlayedRequest], Upstream]


class PlayedWeb:
    """The web of a scene: answers by the beginnings of URLs.

    The longest beginning wins, and of two that are the same the one that was added last. Where
    there is none, the request is denied.
    """

    def __init__(self, clock: Clock, upstreams: Iterable[tuple[str, _Answer]]) -> None:
        self._clock = clock
        self._upstreams = dict(upstreams)
        #: What was sent, in order, refused requests and all.
        self.requests: list[PlayedRequest] = []

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        timeouts: tuple[float | None, float | None, float | None],
    ) -> PlayedExchange:
        """Begins a request."""
        origin = _http_target.parse(url).origin
        request = PlayedRequest(method, url, list(headers), timeouts=timeouts)
        self.requests.append(request)
        fitting = [start for start in self._upstreams if url.startswith(start)]
        if not fitting:
            raise HttpError.denied(origin)
        return PlayedExchange(self._clock, request, self._upstreams[max(fitting, key=len)])


class PlayedExchange:
    """One request under way in a scene. Its answer begins when the request is whole."""

    def __init__(self, clock: Clock, request: PlayedRequest, answer: _Answer) -> None:
        self._clock = clock
        self._request = request
        self._answer = answer
        self._upstream: Upstream | None = None
        #: What is to arrive, and when on the clock of the scene.
        self._arrives: list[tuple[float, bytes | HttpError]] = []
        #: Whether it was hung up, by the bot or at the end.
        self.is_closed = False

    def write(self, piece: bytes) -> int:
        """Takes all of it."""
        self._request.body += piece
        return len(piece)

    def writable(self) -> Moment:
        """Always ready."""
        return self._clock.after(0)

    def finish(self) -> None:
        """Asks the test for its answer."""
        self._upstream = self._answer(self._request)
        timed = self._upstream.timeline(self._request.timeouts)
        self._arrives = [(self._clock.now + at, what) for at, what in timed]

    def head(self) -> tuple[int, list[tuple[str, str]]] | None:
        """The head, together with the first bytes."""
        upstream = self._upstream
        if upstream is None or not self._has_arrived():
            return None
        if self._arrives:
            first = self._arrives[0][1]
            timed_out = isinstance(first, HttpError) and first.kind == "timeout"
            if isinstance(first, HttpError) and (upstream.status == 0 or timed_out):
                raise first
        return upstream.status, list(upstream.headers)

    def answered(self) -> Moment:
        """Ready when the first bytes are there."""
        return self._next()

    def read(self, size: int) -> bytes | None:
        """The next chunk, or as much of it as is asked for."""
        if not self._arrives:
            return b""
        if not self._has_arrived():
            return None
        at, what = self._arrives.pop(0)
        if isinstance(what, HttpError):
            self._arrives.clear()
            raise what
        if len(what) > size:
            self._arrives.insert(0, (at, what[size:]))
        return what[:size]

    def readable(self) -> Moment:
        """Ready when the next bytes are there."""
        return self._next()

    def close(self) -> None:
        """Hangs up."""
        self.is_closed = True
        self._arrives.clear()

    def _has_arrived(self) -> bool:
        return not self._arrives or self._arrives[0][0] <= self._clock.now

    def _next(self) -> Moment:
        at = self._arrives[0][0] if self._arrives else self._clock.now
        return self._clock.after(at - self._clock.now)
