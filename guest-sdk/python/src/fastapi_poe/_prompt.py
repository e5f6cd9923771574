"""Puts attached files into a conversation, and joins messages of one role."""

from __future__ import annotations

from collections.abc import Sequence

from .templates import (
    IMAGE_VISION_ATTACHMENT_TEMPLATE,
    TEXT_ATTACHMENT_TEMPLATE,
    URL_ATTACHMENT_TEMPLATE,
)
from .types import Attachment, ProtocolMessage, QueryRequest, Sender


def _quoted(attachment: Attachment) -> str | None:
    """What a conversation says of a text-like file; `None` of others."""
    kind, name, content = attachment.content_type, attachment.name, attachment.parsed_content
    if kind == "text/html":
        return URL_ATTACHMENT_TEMPLATE.format(attachment_name=name, content=content)
    if kind.startswith("text/") or kind == "application/pdf":
        return TEXT_ATTACHMENT_TEMPLATE.format(
            attachment_name=name, attachment_parsed_content=content
        )
    return None


def _described(attachment: Attachment) -> str:
    """What a conversation says of a picture. The platform writes `name***description`."""
    content = attachment.parsed_content or ""
    name, mark, description = content.partition("***")
    if not mark:
        name, description = attachment.name, content
    return IMAGE_VISION_ATTACHMENT_TEMPLATE.format(
        filename=name, parsed_image_description=description
    )


def _of_user(content: str) -> ProtocolMessage:
    return ProtocolMessage(role="user", sender=Sender(), content=content)


def with_attachments(request: QueryRequest) -> QueryRequest:
    """The request with a message for each file of the last message whose text is known.

    They stand right before the last message: first the texts, then the pictures. Nothing else is
    changed; the request itself never is.
    """
    if not request.query or not any(file.parsed_content for file in request.query[-1].attachments):
        return request.model_copy()
    *before, last = request.query
    texts: list[ProtocolMessage] = []
    pictures: list[ProtocolMessage] = []
    for attachment in last.attachments:
        if not attachment.parsed_content:
            continue
        quoted = _quoted(attachment)
        if quoted is not None:
            texts.append(_of_user(quoted))
        elif "image" in attachment.content_type:
            pictures.append(_of_user(_described(attachment)))
    return request.model_copy(update={"query": [*before, *texts, *pictures, last]})


def with_attachments_in_text(request: QueryRequest) -> QueryRequest:
    """The request with the same texts behind the last message's own."""
    if not request.query:
        return request
    *before, last = request.query
    content = last.content
    for attachment in last.attachments:
        if not attachment.parsed_content:
            continue
        if attachment.content_type == "text/html" or "text" not in attachment.content_type:
            quoted = _quoted(attachment) if attachment.content_type == "text/html" else None
        else:
            quoted = TEXT_ATTACHMENT_TEMPLATE.format(
                attachment_name=attachment.name,
                attachment_parsed_content=attachment.parsed_content,
            )
        if quoted is None and "image" in attachment.content_type:
            quoted = _described(attachment)
        if quoted is not None:
            content += "\n\n" + quoted
    return request.model_copy(
        update={"query": [*before, last.model_copy(update={"content": content})]}
    )


def alternated(messages: Sequence[ProtocolMessage]) -> list[ProtocolMessage]:
    """The messages with neighbours of one role joined into one.

    Texts are joined by an empty line, and files are kept once each; all else is the first one's.
    """
    joined: list[ProtocolMessage] = []
    for message in messages:
        if not joined or joined[-1].role != message.role:
            joined.append(message)
            continue
        first = joined[-1]
        files: dict[str, Attachment] = {}
        for file in [*message.attachments, *first.attachments]:
            files.setdefault(file.url, file)
        joined[-1] = first.model_copy(
            update={
                "content": f"{first.content}\n\n{message.content}",
                "attachments": list(files.values()),
            }
        )
    return joined
