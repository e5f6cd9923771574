"""Says what a bot of fastapi_poe yields, by that library's rules."""

from __future__ import annotations

import json
from typing import Any, cast

from ravenry import Failure, Reply, _log
from ravenry.events import Data, Error, Event, File, Meta, Other, Replace, Suggest, Text
from sse_starlette.event import ServerSentEvent

from . import _upload
from .types import Attachment, DataResponse, ErrorResponse, MetaResponse, PartialResponse

# Events that belong to the gateway.
_ENDS = frozenset({"done"})
_IGNORED = frozenset({"ping", "message"})

# Events that readers see nothing of; a reply of these alone is an error at the platform.
_UNSEEN = frozenset({"data", "meta", "suggested_reply"})


class Speaker:
    """Turns what is yielded into events of a reply."""

    def __init__(self, reply: Reply, events: object) -> None:
        """`events` is what yields: the log says at which line of the author's."""
        self._reply = reply
        self._events = events
        self._noted: set[str] = set()
        self._is_seen = False
        self._data_place: str | None = None
        #: Whether readers have stopped listening: nothing more is sent.
        self.is_over = False

    def say(self, yielded: Any) -> None:
        """Says one thing that a bot yielded. `TypeError` where that is nothing to say."""
        if isinstance(yielded, PartialResponse):
            if yielded.attachment is not None:
                self._attach(yielded.attachment)
            # A `meta` that another bot has said, and that is handed on, is not the author's.
            self._send(self._event(yielded), is_own=yielded.raw_response is None)
        elif isinstance(yielded, DataResponse):
            self._send(Data(yielded.metadata))
        elif isinstance(yielded, ServerSentEvent):
            self._send_raw(yielded)
        else:
            raise TypeError(
                f"the bot yielded {yielded!r:.200}: yield a `PartialResponse`, or another response"
            )

    def _event(self, response: PartialResponse) -> Event:
        text = response.text
        if isinstance(response, ErrorResponse):
            _note(response.raw_response)
            return Error(
                Failure(text, allow_retry=response.allow_retry, error_type=response.error_type)
            )
        if isinstance(response, MetaResponse):
            return Meta(
                response.content_type,
                response.suggested_replies,
                response.linkify,
                response.refetch_settings,
            )
        if response.is_suggested_reply:
            return Suggest(text)
        return Replace(text) if response.is_replace_response else Text(text)

    def _attach(self, file: Attachment) -> None:
        # `upload_file` has attached it already.
        if file.inline_ref is not None or file.url not in _upload.attached:
            self._send(File(file.url, file.content_type, file.name, file.inline_ref))

    def _send_raw(self, sent: ServerSentEvent) -> None:
        """Says an event that the bot wrote itself."""
        name = sent.event or "message"
        if name in _ENDS:
            # Whatever comes after it is not read by anybody.
            self.is_over = True
        if name in _ENDS or name in _IGNORED:
            return
        try:
            members: Any = json.loads(str(sent.data))
        except ValueError:
            members = None
        if not isinstance(members, dict):
            _log.line(f"an event `{name}` was not sent: its data is no JSON object")
            return
        found = cast("dict[str, Any]", members)
        if name == "error":
            _note(found.pop("raw_response", None))
            self._send(_error(found))
        elif name == "meta":
            self._send(_meta(found))
        else:
            self._send(Other(name, found))

    def _send(self, event: Event, is_own: bool = True) -> None:
        if self.is_over:
            self._note_once("what is yielded after an error is not sent: an error ends the reply")
            return
        if not isinstance(event, Meta):
            self._reply.say(event)
            self.is_over = isinstance(event, Error)
            self._note_seen(event)
            return
        try:
            self._reply.say(event)
        except ValueError:
            # Readers take the first event only; later ones are refused.
            if is_own:
                self._note_once("a `MetaResponse` is not sent: it counts only as the first event")

    def _note_seen(self, event: Event) -> None:
        name = event.name if isinstance(event, Other) else event.event_name
        if name == "data":
            self._data_place = _log.yield_place(self._events)
        elif name not in _UNSEEN:
            self._is_seen |= not isinstance(event, (Text, Replace)) or event.text != ""

    def end(self) -> None:
        """What there is to say once all is said: that hidden data is no answer."""
        if self._data_place is not None and not (self._is_seen or _upload.attached):
            self._note_once(
                "the reply is a data event alone, which is no text: for the platform it is no answer."
                " Yield a text beside it",
                self._data_place,
            )

    def _note_once(self, sentence: str, place: str | None = None) -> None:
        """Writes, once for a reply, why something that was yielded does not count, with its line."""
        if sentence not in self._noted:
            self._noted.add(sentence)
            place = _log.yield_place(self._events) if place is None else place
            _log.line(f"{place}: {sentence}" if place else sentence)


def _error(members: dict[str, Any]) -> Error:
    text, kind = members.get("text"), members.get("error_type")
    return Error(
        Failure(
            text if isinstance(text, str) else None,
            allow_retry=bool(members.get("allow_retry", True)),
            error_type=kind if isinstance(kind, str) else None,
        )
    )


def _meta(members: dict[str, Any]) -> Meta:
    return Meta(
        members.get("content_type"),
        members.get("suggested_replies"),
        members.get("linkify"),
        members.get("refetch_settings"),
    )


def _note(raw_response: object) -> None:
    """What an error says for debugging is for the bot's author."""
    if raw_response is not None:
        _log.line(f"the bot ends with an error because of {raw_response!r}".replace("\n", "\\n"))
