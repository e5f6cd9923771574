"""Turns the events of another bot into what `stream_request` yields."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Mapping
from functools import partial
from typing import Any

from ravenry.events import Event, File, Json, Meta, Replace, Suggest, Text

from ._upstream import index_of
from .types import Attachment, MetaResponse, PartialResponse


async def messages(
    events: AsyncIterable[Event], prompt: Callable[[], str]
) -> AsyncGenerator[PartialResponse, None]:
    """The events as responses; `prompt` is called where somebody wants to know the question.

    A `Meta` counts only where it is the first. Hidden data and events that have no response are
    left out: they belong to the other bot.
    """
    is_first = True
    async for event in events:
        message = _message(event, is_first, prompt)
        is_first = False
        if message is not None:
            yield message


def _message(event: Event, is_first: bool, prompt: Callable[[], str]) -> PartialResponse | None:
    kind = type(event)
    if isinstance(event, (Text, Replace)):
        return PartialResponse.__trusted__(
            {"raw_response": partial(_raw, event), "full_prompt": prompt},
            text=event.text,
            is_replace_response=kind is Replace,
            index=event.index,
        )
    if isinstance(event, Suggest):
        return PartialResponse.__trusted__(
            {"raw_response": partial(_raw, event), "full_prompt": prompt},
            text=event.text,
            is_suggested_reply=True,
            index=None,
        )
    if isinstance(event, File):
        file = Attachment(
            url=event.url,
            content_type=event.content_type,
            name=event.name,
            inline_ref=event.inline_ref,
        )
        return PartialResponse(text="", attachment=file, index=None)
    if isinstance(event, Json):
        return PartialResponse.__trusted__(
            {"full_prompt": prompt}, text="", data=dict(event.value), index=index_of(event.value)
        )
    if isinstance(event, Meta) and is_first:
        plain = event.content_type == "text/plain"
        return MetaResponse.__trusted__(
            {"raw_response": partial(_members, event), "full_prompt": prompt},
            text="",
            linkify=bool(event.linkify),
            suggested_replies=bool(event.suggested_replies),
            content_type="text/plain" if plain else "text/markdown",
        )
    return None


def _raw(event: Event) -> Mapping[str, Any]:
    return {"type": event.event_name, "text": json.dumps(event.members())}


def _members(event: Event) -> Mapping[str, Any]:
    return dict(event.members())
