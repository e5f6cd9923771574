"""Queries of the gateway as requests of fastapi_poe.

The gateway has checked them already, so nothing is converted but what a bot gets as JSON.
"""

from __future__ import annotations

from typing import Any, TypeVar

import ravenry
from ravenry import Query

from . import _own_keys
from ._model import Model
from ._validation_error import ValidationError
from .types import (
    Attachment,
    MessageFeedback,
    MessageReaction,
    ProtocolMessage,
    QueryRequest,
    Sender,
    ToolCallDefinition,
    ToolDefinition,
    ToolResultDefinition,
    User,
)

#: The version of the protocol in requests that the gateway does not pass on with theirs.
VERSION = "1.2"

_M = TypeVar("_M", bound=Model)


def query_request(query: Query, access_key: str | None) -> QueryRequest:
    """A query as a bot of fastapi_poe knows it."""
    key = access_key or _own_keys.MISSING
    return QueryRequest.model_construct(
        version=query.version,
        type="query",
        query=[_message(message) for message in query.messages],
        user_id=query.user_id,
        conversation_id=query.conversation_id,
        message_id=query.message_id,
        metadata=query.metadata,
        api_key=key,
        access_key=key,
        temperature=None if query.temperature is None else float(query.temperature),
        skip_system_prompt=query.skip_system_prompt,
        logit_bias={token: float(bias) for token, bias in query.logit_bias.items()},
        stop_sequences=query.stop_sequences,
        language_code=query.language_code,
        adopt_current_bot_name=query.adopt_current_bot_name,
        bot_query_id=query.bot_query_id,
        users=[User.model_construct(id=user.id, name=user.name) for user in query.users],
        tools=_models(ToolDefinition, query.tools),
        tool_calls=_models(ToolCallDefinition, query.tool_calls),
        tool_results=_models(ToolResultDefinition, query.tool_results),
        query_creation_time=query.query_creation_time,
        extra_params=query.extra_params,
    )


def _models(kind: type[_M], values: list[Any] | None) -> list[_M] | None:
    """What of a list is such a model; the rest is left out, as the protocol asks."""
    if values is None:
        return None
    models: list[_M] = []
    for value in values:
        try:
            models.append(kind.model_validate(value))
        except ValidationError:
            continue
    return models


def _message(message: ravenry.Message) -> ProtocolMessage:
    sender = message.sender
    quoted = message.referenced_message
    return ProtocolMessage.model_construct(
        role=message.role,
        message_type=message.message_type,
        sender_id=None,
        sender=None if sender is None else Sender.model_construct(id=sender.id, name=sender.name),
        content=message.content,
        parameters=message.parameters,
        content_type=message.content_type,
        timestamp=message.timestamp,
        message_id=message.message_id,
        feedback=[
            MessageFeedback.model_construct(type=one.feedback_type, reason=one.reason)
            for one in message.feedback
        ],
        attachments=[
            Attachment.model_construct(
                url=file.url,
                content_type=file.content_type,
                name=file.name,
                inline_ref=file.inline_ref,
                parsed_content=file.parsed_content,
            )
            for file in message.attachments
        ],
        metadata=message.metadata,
        referenced_message=None if quoted is None else _message(quoted),
        reactions=[
            MessageReaction.model_construct(user_id=one.user_id, reaction=one.reaction)
            for one in message.reactions
        ],
    )
