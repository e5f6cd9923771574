"""`PoeBot`, from which bots are derived, and what registers them.

Different from the reference library on purpose:

- The gateway serves the bots and holds their keys. `run` and `make_app` register them and return at
  once; a missing key, or one of another length, is no error. Several bots of one file are told
  apart by their paths: the bot's configuration variable `FASTAPI_POE_PATH` says which one this
  component is, and without it the first is.
- `post_message_attachment` and the costs go through the gateway, with its key. A file is attached
  in the place of the call, to the reply at hand, whatever `message_id` says, also where the bot's
  class never calls `super().__init__`.
- An exception that nobody catches ends the reply with the same sentence as there, and is one record
  in the bot's log; its text never reaches the reader. `raw_response` of an error goes to the log
  too. An `InsufficientFundError` always reaches the platform, and so does the other bot's.
- After an error event the bot goes on, and what it says is not sent: readers stop there.
- A `meta` that is not the first event, which readers ignore, is not sent, and neither is a `done`.
- A conversation without messages is no error.
- Unknown roles, ratings and content types do not fail a request.
- The amount of a `CostItem` cannot be negative.
"""

from __future__ import annotations

import logging
import os
import random
import string
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from ravenry import PoeError, _backend
from sse_starlette.event import ServerSentEvent

from . import _prompt, _registry, _upload
from ._registry import make_app, run
from ._sse import EventHelpers
from .errors import CostRequestError, InsufficientFundError, InvalidParameterError
from .types import (
    AttachmentUploadResponse,
    CostItem,
    DataResponse,
    ErrorResponse,
    Identifier,
    PartialResponse,
    ProtocolMessage,
    QueryRequest,
    ReportErrorRequest,
    ReportFeedbackRequest,
    ReportReactionRequest,
    RequestContext,
    SettingsRequest,
    SettingsResponse,
)

__all__ = [
    "CostRequestError",
    "InsufficientFundError",
    "InvalidParameterError",
    "POE_API_WEBSERVER_BASE_URL",
    "PoeBot",
    "ServerSentEvent",
    "generate_inline_ref",
    "get_filename_from_url",
    "logger",
    "make_app",
    "run",
]

logger = logging.getLogger("uvicorn.default")
POE_API_WEBSERVER_BASE_URL = _upload.BASE_URL


def generate_inline_ref() -> str:
    """A label for a file: eight letters and digits."""
    return "".join(random.choices(string.ascii_letters + string.digits, k=8))


def get_filename_from_url(url: str) -> str:
    """The last part of a URL's path; `downloaded_file` where there is none."""
    return unquote(os.path.basename(urlsplit(url).path)) or "downloaded_file"


