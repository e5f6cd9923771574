"""What another bot says."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self

from . import _backend, _named
from .events import Data, Event, File, Json, Meta, Replace, Suggest, Text
from .failure import PoeError, Stopped

if TYPE_CHECKING:
    from ._backend import AnswerSource, Pollable, Said

__all__ = ["Answer", "Merged"]

def _event(said: Said) -> Event:
    """Whatever the typed form cannot hold stays as it was said."""
    name = said.name
    if name == "text":
        return Text(said.text, said.index)
    if name == "replace_response":
        return Replace(said.text, said.index)
    if name == "suggested_reply":
        return Suggest(said.text)
    if name == "data":
        return Data(said.text)
    return _named.tolerant(name, said.data)


class Answer:
    """What another bot says, event by event. Closing it, or leaving its `with`, hangs up.

    It is iterated with `for`, which stands still until there is something, or with `async for`,
    where other tasks go on. Both raise `PoeError`: `said` where the other bot ended with an error,
    `broken` where it broke off. What came before stays valid, and then it is over.
    """

    def __init__(self, bot: str, source: AnswerSource) -> None:
        #: The name of the bot that was asked.
        self.bot = bot
        self._source = source
        self._events: deque[Event] = deque()
        self._is_over = False

    def __repr__(self) -> str:
        return f"<Answer of {self.bot!r}{', over' if self._is_over else ''}>"

    def __iter__(self) -> Iterator[Event]:
        return self

    def __next__(self) -> Event:
        if not self._events and not self._is_over:
            self._fetch()
        if not self._events:
            raise StopIteration
        return self._events.popleft()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self

    async def __anext__(self) -> Event:
        if not self._events and not self._is_over:
            from . import _wait

            await _wait.until(self._source.subscribe())
            self._fetch()
        if not self._events:
            raise StopAsyncIteration
        return self._events.popleft()

    def _fetch(self) -> None:
        """Takes what has arrived. Waits where nothing has."""
        try:
            said = self._source.read()
        except PoeError as error:
            raise self._ended(error) from None
        if said:
            self._events.extend(map(_event, said))
        else:
            self.close()

    def _ended(self, error: PoeError) -> PoeError:
        self.close()
        if error.bot is None:
            error.bot = self.bot
        return error

    def text(self) -> str:
        """Waits for the whole answer and returns its text: texts joined, replacements made.

        `Meta`, suggestions and hidden data do not count. An answer of nothing but files has the
        empty text. Raises `PoeError`, as iterating does, and `broken` where nothing came at all.
        """
        text = _FinalText()
        for event in self:
            text.hear(event)
        return text.finish(self.bot)

    async def atext(self) -> str:
        """The same, while other tasks go on."""
        text = _FinalText()
        async for event in self:
            text.hear(event)
        return text.finish(self.bot)

    def relay(self) -> None:
        """Hands all that is still to come to the reader, without passing through this bot.

        Returns when the answer is complete; everything stands still until then, other tasks too.
        Everything is passed on but hidden data, which belongs to the other bot; a `Meta` counts
        only where it is the first event of the reply. The bounds of the reply hold for what is
        passed on. Raises `PoeError`, as iterating does, and `stopped` where the reply takes nothing
        more.
        """
        self._relay(lambda event: not isinstance(event, Data), self._source.relay)

    def relay_text(self) -> None:
        """The same, with nothing but texts and replacements."""
        self._relay(lambda event: isinstance(event, (Text, Replace)), self._source.relay_text)

    def _relay(self, is_wanted: Callable[[Event], bool], relay: Callable[[], None]) -> None:
        while self._events:
            event = self._events.popleft()
            if is_wanted(event):
                _pass_on(event)
        if self._is_over:
            return
        try:
            relay()
        except PoeError as error:
            raise self._ended(error) from None
        self.close()

    def close(self) -> None:
        """Hangs up. What has arrived can still be read. May be called twice."""
        self._is_over = True
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _pass_on(event: Event) -> None:
    try:
        _backend.current.say(event)
    except Stopped as stopped:
        raise PoeError("stopped", stopped=stopped) from None
    except ValueError as error:
        if not isinstance(event, Meta):
            raise PoeError("stopped", stopped=Stopped("invalid", str(error))) from None


class _FinalText:
    """The final response of an answer, by the rules of the platform's reference client."""

    def __init__(self) -> None:
        self._text = ""
        self._has_heard = False

    def hear(self, event: Event) -> None:
        if isinstance(event, Text):
            self._text += event.text
        elif isinstance(event, Replace):
            self._text = event.text
        elif not isinstance(event, (File, Json)):
            return
        self._has_heard = True

    def finish(self, bot: str) -> str:
        if not self._has_heard:
            raise PoeError("broken", f"Bot {bot} sent no response", bot=bot)
        return self._text


