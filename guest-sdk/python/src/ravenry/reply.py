"""Where a bot's answer goes: one function per kind of event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _backend
from ._text import whole
from .events import Data, Error, Event, File, Json, Meta, Other, Replace, Suggest, Text
from .failure import Failure

__all__ = ["Reply"]


class Reply:
    """What a bot says while it answers a query.

    Events reach the reader in the order of the calls. A call returns when its event is accepted,
    not when it is read; it waits while 64 KiB of the reply are unread, and then everything waits.

    A reply may hold 512,000 characters (Unicode scalar values, over texts and replacements
    together) and 10,000 events. `index` names one of several numbered answers shown side by side;
    without it the only one is meant.

    Everything raises `Stopped` when the reply takes nothing more, and `ValueError` for an event
    that makes no sense: then nothing was sent, and the reply goes on. Half a surrogate pair in a
    text is said as U+FFFD.
    """

    __slots__ = ()

    def text(self, text: str, index: int | None = None) -> None:
        """Appends text to the reply.

        Text may be cut into calls anywhere, also inside a word; the reader sees the concatenation.
        Empty text is accepted and not sent, but counts as an event.
        """
        self.say(Text(text, index))

    def replace(self, text: str, index: int | None = None) -> None:
        """Discards all text of the reply so far and puts this in its place.

        Good for progress ("Working… 3 s") that gives way to the answer. Every replacement counts
        fully towards the characters of the reply. Empty text is sent: it clears the reply.
        """
        self.say(Replace(text, index))

    def suggest(self, text: str) -> None:
        """Offers something that the person may want to say next, shown as a button.

        Call it last: the platform shows only suggestions at the very end of a reply. Giving one
        keeps the platform from inventing its own.
        """
        self.say(Suggest(text))

    def meta(
        self,
        *,
        content_type: str | None = None,
        suggested_replies: bool | None = None,
        linkify: bool | None = None,
        refetch_settings: bool | None = None,
    ) -> None:
        """Says how the reply is to be shown; see `events.Meta`. Counts only as the first event of a
        reply: later calls raise `ValueError`."""
        self.say(Meta(content_type, suggested_replies, linkify, refetch_settings))

    def attach(
        self,
        name: str,
        content: bytes | bytearray | memoryview | str,
        content_type: str | None = None,
        inline: bool = False,
    ) -> File:
        """Uploads these bytes and attaches the file to the reply, in this place of its events. A text
        is uploaded as UTF-8.

        Without a content type, the platform guesses. `inline` gives the file a label, `inline_ref`
        of what is returned, and `markdown()` of it is what to write to show the file in the text. A
        file may have 50 MB, a reply 20 files; the name must not be empty.

        Raises `PoeError`: `too-large` past the bounds, `broken` where the platform did not take it,
        `stopped` where the reply does not.
        """
        content = whole(content).encode() if isinstance(content, str) else bytes(content)
        return _backend.current.attach(name, content_type, content, inline)

    def attach_url(self, url: str, name: str | None = None, inline: bool = False) -> File:
        """Has the platform fetch this URL and attaches the file to the reply, in this place.

        `http` and `https` only. Without a name, the last part of the URL's path is taken. Raises as
        `attach` does.
        """
        return _backend.current.attach_url(url, name, inline)

    def file(self, url: str, content_type: str, name: str, inline_ref: str | None = None) -> None:
        """Attaches a file that is already on the web under its URL."""
        self.say(File(url, content_type, name, inline_ref))

    def data(self, metadata: str) -> None:
        """Attaches hidden text to the message that this reply becomes.

        The platform hands the last such text back as `message.metadata` in later queries, to this
        bot only. It counts towards the characters of the reply.
        """
        self.say(Data(metadata))

    def json(self, value: Mapping[str, Any]) -> None:
        """Sends a JSON object, used for tool calls in the shape of OpenAI's streaming chunks.

        At most 256 KiB as text. A whole number beyond 64 bits is sent as text, and what JSON cannot
        hold (not a number, infinite) as `null`.
        """
        self.say(Json(value))

    def error(self, failure: Failure) -> None:
        """Ends the reply with an error. What was said stays and is shown above it.

        The same as raising the failure from `respond`, for code that cannot do so just there. Every
        later call raises `Stopped`.
        """
        self.say(Error(failure))

    def event(self, name: str, value: Mapping[str, Any]) -> None:
        """Sends an event that this version has no function for.

        `name` is 1 to 64 characters of `a`-`z`, `0`-`9` and `_`; `value` must be a JSON object of
        at most 256 KiB. Anything else, and the names `done` and `ping`, which belong to the
        gateway, are a `ValueError`. An event with a function of its own here is treated as that
        function treats it.
        """
        self.say(Other(name, value))

    def say(self, event: Event) -> None:
        """Sends an event."""
        _backend.current.say(event)

    def pass_on(self, event: Event) -> None:
        """Hands on an event of another bot, perhaps changed on the way.

        The rules are those of `poe.Answer.relay`: hidden data belongs to the other bot and is left
        out, and so is a `meta` that is not the first event of this reply.
        """
        if isinstance(event, Data):
            return
        if not isinstance(event, Meta):
            self.say(event)
            return
        try:
            self.say(event)
        except ValueError:
            pass
