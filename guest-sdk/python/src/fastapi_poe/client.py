"""Asks other bots of the platform, and uploads files.

Different from the reference library on purpose:

- With the bot's own key (or none) the gateway asks: the key stays there, and the bot must be
  declared in the settings. `session`, `extra_headers`, `num_tries` and `retry_sleep_time` then
  have no effect: the gateway repeats a failed attempt once. With another key, or another
  `base_url`, the question goes over the web, and the host has to be in the manifest's
  `allowed_outbound_hosts`.
- Nothing is repeated once an event has come: text would come twice.
- What another bot does wrong is not reported to it. Its hidden data and unknown events are left
  out, an unknown content type is Markdown.
- A status that is no success is an error, whatever the body.
- `get_bot_response_sync` works within a running loop too.
- `upload_file` with the bot's own key attaches the file to the reply at hand at once: there is no
  other upload. Yielding the `Attachment` then does not attach it twice. A file object is read once.
- `sync_bot_settings` does nothing: the gateway hands the settings over.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from typing import Any, BinaryIO

from ravenry import http

from . import _own_keys, _upload, _upstream
from ._messages import messages
from ._tools import with_tools
from ._upstream import ErrorHandler
from .errors import AttachmentUploadError, BotError, BotErrorNoRetry, InvalidBotSettings
from .sync_utils import iterate, run_sync
from .types import (
    Attachment,
    Identifier,
    MetaResponse,
    PartialResponse,
    ProtocolMessage,
    QueryRequest,
    ToolCallDefinition,
    ToolDefinition,
    ToolResultDefinition,
)
from .types import MetaResponse as MetaMessage
from .types import PartialResponse as BotMessage

__all__ = [
    "AttachmentUploadError",
    "BotError",
    "BotErrorNoRetry",
    "BotMessage",
    "ErrorHandler",
    "IDENTIFIER_LENGTH",
    "Identifier",
    "InvalidBotSettings",
    "MAX_EVENT_COUNT",
    "MESSAGE_LENGTH_LIMIT",
    "MetaMessage",
    "PROTOCOL_VERSION",
    "get_bot_response",
    "get_bot_response_sync",
    "get_final_response",
    "stream_request",
    "stream_request_base",
    "sync_bot_settings",
    "upload_file",
    "upload_file_sync",
]

PROTOCOL_VERSION = "1.2"
MESSAGE_LENGTH_LIMIT = 10_000
IDENTIFIER_LENGTH = 32
MAX_EVENT_COUNT = 1000

_BASE_URL = "https://api.poe.com/bot/"


def _print_error(error: Exception, message: str) -> None:
    print("Error in Poe bot:", message, "\n", repr(error))


async def stream_request(
    request: QueryRequest,
    bot_name: str,
    api_key: str = "",
    *,
    tools: Sequence[ToolDefinition] | None = None,
    tool_executables: Sequence[Callable[..., Any]] | None = None,
    access_key: str = "",
    access_key_deprecation_warning_stacklevel: int = 2,
    session: Any = None,
    on_error: ErrorHandler = _print_error,
    num_tries: int = 2,
    retry_sleep_time: float = 0.5,
    base_url: str = _BASE_URL,
    extra_headers: dict[str, str] | None = None,
) -> AsyncGenerator[PartialResponse, None]:
    """Asks another bot, and yields what it says as it comes.

    With `tools` it may call functions: `tool_executables` are then called once, and the bot answers
    with their results; without them the pieces of its calls are yielded as `tool_calls`.

    Raises `BotError`, and `BotErrorNoRetry` where trying again would not help.
    """

    def ask(
        offered: Sequence[ToolDefinition] | None,
        calls: list[ToolCallDefinition] | None,
        results: list[ToolResultDefinition] | None,
    ) -> AsyncGenerator[PartialResponse, None]:
        return stream_request_base(
            request,
            bot_name,
            api_key,
            tools=offered,
            tool_calls=calls,
            tool_results=results,
            on_error=on_error,
            num_tries=num_tries,
            retry_sleep_time=retry_sleep_time,
            base_url=base_url,
            extra_headers=extra_headers,
        )

    answer = ask(None, None, None) if tools is None else with_tools(ask, tools, tool_executables)
    async for message in answer:
        yield message


async def stream_request_base(
    request: QueryRequest,
    bot_name: str,
    api_key: str = "",
    *,
    tools: Sequence[ToolDefinition] | None = None,
    tool_calls: list[ToolCallDefinition] | None = None,
    tool_results: list[ToolResultDefinition] | None = None,
    access_key: str = "",
    access_key_deprecation_warning_stacklevel: int = 2,
    session: Any = None,
    on_error: ErrorHandler = _print_error,
    num_tries: int = 2,
    retry_sleep_time: float = 0.5,
    base_url: str = _BASE_URL,
    extra_headers: dict[str, str] | None = None,
) -> AsyncGenerator[PartialResponse, None]:
    """The same without calling functions: tools, calls and results are sent as they are."""
    body = request.model_dump()
    for name, items in (
        ("tools", tools),
        ("tool_calls", tool_calls),
        ("tool_results", tool_results),
    ):
        if items is not None:
            body[name] = [item.model_dump() for item in items]
    if _own_keys.is_own(api_key, request) and base_url == _BASE_URL:
        events = _upstream.by_gateway(bot_name, body, on_error)
    else:
        headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {api_key}"}
        events = _upstream.by_web(
            bot_name,
            body,
            on_error,
            base_url=base_url,
            headers=headers | (extra_headers or {}),
            num_tries=num_tries,
            retry_sleep_time=retry_sleep_time,
        )
    async for message in messages(events, lambda: repr(request)):
        yield message


def get_bot_response(
    messages: list[ProtocolMessage],
    bot_name: str,
    api_key: str,
    *,
    tools: Sequence[ToolDefinition] | None = None,
    tool_executables: Sequence[Callable[..., Any]] | None = None,
    temperature: float | None = None,
    skip_system_prompt: bool | None = None,
    adopt_current_bot_name: bool | None = None,
    logit_bias: dict[str, float] | None = None,
    stop_sequences: list[str] | None = None,
    base_url: str = _BASE_URL,
    session: Any = None,
) -> AsyncGenerator[PartialResponse, None]:
    """Asks another bot a conversation of one's own; see `stream_request`."""
    hints = {
        "temperature": temperature,
        "skip_system_prompt": skip_system_prompt,
        "logit_bias": logit_bias,
        "stop_sequences": stop_sequences,
        "adopt_current_bot_name": adopt_current_bot_name,
    }
    members: dict[str, Any] = {name: hint for name, hint in hints.items() if hint is not None}
    request = QueryRequest(
        query=messages,
        user_id="",
        conversation_id="",
        message_id="",
        version=PROTOCOL_VERSION,
        type="query",
        **members,
    )
    return stream_request(
        request,
        bot_name,
        api_key,
        tools=tools,
        tool_executables=tool_executables,
        base_url=base_url,
    )