class Merged:
    """Several answers, read as they come; made by `poe.merge`.

    Iterated with `for` or `async for` it gives the place of an answer in what was merged, and an
    event of it. It raises the first `PoeError` of any, whose `bot` says who it was; iterated on, it
    gives what the others say.
    """

    def __init__(self, answers: tuple[Answer, ...]) -> None:
        # `None` once an answer is over.
        self._answers: list[Answer | None] = list(answers)
        # Where to look first, so that a talkative bot does not silence the others.
        self._first = 0

    def __iter__(self) -> Iterator[tuple[int, Event]]:
        return self

    def __next__(self) -> tuple[int, Event]:
        ready = self._next_outcome()
        if ready is None:
            raise StopIteration
        return _raised(ready)

    def __aiter__(self) -> AsyncIterator[tuple[int, Event]]:
        return self

    async def __anext__(self) -> tuple[int, Event]:
        ready = await self._anext_outcome()
        if ready is None:
            raise StopAsyncIteration
        return _raised(ready)

    def outcomes(self) -> Iterator[tuple[int, Event | PoeError]]:
        """The same, where the error of one is given like an event, with its place."""
        while (ready := self._next_outcome()) is not None:
            yield ready

    async def aoutcomes(self) -> AsyncIterator[tuple[int, Event | PoeError]]:
        """The same, while other tasks go on."""
        while (ready := await self._anext_outcome()) is not None:
            yield ready

    def _next_outcome(self) -> tuple[int, Event | PoeError] | None:
        while (ready := self._take_ready()) is None:
            pollables = self._subscribe()
            if not pollables:
                return None
            try:
                _backend.current.poll(pollables)
            finally:
                for pollable in pollables:
                    pollable.close()
        return ready

    async def _anext_outcome(self) -> tuple[int, Event | PoeError] | None:
        from . import _wait

        while (ready := self._take_ready()) is None:
            pollables = self._subscribe()
            if not pollables:
                return None
            await _wait.until_any(pollables)
        return ready

    def _subscribe(self) -> list[Pollable]:
        return [answer._source.subscribe() for answer in self._answers if answer is not None]

    def _take_ready(self) -> tuple[int, Event | PoeError] | None:
        """What one of them has ready, and `None` where all that are still open make wait."""
        count = len(self._answers)
        for place in (*range(self._first, count), *range(self._first)):
            answer = self._answers[place]
            if answer is None or not _is_ready(answer):
                continue
            self._first = (place + 1) % count
            try:
                return place, next(answer)
            except StopIteration:
                self._answers[place] = None
            except PoeError as error:
                self._answers[place] = None
                return place, error
        return None


def _raised(ready: tuple[int, Event | PoeError]) -> tuple[int, Event]:
    place, event = ready
    if isinstance(event, PoeError):
        raise event
    return place, event


def _is_ready(answer: Answer) -> bool:
    if answer._events or answer._is_over:
        return True
    pollable = answer._source.subscribe()
    try:
        return pollable.ready()
    finally:
        pollable.close()
