"""Queries and reports from generated types, and settings to them.

The gateway has checked every JSON text before it gets here. Where one is not what the interface
promises, it counts as left out: a bot should not fail over a field that it may never read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wit_world.imports import request, types

from . import _long_numbers
from ._text import dumps, is_list, is_object, maybe_loads, maybe_whole, object_of, whole
from .bot import ErrorReport, Feedback, Reaction
from .query import Attachment, Message, MessageFeedback, MessageReaction, Query, Sender, User
from .settings import Settings


def query_of(query: types.Query) -> Query:
    """A query of the gateway."""
    made = _query(query)
    if any(map(_long_numbers.may_be_in, _json_texts(query))):
        _long_numbers.restore_in_query(made, request.raw)
    return made


def _json_texts(query: types.Query) -> Iterator[str | None]:
    yield from (query.tools, query.tool_calls, query.tool_results, query.extra_params)
    for message in (*query.messages, *query.referenced_messages):
        yield message.parameters


def _query(query: types.Query) -> Query:
    return Query(
        version=query.version,
        messages=_messages(query),
        user_id=query.user_id,
        conversation_id=query.conversation_id,
        message_id=query.message_id,
        metadata=query.metadata,
        temperature=query.temperature,
        skip_system_prompt=query.skip_system_prompt,
        logit_bias=dict(query.logit_bias),
        stop_sequences=list(query.stop_sequences),
        language_code=query.language_code,
        adopt_current_bot_name=query.adopt_current_bot_name,
        bot_query_id=query.bot_query_id,
        users=[User(user.id, user.name) for user in query.users],
        tools=_list(query.tools),
        tool_calls=_list(query.tool_calls),
        tool_results=_list(query.tool_results),
        query_creation_time=query.query_creation_time,
        extra_params=None if query.extra_params is None else _object(query.extra_params),
    )


def _list(text: str | None) -> list[Any] | None:
    value = maybe_loads(text)
    return value if is_list(value) else None


def _object(text: str) -> dict[str, Any] | None:
    value = maybe_loads(text)
    return value if is_object(value) else None


def _messages(query: types.Query) -> list[Message]:
    """The conversation, with the messages that are quoted in the place of their numbers."""
    quoted = [_message(message) for message in query.referenced_messages]
    for message, its in zip(quoted, query.referenced_messages, strict=True):
        _quote(message, its, quoted)
    messages = [_message(message) for message in query.messages]
    for message, its in zip(messages, query.messages, strict=True):
        _quote(message, its, quoted)
    return messages


def _quote(message: Message, its: types.Message, quoted: list[Message]) -> None:
    index = its.referenced_message
    if index is not None and index < len(quoted):
        message.referenced_message = quoted[index]


def _message(message: types.Message) -> Message:
    sender = message.sender
    return Message(
        role=message.role,
        content=message.content,
        message_type=message.message_type,
        content_type=message.content_type,
        timestamp=message.timestamp,
        message_id=message.message_id,
        sender=None if sender is None else Sender(sender.id, sender.name),
        feedback=[MessageFeedback(one.feedback_type, one.reason) for one in message.feedback],
        attachments=[
            Attachment(one.url, one.content_type, one.name, one.inline_ref, one.parsed_content)
            for one in message.attachments
        ],
        parameters=object_of(message.parameters),
        metadata=message.metadata,
        reactions=[MessageReaction(one.user_id, one.reaction) for one in message.reactions],
    )


def feedback_of(feedback: types.Feedback) -> Feedback:
    """A like or dislike."""
    return Feedback(
        feedback.message_id,
        feedback.user_id,
        feedback.conversation_id,
        feedback.feedback_type,
    )


def reaction_of(reaction: types.Reaction) -> Reaction:
    """A reaction."""
    return Reaction(
        reaction.message_id, reaction.user_id, reaction.conversation_id, reaction.reaction
    )


def report_of(report: types.ErrorReport) -> ErrorReport:
    """What the platform could not make sense of."""
    metadata = object_of(report.metadata)
    if _long_numbers.may_be_in(report.metadata):
        sent = object_of(request.raw())
        metadata = _long_numbers.restored(metadata, sent.get("metadata"))
    return ErrorReport(report.message, metadata)


def settings_to(settings: Any) -> types.BotSettings:
    """Settings as the gateway takes them. `TypeError` where they are none.

    Everything is looked at: a value of the wrong type would be a trap on the way out, which nothing
    catches.
    """
    if not isinstance(settings, Settings):
        raise TypeError(f"`settings` returned {settings!r:.200}, not `ravenry.Settings`")
    controls, extra = settings.parameter_controls, settings.extra
    calls = [
        (whole(bot), _count(bot, count))
        for bot, count in settings.server_bot_dependencies.items()
    ]
    return types.BotSettings(
        calls,
        _flag("allow_attachments", settings.allow_attachments),
        _flag("expand_text_attachments", settings.expand_text_attachments),
        _flag("enable_image_comprehension", settings.enable_image_comprehension),
        maybe_whole(settings.introduction_message),
        _flag("enforce_author_role_alternation", settings.enforce_author_role_alternation),
        _flag("enable_multi_entity_prompting", settings.enable_multi_entity_prompting),
        maybe_whole(settings.rate_card),
        maybe_whole(settings.cost_label),
        None if controls is None else dumps(controls),
        dumps(extra) if extra else None,
    )


def _count(bot: str, count: Any) -> int:
    if not isinstance(count, int) or not 0 <= count < 2**32:
        raise TypeError(f"`server_bot_dependencies` has a number for {bot!r}, not {count!r:.200}")
    return count


def _flag(name: str, value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"the setting `{name}` is `True`, `False` or `None`, not {value!r:.200}")
    return value