def get_bot_response_sync(
    messages: list[ProtocolMessage], bot_name: str, api_key: str, **options: Any
) -> Iterator[PartialResponse]:
    """The same for plain functions, with the same options. Everything stands still until the whole
    answer is there."""
    return iterate(get_bot_response(messages, bot_name, api_key, **options))


async def get_final_response(
    request: QueryRequest,
    bot_name: str,
    api_key: str = "",
    *,
    access_key: str = "",
    session: Any = None,
    on_error: ErrorHandler = _print_error,
    num_tries: int = 2,
    retry_sleep_time: float = 0.5,
    base_url: str = _BASE_URL,
) -> str:
    """Asks another bot, and gives the text of its whole answer: texts joined, replacements made.

    Raises `BotError`, also where nothing came at all; an answer of nothing but files is empty.
    """
    pieces: list[str] | None = None
    async for message in stream_request(
        request,
        bot_name,
        api_key,
        on_error=on_error,
        num_tries=num_tries,
        retry_sleep_time=retry_sleep_time,
        base_url=base_url,
    ):
        if isinstance(message, MetaResponse) or message.is_suggested_reply:
            continue
        if pieces is None or message.is_replace_response:
            pieces = []
        pieces.append(message.text)
    if pieces is None:
        raise BotError(f"Bot {bot_name} sent no response")
    return "".join(pieces)


def sync_bot_settings(
    bot_name: str,
    access_key: str = "",
    *,
    settings: dict[str, Any] | None = None,
    base_url: str = _BASE_URL,
) -> None:
    """Does nothing: the gateway hands a bot's settings to the platform when it is mounted."""


async def upload_file(
    file: bytes | bytearray | BinaryIO | None = None,
    file_url: str | None = None,
    file_name: str | None = None,
    api_key: str = "",
    *,
    session: Any = None,
    on_error: ErrorHandler = _print_error,
    num_tries: int = 2,
    retry_sleep_time: float = 0.5,
    base_url: str = _upload.BASE_URL,
    extra_headers: dict[str, str] | None = None,
) -> Attachment:
    """Uploads a file, from memory or from a URL; see the module for what the bot's own key means.

    Raises `ValueError` where it is not said what to upload, and `AttachmentUploadError`.
    """
    if not api_key:
        raise ValueError("`api_key` is required (generate one at https://poe.com/api_key)")
    if (file is None) == (file_url is None):
        raise ValueError("Provide either `file` or `file_url`, not both.")
    if file is not None and not file_name:
        file_name = os.path.basename(str(getattr(file, "name", "")))
        if not file_name:
            raise ValueError("`file_name` is required: what is uploaded has no name of its own.")
    content = None if file is None else _upload.content_of(file)
    if _own_keys.is_own(api_key) and base_url == _upload.BASE_URL:
        return _upload.by_gateway(content, file_url, file_name)
    for attempt in range(num_tries):
        try:
            return await _upload.by_web(
                content, file_url, file_name, api_key, base_url, extra_headers or {}
            )
        except (AttachmentUploadError, http.HttpError) as error:
            on_error(error, f"upload attempt {attempt + 1}/{num_tries} failed")
            if attempt == num_tries - 1:
                raise
        await asyncio.sleep(retry_sleep_time)
    raise ValueError("`num_tries` is at least 1")


def upload_file_sync(
    file: bytes | bytearray | BinaryIO | None = None,
    file_url: str | None = None,
    file_name: str | None = None,
    api_key: str = "",
    **options: Any,
) -> Attachment:
    """The same for plain functions. Everything stands still until it is done."""
    return run_sync(upload_file(file, file_url, file_name, api_key, **options))
