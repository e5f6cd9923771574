"""What a bot says, through the gateway."""

from __future__ import annotations

from typing import Any

from componentize_py_types import Err
from wit_world.imports import reply as gateway
from wit_world.imports import types

from ._named import index_checked, object_checked
from ._text import dumps, maybe_whole, whole
from .events import Data, Error, Event, File, Json, Meta, Other, Replace, Suggest, Text
from .failure import Failure, Stopped, StoppedReason

_REASONS: dict[type, StoppedReason] = {
    gateway.Stopped_TooLong: "too-long",
    gateway.Stopped_Ended: "ended",
    gateway.Stopped_Gone: "gone",
    gateway.Stopped_Invalid: "invalid",
}


def stopped_of(stopped: gateway.Stopped) -> Stopped:
    """Why the gateway does not take an event."""
    return Stopped(_REASONS.get(type(stopped), "other"), getattr(stopped, "value", ""))


def failure_to(failure: Failure) -> types.Failure:
    """A failure as the gateway takes it."""
    text, word = maybe_whole(failure.text), maybe_whole(failure.error_type)
    return types.Failure(text, bool(failure.allow_retry), word)


def failure_of(failure: types.Failure) -> Failure:
    """The failure of another bot."""
    return Failure(
        failure.text, allow_retry=failure.allow_retry, error_type=failure.error_type
    )


def file_of(file: types.FileEvent) -> File:
    """A file that was attached."""
    return File(file.url, file.content_type, file.name, file.inline_ref)


class WasiReply:
    """The part of a `Backend` that is about the reply."""

    def say(self, event: Event) -> None:
        """Sends one event to the reader."""
        try:
            _say(event)
        except Err as error:
            stopped = error.value
        else:
            return
        if isinstance(stopped, gateway.Stopped_Invalid):
            raise ValueError(stopped.value)
        raise stopped_of(stopped)


def _say(event: Event) -> None:
    match event:
        case Text(text, None):
            gateway.text(whole(text))
        case Text(text, index):
            gateway.text_at(_index(index), whole(text))
        case Replace(text, None):
            gateway.replace(whole(text))
        case Replace(text, index):
            gateway.replace_at(_index(index), whole(text))
        case Suggest(text):
            gateway.suggest(whole(text))
        case Meta():
            flags = (event.suggested_replies, event.linkify, event.refetch_settings)
            gateway.meta(types.MetaEvent(maybe_whole(event.content_type), *map(_flag, flags)))
        case File():
            url, content_type, name = map(whole, (event.url, event.content_type, event.name))
            label = maybe_whole(event.inline_ref)
            gateway.file(types.FileEvent(url, content_type, name, label))
        case Data(metadata):
            gateway.data(whole(metadata))
        case Json(value):
            gateway.json(dumps(object_checked(value)))
        case Error(failure):
            gateway.error(failure_to(failure))
        case Other(name, value):
            gateway.event(whole(name), dumps(object_checked(value)))
        case _:
            raise TypeError(f"an event is one of `ravenry.events`, not {event!r:.200}")


def _index(index: int | None) -> int:
    return index_checked(index) or 0


def _flag(value: Any) -> bool | None:
    # Anything else would be a trap on the way out, which nothing catches.
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"it is `True`, `False` or `None`, not {value!r:.200}")
    return value
