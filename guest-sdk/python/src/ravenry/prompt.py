"""Conversations as language models want them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .query import Attachment, Message

__all__ = ["alternate_roles", "insert_attachments", "last", "role_content"]


def insert_attachments(messages: Sequence[Message]) -> list[Message]:
    """Puts the text of attached files into the conversation: before the last message, and for the
    files of that message alone.

    This is done before `Bot.respond` sees the conversation, unless `Bot.inserts_attachments` says
    otherwise; a bot calls it for messages of its own. The list is a new one. The rules are those of
    the platform's reference library (0.0.83):

    - Files whose text the platform did not extract are left out.
    - `text/html` is quoted as what a URL leads to. Other `text/…` and `application/pdf` are quoted
      as content. What has `image` in its type is quoted as the analysis of an image; where the text
      is `name***analysis`, the name is taken from there. Anything else is left out.
    - Each becomes a message of the user; texts come first, then images, each in the order in which
      they are attached.
    """
    if not messages:
        return []
    texts: list[Message] = []
    images: list[Message] = []
    for attachment in messages[-1].attachments:
        content, kind = attachment.parsed_content, attachment.content_type
        if not content:
            continue
        if kind == "text/html":
            texts.append(
                Message.user(
                    f"Assume you can access the external URL {attachment.name}. Use the URL's"
                    f" content below to respond to the queries:\n\n{content}"
                )
            )
        elif kind.startswith("text/") or kind == "application/pdf":
            texts.append(Message.user(f"Below is the content of {attachment.name}:\n\n{content}"))
        elif "image" in kind:
            before, mark, after = content.partition("***")
            name, analysis = (before, after) if mark else (attachment.name, content)
            images.append(
                Message.user(
                    f"I have uploaded an image ({name}). Assume that you can see the attached"
                    " image. First, read the image analysis:\n\n"
                    f"<image_analysis>{analysis}</image_analysis>\n\nUse any relevant parts to"
                    " inform your response. Do NOT reference the image analysis in your response."
                    " Respond in the same language as my next message. "
                )
            )
    return [*messages[:-1], *texts, *images, messages[-1]]


def alternate_roles(messages: Iterable[Message]) -> list[Message]:
    """Joins neighbours of the same role, for models that want roles to take turns.

    Texts are joined with an empty line. Of files, those of the later message come first, and each
    URL counts once. Everything else is that of the first message of its run. The messages given
    stay as they are.
    """
    joined: list[Message] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            before = joined[-1]
            before.content = f"{before.content}\n\n{message.content}"
            before.attachments = _unique_by_url([*message.attachments, *before.attachments])
        else:
            joined.append(replace(message, attachments=list(message.attachments)))
    return joined


def _unique_by_url(attachments: Iterable[Attachment]) -> list[Attachment]:
    first: dict[str, Attachment] = {}
    for attachment in attachments:
        first.setdefault(attachment.url, attachment)
    return list(first.values())


def last(messages: Sequence[Message], count: int) -> list[Message]:
    """The last messages of a conversation, at most this many."""
    return list(messages[max(0, len(messages) - count) :]) if count > 0 else []


_ROLES = {"system": "system", "user": "user", "bot": "assistant"}


def role_content(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Messages as most model APIs want them: `[{"role": "user", "content": "hi"}]`, where the role
    `bot` becomes `assistant`.

    Tool calls and their results are left out, because they have a shape of their own there; so are
    roles without a word of ours.
    """
    return [
        {"role": _ROLES[message.role], "content": message.content}
        for message in messages
        if message.message_type is None and message.role in _ROLES
    ]
