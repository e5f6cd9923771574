"""What another bot of the platform says, as events, by one of two ways.

With the bot's own key the gateway asks (`ravenry.poe`): it holds the key, and lets a bot ask only
whom its settings declare. With the key of somebody's account the question goes over the web.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, cast

from ravenry import PoeError, http, poe
from ravenry.events import Data, Event, File, Json, Meta, Other, Replace, Suggest, Text
from ravenry.failure import HttpError

from .errors import BotError, BotErrorNoRetry

ErrorHandler = Callable[[Exception, str], None]

# Members that say for whom a question is asked. The gateway knows.
_FIXED = frozenset(
    {
        *("version", "type", "api_key", "access_key", "user_id", "conversation_id"),
        *("message_id", "metadata", "bot_query_id"),
    }
)

# Seconds to wait for the first byte and between bytes, as in the reference library.
_TIMEOUT = 600.0


async def by_gateway(
    bot: str, body: Mapping[str, Any], on_error: ErrorHandler
) -> AsyncGenerator[Event, None]:
    """Asks through the gateway, which repeats a failed attempt once until the first event has
    come."""
    members = {name: value for name, value in body.items() if name not in _FIXED}
    # The gateway puts a depth in here, and takes the rest over.
    if members.get("extra_params") is None:
        members.pop("extra_params", None)
    try:
        async with poe.ask(bot, body=members) as answer:
            async for event in answer:
                yield event
    except PoeError as error:
        failed = _bot_error(bot, error)
        if not isinstance(failed, BotErrorNoRetry):
            on_error(failed, f"Bot request to {bot} failed")
        raise failed from error


def _bot_error(bot: str, error: PoeError) -> BotError:
    if error.kind == "said" and error.said is not None:
        failure = error.said
        members: dict[str, Any] = {"allow_retry": failure.allow_retry}
        if failure.text is not None:
            members["text"] = failure.text
        if failure.error_type is not None:
            members["error_type"] = failure.error_type
        kind = BotError if failure.allow_retry else BotErrorNoRetry
        return kind(json.dumps(members))
    if error.kind in ("denied", "invalid", "too-large", "insufficient-fund"):
        return BotErrorNoRetry(f"Error communicating with bot {bot}: {error}")
    return BotError(f"Error communicating with bot {bot}: {error}")


async def by_web(
    bot: str,
    body: Mapping[str, Any],
    on_error: ErrorHandler,
    *,
    base_url: str,
    headers: Mapping[str, str],
    num_tries: int,
    retry_sleep_time: float,
) -> AsyncGenerator[Event, None]:
    """Asks over the web with the key in the headers. Never tried again once an event has come."""
    for attempt in range(num_tries):
        has_come = False
        try:
            async for event in _ask(f"{base_url}{bot}", body, headers):
                has_come = True
                yield event
            return
        except BotErrorNoRetry:
            raise
        except (BotError, HttpError) as error:
            on_error(error, f"Bot request to {bot} failed on try {attempt}")
            if has_come or attempt == num_tries - 1 or _is_final(error):
                if isinstance(error, BotError):
                    raise
                raise BotError(f"Error communicating with bot {bot}: {error}") from error
        await asyncio.sleep(retry_sleep_time)


def _is_final(error: Exception) -> bool:
    return isinstance(error, HttpError) and error.kind in ("denied", "invalid", "too-large")


async def _ask(
    url: str, body: Mapping[str, Any], headers: Mapping[str, str]
) -> AsyncGenerator[Event, None]:
    response = await http.fetch("POST", url, headers=dict(headers), json=body, timeout=_TIMEOUT)
    async with response:
        if not response.ok:
            words = (await response.aread())[:500].decode("utf-8", "replace")
            kind = BotErrorNoRetry if 400 <= response.status < 500 else BotError
            raise kind(f"{response.status} {words}")
        async for sent in response.aevents():
            if sent.event == "done":
                return
            event = _parsed(sent.event, sent.data)
            if event is not None:
                yield event


def _parsed(name: str, data: str) -> Event | None:
    """An event of the protocol; `None` of those that mean nothing."""
    if name == "ping":
        return None
    try:
        value: Any = json.loads(data)
    except ValueError:
        raise BotErrorNoRetry(f"Invalid JSON in {name!r} event") from None
    if not isinstance(value, dict):
        raise BotError(f"Expected JSON dict in {name!r} event")
    members = cast("dict[str, Any]", value)
    if name == "error":
        raise (BotError if members.get("allow_retry", True) else BotErrorNoRetry)(data)
    if name == "text":
        return Text(_text(members, name), index_of(members))
    if name == "replace_response":
        return Replace(_text(members, name), index_of(members))
    if name == "suggested_reply":
        return Suggest(_text(members, name))
    if name == "file":
        url, kind, title = (_text(members, name, key) for key in ("url", "content_type", "name"))
        label = members.get("inline_ref")
        return File(url, kind, title, label if isinstance(label, str) else None)
    if name == "meta":
        return _meta(members)
    if name == "json":
        return Json(members)
    if name == "data":
        return Data(str(members.get("metadata", "")))
    return Other(name, members)


def _text(members: Mapping[str, Any], name: str, key: str = "text") -> str:
    value = members.get(key)
    if not isinstance(value, str):
        raise BotErrorNoRetry(f"Expected string in '{key}' of '{name}' event")
    return value


def index_of(members: Mapping[str, Any]) -> int | None:
    """The index of an event, where it has one that is a number."""
    value = members.get("index")
    return int(value) if isinstance(value, int) else None


def _meta(members: Mapping[str, Any]) -> Meta:
    def flag(name: str) -> bool | None:
        value = members.get(name)
        return value if isinstance(value, bool) else None

    kind = members.get("content_type")
    return Meta(
        kind if isinstance(kind, str) else None,
        flag("suggested_replies"),
        flag("linkify"),
        flag("refetch_settings"),
    )
