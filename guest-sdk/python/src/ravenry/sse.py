"""Server-sent events of an upstream, event by event.

    with http.post(url, json=question) as response:
        for event in response.raise_for_status().events():
            if event.is_done:
                break
            yield event.json()["choices"][0]["delta"].get("content") or ""
"""

from __future__ import annotations

from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ._wait import Wait, now, standing, until
from .failure import HttpError

if TYPE_CHECKING:
    from ._http_response import Response

__all__ = ["EVENT_BYTES_MAX", "Events", "Parser", "ServerEvent", "events"]

#: Most bytes that one event may have, all its lines together: as much as the gateway takes of an
#: event of another bot, and far above what model APIs send.
EVENT_BYTES_MAX = 1024 * 1024


class ServerEvent(NamedTuple):
    """One server-sent event."""

    #: What kind of event it is; `message` where the upstream does not say.
    event: str
    #: The data.
    data: str
    #: Its identifier, where it has one.
    id: str | None = None

    @property
    def is_done(self) -> bool:
        """Whether this is `[DONE]`, with which model APIs in the manner of OpenAI end."""
        return self.data.strip() == "[DONE]"

    def json(self) -> Any:
        """The data, read as JSON; `HttpError` of the kind `malformed` where it is not."""
        from ._http_response import parsed

        return parsed(self.data)


def events(response: Response) -> Events:
    """Reads the body of a response as server-sent events.

    By the rules of the WHATWG: lines end with LF, CR or CRLF; a byte order mark at the start,
    comments and unknown fields are skipped; several lines of data are joined with a line feed; an
    event without data is none; a last event without its empty line is not delivered; bytes that are
    no UTF-8 are replaced by U+FFFD.
    """
    return Events(response)


class Events:
    """Server-sent events; made by `events`. Both an iterator and an asynchronous iterator.

    Next to the errors of the response, an event of more than `EVENT_BYTES_MAX` is an `HttpError` of
    the kind `too-large`. After an error there is nothing more.
    """

    def __init__(self, response: Response) -> None:
        self._response: Response | None = response
        self._parser = Parser()
        self._parsed: deque[ServerEvent] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ServerEvent:
        if not self._parsed:
            now(self._more(standing))
        if not self._parsed:
            raise StopIteration
        return self._parsed.popleft()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ServerEvent:
        if not self._parsed:
            await self._more(until)
        if not self._parsed:
            raise StopAsyncIteration
        return self._parsed.popleft()

    async def _more(self, wait: Wait) -> None:
        """Reads on until there is an event, or the end."""
        while not self._parsed and self._response is not None:
            try:
                chunk = await self._response._chunk(wait)  # pyright: ignore[reportPrivateUsage]
                if chunk is None:
                    self._response = None
                else:
                    self._parsed += self._parser.feed(chunk)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Hangs up. May be called twice."""
        response, self._response = self._response, None
        if response is not None:
            response.close()

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


class Parser:
    """Makes events of bytes, however these are cut."""

    def __init__(self) -> None:
        #: The line that has not ended.
        self._line: list[bytes] = []
        self._is_first_line = True
        #: The last byte was CR; an LF after it ends no line of its own.
        self._is_after_cr = False
        #: Bytes since the last empty line: what is held here, and what was skipped of it.
        self._unfinished = 0
        self._event = ""
        self._id: str | None = None
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        """The events that end in this chunk.

        `HttpError` of the kind `too-large` where one does not end in time.
        """
        if self._is_after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._is_after_cr = False
        if not chunk:
            return []
        self._is_after_cr = chunk.endswith(b"\r")
        parsed: list[ServerEvent] = []
        # Of bytes, this splits at LF, CR and CRLF alone.
        for part in chunk.splitlines(keepends=True):
            self._unfinished += len(part)
            if self._unfinished > EVENT_BYTES_MAX:
                raise HttpError(
                    "too-large", f"an event of the answer has more than {EVENT_BYTES_MAX} bytes"
                )
            line = part.rstrip(b"\r\n")
            if len(line) == len(part):
                self._line.append(line)
                break
            if self._line:
                line = b"".join((*self._line, line))
                self._line.clear()
            if self._is_first_line:
                self._is_first_line = False
                line = line.removeprefix(b"\xef\xbb\xbf")
            if line:
                self._field(line.decode(errors="replace"))
                continue
            self._unfinished = 0
            if self._data:
                data = "\n".join(self._data)
                parsed.append(ServerEvent(self._event or "message", data, self._id))
            self._event, self._id, self._data = "", None, []
        return parsed

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
