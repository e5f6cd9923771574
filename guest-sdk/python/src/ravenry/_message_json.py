"""Messages as the protocol writes them.

Members that hold their default are left out. Reading is tolerant, as the protocol asks: unknown
members are ignored, and an explicit `null` counts as left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._text import is_list, is_object

if TYPE_CHECKING:
    from .query import Attachment, Message

#: How deep quoted messages are followed; the platform's own go two deep.
QUOTES_MAX = 16

_T = TypeVar("_T")


def write(message: Message, depth: int = 0) -> dict[str, Any]:
    """The message, with the messages that it quotes."""
    members: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.message_type is not None:
        members["message_type"] = message.message_type
    members["content_type"] = message.content_type
    if message.timestamp:
        members["timestamp"] = message.timestamp
    if message.message_id:
        members["message_id"] = message.message_id
    if message.sender is not None:
        members["sender"] = _present(id=message.sender.id, name=message.sender.name)
    if message.feedback:
        # The reference library refuses a feedback without this member, also where it is null.
        members["feedback"] = [
            {"type": item.feedback_type, "reason": item.reason} for item in message.feedback
        ]
    if message.attachments:
        members["attachments"] = [_attachment(item) for item in message.attachments]
    if message.reactions:
        members["reactions"] = [
            {"user_id": item.user_id, "reaction": item.reaction} for item in message.reactions
        ]
    if message.parameters:
        members["parameters"] = message.parameters
    if message.metadata is not None:
        members["metadata"] = message.metadata
    if message.referenced_message is not None and depth < QUOTES_MAX:
        members["referenced_message"] = write(message.referenced_message, depth + 1)
    return members


def _present(**members: str | None) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _attachment(attachment: Attachment) -> dict[str, Any]:
    return _present(
        url=attachment.url,
        content_type=attachment.content_type,
        name=attachment.name,
        inline_ref=attachment.inline_ref,
        parsed_content=attachment.parsed_content,
    )


def read(value: Any, depth: int = 0) -> Message:
    """The message whose members these are; `ValueError` where `role` or `content` is missing."""
    from .query import Attachment, Message, MessageFeedback, MessageReaction, Sender

    members = _object(value)
    role, content = _text(members, "role"), _text(members, "content")
    if role is None or content is None:
        missing = "role" if role is None else "content"
        raise ValueError(f"a message has a member {missing!r} with a text: {value!r:.200}")
    message = Message(role, content)
    message.message_type = _text(members, "message_type")
    message.content_type = _text(members, "content_type") or message.content_type
    timestamp = members.get("timestamp")
    if isinstance(timestamp, int) and not isinstance(timestamp, bool):
        message.timestamp = timestamp
    message.message_id = _text(members, "message_id") or ""
    message.metadata = _text(members, "metadata")
    sender = members.get("sender")
    if is_object(sender):
        message.sender = Sender(_text(sender, "id"), _text(sender, "name"))
    message.parameters = dict(_object(members.get("parameters")))

    def feedback(item: dict[str, Any]) -> MessageFeedback | None:
        kind = _text(item, "type")
        return None if kind is None else MessageFeedback(kind, _text(item, "reason"))

    def attachment(item: dict[str, Any]) -> Attachment | None:
        url = _text(item, "url")
        if url is None:
            return None
        kind, name = _text(item, "content_type") or "", _text(item, "name") or ""
        label, parsed = _text(item, "inline_ref"), _text(item, "parsed_content")
        return Attachment(url, kind, name, label, parsed)

    def reaction(item: dict[str, Any]) -> MessageReaction | None:
        word = _text(item, "reaction")
        return None if word is None else MessageReaction(_text(item, "user_id") or "", word)

    message.feedback = _objects(members, "feedback", feedback)
    message.attachments = _objects(members, "attachments", attachment)
    message.reactions = _objects(members, "reactions", reaction)
    if depth < QUOTES_MAX and members.get("referenced_message") is not None:
        try:
            message.referenced_message = read(members["referenced_message"], depth + 1)
        except ValueError:
            pass
    return message


def _object(value: Any) -> dict[str, Any]:
    return value if is_object(value) else {}


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    return value if isinstance(value, str) else None


def _objects(
    members: dict[str, Any], name: str, make: Callable[[dict[str, Any]], _T | None]
) -> list[_T]:
    """The items of a list that make sense; the rest is left out, as the protocol asks."""
    value = members.get(name)
    made = (make(_object(item)) for item in (value if is_list(value) else []))
    return [item for item in made if item is not None]