@dataclass
class PoeBot(EventHelpers):
    """A bot: override `get_response`, and what else is wanted.

    `path` tells several bots of one file apart. `access_key` and `bot_name` can be given as in the
    reference library; the gateway has its own. `should_insert_attachment_messages` puts the text of
    attached files into the conversation.
    """

    path: str = "/"
    access_key: str | None = field(default=None, repr=False)
    bot_name: str | None = None
    should_insert_attachment_messages: bool = True
    concat_attachments_to_message: bool = False

    def __init_subclass__(cls, **rest: Any) -> None:
        super().__init_subclass__(**rest)
        _registry.declare(cls)

    def __post_init__(self) -> None:
        """For classes that call it."""

    # What bots override.

    async def get_response(
        self, request: QueryRequest
    ) -> AsyncIterable[PartialResponse | ServerSentEvent | DataResponse]:
        """Answers one query: yields what is said."""
        yield self.text_event("hello")

    async def get_response_with_context(
        self, request: QueryRequest, context: RequestContext
    ) -> AsyncIterable[PartialResponse | ServerSentEvent | DataResponse]:
        """The same with the HTTP request; calls `get_response` unless overridden."""
        try:
            events = self.get_response(request)
            async for event in events:
                yield event
        except InsufficientFundError:
            yield ErrorResponse(text="", error_type="insufficient_fund")

    async def get_settings(self, setting: SettingsRequest) -> SettingsResponse:
        """How the platform should treat this bot."""
        return SettingsResponse()

    async def get_settings_with_context(
        self, setting: SettingsRequest, context: RequestContext
    ) -> SettingsResponse:
        """The same with the HTTP request; calls `get_settings` unless overridden."""
        return await self.get_settings(setting)

    async def on_feedback(self, feedback_request: ReportFeedbackRequest) -> None:
        """A person liked or disliked a message of this bot. By default nothing happens."""

    async def on_feedback_with_context(
        self, feedback_request: ReportFeedbackRequest, context: RequestContext
    ) -> None:
        """The same with the HTTP request; calls `on_feedback` unless overridden."""
        await self.on_feedback(feedback_request)

    async def on_reaction_with_context(
        self, reaction_request: ReportReactionRequest, context: RequestContext
    ) -> None:
        """A person put a reaction on a message of this bot. By default nothing happens."""

    async def on_error(self, error_request: ReportErrorRequest) -> None:
        """The platform could not make sense of something. By default it is a line in the log."""
        logger.error("Error from Poe server: %s", error_request)

    async def on_error_with_context(
        self, error_request: ReportErrorRequest, context: RequestContext
    ) -> None:
        """The same with the HTTP request; calls `on_error` unless overridden."""
        await self.on_error(error_request)

    async def handle_query(
        self, request: QueryRequest, context: RequestContext
    ) -> AsyncGenerator[Any, None]:
        """Everything that `get_response_with_context` yields for a request with its attachments.

        Yields that as it is, unlike the reference library: the gateway writes the events.
        """
        if self.should_insert_attachment_messages:
            request = self.insert_attachment_messages(request)
        elif self.concat_attachments_to_message:
            request = self.concat_attachment_content_to_message_body(request)
        events = self.get_response_with_context(request, context)
        async for event in events:
            yield event

    # What bots call.

    async def post_message_attachment(
        self,
        access_key: str | None = None,
        message_id: Identifier | None = None,
        *,
        download_url: str | None = None,
        download_filename: str | None = None,
        file_data: bytes | bytearray | BinaryIO | None = None,
        filename: str | None = None,
        content_type: str | None = None,
        is_inline: bool = False,
        base_url: str = POE_API_WEBSERVER_BASE_URL,
    ) -> AttachmentUploadResponse:
        """Uploads a file and attaches it to the reply: these bytes, or what is at this URL.

        `is_inline` gives it a label, `inline_ref`: the text shows it with `![title][label]`.
        Everything stands still until it is uploaded.

        Raises `InvalidParameterError` without a message or a name, `ValueError` where it is not
        said what to upload, and `AttachmentUploadError`.
        """
        if message_id is None:
            raise InvalidParameterError("message_id parameter is required")
        name = filename or download_filename
        if not name:
            if not download_url:
                raise InvalidParameterError("filename or download_url/download_filename required")
            name = get_filename_from_url(download_url)
        if (file_data is None) == (download_url is None):
            raise ValueError("Provide either `file_data` or `download_url`, not both.")
        content = None if file_data is None else _upload.content_of(file_data)
        file = _upload.attach(content, download_url, name, is_inline)
        return AttachmentUploadResponse(
            attachment_url=file.url, mime_type=file.content_type, inline_ref=file.inline_ref
        )

    async def authorize_cost(
        self,
        request: QueryRequest,
        amounts: list[CostItem] | CostItem,
        base_url: str = "https://api.poe.com/",
    ) -> None:
        """Reserves an amount that this reply will cost the person.

        Raises `InsufficientFundError`, and `CostRequestError` where it could not be asked.
        """
        _charge(request, amounts, is_final=False)

    async def capture_cost(
        self,
        request: QueryRequest,
        amounts: list[CostItem] | CostItem,
        base_url: str = "https://api.poe.com/",
    ) -> None:
        """Charges what the reply has cost. Raises as `authorize_cost` does."""
        _charge(request, amounts, is_final=True)

    def insert_attachment_messages(self, query_request: QueryRequest) -> QueryRequest:
        """The request with a message before the last for each of its files whose text is known."""
        return _prompt.with_attachments(query_request)

    def concat_attachment_content_to_message_body(
        self, query_request: QueryRequest
    ) -> QueryRequest:
        """The request with the texts of its files behind the last message. Deprecated."""
        return _prompt.with_attachments_in_text(query_request)

    def make_prompt_author_role_alternated(
        self, protocol_messages: Sequence[ProtocolMessage]
    ) -> Sequence[ProtocolMessage]:
        """The messages with neighbours of one role joined into one."""
        return _prompt.alternated(protocol_messages)


def _charge(request: QueryRequest, amounts: list[CostItem] | CostItem, is_final: bool) -> None:
    if not request.bot_query_id:
        raise InvalidParameterError("bot_query_id is required to make cost requests.")
    items = [amounts] if isinstance(amounts, CostItem) else amounts
    bill = [(item.amount_usd_milli_cents, item.description) for item in items]
    charge = _backend.current.capture if is_final else _backend.current.authorize
    try:
        charge(bill)
    except PoeError as error:
        if error.kind == "insufficient-fund":
            raise InsufficientFundError() from error
        raise CostRequestError(str(error)) from error
