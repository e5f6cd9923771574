"""The events of the protocol as a bot may yield them: `ServerSentEvent` objects."""

from __future__ import annotations

import json
from typing import Any

from sse_starlette.event import ServerSentEvent


def event(name: str, members: dict[str, Any]) -> ServerSentEvent:
    """An event with these members."""
    return ServerSentEvent(data=json.dumps(members), event=name)


class EventHelpers:
    """Functions of a bot that make the protocol's events."""

    @staticmethod
    def text_event(text: str) -> ServerSentEvent:
        """Appends text."""
        return event("text", {"text": text})

    @staticmethod
    def replace_response_event(text: str) -> ServerSentEvent:
        """Puts text in the place of all text so far."""
        return event("replace_response", {"text": text})

    @staticmethod
    def suggested_reply_event(text: str) -> ServerSentEvent:
        """Offers something to say next."""
        return event("suggested_reply", {"text": text})

    @staticmethod
    def file_event(
        url: str, content_type: str, name: str, inline_ref: str | None = None
    ) -> ServerSentEvent:
        """Attaches a file that is on the web."""
        members = {"url": url, "content_type": content_type, "name": name, "inline_ref": inline_ref}
        return event("file", members)

    @staticmethod
    def data_event(metadata: str) -> ServerSentEvent:
        """Attaches hidden text to the message that the reply becomes."""
        return event("data", {"metadata": metadata})

    @staticmethod
    def meta_event(
        *,
        content_type: str = "text/markdown",
        refetch_settings: bool = False,
        linkify: bool = True,
        suggested_replies: bool = False,
    ) -> ServerSentEvent:
        """Says how the reply is to be shown. Counts only as the first event."""
        return event(
            "meta",
            {
                "content_type": content_type,
                "refetch_settings": refetch_settings,
                "linkify": linkify,
                "suggested_replies": suggested_replies,
            },
        )

    @staticmethod
    def error_event(
        text: str | None = None,
        *,
        raw_response: object = None,
        allow_retry: bool = True,
        error_type: str | None = None,
    ) -> ServerSentEvent:
        """Ends the reply with an error. `raw_response` goes to the bot's log, and not to
        readers."""
        members: dict[str, Any] = {"allow_retry": allow_retry}
        if text is not None:
            members["text"] = text
        if raw_response is not None:
            members["raw_response"] = repr(raw_response)
        if error_type is not None:
            members["error_type"] = error_type
        return event("error", members)

    @staticmethod
    def done_event() -> ServerSentEvent:
        """What the gateway writes at the end by itself."""
        return event("done", {})
