"""The events of a reply: what a bot says, what another bot said, what a test heard.

A `respond` that is a generator yields them, `Reply.say` says them, an `Answer` gives them. `str` of
an event is the platform's name for it and its JSON: `text {"text":"hi"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ._text import dumps
from .failure import Failure

__all__ = [
    "Data",
    "Error",
    "Event",
    "File",
    "Json",
    "Meta",
    "Other",
    "Replace",
    "Suggest",
    "Text",
]


class _Event:
    """What all events have."""

    __slots__ = ()

    #: The platform's name for it; that of `Other` is a member.
    event_name: ClassVar[str]

    def members(self) -> Mapping[str, Any]:
        """The members of its JSON object, as it goes over the wire."""
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.event_name} {dumps(self.members())}"


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Text(_Event):
    """Appends text.

    Text may be cut into events anywhere, also inside a word. `index` names one of several answers
    that are shown side by side.
    """

    event_name: ClassVar[str] = "text"
    text: str
    index: int | None = None

    def members(self) -> dict[str, Any]:
        return _present(text=self.text, index=self.index)


@dataclass(frozen=True, slots=True)
class Replace(_Event):
    """Puts text in the place of all text so far, or of all text of the answer with this index."""

    event_name: ClassVar[str] = "replace_response"
    text: str
    index: int | None = None

    def members(self) -> dict[str, Any]:
        return _present(text=self.text, index=self.index)


@dataclass(frozen=True, slots=True)
class Suggest(_Event):
    """Offers something that the person may want to say next."""

    event_name: ClassVar[str] = "suggested_reply"
    text: str

    def members(self) -> dict[str, Any]:
        return {"text": self.text}


@dataclass(frozen=True, slots=True)
class Meta(_Event):
    """Says how the reply is to be shown. What is `None` is left out, and the platform's default
    holds.

    Counts only as the first event of a reply.
    """

    event_name: ClassVar[str] = "meta"
    #: `text/markdown` (the platform's default) or `text/plain`.
    content_type: str | None = None
    #: Whether the platform may invent suggested replies.
    suggested_replies: bool | None = None
    #: Whether URLs become links. Old; the platform may ignore it.
    linkify: bool | None = None
    #: Whether the platform should ask for the settings again. Old; it may ignore it.
    refetch_settings: bool | None = None

    def members(self) -> dict[str, Any]:
        return _present(
            content_type=self.content_type,
            suggested_replies=self.suggested_replies,
            linkify=self.linkify,
            refetch_settings=self.refetch_settings,
        )


@dataclass(frozen=True, slots=True)
class File(_Event):
    """Attaches a file that is on the web under its URL."""

    event_name: ClassVar[str] = "file"
    #: Where its bytes are.
    url: str
    #: Its media type.
    content_type: str
    #: Its name, as shown.
    name: str
    #: The label under which the text of the reply refers to it.
    inline_ref: str | None = None

    def markdown(self) -> str:
        """What shows an inline file in the text: `![name][label]`. Empty where it has no label."""
        return "" if self.inline_ref is None else f"![{self.name}][{self.inline_ref}]"

    def members(self) -> dict[str, Any]:
        return _present(
            url=self.url,
            content_type=self.content_type,
            name=self.name,
            inline_ref=self.inline_ref,
        )


@dataclass(frozen=True, slots=True)
class Data(_Event):
    """Attaches hidden text to the message that the reply becomes: `message.metadata` in later
    queries."""

    event_name: ClassVar[str] = "data"
    metadata: str

    def members(self) -> dict[str, Any]:
        return {"metadata": self.metadata}


@dataclass(frozen=True, slots=True)
class Json(_Event):
    """Sends a JSON object, used for tool calls in the shape of OpenAI's streaming chunks."""

    event_name: ClassVar[str] = "json"
    value: Mapping[str, Any]

    def members(self) -> Mapping[str, Any]:
        return self.value


@dataclass(frozen=True, slots=True)
class Other(_Event):
    """An event that has no class of its own: its name, and its JSON object."""

    event_name: ClassVar[str] = ""
    name: str
    value: Mapping[str, Any]

    def members(self) -> Mapping[str, Any]:
        return self.value

    def __str__(self) -> str:
        return f"{self.name} {dumps(self.value)}"


@dataclass(frozen=True, slots=True)
class Error(_Event):
    """Ends the reply with an error.

    Only a bot says it and a test hears it: an `Answer` of another bot raises `PoeError` instead.
    """

    event_name: ClassVar[str] = "error"
    failure: Failure

    def members(self) -> dict[str, Any]:
        failure = self.failure
        return _present(
            text=failure.text, allow_retry=failure.allow_retry, error_type=failure.error_type
        )


#: One event of a reply.
Event = Text | Replace | Suggest | Meta | File | Data | Json | Other | Error
