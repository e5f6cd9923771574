"""The reader of a played reply: keeps the bounds of the gateway, and what it was told."""

from __future__ import annotations

from typing import Any

from . import _named
from ._clock import Clock
from ._text import dumps, maybe_whole, whole
from .events import Data, Error, Event, File, Json, Meta, Other, Replace, Suggest, Text
from .failure import Failure, Stopped


class Recorder:
    """What was said of one reply."""

    def __init__(
        self, clock: Clock, characters_max: int, events_max: int, leaves_after: int | None
    ) -> None:
        self._clock = clock
        self._characters_max = characters_max
        self._events_max = events_max
        self._leaves_after = leaves_after
        #: What was accepted.
        self.events: list[Event] = []
        #: When each of them was said, in seconds.
        self.times: list[float] = []
        #: Why others were not accepted.
        self.refused: list[Stopped | ValueError] = []
        self._characters = 0
        self._count = 0
        # Set by the first bound that was passed and by `error`; repeated for every later event.
        self._over: Stopped | None = None

    def say(self, event: Event) -> None:
        """Takes one event; `Stopped` or `ValueError` says why not."""
        try:
            self._say(event)
        except (Stopped, ValueError) as error:
            self.refused.append(error)
            raise

    def _say(self, event: Event) -> None:
        if self._over is not None:
            raise Stopped(self._over.reason)
        if self._leaves_after is not None and self._count >= self._leaves_after:
            self._stop("gone")
        event = arrived(event)
        characters = self._characters + _characters(event)
        if characters > self._characters_max or self._count >= self._events_max:
            self._stop("too-long")
        if isinstance(event, Meta) and self.events:
            raise ValueError("`meta` counts only as the first event")
        self._characters = characters
        self._count += 1
        if isinstance(event, Error):
            self._over = Stopped("ended")
        if not isinstance(event, Text) or event.text:
            self._keep(event)

    def _stop(self, reason: Any) -> None:
        self._over = Stopped(reason)
        raise Stopped(reason)

    def _keep(self, event: Event) -> None:
        self.events.append(event)
        self.times.append(self._clock.now)

    def end(self, failure: Failure | None) -> None:
        """Adds the failure with which `respond` ended, if the reply is still open for it."""
        if failure is not None and self._over is None:
            self._keep(arrived(Error(failure)))


def arrived(event: Event) -> Event:
    """What arrives of an event at the reader; `ValueError` where it makes no sense, `TypeError`
    where it is none."""
    match event:
        case Text():
            return Text(whole(event.text), _named.index_checked(event.index))
        case Replace():
            return Replace(whole(event.text), _named.index_checked(event.index))
        case Suggest():
            return Suggest(whole(event.text))
        case Meta():
            flags = (event.suggested_replies, event.linkify, event.refetch_settings)
            return Meta(_named.content_type_checked(event.content_type), *map(_flag, flags))
        case File():
            url, content_type, name = map(whole, (event.url, event.content_type, event.name))
            return File(url, content_type, name, maybe_whole(event.inline_ref))
        case Data():
            return Data(whole(event.metadata))
        case Json():
            return Json(_named.object_checked(event.value))
        case Error(failure):
            shown = failure.shown()
            return Error(
                Failure(
                    maybe_whole(shown.text),
                    allow_retry=bool(shown.allow_retry),
                    error_type=maybe_whole(shown.error_type),
                )
            )
        case Other():
            return _named.checked(event.name, event.value)
    raise TypeError(f"an event is one of `ravenry.events`, not {event!r:.200}")


def _flag(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"it is `True`, `False` or `None`, not {value!r:.200}")
    return value


def _characters(event: Event) -> int:
    """How many characters it takes of those that a reply may hold."""
    match event:
        case Text() | Replace() | Suggest():
            return len(event.text)
        case Data():
            return len(event.metadata)
        case Error(failure):
            return len(failure.text or "") + len(failure.error_type or "")
        case File():
            members = (event.url, event.content_type, event.name, event.inline_ref or "")
            return sum(len(member.encode()) for member in members)
        case Json() | Other():
            return len(dumps(event.value).encode())
        case Meta():
            return 0
